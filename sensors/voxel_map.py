"""VoxelMap: remembers what is out of view, averages what is seen again, and forgets what was looked through since."""

from dataclasses import dataclass

import cv2
import numpy as np

from robot.obstacles import Box
from robot.transforms import apply, invert
from sensors.pointcloud import PointCloud
from sensors.steady import Beams
from sensors.voxel_grid import Surface, VoxelGrid

MEMORY = 8  # sightings that a voxel's mean is taken over: enough to quiet noise, few enough to follow a change
LEAST_NEIGHBOURS = 2  # of 26: a new voxel with fewer is a stray
ROOM = 65_536  # voxels that there is room for at first; the room doubles when they are more


@dataclass(frozen=True, eq=False, kw_only=True)
class Residual:
    """How much farther a camera measures than the remembered points that it looks at.

    Attributes:
        which: (M,) indices of the points.
        z: (M,) float32 their depth, m.
        farther: (M,) float32 the least of 3 × 3 depths measured there, so that an edge does not eat its neighbours, less z, m.
    """

    which: np.ndarray
    z: np.ndarray
    farther: np.ndarray


class VoxelMap:
    """One point per voxel of a grid, the coloured ones from cameras, the others from LiDARs.

    What is known of the voxels lies in arrays with room to spare, in no particular order, so that neither what comes nor
    what goes moves the others.
    """

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
        self._count = 0
        self._cell = np.zeros(ROOM, np.int32)
        self._xyz_rgb = np.zeros((6, ROOM), np.float32)
        self._sightings = np.zeros(ROOM, np.float32)
        self._coloured = np.zeros(ROOM, bool)
        self._source = np.zeros(ROOM, np.uint8)

    def __len__(self) -> int:
        """How many voxels hold something."""
        return self._count

    @property
    def points_base(self) -> np.ndarray:
        """The points (N, 3) float32 m: a view, to be read before the map changes."""
        return self._xyz_rgb[:3, : self._count].T

    def cloud(self, keep: np.ndarray) -> PointCloud:
        """The points that a mask (N,) keeps, as a cloud."""
        which = np.flatnonzero(keep)
        arrays = {
            "points_base": np.ascontiguousarray(self._xyz_rgb[:3].take(which, axis=1).T),
            "rgb": np.ascontiguousarray((self._xyz_rgb[3:].take(which, axis=1) + np.float32(0.5)).astype(np.uint8).T),
            "coloured": self._coloured.take(which),
            "source": self._source.take(which),
        }
        for array in arrays.values():
            array.flags.writeable = False  # nobody else holds it, so the cloud need not copy it
        return PointCloud(**arrays, sources=self._sources)

    def residual(self, depth: np.ndarray, K: np.ndarray, T_base_camera: np.ndarray) -> Residual:
        """The points held against a camera's depth (H, W) m; a pixel without a return, NaN, vouches for nothing."""
        projection = (K @ invert(T_base_camera)[:3]).astype(np.float32)  # (3, 4)
        u, v, z = projection[:, :3] @ self.points_base.T + projection[:, 3:]  # (3, N): u and v times z at first
        ahead = np.maximum(z, np.float32(1e-3))
        u /= ahead
        v /= ahead
        height, width = depth.shape
        seen = np.flatnonzero((z > 0) & (u >= 0) & (u < width) & (v >= 0) & (v < height))
        nearest = cv2.erode(np.nan_to_num(depth, nan=0.0), np.ones((3, 3), np.uint8))
        z, pixel = z.take(seen), v.take(seen).astype(np.intp) * width + u.take(seen).astype(np.intp)
        measured = nearest.reshape(-1).take(pixel)
        known = np.flatnonzero(measured > 0)
        z = z.take(known)
        return Residual(which=seen.take(known), z=z, farther=measured.take(known) - z)

    def looked_through(self, residual: Residual) -> np.ndarray:
        """Indices of the points that lie in front of what a camera measures."""
        return residual.which[residual.farther > self._seen_through]

    def met_again(self, beams: Beams, T_base_lidar: np.ndarray) -> np.ndarray:
        """Indices of the LiDAR's own points where its beams now say something better, or go through them."""
        own = np.flatnonzero(~self._coloured[: self._count])
        points_lidar = apply(invert(T_base_lidar), self._xyz_rgb[:3].take(own, axis=1).T)
        measured, distance = beams.measured(points_lidar)
        return own[measured > distance - self._beam_reach]

    def inside(self, box_base: Box, margin: float) -> np.ndarray:
        """Indices of the points within a margin, m, of a box."""
        reach = np.linalg.norm(box_base.size) / 2 + np.sqrt(3) * margin  # of the ball around the grown box
        near = np.ones(self._count, bool)
        for along, centre in zip(self._xyz_rgb[:3, : self._count], box_base.pose[:3, 3], strict=True):
            near &= (along > np.float32(centre - reach)) & (along < np.float32(centre + reach))
        which = np.flatnonzero(near)
        return which[box_base.contains(self._xyz_rgb[:3].take(which, axis=1).T, margin)]

    def add(self, surface: Surface) -> None:
        """Remember what was seen: averaged with what is known of a voxel; a camera's word replaces a LiDAR's."""
        slot = self._slot.take(surface.cell) - 1
        known = slot >= 0
        self._average(slot[known], surface.where(known))
        self._append(surface.where(~known))

    def forget(self, gone: np.ndarray) -> None:
        """Forget points by their indices, each of which may come more than once; the last ones fill their places."""
        gone = np.unique(gone)
        left = self._count - len(gone)
        self._slot[self._cell[gone]] = 0
        stays = np.ones(self._count - left, bool)
        stays[gone[gone >= left] - left] = False
        holes, fillers = gone[gone < left], left + np.flatnonzero(stays)
        for each in self._columns():
            each[..., holes] = each[..., fillers]
        self._slot[self._cell[holes]] = holes + 1
        self._count = left

    def _average(self, slot: np.ndarray, surface: Surface) -> None:
        """Take known voxels (K,) a step towards what was seen of them now."""
        if not surface.coloured:
            free = ~self._coloured.take(slot)
            slot, surface = slot[free], surface.where(free)
        else:
            self._sightings[slot[~self._coloured.take(slot)]] = 0
        sightings = np.minimum(self._sightings.take(slot) + 1, MEMORY)
        before = self._xyz_rgb.take(slot, axis=1)
        for column, old, new in zip(self._xyz_rgb, before, surface.xyz_rgb, strict=True):
            column[slot] = old + (new - old) / sightings
        self._sightings[slot], self._coloured[slot], self._source[slot] = sightings, surface.coloured, surface.source

    def _append(self, surface: Surface) -> None:
        """Remember new voxels; a camera's stray ones are not believed."""
        if surface.coloured:
            surface = surface.where(~self._is_stray(surface.cell))
        start, end = self._count, self._count + len(surface.cell)
        while end > len(self._cell):
            doubled = [np.concatenate([each, np.zeros_like(each)], axis=-1) for each in self._columns()]
            self._cell, self._xyz_rgb, self._sightings, self._coloured, self._source = doubled
        self._slot[surface.cell] = np.arange(start + 1, end + 1)
        self._cell[start:end], self._xyz_rgb[:, start:end] = surface.cell, surface.xyz_rgb
        self._sightings[start:end], self._coloured[start:end], self._source[start:end] = 1, surface.coloured, surface.source
        self._count = end

    def _columns(self) -> tuple[np.ndarray, ...]:
        """All that is known of the voxels, one per index along the last axis."""
        return self._cell, self._xyz_rgb, self._sightings, self._coloured, self._source

    def _is_stray(self, cell: np.ndarray) -> np.ndarray:
        """Which new voxels (K,) have next to nothing around them, new or old."""
        self._slot[cell] = 1
        around = np.zeros(len(cell), np.int32)
        for offset in self._neighbours:
            around += self._slot.take(cell + offset, mode="clip") > 0
        self._slot[cell] = 0
        return around < LEAST_NEIGHBOURS
