"""Steady views: what a sensor that stands still keeps measuring along the same rays, averaged; and how far it left that."""

import numpy as np

LAST_WORD = 0.25  # share of the newest depth in the average: noise falls to 0.38 (√(a / (2 - a)))
MOST_SWEEPS = 16
AZIMUTHS, ELEVATIONS = 900, 360  # bins of 0.4° and 0.5°
STILL = 5e-4  # entries of a pose that differ by less are the same, m and rad


class SteadyDepth:
    """The depth picture of one camera, averaged pixel by pixel as long as neither camera nor surface moves.

    The scheme is that of depth cameras' own temporal filters (Intel RealSense SDK, rs2::temporal_filter): an exponential
    average that starts anew wherever the depth jumps.
    """

    def __init__(self, jump: float) -> None:
        """A depth jumps where it changes by more than `jump` · z² (z in m)."""
        self._jump = np.float32(jump)
        self._depth: np.ndarray | None = None
        self._T_base_camera = np.zeros((4, 4))

    def expected(self, T_base_camera: np.ndarray) -> np.ndarray | None:
        """What it should see (H, W) m from this pose, NaN where it does not know; None if it was never there."""
        still = np.abs(T_base_camera - self._T_base_camera).max() < STILL
        return self._depth if still else None

    def update(self, depth: np.ndarray, T_base_camera: np.ndarray) -> np.ndarray:
        """The picture with this one averaged in."""
        before = self.expected(T_base_camera)
        if before is None or before.shape != depth.shape:
            self._depth, self._T_base_camera = depth, T_base_camera
            return depth
        change = depth - before
        same = np.abs(change) < self._jump * before * before + np.float32(0.001)
        self._depth = np.where(same, before + np.float32(LAST_WORD) * change, depth)
        return self._depth


class Beams:
    """The ranges of one LiDAR, averaged direction by direction as long as it stands still."""

    def __init__(self, jump: float) -> None:
        """A range jumps where it changes by more than `jump`, m."""
        self._jump = np.float32(jump)
        self._mean = np.zeros(AZIMUTHS * ELEVATIONS, np.float32)
        self._sweeps = np.zeros(AZIMUTHS * ELEVATIONS, np.float32)
        self._last = np.full(AZIMUTHS * ELEVATIONS, -1, np.int32)
        self._sweep = 0
        self._T_base_lidar = np.zeros((4, 4))

    def change(self, points_lidar: np.ndarray, T_base_lidar: np.ndarray) -> tuple[np.ndarray, float] | None:
        """How much farther (M,) m it measures than before along beams it knows, and the share of the points these are.

        None if it was not there a sweep ago.
        """
        if self._sweep == 0 or np.abs(T_base_lidar - self._T_base_lidar).max() > STILL:
            return None
        direction, distance = _polar(points_lidar)
        known = self._last[direction] >= self._sweep - 10
        return (distance - self._mean[direction])[known], float(known.mean()) if len(known) else 0.0

    def update(self, points_lidar: np.ndarray, T_base_lidar: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The points (N, 3) at the averaged ranges, and over how many sweeps (N,) these were averaged."""
        if np.abs(T_base_lidar - self._T_base_lidar).max() > STILL:
            self._sweeps[:] = 0
            self._T_base_lidar = T_base_lidar
        self._sweep += 1
        direction, distance = _polar(points_lidar)
        before, sweeps = self._mean[direction], self._sweeps[direction]
        same = (sweeps > 0) & (np.abs(distance - before) < self._jump)
        sweeps = np.where(same, np.minimum(sweeps + 1, MOST_SWEEPS), np.float32(1))
        mean = np.where(same, before + (distance - before) / sweeps, distance)
        self._mean[direction], self._sweeps[direction], self._last[direction] = mean, sweeps, self._sweep
        return points_lidar * (mean / np.maximum(distance, 1e-6))[:, None], sweeps

    def measured(self, points_lidar: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What the last sweep said in the direction of points (N, 3), -inf where no beam went; and how far they are, (N,) m."""
        direction, distance = _polar(points_lidar)
        return np.where(self._last[direction] == self._sweep, self._mean[direction], -np.inf), distance


def _polar(points_lidar: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The bin (N,) of each point's direction, and its distance (N,) m."""
    x, y, z = points_lidar.T
    flat = np.sqrt(x * x + y * y)
    azimuth = (np.arctan2(y, x) * np.float32(0.5 / np.pi) + np.float32(0.5)) * AZIMUTHS
    elevation = (np.arctan2(z, flat) * np.float32(1 / np.pi) + np.float32(0.5)) * ELEVATIONS + np.float32(
        0.5
    )  # beams at whole degrees
    row = np.minimum(azimuth.astype(np.int32), AZIMUTHS - 1)
    return row * ELEVATIONS + np.minimum(elevation.astype(np.int32), ELEVATIONS - 1), np.sqrt(flat * flat + z * z)
