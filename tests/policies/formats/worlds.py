"""Small logs as other people's tools write them, made with the plain libraries and drawn from a seed."""

import json
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

STEPS, RATE_HZ, SENTENCES = (5, 4), 10, ("pick up the cup", "close the drawer")


@dataclass
class World:
    """What was written: an entry for each episode."""

    rgb: list[np.ndarray]
    state: list[np.ndarray]
    actions: list[np.ndarray]
    force: list[np.ndarray]


def drawn(seed: int = 0) -> World:
    """Episodes of smooth pictures (T, 16, 24, 3), states (T, 6), actions (T, 7) and forces (T, 2, 3)."""
    rng = np.random.default_rng(seed)
    slope = np.linspace(0, 120, 24)[None, None, :, None] * np.ones((1, 16, 1, 3))
    return World(
        rgb=[(slope + rng.uniform(0, 100, (n, 1, 1, 3))).astype(np.uint8) for n in STEPS],
        state=[rng.normal(size=(n, 6)).astype(np.float32) for n in STEPS],
        actions=[rng.uniform(-1, 1, (n, 7)).astype(np.float32) for n in STEPS],
        force=[rng.normal(size=(n, 2, 3)).astype(np.float32) for n in STEPS],
    )


def lerobot(folder: Path, version: str = "v3.0", films: bool = False) -> World:
    """A LeRobot dataset; v3.0 holds both episodes in one file."""
    world, meta = drawn(), folder / "meta"
    meta.mkdir(parents=True)
    (meta / "info.json").write_text(json.dumps(_info(version, films)))
    (meta / "stats.json").write_text(json.dumps({"action": {"min": [-1.0] * 7, "max": [1.0] * 7}}))
    tables = [_table(world, number, films) for number in range(len(STEPS))]
    if version == "v3.0":
        _write(folder / "data/chunk-000/file-000.parquet", pa.concat_tables(tables))
        _write(meta / "tasks.parquet", pa.table({"task_index": [0, 1], "__index_level_0__": list(SENTENCES)}))
        _write(meta / "episodes/chunk-000/file-000.parquet", pa.Table.from_pylist(_lines_v3(films)))
        if films:
            film(folder / "videos/observation.images.front/chunk-000/file-000.mp4", np.concatenate(world.rgb))
        return world
    for number, table in enumerate(tables):
        _write(folder / f"data/chunk-000/episode_{number:06d}.parquet", table)
        if films:
            film(folder / f"videos/chunk-000/observation.images.front/episode_{number:06d}.mp4", world.rgb[number])
    lines = [{"episode_index": n, "tasks": [SENTENCES[n]], "length": STEPS[n]} for n in range(len(STEPS))]
    (meta / "episodes.jsonl").write_text("\n".join(map(json.dumps, lines)))
    return world


def robomimic(path: Path) -> World:
    """A robomimic file with a sparse reward in the first demonstration."""
    world = drawn()
    with h5py.File(path, "w") as file:
        data = file.create_group("data")
        env = {"env_name": "Lift", "type": 1, "env_kwargs": {"control_freq": 20, "robots": ["Panda"]}}
        data.attrs["env_args"] = json.dumps(env)
        for number, steps in enumerate(STEPS):
            demo = data.create_group(f"demo_{number}")
            demo.attrs["ep_meta"] = json.dumps({"lang": SENTENCES[number]})
            demo["actions"] = world.actions[number]
            demo["rewards"] = np.arange(steps) == (steps - 1 if number == 0 else -1)
            demo["states"] = np.zeros((steps, 3))
            demo["obs/agentview_image"] = world.rgb[number]
            demo["obs/robot0_eef_pos"], demo["obs/robot0_gripper_qpos"] = np.split(world.state[number], [3], axis=1)
            demo["obs/object"] = world.force[number].reshape(steps, 6)
    return world


def calvin(folder: Path) -> World:
    """A CALVIN split; its sentences lie in a pickle."""
    world, first = drawn(), 100
    folder.mkdir(parents=True)
    ends = []
    for number, steps in enumerate(STEPS):
        ends.append((first, first + steps - 1))
        for step in range(steps):
            arrays: dict[str, Any] = {"rgb_static": world.rgb[number][step], "rel_actions": world.actions[number][step]}
            arrays |= {"robot_obs": world.state[number][step], "force": world.force[number][step]}
            np.savez_compressed(folder / f"episode_{first + step:07d}.npz", **arrays)
        first += steps + 10
    np.save(folder / "ep_start_end_ids.npy", np.array(ends))
    (folder / "lang_annotations").mkdir()
    np.save(
        folder / "lang_annotations/auto_lang_ann.npy", np.array({"language": {"ann": SENTENCES}}, object), allow_pickle=True
    )
    return world


