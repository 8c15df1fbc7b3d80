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
from sim.evaluation.trial import file_stem
from sim.report import write_jpeg
from sim.scores import EpisodeResult
from sim.suites import EpisodeName, SelectionConfig

CONFIG = "config.yaml"
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
    "view",
)


class EvaluationFolder:
    """A folder for one run, new or gone on with.

    Attributes:
        path: of the folder.
    """

    def __init__(self, path: Path, config_yaml: str, seed: int) -> None:
        """Make it, or check that what is in it was made with the same settings.

        Raises:
            InvalidInput: it was not, or it is no run's folder.
        """
        self.path = path
        if (path / CONFIG).is_file():
            _refuse_other_settings(path, config_yaml)
            return
        if path.exists() and any(path.iterdir()):
            raise InvalidInput(f"out: {str(path)!r} holds no evaluation; expected a new folder or that of a run to go on with")
        path.mkdir(parents=True, exist_ok=True)
        facts = {"seed": seed, "python": platform.python_version(), **versions(), "pybullet": version("pybullet")}
        (path / "versions.json").write_text(json.dumps(facts, indent=1))
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
        """Seed and versions."""
        return json.loads((self.path / "versions.json").read_text())


def _stem(result: EpisodeResult) -> str:
    """What an episode's files are called."""
    return file_stem(*result.cell, result.index)


def _refuse_other_settings(path: Path, config_yaml: str) -> None:
    """Refuse to mix results that were made differently, naming the first setting that differs."""
    then, now = yaml.safe_load((path / CONFIG).read_text()), yaml.safe_load(config_yaml)
    for key in sorted({*then, *now} - set(FREE)):
        if then.get(key) != now.get(key):
            raise InvalidInput(
                f"out: the run in {str(path)!r} was made with another {_differing(key, then.get(key), now.get(key))}; "
                "name another folder"
            )


def _differing(key: str, then: object, now: object) -> str:
    """The dotted key at which two settings differ, with both values."""
    if isinstance(then, dict) and isinstance(now, dict):
        for each in sorted({*then, *now}):
            if then.get(each) != now.get(each):
                return _differing(f"{key}.{each}", then.get(each), now.get(each))
    return f"{key} ({then} then, {now} now)"
