"""What a disk, a kill, a second writer or a stranger may do to a log: it is refused or put right, and by name."""

import json
import os
import pickle
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from policies.demonstrations import Episode, manifests, open_episode, problems, read, repair, write
from policies.storage.chunks import decode, encode
from robot.errors import InvalidInput
from tests.policies.mistreatment import flip_bits, places_of
from tests.policies.recorded import episode, recorded
from tests.policies.schema_1 import write_schema_1

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


@pytest.mark.parametrize("dtype", ["uint8", "bool", "uint16", "float32", "float64", "int64"])
@pytest.mark.parametrize("shape", [(1, 9, 7), (64,)])
def test_what_is_encoded_is_decoded(dtype: str, shape: tuple[int, ...]) -> None:
    rows = np.random.default_rng(0).integers(0, 2, shape).astype(dtype)
    back = decode(encode(rows), shape, rows.dtype)
    assert back.dtype == rows.dtype and not back.flags.writeable
    np.testing.assert_array_equal(back, rows)


def test_a_chunk_that_says_it_is_larger_is_not_unpacked() -> None:
    with pytest.raises(InvalidInput, match="does not hold 8 bytes"):
        decode(encode(np.zeros(10_000_000, np.uint8)), (8,), np.dtype(np.uint8))


def test_a_thousand_flipped_bits_and_cuts_are_all_noticed_and_the_chunk_is_named(tmp_path: Path) -> None:
    assert flip_bits(tmp_path, 1000, seed=3) == 1000


def test_every_flipped_bit_of_the_manifest_is_noticed_by_name(copied: Path) -> None:
    whole = copied.read_bytes()
    for position in np.random.default_rng(4).integers(0, 8 * len(whole), 300):
        spoilt = bytearray(whole)
        spoilt[position // 8] ^= 1 << (position % 8)
        copied.write_bytes(spoilt)
        (problem,) = problems(copied)
        assert "episode_000000.json" in problem


@pytest.mark.parametrize("share", [0.0, 0.1, 0.9, 0.999])
def test_a_truncated_file_is_noticed_and_its_lost_chunks_are_named(copied: Path, share: float) -> None:
    size = _data(copied).stat().st_size
    lost = [name for _, end, name in places_of(copied) if end > int(share * size)]
    os.truncate(_data(copied), int(share * size))
    found = problems(copied)
    assert found[-1].endswith(f"has {int(share * size)} bytes; its manifest says {size}")
    assert all(any(name in each for each in found) for name in lost)
    assert share > 0.1 or lost
    with pytest.raises(InvalidInput, match="episode_000000"):
        read(copied)


def test_two_swapped_chunks_are_noticed_by_name(copied: Path) -> None:
    data = bytearray(_data(copied).read_bytes())
    pairs = combinations(places_of(copied), 2)
    (a, b, one), (c, d, other) = next(
        (first, second) for first, second in pairs
        if first[1] - first[0] == second[1] - second[0] and data[slice(*first[:2])] != data[slice(*second[:2])]
    )  # fmt: skip
    data[a:b], data[c:d] = data[c:d], data[a:b]
    _data(copied).write_bytes(data)
    assert [one in each or other in each for each in problems(copied)] == [True, True]


def test_another_episodes_data_under_this_ones_name_is_noticed(copied: Path) -> None:
    other = recorded(copied.parent / "other", seed=9)
    assert not problems(other)
    _data(other).rename(_data(copied))
    assert any("its checksum is not the one that the manifest names" in each for each in problems(copied))


def test_a_missing_data_file_is_noticed_by_name(copied: Path) -> None:
    _data(copied).unlink()
    assert problems(copied) == [f"episode episode_000000: its data file {_data(copied)} is missing"]
    assert manifests(copied.parent) == [copied]
    with pytest.raises(InvalidInput, match="missing"):
        read(copied)


def test_an_episode_without_a_manifest_was_never_finished(copied: Path) -> None:
    copied.unlink()
    with pytest.raises(InvalidInput, match="no manifest"):
        read(copied)
    assert manifests(copied.parent) == []


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "7", '{"schema": 2}', '"schema"', '{"schema": true}', '{"schema": 0}', "[" * 100_000],
)
def test_what_is_no_manifest_is_refused(copied: Path, text: str) -> None:
    copied.write_text(text)
    with pytest.raises(InvalidInput, match="episode"):
        read(copied)


