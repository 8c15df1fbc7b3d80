"""VoxelGrid: a box of space cut into cubes, each with a number; finding a point's cube costs no sorting."""

from dataclasses import dataclass

import numpy as np

from robot.errors import InvalidInput

MOST_VOXELS = 200_000_000


@dataclass(frozen=True, eq=False, kw_only=True)
class Surface:
    """K voxels that something was seen in, and what it looks like there.

    Attributes:
        cell: (K,) int32 number of the voxel, each once.
        xyz_rgb: (6, K) float32, means of what was seen in it: x, y, z in base, m, and r, g, b in 0..255.
        source: (K,) uint8.
        coloured: whether cameras saw it.
    """

    cell: np.ndarray
    xyz_rgb: np.ndarray
    source: np.ndarray
    coloured: bool

    def where(self, keep: np.ndarray) -> "Surface":
        """Those voxels that a mask (K,) keeps."""
        which = np.flatnonzero(keep)
        return Surface(
            cell=self.cell.take(which),
            xyz_rgb=self.xyz_rgb.take(which, axis=1),
            source=self.source.take(which),
            coloured=self.coloured,
        )


class VoxelGrid:
    """Cubes of one size; the planes x, y, z = 0 run through the middle of cubes, so that a table is one layer of them."""

    def __init__(self, lower: np.ndarray, upper: np.ndarray, voxel_size: float) -> None:
        """Cut the box from `lower` to `upper` (3,) m.

        Raises:
            InvalidInput: a box inside out, or more voxels than memory is for.
        """
        first = np.round(np.asarray(lower, dtype=float) / voxel_size) - 0.5
        shape = np.ceil((np.asarray(upper, dtype=float)) / voxel_size - first)
        if not (shape > 0).all() or shape.prod() > MOST_VOXELS:
            raise InvalidInput(f"fusion.region: expected 1 to {MOST_VOXELS} voxels, got {shape.tolist()} of {voxel_size} m")
        self._first = first.astype(np.float32)
        self._per_metre = np.float32(1 / voxel_size)
        self._shape = shape.astype(np.int32)
        self.count = int(shape.prod())
        self._last = np.zeros(self.count, np.int32)  # only the pages that are touched cost memory

    def cells(self, points_base: np.ndarray) -> np.ndarray:
        """The voxel (N,) int32 of each point (N, 3), -1 outside and where it is not finite.

        Voxels are numbered along x, then y, then z, so that those of a table top lie together in memory.
        """
        inside = np.ones(len(points_base), bool)
        number = np.zeros(len(points_base), np.int32)
        for axis in (2, 1, 0):
            along = points_base[:, axis] * self._per_metre
            along -= self._first[axis]
            inside &= along >= 0
            inside &= along < self._shape[axis]
            number *= self._shape[axis]
            with np.errstate(invalid="ignore"):
                number += along.astype(np.int32)
        number[~inside] = -1
        return number

    def neighbours(self) -> np.ndarray:
        """What to add to a voxel's number to get each of its 26 neighbours; at the grid's rim some lie across it."""
        size_x, size_y, _ = (int(size) for size in self._shape)
        steps = np.stack(np.meshgrid(*[[-1, 0, 1]] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
        offsets = (steps[:, 2] * size_y + steps[:, 1]) * size_x + steps[:, 0]
        return offsets[offsets != 0].astype(np.int32)

    def surface(
        self, cell: np.ndarray, points_base: np.ndarray, rgb: np.ndarray | None, source: np.ndarray, weight: np.ndarray
    ) -> Surface:
        """One point for each voxel: the weighted mean of the points (N, 3) in it; rgb None for a sensor without colour."""
        order = np.arange(len(cell), dtype=np.int32)
        self._last[cell] = order  # of several points in a voxel, the last speaks for it
        spokesman = self._last.take(cell)
        speaks = np.flatnonzero(spokesman == order)
        count = len(speaks)
        slot = np.empty(len(cell), np.intp)  # bincount would copy any narrower type
        slot[speaks] = np.arange(count)
        slot = slot.take(spokesman)
        total = np.bincount(slot, weight, count)
        xyz_rgb = np.zeros((6, count), np.float32)
        for mean, values in zip(xyz_rgb, [*points_base.T, *([] if rgb is None else rgb.T)], strict=False):
            np.divide(np.bincount(slot, values * weight, count), total, out=mean, casting="same_kind")
        return Surface(cell=cell.take(speaks), xyz_rgb=xyz_rgb, source=source.take(speaks), coloured=rgb is not None)
