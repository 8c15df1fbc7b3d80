"""A handsight-evaluate that plays nothing: what comes of an episode is computed from its name, at once.

python -m tests.sim.evaluation.fake_trials FOLDER EPISODES      an evaluation of them, to be killed
"""

import sys
import time
from typing import Any

from sim.scores import EpisodeResult
from sim.suites import EpisodeName
from tests.sim.results import row


class FakeTrials:
    """Plays episodes of `handsight-evaluate` without a stage."""

    def __init__(self, config: Any) -> None:
        """Nothing to build."""

    def __call__(self, name: EpisodeName) -> Any:
        """Success and duration by the name's own random numbers."""
        from sim.evaluation.trial import Answer

        time.sleep(0.002)
        return Answer(result=fake_result(name), picture=None)


def fake_result(name: EpisodeName) -> EpisodeResult:
    """What comes of an episode."""
    random = name.random("fake")
    success = bool(random.random() < 0.7)
    suite, task, split, perturbation, index = name.key
    where = {"suite": suite, "task": task, "split": split, "perturbation": perturbation, "seed": name.seed}
    return row(index, success, **where, duration_s=float(random.uniform(1, 9)))


if __name__ == "__main__":
    from robot.configuration import load
    from sim.evaluate import SCHEMAS, play

    folder, wanted = sys.argv[1:]
    play(load("evaluate", [f"out={folder}", "workers=2", f"mix={wanted}", "probes=0"], SCHEMAS)[0], FakeTrials)
