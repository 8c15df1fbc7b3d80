"""Every family's expert does at least 98 % of its seeds, so that a failure is the policy's; no sensor is needed for that."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from robot.configuration import load
from sim.record import SCHEMAS
from sim.suites import EpisodeName, SelectionConfig, select
from sim.tasks.catalogue import FAMILIES, family
from sim.world import World
from tests.sim.blind import BlindRobot

SEEDS = 50  # of each family, over all its cells: the first ones that an evaluation plays
SUITES = ("tabletop", "sorting", "household", "chains", "voxposer")


@cache
def suite(name: str) -> Any:
    """The resolved config of a suite."""
    return load("record", [f"suite={name}"], SCHEMAS)[0]


CASES = [(name, task) for name in SUITES for task in suite(name).suite.tasks]


@pytest.fixture(scope="module")
def robot() -> Iterator[BlindRobot]:
    with World() as world:
        yield BlindRobot(world)


def names(of: str, task: str) -> list[EpisodeName]:
    """The first episodes of a task."""
    return select(suite(of).suite, SelectionConfig(tasks=[task], mix=SEEDS), 0, ["none"])


def failure(robot: BlindRobot, of: str, name: EpisodeName) -> str:
    """What went wrong in an episode; empty if the expert did all of it."""
    episode = family(name.task).draw(name.split, suite(of).scene, name.random("episode"))
    done = robot.perform(episode, seed=name.scene_seed)
    said = [
        f"{verdict.reason} {end.reason}" for verdict, end in zip(done.after, done.rollouts, strict=True) if not verdict.success
    ]
    return "; ".join(said)


def test_every_family_is_in_a_suite_and_so_among_the_cases() -> None:
    assert {task for _, task in CASES} == set(FAMILIES)


@pytest.mark.slow
@pytest.mark.parametrize(("of", "task"), CASES)
def test_an_expert_does_98_of_100_of_its_seeds(robot: BlindRobot, of: str, task: str) -> None:
    failures = {f"{name.split} {name.index}": failure(robot, of, name) for name in names(of, task)}
    failures = {which: why for which, why in failures.items() if why}
    assert len(failures) <= 0.02 * SEEDS, failures
