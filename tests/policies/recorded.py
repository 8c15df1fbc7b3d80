"""A small recorded episode of every kind of packet, drawn from a seed."""

from pathlib import Path
from typing import Any

import numpy as np

from policies.demonstrations import DEPTH_UNIT, Episode, EpisodeWriter, Sizes
from robot.guard.ladder import Level
from robot.obstacles import Box
from robot.records import CommandRecord
from robot.state import RobotState
from robot.trajectory import BaseTrajectory, CartesianTrajectory, Contact, JointTrajectory, Plan, PlanStatus
from robot.transforms import from_xyz_rpy
from sensors.health import SensorHealth
from sensors.observation import CameraView, ImuWindow, Observation
from sensors.packets import CameraFrame, ImuSample, LidarScan, Packet
from sensors.pointcloud import PointCloud, from_points

PERIOD_NS = 100_000_000


def packets(num_turns: int = 4, seed: int = 0, start_ns: int = 1_000_000_000) -> tuple[Packet, ...]:
    """Turns of one camera frame, one sweep, two IMU samples and the state that ends the turn, in order of their stamps."""
    rng = np.random.default_rng(seed)
    held = Box(pose=from_xyz_rpy([0, 0, 0.02], [0, 0, 0.3]), size=np.array([0.04, 0.05, 0.06]))
    result: list[Packet] = []
    for turn in range(num_turns):
        end_ns = start_ns + turn * PERIOD_NS
        count = 5 + turn
        depth = rng.uniform(0.3, 3.0, (6, 8)).astype(np.float32)
        depth[turn % 6] = np.nan
        rgb = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)
        stamps = end_ns - 50_000_000 + np.arange(count) * 1_000
        result += [
            *(
                ImuSample(stamp_ns=ns, sensor="imu", angular_velocity_imu=each[0], specific_force_imu=each[1])
                for each, ns in zip(rng.normal(size=(2, 2, 3)), (end_ns - 80_000_000, end_ns - 60_000_000), strict=True)
            ),
            LidarScan(
                stamp_ns=int(stamps[-1]), sensor="lidar", points_lidar=rng.normal(size=(count, 3)).astype(np.float32),
                point_stamp_ns=stamps, intensity=rng.random(count).astype(np.float32),
            ),
            CameraFrame(stamp_ns=end_ns - 30_000_000, sensor="front", rgb=rgb, depth=depth),
            CameraFrame(stamp_ns=end_ns - 20_000_000, sensor="mono", rgb=rgb[:4, :6], depth=None),
            RobotState(
                stamp_ns=end_ns, joint_position=rng.normal(size=7), joint_velocity=rng.normal(size=7),
                joint_torque=rng.normal(size=7), gripper_width=float(rng.uniform(0, 0.08)),
                attached=held if turn % 2 else None,
            ),
        ]  # fmt: skip
    return tuple(result)


def episode(num_turns: int = 4, seed: int = 0) -> Episode:
    """An episode with commands and attributes."""
    rng = np.random.default_rng(seed + 1)
    count = 10
    commands = {
        "stamp_ns": np.arange(count, dtype=np.int64) * 4_166_667,
        "joint_position": rng.normal(size=(count, 7)),
        "joint_velocity": rng.normal(size=(count, 7)),
        "gripper_width": rng.random(count),
        "level": np.zeros(count, np.int8),
    }
    return Episode(
        packets=packets(num_turns, seed), commands=commands, attributes={"instruction": "pick up the red block", "seed": 7}
    )


SMALL = Sizes(cloud_points=12, lidar_points=6, imu_samples=4)


def observation(step: int, seed: int = 0) -> Observation:
    """What a policy might see at a step: a front camera that comes in late, one without depth, an IMU that falls silent."""
    rng = np.random.default_rng((seed, step))
    turn = packets(1, seed * 1000 + step, start_ns=1_000_000_000 + step * PERIOD_NS)
    front, mono = (packet for packet in turn if isinstance(packet, CameraFrame))
    (state,) = (packet for packet in turn if isinstance(packet, RobotState))
    (scan,) = (packet for packet in turn if isinstance(packet, LidarScan))
    assert front.depth is not None
    depth = (np.rint(front.depth / np.float32(DEPTH_UNIT)) * np.float32(DEPTH_UNIT)).astype(np.float32)
    views = {"mono": CameraView(rgb=mono.rgb, depth=None, K=None, T_base_camera=None)}
    if step:
        T_base_camera = from_xyz_rpy([1, 0, 0.1 * step], [0, 0, 0.1])
        views["front"] = CameraView(rgb=front.rgb, depth=depth, K=np.diag([5.0, 5.0, 1.0]), T_base_camera=T_base_camera)
    count = 8 + step % 3
    cloud = PointCloud(
        points_base=np.rint(rng.normal(size=(count, 3)) * 4096).astype(np.float32) / np.float32(4096),
        rgb=rng.integers(0, 256, (count, 3), dtype=np.uint8), coloured=rng.random(count) < 0.5,
        source=rng.integers(0, 3, count, dtype=np.uint8), sources=("front", "mono", "lidar"),
    )  # fmt: skip
    sweep = from_points(np.rint(scan.points_lidar * 4096).astype(np.float32) / np.float32(4096), None, 2, cloud.sources)
    samples = [packet for packet in turn if isinstance(packet, ImuSample)]
    silent = SensorHealth(age_s=float("inf"), valid=False, reason="nothing has come yet")
    return Observation(
        stamp_ns=state.stamp_ns, state=state, cameras=views, lidar={"lidar": sweep},
        imu=ImuWindow(
            stamp_ns=np.array([each.stamp_ns for each in samples]),
            angular_velocity_imu=np.stack([each.angular_velocity_imu for each in samples]),
            specific_force_imu=np.stack([each.specific_force_imu for each in samples]),
        ),
        cloud=cloud, T_odom_base=from_xyz_rpy([0.1 * step, 0, 0], [0, 0, 0]), odom_covariance=np.eye(6) * 1e-4,
        gravity_base=np.array([0, 0.1, -9.8]), contact=step == 2,
        health={"front": SensorHealth(age_s=0.03, valid=True) if step else silent, "mono": SensorHealth(age_s=0, valid=True)},
    )  # fmt: skip


