"""ForeignEpisode: what a log from elsewhere says of one episode, and how it becomes one of ours; what it lacks is named."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from math import prod
from typing import Any, Protocol

import numpy as np

from policies.demonstrations import Episode
from robot.errors import InvalidInput, one_of

KINDS = ("joint_position", "joint_delta", "ee_pose", "ee_delta", "opaque")
LARGEST = 8 << 30  # bytes: an episode that claims to be larger is refused before any of it is unpacked
NEVER_THERE = ("calibration", "depth", "cloud", "lidar", "imu", "odometry", "commands", "plans", "streams")


@dataclass
class ImportConfig:
    """How to read a log from elsewhere; what the log says itself comes first.

    Attributes:
        format: which it is; empty = found out by looking into it.
        action: what its actions mean: "joint_position", "joint_delta", "ee_pose", "ee_delta" or "opaque".
        actions: the name of the array that holds the actions; empty = the format's own.
        state: the arrays that make up the state vector, in this order; empty = the format's own.
        rate_hz: steps a second; 0 = as the log says.
        instruction: the sentence of episodes that have none.
    """

    format: str = ""
    action: str = "opaque"
    actions: str = ""
    state: list[str] = field(default_factory=list)
    rate_hz: float = 0.0
    instruction: str = ""


class Importer(Protocol):
    """One log from elsewhere, open; `len` says how many episodes it holds."""

    format: str

    def __len__(self) -> int:
        """How many episodes there are."""
        ...

    def episodes(self) -> Iterator["ForeignEpisode"]:
        """One after another, each read when it is asked for.

        Raises:
            InvalidInput: a part of it is damaged or missing; names the file and the episode.
        """
        ...


@dataclass(frozen=True, eq=False, kw_only=True)
class ForeignEpisode:
    """One episode of a log from elsewhere, T steps.

    Attributes:
        name: of the episode.
        stamp_ns: (T,) int64, strictly rising.
        rate_hz: steps a second.
        cameras: name → pictures (T, H, W, 3) uint8.
        valid: name → (T,) bool, where some pictures are missing.
        state: (T, S) the state vector, in the log's own units.
        state_names: its S names.
        actions: (T, D) in the log's own units.
        action: `kind`, `names`, `units`, `low`, `high` as far as the log says.
        arrays: name → whatever else there is, (T, …).
        instruction: the sentence, empty if there is none.
        success: None if the log does not say.
        rewards: (T,), if the log has them.
        robot: what it calls its robot.
        left_out: what it holds that is not taken over, and why.
        extra: further attributes.
    """

    name: str
    stamp_ns: np.ndarray
    rate_hz: float
    cameras: Mapping[str, np.ndarray] = field(default_factory=dict)
    valid: Mapping[str, np.ndarray] = field(default_factory=dict)
    state: np.ndarray | None = None
    state_names: Sequence[str] = ()
    actions: np.ndarray | None = None
    action: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    instruction: str = ""
    success: bool | None = None
    rewards: np.ndarray | None = None
    robot: str = ""
    left_out: Sequence[str] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


def episode_of(foreign: ForeignEpisode, config: ImportConfig, source: str) -> Episode:
    """As an episode of ours: pictures and a state vector of a virtual body, as `sim/translation.py` gives them to a policy.

    Raises:
        InvalidInput: arrays of unequal length, or names that can't be told apart.
    """
    if config.action not in KINDS:
        raise one_of("action", config.action, KINDS)
    observations: dict[str, np.ndarray] = {"stamp_ns": foreign.stamp_ns}
    for name, pictures in foreign.cameras.items():
        observations[f"cameras/{name}/rgb"] = pictures
        observations[f"cameras/{name}/valid"] = foreign.valid.get(name, np.ones(len(pictures), bool))
    if foreign.state is not None:
        observations |= {"state/stamp_ns": foreign.stamp_ns, "state/joint_position": foreign.state.astype(np.float64)}
        observations["state/gripper_width"] = np.zeros(len(foreign.stamp_ns))  # a virtual body has no gripper of its own
    named = {plain_name(key): values for key, values in foreign.arrays.items()}
    if len(named) != len(foreign.arrays):
        raise InvalidInput(
            f"{foreign.name}: arrays {', '.join(foreign.arrays)}: expected names that differ in letters or digits"
        )
    observations |= {f"foreign/{key}": values for key, values in named.items()}
    for path, values in observations.items():
        if len(values) != len(foreign.stamp_ns):
            raise InvalidInput(f"{foreign.name}: {path} has {len(values)} rows; expected {len(foreign.stamp_ns)}, one a step")
    return Episode(observations=observations, actions=foreign.actions, attributes=_attributes(foreign, config, source))


def _attributes(foreign: ForeignEpisode, config: ImportConfig, source: str) -> dict[str, Any]:
    """The attributes, with the names of all that the log lacks."""
    instruction = foreign.instruction or config.instruction
    lacking = {
        "instruction": not instruction,
        "success": foreign.success is None,
        "state": foreign.state is None,
        "actions": foreign.actions is None,
        "cameras": not foreign.cameras,
    }
    attributes: dict[str, Any] = {
        "instruction": instruction,
        "rate_hz": foreign.rate_hz,
        "policy": "imported",
        "source": source,
        "robot": {"name": foreign.robot or "unknown", "kind": "box", "joint_names": list(foreign.state_names)},
        "absent": [*NEVER_THERE, *(name for name, lacks in lacking.items() if lacks)],
    }
    attributes |= {} if foreign.success is None else {"success": foreign.success}
    attributes |= {"left_out": list(foreign.left_out)} if foreign.left_out else {}
    attributes |= {} if foreign.rewards is None else {"rewards": foreign.rewards.astype(float).ravel().tolist()}
    if foreign.actions is not None:
        attributes["action"] = _action(foreign, config)
    return {**attributes, **foreign.extra}


def _action(foreign: ForeignEpisode, config: ImportConfig) -> dict[str, Any]:
    """What the actions mean; least and most of the episode where the log names no bounds."""
    assert foreign.actions is not None
    width = foreign.actions.shape[1]
    usual = {
        "kind": config.action,
        "names": [f"action_{index}" for index in range(width)],
        "units": ["unknown"] * width,
        "low": foreign.actions.min(0).tolist(),
        "high": foreign.actions.max(0).tolist(),
    }
    result = usual | {key: value for key, value in foreign.action.items() if value}
    if result["kind"] not in KINDS:
        raise one_of(f"{foreign.name}: action.kind", result["kind"], KINDS)
    for key in ("names", "units", "low", "high"):
        if len(result[key]) != width:
            raise InvalidInput(f"{foreign.name}: action: {len(result[key])} {key} for {width} numbers; expected equally many")
    return result


def plain_name(key: str) -> str:
    """A name as it may stand in a path: letters, digits, dots, dashes and underscores.

    Raises:
        InvalidInput: nothing of it is left.
    """
    name = re.sub(r"[^A-Za-z0-9_.-]+", "_", key).strip("._")
    if not name:
        raise InvalidInput(f"array: {key!r} can't be a name; expected letters or digits in it")
    return name


def refuse_oversized(where: str, shape: Sequence[int], itemsize: int) -> None:
    """Refuse what claims more than any episode needs, before it is unpacked."""
    if any(size < 0 for size in shape) or prod(shape) * itemsize > LARGEST:
        raise InvalidInput(f"{where}: it claims {tuple(shape)} of {itemsize} bytes each; expected at most {LARGEST >> 30} GiB")


def as_rows(where: str, values: np.ndarray) -> np.ndarray:
    """Values of one or more numbers a step as (T, D), refused where they are not numbers."""
    if values.dtype.kind not in "biuf" or values.ndim not in (1, 2):
        raise InvalidInput(f"{where}: expected numbers (T, D), got {values.dtype} {values.shape}")
    return values.reshape(len(values), -1)


def refuse_not_finite(where: str, values: np.ndarray) -> None:
    """Refuse NaN and infinity, naming the first step."""
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        step = int(np.argwhere(~np.isfinite(values))[0][0])
        raise InvalidInput(f"{where}: a value that is not finite at step {step}; expected numbers")


def stamps_at(rate_hz: float, num_steps: int) -> np.ndarray:
    """Stamps (T,) ns at a steady rate, from 0."""
    return np.rint(np.arange(num_steps) * (1e9 / rate_hz)).astype(np.int64)


def library(name: str) -> Any:
    """A module of the extra `formats`.

    Raises:
        InvalidInput: it is not installed.
    """
    try:
        return import_module(name)
    except ImportError:
        package = name.partition(".")[0]
        raise InvalidInput(f'formats: {package} is not installed; install it with pip install "handsight[formats]"') from None


def first_line(error: BaseException) -> str:
    """What an error of somebody else's says, on one line."""
    return str(error).splitlines()[0] if str(error) else type(error).__name__
