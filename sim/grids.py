"""Grids of rays: which rays of a camera or a LiDAR may meet which balls, by the boxes in which the sensor sees the balls."""

from abc import ABC, abstractmethod

import numpy as np

from sim.movers import Pairs

CELL = 2  # rays along each edge of a cell
SLACK = 0.01  # of the way between two rays, round each box: more than rounding


class Grid(ABC):
    """Rays from one place in rows and columns.

    Attributes:
        directions: (rows * columns, 3) float32 in the sensor's frame, row by row.
    """

    def __init__(self, directions: np.ndarray, columns: int) -> None:
        """Of rows of so many columns."""
        self.directions = directions
        self.shape = len(directions) // columns, columns
        row, column = (np.arange(0, size, CELL) for size in self.shape)
        self._cells = len(row), len(column)
        corners = [
            (np.minimum(row + i, self.shape[0] - 1), np.minimum(column + j, columns - 1)) for i, j in np.ndindex(CELL, CELL)
        ]
        self._rays = np.stack([(r[:, None] * columns + c).ravel() for r, c in corners], axis=1)  # (cells, CELL²)

    @abstractmethod
    def boxes(self, centres: np.ndarray, radius: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Between which rows and columns, low and high (K, 2) and included, balls (B, 3) and (B,) are seen; which ball (K,)."""

    def near(self, centres: np.ndarray, radius: np.ndarray, mover: np.ndarray, num_movers: int) -> Pairs:
        """Pairs of a mover and a ray that may meet one of its balls, (B, 3) and (B,) in the sensor's frame, (B,) whose."""
        low, high, ball = self.boxes(centres, radius)
        first = np.maximum(np.ceil(low - SLACK), 0).astype(int)
        last = np.minimum(np.floor(high + SLACK), np.array(self.shape) - 1).astype(int)
        seen = np.flatnonzero((first <= last).all(axis=1))
        if not len(seen):
            return seen, seen
        bounds = np.column_stack([mover.take(ball.take(seen)), first[seen] // CELL, last[seen] // CELL + 1]).tolist()
        near = np.zeros((num_movers, *self._cells), dtype=bool)
        for each, top, left, bottom, right in bounds:
            near[each, top:bottom, left:right] = True
        who, cell = np.nonzero(near.reshape(num_movers, self._cells[0] * self._cells[1]))
        return np.repeat(who, CELL * CELL), self._rays.take(cell, axis=0).reshape(-1)


class PictureGrid(Grid):
    """A pinhole camera's rays: directions with z = 1, evenly spaced."""

    def __init__(self, directions: np.ndarray, columns: int) -> None:
        """Through the pixels of rows of so many columns."""
        super().__init__(directions, columns)
        corners = directions[[0, -1], :2].astype(float)
        self._first = corners[0, ::-1]  # of rows and columns
        self._step = (corners[1, ::-1] - self._first) / np.maximum(np.array(self.shape) - 1, 1)
        self._step[self._step == 0] = 1.0
        self._widest = np.arctan(np.linalg.norm(np.abs(corners).max(axis=0)))  # off the optical axis

    def boxes(self, centres: np.ndarray, radius: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Around the ball's picture; all of the picture for a ball that reaches beside the eye."""
        depth, distance = centres[:, 2], np.linalg.norm(centres, axis=1)
        behind = depth < -radius
        off_axis = np.arccos(np.clip(depth / np.maximum(distance, 1e-9), -1, 1))
        seen_under = np.arcsin(np.minimum(radius / np.maximum(distance, 1e-9), 1))
        behind |= off_axis > self._widest + seen_under + 1e-3
        before = depth > radius * 1.01
        low, high = np.full((len(radius), 2), -1.0), np.array(self.shape) * np.ones((len(radius), 1))
        across, z, r = (
            centres[before][:, [1, 0]].astype(float),
            depth[before, None].astype(float),
            radius[before, None].astype(float),
        )
        middle, half = across * z / (z * z - r * r), r * np.sqrt(across * across + z * z - r * r) / (z * z - r * r)
        low[before] = (middle - half - self._first) / self._step
        high[before] = (middle + half - self._first) / self._step
        ball = np.flatnonzero(~behind)
        return low[ball], high[ball], ball


class TurnGrid(Grid):
    """A LiDAR's rays: a row for each column that fires, evenly spaced in azimuth, a column for each beam."""

    def __init__(self, directions: np.ndarray, beams: int) -> None:
        """In order of firing."""
        super().__init__(directions, beams)
        rows = directions.reshape(-1, beams, 3)
        azimuth = np.unwrap(np.arctan2(rows[:, 0, 1].astype(float), rows[:, 0, 0]))
        self._first, self._step = azimuth[0], (azimuth[-1] - azimuth[0]) / max(len(azimuth) - 1, 1) or 1.0
        elevation = np.arcsin(np.clip(rows[0, :, 2].astype(float), -1, 1))
        self._elevation, self._rising = elevation, bool((np.diff(elevation) > 0).all())

    def boxes(self, centres: np.ndarray, radius: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Around the ball in azimuth and elevation; all round for one that reaches over the sensor's axis."""
        x, y, z = centres.T.astype(float)
        across, distance = np.hypot(x, y), np.linalg.norm(centres, axis=1).astype(float)
        half = np.where(across > radius, np.arcsin(np.minimum(radius / np.maximum(across, 1e-9), 1)), np.pi)
        row = np.mod(np.arctan2(y, x) - self._first, 2 * np.pi) / self._step
        up = np.arcsin(np.clip(z / np.maximum(distance, 1e-9), -1, 1))
        reach = np.arcsin(np.minimum(radius / np.maximum(distance, 1e-9), 1))
        inside = distance <= radius
        low_beam, high_beam = self._beams(np.where(inside, -np.pi, up - reach), np.where(inside, np.pi, up + reach))
        turns = 2 * np.pi / self._step
        low = np.concatenate([np.column_stack([row - half / self._step + shift, low_beam]) for shift in (0, -turns)])
        high = np.concatenate([np.column_stack([row + half / self._step + shift, high_beam]) for shift in (0, -turns)])
        return low, high, np.tile(np.arange(len(radius)), 2)

    def _beams(self, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The first and last beam between two elevations (B,); all of them where they do not rise in order."""
        if not self._rising:
            return np.zeros(len(low)), np.full(len(low), len(self._elevation) - 1.0)
        return np.searchsorted(self._elevation, low - 1e-4), np.searchsorted(self._elevation, high + 1e-4) - 1.0
