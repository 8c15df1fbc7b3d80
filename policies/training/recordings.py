"""Recording: one recorded episode as training sees it: where it is sampled, what is seen there, what was done from there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from zlib import crc32

import numpy as np

from policies.demonstrations import Facts, manifests
from policies.storage.observations import observation_of
from policies.storage.plans import stored_plans
from policies.storage.stored import StoredEpisode
from policies.vla.actions import Targets, keypose_targets
from policies.vla.changes import Change
from policies.vla.config import VlaConfig
from policies.vla.keyposes import Keyposes, ahead_of, done_with, even_weights, keyposes_of
from robot.errors import InvalidInput
from robot.obstacles import Box
from robot.trajectory import Plan
from sensors.observation import Observation

OBSERVED, KNOWN = "observations/", "facts/"
FAR, FAR_OFTEN = 0.05, 3.0  # m, horizontally from the keypose before; so many times as often


@dataclass(frozen=True, eq=False)
class Recording:
    """One episode; nothing but its manifest is held open.

    Attributes:
        episode: as it is stored.
    """

    episode: StoredEpisode

    @property
    def instruction(self) -> str:
        """Its sentence; empty for a still scene."""
        return str(self.episode.attributes.get("instruction", ""))

    @cached_property
    def stamps(self) -> np.ndarray:
        """When each step was (T,) ns."""
        return self.episode.array("observations/stamp_ns")

    @cached_property
    def keyposes(self) -> Keyposes | None:
        """The keyposes of its plans; None if no plan moves the tool."""
        plans = self._plans()
        try:
            return keyposes_of(plans)
        except InvalidInput:
            return None

    @cached_property
    def _carried(self) -> list[Box | None]:
        """What the plan of each keypose (K,) carries."""
        assert self.keyposes is not None
        plans = [plan for _, plan in self._plans()]
        begun = np.searchsorted([plan.observation_stamp_ns for plan in plans], self.keyposes.until_ns)
        return [plans[number - 1].attached for number in begun]

    @cached_property
    def done_ns(self) -> np.ndarray:
        """From when on each keypose (K,) is no longer the next, ns; see `keyposes.done_with`."""
        assert self.keyposes is not None
        joints, width = (self.episode.array(f"observations/state/{name}") for name in ("joint_position", "gripper_width"))
        return done_with(self.keyposes, self.stamps, joints, width)

    @property
    def acts(self) -> bool:
        """Whether something is done in it that can be learnt."""
        return self.keyposes is not None

    def targets(self, step: int, change: Change, config: VlaConfig) -> Targets:
        """What is to be done from a step on, as slots say it, after a change of base."""
        assert self.keyposes is not None
        ahead = ahead_of(self.keyposes, int(self.stamps[step]), config.slots, self.done_ns)
        return keypose_targets(change.keyposes(ahead), config)

    @property
    def has_facts(self) -> bool:
        """Whether questions can be made of it."""
        return any(path.startswith("facts/masks/") for path in self.episode.manifest.arrays)

    def weights(self) -> np.ndarray:
        """How likely each step (T,) is drawn: each keypose equally often the next, and as often that there is none left.

        Those far off are drawn more often: there it matters what was said; what follows, such as lifting, is plain.
        """
        keyposes = self.keyposes
        if keyposes is None:
            return np.full(len(self.stamps), 1.0 / max(len(self.stamps), 1))
        places = keyposes.T_base_ee[:, :2, 3]
        away = np.linalg.norm(np.diff(places, axis=0, prepend=places[:1] + FAR), axis=1)
        return even_weights(self.done_ns, self.stamps, np.append(np.where(away >= FAR, FAR_OFTEN, 1.0), 1.0))

    def observation(self, step: int) -> Observation:
        """What the policy saw at a step."""
        paths = [path for path in self.episode.manifest.arrays if path.startswith(OBSERVED)]
        rows = {path.removeprefix(OBSERVED): self._row(path, step) for path in paths}
        seen = observation_of(rows, self.episode.attributes)
        return replace(seen, state=replace(seen.state, attached=seen.state.attached or self._taken(step)))

    def _taken(self, step: int) -> Box | None:
        """What the hand has just closed about, and the next plan will carry: whoever decides at rest knows of it already."""
        if self.keyposes is None:
            return None
        ahead = int(np.searchsorted(self.done_ns, int(self.stamps[step]), side="right"))
        return None if ahead == len(self.keyposes) else self._carried[ahead]

    def facts(self, step: int) -> Facts:
        """What the simulator knew at a step: for losses only."""
        arrays = {}
        for path in (path for path in self.episode.manifest.arrays if path.startswith(KNOWN)):
            name = path.removeprefix(KNOWN)
            arrays[name] = self.episode.array(path) if name == "size" else self._row(path, step)[None]
        return Facts(arrays=arrays, attributes=self.episode.facts_attributes)

    def subtask(self, step: int) -> str:
        """What was being done at a step, in the words of its plan; empty if nothing was."""
        stamp_ns = int(self.stamps[step])
        for each in self.episode.attributes.get("subtasks", []):
            if each["start_ns"] <= stamp_ns < each["end_ns"]:
                return str(each["words"])
        return ""

    def _plans(self) -> list[tuple[int, Plan]]:
        """Its plans, each with its step."""
        try:
            return stored_plans(self.episode)
        except InvalidInput as error:
            raise InvalidInput(f"data: {self.episode.where}: {error}") from None

    def _row(self, path: str, step: int) -> np.ndarray:
        """One row of an array; short ones are kept, all of them together."""
        if self.episode.entry(path).rows == 1:
            return self.episode.chunk(path, step)[0]
        tables = self.__dict__.setdefault("_tables", {})
        if path not in tables:
            tables[path] = self.episode.array(path)
        return tables[path][step]


def episodes_in(folders: Sequence[str]) -> list[Path]:
    """The manifests of all the episodes in some folders.

    Raises:
        InvalidInput: a folder without any.
    """
    found: list[Path] = []
    for folder in map(Path, folders):
        paths = manifests(folder) if folder.is_dir() else []
        if not paths:
            raise InvalidInput(f"data: no episodes in {str(folder)!r}; expected a folder that handsight-record or -log wrote")
        found += paths
    return found


def is_held(name: str, share: float) -> bool:
    """Whether an episode is held out; its name decides, so that a log that grows keeps those that it had."""
    return crc32(name.encode()) % 1000 < 1000 * share
