"""Calibration: where each sensor sits and how it projects; the same file places simulated sensors."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from robot.arrays import checked, freeze
from robot.errors import InvalidInput
from robot.transforms import checked_transform, from_xyz_rpy
from sensors.faults import FaultConfig, FaultScheduleConfig

MOUNTS = ("base", "ee")


@dataclass
class CameraConfig:
    """A camera's YAML: pinhole without distortion, posed by its optical frame in `mount` (m, fixed-axis rad).

    The last six say what a simulated one adds with `noise`: depth_noise σ / z² (1/m), the cosine of incidence below which
    matches are lost, light relative to a full exposure, and what a pixel holds and is read with.
    """

    mount: str = "base"
    xyz: list[float] = field(default_factory=list)
    rpy: list[float] = field(default_factory=list)
    width: int = 0
    height: int = 0
    vertical_fov: float = 0.0
    rate_hz: int = 30
    near: float = 0.05
    far: float = 3.0
    noise: bool = False
    depth_noise: float = 0.0
    grazing_cosine: float = 0.0
    exposure: float = 1.0
    full_well_electrons: float = 1e5
    read_noise_electrons: float = 0.0


@dataclass
class LidarConfig:
    """A spinning LiDAR's YAML: beams at `elevations` rad, `columns` firings a turn, posed in `mount`.

    The last four say what a simulated one adds with `noise`: σ of a range (m), how far white paper is seen (m), the share of
    pulses lost for no reason; and at how many instants of a sweep moving parts are posed when something moves.
    """

    mount: str = "base"
    xyz: list[float] = field(default_factory=list)
    rpy: list[float] = field(default_factory=list)
    elevations: list[float] = field(default_factory=list)
    columns: int = 900
    rate_hz: int = 10
    near: float = 0.1
    far: float = 20.0
    noise: bool = False
    range_noise: float = 0.0
    white_range: float = 1e3
    dropout: float = 0.0
    instants: int = 1


@dataclass
class ImuConfig:
    """An IMU's YAML: posed in `mount`.

    With `noise` a simulated one has white noise (°/s/√Hz, g/√Hz), a bias to begin with (rad/s, m/s²) that walks
    (rad/s/√s, m/s²/√s), and saturates (°/s, g): units as in datasheets.
    """

    mount: str = "ee"
    xyz: list[float] = field(default_factory=list)
    rpy: list[float] = field(default_factory=list)
    rate_hz: int = 240
    noise: bool = False
    gyro_noise_density: float = 0.0
    gyro_bias: float = 0.0
    gyro_bias_walk: float = 0.0
    gyro_range: float = 2000.0
    accel_noise_density: float = 0.0
    accel_bias: float = 0.0
    accel_bias_walk: float = 0.0
    accel_range: float = 24.0


@dataclass
class SensorsConfig:
    """All sensors of one set-up, by name, as configs/sensors/*.yaml lists them.

    `calibration` names a file of `sensors.calibration_file` that says better where they are; `source` says who reads them;
    `renderer` who draws what simulated cameras see: raycast, or opengl where there is EGL.
    """

    cameras: dict[str, CameraConfig] = field(default_factory=dict)
    lidars: dict[str, LidarConfig] = field(default_factory=dict)
    imus: dict[str, ImuConfig] = field(default_factory=dict)
    protective: list[list[str]] = field(default_factory=list)
    faults: list[FaultConfig] = field(default_factory=list)
    fault_schedule: FaultScheduleConfig = field(default_factory=FaultScheduleConfig)
    calibration: str = ""
    source: str = "simulated"
    renderer: str = "raycast"
    episode: str = ""


@dataclass(frozen=True, eq=False, kw_only=True)
class Mounted:
    """Where one sensor sits.

    Attributes:
        mount: the frame it is fixed to.
        T_mount_sensor: (4, 4) its own frame in that one; for a camera the optical frame.
        rate_hz: how often it speaks.
        noisy: no two readings of it are ever the same, so the same one twice means that it is stuck.
    """

    mount: Literal["base", "ee"]
    T_mount_sensor: np.ndarray
    rate_hz: int
    noisy: bool = False

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
        distortion: (5,) k1, k2, p1, p2, k3 of OpenCV's plumb-bob model; `sensors.rectify` takes it out of pictures.
    """

    K: np.ndarray
    width: int
    height: int
    distortion: np.ndarray = field(default_factory=lambda: np.zeros(5))

    def __post_init__(self) -> None:
        """Check and freeze."""
        super().__post_init__()
        freeze(self, K=checked("K", self.K, (3, 3)), distortion=checked("distortion", self.distortion, (5,)))
        if min(self.K[0, 0], self.K[1, 1]) <= 0 or self.K[2].tolist() != [0, 0, 1] or self.K[0, 1] != 0 or self.K[1, 0] != 0:
            raise InvalidInput("K: expected [[fx, 0, cx], [0, fy, cy], [0, 0, 1]] with fx and fy above 0")


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

    @property
    def names(self) -> tuple[str, ...]:
        """All sensors: cameras, LiDARs, IMUs."""
        return (*self.cameras, *self.lidars, *self.imus)

    def mounted(self, name: str) -> Mounted:
        """Where a sensor sits, whatever its kind."""
        return {**self.cameras, **self.lidars, **self.imus}[name]

    @staticmethod
    def from_config(config: SensorsConfig) -> "Calibration":
        """What the YAML says, checked."""
        live = config.source != "replay"  # a recording that is over gives its last turn again and again
        return Calibration(
            cameras={name: _mounted_camera(camera, live) for name, camera in config.cameras.items()},
            lidars={name: _mounted(lidar, live) for name, lidar in config.lidars.items()},
            imus={name: _mounted(imu, live) for name, imu in config.imus.items()},
        )


def _mounted(config: LidarConfig | ImuConfig, live: bool) -> Mounted:
    """A LiDAR or IMU in its place."""
    return Mounted(
        mount=config.mount,  # type: ignore[arg-type]
        T_mount_sensor=from_xyz_rpy(config.xyz, config.rpy),
        rate_hz=config.rate_hz,
        noisy=config.noise and live,
    )


def _mounted_camera(config: CameraConfig, live: bool) -> MountedCamera:
    """A camera in its place; square pixels, principal point in the middle."""
    focal_px = config.height / 2 / np.tan(config.vertical_fov / 2)
    K = np.array([[focal_px, 0, config.width / 2], [0, focal_px, config.height / 2], [0, 0, 1]])
    return MountedCamera(
        mount=config.mount,  # type: ignore[arg-type]
        T_mount_sensor=from_xyz_rpy(config.xyz, config.rpy),
        rate_hz=config.rate_hz,
        noisy=config.noise and live,
        K=K,
        width=config.width,
        height=config.height,
    )