def plan(step: int) -> Plan:
    """A plan of one of the three kinds, in turn, as long as its step is late."""
    stamp_ns, length = 1_000_000_000 + step * PERIOD_NS, 2 + step
    time_s, width = np.arange(1, length + 1) * 0.1, np.linspace(0.0, 0.08, length)
    held = Box(pose=from_xyz_rpy([0, 0, 0.02], [0, 0, 0.3]), size=np.array([0.04, 0.05, 0.06]))
    contact = Contact(box_base=held, start_s=0.1, end_s=0.5, speed=0.1, force=20.0)
    common: dict[str, Any] = {
        "observation_stamp_ns": stamp_ns, "expires_ns": stamp_ns + 10 * PERIOD_NS, "epoch": 3, "request_id": step
    }  # fmt: skip
    poses = np.stack([from_xyz_rpy([0.4, 0.01 * k, 0.2], [np.pi, 0, 0.02 * k]) for k in range(length)])
    if step % 3 == 0:
        arm = CartesianTrajectory(stamp_ns=stamp_ns, time_s=time_s, T_base_ee=poses, gripper_width=width)
        base = BaseTrajectory(stamp_ns=stamp_ns, time_s=time_s, T_odom_base=poses)
        return Plan(arm=arm, base=base, contacts=(contact,) * (1 + step // 3), attached=held, reason="reaching", **common)
    if step % 3 == 1:
        joints = JointTrajectory(
            stamp_ns=stamp_ns, time_s=time_s, joint_position=np.outer(time_s, np.arange(7)),
            joint_velocity=np.ones((length, 7)), gripper_width=width,
            **{key: common[key] for key in ("expires_ns", "epoch", "request_id")},
        )  # fmt: skip
        return Plan(joints=joints, reason="following", **common)
    return Plan(status=PlanStatus.DONE, reason="it is done", **common)


def commands(step: int, count: int = 24) -> tuple[CommandRecord, ...]:
    """What was commanded from a step to the next, 240 times a second."""
    return tuple(
        CommandRecord(
            stamp_ns=1_000_000_000 + step * PERIOD_NS + k * 4_166_667, joint_position=np.full(7, step + k / count),
            joint_velocity=np.full(7, 10.0), gripper_width=0.04, interventions=(), level=Level.OK,
        )
        for k in range(count)
    )  # fmt: skip


def recorded(folder: Path, name: str = "episode_000000", steps: int = 6, seed: int = 0, facts: bool = False) -> Path:
    """An episode written step by step; its manifest."""
    with EpisodeWriter(folder, name, SMALL) as writer:
        for step in range(steps):
            if facts:
                writer.add_facts(truth(step), {"objects": [{"name": "red block"}, {"name": "blue bowl"}]})
            turn = packets(1, seed * 1000 + step, start_ns=1_000_000_000 + step * PERIOD_NS)
            writer.add_step(observation(step, seed), turn, plan(step), "pick up the red block", taken_over=step == 1)
            writer.add_commands(commands(step))
        return writer.commit({"instruction": "pick up the red block", "seed": seed, "success": True})


def truth(step: int) -> dict[str, np.ndarray]:
    """Two objects, one of which rises."""
    pose = np.stack([from_xyz_rpy([0.5, 0, 0.1 * step], [0, 0, 0]), from_xyz_rpy([0.4, 0.2, 0], [0, 0, 0])])
    mask = np.zeros((6, 8), np.uint8)
    mask[1:3, 2:5] = 1 + step % 2
    return {"pose": pose, "size": np.full((2, 3), 0.04), "relations": np.zeros((1, 2, 2), bool), "masks/front": mask}
