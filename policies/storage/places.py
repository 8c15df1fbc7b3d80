"""Places: a folder of episodes on a local disk, or in any store that fsspec knows."""

import os
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from robot.errors import InvalidInput


class Place(Protocol):
    """A folder with files in it."""

    def show(self, name: str) -> str:
        """How a person calls a file in here."""
        ...

    def size(self, name: str) -> int | None:
        """A file's size in bytes, None if it isn't there."""
        ...

    def read(self, name: str, offset: int = 0, size: int | None = None) -> bytes:
        """Part of a file, or all of it from an offset on; shorter where the file ends."""
        ...


class LocalFolder:
    """A folder on this machine."""

    def __init__(self, folder: Path) -> None:
        """Hold the path."""
        self._folder = str(folder)

    def show(self, name: str) -> str:
        """The path."""
        return os.path.join(self._folder, name)  # noqa: PTH118 - asked for every chunk, and four times as fast as a Path

    def size(self, name: str) -> int | None:
        """From the file system."""
        path = Path(self.show(name))
        return path.stat().st_size if path.is_file() else None

    def read(self, name: str, offset: int = 0, size: int | None = None) -> bytes:
        """One read; a file is not kept open, so that any number of episodes can be in use."""
        descriptor = os.open(self.show(name), os.O_RDONLY)
        try:
            if size is not None and size < 1 << 30:
                return os.pread(descriptor, size, offset)
            with os.fdopen(os.dup(descriptor), "rb") as file:
                file.seek(offset)
                return file.read() if size is None else file.read(size)
        finally:
            os.close(descriptor)


class RemoteFolder:
    """A folder in a store of fsspec's."""

    def __init__(self, system: Any, folder: str, url: str) -> None:
        """Hold the file system and the folder in it."""
        self._system, self._folder, self._url = system, folder, url

    def show(self, name: str) -> str:
        """The address."""
        return f"{self._url}/{name}"

    def size(self, name: str) -> int | None:
        """As the store says."""
        path = f"{self._folder}/{name}"
        return int(self._system.size(path)) if self._system.isfile(path) else None

    def read(self, name: str, offset: int = 0, size: int | None = None) -> bytes:
        """One request."""
        return bytes(self._system.cat_file(f"{self._folder}/{name}", start=offset, end=None if size is None else offset + size))


def place_of(where: str | Path) -> tuple[Place, str]:
    """The folder that holds a file, and the file's name in it; addresses such as `s3://bucket/log/episode.json` go to fsspec.

    Raises:
        InvalidInput: no such kind of store, or its library is not installed.
    """
    if "://" not in str(where):
        path = Path(where)
        return LocalFolder(path.parent), path.name
    import fsspec  # only here: a local log needs none of it

    try:
        system, path = fsspec.core.url_to_fs(str(where))
    except (ValueError, ImportError) as error:
        raise InvalidInput(f"episode: {where} can't be opened: {error}") from None
    url, _, name = str(where).rpartition("/")
    return RemoteFolder(system, str(PurePosixPath(path).parent), url), name
