"""Adapters: the few weights of a backbone that are trained: LoRA on its language model, and the rows of written tokens."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from policies.vla.pretrained.config import AdapterConfig
from robot.errors import HandsightError, InvalidInput

# the linear layers of the language model, and of what brings pictures to it: SmolVLM's and Idefics3's names, PaliGemma's
LAYERS = r"model\.(text_model|language_model)\.layers\..*_proj|model\.connector\..*\.proj|model\.multi_modal_projector\.linear"


def add_adapters(model: Any, config: AdapterConfig, tokens: Sequence[int]) -> None:
    """Freeze all of a model but new adapters and the rows of these tokens; at rank 0 nothing is frozen.

    Raises:
        HandsightError: the extra is not installed.
        InvalidInput: a rank, alpha or dropout that makes no sense.
    """
    if config.rank < 0 or config.alpha <= 0 or not 0 <= config.dropout < 1:
        raise InvalidInput(f"policy.learning.adapters: expected rank ≥ 0, alpha > 0 and dropout in [0, 1), got {config}")
    if config.rank == 0:
        model.requires_grad_(True)
        return
    try:
        from peft import LoraConfig, inject_adapter_in_model
    except ImportError:
        raise HandsightError("Adapters need peft, which is not installed: pip install handsight[pretrained].") from None
    rows = list(map(int, tokens))
    lora = LoraConfig(
        r=config.rank, lora_alpha=config.alpha, lora_dropout=config.dropout, target_modules=LAYERS,
        trainable_token_indices={"embed_tokens": rows, "lm_head": rows},
    )  # fmt: skip
    inject_adapter_in_model(lora, model)


def trained(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """What is trained, by name; a weight that stands in two places is there once."""
    return {name: weight for name, weight in model.named_parameters() if weight.requires_grad}


def saved(model: torch.nn.Module) -> bytes:
    """What is trained, as safetensors."""
    return save({name: weight.detach().float().cpu().contiguous() for name, weight in trained(model).items()})


def restore(model: torch.nn.Module, file: Path) -> None:
    """The mirror of `saved`, into a model with the same adapters.

    Raises:
        InvalidInput: cut off, other names or shapes, or numbers that are not finite; the model is as it was.
    """
    wanted, read = trained(model), _read(file)
    if set(read) != set(wanted):
        other = sorted(set(read) ^ set(wanted))
        raise InvalidInput(f"{file}: {len(other)} weights are missing or too many, such as {json.dumps(other[0])}")
    for name, weight in wanted.items():
        if read[name].shape != weight.shape or not torch.isfinite(read[name]).all():
            raise InvalidInput(
                f"{file}: {name}: expected finite numbers of shape {tuple(weight.shape)}, got {tuple(read[name].shape)}"
            )
    with torch.no_grad():
        for name, weight in wanted.items():
            weight.copy_(read[name])


def _read(file: Path) -> Mapping[str, torch.Tensor]:
    """A file's tensors."""
    try:
        return load_file(file)
    except (SafetensorError, OSError, ValueError) as error:
        raise InvalidInput(f"{file} is cut off or no safetensors file ({error})") from None
