"""What others recorded comes in as it was, and what their formats lack is named; see test_harmed_imports."""

import os
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from policies.dataset import DatasetConfig, Windows
from policies.demonstrations import observation_at, open_episode, read, rows_of_packets, write
from policies.formats.catalogue import Log, format_of
from policies.formats.foreign import ImportConfig
from robot.errors import InvalidInput
from robot.state import RobotState
from sensors.packets import CameraFrame
from tests.policies import recorded
from tests.policies.formats import worlds
from tests.policies.formats.made import MADE, episodes_of
from tests.policies.schema_1 import write_schema_1


@pytest.mark.parametrize("name", MADE)
def test_pictures_state_and_actions_come_in_as_they_were(name: str, logs, tmp_path: Path) -> None:
    path, world = logs[name]
    assert format_of(path) == MADE[name][0]
    episodes = episodes_of(path)
    assert len(episodes) == (1 if "ros2" in format_of(path) else len(worlds.STEPS))
    for number, wrote in enumerate(episodes):
        episode = read(write(tmp_path, f"episode_{number}", wrote))
        (camera,) = {path.split("/")[1] for path in episode.observations if path.startswith("cameras/")}
        off = np.abs(episode.observations[f"cameras/{camera}/rgb"].astype(int) - world.rgb[number]).max()
        assert off <= (6 if "films" in name else 0)
        assert np.array_equal(episode.observations["state/joint_position"], world.state[number].astype(np.float64))
        assert episode.actions is not None and np.array_equal(episode.actions, world.actions[number])
        assert np.all(np.diff(episode.observations["stamp_ns"]) > 0)
        seen = observation_at(episode, 0)
        assert seen.cameras[camera].K is None and seen.cameras[camera].rgb.shape == (16, 24, 3)


@pytest.mark.parametrize("name", MADE)
def test_what_a_format_lacks_is_named_and_the_sentence_is_kept_where_there_is_one(name: str, logs) -> None:
    episode = episodes_of(logs[name][0])[0]
    absent = episode.attributes["absent"]
    assert {"calibration", "lidar", "depth"} <= set(absent)
    assert ("instruction" in absent) == (name == "calvin")
    assert episode.attributes["instruction"] == ("" if name == "calvin" else worlds.SENTENCES[0])
    assert not [path for path in episode.observations if path.startswith(("lidar", "imu", "cloud")) or path.endswith("/K")]


def test_success_rates_names_and_bounds_are_the_logs_own(logs) -> None:
    v3, other = episodes_of(logs["lerobot v3.0"][0])
    assert (v3.attributes["success"], other.attributes["success"]) == (True, False)
    assert v3.attributes["action"]["names"] == [f"m{n}" for n in range(7)] and v3.attributes["action"]["low"] == [-1.0] * 7
    assert v3.attributes["robot"]["name"] == "so100"
    assert np.array_equal(v3.observations["foreign/force"], logs["lerobot v3.0"][1].force[0])
    lift, failed = episodes_of(logs["robomimic"][0])
    assert (lift.attributes["success"], failed.attributes["success"], lift.attributes["rate_hz"]) == (True, False, 20.0)
    least = np.concatenate(logs["robomimic"][1].actions).min(0)
    assert lift.attributes["action"]["low"] == failed.attributes["action"]["low"] == least.tolist()
    assert lift.attributes["robot"]["joint_names"][0] == "robot0_eef_pos_0" and "foreign/object" in lift.observations
    assert np.diff(lift.observations["stamp_ns"]).tolist() == [50_000_000] * 4


def test_actions_mean_what_the_log_says_and_else_what_the_user_says(logs) -> None:
    assert episodes_of(logs["robomimic"][0])[0].attributes["action"]["kind"] == "opaque"
    assert episodes_of(logs["robomimic"][0], action="ee_delta")[0].attributes["action"]["kind"] == "ee_delta"
    assert (
        episodes_of(logs["calvin"][0], action="ee_pose")[0].attributes["action"]["kind"] == "ee_delta"
    )  # CALVIN says so itself
    with pytest.raises(InvalidInput, match="joint_delta"):
        episodes_of(logs["robomimic"][0], action="torque")


