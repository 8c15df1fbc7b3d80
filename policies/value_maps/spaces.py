"""Space: a part of space, told by the signed distance to its border; what manners of moving are drawn with."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from robot.arrays import checked, freeze
from robot.obstacles import Box


class Space(Protocol):
    """A part of space in base."""

    def distance(self, points_base: np.ndarray) -> np.ndarray:
        """How far outside the points (N, 3) are, m, (N,); how far inside, below 0."""
        ...


@dataclass(frozen=True, eq=False, kw_only=True)
class Pillar:
    """The upright cylinder over the table that holds a thing: middle (2,), radius and top, m; its inside is at distance 0."""

    xy: np.ndarray
    radius: float
    top: float

    def __post_init__(self) -> None:
        """Check and freeze."""
        freeze(self, xy=checked("pillar.xy", self.xy, (2,)))

    @staticmethod
    def around(box_base: Box) -> "Pillar":
        """The pillar that holds an upright box."""
        top = float(box_base.pose[2, 3] + box_base.size[2] / 2)
        return Pillar(xy=box_base.pose[:2, 3], radius=float(np.linalg.norm(box_base.size[:2])) / 2, top=top)

    def distance(self, points_base: np.ndarray) -> np.ndarray:
        """Distance to the pillar's surface; 0 inside."""
        across = np.maximum(np.linalg.norm(points_base[:, :2] - self.xy, axis=1) - self.radius, 0.0)
        return np.hypot(across, np.maximum(points_base[:, 2] - self.top, 0.0))


@dataclass(frozen=True, eq=False, kw_only=True)
class HalfSpace:
    """Everything on one side of a plane: through a point (3,), on the side that a unit vector (3,) points to."""

    point: np.ndarray
    side: np.ndarray

    def __post_init__(self) -> None:
        """Check and freeze."""
        freeze(self, point=checked("half_space.point", self.point, (3,)), side=checked("half_space.side", self.side, (3,)))

    def distance(self, points_base: np.ndarray) -> np.ndarray:
        """Signed distance to the plane."""
        return -(points_base - self.point) @ self.side


@dataclass(frozen=True, eq=False, kw_only=True)
class Column:
    """Everything over a rectangle on the table, from `lower` to `upper` (2,); infinite where the table ends."""

    lower: np.ndarray
    upper: np.ndarray

    def __post_init__(self) -> None:
        """Freeze."""
        for name in ("lower", "upper"):
            value = np.array(getattr(self, name), dtype=float)
            value.setflags(write=False)
            object.__setattr__(self, name, value)

    def distance(self, points_base: np.ndarray) -> np.ndarray:
        """How far beyond the farthest side, below 0 how far from the nearest."""
        xy = points_base[:, :2]
        return np.maximum(self.lower - xy, xy - self.upper).max(axis=1)
