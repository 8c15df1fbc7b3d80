"""Manifest: where every chunk of an episode lies and what its checksum is; readers trust nothing else."""

import hashlib
import json
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from policies.storage.chunks import rows_per_chunk
from robot.errors import InvalidInput

SCHEMA = 2
READABLE = (1, 2)
LARGEST = 1 << 28  # bytes: a manifest of more is no manifest
DTYPES = ("bool", *(f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)), "float16", "float32", "float64")


class LaterVersion(InvalidInput):
    """An episode in a format that this version does not know yet."""


@dataclass(frozen=True, kw_only=True)
class ArrayEntry:
    """Where an array lies.

    Attributes:
        shape: of the whole array.
        dtype: numpy's name.
        rows: how many a chunk holds.
        offset: of each chunk along the first axis, bytes from the file's beginning.
        size: of each chunk, bytes, its checksum included; 0 = it is not there and stands for zeros.
        crc32c: of each chunk, as it ends with.
    """

    shape: tuple[int, ...]
    dtype: str
    rows: int
    offset: Sequence[int]
    size: Sequence[int]
    crc32c: Sequence[int]

    @property
    def chunk_shape(self) -> tuple[int, ...]:
        """Of every chunk, the last one included."""
        return (self.rows, *self.shape[1:])


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a manifest says.

    Attributes:
        schema: the format's version.
        file: the name of the data file beside it.
        size: of that, bytes.
        sha256: of that, hex.
        num_steps: T.
        documents: path of each metadata file in the zip → its offset, size and crc32c.
        arrays: by path.
    """

    schema: int = SCHEMA
    file: str
    size: int
    sha256: str
    num_steps: int = 0
    documents: Mapping[str, tuple[int, int, int]]
    arrays: Mapping[str, ArrayEntry]

    def to_json(self) -> bytes:
        """As a file, which ends with the hash of all the rest."""
        arrays = {path: {key: _plain(value) for key, value in vars(each).items()} for path, each in self.arrays.items()}
        spelled = _spelled({**vars(self), "arrays": arrays})
        ending = f',"sha256_manifest":"{hashlib.sha256(spelled).hexdigest()}"}}'
        return spelled[:-1] + ending.encode()

    @staticmethod
    def from_json(data: bytes, where: str) -> "Manifest":
        """What a file says; one of schema 1 has no arrays here.

        Raises:
            InvalidInput: not a manifest, a damaged one, or one of a later version.
        """
        contents = _contents(data, where)
        try:
            return _checked(contents) if contents["schema"] == SCHEMA else _first_schema(contents)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
            raise InvalidInput(f"episode: {where} is not an episode's manifest") from None


def _contents(data: bytes, where: str) -> dict[str, Any]:
    """The file as a mapping of a schema that can be read, its hash checked."""
    try:
        if len(data) > LARGEST:
            raise ValueError
        contents = json.loads(data)
        schema = contents["schema"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InvalidInput(f"episode: {where} is not an episode's manifest") from None
    if type(schema) is int and schema > SCHEMA:
        known = ", ".join(map(str, READABLE))
        raise LaterVersion(f"episode: {where} has schema {schema}, of a later version of Handsight; this one reads: {known}")
    if type(schema) is not int or schema not in READABLE:
        raise InvalidInput(f"episode: {where} is not an episode's manifest")
    if schema == SCHEMA and contents.pop("sha256_manifest", None) != _hash(contents):
        raise InvalidInput(f"episode: {where} is damaged: it does not fit the hash that it ends with")
    return contents


def _checked(contents: Mapping[str, Any]) -> Manifest:
    """A manifest of this schema, every place in it inside the file."""
    size = _count(contents["size"])
    arrays = {path: _entry(each, size) for path, each in contents["arrays"].items()}
    documents = {path: (_count(o), _count(n), _count(c)) for path, (o, n, c) in contents["documents"].items()}
    if any(offset + length > size for offset, length, _ in documents.values()):
        raise ValueError
    return Manifest(
        file=_plain_name(contents["file"]),
        size=size,
        sha256=str(contents["sha256"]),
        num_steps=_count(contents["num_steps"]),
        documents=documents,
        arrays=arrays,
    )


def _entry(each: Mapping[str, Any], file_size: int) -> ArrayEntry:
    """One array's entry."""
    places = {key: array("Q", each[key]) for key in ("offset", "size", "crc32c")}  # takes whole numbers from 0 on only
    shape = tuple(map(_count, each["shape"]))
    entry = ArrayEntry(shape=shape, dtype=each["dtype"], rows=_count(each["rows"]), **places)
    if entry.dtype not in DTYPES or entry.rows != rows_per_chunk(entry.shape[1:], np.dtype(entry.dtype)):
        raise ValueError
    expected = -(-entry.shape[0] // entry.rows)
    if not len(entry.offset) == len(entry.size) == len(entry.crc32c) == expected:
        raise ValueError
    if any(offset + size > file_size for offset, size in zip(entry.offset, entry.size, strict=True)):
        raise ValueError
    return entry


def _first_schema(contents: Mapping[str, Any]) -> Manifest:
    """A manifest of schema 1, which names no chunks."""
    name = _plain_name(contents["file"])
    size, sha256 = _count(contents["size"]), str(contents["sha256"])
    return Manifest(schema=1, file=name, size=size, sha256=sha256, documents={}, arrays={})


def _count(value: Any) -> int:
    """A whole number from 0 on."""
    if type(value) is not int or value < 0:
        raise ValueError
    return value


def _plain_name(value: Any) -> str:
    """A file's name without any folder, so that a manifest can't lead out of its own."""
    if not isinstance(value, str) or PurePosixPath(value).name != value or not value.endswith(".zarr.zip"):
        raise ValueError
    return value


def _hash(contents: Mapping[str, Any]) -> str:
    """The SHA-256 of the contents, in a spelling that does not depend on the file's."""
    return hashlib.sha256(_spelled(contents)).hexdigest()


def _spelled(contents: Mapping[str, Any]) -> bytes:
    """JSON with sorted keys and no spaces."""
    return json.dumps(contents, sort_keys=True, separators=(",", ":")).encode()


def _plain(value: Any) -> Any:
    """Numbers as JSON writes them."""
    return list(value) if isinstance(value, array | tuple) else value
