"""Pointers: a position as the token in whose cell it lies and the bin inside that cell, and back."""

from dataclasses import dataclass

import numpy as np

from policies.vla.bins import bin_of, centre_of
from robot.arrays import checked, freeze
from robot.errors import InvalidInput

TOUCHING = 1e-9  # of a cell's half: a position on its face is inside


@dataclass(frozen=True, eq=False, kw_only=True)
class Pointers:
    """N location tokens (patches of the view from above, or voxels), each with a box-shaped cell about its centre.

    Cells may overlap, and need not fill space; a position belongs to the cell in whose middle it lies most.

    Attributes:
        centres_base: (N, 3) m, N at least 1.
        size: (3,) a cell's edges along base's axes, m.
        bins: into how many bins each edge is cut.
    """

    centres_base: np.ndarray
    size: np.ndarray
    bins: int

    def __post_init__(self) -> None:
        """Check and freeze."""
        freeze(self, centres_base=checked("centres_base", self.centres_base, ("N", 3)), size=checked("size", self.size, (3,)))
        if not len(self.centres_base):
            raise InvalidInput("centres_base: expected at least one token to point at, got none")
        if (self.size <= 0).any() or self.bins < 1:
            raise InvalidInput(f"pointers: expected edges above 0 m and at least 1 bin, got {self.size} m and {self.bins}")

    @property
    def width(self) -> np.ndarray:
        """A bin's edges (3,), m; along each the error is at most half of it."""
        return self.size / self.bins

    def encode(self, position_base: object) -> tuple[int, np.ndarray]:
        """A position (3,) in m as a token's index and the bin (3,) int64 along each axis of its cell.

        Raises:
            InvalidInput: not a finite position, or one in no token's cell.
        """
        position = checked("position_base", position_base, (3,))
        inside = (position - self.centres_base) / (self.size / 2)  # (N, 3)
        off = np.abs(inside).max(axis=1)
        token = int(off.argmin())
        if off[token] > 1.0 + TOUCHING:
            raise InvalidInput(
                f"position_base: {_spelled(position)} m lies in the cell of none of {len(off)} tokens; the nearest is token "
                f"{token} at {_spelled(self.centres_base[token])} m, whose cell reaches {_spelled(self.size / 2)} m from there"
            )
        return token, bin_of(inside[token], self.bins)

    def decode(self, token: int, bins: object) -> np.ndarray:
        """The position (3,) in base, m, at the centre of a bin (3,) of a token's cell.

        Raises:
            InvalidInput: no such token, or no such bin.
        """
        if not 0 <= token < len(self.centres_base):
            raise InvalidInput(f"token: expected 0 to {len(self.centres_base) - 1}, got {token}")
        array = checked("bins", bins, (3,), np.int64)
        return self.centres_base[token] + centre_of(array, self.bins) * self.size / 2


def _spelled(vector: np.ndarray) -> str:
    """A vector for a sentence."""
    return "(" + ", ".join(f"{each:.3g}" for each in vector) + ")"
