"""Windows: demonstrations as a torch Dataset: what was seen up to a step, and what was done from it on.

    windows = Windows(manifests(Path("demonstrations")), DatasetConfig(history=2, horizon=8))
    for batch in Loader(windows, ShuffledSampler(windows, seed=0), batch_size=32): ...

Any DataLoader takes it too. A window never leaves its episode: what lies before the first step or behind the last is that
step again, and False in the mask; so is what an episode lacks altogether.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from torch.utils.data import Dataset

from policies.storage.stored import StoredEpisode
from policies.windows.actions import actions_named
from policies.windows.cache import ByteCache
from robot.errors import InvalidInput, one_of

OBSERVED, KNOWN = "observations/", "facts/"


@dataclass
class DatasetConfig:
    """What a window holds.

    Attributes:
        observations: paths below `observations/`, or patterns such as "cameras/*/rgb"; the policy's inputs.
        facts: the same below `facts/`, for losses and scores only; kept apart in every window.
        history: so many steps up to the present one.
        actions: what is to be learnt: "commands", "plans", "joint_plans", "actions" or "none".
        horizon: so many steps of it from the present one on.
        cache_bytes: how much of what was read is kept in memory.
    """

    observations: list[str] = field(default_factory=lambda: ["cameras/*/rgb", "state/joint_position", "state/gripper_width"])
    facts: list[str] = field(default_factory=list)
    history: int = 1
    actions: str = "commands"
    horizon: int = 8
    cache_bytes: int = 1 << 29


class Windows(Dataset[dict[str, Any]]):
    """One window for each step of each episode; index i is the i-th step of all episodes one after another.

    A window is a dict: `observations` {path: (history, …)} and `mask` {path: (history,) bool}; `actions` {name: (horizon, …)}
    and `actions_mask` (horizon,) bool; `facts` and `facts_mask` like `observations`; `instruction`, `episode`, `step`. Units
    and frames are those of `policies/demonstrations.py`.

    Attributes:
        episodes: the open episodes, in the order given.
        lengths: how many steps each has.
    """

    def __init__(self, manifests: Sequence[str | Path], config: DatasetConfig) -> None:
        """Read all manifests and see what there is.

        Raises:
            InvalidInput: no episode, one that can't be read, a pattern that nothing fits, or episodes that do not fit together.
        """
        if not manifests or config.history < 1 or config.horizon < 1:
            raise InvalidInput("dataset: expected at least one episode, a history and a horizon of 1 or more")
        self.config = config
        self.episodes = [StoredEpisode(each) for each in manifests]
        self.lengths = [episode.num_steps for episode in self.episodes]
        self._ends = list(accumulate(self.lengths))
        self._actions = actions_named(config.actions)
        self._fields = _matching(self.episodes, [OBSERVED + each for each in config.observations])
        self._fields |= _matching(self.episodes, [KNOWN + each for each in config.facts])
        self._targets = self._targets_of_all()
        self._frames, self._tables = ByteCache(config.cache_bytes), ByteCache(max(config.cache_bytes // 4, 1 << 26))

    def __len__(self) -> int:
        """How many windows there are."""
        return self._ends[-1]

    def __getitem__(self, index: int) -> dict[str, Any]:
        """The window of a step."""
        number, step = self.locate(index)
        steps = np.arange(step - self.config.history + 1, step + 1)
        window: dict[str, Any] = {"observations": {}, "mask": {}, "facts": {}, "facts_mask": {}}
        for path in self._fields:
            part, mask = ("observations", "mask") if path.startswith(OBSERVED) else ("facts", "facts_mask")
            key = path.partition("/")[2]
            window[part][key], window[mask][key] = self._history(number, path, steps)
        window["actions"], window["actions_mask"] = self._ahead(number, step)
        words = self.episodes[number].attributes.get("instruction", "")
        return {**window, "instruction": words, "episode": number, "step": step}

    def locate(self, index: int) -> tuple[int, int]:
        """The episode and the step of a window."""
        if not 0 <= index < len(self):
            raise IndexError(f"window {index} of {len(self)}")
        number = bisect_right(self._ends, index)
        return number, index - self._ends[number] + self.lengths[number]

    @property
    def inputs(self) -> tuple[str, ...]:
        """The arrays that a policy gets, by their whole paths."""
        return tuple(path for path in self._fields if path.startswith(OBSERVED))

    def targets(self, number: int) -> dict[str, np.ndarray]:
        """All targets (n, D) of an episode that there are, by name."""
        if self._actions is None:
            return {}
        table = self._table(number)
        there = table["mask"] if table else np.zeros((0, 0), bool)
        return {key: values[there].reshape(int(there.sum()), -1) for key, values in table.items() if key != "mask"}

    def _history(self, number: int, path: str, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """An array's rows at these steps, and which of them were there."""
        shape, dtype = self._fields[path]
        episode = self.episodes[number]
        if path not in episode.manifest.arrays:
            return np.zeros((len(steps), *shape), dtype), np.zeros(len(steps), bool)
        rows = np.empty((len(steps), *shape), dtype)
        inside = np.maximum(steps, 0)
        for place, step in enumerate(inside.tolist()):
            rows[place] = self._row(number, path, step)
        return rows, (steps >= 0) & self._flags(number, path)[inside]

    def _row(self, number: int, path: str, step: int) -> np.ndarray:
        """One row; short ones are read with all others of their array."""
        episode = self.episodes[number]
        if path == "facts/size" or episode.entry(path).rows > 1:
            whole = self._tables.get((number, path), lambda: episode.array(path))
            return whole if path == "facts/size" else whole[step]
        return self._frames.get((number, path, step), lambda: episode.chunk(path, step)[0])

    def _flags(self, number: int, path: str) -> np.ndarray:
        """At which steps (T,) an array has something."""
        episode, folder = self.episodes[number], path.rpartition("/")[0]
        name = "has_depth" if path.endswith("/depth") else "valid"
        if f"{folder}/{name}" in episode.manifest.arrays:
            return self._tables.get((number, f"{folder}/{name}"), lambda: episode.array(f"{folder}/{name}"))
        return self._tables.get((number, "all"), lambda: np.ones(episode.num_steps, bool))

    def _ahead(self, number: int, step: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """The targets of a step, and which of them there are."""
        if self._actions is None:
            return {}, np.zeros(self.config.horizon, bool)
        table = self._table(number)
        if not table:
            return {key: np.zeros(shape) for key, shape in self._targets.items()}, np.zeros(self.config.horizon, bool)
        return {key: values[step].copy() for key, values in table.items() if key != "mask"}, table["mask"][step]

    def _table(self, number: int) -> dict[str, np.ndarray]:
        """All targets of an episode."""
        actions = self._actions
        assert actions is not None
        return self._tables.get((number, "targets"), lambda: actions.table(self.episodes[number], self.config.horizon))

    def _targets_of_all(self) -> dict[str, tuple[int, ...]]:
        """The targets' shapes, from the first episode that has any."""
        if self._actions is None:
            return {}
        for episode in self.episodes:
            table = self._actions.table(episode, self.config.horizon)
            if table:
                return {key: values.shape[1:] for key, values in table.items() if key != "mask"}
        raise InvalidInput(f"dataset.actions: no episode has {self.config.actions!r}; expected one that has")


def _matching(episodes: Sequence[StoredEpisode], patterns: Sequence[str]) -> dict[str, tuple[tuple[int, ...], np.dtype]]:
    """Row shape and dtype of every array that fits a pattern, over all episodes, in the patterns' order."""
    found: dict[str, tuple[tuple[int, ...], np.dtype]] = {}
    paths = sorted({path for episode in episodes for path in episode.manifest.arrays})
    for pattern in patterns:
        fitting = [path for path in paths if fnmatchcase(path, pattern)]
        if not fitting:
            part = pattern.partition("/")[0] + "/"
            available = [path.removeprefix(part) for path in paths if path.startswith(part)]
            raise one_of(f"dataset.{part[:-1]}", pattern.removeprefix(part), available or ["none"])
        for path in fitting:
            found[path] = _row_of(episodes, path)
    return found


def _row_of(episodes: Sequence[StoredEpisode], path: str) -> tuple[tuple[int, ...], np.dtype]:
    """An array's row shape and dtype, the same in every episode that has it."""
    having = [episode for episode in episodes if path in episode.manifest.arrays]
    entries = [episode.entry(path) for episode in having]
    shapes = [(entry.shape if path == "facts/size" else entry.shape[1:], entry.dtype) for entry in entries]
    for episode, shape in zip(having, shapes, strict=True):
        if shape != shapes[0]:
            wanted, got = (f"{dtype} {rows}" for rows, dtype in (shapes[0], shape))
            first = having[0].name
            raise InvalidInput(f"dataset: {path}: {episode.name} has rows of {got}, {first} of {wanted}; expected the same")
    return shapes[0][0], np.dtype(shapes[0][1])
