"""Packets as rows of `streams/`, and back; each function is followed by its mirror."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from robot.obstacles import Box
from robot.state import RobotState
from sensors.packets import CameraFrame, ImuSample, LidarScan, Packet

DEPTH_UNIT = 0.25e-3  # m
STATE_KEYS = ("stamp_ns", "joint_position", "joint_velocity", "joint_torque", "gripper_width", "base_twist")
IMU_KEYS = ("angular_velocity_imu", "specific_force_imu")
POINT_KEYS = ("points_lidar", "point_stamp_ns", "intensity")

Rows = Mapping[str, np.ndarray]


def packet_row(packet: Packet) -> dict[str, Any]:
    """One packet by field; a sweep's points under `points_lidar` and so on, as many as there are."""
    if isinstance(packet, RobotState):
        return state_row(packet)
    row: dict[str, Any] = {"stamp_ns": np.int64(packet.stamp_ns)}
    if isinstance(packet, CameraFrame):
        row |= {"rgb": packet.rgb, "has_depth": np.bool_(packet.depth is not None)}
        return row if packet.depth is None else row | {"depth": pack_depth(packet.depth)}
    keys = POINT_KEYS if isinstance(packet, LidarScan) else IMU_KEYS
    return row | {key: getattr(packet, key) for key in keys}


def packets_of(sensor: str, stream: Rows) -> Iterator[Packet]:
    """The packets of one sensor's arrays, in their order."""
    stamps = [int(stamp) for stamp in stream["stamp_ns"]]
    if "joint_position" in stream:
        yield from (state_of({key: values[row] for key, values in stream.items()}) for row in range(len(stamps)))
    elif "rgb" in stream:
        has_depth = stream["has_depth"]
        for row, stamp in enumerate(stamps):
            depth = unpack_depth(stream["depth"][row]) if has_depth[row] else None
            yield CameraFrame(stamp_ns=stamp, sensor=sensor, rgb=stream["rgb"][row], depth=depth)
    elif "points_lidar" in stream:
        begin = 0
        for stamp, end in zip(stamps, stream["end"], strict=True):
            yield LidarScan(stamp_ns=stamp, sensor=sensor, **{key: stream[key][begin:end] for key in POINT_KEYS})
            begin = end
    else:
        for row, stamp in enumerate(stamps):
            yield ImuSample(stamp_ns=stamp, sensor=sensor, **{key: stream[key][row] for key in IMU_KEYS})


def state_row(state: RobotState) -> dict[str, np.ndarray]:
    """A robot's state by field."""
    row = {key: np.asarray(getattr(state, key)) for key in STATE_KEYS}
    return row | attached_row(state.attached)


def state_of(row: Rows) -> RobotState:
    """The state in a row; one from a log that lacks torques or a twist has zeros there."""
    fields: dict[str, Any] = {key: row[key] for key in STATE_KEYS if key in row}
    fields.setdefault("joint_velocity", np.zeros_like(row["joint_position"]))
    fields.setdefault("joint_torque", np.zeros_like(row["joint_position"]))
    fields["stamp_ns"], fields["gripper_width"] = int(row["stamp_ns"]), float(fields.get("gripper_width", 0.0))
    return RobotState(attached=attached_of(row) if "attached_size" in row else None, **fields)


def attached_row(box: Box | None) -> dict[str, np.ndarray]:
    """What is held; a size of 0 is nothing."""
    return {
        "attached_pose": np.eye(4) if box is None else box.pose,
        "attached_size": np.zeros(3) if box is None else box.size,
    }


def attached_of(row: Rows) -> Box | None:
    """What is held in a row."""
    size = row["attached_size"]
    return Box(pose=row["attached_pose"], size=size) if size.any() else None


def pack_depth(depth: np.ndarray) -> np.ndarray:
    """Depth in m as counts of 0.25 mm, 0 for no return."""
    return np.rint(np.nan_to_num(depth, nan=0.0) / DEPTH_UNIT).clip(0, 65535).astype(np.uint16)


def unpack_depth(counts: np.ndarray) -> np.ndarray:
    """Counts of 0.25 mm as depth in m, NaN for no return."""
    return np.where(counts > 0, counts * np.float32(DEPTH_UNIT), np.float32(np.nan)).astype(np.float32)
