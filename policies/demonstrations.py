"""The demonstration log: one episode, one file, written and read here and nowhere else.

An episode is `<name>.zarr.zip`, an uncompressed zip of a zarr 3 group, beside its manifest `<name>.json`, which names
the file's size and SHA-256 and every array's shape. The manifest is renamed into place last: an episode without one was
never finished, and readers trust manifests only. Every chunk carries a crc32c.

    streams/<sensor>/stamp_ns (T,) int64               every stream has it; integer nanoseconds of the episode's clock
    streams/<camera>/rgb (T, H, W, 3) uint8            depth (T, H, W) uint16, 0.25 mm a unit along optical z, 0 = no return
    streams/<lidar>/points_lidar (T, N, 3) float32     m; count (T,) of valid rows; point_stamp_ns, intensity (T, N)
    streams/<imu>/angular_velocity_imu (T, 3)          rad/s; specific_force_imu (T, 3) m/s²
    streams/joints/joint_position (T, J) float64       rad; joint_velocity, joint_torque (T, J); gripper_width (T,) m;
                                                       attached_pose (T, 4, 4) in ee and attached_size (T, 3) m, 0 = none
    commands/stamp_ns (T,) int64                       joint_position, joint_velocity (T, J); gripper_width (T,); level (T,)

The group's attributes hold the sentence, the spoken plan, the outcome, the resolved config, versions and seed.
"""

import hashlib
import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.codecs import BloscCodec, Crc32cCodec
from zarr.storage import ZipStore

from robot.errors import InvalidInput
from robot.obstacles import Box
from robot.records import CommandRecord
from robot.state import RobotState
from sensors.packets import CameraFrame, ImuSample, LidarScan, Packet

SCHEMA = 1
DEPTH_UNIT = 0.25e-3  # m


@dataclass(frozen=True, eq=False, kw_only=True)
class Episode:
    """One recorded episode.

    Attributes:
        packets: everything the sensors said, joint states included, in the order of their stamps.
        commands: stamps (T,), joint positions and velocities (T, J), gripper widths (T,) and ladder levels (T,).
        attributes: sentence, outcome, config and the like; plain JSON.
    """

    packets: tuple[Packet, ...]
    commands: Mapping[str, np.ndarray]
    attributes: Mapping[str, Any] = field(default_factory=dict)


def write(folder: Path, name: str, episode: Episode) -> Path:
    """Commit an episode to a folder and return its manifest's path; after a crash it is there whole or not at all.

    Raises:
        InvalidInput: an episode of that name is there already.
    """
    data, manifest = folder / f"{name}.zarr.zip", folder / f"{name}.json"
    if manifest.exists():
        raise InvalidInput(f"episode: {manifest} is there already; expected a new name")
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"{name}.zarr.zip.partial"
    arrays = _write_arrays(partial, episode)
    contents = {
        "schema": SCHEMA,
        "file": data.name,
        "size": partial.stat().st_size,
        "sha256": _sha256(partial),
        "arrays": arrays,
    }
    _sync(partial)
    partial.replace(data)
    beside = folder / f"{name}.json.partial"
    beside.write_text(json.dumps(contents, indent=1))
    _sync(beside)
    beside.replace(manifest)
    _sync(folder)
    return manifest


def read(manifest: Path) -> Episode:
    """Read a committed episode back.

    Raises:
        InvalidInput: no manifest, one of another schema, or a file that is not what the manifest says.
    """
    data = verified_file(manifest)
    with ZipStore(data, mode="r") as store:
        group = zarr.open_group(store, mode="r")
        streams = {name: group[f"streams/{name}"] for name in sorted(_members(group, "streams"))}
        packets = [packet for name, stream in streams.items() for packet in _packets(name, stream)]
        commands = {name: np.asarray(group[f"commands/{name}"]) for name in _members(group, "commands")}
        attributes = dict(group.attrs)
    packets.sort(key=lambda packet: packet.stamp_ns)
    return Episode(packets=tuple(packets), commands=commands, attributes=attributes)


def verified_file(manifest: Path) -> Path:
    """The data file of a manifest, its size and hash checked."""
    if not manifest.is_file():
        raise InvalidInput(
            f"episode: no manifest {str(manifest)!r}; expected the .json that stands beside an episode's .zarr.zip"
        )
    try:
        contents = json.loads(manifest.read_text())
        schema, size, sha256 = (contents[key] for key in ("schema", "size", "sha256"))
        data = Path(contents["file"]).name
    except (ValueError, KeyError, TypeError):
        raise InvalidInput(f"episode: {manifest} is not an episode's manifest") from None
    if schema != SCHEMA:
        raise InvalidInput(f"episode: {manifest} has schema {schema}; available: {SCHEMA}")
    path = manifest.parent / data
    if not path.is_file() or path.stat().st_size != size or _sha256(path) != sha256:
        raise InvalidInput(f"episode: {path} is missing or not what its manifest says")
    return path


def _members(group: zarr.Group, name: str) -> list[str]:
    """The names in a part of an episode; none if nothing was recorded for it."""
    return list(group[name]) if name in group else []  # type: ignore[arg-type]


def _write_arrays(path: Path, episode: Episode) -> dict[str, list[int]]:
    """Write all arrays into a new zip; name → shape."""
    shapes: dict[str, list[int]] = {}
    with ZipStore(path, mode="w", compression=zipfile.ZIP_STORED) as store:
        group = zarr.create_group(store, attributes={"schema": SCHEMA, **episode.attributes})
        for sensor in sorted({packet.sensor for packet in episode.packets}):
            stream = _stream([packet for packet in episode.packets if packet.sensor == sensor])
            for key, values in stream.items():
                _write(group, f"streams/{sensor}/{key}", values, shapes)
        for key, values in episode.commands.items():
            _write(group, f"commands/{key}", values, shapes)
    return shapes


