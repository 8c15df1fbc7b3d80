"""Rays: origins and directions in world; RayBundle, those of one sensor, wherever it is."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True, eq=False)
class Rays:
    """M rays in world, in planes: one contiguous row for each axis, which numpy works on fastest.

    Attributes:
        origin: (3, M) float32 m, or (3, 1) where all begin at one place.
        direction: (3, M) float32, of any length.
    """

    origin: np.ndarray
    direction: np.ndarray

    @staticmethod
    def of(rows: np.ndarray) -> "Rays":
        """From rows (M, 6): origin and direction."""
        planes = np.ascontiguousarray(np.asarray(rows).T, dtype=np.float32)
        return Rays(planes[:3], planes[3:])

    def __len__(self) -> int:
        """M."""
        return self.direction.shape[1]

    @cached_property
    def rows(self) -> np.ndarray:
        """Origin and direction (M, 6) float32, as Embree wants them."""
        return rows_of(self.origin, self.direction)

    @cached_property
    def length_squared(self) -> np.ndarray:
        """Of the directions (M,) float32."""
        x, y, z = self.direction
        return x * x + y * y + z * z

    @cached_property
    def inverse_length(self) -> np.ndarray:
        """One over the lengths of the directions (M,) float32."""
        return 1 / np.sqrt(self.length_squared)

    def take(self, index: np.ndarray) -> "Rays":
        """Those of these rays (n,) int."""
        origin = self.origin if self.origin.shape[1] == 1 else self.origin.take(index, axis=1)
        return Rays(origin, self.direction.take(index, axis=1))


class RayBundle:
    """The rays of one sensor, turned to wherever it is; as long as it stays there they stay the same object."""

    def __init__(self, directions_sensor: np.ndarray) -> None:
        """From the sensor's origin along directions (M, 3) in its own frame."""
        self._directions_sensor = np.ascontiguousarray(directions_sensor.T, dtype=np.float32)  # (3, M)
        self._T_world_sensor = np.full((4, 4), np.nan)
        self._rays = Rays(np.empty((3, 1), dtype=np.float32), self._directions_sensor)

    def at(self, T_world_sensor: np.ndarray) -> Rays:
        """The rays in world for this pose (4, 4)."""
        if not np.array_equal(T_world_sensor, self._T_world_sensor):
            self._T_world_sensor = np.array(T_world_sensor)
            pose = self._T_world_sensor.astype(np.float32)
            self._rays = Rays(pose[:3, 3:], turned(pose[:3, :3], self._directions_sensor))
        return self._rays


def turned(rotation: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Rotations (3, 3) or (3, 3, n), of vectors (3, n): each number by itself, so that none depends on its neighbours.

    No matrix product: its rounding depends on how many there are, and BLAS threads fight Embree's.
    """
    x, y, z = vectors
    result = np.empty((3, *np.broadcast_shapes(rotation.shape[2:], x.shape)), dtype=np.float32)
    for axis, (along_x, along_y, along_z) in enumerate(rotation):
        result[axis] = along_x * x
        result[axis] += along_y * y
        result[axis] += along_z * z
    return result


def rows_of(origin: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """Planes (3, M) or (3, 1) as rows (M, 6) float32."""
    rows = np.empty((np.broadcast_shapes(origin.shape, direction.shape)[1], 6), dtype=np.float32)
    for axis in range(3):
        rows[:, axis] = origin[axis]
        rows[:, 3 + axis] = direction[axis]
    return rows