def bag(folder: Path, storage: StoragePlugin = StoragePlugin.SQLITE3) -> World:
    """A ROS 2 bag of the first episode: pictures at 10 Hz, joints and commands at 30 Hz, and a topic nobody reads."""
    world, types = drawn(), get_typestore(Stores.ROS2_HUMBLE)
    make = types.types
    empty = np.zeros(0)

    def header(ns: int) -> Any:
        stamp = make["builtin_interfaces/msg/Time"](sec=ns // 10**9, nanosec=ns % 10**9)
        return make["std_msgs/msg/Header"](stamp=stamp, frame_id="")

    with Writer(folder, version=9, storage_plugin=storage) as writer:
        kinds = {
            "/front/image_raw": "sensor_msgs/msg/Image", "/joint_states": "sensor_msgs/msg/JointState",
            "/arm/command": "std_msgs/msg/Float64MultiArray", "/task": "std_msgs/msg/String", "/rosout": "std_msgs/msg/Int32",
        }  # fmt: skip
        topics = {name: writer.add_connection(name, kind, typestore=types) for name, kind in kinds.items()}

        def put(topic: str, ns: int, **fields: Any) -> None:
            kind = kinds[topic]
            writer.write(topics[topic], ns, types.serialize_cdr(make[kind](**fields), kind))

        put("/task", 10**9, data=SENTENCES[0])
        put("/rosout", 10**9, data=1)
        layout = make["std_msgs/msg/MultiArrayLayout"](dim=[], data_offset=0)
        names = [f"j{n}" for n in range(6)]
        for step in range(STEPS[0]):
            for third in range(3):
                ns = 10**9 + step * 10**8 + (third - 2) * 3 * 10**7
                now = world.state[0][step].astype(np.float64) - 100.0 * (third - 2)  # only the newest before a picture counts
                put("/joint_states", ns, header=header(ns), name=names, position=now, velocity=empty, effort=empty)
                put("/arm/command", ns, layout=layout, data=world.actions[0][step].astype(np.float64))
            ns = 10**9 + step * 10**8 + 10**6
            bgr = world.rgb[0][step][:, :, ::-1]
            padded = np.zeros((16, 80), np.uint8)  # a row may be longer than its pixels
            padded[:, :72] = bgr.reshape(16, 72)
            fields = {"height": 16, "width": 24, "encoding": "bgr8", "is_bigendian": 0, "step": 80}
            put("/front/image_raw", ns, header=header(ns), **fields, data=padded.reshape(-1))
    return world


def film(path: Path, pictures: np.ndarray) -> None:
    """An mp4 of pictures."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE_HZ, options={"crf": "10", "g": "2"})
        stream.height, stream.width, stream.pix_fmt = pictures.shape[1], pictures.shape[2], "yuv420p"
        for rgb in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        container.mux(stream.encode())


def png(rgb: np.ndarray) -> bytes:
    """A picture."""
    data = BytesIO()
    Image.fromarray(rgb).save(data, "PNG")
    return data.getvalue()


def _table(world: World, number: int, films: bool) -> pa.Table:
    """One episode's rows."""
    steps, before = STEPS[number], sum(STEPS[:number])
    columns: dict[str, Any] = {
        "observation.state": pa.FixedSizeListArray.from_arrays(world.state[number].reshape(-1), 6),
        "action": world.actions[number].tolist(),
        "observation.force": world.force[number].tolist(),
        "timestamp": np.arange(steps, dtype=np.float32) / RATE_HZ,
        "frame_index": np.arange(steps),
        "episode_index": np.full(steps, number),
        "index": before + np.arange(steps),
        "task_index": np.full(steps, number),
        "next.success": np.arange(steps) == (steps - 1 if number == 0 else -1),
    }
    if not films:
        cells = [{"bytes": png(rgb), "path": ""} for rgb in world.rgb[number]]
        columns["observation.images.front"] = pa.array(cells, pa.struct([("bytes", pa.binary()), ("path", pa.string())]))
    return pa.table(columns)


def _info(version: str, films: bool) -> dict[str, Any]:
    """As meta/info.json."""
    v3 = version == "v3.0"
    shapes = {"observation.state": [6], "action": [7], "observation.force": [2, 3], "timestamp": [1]}
    features: dict[str, Any] = {key: {"dtype": "float32", "shape": shape, "names": None} for key, shape in shapes.items()}
    counts = ("frame_index", "episode_index", "index", "task_index")
    features |= {key: {"dtype": "int64", "shape": [1], "names": None} for key in counts}
    features["next.success"] = {"dtype": "bool", "shape": [1], "names": None}
    features["action"]["names"] = {"motors": [f"m{n}" for n in range(7)]}
    picture = {"dtype": "video" if films else "image", "shape": [16, 24, 3], "names": ["height", "width", "channels"]}
    file = "chunk-{chunk_index:03d}/file-{file_index:03d}"
    episode, chunk = "episode_{episode_index:06d}", "chunk-{episode_chunk:03d}"
    return {
        "codebase_version": version, "robot_type": "so100", "fps": RATE_HZ, "chunks_size": 1000,
        "features": {**features, "observation.images.front": picture},
        "data_path": f"data/{file}.parquet" if v3 else f"data/{chunk}/{episode}.parquet",
        "video_path": f"videos/{{video_key}}/{file}.mp4" if v3 else f"videos/{chunk}/{{video_key}}/{episode}.mp4",
    }  # fmt: skip


def _lines_v3(films: bool) -> list[dict[str, Any]]:
    """As the table of episodes."""
    lines = []
    for number, steps in enumerate(STEPS):
        before = sum(STEPS[:number])
        line: dict[str, Any] = {
            "episode_index": number, "tasks": [SENTENCES[number]], "length": steps, "data/chunk_index": 0, "data/file_index": 0,
            "dataset_from_index": before, "dataset_to_index": before + steps,
        }  # fmt: skip
        if films:
            places = {"chunk_index": 0, "file_index": 0, "from_timestamp": before / RATE_HZ}
            line |= {f"videos/observation.images.front/{key}": value for key, value in places.items()}
        lines.append(line)
    return lines


def _write(path: Path, table: pa.Table) -> None:
    """A Parquet file whose pages have checksums."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, write_page_checksum=True)
