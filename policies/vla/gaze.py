"""Gaze: which words, patches and points an action attended to: the plain mean of all heads and layers, no rollout."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn.functional import interpolate

from policies.vla.config import STRIDE, VlaConfig, patch_centres
from policies.vla.senses import spans_of
from policies.vla.words import Words
from sensors.observation import Observation


@dataclass(frozen=True, eq=False, kw_only=True)
class Gaze:
    """What the first slot, or the first action token that is written, looked at; the most looked at is 1.

    Attributes:
        words: each word of the sentence, in its order.
        pixels: camera → (H, W) of its picture; all cameras and points share one scale.
        points_base: (N, 3) middles of the patches of the view from above, then of the LiDARs', m, on z = 0.
        value: (N,) of each.
    """

    words: tuple[tuple[str, float], ...]
    pixels: Mapping[str, np.ndarray]
    points_base: np.ndarray
    value: np.ndarray


def gaze_of(shares: np.ndarray, observation: Observation, sentence: str, words: Words, config: VlaConfig) -> Gaze:
    """How an action's attention is shared out among the senses' tokens and the prompt's, (N + L,), as people see it."""
    spans = spans_of(config)
    there = {name: shares[span] for name, span in spans.items()}
    views = [name for name in config.views if name in observation.cameras]
    above = [name for name in ("top", *config.lidars) if name in there]
    most = max((there[name].max() for name in (*views, *above)), default=1.0)
    said = shares[max(span.stop for span in spans.values()) + 1 :]  # behind the token that says what kind of text it is
    return Gaze(
        words=_by_word(said, sentence, words),
        pixels={name: _over(there[name] / most, config.views[name], observation.cameras[name].rgb) for name in views},
        points_base=np.concatenate([np.zeros((0, 3)), *(_centres(name, config) for name in above)]),
        value=np.concatenate([np.zeros(0), *(there[name] / most for name in above)]),
    )


def without_locations(shares: np.ndarray, prompt: Sequence[int], config: VlaConfig) -> np.ndarray:
    """Shares (N + L,) without the tokens that say where a thing is (N + L - n,); what they got counts for its name."""
    located = np.append(np.zeros(len(shares) - len(prompt), bool), np.array(prompt) >= config.vocabulary)
    at = np.arange(len(shares))[~located]
    return np.add.reduceat(shares, at)


def _by_word(shares: np.ndarray, sentence: str, words: Words) -> tuple[tuple[str, float], ...]:
    """Each word with the sum over its tokens."""
    found = list(re.finditer(r"\S+", sentence))
    sums = np.zeros(len(found))
    for share, end in zip(shares, words.ends(sentence), strict=False):
        sums[sum(word.end() < end for word in found)] += share
    return tuple(
        (word.group(), float(each)) for word, each in zip(found, sums / max(sums.max(initial=0.0), 1e-12), strict=True)
    )


def _over(patches: np.ndarray, size: list[int], rgb: np.ndarray) -> np.ndarray:
    """A picture's patches (P,) brought to its pixels (H, W)."""
    grid = torch.from_numpy(patches.reshape(1, 1, size[0] // STRIDE, size[1] // STRIDE))
    return interpolate(grid, size=rgb.shape[:2], mode="bilinear")[0, 0].numpy().clip(0.0, 1.0)


def _centres(name: str, config: VlaConfig) -> np.ndarray:
    """Middles (N, 3) of a view's patches."""
    if name == "top":
        return patch_centres(config.top_lower, config.top_shape, config.top_cell, 0.0)
    half = config.top_shape[0] // 2, config.top_shape[1] // 2
    return patch_centres(config.top_lower, half, 2 * config.top_cell, 0.0)