def _write(group: zarr.Group, name: str, values: np.ndarray, shapes: dict[str, list[int]]) -> None:
    """One array: a picture or sweep a chunk, everything small in one chunk."""
    chunks = (1, *values.shape[1:]) if values[:1].nbytes > 4096 else tuple(max(1, size) for size in values.shape)
    group.create_array(name, data=values, chunks=chunks, compressors=[BloscCodec(cname="zstd", clevel=3), Crc32cCodec()])
    shapes[name] = list(values.shape)


def _stream(packets: Sequence[Packet]) -> dict[str, np.ndarray]:
    """The packets of one sensor as arrays; mirrored by `_packets`."""
    first = packets[0]
    stream = {"stamp_ns": np.array([packet.stamp_ns for packet in packets], dtype=np.int64)}
    if isinstance(first, CameraFrame):
        stream["rgb"] = np.stack([packet.rgb for packet in packets])  # type: ignore[union-attr]
        if first.depth is not None:
            stream["depth"] = np.stack([_pack_depth(packet.depth) for packet in packets])  # type: ignore[union-attr]
    elif isinstance(first, LidarScan):
        counts = np.array([len(packet.points_lidar) for packet in packets])  # type: ignore[union-attr]
        stream["count"] = counts
        for key in ("points_lidar", "point_stamp_ns", "intensity"):
            stream[key] = _padded([getattr(packet, key) for packet in packets], int(counts.max(initial=0)))
    else:
        keys = JOINT_KEYS if isinstance(first, RobotState) else IMU_KEYS
        stream |= {key: np.stack([np.asarray(getattr(packet, key)) for packet in packets]) for key in keys}
        if isinstance(first, RobotState):
            stream |= _pack_attached([packet.attached for packet in packets])  # type: ignore[union-attr]
    return stream


JOINT_KEYS = ("joint_position", "joint_velocity", "joint_torque", "gripper_width")
IMU_KEYS = ("angular_velocity_imu", "specific_force_imu")


def _packets(sensor: str, group: Any) -> list[Packet]:
    """The arrays of one sensor as packets; mirrored by `_stream`."""
    stream = {name: np.asarray(array) for name, array in group.arrays()}
    stamps = [int(stamp) for stamp in stream["stamp_ns"]]
    if "rgb" in stream:
        depths = [_unpack_depth(each) for each in stream["depth"]] if "depth" in stream else [None] * len(stamps)
        rows = zip(stamps, stream["rgb"], depths, strict=True)
        return [CameraFrame(stamp_ns=stamp, sensor=sensor, rgb=rgb, depth=depth) for stamp, rgb, depth in rows]
    if "points_lidar" in stream:
        keys = ("points_lidar", "point_stamp_ns", "intensity")
        return [
            LidarScan(stamp_ns=stamp, sensor=sensor, **{key: stream[key][row, : stream["count"][row]] for key in keys})
            for row, stamp in enumerate(stamps)
        ]
    if "joint_position" in stream:
        return [
            RobotState(stamp_ns=stamp, attached=_unpack_attached(stream, row), **{key: stream[key][row] for key in JOINT_KEYS})
            for row, stamp in enumerate(stamps)
        ]
    return [
        ImuSample(stamp_ns=stamp, sensor=sensor, **{key: stream[key][row] for key in IMU_KEYS})
        for row, stamp in enumerate(stamps)
    ]


def commands_as_arrays(commands: Sequence[CommandRecord], num_joints: int) -> dict[str, np.ndarray]:
    """Command records as the arrays of an episode's `commands/`."""
    return {
        "stamp_ns": np.array([command.stamp_ns for command in commands], dtype=np.int64),
        "joint_position": np.array([command.joint_position for command in commands]).reshape(-1, num_joints),
        "joint_velocity": np.array([command.joint_velocity for command in commands]).reshape(-1, num_joints),
        "gripper_width": np.array([command.gripper_width for command in commands], dtype=float),
        "level": np.array([command.level for command in commands], dtype=np.int8),
    }


def _pack_attached(boxes: Sequence[Box | None]) -> dict[str, np.ndarray]:
    """What is held in each state, as poses in ee and sizes; a size of 0 is nothing."""
    return {
        "attached_pose": np.stack([np.eye(4) if box is None else box.pose for box in boxes]),
        "attached_size": np.stack([np.zeros(3) if box is None else box.size for box in boxes]),
    }


def _unpack_attached(stream: Mapping[str, np.ndarray], row: int) -> Box | None:
    """What is held in one state; mirrored by `_pack_attached`."""
    size = stream["attached_size"][row]
    return Box(pose=stream["attached_pose"][row], size=size) if size.any() else None


def _pack_depth(depth: np.ndarray | None) -> np.ndarray:
    """Depth in m as counts of 0.25 mm, 0 for no return."""
    assert depth is not None
    return np.rint(np.nan_to_num(depth, nan=0.0) / DEPTH_UNIT).clip(0, 65535).astype(np.uint16)


def _unpack_depth(counts: np.ndarray) -> np.ndarray:
    """Counts of 0.25 mm as depth in m, NaN for no return."""
    return np.where(counts > 0, counts * np.float32(DEPTH_UNIT), np.float32(np.nan)).astype(np.float32)


def _padded(rows: Sequence[np.ndarray], length: int) -> np.ndarray:
    """Rows of unequal length as one array, zeros behind each."""
    result = np.zeros((len(rows), length, *rows[0].shape[1:]), rows[0].dtype)
    for index, row in enumerate(rows):
        result[index, : len(row)] = row
    return result


def _sha256(path: Path) -> str:
    """The file's SHA-256, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    """Make what was written to a file or folder outlive a loss of power."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
