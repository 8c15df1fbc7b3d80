"""LidarEye: one LiDAR's sweeps, judged, deskewed, quieted, and turned into points in base."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from robot.transforms import apply
from sensors import symptoms
from sensors.calibration import Mounted
from sensors.deskew import deskewed
from sensors.health import HealthConfig, Watch
from sensors.packets import LidarScan
from sensors.steady import Beams


@dataclass(frozen=True, eq=False, kw_only=True)
class Turn:
    """What a believed sweep says.

    Attributes:
        points_base: (N, 3) float32 m, all as seen from where the LiDAR was at the end.
        stamp_ns: (N,) int64 when each was measured.
        sweeps: (N,) float32 over how many sweeps each was averaged.
        T_base_lidar: (4, 4) at the end.
    """

    points_base: np.ndarray
    stamp_ns: np.ndarray
    sweeps: np.ndarray
    T_base_lidar: np.ndarray


class LidarEye:
    """One LiDAR: its watch, its steady beams, and its last sweep."""

    def __init__(self, lidar: Mounted, jump: float, config: HealthConfig) -> None:
        """Nothing seen; a range that changes by more than `jump` m is another surface."""
        self._lidar, self._config = lidar, config
        self.watch = Watch(lidar.rate_hz, config)
        self.beams = Beams(jump)
        self._last: LidarScan | None = None

    def look(self, scan: LidarScan, T_base_lidar: Callable[[int], np.ndarray], joint_motion: float, now_ns: int) -> Turn | None:
        """What a sweep says, or None if it is not believed.

        Args:
            scan: the newest.
            T_base_lidar: where the LiDAR is (4, 4) at any stamp.
            joint_motion: how far any joint moved since the sweep before, rad.
            now_ns: the instant of the observation.
        """
        T_now = T_base_lidar(scan.stamp_ns)
        points_lidar = deskewed(scan, T_base_lidar) if self._lidar.mount != "base" else scan.points_lidar
        symptom = symptoms.stuck(scan, self._last, self._lidar.noisy, joint_motion)
        symptom = symptom or symptoms.changed_sweep(self.beams.change(points_lidar, T_now), self._config)
        self._last = scan
        self.watch.hear(scan.stamp_ns, now_ns, symptom)
        if not self.watch.believed:
            return None
        points_lidar, sweeps = self.beams.update(points_lidar, T_now)
        return Turn(points_base=apply(T_now, points_lidar), stamp_ns=scan.point_stamp_ns, sweeps=sweeps, T_base_lidar=T_now)
