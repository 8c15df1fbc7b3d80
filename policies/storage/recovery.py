"""manifest_from_data(): a manifest made anew from a data file whose every chunk is whole."""

import hashlib
import json
import re
import struct
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from policies.storage.archive import ZIP_HEADER
from policies.storage.chunks import CHECKSUM_BYTES, checksum, rows_per_chunk
from policies.storage.manifest import ArrayEntry, Manifest
from robot.errors import InvalidInput

_CHUNK = re.compile(r"(.+)/c/(\d+)(?:/0)*")


def manifest_from_data(data: Path) -> Manifest:
    """Read a whole data file and say where everything lies.

    Raises:
        InvalidInput: it was not written to its end, or anything in it is damaged.
    """
    try:
        with zipfile.ZipFile(data) as archive, data.open("rb") as file:
            places = {entry.filename: (_begin(file, entry), entry.file_size) for entry in archive.infolist()}
            contents = {name: _part(file, *place) for name, place in places.items() if name.endswith("zarr.json")}
            if archive.testzip() is not None:
                raise InvalidInput(f"{data}: {archive.testzip()} is damaged")
            chunks = _chunks(file, places)
        described = {name.removesuffix("/zarr.json"): json.loads(each) for name, each in contents.items()}
        arrays = {path: _entry(each, chunks[path]) for path, each in described.items() if each["node_type"] == "array"}
    except (zipfile.BadZipFile, OSError, KeyError, ValueError, struct.error, NotImplementedError, EOFError) as error:
        raise InvalidInput(f"{data} was not written to its end or is damaged ({error})") from None
    with data.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    steps = [entry.shape[0] for path, entry in arrays.items() if path.startswith(("observations/", "actions/"))]
    documents = {name: (*places[name], checksum(each)) for name, each in contents.items()}
    return Manifest(
        file=data.name,
        size=data.stat().st_size,
        sha256=sha256,
        num_steps=max(steps, default=0),
        documents=documents,
        arrays=arrays,
    )


def _begin(file: Any, entry: zipfile.ZipInfo) -> int:
    """Where an entry's data begins."""
    header = _part(file, entry.header_offset, ZIP_HEADER)
    name_bytes, extra_bytes = struct.unpack("<HH", header[26:30])
    return entry.header_offset + ZIP_HEADER + name_bytes + extra_bytes


def _part(file: Any, offset: int, size: int) -> bytes:
    """Some bytes of the file."""
    file.seek(offset)
    return file.read(size)


def _chunks(file: Any, places: dict[str, tuple[int, int]]) -> dict[str, dict[int, tuple[int, int, int]]]:
    """Offset, size and checksum of each chunk, by array and number."""
    chunks: dict[str, dict[int, tuple[int, int, int]]] = defaultdict(dict)
    for name, (offset, size) in places.items():
        match = _CHUNK.fullmatch(name)
        if match is not None:
            crc32c = int.from_bytes(_part(file, offset + size - CHECKSUM_BYTES, CHECKSUM_BYTES), "little")
            chunks[match[1]][int(match[2])] = (offset, size, crc32c)
    return chunks


def _entry(described: dict[str, Any], chunks: dict[int, tuple[int, int, int]]) -> ArrayEntry:
    """An array's entry from its metadata."""
    shape, dtype = tuple(described["shape"]), described["data_type"]
    rows = rows_per_chunk(shape[1:], np.dtype(dtype))
    if described["chunk_grid"]["configuration"]["chunk_shape"][0] != rows:
        raise ValueError("its chunks are not those of this schema")
    places = [chunks.get(number, (0, 0, 0)) for number in range(-(-shape[0] // rows))]
    offset, size, crc32c = zip(*places, strict=True) if places else ((), (), ())
    return ArrayEntry(shape=shape, dtype=dtype, rows=rows, offset=offset, size=size, crc32c=crc32c)
