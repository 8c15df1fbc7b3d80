"""PointCloud, and what is done to clouds: from depth, thinning, outliers, the robot's own body."""

from dataclasses import dataclass

import numpy as np

from robot.arrays import checked, freeze


@dataclass(frozen=True, eq=False, kw_only=True)
class PointCloud:
    """Points in base, where from, and their colour.

    Attributes:
        points_base: (N, 3) float32 m.
        rgb: (N, 3) uint8; where `coloured` is False it means nothing.
        coloured: (N,) bool: a camera saw it (a LiDAR return has no colour).
        source: (N,) uint8 index into `sources`.
        sources: names of the sensors.
    """

    points_base: np.ndarray
    rgb: np.ndarray
    coloured: np.ndarray
    source: np.ndarray
    sources: tuple[str, ...]

    def __post_init__(self) -> None:
        """Check and freeze."""
        dims: dict[str, int] = {}
        freeze(
            self,
            points_base=checked("points_base", self.points_base, ("N", 3), np.float32, dims=dims),
            rgb=checked("rgb", self.rgb, ("N", 3), np.uint8, dims=dims),
            coloured=checked("coloured", self.coloured, ("N",), np.bool_, dims=dims),
            source=checked("source", self.source, ("N",), np.uint8, dims=dims),
        )

    def __len__(self) -> int:
        """N."""
        return len(self.points_base)

    def where(self, keep: np.ndarray) -> "PointCloud":
        """The points that the mask (N,) or the indices keep."""
        return PointCloud(
            points_base=self.points_base[keep],
            rgb=self.rgb[keep],
            coloured=self.coloured[keep],
            source=self.source[keep],
            sources=self.sources,
        )
