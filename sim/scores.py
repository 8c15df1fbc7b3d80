"""EpisodeResult: what one episode came to, with everything needed to run it again; and the counts over many."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from sim.statistics import Interval, Pairs, wilson

Group = TypeVar("Group", bound=Hashable)
PLAIN = "none"  # what a perturbation is called that is none


@dataclass(frozen=True, kw_only=True)
class EpisodeResult:
    """One judged episode.

    Attributes:
        suite: the set of tasks it belongs to.
        task: which task of the suite.
        group: which of the suite's groups the task counts for; empty if it has none.
        split: words, then things, seen or unseen in training: "seen-unseen".
        perturbation: what was made harder; "none" if nothing was.
        index: which episode of its cell; with the seed it names scene and sentence.
        policy: who acted.
        seed: of the run: scene, sensors and policy are drawn from it and the episode's name.
        instruction: the sentence; several in a row are parted by " / ".
        success: the judge's verdict on the final state of the simulator; of all sentences, if there are several.
        score: how many sentences were done before the first that was not.
        num_errands: how many there were to do.
        failure: why it failed, one of `sim.evaluation.failures.FAILURES`; empty on success.
        stage: how far it came: the first step of the instruction whose goal is not met; empty on success.
        reason: a sentence that says why.
        duration_s: simulated seconds.
        num_steps: policy ticks.
        num_interventions: control ticks at which the safety filter changed the command.
        attempts: how often it was begun; more than 1 where a worker was lost.
        wall_s: seconds it took, of the last attempt.
        cpu_s: seconds of one core.
    """

    suite: str
    task: str
    group: str = ""
    split: str
    perturbation: str
    index: int
    policy: str
    seed: int
    instruction: str
    success: bool
    score: int = 0
    num_errands: int = 1
    failure: str = ""
    stage: str
    reason: str
    duration_s: float
    num_steps: int
    num_interventions: int
    attempts: int = 1
    wall_s: float = 0.0
    cpu_s: float = 0.0

    @property
    def cell(self) -> tuple[str, str, str]:
        """Task, split and perturbation."""
        return self.task, self.split, self.perturbation

    @property
    def name(self) -> tuple[str, str, str, str, int]:
        """What pairs it with another policy's episode of the same run seed."""
        return self.suite, *self.cell, self.index


@dataclass(frozen=True, kw_only=True)
class Count:
    """Successes among episodes.

    Attributes:
        count: how many episodes.
        successes: how many succeeded.
        mean_score: sentences done in a row, on average.
    """

    count: int
    successes: int
    mean_score: float

    @property
    def rate(self) -> Interval:
        """The share of successes with its Wilson interval."""
        return wilson(self.successes, self.count)


def count(results: Iterable[EpisodeResult]) -> Count:
    """The successes among results, at least one."""
    rows = list(results)
    return Count(
        count=len(rows),
        successes=sum(row.success for row in rows),
        mean_score=sum(row.score for row in rows) / max(1, len(rows)),
    )


def counts(results: Iterable[EpisodeResult], by: Callable[[EpisodeResult], Group]) -> dict[Group, Count]:
    """The successes of each group, in the order in which the groups first appear."""
    groups: dict[Group, list[EpisodeResult]] = {}
    for row in results:
        groups.setdefault(by(row), []).append(row)
    return {group: count(rows) for group, rows in groups.items()}


def plain(rows: Iterable[EpisodeResult]) -> list[EpisodeResult]:
    """What was played unperturbed; everything, if nothing was."""
    rows = list(rows)
    return [row for row in rows if row.perturbation == PLAIN] or rows


def paired(rows: Iterable[tuple[EpisodeResult, EpisodeResult]]) -> Pairs:
    """How two did in the same episodes."""
    outcomes = [(first.success, second.success) for first, second in rows]
    return Pairs(
        both=outcomes.count((True, True)),
        first=outcomes.count((True, False)),
        second=outcomes.count((False, True)),
        neither=outcomes.count((False, False)),
    )
