"""VoxPoser's thirteen sentences: what each half of a split may show, and that every one can be done."""

from collections.abc import Iterator

import numpy as np
import pytest

from robot.errors import InvalidInput
from sim.tasks.family import Family
from sim.tasks.voxposer.catalogue import VOXPOSER
from sim.tasks.voxposer.table import attributes
from sim.world import World
from tests.sim.blind import BlindRobot, bare_table

CELLS = [(family, split) for family in VOXPOSER for split in family.splits]


@pytest.fixture(scope="module")
def robot() -> Iterator[BlindRobot]:
    with World() as world:
        yield BlindRobot(world)


@pytest.mark.parametrize(("family", "split"), CELLS, ids=lambda each: getattr(each, "name", each))
def test_a_half_shows_only_its_own_colours_and_words(family: Family, split: str) -> None:
    other = {"seen": "unseen", "unseen": "seen"}[split.partition("-")[2]]
    for seed in range(20):
        episode = family.draw(split, bare_table(), np.random.default_rng(seed))
        sentence = episode.errands[0].instruction
        assert not {each.colour for each in episode.scene.objects} & set(attributes()["colour"][other])
        words = [
            word for gap in ("colour", "pos", "region", "velocity", "line", "preposition") for word in attributes()[gap][other]
        ]
        words += attributes()["deixis"][other] if family.name == "close_deixis_drawer" else []
        assert not [word for word in words if f" {word} " in f" {sentence} "], sentence
        assert not [word for word in attributes()["dist"][other] if f" {word} cm" in sentence], sentence


@pytest.mark.parametrize("family", VOXPOSER, ids=lambda each: each.name)
def test_the_same_random_numbers_give_the_same_episode(family: Family) -> None:
    one, two = (family.draw(family.splits[0], bare_table(), np.random.default_rng(5)) for _ in range(2))
    assert one.scene == two.scene
    assert [each.instruction for each in one.errands] == [each.instruction for each in two.errands]


@pytest.mark.parametrize("family", VOXPOSER, ids=lambda each: each.name)
def test_what_is_asked_for_is_not_so_yet_and_the_expert_does_it(family: Family, robot: BlindRobot) -> None:
    performed = robot.perform(family.draw(family.splits[0], bare_table(), np.random.default_rng(1)))
    assert not performed.before[0].success
    assert performed.success, performed.after


def test_a_split_without_this_template_is_refused() -> None:
    with pytest.raises(InvalidInput, match="split"):
        VOXPOSER[0].draw("unseen-unseen", bare_table(), np.random.default_rng(0))
