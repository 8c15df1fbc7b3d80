"""Layout: where each episode of a LeRobot dataset lies, as its metadata says.

v2: one Parquet file and one film an episode, sentences in `meta/tasks.jsonl`. v3.0: many episodes a file, and
`meta/episodes/*/*.parquet` says which rows and which seconds are whose. Paths are filled into templates of info.json.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policies.formats.foreign import first_line
from policies.formats.tables import Table
from robot.errors import InvalidInput, one_of

VERSIONS = ("v2.0", "v2.1", "v3.0")
LARGEST_TEXT = 1 << 26  # bytes of a JSON file


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where an episode is: its rows of a table, and for each film the file and the second at which it begins."""

    number: int
    table: Path
    start: int
    stop: int
    films: Mapping[str, tuple[Path, float]]
    instruction: str


class Layout:
    """The metadata of one dataset.

    Attributes:
        folder: of the dataset.
        features: key → dtype, shape, names, and of pictures their size (H, W).
        fps: pictures and rows a second, as the dataset says.
        robot: what it calls its robot.
        places: of the episodes, in order.
    """

    def __init__(self, folder: Path) -> None:
        """Read it.

        Raises:
            InvalidInput: no such dataset, one of another version, or metadata that does not fit together.
        """
        self.folder = folder
        self._info = read_json(folder / "meta/info.json")
        version = self._get("codebase_version", str)
        if version not in VERSIONS:
            raise one_of(f"{folder}/meta/info.json: codebase_version", version, VERSIONS)
        self.features = {key: _feature(folder, key, each) for key, each in self._get("features", dict).items()}
        self.fps = float(self._get("fps", (int, float)))
        if not 0 < self.fps < 1e6:
            raise InvalidInput(f"{folder}/meta/info.json: fps: expected steps a second above 0, got {self.fps}")
        self.robot = str(self._info.get("robot_type") or "")
        self.places = self._places_v3() if version == "v3.0" else self._places_v2()

    def _get(self, key: str, kind: type | tuple[type, ...]) -> Any:
        """A value of info.json."""
        value = self._info.get(key)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise InvalidInput(f"{self.folder}/meta/info.json: {key}: expected {kind}, got {value!r}")
        return value

    def _places_v2(self) -> list[Place]:
        """Where each episode is in a dataset of version 2."""
        chunk = max(1, int(self._info.get("chunks_size") or 1000))
        places = []
        for each in read_lines(self.folder / "meta/episodes.jsonl", "episode_index", "length"):
            number, length = int(each["episode_index"]), int(each["length"])
            values = {"episode_chunk": number // chunk, "episode_index": number}
            films = {key: (self._path("video_path", video_key=key, **values), 0.0) for key in self._film_keys}
            path, words = self._path("data_path", **values), [str(task) for task in each.get("tasks", [])]
            rows = Table(path).num_rows
            if rows != length:
                raise InvalidInput(f"episode {number}: {path} has {rows} rows; meta/episodes.jsonl says {length}")
            instruction = words[0] if words else ""
            places.append(Place(number=number, table=path, start=0, stop=length, films=films, instruction=instruction))
        return places

    def _places_v3(self) -> list[Place]:
        """Where each episode is in a dataset of version 3; rows are counted from the first episode in a file."""
        rows: list[dict[str, Any]] = []
        wanted = ["episode_index", "length", "data/chunk_index", "data/file_index", "dataset_from_index", "dataset_to_index"]
        film_columns = ("chunk_index", "file_index", "from_timestamp")
        wanted += [f"videos/{key}/{each}" for key in self._film_keys for each in film_columns]
        paths = sorted((self.folder / "meta/episodes").glob("*/*.parquet"))
        if not paths:
            raise InvalidInput(f"{self.folder}/meta/episodes: no table of episodes there; expected chunk-000/file-000.parquet")
        for path in paths:
            table = Table(path)
            columns = {name: table.numbers(name).tolist() for name in wanted}
            columns["tasks"] = table.column("tasks").to_pylist() if "tasks" in table.columns else [[]] * table.num_rows
            rows += [{name: values[row] for name, values in columns.items()} for row in range(table.num_rows)]
        rows.sort(key=lambda row: row["episode_index"])
        first: dict[Path, int] = {}
        places = []
        for row in rows:
            path = self._path("data_path", chunk_index=row["data/chunk_index"], file_index=row["data/file_index"])
            start, stop, number = row["dataset_from_index"], row["dataset_to_index"], row["episode_index"]
            if stop - start != row["length"]:
                raise InvalidInput(f"episode {number}: rows {start} to {stop} for {row['length']} steps in meta/episodes")
            begin = first.setdefault(path, start)
            films = {key: self._film_v3(row, key) for key in self._film_keys}
            words = [str(task) for task in row["tasks"]]
            places.append(
                Place(
                    number=number,
                    table=path,
                    start=start - begin,
                    stop=stop - begin,
                    films=films,
                    instruction=words[0] if words else "",
                )
            )
        return places

    def _film_v3(self, row: Mapping[str, Any], key: str) -> tuple[Path, float]:
        """A film's file and the second at which an episode begins in it."""
        chunk, file = row[f"videos/{key}/chunk_index"], row[f"videos/{key}/file_index"]
        path = self._path("video_path", video_key=key, chunk_index=chunk, file_index=file)
        return path, float(row[f"videos/{key}/from_timestamp"])

    @property
    def _film_keys(self) -> list[str]:
        """The features that are films."""
        return [key for key, feature in self.features.items() if feature["dtype"] == "video"]

    def _path(self, template: str, **values: Any) -> Path:
        """A path by its template, which may fill in numbers and names and never leave the folder."""
        text = self._get(template, str)

        def fill(found: re.Match[str]) -> str:
            if found[1] not in values:
                raise one_of(f"{self.folder}/meta/info.json: {template}: field", found[1], values)
            value = values[found[1]]
            return f"{value:0{int(found[2] or 0)}d}" if isinstance(value, int) else str(value)

        filled = Path(re.sub(r"\{(\w+)(?::0?(\d)d)?\}", fill, text))
        if filled.is_absolute() or ".." in filled.parts:
            raise InvalidInput(f"{self.folder}/meta/info.json: {template} leads out of the dataset: {text!r}")
        return self.folder / filled


def _feature(folder: Path, key: str, feature: Any) -> dict[str, Any]:
    """A feature with a shape of whole numbers, and of pictures their size (H, W)."""
    try:
        dtype, shape, names = feature["dtype"], tuple(int(size) for size in feature["shape"]), feature.get("names")
    except (TypeError, KeyError, ValueError):
        raise InvalidInput(f"{folder}/meta/info.json: features: {key}: expected a dtype and a shape, got {feature!r}") from None
    result = {"dtype": str(dtype), "shape": shape, "names": names}
    if dtype in ("image", "video"):
        if len(shape) != 3:
            raise InvalidInput(f"{folder}/meta/info.json: features: {key}: expected a shape of three sizes, got {shape}")
        channels_first = shape[0] in (1, 3) and shape[2] not in (1, 3)
        result["size"] = shape[1:] if channels_first else shape[:2]
    return result


def read_json(path: Path) -> dict[str, Any]:
    """A JSON file that holds a mapping."""
    try:
        if path.stat().st_size > LARGEST_TEXT:
            raise InvalidInput(f"{path} has {path.stat().st_size} bytes; expected at most {LARGEST_TEXT}")
        contents = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidInput(f"{path} can't be read as JSON: {first_line(error)}") from None
    if not isinstance(contents, dict):
        raise InvalidInput(f"{path}: expected a mapping, got {type(contents).__name__}")
    return contents


def read_lines(path: Path, *keys: str) -> list[dict[str, Any]]:
    """A file of one JSON mapping a line, each with these keys."""
    try:
        if path.stat().st_size > LARGEST_TEXT:
            raise InvalidInput(f"{path} has {path.stat().st_size} bytes; expected at most {LARGEST_TEXT}")
        lines = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidInput(f"{path} can't be read as lines of JSON: {first_line(error)}") from None
    for number, line in enumerate(lines):
        if not isinstance(line, dict) or not set(keys) <= set(line):
            raise InvalidInput(f"{path}: line {number + 1}: expected a mapping with {', '.join(keys)}")
    return lines
