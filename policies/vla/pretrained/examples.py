"""Examples: recorded demonstrations as what an actor learns from, one for each step."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch.utils.data import Dataset

from policies.dataset import DatasetConfig, Windows
from policies.storage.plans import stored_plans
from policies.storage.stored import StoredEpisode
from policies.vla.bins import Bins
from policies.vla.dimensions import dimensions_of
from policies.vla.keyposes import Keyposes, ahead_of, done_with, keyposes_of
from policies.vla.pretrained.actor import Example
from policies.vla.pretrained.config import LearningConfig
from policies.vla.pretrained.keypose_rows import keypose_dimensions, rows_of
from policies.vla.pretrained.layout import TARGETS, Layout
from robot.errors import InvalidInput, one_of

JOINTS, WIDTH = "state/joint_position", "state/gripper_width"


def dataset_config(config: LearningConfig) -> DatasetConfig:
    """What `Windows` shall read for it."""
    if config.targets not in TARGETS:
        raise one_of("policy.learning.targets", config.targets, TARGETS)
    pictures = [f"cameras/{camera}/rgb" for camera in config.cameras or ["*"]]
    actions = "actions" if config.targets == "actions" else "none"
    return DatasetConfig(observations=[*pictures, JOINTS, WIDTH], actions=actions, horizon=config.horizon)


class Examples(Dataset[Example]):
    """One example for each window; the layout is measured from them unless a checkpoint's is given.

    Attributes:
        layout: what the numbers mean.
        lengths: how many steps each episode has, as a sampler wants to know it.
    """

    def __init__(self, windows: Windows, config: LearningConfig, layout: Layout | None = None) -> None:
        """Read all plans or actions.

        Raises:
            InvalidInput: what is to be learnt was not recorded, or is not finite.
        """
        self._windows, self.lengths = windows, windows.lengths
        self._keyposes: list[Keyposes] = []
        self._stamps: list[np.ndarray] = []
        if config.targets == "keyposes":
            self._keyposes = [_keyposes(episode) for episode in windows.episodes]
            self._stamps = [episode.array("observations/stamp_ns") for episode in windows.episodes]
            states = [[episode.array(f"observations/{name}") for name in (JOINTS, WIDTH)] for episode in windows.episodes]
            parts = zip(self._keyposes, self._stamps, states, strict=True)
            self._done_ns = [done_with(keyposes, stamps, *state) for keyposes, stamps, state in parts]
        self.layout = layout or self._measured(config)

    def __len__(self) -> int:
        """How many."""
        return len(self._windows)

    def __getitem__(self, index: int) -> Example:
        """The example of a step."""
        window = self._windows[index]
        seen = window["observations"]
        paths = [f"cameras/{camera}/rgb" for camera in self.layout.cameras]
        pictures = [seen[path][-1] if window["mask"][path][-1] else np.zeros_like(seen[path][-1]) for path in paths]
        state = np.append(seen[JOINTS][-1], seen[WIDTH][-1])
        return Example(pictures=tuple(pictures), sentence=window["instruction"], state=state, target=self._target(window))

    def _target(self, window: dict[str, Any]) -> np.ndarray:
        """What is to be written at a step: the keyposes ahead, or the actions that follow (the last one again at the end)."""
        if not self._keyposes:
            return window["actions"]["values"]
        number, step = window["episode"], window["step"]
        stamp_ns, done_ns = int(self._stamps[number][step]), self._done_ns[number]
        return rows_of(ahead_of(self._keyposes[number], stamp_ns, self.layout.horizon, done_ns))

    def _measured(self, config: LearningConfig) -> Layout:
        """Names, units and bounds, from the log."""
        first = self._windows.episodes[0]
        robot = dict(first.attributes.get("robot", {}))
        cameras = [path.split("/")[2] for path in self._windows.inputs if path.endswith("/rgb")]
        joints = np.concatenate([episode.array(f"observations/{JOINTS}") for episode in self._windows.episodes])
        width = np.concatenate([episode.array(f"observations/{WIDTH}") for episode in self._windows.episodes])
        names = [*_names(robot.get("joint_names"), joints.shape[1], "joint"), "gripper_width"]
        units = [*["rad"] * joints.shape[1], "m"]
        return Layout(
            targets=config.targets,
            actions=Bins(dimensions=self._bounds(first)),
            state=Bins(dimensions=dimensions_of(np.column_stack([joints, width]), names, units)),
            cameras=tuple(config.cameras or cameras),
            horizon=config.horizon,
            rate_hz=float(first.attributes.get("rate_hz", 10.0)),
            robot=str(robot.get("name", "another robot")),
        )

    def _bounds(self, first: StoredEpisode) -> Any:
        """The dimensions of one keypose or action."""
        if self._keyposes:
            return keypose_dimensions(np.concatenate([rows_of(each) for each in self._keyposes]))
        values = [self._windows.targets(number)["values"] for number in range(len(self.lengths))]
        told = dict(first.attributes.get("action", {}))
        count = first.entry("actions/values").shape[1]
        rows = np.concatenate(values).reshape(-1, count).astype(float)
        return dimensions_of(rows, _names(told.get("names"), count, "action"), _names(told.get("units"), count, ""))


def _keyposes(episode: StoredEpisode) -> Keyposes:
    """An episode's keyposes."""
    try:
        return keyposes_of(stored_plans(episode))
    except InvalidInput as error:
        raise InvalidInput(f"{episode.name}: {error}; policy.learning.targets=actions learns a foreign log's own") from None


def _names(told: object, count: int, word: str) -> Sequence[str]:
    """Names that were recorded, if there is one for each of `count` numbers; else numbered ones."""
    if isinstance(told, (list, tuple)) and len(told) == count and all(isinstance(each, str) for each in told):
        return list(told)
    return [f"{word}_{index}" if word else "" for index in range(count)]
