"""LeRobot v3.0, written: one Parquet file of many episodes after another, pictures in the table as PNG or as films.

The tables are those that lerobot 0.4.4 writes, statistics included; `meta/handsight.json` adds what the actions mean.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from policies.formats.exported import ExportConfig, Exported, layout_of, same_in_all
from policies.formats.foreign import library
from policies.formats.pictures import encoded, write_film
from policies.windows.statistics import Pass
from robot.errors import InvalidInput

DATA = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
FILMS = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"
FILES_A_FOLDER = 1000
COUNTED = ("timestamp", "frame_index", "episode_index", "index", "task_index")
SAMPLED = 16  # pictures of an episode whose colours go into the statistics


def write_lerobot(out: Path, episodes: Iterator[Exported], config: ExportConfig) -> Iterator[Exported]:
    """Write a dataset into a new folder, and give each episode back when it is written; metadata comes last.

    Raises:
        InvalidInput: there is one already, or an episode is not like the first.
    """
    if out.exists() and any(out.iterdir()):
        raise InvalidInput(f"out: {out} is not empty; expected a new folder")
    dataset: _Dataset | None = None
    for episode in episodes:
        dataset = dataset or _Dataset(out, episode, config)
        dataset.add(episode)
        yield episode
    if dataset is not None:
        dataset.finish()


class _Dataset:
    """One dataset while it is written."""

    def __init__(self, out: Path, first: Exported, config: ExportConfig) -> None:
        """Lay the features down, as the first episode has them."""
        self._out, self._video = out, config.video
        self._arrow, self._parquet = library("pyarrow"), library("pyarrow.parquet")
        self._layout, self._rate_hz = layout_of(first), first.rate_hz
        if not float(self._rate_hz).is_integer():
            raise InvalidInput(
                f"{first.name}: {self._rate_hz:.2f} steps a second; LeRobot expects a whole number at even distances, as "
                "handsight-record look_hz=10 records them"
            )
        self._features = _features(first, config.video)
        self._tasks: dict[str, int] = {}
        self._rows: list[dict[str, Any]] = []
        self._passes: dict[str, Pass] = {}
        self._ours: dict[str, Any] = {"action": {k: v for k, v in first.action.items() if k != "names"}, "episodes": {}}
        self._robot, self._frames = first.robot, 0

    def add(self, episode: Exported) -> None:
        """One episode: its table, its films, its line in the table of episodes."""
        same_in_all(episode, self._layout)
        number, length = len(self._rows), episode.num_steps
        chunk, file = divmod(number, FILES_A_FOLDER)
        task = self._tasks.setdefault(episode.instruction, len(self._tasks))
        columns = self._columns(episode, number, task)
        path = self._out / DATA.format(chunk_index=chunk, file_index=file)
        path.parent.mkdir(parents=True, exist_ok=True)
        table = self._arrow.table({key: self._column(key, values) for key, values in columns.items()})
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": self._declared(columns)}})})
        self._parquet.write_table(table, path, compression="snappy", write_page_checksum=True)
        row: dict[str, Any] = {
            "episode_index": number, "tasks": [episode.instruction], "length": length, "data/chunk_index": chunk,
            "data/file_index": file, "dataset_from_index": self._frames, "dataset_to_index": self._frames + length,
        }  # fmt: skip
        if self._video:
            for name in episode.cameras:
                row |= self._film(episode, name, chunk, file)
        vectors = {key: values for key, values in columns.items() if isinstance(values, np.ndarray)}
        row |= self._statistics({**vectors, **_sampled(episode)})
        self._rows.append(row | {"meta/episodes/chunk_index": 0, "meta/episodes/file_index": 0})
        self._ours["episodes"][f"episode_{number:06d}"] = {k: v for k, v in episode.kept.items() if k != "instruction"}
        self._frames += length

    def finish(self) -> None:
        """The metadata."""
        meta = self._out / "meta"
        (meta / "episodes/chunk-000").mkdir(parents=True, exist_ok=True)
        episodes = self._arrow.Table.from_pylist(self._rows)
        self._parquet.write_table(episodes, meta / "episodes/chunk-000/file-000.parquet", write_page_checksum=True)
        self._write_tasks(meta / "tasks.parquet")
        stats = {key: _statistics_of(each, self._is_camera(key)) for key, each in self._passes.items()}
        info = {
            "codebase_version": "v3.0", "robot_type": self._robot, "total_episodes": len(self._rows),
            "total_frames": self._frames, "total_tasks": len(self._tasks), "chunks_size": FILES_A_FOLDER,
            "data_files_size_in_mb": 100, "video_files_size_in_mb": 200, "fps": int(self._rate_hz),
            "splits": {"train": f"0:{len(self._rows)}"}, "data_path": DATA, "video_path": FILMS if self._video else None,
            "features": self._features,
        }  # fmt: skip
        for name, contents in (("stats.json", stats), ("handsight.json", self._ours), ("info.json", info)):
            (meta / name).write_text(json.dumps(contents, indent=1))

    def _columns(self, episode: Exported, number: int, task: int) -> dict[str, Any]:
        """The table of an episode: arrays, and pictures as lists of PNG."""
        length = episode.num_steps
        columns: dict[str, Any] = {}
        if episode.state is not None:
            columns["observation.state"] = episode.state.astype(np.float32)
        if episode.actions is not None:
            columns["action"] = episode.actions.astype(np.float32)
        columns |= {f"observation.{name}": values for name, values in episode.arrays.items()}
        if not self._video:
            for name in episode.cameras:
                pictures = (encoded(episode.picture(name, step)) for step in range(length))
                columns[_camera_key(name)] = [{"bytes": data, "path": f"{step:06d}.png"} for step, data in enumerate(pictures)]
        if episode.rewards is not None:
            columns["next.reward"] = episode.rewards.astype(np.float32)
        if episode.success is not None:
            columns["next.success"] = np.arange(length) == (length - 1 if episode.success else -1)
        frames = np.arange(length, dtype=np.int64)
        columns["timestamp"] = (frames / self._rate_hz).astype(np.float32)
        counts = {"frame_index": frames, "episode_index": np.full(length, number), "index": self._frames + frames}
        return columns | counts | {"task_index": np.full(length, task)}

    def _column(self, key: str, values: Any) -> Any:
        """An array or a list of pictures as pyarrow's column."""
        arrow = self._arrow
        if not isinstance(values, np.ndarray):
            return arrow.array(values, arrow.struct([("bytes", arrow.binary()), ("path", arrow.string())]))
        column = arrow.array(values.reshape(-1))
        if values.ndim == 2 and self._features[key]["shape"] != [1]:
            return arrow.FixedSizeListArray.from_arrays(column, values.shape[1])
        for size in reversed(values.shape[1:] if values.ndim > 2 else ()):
            count = len(column) // size
            column = arrow.ListArray.from_arrays(np.arange(0, (count + 1) * size, size, dtype=np.int32), column)
        return column

    def _declared(self, columns: Mapping[str, Any]) -> dict[str, Any]:
        """The features as Hugging Face's datasets reads them from the table."""
        declared: dict[str, Any] = {}
        for key in columns:
            shape, dtype = self._features[key]["shape"], self._features[key]["dtype"]
            value = {"dtype": dtype, "_type": "Value"}
            if dtype == "image":
                declared[key] = {"_type": "Image"}
            elif shape == [1]:
                declared[key] = value
            elif len(shape) == 1:
                declared[key] = {"feature": value, "length": shape[0], "_type": "List"}
            else:
                declared[key] = {"shape": shape, "dtype": dtype, "_type": f"Array{len(shape)}D"}
        return declared

    def _film(self, episode: Exported, name: str, chunk: int, file: int) -> dict[str, Any]:
        """A camera's film, and where it lies."""
        key = _camera_key(name)
        path = self._out / FILMS.format(video_key=key, chunk_index=chunk, file_index=file)
        pictures = (episode.picture(name, step) for step in range(episode.num_steps))
        self._features[key]["info"] = write_film(path, pictures, self._rate_hz)
        places = {"chunk_index": chunk, "file_index": file, "from_timestamp": 0.0}
        places["to_timestamp"] = episode.num_steps / self._rate_hz
        return {f"videos/{key}/{each}": value for each, value in places.items()}

    def _statistics(self, vectors: Mapping[str, np.ndarray]) -> dict[str, Any]:
        """An episode's statistics, and into those of all."""
        row: dict[str, Any] = {}
        for key, values in vectors.items():
            rows = values.reshape(-1, 3) / 255.0 if self._is_camera(key) else values.reshape(len(values), -1)
            alone = Pass(0)
            alone.add(rows)
            self._passes.setdefault(key, Pass(0)).add(rows)
            row |= {f"stats/{key}/{name}": value for name, value in _statistics_of(alone, self._is_camera(key)).items()}
        return row

    def _is_camera(self, key: str) -> bool:
        """Whether a feature is pictures."""
        return self._features[key]["dtype"] in ("image", "video")

    def _write_tasks(self, path: Path) -> None:
        """The sentences; the index is pandas' own, which lerobot reads them by."""
        columns = {"task_index": list(self._tasks.values()), "__index_level_0__": list(self._tasks)}
        names = (("task_index", "int64", "int64"), (None, "unicode", "object"))
        described = {
            "index_columns": ["__index_level_0__"],
            "column_indexes": [],
            "columns": [
                {
                    "name": name,
                    "field_name": name or "__index_level_0__",
                    "pandas_type": kind,
                    "numpy_type": dtype,
                    "metadata": None,
                }
                for name, kind, dtype in names
            ],
        }
        table = self._arrow.table(columns).replace_schema_metadata({"pandas": json.dumps(described)})
        self._parquet.write_table(table, path, write_page_checksum=True)


