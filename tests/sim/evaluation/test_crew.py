"""A crew of workers: every job gets its outcome once, whatever becomes of the workers."""

from functools import partial
from pathlib import Path

import pytest

from robot.errors import HandsightError
from sim.evaluation.crew import ATTEMPTS, play_all
from sim.evaluation.processes import Processes
from tests.sim.evaluation.hands import Doubler, Threads, Unfit


def test_each_job_gets_one_outcome_however_often_workers_die(tmp_path: Path) -> None:
    outcomes = list(play_all(Processes(partial(Doubler, str(tmp_path)), 2), range(4)))
    assert sorted((each.job, each.answer) for each in outcomes) == [(job, 2 * job) for job in range(4)]
    assert {each.job for each in outcomes if each.attempts == 2} == {0, 3}
    assert all("exit code 3" in each.error for each in outcomes if each.attempts == 2)


def test_a_job_that_kills_or_fails_every_time_is_given_up_and_the_others_go_on() -> None:
    outcomes = {each.job: each for each in play_all(Processes(Doubler, 2), [1, None, -5, 2])}
    assert (outcomes[1].answer, outcomes[2].answer) == (2, 4)
    for job, said in ((None, "exit code 3"), (-5, "ValueError: -5 is negative")):
        assert outcomes[job].answer is None and outcomes[job].attempts == ATTEMPTS and said in outcomes[job].error


def test_a_worker_has_one_thread_for_rays_and_matrices() -> None:
    (outcome,) = play_all(Processes(Threads, 1), [0])
    assert outcome.answer == 1


def test_what_can_not_be_set_up_ends_the_run_in_its_own_words() -> None:
    with pytest.raises(HandsightError, match="unknown 'moon'"):
        list(play_all(Processes(Unfit, 2), [1, 2]))


def test_no_jobs_need_no_workers() -> None:
    assert list(play_all(Processes(Unfit, 2), [])) == []


@pytest.mark.slow
def test_ray_gives_the_same_outcomes_as_processes(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="needs the extra ray")
    from sim.evaluation.ray_cluster import RayCluster

    outcomes = list(play_all(RayCluster(partial(Doubler, str(tmp_path)), 2), [*range(7), -5]))
    answers = {each.job: (each.answer, each.attempts) for each in outcomes}
    assert answers == {**{job: (2 * job, 2 if job % 3 == 0 else 1) for job in range(7)}, -5: (None, ATTEMPTS)}
