"""EvaluationFolder: where an evaluation leaves its results, with the config, versions and seed that made them."""

import json
import platform
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import yaml

from policies.observers.run_folder import versions
from robot.errors import InvalidInput
from sim.evaluation.crew import Outcome
from sim.evaluation.failures import CRASHED
from sim.evaluation.log import FILE as RESULTS
from sim.evaluation.trial import file_stem
from sim.report import REPORT, write_jpeg
from sim.scores import EpisodeResult
from sim.suites import EpisodeName, SelectionConfig

CONFIG = "config.yaml"
VERSIONS = "versions.json"
OWN = {CONFIG, VERSIONS, RESULTS, REPORT, f".{REPORT}.part", "pictures", "videos"}
SAME = ("weights",)  # what a run that goes on has in common with how it began
# What may differ when a run goes on: no episode depends on it.
FREE = (
    *SelectionConfig.__dataclass_fields__,
    "probes",
    "workers",
    "launcher",
    "address",
    "video",
    "out",
    "compare",
    "leaderboard",
    "rank",
    "view",
)


class EvaluationFolder:
    """A folder for one run, new or gone on with.

    Attributes:
        path: of the folder.
    """

    def __init__(self, path: Path, config_yaml: str, facts: Mapping[str, object]) -> None:
        """Make it, or check that what was played in it was played alike; a run without a result begins anew.

        Whoever is to write into it holds its `ResultLog` by then, so that nobody takes another's place.

        Args:
            path: of the folder.
            config_yaml: the resolved config.
            facts: what else tells how the results came to be; those in `SAME` stay what they are.

        Raises:
            InvalidInput: it was not, or it is no run's folder.
        """
        self.path = path
        if (path / RESULTS).is_file() and (path / RESULTS).stat().st_size:
            _refuse_other_settings(path, config_yaml)
            try:
                then = self.facts()
            except (OSError, ValueError):
                then = dict(facts)
            if any(then.get(name, facts[name]) != facts[name] for name in SAME):
                raise InvalidInput(f"out: the run in {str(path)!r} was played with other weights; name another folder")
            return
        refuse_strangers(path)
        path.mkdir(parents=True, exist_ok=True)
        beside = {name: version(name) for name in ("pybullet", "torch")}
        (path / VERSIONS).write_text(
            json.dumps({**facts, "python": platform.python_version(), **versions(), **beside}, indent=1)
        )
        (path / CONFIG).write_text(config_yaml)

    def row(self, outcome: Outcome, policy: str) -> tuple[EpisodeResult, np.ndarray | None]:
        """The row of an outcome and its picture; an episode without a verdict counts as a failure."""
        if outcome.answer is not None:
            return replace(outcome.answer.result, attempts=outcome.attempts), outcome.answer.picture
        name: EpisodeName = outcome.job
        suite, task, split, perturbation, index = name.key
        crashed = EpisodeResult(
            suite=suite,
            task=task,
            group=name.group,
            split=split,
            perturbation=perturbation,
            index=index,
            policy=policy,
            seed=name.seed,
            instruction="",
            success=False,
            failure=CRASHED,
            stage="",
            reason=outcome.error,
            duration_s=0.0,
            num_steps=0,
            num_interventions=0,
            attempts=outcome.attempts,
        )
        return crashed, None

    def keep_picture(self, result: EpisodeResult, picture: np.ndarray) -> None:
        """Store the end of an episode (H, W, 3) uint8."""
        write_jpeg(self.picture(result), picture)

    def picture(self, result: EpisodeResult) -> Path:
        """Where the picture of an episode is, if there is one."""
        return self.path / "pictures" / f"{_stem(result)}.jpg"

    def video(self, result: EpisodeResult) -> Path:
        """Where the film of an episode is, if there is one."""
        return self.path / "videos" / f"{_stem(result)}.mp4"

    @property
    def batch(self) -> int:
        """For how many episodes at once a model read."""
        return int(yaml.safe_load((self.path / CONFIG).read_text()).get("batch", 1))

    def facts(self) -> Mapping[str, object]:
        """Command, seed, weights and versions."""
        return json.loads((self.path / VERSIONS).read_text())


def refuse_strangers(path: Path) -> None:
    """Refuse a folder in which something else lies.

    Raises:
        InvalidInput: something does.
    """
    if path.exists() and {each.name for each in path.iterdir()} - OWN:
        raise InvalidInput(f"out: {str(path)!r} holds no evaluation; expected a new folder or that of a run to go on with")


def _stem(result: EpisodeResult) -> str:
    """What an episode's files are called."""
    return file_stem(*result.cell, result.index)


def _refuse_other_settings(path: Path, config_yaml: str) -> None:
    """Refuse to mix results that were made differently, naming the first setting that differs."""
    try:
        then = yaml.safe_load((path / CONFIG).read_text())
    except (OSError, ValueError, yaml.YAMLError):
        then = None
    if not isinstance(then, dict):
        raise InvalidInput(f"out: {str(path / CONFIG)!r} can't be read, so that nobody knows how its results came to be")
    differing = _differing("", then, yaml.safe_load(config_yaml))
    if differing:
        raise InvalidInput(f"out: the run in {str(path)!r} was made with another {differing}; name another folder")


def _differing(key: str, then: object, now: object) -> str:
    """The dotted key at which two settings differ first, with both values, names before all else; empty if nowhere."""
    if not (isinstance(then, dict) and isinstance(now, dict)):
        return "" if then == now else f"{key} ({then!s:.60} then, {now!s:.60} now)"
    for each in sorted({*then, *now} - (set() if key else set(FREE)), key=lambda name: (name not in ("policy", "name"), name)):
        if found := _differing(f"{key}.{each}".lstrip("."), then.get(each), now.get(each)):
            return found
    return ""
