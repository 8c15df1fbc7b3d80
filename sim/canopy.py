"""Canopy and Skyline: what may stand between a place and the sun, on a grid across the sun's rays."""

import numpy as np

from sim.bounds import in_pieces
from sim.movers import Pairs

CELL = 0.03  # m
LOWEST_STEP = 1e-3  # m; what stands still throws no shadow on what lies less than this below its top
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

    def over(self, cell: np.ndarray, asking: np.ndarray) -> Pairs:
        """The pairs of movers and places, by cells (M,), that may meet along the sun's rays; of those `asking` (M,) bool."""
        index = np.flatnonzero(self._covered.take(cell) & asking)
        mover, place = np.nonzero(self._over.take(cell.take(index), axis=1))
        return mover, index.take(place)


class Skyline:
    """How high what stands still rises along each of the sun's rays: nothing higher can lie in its shadow."""

    def __init__(self, corners_world: np.ndarray, across_sun: np.ndarray) -> None:
        """Of faces (F, 3, 3) float32 m under a sun that is above; `across_sun` (3, 2) float32."""
        self._top = np.full(SIDE * SIDE, -np.inf, dtype=np.float32)
        corners, _ = in_pieces(corners_world, np.zeros(len(corners_world), int))
        if not len(corners):
            return
        across = (corners.reshape(-1, 3) @ across_sun).reshape(-1, 3, 2)
        reach = np.float32(2e-5)
        low = np.floor((across.min(axis=1) - reach) * np.float32(1 / CELL)).astype(int)
        high = np.floor((across.max(axis=1) + reach) * np.float32(1 / CELL)).astype(int)
        tops = corners[:, :, 2].max(axis=1)
        wide = (high - low).max(axis=1) >= SIDE // 4
        np.maximum(self._top, tops[wide].max(initial=-np.inf), out=self._top)
        low, high, tops = low[~wide], high[~wide], tops[~wide]
        steps = np.arange(int((high - low).max(initial=0)) + 1)
        column, row = (np.minimum(low[:, axis, None] + steps, high[:, axis, None]) & (SIDE - 1) for axis in range(2))
        cell = row[:, :, None] * SIDE + column[:, None, :]
        np.maximum.at(self._top, cell, np.broadcast_to(tops[:, None, None], cell.shape))

    def below(self, points: np.ndarray, cell: np.ndarray) -> np.ndarray:
        """Which places (3, M) in world, by their cells (M,), may lie in its shadow: (M,) bool."""
        return points[2] < (self._top - np.float32(LOWEST_STEP)).take(cell)
