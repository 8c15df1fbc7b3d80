"""An observation drawn from a seed with every sensor in it, and the same scene as it would be in a mirror or from elsewhere."""

from dataclasses import replace

import numpy as np

from robot.kinematics import Kinematics
from robot.transforms import apply, from_xyz_rpy
from sensors.health import SensorHealth
from sensors.observation import CameraView, ImuWindow, Observation
from sensors.pointcloud import PointCloud
from tests.policies.tabletop import at_home

SIDE = np.array([1.0, -1.0, 1.0])
SOURCES = ("front", "wrist", "lidar")
FORWARD = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])  # an optical frame that looks along base's x


class StandingTool(Kinematics):
    """Kinematics of a robot whose tool is where it is said to be."""

    def __init__(self, T_base_ee: np.ndarray) -> None:
        self.T_base_ee = T_base_ee

    def forward(self, joint_position: np.ndarray) -> np.ndarray:
        return self.T_base_ee


def scene(seed: int = 0) -> Observation:
    """Points over the table, a wall before the camera that rises slowly, a sweep, IMU samples; nothing on a round number."""
    random = np.random.default_rng(seed)
    count = 400
    v, u = np.mgrid[:48, :80]
    picture = CameraView(
        rgb=random.integers(0, 256, (48, 80, 3), dtype=np.uint8), depth=(0.8 + 1e-3 * v + 5e-4 * u).astype(np.float32),
        K=np.array([[60.0, 0.0, 40.0], [0.0, 60.0, 24.0], [0.0, 0.0, 1.0]]), T_base_camera=_optical([-0.3, 0.05, 0.4], 0.1),
    )  # fmt: skip
    cloud = PointCloud(
        points_base=random.uniform([0.3, -0.2, 0.0], [0.7, 0.2, 0.3], (count, 3)).astype(np.float32),
        rgb=random.integers(0, 256, (count, 3), dtype=np.uint8), coloured=random.random(count) < 0.7,
        source=random.integers(0, 3, count).astype(np.uint8), sources=SOURCES,
    )  # fmt: skip
    imu = ImuWindow(
        stamp_ns=np.arange(24) * 4_166_667, angular_velocity_imu=random.normal(size=(24, 3)),
        specific_force_imu=random.normal([0, 0, 9.81], 1.0, (24, 3)),
    )  # fmt: skip
    return Observation(
        stamp_ns=0, state=at_home(), cameras={"front": picture}, lidar={"lidar": cloud.where(cloud.source == 2)}, imu=imu,
        cloud=cloud, T_odom_base=np.eye(4), odom_covariance=np.zeros((6, 6)), gravity_base=np.array([0.3, 0.4, -9.8]),
        health={name: SensorHealth(age_s=0.01, valid=True) for name in (*SOURCES, "imu")},
    )  # fmt: skip


def in_a_mirror(seen: Observation) -> Observation:
    """What the same sensors, mirrored in base's x-z plane, would see of the mirrored scene."""
    view = seen.cameras["front"]
    assert view.depth is not None and view.K is not None and view.T_base_camera is not None
    K = view.K.copy()
    K[0, 2] = view.rgb.shape[1] - K[0, 2]
    flip = np.diag([-1.0, 1.0, 1.0, 1.0])  # a picture's x runs the other way
    mirrored = CameraView(
        rgb=view.rgb[:, ::-1], depth=view.depth[:, ::-1], K=K,
        T_base_camera=np.diag([*SIDE, 1.0]) @ view.T_base_camera @ flip,
    )  # fmt: skip
    turns, forces = seen.imu.angular_velocity_imu, seen.imu.specific_force_imu
    imu = replace(seen.imu, angular_velocity_imu=-turns * SIDE, specific_force_imu=forces * SIDE)
    return replace(
        seen, cameras={"front": mirrored}, lidar={"lidar": _placed(seen.lidar["lidar"], np.diag([*SIDE, 1.0]))}, imu=imu,
        cloud=_placed(seen.cloud, np.diag([*SIDE, 1.0])), gravity_base=seen.gravity_base * SIDE,
    )  # fmt: skip


def from_elsewhere(seen: Observation, T_new_base: np.ndarray) -> Observation:
    """The same scene and sensors, told in another base."""
    view = seen.cameras["front"]
    assert view.T_base_camera is not None
    return replace(
        seen, cameras={"front": replace(view, T_base_camera=T_new_base @ view.T_base_camera)},
        lidar={"lidar": _placed(seen.lidar["lidar"], T_new_base)}, cloud=_placed(seen.cloud, T_new_base),
        gravity_base=T_new_base[:3, :3] @ seen.gravity_base,
    )  # fmt: skip


def that_never_had(seen: Observation, sensor: str) -> Observation:
    """The same scene if a sensor had never spoken."""
    cloud = seen.cloud.where(seen.cloud.source != SOURCES.index(sensor)) if sensor in SOURCES else seen.cloud
    imu = replace(seen.imu, **{key: getattr(seen.imu, key)[:0] for key in vars(seen.imu)}) if sensor == "imu" else seen.imu
    silent = SensorHealth(age_s=float("inf"), valid=False, reason="nothing has come yet")
    return replace(
        seen, cameras={name: each for name, each in seen.cameras.items() if name != sensor}, imu=imu, cloud=cloud,
        lidar={name: each for name, each in seen.lidar.items() if name != sensor}, health={**seen.health, sensor: silent},
    )  # fmt: skip


def _placed(cloud: PointCloud, T_new_base: np.ndarray) -> PointCloud:
    """A cloud elsewhere."""
    return replace(cloud, points_base=apply(T_new_base, cloud.points_base).astype(np.float32))


def _optical(place_base: list[float], yaw: float) -> np.ndarray:
    """A camera's pose that looks ahead."""
    T_base_camera = from_xyz_rpy(place_base, [0.0, 0.0, yaw])
    T_base_camera[:3, :3] = T_base_camera[:3, :3] @ FORWARD
    return T_base_camera
