"""A small recorded episode of every kind of packet, drawn from a seed."""

import numpy as np

from policies.demonstrations import Episode
from robot.obstacles import Box
from robot.state import RobotState
from robot.transforms import from_xyz_rpy
from sensors.packets import CameraFrame, ImuSample, LidarScan, Packet

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
