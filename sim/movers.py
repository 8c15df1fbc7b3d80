"""Movers: all parts that can move as triangles in Embree, in one tree that is built once: rays are brought to the parts.

Each part has a cell of its own in the tree, far from all others. A ray that may meet a part is turned into that part's
frame, set off before the ball around it and put into its cell; so a part may be anywhere in world, at any moment, and the tree
stays as it is. What a ray meets beyond its cell is another part's copy and counts for nothing.
"""

from itertools import pairwise

import numpy as np
import open3d as o3d

from sim.hits import Hits
from sim.rays import Rays, rows_of, turned
from sim.surfaces import Surfaces

SLACK = 1e-4  # m around each ball: more than what rounding does to a ray some metres long
Pairs = tuple[np.ndarray, np.ndarray]  # (n,) int: which mover, which ray or point


class Movers:
    """The parts from the first one that can move on; a mover's number counts from there."""

    def __init__(self, surfaces: Surfaces) -> None:
        """They are nowhere until they are placed."""
        self._surfaces, self._first_part = surfaces, surfaces.num_still
        self._first_face = surfaces.face_ranges[self._first_part]
        ranges = surfaces.vertex_ranges[self._first_part :]
        pieces = [surfaces.vertices_part[start:stop] for start, stop in pairwise(ranges)]
        middles = [(piece.min(axis=0) + piece.max(axis=0)) / 2 for piece in pieces]
        self.count = len(pieces)
        self._middle_part = np.array(middles, dtype=np.float32).reshape(-1, 3)
        radii = [np.linalg.norm(piece - middle, axis=1).max() for piece, middle in zip(pieces, middles, strict=True)]
        self._radius = np.array(radii, dtype=np.float32) + np.float32(SLACK)  # (P,)
        self._longest = float(2 * self._radius.max(initial=0))  # within a ball
        self._cell = _lattice(self.count, 2.1 * self._longest)  # (3, P): a ray of `longest` never leaves its cell
        self._turn, self._middle_world = np.zeros((3, 3, self.count), np.float32), np.zeros((3, self.count), np.float32)
        self._scene = o3d.t.geometry.RaycastingScene()
        if self.count:
            placed = [piece - middle + cell for piece, middle, cell in zip(pieces, middles, self._cell.T, strict=True)]
            faces = surfaces.faces[self._first_face :] - np.uint32(ranges[0])
            self._scene.add_triangles(*map(o3d.core.Tensor.from_numpy, (np.concatenate(placed).astype(np.float32), faces)))

    def place(self, rotations: np.ndarray, positions: np.ndarray) -> None:
        """Be where all parts are in world, (P, 3, 3) and (P, 3) float32, those that stand still first."""
        rotations, positions = rotations[self._first_part :], positions[self._first_part :]
        self._turn = np.ascontiguousarray(rotations.transpose(2, 1, 0))  # (3, 3, P): to part from world
        self._middle_world = (np.einsum("pij,pj->pi", rotations, self._middle_part) + positions).T.copy()  # (3, P)

    def all_pairs(self, rays: Rays) -> Pairs:
        """The pairs of movers and rays that may meet."""
        movers, found = [], []
        for mover in range(self.count):
            offset = self._middle_world[:, mover, None] - rays.origin
            ahead = (offset * rays.direction).sum(axis=0)
            away = (offset * offset).sum(axis=0) - (self._radius[mover] + 10 * np.float32(SLACK)) ** 2
            near = np.flatnonzero((away <= 0) | ((ahead > 0) & (ahead * ahead >= away * rays.length_squared)))
            movers.append(np.full(len(near), mover))
            found.append(near)
        return np.concatenate([*movers, np.zeros(0, int)]).astype(int), np.concatenate([*found, np.zeros(0, int)]).astype(int)

    def nearer(self, rays: Rays, pairs: Pairs, distance: np.ndarray) -> tuple[np.ndarray, Hits]:
        """Which rays (n,) int meet one of these before a distance (M,), given the pairs that may, and what they meet."""
        mover, ray = pairs
        if not len(ray):
            return ray, Hits.none(self._surfaces)
        turn = self._turn.take(mover, axis=2)
        direction = turned(turn, rays.direction.take(ray, axis=1))
        if rays.origin.shape[1] == 1:
            origin = turned(self._turn, rays.origin - self._middle_world).take(mover, axis=1)
        else:
            origin = turned(turn, rays.origin.take(ray, axis=1) - self._middle_world.take(mover, axis=1))
        inverse = rays.inverse_length.take(ray)
        start = _dot(origin, direction)
        start *= inverse
        start += self._radius.take(mover)  # from the ray's nearest place to the ball's middle back to before the ball
        start *= -inverse
        np.maximum(start, 0, out=start)
        origin += start * direction
        origin += self._cell.take(mover, axis=1)
        answer = self._scene.cast_rays(o3d.core.Tensor.from_numpy(rows_of(origin, direction)))
        reached = start + answer["t_hit"].numpy()
        index = np.flatnonzero(reached < distance.take(ray))
        face = answer["primitive_ids"].numpy().take(index).astype(np.int64) + self._first_face
        own = self._surfaces.part.take(face) == mover.take(index) + self._first_part
        index, face = index.compress(own), face.compress(own)
        nearest = _nearest(ray.take(index), reached.take(index), len(distance))
        index, face = index.take(nearest), face.take(nearest)
        x, y, z = direction.take(index, axis=1)
        normals = answer["primitive_normals"].numpy().take(index, axis=0)
        hits = Hits(
            distance=reached.take(index),
            face=face,
            uv=np.ascontiguousarray(answer["primitive_uvs"].numpy().take(index, axis=0).T),
            along=x * normals[:, 0] + y * normals[:, 1] + z * normals[:, 2],
            surfaces=self._surfaces,
        )
        return ray.take(index), hits

    def darkened(self, points: np.ndarray, pairs: Pairs, to_sun: np.ndarray) -> np.ndarray:
        """Which points (n,) int of (3, M) float32 have one of these before the sun (3,), of the pairs that may; some twice."""
        mover, point = pairs
        if not len(point):
            return point
        origin = points.take(point, axis=1) - self._middle_world.take(mover, axis=1)
        origin = turned(self._turn.take(mover, axis=2), origin)
        sun = turned(self._turn, to_sun[:, None]).take(mover, axis=1)
        ahead = -_dot(origin, sun)
        within = self._radius.take(mover) ** 2 - _dot(origin, origin) + ahead * ahead  # half the chord, squared
        leaves = ahead + np.sqrt(np.maximum(within, 0))
        meets = np.flatnonzero((within > 0) & (leaves > 0))
        start = np.maximum(2 * ahead - leaves, 0).take(meets)
        mover, sun = mover.take(meets), sun.take(meets, axis=1)
        origin = origin.take(meets, axis=1) + start * sun + self._cell.take(mover, axis=1)
        rows = o3d.core.Tensor.from_numpy(rows_of(origin, sun))
        dark = self._scene.test_occlusions(rows, 0.0, self._longest).numpy()
        return point.take(meets).compress(dark)


def _dot(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The products (n,) of vectors (3, n)."""
    (x, y, z), (u, v, w) = one, other
    result = x * u
    result += y * v
    result += z * w
    return result


def _lattice(count: int, spacing: float) -> np.ndarray:
    """The places (3, count) float32 of the cells, round the origin: the nearer, the less rounding."""
    side = int(np.ceil(count ** (1 / 3) - 1e-9))
    steps = np.array(np.unravel_index(np.arange(count), (side,) * 3)) if count else np.zeros((3, 0))
    return ((steps - (side - 1) / 2) * spacing).astype(np.float32)


def _nearest(ray: np.ndarray, reached: np.ndarray, num_rays: int) -> np.ndarray:
    """Which of n places that rays (n,) reached are their nearest: (m,) int, one for each ray."""
    nearest = np.full(num_rays, np.inf, dtype=np.float32)
    np.minimum.at(nearest, ray, reached)
    index = np.flatnonzero(reached == nearest.take(ray))
    last = np.empty(num_rays, dtype=np.int64)
    last[ray.take(index)] = index  # of two parts at the very same place the last one
    return index.compress(last.take(ray.take(index)) == index)
