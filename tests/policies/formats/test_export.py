"""What goes out can be read by the plain libraries, and comes back as it was, within the precision of each format."""

import json
import os
import subprocess
from io import BytesIO
from pathlib import Path

import h5py
import numpy as np
import pyarrow.parquet as pq
import pytest
from mcap.reader import make_reader
from PIL import Image
from rosbags.highlevel import AnyReader

from policies.demonstrations import Episode, EpisodeWriter, manifests, read, write
from policies.formats.catalogue import Log, exported
from policies.formats.exported import ExportConfig
from policies.formats.foreign import ForeignEpisode, ImportConfig, episode_of, stamps_at
from robot.errors import InvalidInput
from tests.policies import recorded

STEPS = (4, 3)
PRECISION = {"lerobot": np.float32, "robomimic": np.float64, "mcap": np.float64}


def made(number: int) -> Episode:
    """An episode of noise, as it might have come from elsewhere."""
    rng, steps = np.random.default_rng(number), STEPS[number]
    foreign = ForeignEpisode(
        name=f"episode_{number:06d}",
        stamp_ns=stamps_at(10.0, steps),
        rate_hz=10.0,
        cameras={name: rng.integers(0, 256, (steps, 6, 7, 3), dtype=np.uint8) for name in ("front", "wrist")},
        state=rng.normal(size=(steps, 3)),
        state_names=["a", "b", "c"],
        actions=rng.normal(size=(steps, 2)).astype(np.float32),
        action={"kind": "ee_delta", "names": ["x", "y"], "units": ["m", "m"], "low": [-5.0] * 2, "high": [5.0] * 2},
        arrays={"force": rng.normal(size=(steps, 4, 3)).astype(np.float32), "torque": rng.normal(size=steps)},
        instruction=("pick up the cup", "close the drawer")[number],
        success=number == 0,
        rewards=rng.normal(size=steps),
        robot="so100",
    )
    return episode_of(foreign, ImportConfig(), "noise")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two episodes, not to be written to."""
    folder = tmp_path_factory.mktemp("log")
    for number in range(len(STEPS)):
        write(folder, f"episode_{number:06d}", made(number))
    return folder


@pytest.fixture(scope="module")
def sent(log: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Exports, not to be written to."""
    folder = tmp_path_factory.mktemp("sent")
    places = {"lerobot": folder / "lerobot", "robomimic": folder / "all.hdf5", "mcap": folder / "mcap"}
    for to, out in places.items():
        assert len(list(exported(manifests(log), out, ExportConfig(to=to)))) == len(STEPS)
    return places


@pytest.mark.parametrize("to", PRECISION)
def test_a_round_trip_gives_back_equal_arrays_and_their_meaning(to: str, sent: dict[str, Path], tmp_path: Path) -> None:
    back = [read(write(tmp_path, name, episode)) for name, episode in Log(sent[to], ImportConfig()).episodes()]
    assert len(back) == len(STEPS)
    for number, episode in enumerate(back):
        wrote = made(number)
        assert set(episode.observations) == set(wrote.observations)
        for path, values in wrote.observations.items():
            exact = PRECISION[to] if path == "state/joint_position" else values.dtype
            assert np.array_equal(episode.observations[path], values.astype(exact)), path
        assert np.array_equal(episode.actions, wrote.actions)  # type: ignore[arg-type]
        for key in ("instruction", "success", "rewards", "rate_hz", "robot", "action", "absent"):
            assert episode.attributes[key] == wrote.attributes[key], key


