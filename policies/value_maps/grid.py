"""Grid: a box of voxels in base on which value maps are drawn."""

from dataclasses import dataclass

import numpy as np

from robot.arrays import checked, freeze
from robot.errors import InvalidInput


@dataclass(frozen=True, eq=False, kw_only=True)
class Grid:
    """Cubic voxels of edge `resolution` m that fill the box from `lower` to `upper` (3,) in base."""

    lower: np.ndarray
    upper: np.ndarray
    resolution: float

    def __post_init__(self) -> None:
        """Check and freeze."""
        freeze(self, lower=checked("grid.lower", self.lower, (3,)), upper=checked("grid.upper", self.upper, (3,)))
        if not self.resolution > 0 or (self.upper - self.lower < self.resolution).any():
            raise InvalidInput("grid: expected lower < upper and a resolution above 0 m that fits between them")

    @property
    def shape(self) -> tuple[int, int, int]:
        """How many voxels along x, y and z."""
        x, y, z = np.ceil((self.upper - self.lower) / self.resolution - 1e-9).astype(int)
        return int(x), int(y), int(z)

    def index(self, points_base: np.ndarray) -> np.ndarray:
        """The voxel (..., 3) that holds each point, the nearest one for points outside; mirrored by `centre`."""
        index = np.floor((np.asarray(points_base) - self.lower) / self.resolution).astype(int)
        return np.clip(index, 0, np.array(self.shape) - 1)

    def centre(self, index: np.ndarray) -> np.ndarray:
        """The centres (..., 3) of voxels, m in base; mirrored by `index`."""
        return self.lower + (np.asarray(index) + 0.5) * self.resolution

    def holds(self, points_base: np.ndarray) -> np.ndarray:
        """Which points (N, 3) lie in the grid, (N,) bool."""
        return np.all((points_base >= self.lower) & (points_base < self.upper), axis=-1)

    def occupancy(self, points_base: np.ndarray) -> np.ndarray:
        """Voxels that hold at least one point, bool of the grid's shape."""
        occupied = np.zeros(self.shape, bool)
        occupied[tuple(self.index(points_base[self.holds(points_base)]).T)] = True
        return occupied

    def sample(self, value_map: np.ndarray, points_base: np.ndarray) -> np.ndarray:
        """A map's values (N,) at points (N, 3)."""
        return value_map[tuple(self.index(points_base).T)]
