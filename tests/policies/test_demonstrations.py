"""A recorded episode comes back as it was: what was seen, said, answered, commanded and known."""

import json
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pytest
import zarr
from zarr.storage import ZipStore

from policies import demonstrations
from policies.demonstrations import (
    DEPTH_UNIT,
    Episode,
    EpisodeWriter,
    Facts,
    observation_at,
    open_episode,
    plans_in,
    read,
    read_facts,
    rebuild_observations,
    write,
)
from policies.storage.fields import FIELDS
from robot.errors import InvalidInput
from sensors.packets import Packet
from tests.policies.recorded import SMALL, episode, observation, plan, recorded, truth


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A committed episode of packets and commands, not to be written to."""
    return write(tmp_path_factory.mktemp("log"), "episode_000007", episode())


@pytest.fixture(scope="module")
def stepwise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that was written step by step, not to be written to."""
    return recorded(tmp_path_factory.mktemp("stepwise"), facts=True)


def test_every_packet_comes_back_exactly_but_for_the_depths_unit(manifest: Path) -> None:
    wrote, back = episode(), read(manifest)
    assert len(back.packets) == len(wrote.packets)
    for ours, theirs in zip(_ordered(wrote), _ordered(back), strict=True):
        _assert_like("packet", ours, theirs)


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


def test_every_observation_comes_back_as_the_policy_saw_it(stepwise: Path) -> None:
    back = read(stepwise)
    for step in range(6):
        _assert_like("observation", observation(step), observation_at(back, step))


def test_every_plan_comes_back_at_its_step(stepwise: Path) -> None:
    back = plans_in(read(stepwise))
    assert [step for step, _ in back] == list(range(6))
    for step, theirs in back:
        _assert_like("plan", plan(step), theirs)


def test_what_a_person_took_over_is_marked(stepwise: Path) -> None:
    taken_over = read(stepwise).taken_over
    assert taken_over is not None and taken_over.tolist() == [False, True, False, False, False, False]


def test_facts_come_back_by_their_own_door_only(stepwise: Path) -> None:
    facts = read_facts(stepwise)
    for step in range(6):
        for path, rows in truth(step).items():
            np.testing.assert_array_equal(facts.arrays[path] if path == "size" else facts.arrays[path][step], rows)
    assert facts.attributes["objects"][0]["name"] == "red block"
    assert "objects" not in read(stepwise).attributes


def test_a_policys_inputs_are_the_same_without_facts(stepwise: Path, tmp_path: Path) -> None:
    without = read(recorded(tmp_path, facts=False))
    assert not read_facts(tmp_path / "episode_000000.json").arrays
    _assert_like("episode", read(stepwise), without)


def test_a_copy_of_an_episode_is_the_same_episode(stepwise: Path, tmp_path: Path) -> None:
    copy = write(tmp_path, "copy", read(stepwise), read_facts(stepwise))
    _assert_like("episode", read(stepwise), read(copy))
    _assert_like("facts", read_facts(stepwise), read_facts(copy))


def test_the_same_episode_gives_the_same_bytes(stepwise: Path, tmp_path: Path) -> None:
    again = recorded(tmp_path, facts=True)
    for name in (stepwise.name, "episode_000000.zarr.zip"):
        assert (again.parent / name).read_bytes() == (stepwise.parent / name).read_bytes()


def test_zarrs_own_reader_sees_the_same_arrays_with_units_and_frames(stepwise: Path) -> None:
    stored = open_episode(stepwise)
    with ZipStore(stepwise.parent / "episode_000000.zarr.zip", mode="r") as store:
        group = zarr.open_group(store, mode="r")
        for path in stored.paths:
            array = group[path]
            assert isinstance(array, zarr.Array)
            np.testing.assert_array_equal(np.asarray(array), stored.array(path))
            assert {"unit", "frame"} & set(array.attrs) or FIELDS.get(path, FIELDS["plans/kind"]).unit == "-"
        assert group["observations/cameras/front/depth"].attrs["unit"] == "0.25mm"
        assert group["observations/gravity_base"].attrs["frame"] == "base"
        assert group.attrs["instruction"] == "pick up the red block"


def test_the_docstring_names_every_field() -> None:
    text = demonstrations.__doc__ or ""
    assert [path for path in FIELDS if path.rsplit("/", 2 if path.endswith("*") else 1)[-1].strip("/*") not in text] == []