def test_the_lerobot_dataset_is_read_by_plain_pyarrow(sent: dict[str, Path]) -> None:
    info = json.loads((sent["lerobot"] / "meta/info.json").read_text())
    assert (info["codebase_version"], info["fps"], info["total_frames"]) == ("v3.0", 10, sum(STEPS))
    for number in range(len(STEPS)):
        table = pq.read_table(sent["lerobot"] / info["data_path"].format(chunk_index=0, file_index=number))
        picture = np.asarray(Image.open(BytesIO(table["observation.images.front"][1]["bytes"].as_py())))
        assert np.array_equal(picture, made(number).observations["cameras/front/rgb"][1])
        force = np.array(table["observation.force"].to_pylist(), np.float32)
        assert np.array_equal(force, made(number).observations["foreign/force"])
    episodes = pq.read_table(sent["lerobot"] / "meta/episodes/chunk-000/file-000.parquet")
    assert episodes["dataset_to_index"].to_pylist() == [4, 7]
    stats = json.loads((sent["lerobot"] / "meta/stats.json").read_text())
    joined = np.concatenate([made(number).actions for number in range(len(STEPS))])  # type: ignore[arg-type]
    assert np.allclose(stats["action"]["mean"], joined.mean(0)) and np.allclose(stats["action"]["max"], joined.max(0))
    assert np.shape(stats["observation.images.front"]["mean"]) == (3, 1, 1)


def test_the_robomimic_file_is_read_by_plain_h5py(sent: dict[str, Path]) -> None:
    with h5py.File(sent["robomimic"]) as file:
        assert file["data"].attrs["total"] == sum(STEPS)
        assert json.loads(file["data"].attrs["env_args"])["env_kwargs"]["control_freq"] == 10
        for number, steps in enumerate(STEPS):
            demo = file[f"data/demo_{number}"]
            assert demo.attrs["num_samples"] == steps and demo["dones"][-1] == 1
            assert np.array_equal(demo["actions"], made(number).actions)  # type: ignore[arg-type]
            assert np.array_equal(demo["rewards"], made(number).attributes["rewards"])
            assert np.array_equal(demo["obs/wrist_image"], made(number).observations["cameras/wrist/rgb"])


def test_the_mcap_files_are_read_by_plain_mcap_and_rosbags(sent: dict[str, Path]) -> None:
    wrote = made(0)
    path = sent["mcap"] / "episode_000000.mcap"
    with path.open("rb") as file:
        counted = make_reader(file, validate_crcs=True).get_summary().statistics  # type: ignore[union-attr]
        assert counted.message_count == 2 + STEPS[0] * 6
    with AnyReader([path]) as reader:
        chosen = [each for each in reader.connections if each.topic in ("/front/image", "/action")]
        said = {(each.topic, ns): reader.deserialize(raw, each.msgtype) for each, ns, raw in reader.messages(chosen)}
    for step, ns in enumerate(wrote.observations["stamp_ns"].tolist()):
        picture, action = said["/front/image", ns], said["/action", ns]
        assert np.array_equal(picture.data.reshape(6, 7, 3), wrote.observations["cameras/front/rgb"][step])
        assert np.array_equal(action.data, wrote.actions[step]) and action.layout.dim[0].label == "x,y"  # type: ignore[index]


def test_films_come_back_nearly_as_they_were_be_they_of_odd_size(tmp_path: Path) -> None:
    slope = np.linspace(0, 200, 15)[None, None, :, None] * np.ones((4, 11, 1, 3)) + np.arange(4)[:, None, None, None] * 10
    episode = made(0)
    smooth = {**episode.observations, "cameras/front/rgb": slope.astype(np.uint8)}
    smooth = {path: values for path, values in smooth.items() if "wrist" not in path}
    manifest = write(
        tmp_path / "log", "one", Episode(observations=smooth, actions=episode.actions, attributes=episode.attributes)
    )
    list(exported([manifest], tmp_path / "out", ExportConfig(to="lerobot", video=True)))
    ((_, back),) = Log(tmp_path / "out", ImportConfig()).episodes()
    assert np.abs(back.observations["cameras/front/rgb"].astype(int) - smooth["cameras/front/rgb"]).max() <= 6