def _features(first: Exported, video: bool) -> dict[str, Any]:
    """The features of info.json."""
    features: dict[str, Any] = {}
    if first.state is not None:
        features["observation.state"] = _feature("float32", [first.state.shape[1]], list(first.state_names))
    if first.actions is not None:
        features["action"] = _feature("float32", [first.actions.shape[1]], list(first.action.get("names", [])) or None)
    for name, size in first.cameras.items():
        kind = "video" if video else "image"
        features[_camera_key(name)] = _feature(kind, [*size, 3], ["height", "width", "channels"])
    for name, values in first.arrays.items():
        features[f"observation.{name}"] = _feature(values.dtype.name, list(values.shape[1:]) or [1], None)
    if first.rewards is not None:
        features["next.reward"] = _feature("float32", [1], None)
    if first.success is not None:
        features["next.success"] = _feature("bool", [1], None)
    return features | {key: _feature("float32" if key == "timestamp" else "int64", [1], None) for key in COUNTED}


def _feature(dtype: str, shape: list[int], names: list[str] | None) -> dict[str, Any]:
    """One feature."""
    return {"dtype": dtype, "shape": shape, "names": names}


def _camera_key(name: str) -> str:
    """What LeRobot calls a camera's pictures."""
    return f"observation.images.{name}"


def _sampled(episode: Exported) -> dict[str, np.ndarray]:
    """Some pictures of each camera, evenly spread."""
    steps = np.unique(np.linspace(0, episode.num_steps - 1, min(SAMPLED, episode.num_steps)).astype(int)).tolist()
    return {_camera_key(name): np.stack([episode.picture(name, step) for step in steps]) for name in episode.cameras}


def _statistics_of(each: Pass, of_pictures: bool) -> dict[str, Any]:
    """Mean, spread and bounds as LeRobot has them; of pictures a column of three colours."""
    result = each.result()
    named = {
        "min": result.least,
        "max": result.most,
        "mean": result.mean,
        "std": result.std,
        "q01": result.q01,
        "q99": result.q99,
    }
    shaped = {name: np.asarray(values, np.float64) for name, values in named.items()}
    listed = {name: (values.reshape(3, 1, 1) if of_pictures else values).tolist() for name, values in shaped.items()}
    return {**listed, "count": [result.count]}