def test_the_manifest_names_file_size_shapes_and_every_chunk(manifest: Path) -> None:
    contents = json.loads(manifest.read_text())
    data = (manifest.parent / contents["file"]).read_bytes()
    assert contents["size"] == len(data)
    front = contents["arrays"]["streams/front/rgb"]
    assert front["shape"] == [4, 6, 8, 3]
    assert contents["arrays"]["commands/joint_position"]["shape"] == [10, 7]
    for entry in contents["arrays"].values():
        for offset, size, crc32c in zip(entry["offset"], entry["size"], entry["crc32c"], strict=True):
            assert size == 0 or data[offset + size - 4 : offset + size] == crc32c.to_bytes(4, "little")


def test_an_episode_without_packets_or_commands_is_no_error(tmp_path: Path) -> None:
    back = read(write(tmp_path, "empty", Episode(packets=episode(1).packets[:1], commands={})))
    assert len(back.packets) == 1 and not back.commands


def test_rows_are_read_without_the_rest(stepwise: Path) -> None:
    stored = open_episode(stepwise)
    for path in stored.paths:
        whole = stored.array(path)
        np.testing.assert_array_equal(stored.rows(path, 1, len(whole)), whole[1:])
    with pytest.raises(InvalidInput, match="available: commands/"):
        stored.array("observations/cameras/wrst/rgb")


def test_an_episode_opens_in_any_store_of_fsspecs(stepwise: Path) -> None:
    memory = fsspec.filesystem("memory")
    for each in stepwise.parent.iterdir():
        memory.pipe_file(f"/log/{each.name}", each.read_bytes())
    _assert_like("episode", read(stepwise), read("memory://log/episode_000000.json"))
    with pytest.raises(InvalidInput, match="no manifest"):
        read("memory://log/episode_000001.json")
    with pytest.raises(InvalidInput, match="can't be opened"):
        read("nowhere://log/episode_000000.json")


def test_foreign_actions_and_arrays_come_back_in_their_own_type(tmp_path: Path) -> None:
    wrote = Episode(
        observations={
            "stamp_ns": np.arange(5) * 100_000_000, "foreign/tactile": np.arange(20, dtype=np.float32).reshape(5, 2, 2)
        },
        actions=np.ones((5, 3), np.float32),
        attributes={"action": {"kind": "ee_delta", "names": ["x", "y", "z"]}, "absent": ["calibration"]},
    )  # fmt: skip
    back = read(write(tmp_path, "foreign", wrote))
    assert back.actions is not None and back.actions.dtype == np.float32
    np.testing.assert_array_equal(back.observations["foreign/tactile"], wrote.observations["foreign/tactile"])
    assert back.observations["foreign/tactile"].dtype == np.float32
    assert open_episode(tmp_path / "foreign.json").num_steps == 5
    with pytest.raises(InvalidInput, match="state/joint_position"):
        observation_at(back, 0)


class EchoFusion:
    """A fusion that is a function of what it is given."""

    def observe(self, packets: Any, state: Any, now_ns: int) -> Any:
        step = (now_ns - 1_000_000_000) // 100_000_000
        assert all(packet.stamp_ns <= now_ns for packet in packets) and len(packets) == 6
        assert state.stamp_ns == now_ns
        return observation(step)


def test_observations_are_made_anew_of_the_streams_step_by_step(stepwise: Path) -> None:
    recorded_one = read(stepwise)
    again = rebuild_observations(recorded_one, EchoFusion())  # type: ignore[arg-type]
    _assert_like("observations", recorded_one.observations, again.observations)
    assert again.attributes["reasons"] == recorded_one.attributes["reasons"]
    with pytest.raises(InvalidInput, match="streams: none were recorded"):
        rebuild_observations(Episode(), EchoFusion())  # type: ignore[arg-type]


def test_an_episode_of_packets_alone_gets_its_observations_from_fusion(manifest: Path) -> None:
    made = rebuild_observations(read(manifest), EchoFusion())  # type: ignore[arg-type]
    assert made.observations["stamp_ns"].tolist() == [1_000_000_000 + k * 100_000_000 for k in range(4)]


