"""A recorded episode comes back as it was, or not at all and by name."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from policies import demonstrations
from policies.demonstrations import DEPTH_UNIT, Episode, read, verified_file, write
from robot.errors import InvalidInput
from robot.obstacles import Box
from sensors.packets import Packet
from tests.policies.recorded import episode


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A committed episode, not to be written to."""
    return write(tmp_path_factory.mktemp("log"), "episode_000007", episode())


@pytest.fixture
def copied(manifest: Path, tmp_path: Path) -> Path:
    """A copy of it that may be spoilt."""
    for each in manifest.parent.iterdir():
        (tmp_path / each.name).write_bytes(each.read_bytes())
    return tmp_path / manifest.name


def test_every_packet_comes_back_exactly_but_for_the_depths_unit(manifest: Path) -> None:
    wrote, back = episode(), read(manifest)
    assert len(back.packets) == len(wrote.packets)
    for ours, theirs in zip(_ordered(wrote), _ordered(back), strict=True):
        assert type(ours) is type(theirs)
        for name, value in vars(ours).items():
            _assert_like(name, value, getattr(theirs, name))


def test_packets_come_back_in_the_order_of_their_stamps(manifest: Path) -> None:
    stamps = [packet.stamp_ns for packet in read(manifest).packets]
    assert stamps == sorted(stamps)


def test_commands_and_attributes_come_back_exactly(manifest: Path) -> None:
    wrote, back = episode(), read(manifest)
    assert set(back.commands) == set(wrote.commands)
    for name, values in wrote.commands.items():
        assert back.commands[name].dtype == values.dtype
        np.testing.assert_array_equal(back.commands[name], values)
    assert {name: back.attributes[name] for name in wrote.attributes} == wrote.attributes


def test_the_manifest_names_file_size_and_shapes(manifest: Path) -> None:
    contents = json.loads(manifest.read_text())
    data = manifest.parent / contents["file"]
    assert contents["size"] == data.stat().st_size
    assert contents["arrays"]["streams/front/rgb"] == [4, 6, 8, 3]
    assert contents["arrays"]["commands/joint_position"] == [10, 7]
    assert not list(manifest.parent.glob("*.partial"))


def test_an_episode_without_packets_or_commands_is_no_error(tmp_path: Path) -> None:
    back = read(write(tmp_path, "empty", Episode(packets=episode(1).packets[:1], commands={})))
    assert len(back.packets) == 1 and not back.commands


def test_every_flipped_bit_is_noticed_by_name(copied: Path) -> None:
    data = copied.parent / "episode_000007.zarr.zip"
    whole = data.read_bytes()
    positions = np.random.default_rng(3).integers(0, 8 * len(whole), 200)
    for position in positions:
        spoilt = bytearray(whole)
        spoilt[position // 8] ^= 1 << (position % 8)
        data.write_bytes(spoilt)
        with pytest.raises(InvalidInput, match="episode_000007"):
            read(copied)
    data.write_bytes(whole)
    read(copied)


def test_every_flipped_bit_of_the_manifest_is_refused_or_means_the_same(copied: Path) -> None:
    whole = copied.read_bytes()
    for position in np.random.default_rng(4).integers(0, 8 * len(whole), 200):
        spoilt = bytearray(whole)
        spoilt[position // 8] ^= 1 << (position % 8)
        copied.write_bytes(spoilt)
        try:
            assert verified_file(copied).name == "episode_000007.zarr.zip"
        except InvalidInput as refusal:
            assert "episode" in str(refusal)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_truncated_file_is_noticed_by_name(copied: Path, share: float) -> None:
    data = copied.parent / "episode_000007.zarr.zip"
    data.write_bytes(data.read_bytes()[: int(share * data.stat().st_size)])
    with pytest.raises(InvalidInput, match=r"episode_000007\.zarr\.zip is missing or not what its manifest says"):
        read(copied)


def test_a_missing_data_file_is_noticed_by_name(copied: Path) -> None:
    (copied.parent / "episode_000007.zarr.zip").unlink()
    with pytest.raises(InvalidInput, match="episode_000007"):
        read(copied)


def test_an_episode_without_a_manifest_was_never_finished(copied: Path) -> None:
    copied.unlink()
    with pytest.raises(InvalidInput, match="no manifest"):
        read(copied)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "7", '{"schema": 1}', '"schema"', '{"schema": 1, "file": 3, "size": 1, "sha256": ""}']
)
def test_what_is_no_manifest_is_refused(copied: Path, text: str) -> None:
    copied.write_text(text)
    with pytest.raises(InvalidInput, match="episode"):
        read(copied)


