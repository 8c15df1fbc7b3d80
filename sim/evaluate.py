"""handsight-evaluate: how often a policy succeeds, over a suite of tasks, with its intervals and a report.

    handsight-evaluate suite=tabletop policy=value_maps                     the whole suite, on every core
    handsight-evaluate suite=tabletop tasks=[pick] splits=[seen-unseen] episodes=5
    handsight-evaluate suite=sorting perturbations=[none,front_off,sentence_swapped] mix=200
    handsight-evaluate suite=tabletop tasks=[pick] splits=[seen-seen] indices=[7] video=all     one episode again
    handsight-evaluate suite=tabletop policy=vla batch=8 workers=16      one model on a GPU reads for all of them
    handsight-evaluate world=minigrid policy=vla policy.checkpoint=runs/mine/best       a foreign world, by its own verdict
    handsight-evaluate out=runs/mine …                                      the same again goes on where it was stopped
    handsight-evaluate compare=[runs/a,runs/b]                              which one is better, paired by episode
    handsight-evaluate leaderboard=[runs/a,runs/b]                          tables for a README, in Markdown
    handsight-evaluate rank=runs/mine policy=vla mix=100                    which of a training's models does best

The same seed gives the same episodes, bit for bit, however many workers there are, whoever plays and whatever is
perturbed. A run's folder holds results.jsonl, report.html, the resolved config, versions and pictures of failures.
Exit code 0: all was played; 1: some episodes crashed; 2: refused.
"""

import os
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from policies.corrected import CorrectedConfig
from policies.teleoperation import TeleoperationConfig
from policies.vla.policy_config import VlaPolicyConfig
from robot.configuration import run, to_yaml
from robot.errors import InvalidInput, one_of
from sim.evaluation.comparison import compared
from sim.evaluation.crew import Crew, Outcome, play_all
from sim.evaluation.failures import CRASHED
from sim.evaluation.folder import EvaluationFolder, refuse_strangers
from sim.evaluation.foreign_world import EPISODES, played
from sim.evaluation.leaderboard import leaderboard
from sim.evaluation.log import ResultLog, read_results
from sim.evaluation.players import BASELINES, weights_of
from sim.evaluation.players import SCHEMAS as POLICY_SCHEMAS
from sim.evaluation.processes import Processes
from sim.evaluation.progress import Progress
from sim.evaluation.ranking import models_of, ranked
from sim.evaluation.ray_cluster import RayCluster
from sim.evaluation.trial import VIDEOS, TrialConfig, Trials
from sim.perturbations.catalogue import perturbations, probes
from sim.report import write_report
from sim.scores import PLAIN
from sim.stage import SCHEMAS as STAGE_SCHEMAS
from sim.suites import SCHEMAS as SUITE_SCHEMAS
from sim.suites import EpisodeName, probed, select
from sim.tasks.catalogue import family
from sim.translation import ForeignConfig

LAUNCHERS = ("processes", "ray")


@dataclass
class EvaluateConfig(TrialConfig):
    """The YAML of handsight-evaluate; 0 workers are as many as there are cores, an empty `out` is named by the time.

    `world` is played in place of the suite, if there is one. So great a share of the episodes as `probes` says is played again
    with another sentence and with each sensor blanked, to catch a policy that does not listen or look; not where perturbations
    or indices are chosen, nor with one that can do neither. With a `batch`, one process holds the learned policy's model, on a
    GPU for instance, and reads for up to so many episodes at once: faster where reading takes long, not the same bit for bit.
    """

    world: ForeignConfig | None = None
    workers: int = 0
    batch: int = 1
    probes: float = 0.05
    launcher: str = "processes"
    address: str = ""
    compare: list[str] = field(default_factory=list)
    leaderboard: list[str] = field(default_factory=list)
    rank: str = ""


SCHEMAS = {
    "evaluate": EvaluateConfig,
    **STAGE_SCHEMAS,
    **POLICY_SCHEMAS,
    **SUITE_SCHEMAS,
    "world/world": ForeignConfig,
}


def evaluate(config: EvaluateConfig, sentence: str) -> int:
    """Compare, tabulate, or play."""
    if sentence.strip():
        raise InvalidInput(f"evaluate: takes no sentence, got {sentence!r}; sentences come from the suite")
    if config.compare:
        if len(config.compare) != 2:
            raise InvalidInput(f"compare: expected two runs, such as compare=[runs/a,runs/b], got {len(config.compare)}")
        first, second = (read_results(Path(each)) for each in config.compare)
        print(compared(first, second, *config.compare))
        return 0
    if config.leaderboard:
        print(leaderboard([read_results(Path(each)) for each in config.leaderboard]))
        return 0
    if config.rank:
        return rank(config, Trials)
    return play(config, Trials) if config.world is None else play_world(config, config.world)


def rank(config: EvaluateConfig, trials: Callable[[TrialConfig], Callable[[EpisodeName], object]]) -> int:
    """Play the same episodes with every model that a training run kept, beside them; say which did best."""
    if config.world is not None:
        raise InvalidInput("rank: expected no world=; models are ranked by a suite")
    if not isinstance(config.policy, VlaPolicyConfig):
        raise one_of("rank: a policy whose training keeps its models", config.policy.name, ["vla"])
    code, results = 0, {}
    for model in models_of(Path(config.rank)):
        out = Path(config.out or f"{config.rank}/ranking") / model.name
        one = replace(config, rank="", out=str(out), policy=replace(config.policy, checkpoint=str(model)))
        code = max(code, play(one, trials))
        results[model.name] = read_results(out)
    print(ranked(results))
    return code


