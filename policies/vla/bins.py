"""Bins: each number of an action as one of 256 equal bins between its bounds, and back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from policies.vla.dimensions import Dimensions, fields_of
from robot.arrays import checked
from robot.errors import InvalidInput

COUNT = 256  # RT-2, arXiv:2307.15818, section 3.2; OpenVLA, arXiv:2406.09246, section 3.2
LARGEST_COUNT = 65_536


@dataclass(frozen=True, eq=False, kw_only=True)
class Bins:
    """Equal bins between the bounds of D dimensions; a number becomes the bin that it lies in, a bin its centre.

    Attributes:
        dimensions: names, units and bounds.
        count: of bins in each dimension.
    """

    dimensions: Dimensions
    count: int = COUNT

    def __post_init__(self) -> None:
        """Refuse fewer bins than tell two values apart, and more than any vocabulary holds."""
        if not 2 <= self.count <= LARGEST_COUNT:
            raise InvalidInput(f"bins.count: expected 2 to {LARGEST_COUNT}, got {self.count}")

    @property
    def width(self) -> np.ndarray:
        """How wide a bin is in each dimension (D,), in its unit; inside the bounds the error is at most half of it."""
        return (self.dimensions.high - self.dimensions.low) / self.count

    def encode(self, actions: object) -> np.ndarray:
        """Actions (..., D) in their units as bins (..., D) int64; what lies outside the bounds gets the outermost bin.

        Raises:
            InvalidInput: not D numbers in the last axis, or one that is not finite.
        """
        return bin_of(self.dimensions.normalised(actions), self.count)

    def decode(self, bins: object) -> np.ndarray:
        """Bins (..., D) as the actions (..., D) at their centres, in their units.

        Raises:
            InvalidInput: not D whole numbers in the last axis, or no such bin.
        """
        array = np.asarray(bins)
        array = checked("bins", array, (*array.shape[:-1], len(self.dimensions.names)), np.int64)
        return self.dimensions.physical(centre_of(array, self.count))

    def to_json(self) -> dict[str, Any]:
        """All of it as plain JSON."""
        return {"dimensions": self.dimensions.to_json(), "count": self.count}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Bins":
        """The mirror of `to_json`.

        Raises:
            InvalidInput: a field is missing or not what it should be.
        """
        fields = fields_of("bins", document, {"dimensions": dict, "count": int})
        return cls(dimensions=Dimensions.from_json(fields["dimensions"]), count=fields["count"])


def bin_of(normalised: np.ndarray, count: int) -> np.ndarray:
    """Numbers in [-1, 1] as bins from 0 to below `count`, of the same shape; 1 is in the last one."""
    return np.clip(np.floor((normalised + 1.0) / 2.0 * count).astype(np.int64), 0, count - 1)


def centre_of(bins: np.ndarray, count: int) -> np.ndarray:
    """The mirror: bins as the numbers in [-1, 1] at their centres.

    Raises:
        InvalidInput: a bin below 0, or `count` or above.
    """
    if bins.size and not 0 <= bins.min() <= bins.max() < count:
        raise InvalidInput(f"bins: expected 0 to {count - 1}, got {bins.min()} to {bins.max()}")
    return (2.0 * bins + 1.0) / count - 1.0
