"""Exported: a committed episode as other people's formats want it: pictures, one state vector, one action a step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from policies.demonstrations import StoredEpisode, open_episode
from policies.formats.foreign import plain_name
from robot.errors import InvalidInput

KEPT = ("instruction", "success", "rewards", "policy", "seed")


@dataclass
class ExportConfig:
    """What an export holds besides pictures, state, actions and what came from elsewhere.

    Attributes:
        to: the format.
        video: for LeRobot, pictures as H.264 films: small, and no longer exact.
        arrays: further arrays below `observations/`, by patterns such as "lidar/*/points_base".
    """

    to: str = ""
    video: bool = False
    arrays: list[str] = field(default_factory=list)


class Exported:
    """One episode, read as it is asked for.

    Attributes:
        name: of the episode.
        num_steps: T.
        stamp_ns: (T,) of each step.
        cameras: name → (H, W).
        arrays: name → (T, …), what else is exported.
    """

    def __init__(self, manifest: Path, config: ExportConfig) -> None:
        """Open a committed episode.

        Raises:
            InvalidInput: it can't be read, is of an older version, or has no observations.
        """
        self._stored = open_episode(manifest)
        self.name = self._stored.name
        if "observations/stamp_ns" not in self._stored.paths:
            raise InvalidInput(f"{self.name}: expected observations, a row a step; it holds {_parts(self._stored)}")
        self.num_steps = self._stored.num_steps
        self.stamp_ns = self._stored.array("observations/stamp_ns")
        pictures = [path for path in self._stored.paths if fnmatchcase(path, "observations/cameras/*/rgb")]
        self.cameras = {path.split("/")[2]: self._stored.entry(path).shape[1:3] for path in pictures}
        self._others = [path for path in self._stored.paths if self._wanted(path, config)]
        self.arrays = {_flat_name(path): self._stored.array(path) for path in self._others}

    @property
    def rate_hz(self) -> float:
        """Steps a second, as the episode says or as its stamps show."""
        told = self._stored.attributes.get("rate_hz")
        if told:
            return float(told)
        gaps = np.diff(self.stamp_ns)
        return round(1e9 / float(np.median(gaps)), 3) if len(gaps) else 10.0

    @property
    def instruction(self) -> str:
        """The sentence."""
        return str(self._stored.attributes.get("instruction", ""))

    @property
    def success(self) -> bool | None:
        """Whether it succeeded, None if nobody knows."""
        return self._stored.attributes.get("success")

    @property
    def robot(self) -> str:
        """The robot's name."""
        return str(self._stored.attributes.get("robot", {}).get("name", "unknown"))

    @property
    def kept(self) -> dict[str, Any]:
        """The attributes that go with it."""
        return {key: self._stored.attributes[key] for key in KEPT if key in self._stored.attributes}

    @cached_property
    def state(self) -> np.ndarray | None:
        """(T, S): the joints, and behind them the gripper's width; a virtual body has none."""
        paths = [f"observations/state/{key}" for key in ("joint_position", *["gripper_width"] * self._has_gripper)]
        found = [self._stored.array(path).reshape(self.num_steps, -1) for path in paths if path in self._stored.paths]
        return np.concatenate(found, axis=1) if found else None

    @property
    def state_names(self) -> Sequence[str]:
        """The names of the state's numbers."""
        width = 0 if self.state is None else self.state.shape[1]
        names = [*self._stored.attributes.get("robot", {}).get("joint_names", [])]
        names += ["gripper_width"] * self._has_gripper
        return names if len(names) == width else [f"state_{index}" for index in range(width)]

    @cached_property
    def actions(self) -> np.ndarray | None:
        """(T, D): those of a log from elsewhere, else what the joints and the gripper were last commanded in each step.

        Before the first command the robot stands: there it is its own position.
        """
        if "actions/values" in self._stored.paths:
            return self._stored.array("actions/values")
        if "commands/stamp_ns" not in self._stored.paths or self.state is None:
            return None
        keys = ("commands/joint_position", "commands/gripper_width")
        given = np.concatenate(
            [self._stored.array(key).reshape(-1, 1 if "gripper" in key else self._joints) for key in keys], 1
        )
        ends = np.append(self.stamp_ns[1:], np.iinfo(np.int64).max)
        last = np.searchsorted(self._stored.array("commands/stamp_ns"), ends) - 1
        if self.state.shape[1] != given.shape[1]:
            raise InvalidInput(f"{self.name}: {given.shape[1]} numbers commanded for {self.state.shape[1]} of state")
        return np.where(last[:, None] >= 0, given[np.maximum(last, 0)] if len(given) else self.state, self.state)

    @property
    def action(self) -> dict[str, Any]:
        """What the actions mean."""
        if "action" in self._stored.attributes:
            return dict(self._stored.attributes["action"])
        if self.actions is None:
            return {}
        units = ["rad"] * (self.actions.shape[1] - 1) + ["m"]
        return {"kind": "joint_position", "names": list(self.state_names), "units": units}

    @property
    def left_out(self) -> list[str]:
        """What is not exported."""
        used = {"observations/stamp_ns", "observations/state/stamp_ns", *self._others, "actions/values"}
        used |= {f"observations/state/{key}" for key in ("joint_position", "gripper_width")}
        used |= {f"observations/cameras/{name}/{key}" for name in self.cameras for key in ("rgb", "valid")}
        used |= {"commands/stamp_ns", "commands/joint_position", "commands/gripper_width"}
        return [path for path in self._stored.manifest.arrays if path not in used]

    @property
    def missing_pictures(self) -> int:
        """How many pictures were not there; they are exported black."""
        flags = [f"observations/cameras/{name}/valid" for name in self.cameras]
        return sum(int((~self._stored.array(path)).sum()) for path in flags if path in self._stored.paths)

    def picture(self, camera: str, step: int) -> np.ndarray:
        """One picture (H, W, 3) uint8."""
        return self._stored.rows(f"observations/cameras/{camera}/rgb", step, step + 1)[0]

    @property
    def rewards(self) -> np.ndarray | None:
        """(T,), where the log had them."""
        told = self._stored.attributes.get("rewards")
        return np.array(told, np.float64) if told is not None and len(told) == self.num_steps else None

    @property
    def _has_gripper(self) -> bool:
        """Whether its width is the robot's, not a virtual body's."""
        return "observations/state/gripper_width" in self._stored.paths and "actions/values" not in self._stored.paths

    @property
    def _joints(self) -> int:
        """J of the commands."""
        return self._stored.entry("commands/joint_position").shape[1]

    def _wanted(self, path: str, config: ExportConfig) -> bool:
        """Whether an array is exported as it is."""
        below = path.removeprefix("observations/")
        return path.startswith("observations/foreign/") or (
            path.startswith("observations/") and any(fnmatchcase(below, pattern) for pattern in config.arrays)
        )


