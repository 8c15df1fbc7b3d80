"""Calibration: where each sensor sits and how it projects; the same file places simulated sensors."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from robot.arrays import checked, freeze
from robot.errors import InvalidInput
from robot.transforms import checked_transform, from_xyz_rpy

MOUNTS = ("base", "ee")


@dataclass
class CameraConfig:
    """A camera's YAML: pinhole without distortion, posed by its optical frame in `mount` (m, fixed-axis rad)."""

    mount: str = "base"
    xyz: list[float] = field(default_factory=list)
    rpy: list[float] = field(default_factory=list)
    width: int = 0
    height: int = 0
    vertical_fov: float = 0.0
    rate_hz: int = 30
    near: float = 0.05
    far: float = 3.0


@dataclass
class LidarConfig:
    """A spinning LiDAR's YAML: beams at `elevations` rad, `columns` firings a turn, posed in `mount`."""

    mount: str = "base"
    xyz: list[float] = field(default_factory=list)
    rpy: list[float] = field(default_factory=list)
    elevations: list[float] = field(default_factory=list)
    columns: int = 900
    rate_hz: int = 10
    near: float = 0.1
    far: float = 20.0


@dataclass
class ImuConfig:
    """An IMU's YAML: posed in `mount`."""

    mount: str = "ee"
    xyz: list[float] = field(default_factory=list)
    rpy: list[float] = field(default_factory=list)
    rate_hz: int = 240


@dataclass
class SensorsConfig:
    """All sensors of one set-up, by name, as configs/sensors/*.yaml lists them; `source` says who reads them."""

    cameras: dict[str, CameraConfig] = field(default_factory=dict)
    lidars: dict[str, LidarConfig] = field(default_factory=dict)
    imus: dict[str, ImuConfig] = field(default_factory=dict)
    protective: list[list[str]] = field(default_factory=list)
    source: str = "simulated"
    episode: str = ""


@dataclass(frozen=True, eq=False, kw_only=True)
class Mounted:
    """Where one sensor sits.

    Attributes:
        mount: the frame it is fixed to.
        T_mount_sensor: (4, 4) its own frame in that one; for a camera the optical frame.
        rate_hz: how often it speaks.
    """

    mount: Literal["base", "ee"]
    T_mount_sensor: np.ndarray
    rate_hz: int

    def __post_init__(self) -> None:
        """Check and freeze."""
        if self.mount not in MOUNTS:
            raise InvalidInput(f"mount: unknown {self.mount!r}; available: {', '.join(MOUNTS)}")
        freeze(self, T_mount_sensor=checked_transform("T_mount_sensor", self.T_mount_sensor))

    def T_base_sensor(self, T_base_ee: np.ndarray) -> np.ndarray:
        """The sensor's pose (4, 4) in base while the tool is at this pose."""
        return self.T_mount_sensor if self.mount == "base" else T_base_ee @ self.T_mount_sensor


@dataclass(frozen=True, eq=False, kw_only=True)
class MountedCamera(Mounted):
    """Where one camera sits and how it projects.

    Attributes:
        K: (3, 3) intrinsics in pixels; pixel (u, v) covers [u, u+1) × [v, v+1), so its centre is at +0.5.
        width: px.
        height: px.
    """

    K: np.ndarray
    width: int
    height: int

    def __post_init__(self) -> None:
        """Check and freeze."""
        super().__post_init__()
        freeze(self, K=checked("K", self.K, (3, 3)))


@dataclass(frozen=True, eq=False, kw_only=True)
class Calibration:
    """All sensors of one set-up.

    Attributes:
        cameras: by name.
        lidars: by name.
        imus: by name.
    """

    cameras: Mapping[str, MountedCamera]
    lidars: Mapping[str, Mounted]
    imus: Mapping[str, Mounted]

    @staticmethod
    def from_config(config: SensorsConfig) -> "Calibration":
        """What the YAML says, checked."""
        return Calibration(
            cameras={name: _mounted_camera(camera) for name, camera in config.cameras.items()},
            lidars={name: _mounted(lidar) for name, lidar in config.lidars.items()},
            imus={name: _mounted(imu) for name, imu in config.imus.items()},
        )


def _mounted(config: LidarConfig | ImuConfig) -> Mounted:
    """A LiDAR or IMU in its place."""
    return Mounted(mount=config.mount, T_mount_sensor=from_xyz_rpy(config.xyz, config.rpy), rate_hz=config.rate_hz)  # type: ignore[arg-type]


def _mounted_camera(config: CameraConfig) -> MountedCamera:
    """A camera in its place; square pixels, principal point in the middle."""
    focal_px = config.height / 2 / np.tan(config.vertical_fov / 2)
    K = np.array([[focal_px, 0, config.width / 2], [0, focal_px, config.height / 2], [0, 0, 1]])
    return MountedCamera(
        mount=config.mount,  # type: ignore[arg-type]
        T_mount_sensor=from_xyz_rpy(config.xyz, config.rpy),
        rate_hz=config.rate_hz,
        K=K,
        width=config.width,
        height=config.height,
    )
