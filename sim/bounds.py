"""Balls around all that can move, and Cones around neighbouring rays: who can't meet need not be cast at each other."""

from dataclasses import dataclass

import numpy as np

from sim.surfaces import Surfaces

BALL_CELL = 0.08  # m, of the grid by which a part's faces are gathered into balls
MAX_CUTS = 4  # of a face that is larger than a cell; a wall that can move may have larger balls
TILE = 8  # rays along each edge of a cone's bundle
BLAS_ALONE = 1 << 18  # multiplications; OpenBLAS works on more than these with several threads
SLACK = 1e-5  # of cosines, float32: more than their rounding, so that a doubtful pair counts as a meeting


@dataclass(frozen=True, eq=False, kw_only=True)
class Balls:
    """Balls that together hold every face of the movable parts.

    Attributes:
        centre_part: (B, 3) float32 m, each in its part's frame.
        radius: (B,) float32 m.
        part: (B,) int.
    """

    centre_part: np.ndarray
    radius: np.ndarray
    part: np.ndarray

    @staticmethod
    def around(surfaces: Surfaces) -> "Balls":
        """One ball around the faces of each part whose centres share a cell of a grid."""
        first = surfaces.face_ranges[surfaces.num_still]
        corners, part = _in_pieces(surfaces.vertices_part[surfaces.faces[first:]], surfaces.part[first:-1].astype(np.int64))
        if not len(corners):
            return Balls(centre_part=np.zeros((0, 3), np.float32), radius=np.zeros(0, np.float32), part=part)
        cell = np.floor(corners.mean(axis=1) / BALL_CELL).astype(np.int64)
        key = np.ravel_multi_index((part, *np.moveaxis(cell - cell.min(axis=0), -1, 0)), (part.max() + 1, *np.ptp(cell, 0) + 1))
        order = np.argsort(key, kind="stable")
        starts = np.flatnonzero(np.diff(key[order], prepend=-1))
        low = np.minimum.reduceat(corners.min(axis=1)[order], starts)
        high = np.maximum.reduceat(corners.max(axis=1)[order], starts)
        centre = (low + high) / 2
        sizes = np.diff(starts, append=len(order))
        away = np.linalg.norm(corners[order] - np.repeat(centre, sizes, axis=0)[:, None], axis=2).max(axis=1)
        radius = np.maximum.reduceat(away, starts) * np.float32(1 + SLACK)
        return Balls(centre_part=centre, radius=radius, part=part[order][starts])

    def centres_world(self, rotations: np.ndarray, positions: np.ndarray) -> np.ndarray:
        """Where the balls are (B, 3) float32, given all parts' rotations (P, 3, 3) and positions (P, 3) in world."""
        return np.einsum("bij,bj->bi", rotations[self.part], self.centre_part) + positions[self.part]


def _in_pieces(corners: np.ndarray, part: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Faces by their corners (F, 3, 3), and their parts (F,), with the large ones cut into four, and again."""
    for _ in range(MAX_CUTS):
        large = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1) > BALL_CELL
        if not large.any():
            break
        whole = corners[large]
        a, b, c = np.moveaxis(whole, 1, 0)
        middles = (a + b) / 2, (b + c) / 2, (c + a) / 2
        cut = [(a, middles[0], middles[2]), (middles[0], b, middles[1]), (middles[2], middles[1], c), middles]
        corners = np.concatenate([corners[~large], *(np.stack(piece, axis=1) for piece in cut)])
        part = np.concatenate([part[~large], np.tile(part[large], 4)])
    return corners, part


class Cones:
    """A sensor's rays in bundles of neighbours, each within a cone from the sensor's origin.

    Attributes:
        tile: (M,) int32, the bundle of each ray.
        count: of bundles.
    """

    def __init__(self, directions_sensor: np.ndarray, columns: int) -> None:
        """Around directions (M, 3) that run along rows of so many columns."""
        index = np.arange(len(directions_sensor))
        row, column = index // columns // TILE, index % columns // TILE
        self.tile = (row * -(-columns // TILE) + column).astype(np.int32)
        self.count = int(self.tile[-1]) + 1
        self._order = np.argsort(self.tile, kind="stable")
        self._starts = np.searchsorted(self.tile[self._order], np.arange(self.count))
        self._counts = np.diff(self._starts, append=len(index))
        unit = directions_sensor / np.linalg.norm(directions_sensor, axis=1, keepdims=True).astype(np.float32)
        axis = np.add.reduceat(unit[self._order], self._starts)
        axis /= np.linalg.norm(axis, axis=1, keepdims=True)
        cosine = np.minimum.reduceat(np.einsum("mi,mi->m", unit, axis[self.tile])[self._order], self._starts).clip(-1, 1)
        self._table = np.column_stack([axis, -cosine, np.sqrt(1 - cosine**2)]).astype(np.float32)  # (tiles, 5)

    def near(self, centres_sensor: np.ndarray, radius: np.ndarray, group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pairs (n,) int of a group of balls and a ray whose cone touches one of it: all that can meet, and some more.

        Balls (B, 3) and (B,), and their groups (B,): 0, 1, … in rising order. A cone of half angle a and a ball seen under
        half angle b touch where their axes are at most a + b apart, so where the cosine between them is at least
        cos a cos b - sin a sin b.
        """
        if not len(group):
            return np.zeros(0, int), np.zeros(0, int)
        distance = np.linalg.norm(centres_sensor, axis=1)
        sine = np.minimum(radius / np.maximum(distance, 1e-9), 1)
        balls = np.column_stack([centres_sensor / np.maximum(distance, 1e-9)[:, None], np.sqrt(1 - sine**2), sine])
        balls[distance <= radius] = (0, 0, 0, -1, 1)  # the sensor is inside: every cone touches it
        starts = np.searchsorted(group, np.arange(group[-1] + 1))
        owner, tile = np.nonzero(_greatest(balls.astype(np.float32), self._table, starts) >= -SLACK)
        counts = self._counts.take(tile)
        first = self._starts.take(tile) - np.cumsum(counts) + counts
        return np.repeat(owner, counts), self._order.take(np.repeat(first, counts) + np.arange(counts.sum()))


def _greatest(balls: np.ndarray, table: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """The greatest product (groups, tiles) of each tile (tiles, 5) with a ball (B, 5) of each group, by where groups start.

    In pieces so small that the BLAS does not wake threads for them, which fight Embree's.
    """
    piece = max(BLAS_ALONE // balls.size, 1)
    pieces = [np.maximum.reduceat(balls @ table[at : at + piece].T, starts, axis=0) for at in range(0, len(table), piece)]
    return np.concatenate(pieces, axis=1)