def test_the_user_chooses_the_state_the_actions_the_rate_and_the_sentence(logs) -> None:
    path, world = logs["robomimic"]
    chosen = episodes_of(path, state=["object"], actions="obs/robot0_eef_pos", rate_hz=5.0, instruction="lift it")[0]
    assert np.array_equal(chosen.observations["state/joint_position"], world.force[0].reshape(-1, 6))
    assert chosen.actions is not None and np.array_equal(chosen.actions, world.state[0][:, :3])
    assert chosen.attributes["rate_hz"] == 5.0 and chosen.attributes["instruction"] == worlds.SENTENCES[0]
    with pytest.raises(InvalidInput, match="robot0_eef_pos"):
        episodes_of(path, state=["objekt"])
    assert episodes_of(logs["calvin"][0], instruction="tidy up")[0].attributes["instruction"] == "tidy up"


def test_a_bags_unread_topics_are_named(logs) -> None:
    assert episodes_of(logs["ros2"][0])[0].attributes["left_out"] == ["/rosout: std_msgs/msg/Int32"]


def test_the_first_version_of_this_format_is_written_anew(tmp_path: Path) -> None:
    wrote = recorded.episode()
    write_schema_1(tmp_path, "old", wrote)
    assert format_of(tmp_path) == "handsight"
    ((name, episode),) = Log(tmp_path, ImportConfig()).episodes()
    back = read(write(tmp_path / "new", name, episode))
    assert len(back.packets) == len(wrote.packets) and back.attributes["absent"] == ["observations", "plans"]
    assert np.array_equal(back.commands["joint_position"], wrote.commands["joint_position"])
    with pytest.raises(InvalidInput, match="already"):
        Log(tmp_path / "new", ImportConfig())


@pytest.mark.parametrize("kind", ["image", "video"])
def test_what_the_real_library_wrote_comes_in(kind: str) -> None:
    folder = os.environ.get("HANDSIGHT_LEROBOT_FIXTURES")
    if not folder:
        pytest.skip("HANDSIGHT_LEROBOT_FIXTURES names no folder with lerobot_v3_image and lerobot_v3_video")
    episodes = episodes_of(Path(folder) / f"lerobot_v3_{kind}")
    table = pq.read_table(Path(folder) / f"lerobot_v3_{kind}/data/chunk-000/file-000.parquet")
    joined = np.concatenate([episode.observations["state/joint_position"] for episode in episodes])
    assert np.array_equal(joined, np.array(table["observation.state"].to_pylist()))
    assert [episode.attributes["instruction"] for episode in episodes] == ["task 0", "task 1", "task 0"]
    assert all(episode.observations["cameras/front/rgb"].shape == (30, 96, 96, 3) for episode in episodes)


def test_steps_of_a_bag_may_be_at_any_rate(logs) -> None:
    path, world = logs["ros2"]
    finer = episodes_of(path, rate_hz=20.0)[0]
    assert set(np.diff(finer.observations["stamp_ns"]).tolist()) == {50_000_000}
    shown = {tuple(picture.reshape(-1)[:3]) for picture in finer.observations["cameras/front/rgb"]}
    assert shown <= {tuple(picture.reshape(-1)[:3]) for picture in world.rgb[0]} and len(shown) > 2


def test_without_the_extra_the_sentence_names_it(logs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(InvalidInput, match=r'h5py is not installed.*"handsight\[formats\]"'):
        episodes_of(logs["robomimic"][0])


@pytest.mark.parametrize("name", ["lerobot v3.0", "robomimic", "calvin", "ros2"])
def test_what_came_in_is_trained_on_as_a_foreign_world_is_seen(name: str, logs, tmp_path: Path) -> None:
    found = [write(tmp_path, each, episode) for each, episode in Log(logs[name][0], ImportConfig()).episodes()]
    state = RobotState(
        stamp_ns=0, joint_position=np.zeros(6), joint_velocity=np.zeros(6), joint_torque=np.zeros(6), gripper_width=0.0
    )
    camera = next(path.split("/")[2] for path in open_episode(found[0]).paths if path.endswith("/rgb"))
    world = rows_of_packets(0, [CameraFrame(stamp_ns=0, sensor=camera, rgb=np.zeros((16, 24, 3), np.uint8), depth=None), state])
    taken = {path.removeprefix("observations/") for path in open_episode(found[0]).paths if path.startswith("observations/")}
    assert {path for path in taken if not path.startswith("foreign/")} <= set(world)
    windows = Windows(found, DatasetConfig(actions="actions", horizon=3))
    window = windows[0]
    assert window["actions"]["values"].shape == (3, 7) and window["actions_mask"].all()
    assert window["observations"][f"cameras/{camera}/rgb"].shape == (1, 16, 24, 3)
    assert np.array_equal(window["observations"]["state/joint_position"][0], logs[name][1].state[0][0].astype(np.float64))
