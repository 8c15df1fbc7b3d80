"""StoredEpisode: a committed episode, read chunk by chunk; every chunk is checked before it is believed."""

import hashlib
import json
from collections.abc import Iterable
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from policies.storage.chunks import checksum, decode, refuse_damaged
from policies.storage.manifest import LARGEST, ArrayEntry, Manifest
from policies.storage.places import place_of
from robot.errors import InvalidInput, one_of

PIECE = 8 << 20  # bytes read at once where all of a file is read


class StoredEpisode:
    """An open episode of schema 2; opening reads the manifest only.

    Attributes:
        name: of the episode, the manifest's without ".json".
        manifest: where everything lies.
    """

    def __init__(self, where: str | Path) -> None:
        """Read a manifest, by its path or its address.

        Raises:
            InvalidInput: no manifest, a damaged one, or one of another version.
        """
        self._place, file = place_of(where)
        self.name, self.where = file.removesuffix(".json"), self._place.show(file)
        size = self._place.size(file)
        if size is None:
            wanted = "the .json that stands beside an episode's .zarr.zip"
            raise InvalidInput(f"episode: no manifest {self.where!r}; expected {wanted}")
        if size > LARGEST:
            raise InvalidInput(f"episode: {self.where} is not an episode's manifest: it has {size} bytes")
        self.manifest = Manifest.from_json(self._place.read(file), self.where)

    @property
    def num_steps(self) -> int:
        """T."""
        return self.manifest.num_steps

    @property
    def paths(self) -> tuple[str, ...]:
        """Every array but facts."""
        return tuple(path for path in self.manifest.arrays if not path.startswith("facts/"))

    @cached_property
    def attributes(self) -> dict[str, Any]:
        """Sentence, outcome, config and the like."""
        return self._document("zarr.json")

    @cached_property
    def facts_attributes(self) -> dict[str, Any]:
        """Names of objects, relations and joints; for losses and scores only."""
        return self._document("facts/zarr.json") if "facts/zarr.json" in self.manifest.documents else {}

    def entry(self, path: str) -> ArrayEntry:
        """Where an array lies.

        Raises:
            InvalidInput: the episode has no such array.
        """
        if path not in self.manifest.arrays:
            raise one_of(f"episode {self.name}: array", path, self.manifest.arrays or ("none",))
        return self.manifest.arrays[path]

    def array(self, path: str) -> np.ndarray:
        """All of an array, read-only."""
        return self.rows(path, 0, self.entry(path).shape[0])

    def rows(self, path: str, start: int, stop: int) -> np.ndarray:
        """Rows start to stop of an array, read-only; only the chunks that hold them are read.

        Raises:
            InvalidInput: no such array, or a chunk that is not what the manifest says.
        """
        entry = self.entry(path)
        if entry.rows == 1 and stop - start == 1:
            return self.chunk(path, start)  # the way of every single picture, without a copy
        result = np.empty((max(0, stop - start), *entry.shape[1:]), np.dtype(entry.dtype))
        for number in range(start // entry.rows, -(-stop // entry.rows)):
            first = number * entry.rows
            begin, end = max(start, first), min(stop, first + entry.rows)
            result[begin - start : end - start] = self.chunk(path, number)[begin - first : end - first]
        result.flags.writeable = False
        return result

    def chunk(self, path: str, number: int) -> np.ndarray:
        """One chunk, in full."""
        entry = self.entry(path)
        dtype = np.dtype(entry.dtype)
        if not entry.size[number]:
            return np.broadcast_to(np.zeros((), dtype), entry.chunk_shape)
        data = self._chunk_bytes(path, number)
        try:
            return decode(data, entry.chunk_shape, dtype)
        except InvalidInput as error:
            raise InvalidInput(self._damaged(path, number, error)) from None

    def _chunk_bytes(self, path: str, number: int) -> bytes:
        """A chunk as it lies in the file, its checksum checked."""
        entry = self.manifest.arrays[path]
        data = self._read(entry.offset[number], entry.size[number])
        try:
            refuse_damaged(data, entry.crc32c[number])
        except InvalidInput as error:
            raise InvalidInput(self._damaged(path, number, error)) from None
        return data

    def _damaged(self, path: str, number: int, error: InvalidInput) -> str:
        """The sentence for a chunk that can't be believed."""
        return f"episode {self.name}: {path}: chunk {number} is damaged: {error}; {self.where}"

    def problems(self) -> Iterable[str]:
        """What is wrong with the data file, one sentence each: the broken chunks by name, else what lies between them."""
        if self._place.size(self.manifest.file) is None:
            yield f"episode {self.name}: its data file {self._place.show(self.manifest.file)} is missing"
            return
        if self.whole:
            return
        damaged = list(self._damaged_parts())
        yield from damaged
        size = self._place.size(self.manifest.file)
        if size != self.manifest.size:
            yield f"episode {self.name}: {self.manifest.file} has {size} bytes; its manifest says {self.manifest.size}"
        elif not damaged:
            yield f"episode {self.name}: {self.manifest.file} is damaged between its chunks; every array can still be read"

    def _damaged_parts(self) -> Iterable[str]:
        """A sentence for each chunk and metadata file that can't be believed."""
        chunks = [(path, number) for path, entry in self.manifest.arrays.items() for number, n in enumerate(entry.size) if n]
        checks = [partial(self._chunk_bytes, *each) for each in chunks]
        for check in [*checks, *[partial(self._document_bytes, path) for path in self.manifest.documents]]:
            try:
                check()
            except InvalidInput as error:
                yield str(error)

    @property
    def whole(self) -> bool:
        """Whether the data file is what the manifest says, to the last byte; reads all of it."""
        file = self.manifest.file
        if self._place.size(file) != self.manifest.size:
            return False
        sha256 = hashlib.sha256()
        for offset in range(0, self.manifest.size, PIECE):
            sha256.update(self._place.read(file, offset, min(PIECE, self.manifest.size - offset)))
        return sha256.hexdigest() == self.manifest.sha256

    def _document(self, path: str) -> dict[str, Any]:
        """A metadata file's attributes."""
        return dict(json.loads(self._document_bytes(path))["attributes"])

    def _document_bytes(self, path: str) -> bytes:
        """A metadata file."""
        offset, size, crc32c = self.manifest.documents[path]
        data = self._read(offset, size)
        if checksum(data) != crc32c:
            raise InvalidInput(f"episode {self.name}: {path} is damaged: its checksum does not fit; {self.where}")
        return data

    def _read(self, offset: int, size: int) -> bytes:
        """Some bytes of the data file."""
        try:
            return self._place.read(self.manifest.file, offset, size)
        except OSError as error:
            file = self._place.show(self.manifest.file)
            raise InvalidInput(f"episode {self.name}: {file} can't be read: {error.strerror or error}") from None
