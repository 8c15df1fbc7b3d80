"""What others recorded comes in as it was; what their formats lack is named, and what is damaged is refused in one sentence."""

import itertools
import json
import os
import pickle
import shutil
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mcap.writer import Writer as McapWriter
from rosbags.rosbag2 import StoragePlugin
from rosbags.typesys import Stores, get_typestore

from policies.dataset import DatasetConfig, Windows
from policies.demonstrations import Episode, observation_at, open_episode, read, rows_of_packets, write
from policies.formats import foreign
from policies.formats.catalogue import Log, exported, format_of
from policies.formats.exported import ExportConfig
from policies.formats.foreign import ImportConfig
from robot.errors import HandsightError, InvalidInput
from robot.state import RobotState
from sensors.packets import CameraFrame
from tests.policies import recorded
from tests.policies.formats import worlds
from tests.policies.schema_1 import write_schema_1

MADE: dict[str, tuple[str, Callable[[Path], worlds.World]]] = {
    "lerobot v3.0": ("lerobot", worlds.lerobot),
    "lerobot v3.0 films": ("lerobot", lambda path: worlds.lerobot(path, films=True)),
    "lerobot v2.1": ("lerobot", lambda path: worlds.lerobot(path, "v2.1")),
    "lerobot v2.1 films": ("lerobot", lambda path: worlds.lerobot(path, "v2.1", films=True)),
    "robomimic": ("robomimic", worlds.robomimic),
    "calvin": ("calvin", worlds.calvin),
    "ros2": ("ros2", worlds.bag),
    "mcap": ("ros2", lambda path: worlds.bag(path, StoragePlugin.MCAP)),
}


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, worlds.World]]:
    """One of each format, not to be written to."""
    folder = tmp_path_factory.mktemp("foreign")
    paths = {name: folder / (name.replace(" ", "_") + (".hdf5" if name == "robomimic" else "")) for name in MADE}
    return {name: (paths[name], make(paths[name])) for name, (_, make) in MADE.items()}


def episodes_of(path: Path, **options: object) -> list[Episode]:
    return [episode for _, episode in Log(path, ImportConfig(**options)).episodes()]  # type: ignore[arg-type]


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


def _info(folder: Path, **changes: object) -> None:
    path = folder / "meta/info.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def _data(folder: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    path = folder / "data/chunk-000/file-000.parquet"
    pq.write_table(change(pq.read_table(path)), path)


def _column(key: str, change: Callable[[list], list]) -> Callable[[Path], None]:
    def apply(table: pa.Table) -> pa.Table:
        values = change(table[key].to_pylist())
        return table.set_column(table.column_names.index(key), key, pa.array(values))

    return lambda folder: _data(folder, apply)


