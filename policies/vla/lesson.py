"""Lesson: one example that a model learns seeing and words from, and where in the scene it points."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False, kw_only=True)
class Region:
    """Where a thing is.

    Attributes:
        position_base: (3,) m, its middle.
        masks: camera → (H, W) bool, the pixels that show it; all False where that camera does not.
    """

    position_base: np.ndarray
    masks: Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False, kw_only=True)
class Lesson:
    """One example.

    Attributes:
        kind: a field of `questions.KindShares`, such as "counting".
        step: of the episode, whose observation it is about.
        text: what is said to the model: a question, a phrase, a caption, a caption with MASK in it.
        answer: what it shall say; empty for a contrastive pair, and for a phrase, spot or shift, which has a region or none.
        negative: of a contrastive pair, the text with one attribute or relation changed, so that it is false; else empty.
        regions: the things that it is about, by which the answer can be seen; of a phrase the one that it means;
            of a spot the empty place, then the things that tell it; of a shift where the thing would be, then the thing.
    """

    kind: str
    step: int
    text: str
    answer: str = ""
    negative: str = ""
    regions: tuple[Region, ...] = ()
