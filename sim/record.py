"""handsight-record: demonstrations of a suite's tasks by its experts, or by any policy, over many processes.

    handsight-record suite=tabletop out=demonstrations                      100 of every task, seen words and things only
    handsight-record suite=tabletop tasks=[pick,place_in] episodes=1000 out=demonstrations
    handsight-record suite=tabletop policy=value_maps episodes=20 out=demonstrations
    handsight-record suite=tabletop scenes=20000 splits=[seen-seen,unseen-unseen] out=scenes    still scenes with facts

The same command again goes on where it was stopped. Episodes that failed are left out unless keep_failures=true; they are
counted, and their numbers stay free. The seed is not that of evaluations, so that nothing is trained on what is tested.
A person records with handsight-command policy=teleoperation, a real robot with handsight-deploy; both write the same format.
Exit code 0: all was recorded; 1: some episodes failed or crashed; 2: refused.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import rmtree

from policies.demonstrations import LEAVABLE, manifests
from policies.storage.commit import FolderLock, sync
from robot.configuration import run, to_yaml
from robot.errors import InvalidInput, one_of
from sim.evaluation.crew import Outcome, play_all
from sim.evaluation.players import SCHEMAS as POLICY_SCHEMAS
from sim.evaluation.processes import Processes
from sim.recording_progress import RecordingProgress
from sim.stage import SCHEMAS as STAGE_SCHEMAS
from sim.suites import SCHEMAS as SUITE_SCHEMAS
from sim.suites import EpisodeName, select
from sim.takes import Take, Takes, TakesConfig, lost, parts_of, stem_of


@dataclass
class RecordConfig(TakesConfig):
    """The YAML of handsight-record; 0 workers are as many as there are cores."""

    workers: int = 0
    keep_failures: bool = False


SCHEMAS = {"record": RecordConfig, **STAGE_SCHEMAS, **POLICY_SCHEMAS, **SUITE_SCHEMAS}


def record(config: RecordConfig, sentence: str) -> int:
    """Record what is not there yet."""
    if sentence.strip():
        raise InvalidInput(f"record: takes no sentence, got {sentence!r}; sentences come from the suite")
    if not config.out:
        raise InvalidInput("out: expected the folder for the demonstrations, such as out=demonstrations")
    if not 0.0 <= config.random_start <= 1.0:
        raise InvalidInput(f"random_start: expected a share from 0 to 1, got {config.random_start}")
    for each in config.leave_out:
        if each not in LEAVABLE:
            raise one_of("leave_out", each, LEAVABLE)
    out = Path(config.out)
    recorded = _recorded(out)
    names = [name for name in _names(config) if stem_of(name) not in recorded]
    if not names:
        print(f"{out} holds all of it already")
        return 0
    lock, progress = FolderLock(out), RecordingProgress(len(names))
    try:
        rmtree(parts_of(out), ignore_errors=True)
        size = min(config.workers or len(os.sched_getaffinity(0)), len(names))
        crew = Processes(partial(Takes, config, to_yaml(config)), size)
        _keep(play_all(crew, names), out, config.keep_failures, progress)
    finally:
        rmtree(parts_of(out), ignore_errors=True)
        progress.close()
        lock.release()
    print(f"{out}: {progress.summary()}")
    return 1 if progress.num_failed else 0


def _names(config: RecordConfig) -> list[EpisodeName]:
    """The episodes, or as many still scenes spread over tasks and splits."""
    if config.scenes:
        config.mix, config.episodes = config.scenes, 0
    return select(config.suite, config, config.seed, ["none"])


def _recorded(out: Path) -> set[str]:
    """What is in a folder already; the sentences of a chain count as one."""
    stems = {path.stem for path in manifests(out)} if out.is_dir() else set()
    return stems | {stem.rpartition("_")[0] for stem in stems}


def _keep(outcomes: Iterable[Outcome], out: Path, keep_failures: bool, progress: RecordingProgress) -> None:
    """Bring what came of each episode into the folder, the data before its manifest."""
    for outcome in outcomes:
        take: Take = outcome.answer or lost(outcome.error)
        kept = bool(take.manifests) and (take.success or keep_failures)
        for manifest in take.manifests if kept else ():
            adopt(manifest, out)
        rmtree(parts_of(out) / stem_of(outcome.job), ignore_errors=True)
        progress.add(outcome.job, take, kept)


def adopt(manifest: Path, folder: Path) -> Path:
    """Move a committed episode into another folder of the same disk; a crash leaves it whole in one, or to be redone."""
    data = manifest.with_suffix(".zarr.zip")
    data.replace(folder / data.name)
    sync(folder)
    moved = manifest.replace(folder / manifest.name)
    sync(folder)
    return moved


def main() -> None:
    """The console script."""
    run(record, "record", SCHEMAS, __doc__)


if __name__ == "__main__":
    main()
