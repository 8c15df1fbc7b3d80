"""ArchiveWriter: grows the arrays of one episode, row by row, into an uncompressed zip in zarr 3's layout."""

import hashlib
import os
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from policies.storage.chunks import CHECKSUM_BYTES, array_metadata, checksum, encode, group_metadata, rows_per_chunk
from policies.storage.fields import attributes_of, axes_of, checked_rows
from policies.storage.manifest import ArrayEntry, Manifest
from robot.errors import InvalidInput

ZIP_HEADER = 30  # bytes before the name of an entry (APPNOTE 4.3.7); the data follows the name
PIECE = 1 << 16  # bytes that are written at once
SYNC_BYTES = 4 << 20  # so much at a time is handed to the disk on the way, so that little is left to wait for at the end


class ArchiveWriter:
    """Writes one zip; an array begins with its first row and may skip rows, which are zeros then."""

    def __init__(self, path: Path) -> None:
        """Begin an empty file."""
        self.path = path
        self._file = _HashingFile(path)
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_STORED)  # type: ignore[arg-type]
        self._arrays: dict[str, _GrowingArray] = {}

    @property
    def paths(self) -> tuple[str, ...]:
        """The arrays that were begun."""
        return tuple(self._arrays)

    def append(self, path: str, rows: object, first: int | None = None) -> None:
        """Put rows (n, …) behind what an array holds, or at a row farther on.

        Raises:
            InvalidInput: no such array, rows unlike those before, values that are not finite, or a row that is written.
        """
        checked = checked_rows(path, rows)
        if path not in self._arrays:
            self._arrays[path] = _GrowingArray(path, checked)
        self._arrays[path].append(checked, first, self._add)

    def finish(self, num_steps: int, lengths: Mapping[str, int], attributes: Mapping[str, Mapping[str, Any]]) -> Manifest:
        """End the file on the disk.

        Args:
            num_steps: T.
            lengths: path → how long an array is in the end, where more than its last row says.
            attributes: of the groups, by path; the outermost is "".
        """
        documents: dict[str, tuple[int, int, int]] = {}
        entries = {path: array.finish(lengths.get(path, 0), self._add) for path, array in sorted(self._arrays.items())}
        groups = {str(parent) for path in entries for parent in PurePosixPath(path).parents} - {"."}
        for group in sorted(groups | set(attributes) | {""}):
            contents = group_metadata(attributes.get(group, {}))
            documents[f"{group}/zarr.json".lstrip("/")] = self._add_document(f"{group}/zarr.json".lstrip("/"), contents)
        for path, entry in entries.items():
            axes = axes_of(path, len(entry.shape))
            contents = array_metadata(entry.shape, np.dtype(entry.dtype), attributes_of(path), axes)
            documents[f"{path}/zarr.json"] = self._add_document(f"{path}/zarr.json", contents)
        self._zip.close()
        self._file.close()
        return Manifest(
            file=self.path.name.removesuffix(".partial"),
            size=self._file.size,
            sha256=self._file.hash.hexdigest(),
            num_steps=num_steps,
            documents=documents,
            arrays=entries,
        )

    def abort(self) -> None:
        """Give up and free the disk."""
        self._zip.fp = None  # else it would write its end when it is forgotten
        self._file.abandon()
        self.path.unlink(missing_ok=True)

    def _add_document(self, name: str, contents: bytes) -> tuple[int, int, int]:
        """A metadata file's place and checksum; it carries none of its own."""
        return self._add(name, contents), len(contents), checksum(contents)

    def _add(self, name: str, data: bytes) -> int:
        """Put one entry into the zip; where its data begins."""
        entry = zipfile.ZipInfo(name)  # dated 1980 whatever the day: the same episode gives the same bytes
        self._zip.writestr(entry, data)
        return entry.header_offset + ZIP_HEADER + len(name.encode())


class _GrowingArray:
    """One array while it grows: the chunk at its end is in memory, the others are written."""

    def __init__(self, path: str, rows: np.ndarray) -> None:
        """Begin with the shape and dtype of its first rows."""
        self._path = path
        self._rows = rows_per_chunk(rows.shape[1:], rows.dtype)
        self._chunk = np.zeros((self._rows, *rows.shape[1:]), rows.dtype)
        self._number = 0  # of the chunk in memory
        self._length = 0
        self._written: dict[int, tuple[int, int, int]] = {}

    def append(self, rows: np.ndarray, first: int | None, add: Any) -> None:
        """Take rows in; `add` writes a chunk."""
        first = self._length if first is None else first
        if first < self._length:
            raise InvalidInput(f"{self._path}: row {first} is written already; expected {self._length} or later")
        if rows.shape[1:] != self._chunk.shape[1:] or rows.dtype != self._chunk.dtype:
            wanted, got = (f"{each.dtype} {each.shape[1:]}" for each in (self._chunk, rows))
            raise InvalidInput(f"{self._path}: row {first}: expected {wanted} as in the rows before, got {got}")
        taken = 0
        while taken < len(rows):
            number, within = divmod(first + taken, self._rows)
            self._move_to(number, add)
            count = min(len(rows) - taken, self._rows - within)
            self._chunk[within : within + count] = rows[taken : taken + count]
            taken += count
        self._length = first + len(rows)

    def finish(self, length: int, add: Any) -> ArrayEntry:
        """Write what is left; the array's entry."""
        self._move_to(-1, add)
        length = max(length, self._length)
        places = [self._written.get(number, (0, 0, 0)) for number in range(-(-length // self._rows))]
        offset, size, crc32c = zip(*places, strict=True) if places else ((), (), ())
        shape, dtype = (length, *self._chunk.shape[1:]), self._chunk.dtype.name
        return ArrayEntry(shape=shape, dtype=dtype, rows=self._rows, offset=offset, size=size, crc32c=crc32c)

    def _move_to(self, number: int, add: Any) -> None:
        """Write the chunk in memory if another is next; one of zeros is left out."""
        if number == self._number:
            return
        if self._chunk.any():
            data = encode(self._chunk)
            name = "/".join([self._path, "c", str(self._number), *["0"] * (self._chunk.ndim - 1)])
            crc32c = int.from_bytes(data[-CHECKSUM_BYTES:], "little")
            self._written[self._number] = (add(name, data), len(data), crc32c)
            self._chunk[:] = 0
        self._number = number


class _HashingFile:
    """A file that is only ever written to its end, and knows its SHA-256."""

    def __init__(self, path: Path) -> None:
        """Begin it; what was there is gone."""
        self._file = path.open("wb", buffering=0)
        self.hash, self.size, self._synced = hashlib.sha256(), 0, 0
        self._pending = bytearray()  # a zip's end comes in thousands of small pieces

    def write(self, data: bytes) -> int:
        """Put bytes behind what is there."""
        self._pending += data
        self.size += len(data)
        if len(self._pending) > PIECE:
            self._drain()
        return len(data)

    def flush(self) -> None:
        """Leave it be: only the end counts."""

    def close(self) -> None:
        """Hand all of it to the disk and close."""
        self._drain()
        os.fsync(self._file.fileno())
        self._file.close()

    def _drain(self) -> None:
        """Write what has gathered; from time to time let the disk begin with it."""
        self.hash.update(self._pending)
        rest = memoryview(self._pending)
        while rest:
            rest = rest[self._file.write(rest) :]
        self._pending = bytearray()
        if self.size - self._synced > SYNC_BYTES:
            if sys.platform == "linux":  # begins to write and does not wait, unlike fsync
                os.posix_fadvise(self._file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            self._synced = self.size

    def abandon(self) -> None:
        """Close, and let go of what has gathered."""
        self._file.close()