def _flat_name(path: str) -> str:
    """One name for a path."""
    return plain_name(path.removeprefix("observations/").removeprefix("foreign/").replace("/", "."))


def _parts(stored: StoredEpisode) -> str:
    """The parts that an episode has."""
    return ", ".join(dict.fromkeys(path.partition("/")[0] for path in stored.paths)) or "nothing, or is of an older version"


def same_in_all(episode: Exported, first: Mapping[str, Any]) -> None:
    """Refuse an episode whose arrays are not those of the first one: tables have the same columns throughout."""
    found = layout_of(episode)
    for key in {**first, **found}:
        if first.get(key) != found.get(key):
            raise InvalidInput(f"{episode.name}: {key} is {found.get(key)}; the first episode has {first.get(key)}")


def layout_of(episode: Exported) -> dict[str, Any]:
    """What must be the same in every episode of one export."""
    vectors = {"state": episode.state, "actions": episode.actions, **episode.arrays}
    shapes = {key: (values.dtype.name, values.shape[1:]) for key, values in vectors.items() if values is not None}
    told = {"success known": episode.success is not None, "rewards known": episode.rewards is not None}
    return {"rate_hz": episode.rate_hz, **told, **shapes, **{f"camera {name}": size for name, size in episode.cameras.items()}}