def test_a_future_schema_is_refused_with_the_one_that_is_known(copied: Path) -> None:
    copied.write_text(copied.read_text().replace('"schema": 1', '"schema": 2'))
    with pytest.raises(InvalidInput, match="schema 2; available: 1"):
        read(copied)


def test_a_manifest_can_not_lead_to_another_folder(copied: Path, tmp_path: Path) -> None:
    contents = json.loads(copied.read_text())
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / contents["file"]).rename(elsewhere / contents["file"])
    copied.write_text(json.dumps({**contents, "file": f"elsewhere/{contents['file']}"}))
    with pytest.raises(InvalidInput, match="missing"):
        read(copied)


def test_a_name_is_given_once(copied: Path) -> None:
    before = copied.read_bytes()
    with pytest.raises(InvalidInput, match="there already"):
        write(copied.parent, "episode_000007", episode(seed=5))
    assert copied.read_bytes() == before
    read(copied)


class Killed(Exception):
    """The writer's process ends here."""


def test_a_killed_writer_leaves_a_whole_episode_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = _count_steps(monkeypatch, tmp_path / "counted")
    assert steps >= 5
    for killed_at in range(steps):
        for after in (False, True):
            folder = tmp_path / f"killed_{killed_at}_{after}"
            with monkeypatch.context() as patched:
                _kill(patched, killed_at, after)
                with pytest.raises(Killed):
                    write(folder, "episode", episode(1))
            manifest = folder / "episode.json"
            if manifest.exists():
                assert len(read(manifest).packets) == len(episode(1).packets)
            else:
                assert len(read(write(folder, "episode", episode(1))).packets) == len(
                    episode(1).packets
                )  # it can be written again


def test_nothing_is_renamed_before_it_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    sync, replace = demonstrations._sync, Path.replace
    monkeypatch.setattr(demonstrations, "_sync", lambda path: (calls.append(f"sync {path.name}"), sync(path)))
    monkeypatch.setattr(Path, "replace", lambda self, to: (calls.append(f"replace {self.name}"), replace(self, to))[1])
    write(tmp_path / "log", "episode", episode(1))
    assert calls == [
        "sync episode.zarr.zip.partial", "replace episode.zarr.zip.partial",
        "sync episode.json.partial", "replace episode.json.partial", "sync log",
    ]  # fmt: skip


def _count_steps(monkeypatch: pytest.MonkeyPatch, folder: Path) -> int:
    """How many times a writer reaches for the disk."""
    with monkeypatch.context() as patched:
        counted = _kill(patched, -1, False)
        write(folder, "episode", episode(1))
        return counted[0]


def _kill(patched: pytest.MonkeyPatch, killed_at: int, after: bool) -> list[int]:
    """Let the writer die at its n-th fsync or rename, before or after it is done; the count so far."""
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
    return count


def _ordered(each: Episode) -> list[Packet]:
    """Packets by stamp and sensor."""
    return sorted(each.packets, key=lambda packet: (packet.stamp_ns, packet.sensor))


def _assert_like(name: str, ours: Any, theirs: Any) -> None:
    """A field came back: exactly, or depth within half a unit and NaN where NaN was."""
    if name == "base_twist":
        return  # not recorded: the base stands still
    if isinstance(ours, Box):
        np.testing.assert_array_equal(theirs.pose, ours.pose)
        np.testing.assert_array_equal(theirs.size, ours.size)
    elif name == "depth" and ours is not None:
        np.testing.assert_array_equal(np.isnan(theirs), np.isnan(ours))
        assert np.nanmax(np.abs(theirs - ours)) <= DEPTH_UNIT / 2 + 1e-6
    elif isinstance(ours, np.ndarray):
        assert theirs.dtype == ours.dtype
        np.testing.assert_array_equal(theirs, ours)
    else:
        assert theirs == ours, name
