"""LeRobot v2.0, v2.1 and v3.0 datasets, with pictures in the tables or as films.

`observation.state` becomes the state vector, `action` the actions, pictures the cameras, any other numbers
`observations/foreign/`. Source: lerobot 0.4.4, `datasets/lerobot_dataset.py` and `datasets/utils.py`.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from policies.formats.foreign import ForeignEpisode, ImportConfig, plain_name, refuse_oversized, stamps_at
from policies.formats.lerobot_layout import Layout, Place, read_json, read_lines
from policies.formats.pictures import decoded, film_frames
from policies.formats.tables import Table
from robot.errors import InvalidInput, one_of

BOOKKEEPING = ("timestamp", "frame_index", "episode_index", "index", "task_index")
OURS = "meta/handsight.json"  # what our own export adds: what the actions mean
STATS, EPISODE_STATS = "meta/stats.json", "meta/episodes_stats.jsonl"


class LeRobot:
    """An open dataset."""

    format = "lerobot"

    def __init__(self, folder: Path, config: ImportConfig) -> None:
        """Read what the metadata says.

        Raises:
            InvalidInput: no such dataset, one of another version, or metadata that does not fit together.
        """
        self._layout, self._config = Layout(folder), config
        self._rate_hz = config.rate_hz or self._layout.fps
        self._table: Table | None = None
        self._ours = read_json(folder / OURS) if (folder / OURS).is_file() else {}
        self._stats = _statistics(folder)

    def __len__(self) -> int:
        """How many episodes there are."""
        return len(self._layout.places)

    def episodes(self) -> Iterator[ForeignEpisode]:
        """One after another."""
        for place in self._layout.places:
            yield self._episode(place)

    def _episode(self, place: Place) -> ForeignEpisode:
        """One episode, whole."""
        name, length = f"episode_{place.number:06d}", place.stop - place.start
        if self._table is None or self._table.path != place.table:
            self._table = Table(place.table)
        table = self._table
        self._refuse_others(table, place)
        cameras, arrays, left_out = {}, {}, []
        state_keys = self._config.state or ["observation.state"]
        action_key = self._config.actions or "action"
        for key, feature in self._layout.features.items():
            if feature["dtype"] in ("image", "video"):
                cameras[plain_name(_camera_name(key))] = self._pictures(place, table, key, feature)
            elif feature["dtype"] == "string":
                left_out.append(f"{key}: text")
            elif key not in BOOKKEEPING:
                shape = () if feature["shape"] == (1,) else feature["shape"]  # a table holds such as one number a row
                arrays[key] = table.numbers(key, shape, place.start, place.stop)
        actions = self._taken(arrays, action_key, bool(self._config.actions))
        states = [self._taken(arrays, key, bool(self._config.state)) for key in state_keys]
        states = [each.reshape(length, -1) for each in states if each is not None]
        success, rewards = arrays.pop("next.success", None), arrays.pop("next.reward", None)
        return ForeignEpisode(
            name=name,
            stamp_ns=self._stamps(table, place),
            rate_hz=self._rate_hz,
            cameras=cameras,
            state=np.concatenate(states, axis=1) if states else None,
            state_names=[name for key in state_keys for name in self._names(key)],
            actions=None if actions is None else actions.reshape(length, -1),
            action=self._action(action_key),
            arrays={key.removeprefix("observation."): values for key, values in arrays.items()},
            instruction=place.instruction,
            success=None if success is None else bool(success.any()),
            rewards=rewards,
            robot=self._layout.robot,
            left_out=left_out,
            extra=self._ours.get("episodes", {}).get(name, {}),
        )

    def _taken(self, arrays: dict[str, np.ndarray], key: str, wanted: bool) -> np.ndarray | None:
        """An array, taken out of the others; one that was asked for by name must be there."""
        if wanted and key not in arrays:
            raise one_of(f"{self._layout.folder}: array", key, list(arrays) or ["none"])
        return arrays.pop(key, None)

    def _refuse_others(self, table: Table, place: Place) -> None:
        """Refuse rows that are another episode's, or in another order."""
        found = table.numbers("episode_index", (), place.start, place.stop)
        frames = table.numbers("frame_index", (), place.start, place.stop)
        wrong = np.flatnonzero((found != place.number) | (frames != np.arange(len(frames))))
        if len(wrong):
            row = int(wrong[0])
            raise InvalidInput(
                f"episode {place.number}: row {place.start + row} of {table.path} is step {frames[row]} of episode "
                f"{found[row]}; expected step {row} of episode {place.number}"
            )

    def _stamps(self, table: Table, place: Place) -> np.ndarray:
        """Stamps (T,) ns: those of the steady rate where the table's float32 means them, else the table's own."""
        steady = stamps_at(self._rate_hz, place.stop - place.start)
        if "timestamp" not in table.columns or self._config.rate_hz:
            return steady
        told_s = table.numbers("timestamp", (), place.start, place.stop).astype(np.float64)
        if np.allclose(told_s, steady * 1e-9, atol=1e-3, rtol=1e-6):
            return steady
        if not np.isfinite(told_s).all() or np.any(np.diff(told_s) <= 0):
            raise InvalidInput(f"episode {place.number}: timestamp in {table.path}: expected seconds that rise")
        return np.rint(told_s * 1e9).astype(np.int64)

    def _pictures(self, place: Place, table: Table, key: str, feature: Mapping[str, Any]) -> np.ndarray:
        """A camera's pictures (T, H, W, 3)."""
        size, where = feature["size"], f"episode {place.number}, {key}"
        refuse_oversized(where, (place.stop - place.start, *size, 3), 1)
        if feature["dtype"] == "video":
            path, start_s = place.films[key]
            return film_frames(path, where, start_s, place.stop - place.start, self._layout.fps, size)
        column = table.column(key, place.start, place.stop)
        pictures = np.zeros((len(column), *size, 3), np.uint8)
        for step, cell in enumerate(column):
            held = cell.as_py()
            data = held.get("bytes") if isinstance(held, dict) else held
            if not isinstance(data, bytes):
                raise InvalidInput(f"{where}: step {step} of {table.path} holds no picture; expected PNG or JPEG bytes")
            pictures[step] = decoded(data, f"{where}, step {step} of {table.path}", size)
        return pictures

    def _names(self, key: str) -> list[str]:
        """The names of an array's numbers, as the metadata has them."""
        feature = self._layout.features.get(key)
        if feature is None:
            return []
        names, width = feature["names"], int(np.prod(feature["shape"]))
        if isinstance(names, dict):
            names = next((each for each in names.values() if isinstance(each, list)), None)
        short = key.removeprefix("observation.")
        return [str(each) for each in names] if names and len(names) == width else [f"{short}_{n}" for n in range(width)]

    def _action(self, key: str) -> dict[str, Any]:
        """What the metadata says of the actions."""
        told = [each[key] for each in self._stats if key in each]
        width = int(np.prod(self._layout.features[key]["shape"])) if key in self._layout.features else 0
        known = {}
        for ours, theirs, most in (("low", "min", np.min), ("high", "max", np.max)):
            rows = [np.ravel(each[theirs]) for each in told if np.size(each.get(theirs, ())) == width]
            known |= {ours: most(rows, axis=0).tolist()} if rows else {}
        return {"names": self._names(key), **known, **self._ours.get("action", {})}


def _statistics(folder: Path) -> list[dict[str, Any]]:
    """What the dataset knows of its numbers, by feature: of all in one, or of each episode in version 2.1."""
    if (folder / STATS).is_file():
        return [read_json(folder / STATS)]
    path = folder / EPISODE_STATS
    return [each["stats"] for each in read_lines(path, "stats")] if path.is_file() else []


def _camera_name(key: str) -> str:
    """What a camera is called by its feature."""
    return key.removeprefix("observation.").removeprefix("images.")
