"""Families of backbones: how each is prompted and which of its configs may be opened.

The prompts are those of the models' own chat templates and processors (a test compares them). A template that came with the
weights is never rendered: rendering compiles it to Python.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from transformers import Idefics3ImageProcessorPil, SiglipImageProcessorPil, SmolVLMImageProcessorPil

from robot.errors import one_of


@dataclass(frozen=True)
class Family(ABC):
    """One family.

    Attributes:
        processor: what makes pixels of pictures.
        texts: the kinds of language model it may hold.
        visions: the kinds of vision model; none where there is no choice.
        end: the token that ends what is written.
        image: the token in whose place a part of a picture stands.
        first_position: of a sequence's first token.
    """

    processor: Any
    texts: tuple[str, ...]
    visions: tuple[str, ...]
    end: str
    image: str = "<image>"
    first_position: int = 0

    @abstractmethod
    def tokens_of_picture(self, config: Any) -> int:
        """How many tokens a picture becomes."""

    @abstractmethod
    def prompt(self, sentence: str, pictures: int, tokens_of_picture: int) -> str:
        """What is read before something is written."""

    @abstractmethod
    def pixels(self, processor: Any, pictures: list[list[np.ndarray]], side: int) -> dict[str, torch.Tensor]:
        """Pictures (B, cameras) of (H, W, 3) uint8 as the model's pixels, each one square of so many a side."""

    @abstractmethod
    def masks(self, prefix: torch.Tensor) -> dict[str, torch.Tensor]:
        """What the model wants to know of the prompt, (B, L) bool."""


@dataclass(frozen=True)
class SmolVlm(Family):
    """SmolVLM and SmolVLM2 (Marafioti et al. 2025, arXiv:2504.05299), and Idefics3, of which they are small ones."""

    texts: tuple[str, ...] = ("llama",)
    visions: tuple[str, ...] = ()
    end: str = "<end_of_utterance>"

    def tokens_of_picture(self, config: Any) -> int:
        """Patches, shuffled together `scale_factor`² at a time."""
        vision = config.vision_config
        return (vision.image_size // vision.patch_size) ** 2 // config.scale_factor**2

    def prompt(self, sentence: str, pictures: int, tokens_of_picture: int) -> str:
        """The user's turn and the beginning of the answer; each picture whole, without tiles of it."""
        picture = f"<fake_token_around_image><global-img>{self.image * tokens_of_picture}<fake_token_around_image>"
        return f"<|im_start|>User:{picture * pictures}{sentence}<end_of_utterance>\nAssistant:"

    def pixels(self, processor: Any, pictures: list[list[np.ndarray]], side: int) -> dict[str, torch.Tensor]:
        """(B, cameras, 3, side, side)."""
        edge = {"longest_edge": side}
        done = processor(pictures, return_tensors="pt", do_image_splitting=False, size=edge, max_image_size=edge)
        return {"pixel_values": done["pixel_values"]}

    def masks(self, prefix: torch.Tensor) -> dict[str, torch.Tensor]:
        """All is causal."""
        return {}


@dataclass(frozen=True)
class PaliGemma(Family):
    """PaliGemma (Beyer et al. 2024, arXiv:2407.07726) and PaliGemma 2."""

    processor: Any = SiglipImageProcessorPil
    texts: tuple[str, ...] = ("gemma", "gemma2")
    visions: tuple[str, ...] = ("siglip_vision_model",)
    end: str = "<eos>"
    first_position: int = 1

    def tokens_of_picture(self, config: Any) -> int:
        """One a patch."""
        vision = config.vision_config
        return (vision.image_size // vision.patch_size) ** 2

    def prompt(self, sentence: str, pictures: int, tokens_of_picture: int) -> str:
        """Pictures, then the sentence; a line's end begins the answer."""
        return f"{self.image * tokens_of_picture * pictures}<bos>{sentence}\n"

    def pixels(self, processor: Any, pictures: list[list[np.ndarray]], side: int) -> dict[str, torch.Tensor]:
        """(B · cameras, 3, side, side)."""
        flat = [picture for each in pictures for picture in each]
        done = processor(flat, return_tensors="pt", size={"height": side, "width": side})
        return {"pixel_values": done["pixel_values"]}

    def masks(self, prefix: torch.Tensor) -> dict[str, torch.Tensor]:
        """The prompt is read both ways, what is written causally."""
        return {"token_type_ids": (~prefix).long()}


FAMILIES: Mapping[str, Family] = {
    "smolvlm": SmolVlm(SmolVLMImageProcessorPil),
    "idefics3": SmolVlm(Idefics3ImageProcessorPil),
    "paligemma": PaliGemma(),
}


def family_of(model_type: object) -> Family:
    """The family of a config's `model_type`.

    Raises:
        InvalidInput: none of ours.
    """
    if not isinstance(model_type, str) or model_type not in FAMILIES:
        raise one_of("backbone.model_type", model_type, FAMILIES)
    return FAMILIES[model_type]
