"""Schema 1, as first released: streams and commands only, chunks without a place in the manifest; it is only read."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.storage import ZipStore

from policies.storage.manifest import Manifest
from policies.storage.packets import packets_of
from robot.errors import InvalidInput
from sensors.packets import Packet


def read_schema_1(folder: Path, manifest: Manifest) -> tuple[list[Packet], dict[str, np.ndarray], dict[str, Any]]:
    """Packets, commands and attributes of an episode.

    Raises:
        InvalidInput: the data file is not what its manifest says.
    """
    data = folder / manifest.file
    if not data.is_file() or data.stat().st_size != manifest.size or _sha256(data) != manifest.sha256:
        raise InvalidInput(f"episode: {data} is missing or not what its manifest says")
    with ZipStore(data, mode="r") as store:
        group = zarr.open_group(store, mode="r")
        packets = [packet for name in _members(group, "streams") for packet in packets_of(name, _stream(group, name))]
        commands = {name: np.asarray(group[f"commands/{name}"]) for name in _members(group, "commands")}
        attributes = dict(group.attrs)
    return packets, commands, attributes


def _stream(group: zarr.Group, name: str) -> dict[str, np.ndarray]:
    """A sensor's arrays as schema 2 has them."""
    stream = {key: np.asarray(array) for key, array in group[f"streams/{name}"].arrays()}  # type: ignore[union-attr]
    if "rgb" in stream:
        stream["has_depth"] = np.full(len(stream["rgb"]), "depth" in stream)
    if "points_lidar" in stream:  # a row a sweep there, padded
        counts = stream.pop("count")
        for key in ("points_lidar", "point_stamp_ns", "intensity"):
            rows = zip(stream[key], counts, strict=True)
            stream[key] = np.concatenate([row[:count] for row, count in rows])
        stream["end"] = np.cumsum(counts)
    return stream


def _members(group: zarr.Group, name: str) -> Iterator[str]:
    """The names in a part of an episode, in order; none if nothing was recorded for it."""
    return iter(sorted(group[name])) if name in group else iter(())  # type: ignore[arg-type]


def _sha256(path: Path) -> str:
    """The file's SHA-256, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
