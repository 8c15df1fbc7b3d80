"""Balls around all that can move: what does not come near one can't meet anything there."""

from dataclasses import dataclass

import numpy as np

from sim.surfaces import Surfaces

BALL_CELL = 0.05  # m, of the grid by which a part's faces are gathered into balls
MAX_CUTS = 4  # of a face that is larger than a cell; a wall that can move may have larger balls
SLACK = 1e-5  # of a radius, float32: more than its rounding


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
        corners, part = in_pieces(surfaces.vertices_part[surfaces.faces[first:]], surfaces.part[first:-1].astype(np.int64))
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


def in_pieces(corners: np.ndarray, part: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
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
