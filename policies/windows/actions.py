"""What a policy shall learn to do: for each step of an episode, what was done in the steps that follow."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from policies.storage.plans import ARM, JOINTS
from policies.storage.stored import StoredEpisode
from robot.errors import one_of
from robot.transforms import interpolate

Table = Mapping[str, np.ndarray]


class Actions(Protocol):
    """A kind of target."""

    def table(self, episode: StoredEpisode, horizon: int) -> dict[str, np.ndarray]:
        """All targets of an episode, (T, horizon, …) each, and their `mask` (T, horizon) bool; empty where it has none."""
        ...


class CommandActions:
    """What the robot was last commanded in each step: joints and gripper, absolute."""

    def table(self, episode: StoredEpisode, horizon: int) -> dict[str, np.ndarray]:
        """`joint_position` (T, horizon, J) rad and `gripper_width` (T, horizon) m."""
        if "commands/stamp_ns" not in episode.manifest.arrays or "observations/stamp_ns" not in episode.manifest.arrays:
            return {}
        stamps = episode.array("observations/stamp_ns")
        ends = np.append(stamps[1:], np.iinfo(np.int64).max)
        given = episode.array("commands/stamp_ns")
        last = np.searchsorted(given, ends) - 1  # the last command before the next observation
        there = (last >= 0) & (given[np.maximum(last, 0)] >= stamps)
        rows = {key: episode.array(f"commands/{key}")[np.maximum(last, 0)] for key in ("joint_position", "gripper_width")}
        return _ahead(rows, there, horizon)


class RecordedActions:
    """The actions of a log from elsewhere, in its own units."""

    def table(self, episode: StoredEpisode, horizon: int) -> dict[str, np.ndarray]:
        """`values` (T, horizon, D)."""
        if "actions/values" not in episode.manifest.arrays:
            return {}
        values = episode.array("actions/values")
        return _ahead({"values": values}, np.ones(len(values), bool), horizon)


class PlanActions:
    """Where the plan that held at a step wanted tool or joints to be in the steps that follow."""

    def __init__(self, kind: int) -> None:
        """ARM or JOINTS; a plan of the other kind counts as none."""
        self._kind, self._key = kind, "T_base_ee" if kind == ARM else "joint_position"

    def table(self, episode: StoredEpisode, horizon: int) -> dict[str, np.ndarray]:
        """`T_base_ee` (T, horizon, 4, 4) or `joint_position` (T, horizon, J), and `gripper_width` (T, horizon)."""
        paths = episode.manifest.arrays
        if f"plans/{self._key}" not in paths or "observations/stamp_ns" not in paths:
            return {}
        keys = ("step", "kind", "count", "begin_ns", "time_s", "gripper_width", self._key)
        plans = {key: episode.array(f"plans/{key}") for key in keys}
        stamps = episode.array("observations/stamp_ns")
        period_ns = int(np.median(np.diff(stamps))) if len(stamps) > 1 else 0
        result = {
            self._key: np.zeros((len(stamps), horizon, *plans[self._key].shape[2:])),
            "gripper_width": np.zeros((len(stamps), horizon)),
            "mask": np.zeros((len(stamps), horizon), bool),
        }
        for step, stamp_ns in enumerate(stamps):
            number = int(np.searchsorted(plans["step"], step, side="right")) - 1
            if number >= 0 and plans["kind"][number] == self._kind:
                wanted_ns = stamp_ns + period_ns * np.arange(1, horizon + 1) - plans["begin_ns"][number]
                self._sample(result, step, {key: values[number] for key, values in plans.items()}, wanted_ns * 1e-9)
        return result

    def _sample(self, result: dict[str, np.ndarray], step: int, plan: Table, time_s: np.ndarray) -> None:
        """Fill a step's targets with what one plan wants at these times (horizon,), in its own time."""
        count = int(plan["count"])
        knots = plan["time_s"][:count]
        after = np.clip(np.searchsorted(knots, time_s), min(1, count - 1), count - 1)
        before = np.maximum(after - 1, 0)
        share = np.clip((time_s - knots[before]) / np.maximum(knots[after] - knots[before], 1e-9), 0.0, 1.0)
        result["mask"][step] = (time_s >= knots[0]) & (time_s <= knots[-1])
        values, width = plan[self._key], plan["gripper_width"]
        result["gripper_width"][step] = width[before] + share * (width[after] - width[before])
        if self._kind == JOINTS:
            result[self._key][step] = values[before] + share[:, None] * (values[after] - values[before])
            return
        for k in range(len(time_s)):
            result[self._key][step, k] = interpolate(values[before[k]], values[after[k]], share[k : k + 1])[0]


KINDS: dict[str, Actions | None] = {
    "commands": CommandActions(),
    "actions": RecordedActions(),
    "plans": PlanActions(ARM),
    "joint_plans": PlanActions(JOINTS),
    "none": None,
}


def actions_named(name: str) -> Actions | None:
    """The kind of target of that name; None for none."""
    if name not in KINDS:
        raise one_of("dataset.actions", name, KINDS)
    return KINDS[name]


def _ahead(rows: Table, there: np.ndarray, horizon: int) -> dict[str, np.ndarray]:
    """From one row a step, those of the steps that follow; behind the end the last one, masked."""
    length = len(there)
    number = np.arange(length)[:, None] + np.arange(horizon)  # (T, horizon)
    inside = np.minimum(number, length - 1)
    return {key: values[inside] for key, values in rows.items()} | {"mask": there[inside] & (number < length)}