def test_a_schema_from_the_future_is_refused_with_those_that_are_known(copied: Path) -> None:
    copied.write_text(copied.read_text().replace('"schema":2', '"schema":3'))
    with pytest.raises(InvalidInput, match=r"schema 3, of a later version of Handsight; this one reads: 1, 2"):
        read(copied)
    assert list(repair(copied.parent)) == []  # and it is left alone


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ("elsewhere/episode_000000.zarr.zip", ["file"]),
        ("../episode_000000.zarr.zip", ["file"]),
        (-1, ["arrays", "observations/stamp_ns", "offset", 0]),
        (1 << 40, ["arrays", "observations/stamp_ns", "offset", 0]),
        (1 << 40, ["arrays", "observations/stamp_ns", "shape", 0]),
        ("object", ["arrays", "observations/stamp_ns", "dtype"]),
        (0, ["arrays", "observations/stamp_ns", "rows"]),
        (1 << 40, ["documents", "zarr.json", 1]),
        (0.5, ["num_steps"]),
    ],
)
def test_a_manifest_made_by_a_stranger_can_lead_nowhere_else(copied: Path, change: object, at: list[Any]) -> None:
    manifest = open_episode(copied).manifest
    contents = json.loads(manifest.to_json())
    place = contents
    for key in at[:-1]:
        place = place[key]
    place[at[-1]] = change
    contents.pop("sha256_manifest")
    from policies.storage.manifest import _hash

    copied.write_text(json.dumps({**contents, "sha256_manifest": _hash(contents)}))
    with pytest.raises(InvalidInput, match="is not an episode's manifest"):
        read(copied)


def test_a_pickle_under_an_episodes_name_runs_nothing(copied: Path, tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> Any:
            return Path.touch, (tmp_path / "exploded",)

    copied.write_bytes(pickle.dumps(Bomb()))
    _data(copied).write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(InvalidInput, match="not an episode's manifest"):
        read(copied)
    list(repair(copied.parent))
    assert not (tmp_path / "exploded").exists()


def test_an_oversized_manifest_is_refused_unread(copied: Path) -> None:
    with copied.open("r+b") as file:
        file.truncate(1 << 34)  # a hole: takes no disk
    with pytest.raises(InvalidInput, match="it has 17179869184 bytes"):
        read(copied)


def test_an_episode_of_schema_1_is_still_read(tmp_path: Path) -> None:
    wrote, manifest = episode(), write_schema_1(tmp_path, "old", episode())
    back = read(manifest)
    assert [type(each) for each in back.packets] == [type(each) for each in sorted(wrote.packets, key=lambda p: p.stamp_ns)]
    assert back.attributes["instruction"] == wrote.attributes["instruction"]
    np.testing.assert_array_equal(back.commands["joint_position"], wrote.commands["joint_position"])
    again = read(write(tmp_path, "new", back))
    for old, new in zip(back.packets, again.packets, strict=True):
        for name, value in vars(old).items():
            if isinstance(value, np.ndarray):
                np.testing.assert_array_equal(getattr(new, name), value)
    os.truncate(tmp_path / "old.zarr.zip", 1000)
    with pytest.raises(InvalidInput, match=r"old\.zarr\.zip is missing or not what its manifest says"):
        read(manifest)


def test_a_long_episode_of_small_rows_spans_chunks(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    commands = {
        "stamp_ns": np.arange(20_000), "joint_position": rng.normal(size=(20_000, 7)),
        "joint_velocity": np.zeros((20_000, 7)), "gripper_width": rng.random(20_000), "level": np.zeros(20_000, np.int8),
    }  # fmt: skip
    manifest = write(tmp_path, "long", Episode(commands=commands))
    stored = open_episode(manifest)
    assert len(stored.entry("commands/joint_position").offset) == 18
    assert list(stored.entry("commands/joint_velocity").size) == [0] * 18  # zeros take no room
    for key, values in commands.items():
        np.testing.assert_array_equal(stored.array(f"commands/{key}"), values)
        np.testing.assert_array_equal(stored.rows(f"commands/{key}", 1100, 2400), values[1100:2400])
