"""GrounderContract: what every Grounder must keep; subclass it and say how to make yours."""

from abc import ABC, abstractmethod

import numpy as np
import pytest

from policies.grounding.grounder import Candidate, Grounder
from policies.language.program import Phrase
from sensors.observation import Observation
from tests.policies.tabletop import block, observe, phrase, thing

PHRASES = (
    "the red block",
    "the block",
    "the bowl",
    "the thing",
    "the small can",
    "the leftmost thing",
    "the block left of the bowl",
)


class GrounderContract(ABC):
    """Subclass as `TestMyGrounder(GrounderContract)` with `make_grounder`; a learned one may see another table."""

    @abstractmethod
    def make_grounder(self) -> Grounder:
        """A fresh grounder."""

    @pytest.fixture(scope="class")
    def observation(self) -> Observation:
        """A table with two blocks, a bowl and a can."""
        return observe(
            block("red", 0.5, 0.2),
            block("green", 0.4, -0.1),
            thing("bowl", "blue", 0.6, 0.05),
            thing("can", "yellow", 0.6, -0.2),
        )

    def test_the_same_question_has_the_same_answer(self, observation: Observation) -> None:
        grounder, other = self.make_grounder(), self.make_grounder()
        for words in PHRASES:
            assert_same(grounder.ground(phrase(words), observation), grounder.ground(phrase(words), observation))
            assert_same(grounder.ground(phrase(words), observation), other.ground(phrase(words), observation))
        assert_same(grounder.things(observation), other.things(observation))

    def test_an_answer_depends_on_nothing_that_was_seen_before(self, observation: Observation) -> None:
        grounder, fresh = self.make_grounder(), self.make_grounder()
        grounder.ground(phrase("the red block"), observe(block("red", 0.4, -0.3), thing("ball", "pink", 0.5, 0.0)))
        assert_same(grounder.ground(phrase("the red block"), observation), fresh.ground(phrase("the red block"), observation))

    def test_masks_have_the_clouds_length_and_points_in_them(self, observation: Observation) -> None:
        for found in self.make_grounder().things(observation):
            assert found.mask.shape == (len(observation.cloud),) and found.mask.dtype == bool
            assert found.mask.any()

    def test_a_box_holds_its_points(self, observation: Observation) -> None:
        for found in self.make_grounder().things(observation):
            inside = found.box_base.contains(observation.cloud.points_base[found.mask], margin=0.006)
            assert inside.mean() > 0.95, found.description
            np.testing.assert_allclose(found.box_base.pose[:3, 2], [0, 0, 1], atol=1e-9)  # upright

    def test_things_come_from_left_to_right_and_overlap_nowhere(self, observation: Observation) -> None:
        things = self.make_grounder().things(observation)
        assert len(things) == 4
        lefts = [float(observation.cloud.points_base[found.mask, 1].mean()) for found in things]
        assert lefts == sorted(lefts, reverse=True)
        assert sum(found.mask.astype(int) for found in things).max() == 1

    def test_what_fits_is_among_the_things_and_best_first(self, observation: Observation) -> None:
        grounder = self.make_grounder()
        centres = [tuple(found.box_base.pose[:3, 3]) for found in grounder.things(observation)]
        for words in PHRASES:
            found = grounder.ground(phrase(words), observation)
            assert all(tuple(each.box_base.pose[:3, 3]) in centres for each in found)
            assert all(0 <= each.score <= 1 for each in found)
            if phrase(words).shape != "thing":
                assert all(each.shape == phrase(words).shape for each in found)

    def test_what_is_not_there_is_not_seen(self, observation: Observation) -> None:
        grounder = self.make_grounder()
        for words in ("the elephant", "the purple block", "the mug", "the block left of the mug"):
            assert grounder.ground(phrase(words), observation) == ()

    def test_an_empty_table_has_nothing_on_it(self) -> None:
        grounder, empty_table = self.make_grounder(), observe()
        assert grounder.things(empty_table) == ()
        assert grounder.ground(Phrase(text="anything"), empty_table) == ()

    def test_an_empty_cloud_is_no_error(self) -> None:
        seen_nothing = observe()
        nothing = type(seen_nothing)(
            **{**vars(seen_nothing), "cloud": seen_nothing.cloud.where(np.zeros(len(seen_nothing.cloud), bool))}
        )
        assert self.make_grounder().things(nothing) == ()


def assert_same(ours: tuple[Candidate, ...], theirs: tuple[Candidate, ...]) -> None:
    """The same candidates in the same order, bit for bit."""
    assert [each.description for each in ours] == [each.description for each in theirs]
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.score == other.score
        np.testing.assert_array_equal(mine.mask, other.mask)
        np.testing.assert_array_equal(mine.box_base.pose, other.box_base.pose)
        np.testing.assert_array_equal(mine.box_base.size, other.box_base.size)
