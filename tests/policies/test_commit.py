"""A folder of episodes after kills, cuts of power, full disks and second writers: all that was committed, and nothing else."""

import errno
import io
import json
import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from policies.demonstrations import EpisodeWriter, manifests, open_episode, problems, read, repair, write
from policies.storage import commit as committing
from policies.storage.archive import _HashingFile
from robot.errors import HandsightError, InvalidInput
from tests.policies.recorded import SMALL, episode, observation, recorded

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def stepwise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A committed episode, not to be written to."""
    return recorded(tmp_path_factory.mktemp("log"))


@pytest.fixture
def copied(stepwise: Path, tmp_path: Path) -> Path:
    """A copy of it that may be spoilt."""
    for each in stepwise.parent.iterdir():
        (tmp_path / each.name).write_bytes(each.read_bytes())
    return tmp_path / stepwise.name


def _data(manifest: Path) -> Path:
    """The data file."""
    return manifest.with_suffix(".zarr.zip")


def test_a_second_writer_gets_one_sentence_until_the_first_is_done(tmp_path: Path) -> None:
    with EpisodeWriter(tmp_path, "first", SMALL) as writer:
        writer.add_step(observation(1))
        with pytest.raises(InvalidInput, match=rf"process {os.getpid()} is writing to .*; expected one writer a folder"):
            EpisodeWriter(tmp_path, "second", SMALL)
        with pytest.raises(InvalidInput, match="is writing to"):
            list(repair(tmp_path))
        writer.commit({})
    recorded(tmp_path, "second")
    assert [path.stem for path in manifests(tmp_path)] == ["first", "second"]


class Killed(Exception):
    """The writer's process ends here."""


def test_a_killed_writer_leaves_a_whole_episode_or_none_and_repair_leaves_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = _count_steps(monkeypatch, tmp_path / "counted")
    assert steps >= 5
    for killed_at in range(steps):
        for after in (False, True):
            folder = tmp_path / f"killed_{killed_at}_{after}"
            recorded(folder, "before", steps=1)
            with monkeypatch.context() as patched:
                _kill(patched, killed_at, after)
                with pytest.raises(Killed):
                    write(folder, "episode", episode(1))
            committed = (folder / "episode.json").exists()
            list(repair(folder))
            assert not [path for path in folder.iterdir() if path.suffix not in (".json", ".zip")]
            assert all(not problems(path) for path in manifests(folder))
            names = {path.stem for path in manifests(folder)}
            assert "before" in names and (not committed or "episode" in names)
            if "episode" not in names:
                write(folder, "episode", episode(1))  # it can be written again
            assert len(read(folder / "episode.json").packets) == len(episode(1).packets)


def test_every_prefix_of_what_was_not_yet_on_the_disk_recovers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = _journal(tmp_path / "written", monkeypatch)
    assert [each[0] for each in journal] == ["sync", "sync", "rename", "rename", "sync folder"]
    whole = {name: (tmp_path / "written" / name).read_bytes() for name in ("episode.zarr.zip", "episode.json")}
    for number, disk in enumerate(_disks(journal, whole)):
        folder = tmp_path / f"disk_{number}"
        before = recorded(folder, "before", steps=1)
        for name, data in disk.items():
            (folder / name).write_bytes(data)
        list(repair(folder))
        assert not problems(before)
        for manifest in manifests(folder):
            assert not problems(manifest), (number, disk.keys())
    assert number > 30


def _disks(journal: list[tuple[str, ...]], whole: dict[str, bytes]) -> Iterator[dict[str, bytes]]:
    """What a disk may hold after a loss of power at any moment: of what was not synced any prefix, of renames any subset."""
    data, manifest = "episode.zarr.zip", "episode.json"
    shares = (0.0, 0.3, 0.9, 0.999, 1.0)
    for share in shares:  # the data is being written
        yield {f"{data}.partial": whole[data][: int(share * len(whole[data]))]}
    for share in shares:  # it is on the disk, the manifest is being written
        yield {f"{data}.partial": whole[data], f"{manifest}.partial": whole[manifest][: int(share * len(whole[manifest]))]}
        yield {data: whole[data], f"{manifest}.partial": whole[manifest][: int(share * len(whole[manifest]))]}
        yield {data: whole[data][: int(share * len(whole[data]))]}
    names = {data: (f"{data}.partial", data), manifest: (f"{manifest}.partial", manifest)}
    for renamed in ((), (data,), (manifest,), (data, manifest)):  # both are; the folder is not
        yield {names[name][name in renamed]: whole[name] for name in names}
    for share in shares:  # a disk that reorders what it was told to sync breaks its word; its data is still not believed
        yield {data: whole[data], manifest: whole[manifest], f"{manifest}.partial": whole[manifest][: int(share * 100)]}
        yield {f"{data}.partial": whole[data][: int(share * 1000)], data: whole[data], manifest: whole[manifest]}