def test_our_own_episodes_go_out_with_commands_as_actions_and_what_stays_behind_is_named(tmp_path: Path) -> None:
    manifest = recorded.recorded(tmp_path / "log", facts=True)
    config = ExportConfig(to="robomimic", arrays=["lidar/*/points_base"])
    (episode,) = exported([manifest], tmp_path / "out.hdf5", config)
    with h5py.File(tmp_path / "out.hdf5") as file:
        demo = file["data/demo_0"]
        assert demo["actions"].shape == (demo.attrs["num_samples"], 8) and demo["obs/state"].shape[1] == 8
        assert any(name.startswith("lidar") for name in demo["obs"])
    assert "facts/pose" in episode.left_out and "observations/cloud/points_base" in episode.left_out
    assert not [path for path in episode.left_out if path.startswith("observations/lidar") and path.endswith("points_base")]


def test_facts_do_not_go_out_even_if_asked_for(tmp_path: Path) -> None:
    manifest = recorded.recorded(tmp_path / "log", facts=True)
    (episode,) = exported(
        [manifest], tmp_path / "out.hdf5", ExportConfig(to="robomimic", arrays=["*", "facts/*", "../facts/*"])
    )
    assert not [name for name in episode.arrays if "facts" in name or "relations" in name]


def test_an_export_refuses_what_it_can_not_hold_in_one_sentence(log: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="available: lerobot, robomimic, mcap"):
        exported(manifests(log), tmp_path / "out", ExportConfig(to="rlds"))
    with pytest.raises(InvalidInput, match="not empty"):
        list(exported(manifests(log), log, ExportConfig(to="lerobot")))
    episode = made(1)
    assert episode.actions is not None
    wider = Episode(observations=episode.observations, actions=episode.actions[:, :1], attributes=episode.attributes)
    other = write(tmp_path / "log", "wider", wider)
    with pytest.raises(InvalidInput, match="wider: actions"):
        list(exported([*manifests(log), other], tmp_path / "lerobot", ExportConfig(to="lerobot")))
    with EpisodeWriter(tmp_path / "log", "bare") as writer:
        bare = writer.commit({})
    with pytest.raises(InvalidInput, match="expected observations"):
        list(exported([bare], tmp_path / "mcap", ExportConfig(to="mcap")))
    with pytest.raises(InvalidInput, match="expected observations"):
        list(exported([*manifests(log), bare], tmp_path / "robomimic", ExportConfig(to="robomimic")))
    assert not list((tmp_path / "robomimic").iterdir()), "half a file is none"


READ_IT = """
import json, sys
from lerobot.datasets.lerobot_dataset import LeRobotDataset
data = LeRobotDataset("local/export", root=sys.argv[1], delta_timestamps={"action": [0.0, 0.1]})
rows = [data[index] for index in range(len(data))]
print(json.dumps([{"task": row["task"], "action": row["action"].tolist(), "state": row["observation.state"].tolist(),
                   "rgb": (row["observation.images.front"] * 255).round().tolist()} for row in rows]))
"""


@pytest.mark.slow
def test_the_real_lerobot_reads_our_export(sent: dict[str, Path]) -> None:
    python = os.environ.get("HANDSIGHT_LEROBOT_PYTHON")
    if not python:
        pytest.skip("HANDSIGHT_LEROBOT_PYTHON names no python with lerobot 0.4.4 in an environment of its own")
    command = [python, "-c", READ_IT, str(sent["lerobot"])]
    offline = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=offline)
    assert ran.returncode == 0, ran.stderr
    rows = json.loads(ran.stdout.splitlines()[-1])
    assert len(rows) == sum(STEPS)
    for number, step, row in ((0, 1, rows[1]), (1, 0, rows[STEPS[0]])):
        wrote = made(number)
        assert wrote.actions is not None and row["task"] == wrote.attributes["instruction"]
        assert np.allclose(row["action"], wrote.actions[step : step + 2], atol=1e-7)
        assert np.allclose(row["state"], wrote.observations["state/joint_position"][step], atol=1e-6)
        assert np.array_equal(np.moveaxis(row["rgb"], 0, -1), wrote.observations["cameras/front/rgb"][step])