@pytest.mark.parametrize(
    ("path", "spoil", "sentence"),
    [
        ("state/joint_position", lambda each: each[:-1], "state/joint_position has 5 rows, observations/stamp_ns has 6"),
        ("gravity_base", lambda each: each * np.nan, "gravity_base: 18 values are not finite, the first in row 0"),
        ("state/joint_torque", lambda each: each / 0, "observations/state/joint_torque: .* values are not finite"),
        ("stamp_ns", lambda each: each[::-1], "stamp_ns: row 1 is at 1400000000 ns, the row before at 1500000000"),
        ("stamp_ns", lambda each: each * 0, "observations/stamp_ns: row 1 is at 0 ns, the row before at 0"),
        ("cameras/front/rgb", lambda each: each.astype(float), "cameras/front/rgb: expected uint8, got float64"),
        ("cameras/front/depth", lambda each: each[..., None], "cameras/front/depth: expected axes"),
        ("contact", lambda each: each.astype(object), "contact: expected bool, got object"),
    ],
)
def test_an_unsound_episode_is_refused_by_episode_and_array(stepwise: Path, tmp_path: Path, path, spoil, sentence) -> None:
    sound = read(stepwise)
    with np.errstate(divide="ignore", invalid="ignore"):
        spoiled = {**sound.observations, path: spoil(sound.observations[path])}
    with pytest.raises(InvalidInput, match=f"episode bad: .*{sentence}"):
        write(tmp_path, "bad", Episode(observations=dict(sorted(spoiled.items(), key=lambda item: item[0] != "stamp_ns"))))
    assert not list(tmp_path.iterdir())


def test_an_unknown_array_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"unknown 'observations/cameras/front/rbg'; available: .*cameras/"):
        write(tmp_path, "bad", Episode(observations={"stamp_ns": np.arange(1), "cameras/front/rbg": np.zeros((1, 2, 2, 3))}))


def test_a_clock_that_goes_back_ends_a_recording_by_step(tmp_path: Path) -> None:
    with EpisodeWriter(tmp_path, "jumping", SMALL) as writer:
        writer.add_step(observation(3))
        with pytest.raises(InvalidInput, match="episode jumping: observations/stamp_ns: step 1 is at"):
            writer.add_step(observation(2))


def test_attributes_that_are_not_json_are_refused(tmp_path: Path) -> None:
    for value in (float("nan"), {1, 2}, np.zeros(2)):
        with pytest.raises(InvalidInput, match="episode e: attributes: expected plain JSON"):
            write(tmp_path, "e", Episode(attributes={"x": value}))
    assert not list(tmp_path.iterdir())


def test_a_name_is_given_once(manifest: Path) -> None:
    before = manifest.read_bytes()
    with pytest.raises(InvalidInput, match="there already"):
        write(manifest.parent, "episode_000007", episode(seed=5))
    assert manifest.read_bytes() == before
    read(manifest)


def _ordered(each: Episode) -> list[Packet]:
    """Packets by stamp and sensor."""
    return sorted(each.packets, key=lambda packet: (packet.stamp_ns, packet.sensor))


def _assert_like(name: str, ours: Any, theirs: Any) -> None:
    """Something came back: exactly, or depth within half a unit and NaN where NaN was."""
    if is_dataclass(ours):
        assert type(ours) is type(theirs), name
        for field in fields(ours):
            _assert_like(f"{name}.{field.name}", getattr(ours, field.name), getattr(theirs, field.name))
    elif isinstance(ours, dict):
        assert sorted(ours) == sorted(theirs), name
        for key, value in ours.items():
            _assert_like(f"{name}.{key}", value, theirs[key])
    elif isinstance(ours, tuple | list):
        assert len(ours) == len(theirs), name
        for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            _assert_like(f"{name}[{index}]", one, other)
    elif name.endswith(".depth") and ours is not None:
        np.testing.assert_array_equal(np.isnan(theirs), np.isnan(ours))
        assert np.nanmax(np.abs(theirs - ours), initial=0) <= DEPTH_UNIT / 2 + 1e-6
    elif isinstance(ours, np.ndarray):
        assert theirs.dtype == ours.dtype, name
        np.testing.assert_array_equal(theirs, ours, err_msg=name)
    else:
        assert theirs == ours, name


def test_facts_of_a_written_episode_keep_their_names(tmp_path: Path) -> None:
    facts = Facts(arrays={"pose": np.zeros((2, 1, 4, 4))}, attributes={"objects": [{"name": "mug"}]})
    wrote = write(tmp_path, "e", Episode(observations={"stamp_ns": np.arange(2)}), facts)
    assert read_facts(wrote).attributes == facts.attributes
