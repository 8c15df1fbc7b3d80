"""Backbone: an image-and-text model with pretrained weights, opened from a folder that was checked first."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import AutoConfig, AutoModelForImageTextToText, GenerationConfig

from policies.vla.device import device_named
from policies.vla.pretrained.families import Family
from policies.vla.pretrained.folder import Folder
from robot.errors import InvalidInput

SPARE = 1.05  # numbers that a model may have more than its file: what is computed rather than stored


@dataclass(frozen=True, eq=False, kw_only=True)
class Backbone:
    """What is opened.

    Attributes:
        family: how it is prompted.
        model: the network.
        tokenizer: words to tokens and back; no token is added that is not written in the prompt.
        processor: pictures to pixels.
        fingerprint: tells it from others.
    """

    family: Family
    model: Any
    tokenizer: Tokenizer
    processor: Any
    fingerprint: str

    @property
    def side(self) -> int:
        """Edge of a picture, pixels."""
        return int(self.model.config.vision_config.image_size)

    def prompt(self, sentence: str, pictures: int) -> list[int]:
        """The tokens that are read before something is written; what is no plain text is taken out of the sentence."""
        plain = " ".join(sentence.translate(str.maketrans("<>|", "   ")).split())
        text = self.family.prompt(plain, pictures, self.family.tokens_of_picture(self.model.config))
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def pixels(self, pictures: Sequence[Sequence[np.ndarray]]) -> dict[str, torch.Tensor]:
        """Pictures (B, cameras) of (H, W, 3) uint8, as the model wants them."""
        done = self.family.pixels(self.processor, [list(each) for each in pictures], self.side)
        return {key: value.to(self.model.device, self.model.dtype) for key, value in done.items()}

    def id_of(self, token: str) -> int:
        """A token's number.

        Raises:
            InvalidInput: there is none of that name.
        """
        number = self.tokenizer.token_to_id(token)
        if number is None:
            raise InvalidInput(f"backbone: its tokenizer has no {token}; expected the one that the model was trained with")
        return number


def open_backbone(where: str, revision: str = "main", device: str = "auto", training: bool = False) -> Backbone:
    """The model in a folder or on the hub; bfloat16 where a GPU runs it, float32 otherwise.

    Raises:
        InvalidInput: there is none, its files are not sound or do not fit together, or there is no such device.
    """
    place = device_named(device)
    folder = Folder(where, revision)
    dtype = torch.bfloat16 if place.type == "cuda" and not training else torch.float32
    model = _model(folder, dtype).to(place).eval()
    result = Backbone(
        family=folder.family, model=model, tokenizer=_tokenizer(folder), processor=_processor(folder),
        fingerprint=folder.fingerprint(),
    )  # fmt: skip
    _refuse_misfits(result)
    return result


def _model(folder: Folder, dtype: torch.dtype) -> Any:
    """The network with all its weights from the folder's files."""
    options: dict[str, Any] = {"trust_remote_code": False, "attn_implementation": "sdpa"}
    try:
        config = AutoConfig.from_pretrained(folder.path, local_files_only=True, **options)
        with torch.device("meta"):
            numbers = sum(each.numel() for each in AutoModelForImageTextToText.from_config(copy.deepcopy(config)).parameters())
        if numbers > SPARE * folder.numbers:
            raise InvalidInput(f"backbone: config.json tells of {numbers} weights, {folder.path} holds {folder.numbers}")
        opened: Any = AutoModelForImageTextToText.from_pretrained(
            folder.path,
            config=config,
            dtype=dtype,
            use_safetensors=True,
            local_files_only=True,
            output_loading_info=True,
            **options,
        )
    except InvalidInput:
        raise
    except Exception as error:  # what the library says of a file that is not sound is of no one kind
        raise InvalidInput(f"backbone: {folder.path} can't be opened ({_first_line(error)})") from None
    model, report = opened
    for key in ("missing_keys", "mismatched_keys"):
        if report[key]:
            name = sorted(map(str, report[key]))[0]
            raise InvalidInput(f"backbone: {folder.path}: {len(report[key])} weights do not fit, such as {name}")
    model.generation_config = GenerationConfig()  # what a folder says of how to write is not ours
    return model


def _tokenizer(folder: Folder) -> Tokenizer:
    """The tokenizer, which neither cuts nor fills up."""
    try:
        tokenizer = Tokenizer.from_file(str(folder.path / "tokenizer.json"))
    except Exception as error:  # nor here
        raise InvalidInput(f"backbone: {folder.path}/tokenizer.json is no tokenizer ({_first_line(error)})") from None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _processor(folder: Folder) -> Any:
    """What makes pixels of pictures, in numpy and Pillow."""
    try:
        return folder.family.processor.from_pretrained(folder.path, local_files_only=True)
    except Exception as error:  # nor here
        raise InvalidInput(f"backbone: {folder.path} says nothing of how to see pictures ({_first_line(error)})") from None


def _refuse_misfits(backbone: Backbone) -> None:
    """Refuse a tokenizer, a picture's processor and a model that are not of one another."""
    config = backbone.model.config
    if backbone.id_of(backbone.family.image) != config.image_token_id:
        raise InvalidInput(
            f"backbone: tokenizer and model do not agree on {backbone.family.image}; expected those of one model"
        )
    backbone.id_of(backbone.family.end)
    black, side = np.zeros((8, 8, 3), np.uint8), backbone.side
    try:
        pixels = backbone.pixels([[black]])["pixel_values"]
    except Exception as error:  # nor here
        raise InvalidInput(f"backbone: it can't see a picture ({_first_line(error)})") from None
    if pixels.shape[-3:] != (3, side, side) or not torch.isfinite(pixels).all():
        raise InvalidInput(f"backbone: expected pictures of 3×{side}×{side} finite pixels, got {tuple(pixels.shape[-3:])}")


def _first_line(error: Exception) -> str:
    """What an error says, in one line."""
    return f"{type(error).__name__}: {str(error).strip().splitlines()[0][:200] if str(error).strip() else 'no reason given'}"
