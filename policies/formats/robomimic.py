"""robomimic HDF5 (robosuite, MimicGen, LIBERO, RoboCasa), read.

`data/<demo>/actions (T, D)`, `obs/<name> (T, …)`, `rewards`, `dones`, `states`; `data.attrs["env_args"]` is JSON with the
environment and its control_freq. Pictures are the uint8 arrays in `obs`; robot0_* vectors, in alphabetical order, make up the
state vector; all else goes to `observations/foreign/`. Objects, references and links out of the file are never followed.
Source: robomimic.github.io/docs/datasets/overview.html.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from policies.formats.foreign import (
    ForeignEpisode,
    ImportConfig,
    as_rows,
    first_line,
    library,
    plain_name,
    refuse_not_finite,
    refuse_oversized,
    stamps_at,
)
from robot.errors import InvalidInput, one_of

ROBOSUITE = 1  # robomimic.envs.env_base.EnvType
OURS = "handsight"  # the attribute of `data` that our own export adds


class Robomimic:
    """An open file."""

    format = "robomimic"

    def __init__(self, path: Path, config: ImportConfig) -> None:
        """Look at what is there.

        Raises:
            InvalidInput: no HDF5 file, or one without demonstrations.
        """
        self._path, self._config = path, config
        self._h5 = library("h5py")
        try:
            self._file = self._h5.File(path, "r")
            data = self._file.get("data", getlink=False)
            names = [] if data is None else list(data)
        except (OSError, RuntimeError, ValueError, KeyError, AttributeError) as error:
            raise InvalidInput(f"{path} is not a whole HDF5 file: {first_line(error)}") from None
        self._names = sorted((name for name in names if name.startswith("demo")), key=_numbered)
        if not self._names:
            raise InvalidInput(f"{path}: expected demonstrations data/demo_0, data/demo_1 and so on; it has {list(self._file)}")
        self._least_most: dict[str, list[float]] = {}
        self._env = self._json(data, "env_args")
        self._ours = self._json(data, OURS)
        self._problem = self._json(data, "problem_info")
        kwargs = self._env.get("env_kwargs")
        self._kwargs = kwargs if isinstance(kwargs, dict) else {}
        self._rate_hz = config.rate_hz or _number(self._kwargs.get("control_freq")) or _number(self._ours.get("rate_hz"))
        if self._rate_hz <= 0:
            raise InvalidInput(f"{path} does not say how many steps are a second; name it with rate_hz=, such as rate_hz=20")

    def __len__(self) -> int:
        """How many demonstrations there are."""
        return len(self._names)

    def episodes(self) -> Iterator[ForeignEpisode]:
        """One after another."""
        for name in self._names:
            try:
                yield self._episode(name)
            except (OSError, RuntimeError, ValueError, KeyError, TypeError, AttributeError) as error:
                raise InvalidInput(f"{self._path}: data/{name} can't be read: {first_line(error)}") from None

    def _episode(self, name: str) -> ForeignEpisode:
        """One demonstration, whole."""
        demo = self._group(f"data/{name}")
        arrays, groups = self._arrays(name, demo)
        length = len(arrays["actions"] if "actions" in arrays else next(iter(arrays.values()), ()))
        for key, values in arrays.items():
            refuse_not_finite(f"{self._path}: data/{name}/{key}", values)
            if len(values) != length:
                raise InvalidInput(f"{self._path}: data/{name}/{key} has {len(values)} rows; expected {length}")
        cameras = {key: arrays.pop(key) for key in list(arrays) if key.startswith("obs/") and _is_pictures(arrays[key])}
        state, names = self._state(arrays, name)
        actions, rewards = self._actions(arrays, name), arrays.pop("rewards", None)
        kept = dict(self._ours.get("episodes", {}).get(name, {}))
        simulators = arrays.pop("states", None) is not None
        if self._ours:
            arrays.pop("dones", None)  # our export makes them up for robomimic, and rewards too where there were none
        return ForeignEpisode(
            name=name if not name.startswith("demo_") else f"episode_{_numbered(name)[0]:06d}",
            stamp_ns=stamps_at(self._rate_hz, length),
            rate_hz=self._rate_hz,
            cameras={_camera_name(key): _colours(values) for key, values in cameras.items()},
            state=state,
            state_names=names,
            actions=actions,
            action=self._ours.get("action") or self._bounds(actions),
            arrays={key.removeprefix("obs/"): values for key, values in arrays.items()},
            instruction=kept.pop("instruction", "") or self._instruction(demo),
            success=kept.pop("success", None) if self._ours else self._success(rewards),
            rewards=None if self._ours and "rewards" not in kept else rewards,
            robot=_robot(self._kwargs.get("robots")) or str(self._ours.get("robot", "")),
            left_out=[*(f"{key}: a group" for key in groups), *["states: a simulator's own"] * simulators],
            extra=kept,
        )

    def _arrays(self, name: str, demo: Any) -> tuple[dict[str, np.ndarray], list[str]]:
        """Every array of a demonstration, those it saw under "obs/", and the groups that are not looked into."""
        groups = [key for key in demo if self._kind(demo, key) == "group"]
        arrays = {key: self._array(f"data/{name}/{key}") for key in demo if key not in groups}
        if "obs" in groups:
            arrays |= {f"obs/{key}": self._array(f"data/{name}/obs/{key}") for key in self._group(f"data/{name}/obs")}
        return arrays, [key for key in groups if key != "obs"]

    def _state(self, arrays: dict[str, np.ndarray], name: str) -> tuple[np.ndarray | None, list[str]]:
        """The state vector (T, S), taken out of the others, and its names."""
        chosen = [key if key in arrays else f"obs/{key}" for key in self._config.state]
        usual = sorted(key for key in arrays if key.startswith("obs/robot") and arrays[key].ndim in (1, 2))
        keys = chosen or (["obs/state"] if self._ours and "obs/state" in arrays else usual)
        rows = {key: as_rows(f"{name}: {key}", _taken(arrays, key, name)) for key in keys}
        if not rows:
            return None, []
        told = [] if chosen else list(self._ours.get("state_names", []))
        return np.concatenate(list(rows.values()), axis=1), told or [each for key in rows for each in _names(key, rows[key])]

    def _actions(self, arrays: dict[str, np.ndarray], name: str) -> np.ndarray | None:
        """The actions (T, D), taken out of the others."""
        key = self._config.actions or "actions"
        if key not in arrays and not self._config.actions:
            return None
        where = f"{self._path}: data/{name}/{key}"
        actions = as_rows(where, _taken(arrays, key, name))
        refuse_not_finite(where, actions)
        return actions

    def _bounds(self, actions: np.ndarray | None) -> dict[str, list[float]]:
        """Least and most of the actions of all demonstrations."""
        if actions is None or self._config.actions:
            return {}
        if not self._least_most:
            every = [as_rows(name, self._array(f"data/{name}/actions")) for name in self._names]
            every = [rows for rows in every if rows.shape[1] == actions.shape[1] and len(rows)]
            least, most = np.min([rows.min(0) for rows in every], axis=0), np.max([rows.max(0) for rows in every], axis=0)
            self._least_most = {"low": least.tolist(), "high": most.tolist()}
        return self._least_most

    def _array(self, path: str) -> np.ndarray:
        """A dataset of plain numbers."""
        dataset = self._resolved(path)
        if dataset.dtype.kind not in "biuf" or dataset.dtype.hasobject:
            raise InvalidInput(
                f"{self._path}: {path} holds {dataset.dtype}; expected plain numbers, objects are never unpacked"
            )
        if dataset.external or dataset.is_virtual:
            raise InvalidInput(f"{self._path}: {path} lies in another file; expected all of it in this one")
        refuse_oversized(f"{self._path}: {path}", dataset.shape, dataset.dtype.itemsize)
        if not dataset.ndim:
            raise InvalidInput(f"{self._path}: {path} is a single value; expected one a step")
        return np.asarray(dataset[()])

    def _group(self, path: str) -> Any:
        """A group in this file."""
        group = self._resolved(path)
        if not isinstance(group, self._h5.Group):
            raise InvalidInput(f"{self._path}: {path}: expected a group, got an array")
        return group

    def _resolved(self, path: str) -> Any:
        """What lies at a path, reached without leaving the file."""
        node: Any = self._file
        for part in path.split("/"):
            if isinstance(node.get(part, getlink=True), self._h5.ExternalLink | self._h5.SoftLink):
                raise InvalidInput(f"{self._path}: {path} is a link; expected all of it in this place")
            node = node[part]
        return node

    def _kind(self, group: Any, key: str) -> str:
        """Whether an entry is a "group" or a "dataset"; links elsewhere are neither."""
        if not isinstance(group.get(key, getlink=True), self._h5.HardLink):
            return "link"
        return "group" if group.get(key, getclass=True) is self._h5.Group else "dataset"

    def _json(self, node: Any, key: str) -> dict[str, Any]:
        """An attribute that holds a JSON mapping; empty if there is none."""
        text = node.attrs.get(key)
        if text is None or not isinstance(text, str | bytes):
            return {}
        try:
            contents = json.loads(text)
        except (ValueError, RecursionError):
            raise InvalidInput(f"{self._path}: {node.name}: the attribute {key} is not JSON") from None
        return contents if isinstance(contents, dict) else {}

    def _instruction(self, demo: Any) -> str:
        """The sentence, where RoboCasa or LIBERO write it."""
        told = self._json(demo, "ep_meta").get("lang") or self._problem.get("language_instruction") or ""
        return str(" ".join(told) if isinstance(told, list) else told)

    def _success(self, rewards: np.ndarray | None) -> bool | None:
        """Whether robosuite's sparse reward was ever given; None where rewards mean something else."""
        sparse = self._env.get("type", self._env.get("env_type")) == ROBOSUITE and not self._kwargs.get("reward_shaping")
        return bool(rewards.max() > 0) if sparse and rewards is not None and rewards.size else None


