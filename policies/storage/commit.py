"""Commit: how an episode gets into a folder whole or not at all, by one writer at a time, and how a folder is put right."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from policies.storage.manifest import LARGEST, LaterVersion, Manifest
from policies.storage.recovery import manifest_from_data
from policies.storage.stored import StoredEpisode
from robot.errors import InvalidInput

LOCK = ".writer"
PARTIAL = ".partial"
DATA = ".zarr.zip"


class FolderLock:
    """The right to write into a folder; it ends with the process, however that ends.

    Attributes:
        made_folder: whether the folder was not there before.
    """

    def __init__(self, folder: Path) -> None:
        """Take it.

        Raises:
            InvalidInput: another writer has it.
        """
        self.made_folder = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / LOCK
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if self._path.stat().st_ino != os.fstat(self._descriptor).st_ino:
                raise OSError("the writer that has just ended took its lock file away")
        except OSError:
            other = os.read(self._descriptor, 32).decode(errors="replace").strip() or "unknown"
            os.close(self._descriptor)
            raise InvalidInput(
                f"episode: process {other} is writing to {folder}; expected one writer a folder: wait for it or name another"
            ) from None
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, f"{os.getpid()}\n".encode())

    @property
    def held(self) -> bool:
        """Whether it is still held."""
        return self._descriptor >= 0

    def release(self) -> None:
        """Give it back; a second time is no error."""
        if self.held:
            self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = -1


def commit(partial: Path, manifest: Manifest) -> Path:
    """Name a data file that is on the disk already, then its manifest, last; the manifest's path."""
    folder, name = partial.parent, manifest.file.removesuffix(DATA)
    beside = folder / f"{name}.json{PARTIAL}"
    beside.write_bytes(manifest.to_json())
    sync(beside)
    partial.replace(folder / manifest.file)
    final = folder / f"{name}.json"
    beside.replace(final)
    sync(folder)
    return final


def sync(path: Path) -> None:
    """Make what was written to a file or folder outlive a loss of power."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def manifests(folder: Path) -> list[Path]:
    """The manifests in a folder and below it, in order of their paths, damaged ones included.

    Folders whose names begin with a dot, where episodes lie while they are being recorded, are passed over.
    """
    found = (path for path in folder.rglob("*.json") if path.is_file() and not _hidden(path.relative_to(folder)))
    return sorted(path for path in found if _data_beside(path).exists() or _names_data(path))


def _hidden(path: Path) -> bool:
    """Whether a path leads through a folder whose name begins with a dot."""
    return any(part.startswith(".") for part in path.parts)


def repair(folder: Path) -> Iterator[str]:
    """Put a folder right after a crash: what was committed stays, what was never finished goes; a sentence for each change.

    A damaged or lost manifest is made anew from a data file that is whole. Damaged data stays as it is, and is named.

    Raises:
        InvalidInput: a writer is at work.
    """
    for where in sorted({path.parent for path in folder.rglob("*") if path.name.endswith((PARTIAL, DATA))}):
        lock = FolderLock(where)
        try:
            yield from _repair(where)
        finally:
            lock.release()


def _repair(folder: Path) -> Iterator[str]:
    """Put one folder right, not those below it."""
    for partial in sorted(folder.glob(f"*{DATA}{PARTIAL}")):
        yield from _finish_or_remove(partial)
    for partial in sorted(folder.glob(f"*.json{PARTIAL}")):
        partial.unlink()
        yield f"{partial}: removed, it was never finished"
    for data in sorted(folder.glob(f"*{DATA}")):
        manifest = data.with_name(data.name.removesuffix(DATA) + ".json")
        if not _readable(manifest):
            yield from _rebuild_or_remove(data, manifest)
    sync(folder)


def _finish_or_remove(partial: Path) -> Iterator[str]:
    """A data file without its name: one whose manifest got its own gets it now, any other goes."""
    data = partial.with_name(partial.name.removesuffix(PARTIAL))
    manifest = data.with_name(data.name.removesuffix(DATA) + ".json")
    if not data.exists() and _readable(manifest) and StoredEpisode(manifest).manifest.size == partial.stat().st_size:
        partial.replace(data)
        yield f"{data}: renamed, its manifest was there already"
    else:
        partial.unlink()
        yield f"{partial}: removed, it was never finished"


def _rebuild_or_remove(data: Path, manifest: Path) -> Iterator[str]:
    """A data file without a manifest that can be read."""
    try:
        rebuilt = manifest_from_data(data)
    except InvalidInput as error:
        if manifest.exists():
            yield f"{data}: damaged, and so is its manifest: {error}"
        else:
            data.unlink()
            yield f"{data}: removed, it was never finished"
        return
    beside = manifest.with_name(manifest.name + PARTIAL)
    beside.write_bytes(rebuilt.to_json())
    sync(beside)
    beside.replace(manifest)
    yield f"{manifest}: made anew from {data.name}, which is whole"


def _readable(manifest: Path) -> bool:
    """Whether a manifest is there and says something, be it of a later version."""
    try:
        StoredEpisode(manifest)
    except LaterVersion:
        return True
    except InvalidInput:
        return False
    return True


def _data_beside(manifest: Path) -> Path:
    """The data file that belongs to a manifest of that name."""
    return manifest.with_suffix(DATA)


def _names_data(path: Path) -> bool:
    """Whether a JSON file without a data file beside it is an episode's manifest that has lost it."""
    if path.stat().st_size > LARGEST:
        return False
    try:
        Manifest.from_json(path.read_bytes(), str(path))
    except LaterVersion:
        return True
    except InvalidInput:
        return False
    return True
