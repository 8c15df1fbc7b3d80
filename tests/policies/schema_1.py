"""An episode as version 1 of the format wrote it: streams and commands, one manifest entry a file."""

import hashlib
import json
import zipfile
from pathlib import Path

import numpy as np
import zarr
from zarr.codecs import BloscCodec, Crc32cCodec
from zarr.storage import ZipStore

from policies.demonstrations import Episode
from policies.storage.packets import pack_depth
from sensors.packets import CameraFrame, ImuSample, LidarScan, Packet


def write_schema_1(folder: Path, name: str, episode: Episode) -> Path:
    """The episode's manifest."""
    data, arrays = folder / f"{name}.zarr.zip", {}
    with ZipStore(data, mode="w", compression=zipfile.ZIP_STORED) as store:
        group = zarr.create_group(store, attributes={"schema": 1, **episode.attributes})
        for sensor in sorted({packet.sensor for packet in episode.packets}):
            stream = _stream([packet for packet in episode.packets if packet.sensor == sensor])
            arrays |= {f"streams/{sensor}/{key}": values for key, values in stream.items()}
        arrays |= {f"commands/{key}": values for key, values in episode.commands.items()}
        for path, values in arrays.items():
            codecs = [BloscCodec(cname="zstd", clevel=3), Crc32cCodec()]
            group.create_array(path, data=values, chunks=(1, *values.shape[1:]), compressors=codecs)
    contents = {"schema": 1, "file": data.name, "size": data.stat().st_size}
    contents |= {"sha256": hashlib.sha256(data.read_bytes()).hexdigest(), "arrays": {p: v.shape for p, v in arrays.items()}}
    manifest = folder / f"{name}.json"
    manifest.write_text(json.dumps(contents, indent=1))
    return manifest


def _stream(packets: list[Packet]) -> dict[str, np.ndarray]:
    """One sensor's arrays."""
    first = packets[0]
    stream = {"stamp_ns": np.array([packet.stamp_ns for packet in packets])}
    if isinstance(first, CameraFrame):
        stream["rgb"] = np.stack([each.rgb for each in packets if isinstance(each, CameraFrame)])
        depths = [each.depth for each in packets if isinstance(each, CameraFrame) and each.depth is not None]
        return stream | ({"depth": np.stack([pack_depth(depth) for depth in depths])} if depths else {})
    if isinstance(first, LidarScan):
        scans = [each for each in packets if isinstance(each, LidarScan)]
        stream["count"] = np.array([len(each.points_lidar) for each in scans])
        for key in ("points_lidar", "point_stamp_ns", "intensity"):
            rows = [getattr(each, key) for each in scans]
            padded = np.zeros((len(rows), stream["count"].max(), *rows[0].shape[1:]), rows[0].dtype)
            for index, row in enumerate(rows):
                padded[index, : len(row)] = row
            stream[key] = padded
        return stream
    keys = ("angular_velocity_imu", "specific_force_imu")
    if not isinstance(first, ImuSample):
        keys = ("joint_position", "joint_velocity", "joint_torque", "gripper_width")
        boxes = [each.attached for each in packets]  # type: ignore[union-attr]
        stream["attached_pose"] = np.stack([np.eye(4) if box is None else box.pose for box in boxes])
        stream["attached_size"] = np.stack([np.zeros(3) if box is None else box.size for box in boxes])
    return stream | {key: np.stack([np.asarray(getattr(each, key)) for each in packets]) for key in keys}
