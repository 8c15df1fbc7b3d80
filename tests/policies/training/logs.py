"""Small logs to train on: a red heap on a table, a hand that goes down to it; and a model small enough for them."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from policies.demonstrations import EpisodeWriter, Sizes, manifests
from policies.storage.stored import StoredEpisode
from policies.train import SCHEMAS, TrainConfig, train
from policies.training.recordings import Recording
from policies.training.samples import Samples
from policies.vla.config import VlaConfig
from policies.vla.sizes import config_for
from policies.vla.words import learned_words
from robot.configuration import load
from robot.kinematics import Kinematics
from robot.model import RobotModel
from robot.state import RobotState
from robot.trajectory import CartesianTrajectory, Plan, PlanStatus
from robot.transforms import from_xyz_rpy
from sensors.health import SensorHealth
from sensors.observation import CameraView, ImuWindow, Observation
from sensors.pointcloud import PointCloud, from_points

PERIOD_NS = 500_000_000
SMALL = Sizes(cloud_points=64, lidar_points=16, imu_samples=4)
T_BASE_CAMERA = from_xyz_rpy([0.5, 0.0, 1.0], [np.pi, 0.0, -np.pi / 2])  # looks straight down
K = np.array([[40.0, 0.0, 16.0], [0.0, 40.0, 16.0], [0.0, 0.0, 1.0]])
WORDS = [
    "model.width=16", "model.layers=1", "model.heads=2", "model.widening=2", "model.views.front=[32,32]",
    "~model.views.wrist", "model.top_lower=[0.2,-0.32]", "model.top_upper=[0.84,0.32]", "model.top_cell=0.02", "model.slots=2",
    "steps=12", "batch=4", "save_every=3", "validate_every=6", "threads=1", "precision=float32", "device=cpu",
    "optimiser.warmup=2", "model.located=true",
]  # fmt: skip


def place_of(seed: int) -> np.ndarray:
    """Where the heap of a seed lies (3,) in base, m."""
    x, y = np.random.default_rng(seed).uniform((0.3, -0.25), (0.7, 0.25))
    return np.array([x, y, 0.03])


def observation(seed: int, step: int, rests: int = 1000) -> Observation:
    """What is seen of the heap: by a camera from above, by a LiDAR, and in the cloud; an IMU at rest.

    The arm turns by 0.02 rad a step, and from the step `rests` on no more.
    """
    random = np.random.default_rng((seed, step))
    heap = place_of(seed) + random.uniform(-0.004, 0.004, (24, 3))
    table = np.column_stack([random.uniform((0.2, -0.32), (0.84, 0.32), (32, 2)), np.zeros(32)])
    points = np.concatenate([heap, table]).astype(np.float32)
    rgb = np.concatenate([np.tile([200, 20, 20], (24, 1)), np.tile([150, 150, 150], (32, 1))]).astype(np.uint8)
    cloud = PointCloud(
        points_base=points, rgb=rgb, coloured=np.ones(56, bool), source=np.zeros(56, np.uint8), sources=("front", "lidar")
    )
    picture = random.integers(0, 256, (32, 32, 3), dtype=np.uint8)
    view = CameraView(rgb=picture, depth=np.full((32, 32), 1.0, np.float32), K=K, T_base_camera=T_BASE_CAMERA)
    stamp_ns = 1_000_000_000 + step * PERIOD_NS
    good = SensorHealth(age_s=0.0, valid=True)
    return Observation(
        stamp_ns=stamp_ns,
        state=RobotState(
            stamp_ns=stamp_ns, joint_position=np.array([0.0, -0.5, 0.0, -2.2, 0.0, 1.8, 0.8]) + 0.02 * min(step, rests),
            joint_velocity=np.zeros(7), joint_torque=np.zeros(7), gripper_width=0.04,
        ),
        cameras={"front": view}, lidar={"lidar": from_points(table[:16].astype(np.float32), None, 1, cloud.sources)},
        imu=ImuWindow(
            stamp_ns=np.array([stamp_ns - 2, stamp_ns - 1]), angular_velocity_imu=np.zeros((2, 3)),
            specific_force_imu=np.tile([0.0, 0.0, 9.81], (2, 1)),
        ),
        cloud=cloud, T_odom_base=np.eye(4), odom_covariance=np.zeros((6, 6)), gravity_base=np.array([0.0, 0.0, -9.81]),
        contact=False, health={"front": good, "lidar": good, "imu": good},
    )  # fmt: skip


def plan(seed: int) -> Plan:
    """Above the heap, then down to it."""
    place, stamp_ns = place_of(seed), 1_000_000_000
    poses = np.stack([from_xyz_rpy([*place[:2], place[2] + height], [np.pi, 0, 0.3]) for height in (0.3, 0.2, 0.0)])
    time_s = np.array([0.0, 1.0, 2.0])
    arm = CartesianTrajectory(stamp_ns=stamp_ns, time_s=time_s, T_base_ee=poses, gripper_width=np.full(3, 0.04))
    return Plan(arm=arm, observation_stamp_ns=stamp_ns, expires_ns=stamp_ns + 60_000_000_000, epoch=1, request_id=1)


def demonstration(folder: Path, seed: int, steps: int = 6, rests: int = 1000, **attributes: Any) -> Path:
    """One recorded reach for the heap."""
    with EpisodeWriter(folder, f"reach_{seed:03d}", SMALL) as writer:
        for step in range(steps):
            now = observation(seed, step, rests)
            done = Plan(
                status=PlanStatus.DONE, observation_stamp_ns=now.stamp_ns, expires_ns=now.stamp_ns, epoch=1, request_id=2
            )
            said = plan(seed) if step == 0 else done if step == steps - 1 else None
            writer.add_step(now, (), said, "reach for the red heap on the left")
        about = {"instruction": "reach for the red heap on the left", "robot": {"name": robot().name}, "task": "reach"}
        return writer.commit({**about, "subtasks": [], **attributes})


def still(folder: Path, seed: int) -> Path:
    """One still scene: a red block and a blue bowl, with what the simulator knows of them."""
    mask = np.zeros((32, 32), np.uint8)
    mask[4:10, 4:10], mask[20:28, 20:28] = 1, 2
    things = [
        {"name": "red block", "colour": "red", "shape": "block", "size": "normal"},
        {"name": "blue bowl", "colour": "blue", "shape": "bowl", "size": "normal"},
    ]
    pose = np.stack([from_xyz_rpy(place_of(seed), [0, 0, 0]), from_xyz_rpy([0.5, 0.28, 0.0], [0, 0, 0])])
    with EpisodeWriter(folder, f"still_{seed:03d}", SMALL) as writer:
        truth = {"pose": pose, "size": np.full((2, 3), 0.04), "relations": np.zeros((1, 2, 2), bool), "masks/front": mask}
        writer.add_facts(truth, {"objects": things, "relations": ["left of"]})
        writer.add_step(observation(seed, 0))
        return writer.commit({"robot": {"name": robot().name}})


def both(folder: Path, count: int = 3) -> tuple[Path, Path]:
    """A folder of demonstrations and one of still scenes."""
    for seed in range(count):
        demonstration(folder / "reaches", seed)
        still(folder / "stills", 100 + seed)
    return folder / "reaches", folder / "stills"


def config(folder: Path, out: Path, *words: str) -> TrainConfig:
    """A run of twelve steps on them."""
    data = [f"data=[{folder / 'reaches'}]", f"scenes=[{folder / 'stills'}]", f"out={out}"]
    return load("train", [*data, *WORDS, *words], SCHEMAS)[0]


def learn(folder: Path, out: Path, *words: str) -> None:
    """Train as the program does, in one thread."""
    torch.set_num_threads(1)
    assert train(config(folder, out, *words), "") == 0


@cache
def robot() -> RobotModel:
    """The Panda."""
    return RobotModel.from_config(load("train", [], SCHEMAS)[0].robot)


def recordings(folder: Path) -> list[Recording]:
    """All of a folder's."""
    return [Recording(StoredEpisode(path)) for path in manifests(folder)]


def samples(folder: Path, augmented: bool = True) -> Samples:
    """The samples that a run would learn from."""
    wanted = config(folder, folder / "none")
    found = recordings(folder)
    vla: VlaConfig = config_for(wanted.model, robot(), found)
    words = learned_words(["reach for the red heap on the left and right"], vla.slots)
    augment = wanted.augment if augmented else None
    return Samples(found, vla, words, Kinematics(robot()), wanted.lessons, augment, 0)


def heap_of(points_base: np.ndarray, rgb: np.ndarray) -> np.ndarray:
    """The middle (3,) of what is red."""
    return points_base[rgb[:, 0].astype(int) > 2 * rgb[:, 1].astype(int) + 10].mean(axis=0)