def play_world(config: EvaluateConfig, world: ForeignConfig) -> int:
    """Play what is still to be played in a foreign world, one episode after another; say how often it was done."""
    config.out = config.out or f"runs/{datetime.now():%Y-%m-%d_%H-%M-%S}_world_{config.policy.name}"
    if config.episodes < 0:
        raise InvalidInput(f"episodes: expected 1 or more, or 0 for {EPISODES}, got {config.episodes}")
    with _log(config) as log:
        folder = _folder(config)
        wanted = set(range(config.episodes or EPISODES)) - {row.index for row in log.results}
        for result in played(world, config.policy, config.seed, sorted(wanted)):
            log.append(result)
            print(f"{result.index}: {'done' if result.success else 'not done'} after {result.num_steps} steps; {result.reason}")
        print(write_report(folder, sorted(log.results, key=lambda row: row.name)))
    return 0


def play(config: EvaluateConfig, trials: Callable[[TrialConfig], Callable[[EpisodeName], object]]) -> int:
    """Play what is still to be played, write the report, say what came of it."""
    names = _names(config)
    config.out = config.out or f"runs/{datetime.now():%Y-%m-%d_%H-%M-%S}_{config.suite.name}_{config.policy.name}"
    with _log(config) as log:
        folder = _folder(config)
        played = {row.name: row for row in log.results if row.failure != CRASHED}
        waiting = [name for name in names if name.key not in played]
        progress = Progress(len(played) + len(waiting), list(played.values()))
        try:
            if waiting:
                with _policy(config) as policy:
                    crew = _crew(config, partial(trials, replace(_trial_config(config), policy=policy)), len(waiting))
                    _play(play_all(crew, waiting), folder, log, progress, config)
        finally:
            progress.close()
            if log.results:
                print(write_report(folder, sorted(log.results, key=lambda row: row.name)))
        return 1 if any(row.failure == CRASHED for row in log.results) else 0


def _log(config: EvaluateConfig) -> ResultLog:
    """The results so far; nobody else writes while it is open.

    Raises:
        InvalidInput: the folder is somebody else's.
    """
    refuse_strangers(Path(config.out))
    return ResultLog(Path(config.out))


def _folder(config: EvaluateConfig) -> EvaluationFolder:
    """Where it is kept, with the words that asked for it."""
    command = shlex.join(["handsight-evaluate", *sys.argv[1:]])
    facts = {"command": command, "seed": config.seed, "weights": weights_of(config.policy)}
    return EvaluationFolder(Path(config.out), to_yaml(config), facts)


def _play(
    outcomes: Iterable[Outcome], folder: EvaluationFolder, log: ResultLog, progress: Progress, config: EvaluateConfig
) -> None:
    """Write down each outcome as it comes: the picture first, so that a row never lacks its own."""
    for outcome in outcomes:
        result, picture = folder.row(outcome, config.policy.name)
        if outcome.error:
            progress.say(f"{' '.join(map(str, outcome.job.key))} was begun {outcome.attempts} times: {outcome.error}")
        if picture is not None:
            folder.keep_picture(result, picture)
        log.append(result)
        progress.add(result)


def _names(config: EvaluateConfig) -> list[EpisodeName]:
    """The episodes to play.

    Raises:
        InvalidInput: a policy that needs a person, an unknown task, split, perturbation, launcher or kind of video, a share
            that is none; or nothing is left to play.
    """
    if isinstance(config.policy, TeleoperationConfig | CorrectedConfig):
        able = sorted({name.partition("/")[2] for name in POLICY_SCHEMAS} - {"teleoperation", "corrected"})
        raise one_of("policy: that acts without a person", config.policy.name, able)
    if config.launcher not in LAUNCHERS:
        raise one_of("launcher", config.launcher, LAUNCHERS)
    alone = config.launcher == "ray" or not isinstance(config.policy, VlaPolicyConfig)
    if config.batch < 1 or (config.batch > 1 and alone):
        raise InvalidInput(f"batch: expected 1, or more for policy=vla with launcher=processes, got {config.batch}")
    if config.video not in VIDEOS:
        raise one_of("video", config.video, VIDEOS)
    names = select(config.suite, config, config.seed, list(perturbations(config.sensors)))
    for task, split in dict.fromkeys((name.task, name.split) for name in names):
        if split not in family(task).splits:
            raise one_of(f"splits: of {task}", split, family(task).splits)
    if not 0.0 <= config.probes <= 1.0:
        raise InvalidInput(f"probes: expected a share of 0 to 1 of the episodes, got {config.probes}")
    plain = not (config.perturbations or config.indices) and config.suite.perturbations == [PLAIN]
    senseless = isinstance(config.policy, BASELINES)
    return [*names, *(probed(names, config.probes, probes(config.sensors)) if plain and not senseless else ())]


@contextmanager
def _policy(config: EvaluateConfig) -> Iterator[Any]:
    """The policy as workers play it: one that asks a server, if it shall be read in batches."""
    if config.batch == 1:
        yield config.policy
        return
    from policies.vla.server import serving  # torch

    policy = config.policy
    with serving(policy.folder, policy.device, policy.threads, policy.precision, config.batch) as address:
        yield replace(policy, server=address)


def _trial_config(config: EvaluateConfig) -> TrialConfig:
    """What workers need of it; of a class that they find by its name, even where this file is run as a program."""
    return TrialConfig(**{each.name: getattr(config, each.name) for each in fields(TrialConfig)})


def _crew(config: EvaluateConfig, make: Callable[[], Callable[[EpisodeName], object]], most: int) -> Crew:
    """The workers."""
    size = min(config.workers or len(os.sched_getaffinity(0)), most)
    return RayCluster(make, size, config.address) if config.launcher == "ray" else Processes(make, size)


def main() -> None:
    """The console script."""
    run(evaluate, "evaluate", SCHEMAS, __doc__)


if __name__ == "__main__":
    main()
