"""Tiny backbones with random weights, a trained tokenizer and a processor, in folders such as the real ones are."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    AutoModelForImageTextToText,
    Idefics3Config,
    Idefics3ImageProcessorPil,
    PaliGemmaConfig,
    SiglipImageProcessorPil,
    SmolVLMConfig,
    SmolVLMImageProcessorPil,
)

from policies.vla.bins import Bins
from policies.vla.dimensions import Dimensions
from policies.vla.pretrained.actor import Actor, Example
from policies.vla.pretrained.backbone import Backbone, open_backbone
from policies.vla.pretrained.config import AdapterConfig
from policies.vla.pretrained.keypose_rows import NAMES, UNITS
from policies.vla.pretrained.layout import Layout

SENTENCES = ("pick up the red block", "put the blue cube in the bowl", "open the drawer", "User: Assistant: what do you see?")
SIDE, PATCH = 32, 8
TOKENS = {
    "smolvlm": ("<|im_start|>", "<fake_token_around_image>", "<image>", "<global-img>", "<end_of_utterance>"),
    "paligemma": ("<bos>", "<eos>", "<image>", *(f"<loc{number:04d}>" for number in range(8))),
}
BINS = 32  # few: a tiny tokenizer has few pieces to spare
LOW = np.array([0.2, -0.5, 0.0, -0.5, -0.5, -2.0, 0.0, 0.0, 0.2, 0.0])
HIGH = np.array([0.8, 0.5, 0.6, 0.5, 0.5, 2.0, 0.08, 1.0, 4.0, 0.5])
JOINTS = tuple(f"panda_joint{number}" for number in range(1, 8))


def folder_of(kind: str, folder: Path, seed: int = 0, appendable: bool = False) -> Path:
    """A backbone's folder: "smolvlm", "idefics3" or "paligemma"."""
    folder.mkdir(parents=True, exist_ok=True)
    tokens = TOKENS["paligemma" if kind == "paligemma" else "smolvlm"]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=330, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(SENTENCES, trainer)
    tokenizer.add_tokens([AddedToken(token, special=True, normalized=False) for token in tokens])
    tokenizer.save(str(folder / "tokenizer.json"))
    torch.manual_seed(seed)
    model = AutoModelForImageTextToText.from_config(_config(kind, tokenizer))
    model.save_pretrained(folder)
    _processor(kind).save_pretrained(folder)
    return folder


def layout(targets: str = "keyposes", horizon: int = 2) -> Layout:
    """What a Panda's keyposes mean, or the numbers of a foreign world of three."""
    low = np.full(8, -3.0)
    if targets == "keyposes":
        actions = Dimensions(names=NAMES, units=UNITS, low=LOW, high=HIGH)
        names: tuple[str, ...] = JOINTS
    else:
        actions = Dimensions(names=("a", "b", "c"), units=("", "", ""), low=np.full(3, -1.0), high=np.full(3, 1.0))
        names = ("s", "t")
    state = Dimensions(
        names=(*names, "gripper_width"), units=("rad",) * (len(names) + 1), low=low[: len(names) + 1],
        high=-low[: len(names) + 1],
    )  # fmt: skip
    return Layout(
        targets=targets, actions=Bins(dimensions=actions, count=BINS), state=Bins(dimensions=state, count=BINS),
        cameras=("front", "wrist"), horizon=horizon, rate_hz=10.0, robot="panda",
    )  # fmt: skip


def actor_of(folder: Path, what: Layout | None = None, tokens: str = "least_used", rank: int = 4) -> Actor:
    """An actor on a folder's backbone."""
    backbone = open_backbone(str(folder), device="cpu")
    torch.manual_seed(1)
    return Actor(backbone, what or layout(), tokens, AdapterConfig(rank=rank, alpha=8))


def examples(what: Layout, count: int = 2, seed: int = 0) -> list[Example]:
    """Looks with drawn pictures and targets; the last of several keyposes' has one keypose fewer."""
    rng = np.random.default_rng(seed)
    bounds, state = what.actions.dimensions, what.state.dimensions
    result = []
    for number in range(count):
        rows = what.horizon - (number == count - 1 and what.targets == "keyposes" and count > 1)
        result.append(
            Example(
                pictures=tuple(rng.integers(0, 256, (24, 32, 3), dtype=np.uint8) for _ in what.cameras),
                sentence=SENTENCES[number % 3],
                state=rng.uniform(state.low, state.high),
                target=rng.uniform(bounds.low, bounds.high, (rows, len(bounds.names))),
            )
        )
    return result


def taught(actor: Actor, lessons: list[Example], steps: int = 120, rate: float = 1e-2) -> list[float]:
    """Overfit a batch; the losses on the way."""
    weights = [weight for weight in actor.parameters() if weight.requires_grad]
    optimiser, batch, losses = torch.optim.Adam(weights, lr=rate), actor.batch(lessons), []
    for _ in range(steps):
        loss = actor.loss(batch)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
        losses.append(float(loss.detach()))
        if losses[-1] < 0.01:
            break
    return losses


def _config(kind: str, tokenizer: Tokenizer) -> Any:
    """A tiny model's config."""
    size = tokenizer.get_vocab_size()
    layers = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "initializer_range": 0.2,
    }
    vision = {**layers, "image_size": SIDE, "patch_size": PATCH}
    text = {
        **layers,
        "num_key_value_heads": 2,
        "vocab_size": size,
        "pad_token_id": None,
        "bos_token_id": None,
        "eos_token_id": None,
    }
    image = tokenizer.token_to_id("<image>")
    if kind == "paligemma":
        return PaliGemmaConfig(
            text_config={"model_type": "gemma", **text, "head_dim": 8},
            vision_config={"model_type": "siglip_vision_model", **vision, "vision_use_head": False},
            image_token_index=image, projection_dim=32, hidden_size=32,
        )  # fmt: skip
    made = SmolVLMConfig if kind == "smolvlm" else Idefics3Config
    return made(
        text_config={"model_type": "llama", **text, "tie_word_embeddings": kind == "smolvlm"}, vision_config=vision,
        image_token_id=image, scale_factor=2, tie_word_embeddings=kind == "smolvlm",
    )  # fmt: skip


def _processor(kind: str) -> Any:
    """A processor of pictures."""
    edge = {"longest_edge": SIDE}
    match kind:
        case "paligemma":
            return SiglipImageProcessorPil(size={"height": SIDE, "width": SIDE}, image_mean=[0.5] * 3, image_std=[0.5] * 3)
        case "smolvlm":
            return SmolVLMImageProcessorPil(size=edge, max_image_size=edge)
    return Idefics3ImageProcessorPil(size=edge, max_image_size=edge)


def again(folder: Path) -> Backbone:
    """The same backbone, opened once more."""
    return open_backbone(str(folder), device="cpu")
