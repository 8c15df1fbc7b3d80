"""CameraFrame, LidarScan, ImuSample: what a sensor says, each with its own stamp."""

from dataclasses import dataclass

import numpy as np

from robot.arrays import checked, freeze
from robot.errors import InvalidInput
from robot.state import RobotState


@dataclass(frozen=True, eq=False, kw_only=True)
class CameraFrame:
    """One picture, and how far away everything in it is.

    Attributes:
        stamp_ns: middle of the exposure.
        sensor: which camera.
        rgb: (H, W, 3) uint8.
        depth: (H, W) float32, m along the optical z axis, NaN = no return; None if the camera has none.
    """

    stamp_ns: int
    sensor: str
    rgb: np.ndarray
    depth: np.ndarray | None

    def __post_init__(self) -> None:
        """Check and freeze."""
        dims: dict[str, int] = {}
        freeze(self, rgb=checked(f"{self.sensor}.rgb", self.rgb, ("H", "W", 3), np.uint8, dims=dims))
        if self.depth is not None:
            depth = checked(f"{self.sensor}.depth", self.depth, ("H", "W"), np.float32, dims=dims, nan_ok=True)
            if (depth <= 0).any():
                raise InvalidInput(f"{self.sensor}.depth: expected metres above 0, or NaN for no return")
            freeze(self, depth=depth)


@dataclass(frozen=True, eq=False, kw_only=True)
class LidarScan:
    """One sweep; beams without a return are left out.

    Attributes:
        stamp_ns: of the last point.
        sensor: which LiDAR.
        points_lidar: (N, 3) float32 m, each in the sensor's frame at the point's own time.
        point_stamp_ns: (N,) int64.
        intensity: (N,) float32 in [0, 1].
    """

    stamp_ns: int
    sensor: str
    points_lidar: np.ndarray
    point_stamp_ns: np.ndarray
    intensity: np.ndarray

    def __post_init__(self) -> None:
        """Check and freeze."""
        dims: dict[str, int] = {}
        freeze(
            self,
            points_lidar=checked(f"{self.sensor}.points_lidar", self.points_lidar, ("N", 3), np.float32, dims=dims),
            point_stamp_ns=checked(f"{self.sensor}.point_stamp_ns", self.point_stamp_ns, ("N",), np.int64, dims=dims),
            intensity=checked(f"{self.sensor}.intensity", self.intensity, ("N",), np.float32, dims=dims),
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class ImuSample:
    """One reading of gyroscope and accelerometer.

    Attributes:
        stamp_ns: when it was measured.
        sensor: which IMU.
        angular_velocity_imu: (3,) rad/s.
        specific_force_imu: (3,) m/s²; at rest +9.81 along the axis that points up.
    """

    stamp_ns: int
    sensor: str
    angular_velocity_imu: np.ndarray
    specific_force_imu: np.ndarray

    def __post_init__(self) -> None:
        """Check and freeze."""
        freeze(
            self,
            angular_velocity_imu=checked(f"{self.sensor}.angular_velocity_imu", self.angular_velocity_imu, (3,)),
            specific_force_imu=checked(f"{self.sensor}.specific_force_imu", self.specific_force_imu, (3,)),
        )


Packet = CameraFrame | LidarScan | ImuSample | RobotState