def _journal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """In which order a writer reaches for the disk."""
    journal: list[tuple[str, ...]] = []
    fsync, rename = os.fsync, Path.replace
    with monkeypatch.context() as patched:

        def synced(descriptor: int) -> None:
            kind = "sync folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "sync"
            journal.append((kind,))
            fsync(descriptor)

        def renamed(self: Path, to: Path) -> Path:
            journal.append(("rename", self.name))
            return rename(self, to)

        patched.setattr(os, "fsync", synced)
        patched.setattr(Path, "replace", renamed)
        recorded(folder, "episode")
    return journal


def _count_steps(monkeypatch: pytest.MonkeyPatch, folder: Path) -> int:
    """How many times a writer reaches for the disk."""
    with monkeypatch.context() as patched:
        counted = _kill(patched, -1, False)
        write(folder, "episode", episode(1))
        return counted[0]


def _kill(patched: pytest.MonkeyPatch, killed_at: int, after: bool) -> list[int]:
    """Let the writer die at its n-th fsync or rename, before or after it is done, leaving all as it is; the count so far."""
    count = [0]

    def deadly(do: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            number, count[0] = count[0], count[0] + 1
            if number == killed_at and not after:
                raise Killed
            result = do(*args)
            if number == killed_at:
                raise Killed
            return result

        return call

    patched.setattr(os, "fsync", deadly(os.fsync))
    patched.setattr(Path, "replace", deadly(Path.replace))
    patched.setattr(EpisodeWriter, "abort", lambda self: self._lock.release())
    return count


def test_twenty_killed_recorders_lose_nothing_that_was_committed(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "tests.policies.mistreatment",
        "kill",
        str(tmp_path),
        "20",
        "7",
    ]  # in a process without threads
    ran = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) >= 20


def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "before", episode(1))
    left = [20]

    def full(self: _HashingFile, data: bytes) -> int:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return _write(self, data)

    _write = _HashingFile.write
    monkeypatch.setattr(_HashingFile, "write", full)
    for room in (0, 5, 20, 100):
        left[0] = room
        with pytest.raises(HandsightError, match="episode e could not be written: No space left on device"):
            write(tmp_path, "e", episode(4))
        assert sorted(path.name for path in tmp_path.iterdir()) == ["before.json", "before.zarr.zip"]


def test_a_damaged_or_lost_manifest_is_made_anew_from_whole_data(copied: Path) -> None:
    whole = copied.read_bytes()
    for spoil in (lambda: copied.write_bytes(whole[:-40]), copied.unlink):
        spoil()
        assert [each.split(":")[-1] for each in repair(copied.parent)] == [
            " made anew from episode_000000.zarr.zip, which is whole"
        ]
        assert copied.read_bytes() == whole


def test_repair_names_what_it_can_not_mend_and_keeps_it(copied: Path) -> None:
    data = bytearray(_data(copied).read_bytes())
    data[open_episode(copied).entry("observations/cloud/rgb").offset[0] + 20] ^= 1
    _data(copied).write_bytes(data)
    assert list(repair(copied.parent)) == []
    assert "observations/cloud/rgb: chunk 0" in problems(copied)[0]
    copied.write_text("{")
    (sentence,) = repair(copied.parent)
    assert "damaged, and so is its manifest" in sentence
    assert _data(copied).exists()


def test_a_zip_by_a_stranger_does_not_become_an_episode(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("x/c/0", b"1234567890")
        archive.writestr("x/zarr.json", json.dumps({"node_type": "array", "shape": [1 << 40], "data_type": "int64"}))
    (tmp_path / "e.zarr.zip").write_bytes(buffer.getvalue())
    assert "never finished" in next(iter(repair(tmp_path)))
    assert not list(tmp_path.iterdir())


def test_nothing_is_renamed_before_it_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    sync, close, rename = committing.sync, _HashingFile.close, Path.replace
    monkeypatch.setattr(committing, "sync", lambda path: (calls.append(f"sync {path.name}"), sync(path))[1])
    monkeypatch.setattr(_HashingFile, "close", lambda self: (calls.append("sync data"), close(self))[1])
    monkeypatch.setattr(Path, "replace", lambda self, to: (calls.append(f"replace {self.name}"), rename(self, to))[1])
    write(tmp_path / "log", "episode", episode(1))
    assert calls == [
        "sync data", "sync episode.json.partial",
        "replace episode.zarr.zip.partial", "replace episode.json.partial", "sync log",
    ]  # fmt: skip


def test_episodes_that_are_still_being_recorded_in_a_hidden_folder_are_passed_over(copied: Path) -> None:
    hidden = copied.parent / ".parts" / "pick"
    hidden.mkdir(parents=True)
    for each in (copied, _data(copied)):
        (hidden / each.name).write_bytes(each.read_bytes())
    assert manifests(copied.parent) == [copied]
    assert manifests(hidden) == [hidden / copied.name]
