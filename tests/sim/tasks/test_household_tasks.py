"""The tasks of the household scene, and chains: not so yet when they begin, and done by the expert."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from robot.configuration import load
from robot.errors import InvalidInput
from sim.scene import SceneConfig
from sim.stage import SCHEMAS, StageConfig
from sim.tasks.chain import CHAIN
from sim.tasks.close_drawer import CLOSE_DRAWER
from sim.tasks.family import SPLITS, Family
from sim.tasks.open_drawer import OPEN_DRAWER
from sim.tasks.sweep import SWEEP
from sim.world import World
from tests.sim.blind import BlindRobot, bare_table


@pytest.fixture(scope="module")
def robot() -> Iterator[BlindRobot]:
    with World() as world:
        yield BlindRobot(world)


@pytest.fixture(scope="module")
def household() -> SceneConfig:
    config, _ = load("env", ["scene=household"], {"env": StageConfig, **SCHEMAS})
    return config.scene


@pytest.mark.parametrize("family", [OPEN_DRAWER, CLOSE_DRAWER], ids=lambda each: each.name)
def test_a_drawer_is_moved_by_its_handle(family: Family, robot: BlindRobot, household: SceneConfig) -> None:
    performed = robot.perform(family.draw("seen-seen", household, np.random.default_rng(0)))
    assert not performed.before[0].success
    assert performed.success, performed.after


@pytest.mark.slow
@pytest.mark.parametrize("family", [SWEEP, CHAIN], ids=lambda each: each.name)
def test_crumbs_are_swept_up_and_five_sentences_done_in_a_row(
    family: Family, robot: BlindRobot, household: SceneConfig
) -> None:
    scene = household if family is SWEEP else bare_table()
    performed = robot.perform(family.draw("seen-seen", scene, np.random.default_rng(0)))
    assert not any(verdict.success for verdict in performed.before)
    assert performed.success, performed.after


@pytest.mark.parametrize("split", SPLITS)
def test_a_chain_is_five_different_sentences(split: str) -> None:
    for seed in range(10):
        sentences = [each.instruction for each in CHAIN.draw(split, bare_table(), np.random.default_rng(seed)).errands]
        assert len(set(sentences)) == 5


@pytest.mark.parametrize("family", [OPEN_DRAWER, CLOSE_DRAWER, SWEEP], ids=lambda each: each.name)
def test_a_scene_without_what_the_task_needs_is_refused(family: Family) -> None:
    with pytest.raises(InvalidInput, match="household"):
        family.draw("seen-seen", replace(bare_table(), fixtures=[]), np.random.default_rng(0))
