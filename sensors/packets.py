"""CameraFrame, LidarScan, ImuSample: what a sensor says, each with its own stamp."""

from dataclasses import dataclass

import numpy as np

from robot.arrays import checked, freeze
from robot.errors import InvalidInput
from robot.state import RobotState

FARTHEST = 1e3  # m: no sensor that stands at a robot sees farther; what says so is broken
STRONGEST = 1e4  # rad/s and m/s²: the same for an IMU


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
        _check_stamp(self)
        dims: dict[str, int] = {}
        freeze(self, rgb=checked(f"{self.sensor}.rgb", self.rgb, ("H", "W", 3), np.uint8, dims=dims))
        if self.depth is not None:
            depth = checked(f"{self.sensor}.depth", self.depth, ("H", "W"), np.float32, dims=dims, nan_ok=True)
            if not ((depth > 0) & (depth < FARTHEST) | np.isnan(depth)).all():
                raise InvalidInput(f"{self.sensor}.depth: expected metres above 0 and below {FARTHEST:g}, or NaN for no return")
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
        _check_stamp(self)
        dims: dict[str, int] = {}
        freeze(
            self,
            points_lidar=checked(f"{self.sensor}.points_lidar", self.points_lidar, ("N", 3), np.float32, dims=dims),
            point_stamp_ns=checked(f"{self.sensor}.point_stamp_ns", self.point_stamp_ns, ("N",), np.int64, dims=dims),
            intensity=checked(f"{self.sensor}.intensity", self.intensity, ("N",), np.float32, dims=dims),
        )
        if not (np.abs(self.points_lidar) < FARTHEST).all():
            raise InvalidInput(f"{self.sensor}.points_lidar: expected coordinates below {FARTHEST:g} m")
        if (self.point_stamp_ns > self.stamp_ns).any():
            raise InvalidInput(f"{self.sensor}.point_stamp_ns: expected no point after the sweep's own stamp {self.stamp_ns}")


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
        _check_stamp(self)
        freeze(
            self,
            angular_velocity_imu=checked(f"{self.sensor}.angular_velocity_imu", self.angular_velocity_imu, (3,)),
            specific_force_imu=checked(f"{self.sensor}.specific_force_imu", self.specific_force_imu, (3,)),
        )
        if max(map(abs, (*self.angular_velocity_imu.tolist(), *self.specific_force_imu.tolist()))) > STRONGEST:
            raise InvalidInput(f"{self.sensor}: expected rates and forces below {STRONGEST:g} rad/s and m/s²")


def _check_stamp(packet: "CameraFrame | LidarScan | ImuSample") -> None:
    """Refuse a stamp that is not a count of nanoseconds."""
    stamp_ns = packet.stamp_ns
    if isinstance(stamp_ns, bool) or not isinstance(stamp_ns, int | np.integer) or stamp_ns < 0:
        raise InvalidInput(f"{packet.sensor}.stamp_ns: expected a whole number of nanoseconds from 0 on, got {stamp_ns!r}")


Packet = CameraFrame | LidarScan | ImuSample | RobotState
