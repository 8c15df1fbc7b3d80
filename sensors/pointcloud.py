"""PointCloud, and what is done to clouds: from depth, from a sweep, joined, thinned."""

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


def empty(sources: tuple[str, ...] = ()) -> PointCloud:
    """A cloud without points."""
    return from_points(np.zeros((0, 3), np.float32), None, 0, sources)


def from_points(points_base: np.ndarray, rgb: np.ndarray | None, source: int, sources: tuple[str, ...]) -> PointCloud:
    """Points (N, 3) in base that one sensor saw; rgb (N, 3) uint8, or None for a sensor that sees no colour."""
    count = len(points_base)
    return PointCloud(
        points_base=points_base.astype(np.float32),
        rgb=np.zeros((count, 3), np.uint8) if rgb is None else rgb,
        coloured=np.full(count, rgb is not None),
        source=np.full(count, source, np.uint8),
        sources=sources,
    )


def unproject(depth: np.ndarray, K: np.ndarray) -> np.ndarray:
    """Points (H, W, 3) float32 in the camera's frame for depth (H, W) along z; NaN stays NaN.

    Pixel (u, v) is looked through at its centre (u + 0.5, v + 0.5); the mirrored function is `project`.
    """
    height, width = depth.shape
    x_over_z = ((np.arange(width) + 0.5 - K[0, 2]) / K[0, 0]).astype(np.float32)  # (W,)
    y_over_z = ((np.arange(height) + 0.5 - K[1, 2]) / K[1, 1]).astype(np.float32)  # (H,)
    return np.stack([depth * x_over_z, depth * y_over_z[:, None], depth], axis=-1)


def project(points_camera: np.ndarray, K: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pixel column u (N,), row v (N,) as floats, and depth z (N,) m, of points (N, 3) in the camera's frame.

    Points behind the camera get z <= 0 and pixels that mean nothing.
    """
    z = points_camera[:, 2]
    safe_z = np.where(z > 0, z, 1.0)
    u = points_camera[:, 0] / safe_z * K[0, 0] + K[0, 2]
    v = points_camera[:, 1] / safe_z * K[1, 1] + K[1, 2]
    return u, v, z


def join(clouds: list[PointCloud], sources: tuple[str, ...]) -> PointCloud:
    """All points of clouds that number the same sources."""
    if not clouds:
        return empty(sources)
    return PointCloud(
        points_base=np.concatenate([cloud.points_base for cloud in clouds]),
        rgb=np.concatenate([cloud.rgb for cloud in clouds]),
        coloured=np.concatenate([cloud.coloured for cloud in clouds]),
        source=np.concatenate([cloud.source for cloud in clouds]),
        sources=sources,
    )


def thin(cloud: PointCloud, voxel_size: float) -> tuple[PointCloud, np.ndarray]:
    """One point per voxel, and the voxels' keys (N,) int64 in rising order.

    The point is the mean of the coloured points in the voxel where there are any, else of all; so is the colour.
    """
    keys, inverse = np.unique(voxel_keys(cloud.points_base, voxel_size), return_inverse=True)
    coloured = np.bincount(inverse, cloud.coloured, len(keys)) > 0
    weight = np.where(cloud.coloured | ~coloured[inverse], 1.0, 0.0)
    total = np.bincount(inverse, weight, len(keys))

    def mean(values: np.ndarray) -> np.ndarray:
        return np.stack([np.bincount(inverse, values[:, axis] * weight, len(keys)) / total for axis in range(3)], axis=1)

    source = np.zeros(len(keys), np.uint8)
    source[inverse[weight > 0]] = cloud.source[weight > 0]
    thinned = PointCloud(
        points_base=mean(cloud.points_base).astype(np.float32),
        rgb=np.rint(mean(cloud.rgb)).astype(np.uint8),
        coloured=coloured,
        source=source,
        sources=cloud.sources,
    )
    return thinned, keys


def voxel_keys(points_base: np.ndarray, voxel_size: float) -> np.ndarray:
    """One int64 per point (N, 3): the same for points in the same voxel, for coordinates within ± 10 000 voxels."""
    index = np.floor(points_base / np.float32(voxel_size)).astype(np.int64) + 10_000
    return (index[:, 0] * 20_000 + index[:, 1]) * 20_000 + index[:, 2]
