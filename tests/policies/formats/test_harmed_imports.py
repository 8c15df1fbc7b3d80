"""What is damaged, hostile or no log at all is refused in one sentence, and nothing of it runs."""

import itertools
import json
import os
import pickle
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mcap.writer import Writer as McapWriter
from rosbags.typesys import Stores, get_typestore

from policies.demonstrations import write
from policies.formats import foreign
from policies.formats.catalogue import Log, exported
from policies.formats.exported import ExportConfig
from policies.formats.foreign import ImportConfig
from robot.errors import HandsightError, InvalidInput
from tests.policies.formats import worlds
from tests.policies.formats.made import episodes_of


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


def test_a_foreign_name_can_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    assert foreign.plain_name("../../etc/passwd") == "etc_passwd"
    with pytest.raises(InvalidInput, match="can't be a name"):
        foreign.plain_name("../..")
