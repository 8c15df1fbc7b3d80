"""Suites: which tasks, splits and perturbations a policy is evaluated on, and the name of each episode."""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np

from robot.errors import InvalidInput, one_of
from sim.tasks.family import SPLITS


@dataclass
class TaskConfig:
    """One task of a suite.

    Attributes:
        splits: the cells it has; words first, then things.
        group: which of the suite's groups it counts for; empty if the suite has none.
        time_limit_s: simulated seconds for one sentence.
    """

    splits: list[str] = field(default_factory=lambda: list(SPLITS))
    group: str = ""
    time_limit_s: float = 60.0


@dataclass
class SuiteConfig:
    """A suite's YAML in configs/suite/; its scene is that of the group `scene`, which the YAML chooses.

    Attributes:
        name: of the suite; every draw depends on it.
        tasks: name of a family → how it is played.
        episodes: how many per task, split and perturbation.
        perturbations: what each episode is crossed with unless the command line says otherwise.
    """

    name: str = ""
    tasks: dict[str, TaskConfig] = field(default_factory=dict)
    episodes: int = 20
    perturbations: list[str] = field(default_factory=lambda: ["none"])


SCHEMAS: dict[str, type] = {f"suite/{name}": SuiteConfig for name in ("tabletop", "sorting", "household", "chains", "voxposer")}


@dataclass
class SelectionConfig:
    """Which part of a suite is played; whatever is empty or 0 leaves the suite's own.

    Attributes:
        tasks: only these.
        splits: only these.
        perturbations: crossed with these.
        episodes: so many per task, split and perturbation.
        indices: of these only those numbers: one of them alone is one episode again.
        mix: so many in all per perturbation, spread evenly over tasks and splits.
    """

    tasks: list[str] = field(default_factory=list)
    splits: list[str] = field(default_factory=list)
    perturbations: list[str] = field(default_factory=list)
    episodes: int = 0
    indices: list[int] = field(default_factory=list)
    mix: int = 0


@dataclass(frozen=True, kw_only=True)
class EpisodeName:
    """Which episode; everything random in it depends on this name but for the perturbation, and on nothing else.

    Attributes:
        suite: of which suite.
        task: of which of its tasks.
        group: that the task counts for.
        split: of which cell.
        perturbation: what is made harder; the scene and the sentence are the same under all of them.
        index: which of the cell.
        seed: of the run.
        time_limit_s: simulated seconds for one sentence.
    """

    suite: str
    task: str
    group: str
    split: str
    perturbation: str
    index: int
    seed: int
    time_limit_s: float

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        """What tells it from every other episode of a run."""
        return self.suite, self.task, self.split, self.perturbation, self.index

    @property
    def scene_seed(self) -> int:
        """The seed of the world: scene, sensors, faults."""
        return int(self._sequence("world").generate_state(1)[0])

    def random(self, stream: str) -> np.random.Generator:
        """The random numbers of one named stream of this episode; streams do not disturb each other."""
        return np.random.default_rng(self._sequence(stream))

    def _sequence(self, stream: str) -> np.random.SeedSequence:
        """Of seed, suite, task, split and index: the perturbation is left out."""
        words = [zlib.crc32(word.encode()) for word in (self.suite, self.task, self.split)]
        return np.random.SeedSequence([self.seed, *words, self.index], spawn_key=(zlib.crc32(stream.encode()),))


def select(suite: SuiteConfig, selection: SelectionConfig, seed: int, known: Sequence[str]) -> list[EpisodeName]:
    """The episodes to play, round by round: the first of every cell, then the second of every cell, and so on.

    Args:
        suite: the suite.
        selection: which part of it.
        seed: of the run.
        known: the perturbations that there are.

    Raises:
        InvalidInput: an unknown task, split or perturbation, a number below 0, or nothing is left.
    """
    for name in ("episodes", "mix"):
        if getattr(selection, name) < 0:
            raise InvalidInput(f"{name}: expected 1 or more, or 0 for what the suite has, got {getattr(selection, name)}")
    tasks = _chosen("tasks", selection.tasks, list(suite.tasks))
    splits = _chosen("splits", selection.splits, _unique(split for task in tasks for split in suite.tasks[task].splits))
    perturbations = _chosen("perturbations", selection.perturbations or suite.perturbations, known)
    cells = [(task, split) for task in tasks for split in splits if split in suite.tasks[task].splits]
    rounds = selection.episodes or suite.episodes
    if selection.mix:
        rounds = -(-selection.mix // max(1, len(cells)))
    indices = [index for index in range(rounds) if not selection.indices or index in selection.indices]
    names = list(product(indices, cells))[: selection.mix or None]
    if not names:
        raise InvalidInput(
            f"suite {suite.name}: nothing is left to play; tasks and their splits are {_described(suite)}, "
            f"and indices run from 0 to {rounds - 1}"
        )
    return [_name(suite, task, split, each, index, seed) for each in perturbations for index, (task, split) in names]


def probed(names: Sequence[EpisodeName], share: float, probes: Sequence[str]) -> list[EpisodeName]:
    """So great a share of unperturbed episodes once again with each of the probes: one out of each run of so many of them.

    Which one is drawn, for every so-manyth would always be of the same few cells.
    """
    edges = np.linspace(0, len(names), int(share * len(names)) + 1).astype(int)
    chosen = np.random.default_rng(0).integers(edges[:-1], edges[1:]).tolist() if len(edges) > 1 else []
    return [replace(names[number], perturbation=probe) for probe in probes for number in chosen]


def _name(suite: SuiteConfig, task: str, split: str, perturbation: str, index: int, seed: int) -> EpisodeName:
    """One episode's name."""
    config = suite.tasks[task]
    return EpisodeName(
        suite=suite.name,
        task=task,
        group=config.group,
        split=split,
        perturbation=perturbation,
        index=index,
        seed=seed,
        time_limit_s=config.time_limit_s,
    )


def _chosen(what: str, wanted: Sequence[str], valid: Sequence[str]) -> list[str]:
    """What was asked for, each once; all if nothing was."""
    for each in wanted:
        if each not in valid:
            raise one_of(what, each, valid)
    return _unique(wanted) or list(valid)


def _unique(words: Iterable[str]) -> list[str]:
    """Each word once, in the order of its first appearance."""
    return list(dict.fromkeys(words))


def _described(suite: SuiteConfig) -> str:
    """Every task with its splits."""
    return "; ".join(f"{name}: {', '.join(task.splits)}" for name, task in suite.tasks.items())