def _taken(arrays: dict[str, np.ndarray], key: str, name: str) -> np.ndarray:
    """An array, taken out of the others."""
    if key not in arrays:
        raise one_of(f"{name}: array", key, list(arrays) or ["none"])
    return arrays.pop(key)


def _is_pictures(values: np.ndarray) -> bool:
    """Whether it is (T, H, W, 1 or 3) uint8."""
    return values.dtype == np.uint8 and values.ndim == 4 and values.shape[-1] in (1, 3)


def _colours(values: np.ndarray) -> np.ndarray:
    """Pictures of three colours."""
    return values if values.shape[-1] == 3 else np.repeat(values, 3, axis=-1)


def _camera_name(key: str) -> str:
    """What a camera is called by its array."""
    return plain_name(re.sub(r"_(image|rgb)$", "", key.removeprefix("obs/")))


def _names(key: str, rows: np.ndarray) -> list[str]:
    """A name for each number of a vector."""
    return [f"{key.removeprefix('obs/')}_{index}" for index in range(rows.shape[1])]


def _numbered(name: str) -> tuple[int, str]:
    """Its number, for the order."""
    digits = re.search(r"(\d+)$", name)
    return (int(digits[1]) if digits else 0, name)


def _number(value: Any) -> float:
    """A number, or 0."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def _robot(value: Any) -> str:
    """The name of the robot or robots."""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")
