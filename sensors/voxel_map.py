"""VoxelMap: remembers what is out of view, and forgets what a camera has looked through since."""

import numpy as np
from scipy.ndimage import minimum_filter

from robot.transforms import apply, invert
from sensors.observation import CameraView
from sensors.pointcloud import PointCloud, empty, join, project


class VoxelMap:
    """One coloured point per voxel, sorted by key."""

    def __init__(self, voxel_size: float, seen_through: float, sources: tuple[str, ...]) -> None:
        """Begin empty.

        Args:
            voxel_size: edge of a voxel, m.
            seen_through: a camera must measure this much farther than a remembered point for it to be gone, m.
            sources: names that the points' `source` counts.
        """
        self.voxel_size = voxel_size
        self._seen_through = seen_through
        self.cloud = empty(sources)
        self._keys = np.zeros(0, np.int64)

    def carve(self, view: CameraView) -> None:
        """Forget the points that lie in front of what this camera measures now.

        The nearest depth of each 3 × 3 pixels is taken, so that an edge does not eat its neighbours; a pixel
        without a return vouches for nothing.
        """
        if not len(self.cloud) or view.depth is None or view.K is None or view.T_base_camera is None:
            return
        u, v, z = project(apply(invert(view.T_base_camera), self.cloud.points_base), view.K)
        height, width = view.depth.shape
        inside = np.flatnonzero((z > 0) & (u >= 0) & (u < width) & (v >= 0) & (v < height))
        nearest = minimum_filter(np.where(np.isfinite(view.depth), view.depth, 0.0), size=3, mode="nearest")
        measured = nearest[v[inside].astype(int), u[inside].astype(int)]
        gone = inside[measured > z[inside] + self._seen_through]
        self._keep(np.setdiff1d(np.arange(len(self.cloud)), gone, assume_unique=True))

    def add(self, cloud: PointCloud, keys: np.ndarray) -> None:
        """Remember a thinned cloud; where a voxel is known already, what is newer wins, but colour is not lost to none."""
        colourless = ~cloud.coloured & np.isin(keys, self._keys[self.cloud.coloured], assume_unique=True)
        cloud, keys = cloud.where(~colourless), keys[~colourless]
        self._keep(~np.isin(self._keys, keys, assume_unique=True))
        joined = join([self.cloud, cloud], cloud.sources)
        all_keys = np.concatenate([self._keys, keys])
        order = np.argsort(all_keys, kind="stable")
        self.cloud, self._keys = joined.where(order), all_keys[order]

    def forget(self, which: np.ndarray) -> None:
        """Forget the points of a mask (N,) over the present cloud."""
        self._keep(~which)

    def _keep(self, keep: np.ndarray) -> None:
        """Drop all points but these (indices or mask)."""
        self.cloud, self._keys = self.cloud.where(keep), self._keys[keep]
