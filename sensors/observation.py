"""Observation: all that a policy knows of the world at one instant."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from robot.arrays import checked, freeze
from robot.state import RobotState
from robot.transforms import checked_transform
from sensors.health import SensorHealth
from sensors.pointcloud import PointCloud


@dataclass(frozen=True, eq=False, kw_only=True)
class CameraView:
    """The last believed frame of one camera, with where it was taken from.

    Attributes:
        rgb: (H, W, 3) uint8.
        depth: (H, W) float32 m along optical z, NaN = no return; None where there is none.
        K: (3, 3) intrinsics, pixels; None where unknown (health says why).
        T_base_camera: (4, 4) optical frame in base at the exposure; None where unknown (health says why).
    """

    rgb: np.ndarray
    depth: np.ndarray | None
    K: np.ndarray | None
    T_base_camera: np.ndarray | None

    def __post_init__(self) -> None:
        """Check and freeze."""
        dims: dict[str, int] = {}
        freeze(self, rgb=checked("rgb", self.rgb, ("H", "W", 3), np.uint8, dims=dims))
        if self.depth is not None:
            freeze(self, depth=checked("depth", self.depth, ("H", "W"), np.float32, dims=dims, nan_ok=True))
        if self.K is not None:
            freeze(self, K=checked("K", self.K, (3, 3)))
        if self.T_base_camera is not None:
            freeze(self, T_base_camera=checked_transform("T_base_camera", self.T_base_camera))


@dataclass(frozen=True, eq=False, kw_only=True)
class ImuWindow:
    """All IMU samples since the last observation, at most half a second of them.

    Attributes:
        stamp_ns: (S,) int64.
        angular_velocity_imu: (S, 3) rad/s.
        specific_force_imu: (S, 3) m/s².
    """

    stamp_ns: np.ndarray
    angular_velocity_imu: np.ndarray
    specific_force_imu: np.ndarray

    def __post_init__(self) -> None:
        """Check and freeze."""
        dims: dict[str, int] = {}
        freeze(
            self,
            stamp_ns=checked("imu.stamp_ns", self.stamp_ns, ("S",), np.int64, dims=dims),
            angular_velocity_imu=checked("angular_velocity_imu", self.angular_velocity_imu, ("S", 3), dims=dims),
            specific_force_imu=checked("specific_force_imu", self.specific_force_imu, ("S", 3), dims=dims),
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class Observation:
    """The world at one instant, in base.

    Attributes:
        stamp_ns: the instant; no packet in it is younger.
        state: the robot's own state.
        cameras: the last believed frame of each camera.
        lidar: the last believed sweep of each LiDAR, in base.
        imu: samples since the last observation.
        cloud: everything that is out there and not the robot: fused, coloured, remembered where out of view.
        T_odom_base: (4, 4) where the base is; identity for a fixed one.
        odom_covariance: (6, 6) of that pose: translation m², then rotation rad².
        gravity_base: (3,) m/s², points down.
        health: one entry per source, the silent ones included.
        contact: whether the IMU felt a jolt since the last observation: something was touched.
    """

    stamp_ns: int
    state: RobotState
    cameras: Mapping[str, CameraView]
    lidar: Mapping[str, PointCloud]
    imu: ImuWindow
    cloud: PointCloud
    T_odom_base: np.ndarray
    odom_covariance: np.ndarray
    gravity_base: np.ndarray
    health: Mapping[str, SensorHealth]
    contact: bool = False

    def __post_init__(self) -> None:
        """Check and freeze."""
        freeze(
            self,
            T_odom_base=checked_transform("T_odom_base", self.T_odom_base),
            odom_covariance=checked("odom_covariance", self.odom_covariance, (6, 6)),
            gravity_base=checked("gravity_base", self.gravity_base, (3,)),
        )
