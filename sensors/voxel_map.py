"""VoxelMap: remembers what is out of view, averages what is seen again, and forgets what was looked through since."""

import cv2
import numpy as np

from robot.transforms import apply, invert
from sensors.pointcloud import PointCloud
from sensors.steady import Beams
from sensors.voxel_grid import Surface, VoxelGrid

MEMORY = 8  # sightings that a voxel's mean is taken over: enough to quiet noise, few enough to follow a change
LEAST_NEIGHBOURS = 2  # of 26: a new voxel with fewer is a stray


class VoxelMap:
    """One point per voxel of a grid, the coloured ones from cameras, the others from LiDARs."""

    def __init__(self, grid: VoxelGrid, seen_through: float, beam_reach: float, sources: tuple[str, ...]) -> None:
        """Begin empty.

        Args:
            grid: the voxels.
            seen_through: a camera must measure this much farther than a remembered point for it to be gone, m.
            beam_reach: a LiDAR return that is at most this much nearer is the remembered point, seen again, m.
            sources: names that the points' `source` counts.
        """
        self.grid, self._sources = grid, sources
        self._seen_through, self._beam_reach = seen_through, beam_reach
        self._neighbours = grid.neighbours()
        self._slot = np.zeros(grid.count + 1, np.int32)  # 1 + index into the arrays below, 0 for nothing; one more for cell -1
        self._cell = np.zeros(0, np.int32)
        self.points_base = np.zeros((0, 3), np.float32)
        self._rgb = np.zeros((0, 3), np.float32)
        self._sightings = np.zeros(0, np.float32)
        self._coloured = np.zeros(0, bool)
        self._source = np.zeros(0, np.uint8)

    def __len__(self) -> int:
        """How many voxels hold something."""
        return len(self._cell)

    def cloud(self, keep: np.ndarray) -> PointCloud:
        """The points that a mask (N,) keeps, as a cloud."""
        which = np.flatnonzero(keep)
        arrays = {
            "points_base": self.points_base.take(which, axis=0),
            "rgb": (self._rgb.take(which, axis=0) + np.float32(0.5)).astype(np.uint8),
            "coloured": self._coloured.take(which),
            "source": self._source.take(which),
        }
        for array in arrays.values():
            array.flags.writeable = False  # nobody else holds it, so the cloud need not copy it
        return PointCloud(**arrays, sources=self._sources)

    def residual(
        self, depth: np.ndarray, K: np.ndarray, T_base_camera: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """How much farther a camera measures than each remembered point it looks at.

        Returns the points' indices (M,), their depth z (M,) m, and the least of 3 × 3 measured depths there less z (M,), so
        that an edge does not eat its neighbours; a pixel without a return vouches for nothing.
        """
        T_camera_base = invert(T_base_camera)
        pixels = self.points_base @ (K @ T_camera_base[:3, :3]).T.astype(np.float32)  # (N, 3): u z, v z, z
        pixels += (K @ T_camera_base[:3, 3]).astype(np.float32)
        height, width = depth.shape
        z = pixels[:, 2]
        ahead = np.maximum(z, np.float32(1e-3))
        u, v = pixels[:, 0] / ahead, pixels[:, 1] / ahead
        seen = np.flatnonzero((z > 0) & (u >= 0) & (u < width) & (v >= 0) & (v < height))
        nearest = cv2.erode(np.nan_to_num(depth, nan=0.0), np.ones((3, 3), np.uint8))
        z = z[seen]
        measured = nearest[v[seen].astype(np.int32), u[seen].astype(np.int32)]
        known = np.flatnonzero(measured > 0)
        return seen[known], z[known], measured[known] - z[known]

    def looked_through(self, depth: np.ndarray, K: np.ndarray, T_base_camera: np.ndarray) -> np.ndarray:
        """Indices of the points that lie in front of what this camera measures now."""
        seen, _, farther = self.residual(depth, K, T_base_camera)
        return seen[farther > self._seen_through]

    def met_again(self, beams: Beams, T_base_lidar: np.ndarray) -> np.ndarray:
        """Indices of the LiDAR's own points where its beams now say something better, or go through them."""
        own = np.flatnonzero(~self._coloured)
        points_lidar = apply(invert(T_base_lidar), self.points_base[own])
        measured, distance = beams.measured(points_lidar), np.linalg.norm(points_lidar, axis=1)
        return own[measured > distance - self._beam_reach]

    def add(self, surface: Surface) -> None:
        """Remember what was seen: averaged with what is known of a voxel; a camera's word replaces a LiDAR's."""
        slot = self._slot[surface.cell] - 1
        known = slot >= 0
        self._average(slot[known], surface.where(known))
        self._append(surface.where(~known))

    def forget(self, gone: np.ndarray) -> None:
        """Forget points by their indices, each of which may come more than once."""
        if not len(gone):
            return
        self._slot[self._cell[gone]] = 0
        which = np.ones(len(self), bool)
        which[gone] = False
        keep = np.flatnonzero(which)
        self._cell, self._sightings = self._cell.take(keep), self._sightings.take(keep)
        self.points_base, self._rgb = self.points_base.take(keep, axis=0), self._rgb.take(keep, axis=0)
        self._coloured, self._source = self._coloured.take(keep), self._source.take(keep)
        first = int(np.argmin(which))  # those before it stay where they are
        self._slot[self._cell[first:]] = np.arange(first + 1, len(self) + 1)

    def _average(self, slot: np.ndarray, surface: Surface) -> None:
        """Take known voxels (K,) a step towards what was seen of them now."""
        if not surface.coloured:
            free = ~self._coloured[slot]
            slot, surface = slot[free], surface.where(free)
        else:
            self._sightings[slot[~self._coloured[slot]]] = 0
        sightings = np.minimum(self._sightings[slot] + 1, MEMORY)
        step = (1 / sightings)[:, None]
        self.points_base[slot] += (surface.points_base - self.points_base[slot]) * step
        self._rgb[slot] += (surface.rgb - self._rgb[slot]) * step
        self._sightings[slot], self._coloured[slot], self._source[slot] = sightings, surface.coloured, surface.source

    def _append(self, surface: Surface) -> None:
        """Remember new voxels; a camera's stray ones are not believed."""
        if surface.coloured:
            surface = surface.where(~self._is_stray(surface.cell))
        count = len(surface.cell)
        self._slot[surface.cell] = np.arange(len(self) + 1, len(self) + 1 + count)
        self._cell = np.concatenate([self._cell, surface.cell])
        self.points_base = np.concatenate([self.points_base, surface.points_base])
        self._rgb = np.concatenate([self._rgb, surface.rgb])
        self._sightings = np.concatenate([self._sightings, np.ones(count, np.float32)])
        self._coloured = np.concatenate([self._coloured, np.full(count, surface.coloured)])
        self._source = np.concatenate([self._source, surface.source])

    def _is_stray(self, cell: np.ndarray) -> np.ndarray:
        """Which new voxels (K,) have next to nothing around them, new or old."""
        self._slot[cell] = 1
        around = np.zeros(len(cell), np.int32)
        for offset in self._neighbours:
            around += self._slot[np.clip(cell + offset, 0, self.grid.count - 1)] > 0
        self._slot[cell] = 0
        return around < LEAST_NEIGHBOURS