def _cut(path: str) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        data = (folder / path).read_bytes()
        (folder / path).write_bytes(data[: len(data) // 2])

    return apply


def _feature(folder: Path, key: str, shape: list[int]) -> None:
    features = json.loads((folder / "meta/info.json").read_text())["features"]
    features[key]["shape"] = shape
    _info(folder, features=features)


LEROBOT_HARM: dict[str, tuple[Callable[[Path], None], str]] = {
    "another version": (lambda folder: _info(folder, codebase_version="v9.0"), "v9.0.*v3.0"),
    "no rate": (lambda folder: _info(folder, fps=0), "fps"),
    "a path that leads out": (lambda folder: _info(folder, data_path="../{chunk_index}.parquet"), "leads out"),
    "a template that asks for more": (lambda folder: _info(folder, data_path="{self.__class__}.parquet"), "missing"),
    "a table cut short": (_cut("data/chunk-000/file-000.parquet"), "not a whole Parquet file"),
    "a table missing": (lambda folder: (folder / "data/chunk-000/file-000.parquet").unlink(), "missing"),
    "steps swapped": (_column("frame_index", lambda rows: [rows[1], rows[0], *rows[2:]]), "step 1 of episode 0"),
    "another's rows": (_column("episode_index", lambda rows: [7] * len(rows)), "of episode 7"),
    "rows of unequal length": (_column("action", lambda rows: [rows[0][:3], *rows[1:]]), "3 values; expected 7"),
    "an empty cell": (_column("action", lambda rows: [None, *rows[1:]]), "empty"),
    "words for numbers": (_column("action", lambda rows: ["go"] * len(rows)), "expected numbers"),
    "too few rows": (lambda folder: _data(folder, lambda table: table.slice(0, 7)), "7 rows"),
    "a column missing": (lambda folder: _data(folder, lambda table: table.drop_columns(["action"])), "no column 'action'"),
    "pictures of another size": (lambda folder: _feature(folder, "observation.images.front", [8, 8, 3]), r"\(16, 24\)"),
    "oversized": (lambda folder: _feature(folder, "observation.images.front", [1 << 20, 1 << 20, 3]), "at most"),
    "a picture that is none": (
        _column("observation.images.front", lambda rows: [{"bytes": b"GIF89a", "path": ""}] * len(rows)),
        "PNG or JPEG",
    ),
    "values that are not finite": (_column("action", lambda rows: [[float("nan")] * 7, *rows[1:]]), "not finite"),
}


@pytest.mark.parametrize("harm", LEROBOT_HARM)
def test_a_damaged_lerobot_dataset_is_refused_in_one_sentence(harm: str, logs, tmp_path: Path) -> None:
    folder = tmp_path / "harmed"
    shutil.copytree(logs["lerobot v3.0"][0], folder)
    apply, words = LEROBOT_HARM[harm]
    apply(folder)
    with pytest.raises(InvalidInput, match=words) as refusal:
        for number, episode in enumerate(episodes_of(folder)):
            write(tmp_path / "out", f"episode_{number}", episode)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("version", ["v2.1", "v3.0"])
def test_a_film_shorter_than_its_table_is_refused_by_episode_and_stream(version: str, tmp_path: Path) -> None:
    world = worlds.lerobot(tmp_path, version, films=True)
    path = next(iter(sorted(tmp_path.rglob("*.mp4"))))
    worlds.film(path, world.rgb[0][:3])
    with pytest.raises(InvalidInput, match=r"episode 0, observation.images.front: .* 3 pictures for 5 steps"):
        episodes_of(tmp_path)
    path.unlink()
    with pytest.raises(InvalidInput, match="is missing"):
        episodes_of(tmp_path)


def test_a_playlist_called_mp4_is_not_followed(tmp_path: Path) -> None:
    worlds.lerobot(tmp_path, films=True)
    path = next(iter(tmp_path.rglob("*.mp4")))
    path.write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/secret.ts\n")
    with pytest.raises(InvalidInput, match="not a whole film"):
        episodes_of(tmp_path)


class Trap:
    """Leaves a trace if it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, ...]:
        return (os.mkdir, (str(self.trace),))


def test_pickled_objects_are_never_opened(logs, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    folder = tmp_path / "calvin"
    shutil.copytree(logs["calvin"][0], folder)
    np.savez(folder / "episode_0000100.npz", rel_actions=np.array([Trap(trace)], object))
    with pytest.raises(InvalidInput, match="pickled"):
        episodes_of(folder)
    np.save(folder / "ep_start_end_ids.npy", np.array([Trap(trace)], object), allow_pickle=True)
    with pytest.raises(InvalidInput, match="plain array"):
        episodes_of(folder)
    file = tmp_path / "trap.hdf5"
    shutil.copy(logs["robomimic"][0], file)
    with h5py.File(file, "r+") as opened:
        del opened["data/demo_0/actions"]
        opened["data/demo_0/actions"] = np.void(pickle.dumps(Trap(trace)))
    with pytest.raises(InvalidInput, match="plain numbers"):
        episodes_of(file)
    assert not trace.exists()


def test_objects_and_links_in_an_hdf5_file_are_not_followed(logs, tmp_path: Path) -> None:
    links = (h5py.ExternalLink("/etc/passwd", "/"), h5py.SoftLink("/data/demo_1/actions"))
    for link, place in itertools.product(links, ("data/demo_0/obs/object", "data/demo_0/actions")):
        file = tmp_path / "linked.hdf5"
        shutil.copy(logs["robomimic"][0], file)
        with h5py.File(file, "r+") as opened:
            del opened[place]
            opened[place] = link
        with pytest.raises(InvalidInput, match="link"):
            episodes_of(file)


def test_an_hdf5_file_with_unequal_lengths_or_no_rate_is_refused(logs, tmp_path: Path) -> None:
    file = tmp_path / "short.hdf5"
    shutil.copy(logs["robomimic"][0], file)
    with h5py.File(file, "r+") as opened:
        opened["data"].attrs["env_args"] = "{}"
    with pytest.raises(InvalidInput, match="rate_hz="):
        episodes_of(file)
    assert episodes_of(file, rate_hz=20.0)[0].attributes.get("success") is None  # nobody says what the reward means
    with h5py.File(file, "r+") as opened:
        del opened["data/demo_1/obs/object"]
        opened["data/demo_1/obs/object"] = np.zeros((3, 6))
    with pytest.raises(InvalidInput, match="demo_1/obs/object has 3 rows; expected 4"):
        episodes_of(file, rate_hz=20.0)


def test_calvin_steps_that_are_missing_or_other_than_the_first_are_named(logs, tmp_path: Path) -> None:
    folder = tmp_path / "calvin"
    shutil.copytree(logs["calvin"][0], folder)
    np.savez(folder / "episode_0000102.npz", rel_actions=np.zeros(6, np.float32))
    with pytest.raises(InvalidInput, match=r"episode 0: .*0000102.npz"):
        episodes_of(folder)
    (folder / "episode_0000102.npz").unlink()
    with pytest.raises(InvalidInput, match="episode 0: step 102 is missing"):
        episodes_of(folder)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(logs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "calvin"
    shutil.copytree(logs["calvin"][0], folder)
    monkeypatch.setattr(foreign, "LARGEST", 1 << 20)
    np.savez_compressed(folder / "episode_0000100.npz", rel_actions=np.zeros(1 << 20))
    with pytest.raises(InvalidInput, match="at most"):
        episodes_of(folder)
    with zipfile.ZipFile(folder / "episode_0000100.npz", "w") as archive:  # a header that claims far more than there is
        header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (90000,), }".ljust(69) + b"\n"
        archive.writestr("rel_actions.npy", b"\x93NUMPY\x01\x00\x46\x00" + header)
    with pytest.raises(InvalidInput, match=r"claims \(90000,\)"):
        episodes_of(folder)


def test_a_flip_in_an_mcap_of_ours_is_noticed(tmp_path: Path, logs) -> None:
    manifest = write(tmp_path / "log", "one", episodes_of(logs["lerobot v3.0"][0])[0])
    list(exported([manifest], tmp_path / "mcap", ExportConfig(to="mcap")))
    path = tmp_path / "mcap/one.mcap"
    whole = path.read_bytes()
    for at in np.random.default_rng(0).integers(0, len(whole) // 2, 40):  # the summary behind it is read by nobody here
        flipped = bytearray(whole)
        flipped[at] ^= 1 << int(at % 8)
        path.write_bytes(flipped)
        with pytest.raises(InvalidInput):
            episodes_of(path)
    path.write_bytes(whole[:-100])
    with pytest.raises(InvalidInput):
        episodes_of(path)


@pytest.mark.parametrize("name", ["lerobot v3.0", "lerobot v3.0 films", "robomimic", "calvin", "ros2", "mcap"])
def test_whatever_is_flipped_or_cut_nothing_but_one_sentence_comes_out(name: str, logs, tmp_path: Path) -> None:
    source, rng, refused = logs[name][0], np.random.default_rng(1), 0
    for number in range(25):
        copy = tmp_path / f"{number}{source.suffix}"
        shutil.copytree(source, copy) if source.is_dir() else shutil.copy(source, copy)
        files = sorted(path for path in copy.rglob("*") if path.is_file()) if copy.is_dir() else [copy]
        path = files[rng.integers(len(files))]
        data = bytearray(path.read_bytes())
        at = int(rng.integers(len(data)))
        data[at] ^= 1 << int(rng.integers(8))
        path.write_bytes(data[:at] if number % 3 == 0 else data)
        try:
            episodes_of(copy)
        except HandsightError as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused >= 5, "truncations at least are refused"


def test_what_is_no_log_is_refused_and_the_valid_formats_are_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"no .*nowhere"):
        Log(tmp_path / "nowhere", ImportConfig())
    with pytest.raises(InvalidInput, match=r"lerobot.*calvin"):
        Log(tmp_path, ImportConfig())
    with pytest.raises(InvalidInput, match="robomimic"):
        Log(tmp_path, ImportConfig(format="rlds"))
    worlds.calvin(tmp_path / "training")
    with pytest.raises(InvalidInput, match="training"):
        Log(tmp_path, ImportConfig())


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


def mcap(path: Path, stamps: list[int], encoding: str = "cdr") -> None:
    """Commands at these stamps, by the plain library; Float64MultiArray of one number."""
    types = get_typestore(Stores.ROS2_HUMBLE)
    kind = "std_msgs/msg/Float64MultiArray"
    layout = types.types["std_msgs/msg/MultiArrayLayout"](dim=[], data_offset=0)
    text, _ = types.generate_msgdef(kind, ros_version=2)
    with path.open("wb") as file:
        writer = McapWriter(file)
        writer.start()
        channel = writer.register_channel("/command", encoding, writer.register_schema(kind, "ros2msg", text.encode()))
        for number, stamp_ns in enumerate(stamps):
            raw = types.serialize_cdr(types.types[kind](layout=layout, data=np.array([float(number)])), kind)
            writer.add_message(channel, stamp_ns, bytes(raw), stamp_ns)
        writer.finish()


def test_a_bag_whose_clock_jumps_or_whose_messages_are_not_ros_is_refused(tmp_path: Path) -> None:
    mcap(tmp_path / "good.mcap", [0, 100, 200])
    assert episodes_of(tmp_path / "good.mcap")[0].actions.ravel().tolist() == [0.0, 1.0, 2.0]  # type: ignore[union-attr]
    mcap(tmp_path / "jump.mcap", [0, 200, 100])
    with pytest.raises(InvalidInput, match="/command: its clock jumps back from 200 to 100 ns"):
        episodes_of(tmp_path / "jump.mcap")
    mcap(tmp_path / "json.mcap", [0, 100], encoding="json")
    with pytest.raises(InvalidInput, match=r"/command has json messages.*expected ROS 2"):
        episodes_of(tmp_path / "json.mcap")


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


def test_a_foreign_name_can_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    assert foreign.plain_name("../../etc/passwd") == "etc_passwd"
    with pytest.raises(InvalidInput, match="can't be a name"):
        foreign.plain_name("../..")


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
