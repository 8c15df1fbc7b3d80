"""Chunks: rows of an array as bytes and back, and the metadata by which any zarr 3 reader does the same."""

import json
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import google_crc32c
import numpy as np
from numcodecs.blosc import BITSHUFFLE, SHUFFLE, compress, decompress

from robot.errors import InvalidInput

OWN_CHUNK = 4096  # bytes: a longer row is a chunk of its own, so that one picture costs one read
SHARED_CHUNK = 65536  # bytes of the chunk that shorter rows share
NUMBERS = ("zstd", 1, "shuffle")  # level 3 takes twice as long for 3 % less
BYTES = ("lz4", 9, "bitshuffle")  # pictures: 13 % more than zstd, but unpacked in a third of the time, which is training's
SHUFFLES = {"shuffle": SHUFFLE, "bitshuffle": BITSHUFFLE}
CHECKSUM_BYTES = 4


def rows_per_chunk(row_shape: Sequence[int], dtype: np.dtype) -> int:
    """How many rows of this kind a chunk holds."""
    row_bytes = prod(row_shape) * dtype.itemsize
    return 1 if row_bytes > OWN_CHUNK else SHARED_CHUNK // max(1, row_bytes)


def encode(rows: np.ndarray) -> bytes:
    """The bytes of a whole chunk: Blosc, then the crc32c of that."""
    name, level, shuffle = _packing(rows.dtype)
    data = compress(np.ascontiguousarray(rows), name.encode(), level, SHUFFLES[shuffle], 0, rows.dtype.itemsize)
    return data + checksum(data).to_bytes(CHECKSUM_BYTES, "little")


def refuse_damaged(data: bytes, crc32c: int) -> None:
    """Refuse a chunk that does not end with this checksum of itself."""
    if checksum(data[:-CHECKSUM_BYTES]) != crc32c or int.from_bytes(data[-CHECKSUM_BYTES:], "little") != crc32c:
        raise InvalidInput("its checksum is not the one that the manifest names")


def decode(data: bytes, shape: Sequence[int], dtype: np.dtype) -> np.ndarray:
    """The rows of a chunk, read-only.

    Raises:
        InvalidInput: it is not as long as the array's shape says, or not Blosc's.
    """
    body, expected = data[:-CHECKSUM_BYTES], prod(shape) * dtype.itemsize
    if len(body) < 16 or int.from_bytes(body[4:8], "little") != expected or int.from_bytes(body[12:16], "little") != len(body):
        raise InvalidInput(f"it does not hold {expected} bytes")  # asked of Blosc's header before anything is unpacked
    try:
        return np.frombuffer(decompress(body), dtype).reshape(shape)
    except (RuntimeError, ValueError):
        raise InvalidInput("it can't be unpacked") from None


def checksum(data: bytes) -> int:
    """The crc32c of some bytes (RFC 3720, Castagnoli)."""
    return google_crc32c.value(data)


def array_metadata(shape: Sequence[int], dtype: np.dtype, attributes: Mapping[str, Any], axes: Sequence[str | None]) -> bytes:
    """The `zarr.json` of an array."""
    name, level, shuffle = _packing(dtype)
    blosc = {"typesize": dtype.itemsize, "cname": name, "clevel": level, "shuffle": shuffle, "blocksize": 0}
    order = {} if dtype.itemsize == 1 else {"configuration": {"endian": "little"}}
    chunk_shape = [rows_per_chunk(shape[1:], dtype), *(max(1, size) for size in shape[1:])]
    contents = {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(shape),
        "data_type": dtype.name,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunk_shape}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": False if dtype == np.bool_ else 0,
        "codecs": [{"name": "bytes", **order}, {"name": "blosc", "configuration": blosc}, {"name": "crc32c"}],
        "attributes": dict(attributes),
        "dimension_names": list(axes),
        "storage_transformers": [],
    }
    return json.dumps(contents).encode()


def group_metadata(attributes: Mapping[str, Any]) -> bytes:
    """The `zarr.json` of a group."""
    contents = {"zarr_format": 3, "node_type": "group", "attributes": dict(attributes)}
    return json.dumps(contents, allow_nan=False).encode()


def _packing(dtype: np.dtype) -> tuple[str, int, str]:
    """Blosc's compressor, level and shuffle."""
    return BYTES if dtype.itemsize == 1 else NUMBERS
