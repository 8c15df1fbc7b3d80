"""Canopy: which movable parts may stand between a place and the sun, on a grid across the sun's rays."""

import numpy as np

from sim.movers import Pairs

CELL = 0.03  # m
SIDE = 64  # cells; the grid goes round, places 1.92 m apart share a cell and are told apart by casting


def cells(points: np.ndarray, across_sun: np.ndarray) -> np.ndarray:
    """The cell (M,) int of places (3, M) in world, seen along the sun's rays; `across_sun` (3, 2) float32."""
    x, y, z = points
    column, row = (
        np.floor((u * x + v * y + w * z) * np.float32(1 / CELL)).astype(np.int32) & (SIDE - 1) for u, v, w in across_sun.T
    )
    return row * SIDE + column


class Canopy:
    """What hangs over each cell at one moment."""

    def __init__(self, centres: np.ndarray, radius: np.ndarray, mover: np.ndarray, num_movers: int) -> None:
        """Balls (B, 2) m across the sun, radii (B,) m, and whose (B,) they are."""
        reach = radius[:, None] + np.float32(2e-5)
        low, high = (np.floor((centres + side * reach) * np.float32(1 / CELL)).astype(int) for side in (-1, 1))
        steps = np.arange(min(int((high - low).max(initial=0)) + 1, SIDE))
        column, row = (np.minimum(low[:, axis, None] + steps, high[:, axis, None]) & (SIDE - 1) for axis in range(2))
        self._over = np.zeros((num_movers, SIDE * SIDE), dtype=bool)
        self._over[mover[:, None, None], row[:, :, None] * SIDE + column[:, None, :]] = True
        self._covered = self._over.any(axis=0)

    def over(self, cell: np.ndarray, asking: np.ndarray | None = None) -> Pairs:
        """The pairs of movers and places, by their cells (M,), that may meet along the sun's rays; of those `asking` (M,) bool."""
        covered = self._covered.take(cell)
        index = np.flatnonzero(covered if asking is None else covered & asking)
        mover, place = np.nonzero(self._over.take(cell.take(index), axis=1))
        return mover, index.take(place)
