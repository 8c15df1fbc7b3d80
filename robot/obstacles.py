"""Obstacles and Box: what the robot must keep away from, and where it may touch."""

from dataclasses import dataclass

import numpy as np

from robot.arrays import checked, freeze
from robot.errors import InvalidInput
from robot.transforms import apply, checked_transform, invert


@dataclass(frozen=True, eq=False, kw_only=True)
class Box:
    """An oriented box; the field that holds it says in which frame its pose is.

    Attributes:
        pose: (4, 4) takes box coordinates (centred, axes along the edges) to the frame of the holder.
        size: (3,) edge lengths, m.
    """

    pose: np.ndarray
    size: np.ndarray

    def __post_init__(self) -> None:
        """Check and freeze."""
        freeze(self, pose=checked_transform("box.pose", self.pose), size=checked("box.size", self.size, (3,)))
        if (self.size <= 0).any():
            raise InvalidInput(f"box.size: expected positive edge lengths, got {self.size.tolist()}")

    def contains(self, points: np.ndarray, margin: float = 0.0) -> np.ndarray:
        """Which of the points (N, 3), in the holder's frame, lie inside the box grown by the margin: (N,) bool."""
        local = apply(invert(self.pose), np.asarray(points, dtype=float))
        return np.all(np.abs(local) <= self.size / 2 + margin, axis=-1)

    def moved(self, T_frame_holder: np.ndarray) -> "Box":
        """The same box, seen from another frame."""
        return Box(pose=T_frame_holder @ self.pose, size=self.size)


@dataclass(frozen=True, eq=False, kw_only=True)
class Obstacles:
    """Everything seen that is not the robot and not held: read by motion and by the safety filter.

    Attributes:
        stamp_ns: the observation it comes from.
        points_base: (N, 3) float32 centres, m.
        radius: each centre stands for a ball of this radius, m.
        protective_ok: every group of protective sensors has a live member; False means STOP.
    """

    stamp_ns: int
    points_base: np.ndarray
    radius: float
    protective_ok: bool

    def __post_init__(self) -> None:
        """Check and freeze."""
        freeze(self, points_base=checked("points_base", self.points_base, ("N", 3), np.float32))
        if not self.radius >= 0:
            raise InvalidInput(f"obstacles.radius: expected at least 0 m, got {self.radius}")

    @staticmethod
    def none(stamp_ns: int) -> "Obstacles":
        """An empty space that the protective sensors vouch for."""
        return Obstacles(stamp_ns=stamp_ns, points_base=np.zeros((0, 3), np.float32), radius=0.0, protective_ok=True)
