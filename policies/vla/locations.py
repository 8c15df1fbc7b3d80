"""Locations: places in a text, as tokens: a name may be followed by where the thing is, "the red block <location>".

As in Kosmos-2 (Peng et al., 2023, arXiv:2306.14824), where boxes stand behind the phrases that they ground; here a token is a
small square of the view from above, and is read as the place of its middle.
"""

from dataclasses import dataclass

import numpy as np
import torch


@dataclass(frozen=True, kw_only=True)
class Locations:
    """Squares of the view from above, x slowest.

    Attributes:
        first: the first one's token.
        lower: where the view begins, x and y in base, m.
        shape: squares along x and y.
        edge: of a square, m.
        height: the z at which all of them are, m.
    """

    first: int
    lower: tuple[float, float]
    shape: tuple[int, int]
    edge: float
    height: float

    def encode(self, place_base: np.ndarray) -> int:
        """The token of the square under a place (3,), or of the nearest one."""
        cell = np.floor((place_base[:2] - np.array(self.lower)) / self.edge).astype(int)
        x, y = np.clip(cell, 0, np.array(self.shape) - 1)
        return int(self.first + x * self.shape[1] + y)

    def decode(self, tokens: torch.Tensor) -> torch.Tensor:
        """Middles (..., 3) of squares in base, m; of any other token, one of the first one's."""
        number = (tokens - self.first).clamp(min=0)
        x = self.lower[0] + self.edge * (number // self.shape[1] + 0.5)
        y = self.lower[1] + self.edge * (number % self.shape[1] + 0.5)
        return torch.stack([x, y, torch.full_like(x, self.height)], dim=-1)
