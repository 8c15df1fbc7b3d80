"""DenseRecording: an episode of a log from elsewhere: at every step what was done then and in the steps that follow."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from policies.storage.stored import StoredEpisode
from policies.training.recordings import Recording
from policies.vla.actions import Targets, dense_targets
from policies.vla.changes import Change
from policies.vla.chunk_code import ChunkCode, learned
from policies.vla.config import STRIDE, VlaConfig
from policies.vla.dimensions import Dimensions, dimensions_of
from policies.vla.sizes import ModelConfig
from robot.errors import InvalidInput

ACTIONS = "actions/values"
VIRTUAL = "box"  # the robot of such a log is whatever takes these numbers
LARGEST_VIEW = 128  # px
MOST_VIEWS = 4
ENOUGH_CHUNKS = 20_000


@dataclass(frozen=True, eq=False)
class DenseRecording(Recording):
    """One episode; its actions are numbers of its own, at its own rate."""

    @cached_property
    def actions(self) -> np.ndarray:
        """(T, D) in the log's units.

        Raises:
            InvalidInput: a value that is not finite.
        """
        values = self.episode.array(ACTIONS).astype(np.float64)
        if not np.isfinite(values).all():
            step = int(np.argwhere(~np.isfinite(values))[0][0])
            raise InvalidInput(f"data: {self.episode.where}: {ACTIONS} is not finite at step {step}")
        return values

    @property
    def acts(self) -> bool:
        """It always does something."""
        return True

    @property
    def names(self) -> list[str]:
        """Of the D numbers."""
        known = self.episode.attributes.get("action", {}).get("names") or []
        return list(map(str, known)) or [f"action_{index}" for index in range(self.actions.shape[1])]

    @property
    def rate_hz(self) -> float:
        """Of its steps: as the log says, or by its stamps."""
        said = float(self.episode.attributes.get("rate_hz") or 0.0)
        return said or 1e9 / float(np.median(np.diff(self.stamps)))

    def weights(self) -> np.ndarray:
        """Every step (T,) is alike likely."""
        return np.full(len(self.stamps), 1.0 / max(len(self.stamps), 1))

    def targets(self, step: int, change: Change, config: VlaConfig) -> Targets:
        """What was done at a step and after it, as slots say it; nothing in base is known that could be changed."""
        ahead = np.arange(step, step + config.slots)
        there = ahead < len(self.actions)
        return dense_targets(self.actions[np.minimum(ahead, len(self.actions) - 1)], there, config)


def recording_of(episode: StoredEpisode) -> Recording:
    """An episode with the plans of a robot, or with the numbers of a log from elsewhere, or a still scene."""
    paths = episode.manifest.arrays
    dense = ACTIONS in paths and not any(path.startswith("plans/") for path in paths)
    return DenseRecording(episode) if dense else Recording(episode)


def dense_config(sizes: ModelConfig, recordings: Sequence[Recording]) -> VlaConfig:
    """The model's config for logs from elsewhere: it sees through the cameras that all have, and has no view from above.

    Raises:
        InvalidInput: logs of robots and logs from elsewhere together, or with other actions, or without a camera or a state.
    """
    dense = [each for each in recordings if isinstance(each, DenseRecording)]
    first = dense[0]
    for each in recordings:
        where = f"data: {each.episode.where}"
        if not isinstance(each, DenseRecording):
            raise InvalidInput(f"{where} holds no {ACTIONS}; expected logs of one kind, as {first.episode.where} is")
        if each.names != first.names or each.actions.shape[1] != len(first.names):
            raise InvalidInput(f"{where}: actions {', '.join(each.names)}; expected {', '.join(first.names)} as elsewhere")
    state_size = first.episode.entry("observations/state/joint_position").shape[1] + 1  # and the gripper's width
    units = first.episode.attributes.get("action", {}).get("units") or ["unknown"] * len(first.names)
    dimensions = dimensions_of(np.concatenate([each.actions for each in dense]), first.names, units)
    chunk_code = _chunk_code(dense, dimensions, sizes.slots).to_json() if sizes.decoding == "fast" else {}
    return VlaConfig(
        width=sizes.width, layers=sizes.layers, heads=sizes.heads, widening=sizes.widening, fusion=sizes.fusion,
        decoding=sizes.decoding, views=_views(dense), words=sizes.words, slots=sizes.slots, state="joints",
        state_size=state_size, dimensions=dimensions.to_json(), chunk_code=chunk_code, rate_hz=first.rate_hz,
        robot=VIRTUAL,
    )  # fmt: skip


def _chunk_code(recordings: Sequence[DenseRecording], dimensions: Dimensions, horizon: int) -> ChunkCode:
    """The code that writes chunks such as these shortest; of many, so many are looked at as are enough."""
    chunks = [
        each.actions[np.minimum(np.arange(step, step + horizon), len(each.actions) - 1)]
        for each in recordings for step in range(len(each.actions))
    ]  # fmt: skip
    return learned(dimensions, chunks[:: -(-len(chunks) // ENOUGH_CHUNKS)])


def _views(recordings: Sequence[DenseRecording]) -> dict[str, list[int]]:
    """The cameras that all logs have, with the size that their pictures are brought to."""
    shapes = [
        {path.split("/")[2]: entry.shape[1:3] for path, entry in each.episode.manifest.arrays.items() if _is_picture(path)}
        for each in recordings
    ]
    common = [name for name in shapes[0] if all(name in each for each in shapes) and name not in ("imu", "state")]
    if not common:
        raise InvalidInput("data: no camera that all logs have; expected observations/cameras/<name>/rgb")
    return {name: [_edge(px) for px in shapes[0][name]] for name in common[:MOST_VIEWS]}


def _edge(px: int) -> int:
    """To how many pixels an edge is brought: a multiple of a patch's."""
    return int(np.clip(round(px / STRIDE) * STRIDE, STRIDE, LARGEST_VIEW))


def _is_picture(path: str) -> bool:
    """Whether an array holds a camera's pictures."""
    return path.startswith("observations/cameras/") and path.endswith("/rgb")
