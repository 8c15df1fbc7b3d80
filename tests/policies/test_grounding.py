"""Words find the right things in the cloud, and what is said back is true."""

import numpy as np
import pytest

from policies.grounding.grounder import Grounder
from policies.grounding.naming import i_see
from policies.grounding.segments import table_height
from policies.language.program import Phrase
from policies.value_maps.reference import Ambiguous, Reference
from robot.errors import InstructionRefused
from tests.contracts.grounder_contract import GrounderContract
from tests.policies.tabletop import FRONT, WRIST, block, grounder, moved, observe, phrase, seen, thing

RED, GREEN = block("red", 0.5, 0.2), block("green", 0.5, -0.1)
BOWL, CAN = thing("bowl", "blue", 0.55, 0.05), thing("can", "yellow", 0.6, -0.25)
TABLE = (RED, GREEN, BOWL, CAN)
IT = Phrase(text="it", pronoun=True)


class TestAttributeGrounder(GrounderContract):
    def make_grounder(self) -> Grounder:
        return grounder()


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("the red block", RED), ("the green thing", GREEN), ("the bowl", BOWL), ("the yellow can", CAN),
        ("the leftmost thing", RED), ("the rightmost thing", CAN), ("the nearest thing", GREEN), ("the farthest thing", CAN),
        ("the largest thing", BOWL), ("the tallest thing", CAN), ("the leftmost block", RED), ("the nearest block", GREEN),
        ("the block left of the bowl", RED), ("the block to the right of the bowl", GREEN),
        ("the block in front of the bowl", None),
        ("the can behind the green block", None), ("the block nearest to the can", GREEN),
        ("the thing closest to the red block", BOWL),
        ("the thing between the red block and the can", BOWL),
    ],
)  # fmt: skip
def test_words_mean_the_thing_that_a_person_means(words: str, meant: object) -> None:
    found = grounder().ground(phrase(words), observe(*TABLE))
    centres = [each.box_base.pose[:2, 3] for each in found]
    if meant is None:
        assert not centres
    else:
        assert len(centres) == 1
        np.testing.assert_allclose(centres[0], meant.xy, atol=0.006)  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", ["can", "ball", "bowl", "plate", "mug"])
@pytest.mark.parametrize("eyes", [(FRONT, WRIST), (FRONT,), (WRIST,)], ids=["both cameras", "front", "wrist"])
def test_a_shape_is_told_whichever_sides_are_hidden(kind: str, eyes: tuple[tuple[float, float, float], ...]) -> None:
    for x, y in ((0.4, -0.2), (0.5, 0.0), (0.6, 0.25)):
        (found,) = grounder().things(observe(thing(kind, "green", x, y), eyes=eyes))
        assert found.shape == kind
        np.testing.assert_allclose(found.box_base.pose[:2, 3], [x, y], atol=0.009)


@pytest.mark.parametrize("eyes", [(FRONT, WRIST), (FRONT,), (WRIST,)], ids=["both cameras", "front", "wrist"])
@pytest.mark.parametrize("degrees", [0, 20, 45, 70])
def test_a_turned_block_is_boxed_along_its_edges(degrees: float, eyes: tuple[tuple[float, float, float], ...]) -> None:
    (found,) = grounder().things(observe(block("red", 0.5, 0.1, yaw=np.deg2rad(degrees)), eyes=eyes))
    assert found.description == "red block"
    np.testing.assert_allclose(found.box_base.size, 0.04, atol=0.006)
    axis = np.rad2deg(np.arctan2(found.box_base.pose[1, 0], found.box_base.pose[0, 0]))
    assert abs((axis - degrees + 45) % 90 - 45) < 8


def test_sizes_are_judged_against_what_is_usual_for_the_shape() -> None:
    table = observe(block("red", 0.5, 0.2, scale=0.75), block("red", 0.5, 0.0), block("red", 0.5, -0.2, scale=1.25))
    for size, y in (("small", 0.2), ("medium", 0.0), ("large", -0.2)):
        np.testing.assert_allclose(seen(f"the {size} red block", table).box_base.pose[:2, 3], [0.5, y], atol=0.006)
    np.testing.assert_allclose(seen("the smallest block", table).box_base.pose[1, 3], 0.2, atol=0.006)
    assert grounder().ground(phrase("the large red block"), observe(block("red", 0.5, 0.0))) == ()


def test_touching_things_of_different_colour_are_two() -> None:
    things = grounder().things(observe(block("red", 0.5, 0.02), block("green", 0.5, -0.02)))
    assert [each.description for each in things] == ["red block", "green block"]
    for each, y in zip(things, (0.02, -0.02), strict=True):
        np.testing.assert_allclose(each.box_base.pose[:2, 3], [0.5, y], atol=0.006)


def test_light_and_shadow_on_one_thing_do_not_make_it_two() -> None:
    for brightness in (0.6, 1.0):
        assert len(grounder().things(observe(thing("can", "red", 0.5, 0.0), brightness=brightness))) == 1


@pytest.mark.parametrize(("x", "y", "degrees"), [(0.5, 0.0, 0), (0.4, 0.1, 0), (0.6, -0.2, 0), (0.45, 0.03, 25)])
def test_a_thing_on_another_has_its_own_box_and_hides_the_others_top_but_not_what_it_is(
    x: float, y: float, degrees: float
) -> None:
    yaw = np.deg2rad(degrees)
    table = observe(block("green", x, y, yaw=yaw), block("red", x, y, z=0.04, yaw=yaw))
    top, bottom = seen("the red block", table), seen("the green block", table)
    assert abs(top.box_base.pose[2, 3] - 0.06) < 0.006
    assert abs(top.box_base.size[2] - 0.04) < 0.008
    assert abs(bottom.box_base.pose[2, 3] - 0.02) < 0.006
    np.testing.assert_allclose(bottom.box_base.pose[:2, 3], [x, y], atol=0.006)
    np.testing.assert_allclose(bottom.box_base.size, 0.04, atol=0.008)
    assert seen("the block on the green block", table).description == "red block"


def test_a_block_in_a_bowl_is_seen_in_it() -> None:
    table = observe(thing("bowl", "blue", 0.55, 0.1), block("red", 0.55, 0.1, z=0.005), block("red", 0.4, -0.2))
    np.testing.assert_allclose(seen("the red block in the bowl", table).box_base.pose[:2, 3], [0.55, 0.1], atol=0.01)


def test_things_outside_the_working_region_are_left_out() -> None:
    assert grounder().things(observe(block("red", 0.5, 0.55), block("red", 0.1, 0.0))) == ()


def test_the_tables_height_is_found_though_things_cover_it() -> None:
    table = observe(*TABLE)
    assert abs(table_height(table.cloud, grounder()._segments)) < 0.002


def test_what_is_seen_is_said_in_a_sentence() -> None:
    things = grounder().things(observe(thing("can", "orange", 0.5, 0.25), block("red", 0.5, 0.1), block("red", 0.5, -0.1)))
    assert i_see(things) == "I see an orange can and two red blocks"
    assert i_see(()) == "I see nothing on the table"


@pytest.mark.parametrize(
    ("things", "words", "said"),
    [
        (TABLE, "the elephant", "I see a red block, a blue bowl, a green block and a yellow can; I do not see an elephant."),
        ((RED,), "the blue bowl", "I see a red block; I do not see a blue bowl."),
        ((), "the red block", "I see nothing on the table; I do not see a red block."),
        (TABLE, "the red block next to the mug", "; I do not see a mug."),
        (TABLE, "the purplish block", "I don't know what 'purplish' means; say a colour, a size or where it is."),
    ],
)
def test_what_is_not_seen_is_said_with_what_is(things: tuple, words: str, said: str) -> None:
    with pytest.raises(InstructionRefused) as refusal:
        Reference(grounder()).one(phrase(words), observe(*things))
    assert str(refusal.value).endswith(said)
    assert not isinstance(refusal.value, Ambiguous)


@pytest.mark.parametrize(
    ("things", "said"),
    [
        ((RED, moved(RED, 0.5, -0.2)), "Two red blocks: the left or the right one?"),
        ((RED, moved(RED, 0.7, 0.2)), "Two red blocks: the near or the far one?"),
        ((RED, GREEN), "Two things fit 'the block': the red block or the green block?"),
        ((RED, moved(RED, 0.5, -0.2), moved(RED, 0.5, 0.0)),
         "Three things fit: red blocks. Which one: the leftmost, the rightmost, the nearest …?"),
    ],
)  # fmt: skip
def test_a_question_is_asked_where_two_things_fit(things: tuple, said: str) -> None:
    with pytest.raises(Ambiguous) as question:
        Reference(grounder()).one(phrase("the block"), observe(*things))
    assert str(question.value) == said


def test_answers_to_the_question_tell_the_two_apart() -> None:
    table = observe(RED, moved(RED, 0.5, -0.2))
    reference = Reference(grounder())
    assert reference.one(phrase("the left red block"), table).box_base.pose[1, 3] > 0
    assert reference.one(phrase("the right red block"), table).box_base.pose[1, 3] < 0


def test_any_one_will_do_where_the_words_say_so() -> None:
    assert Reference(grounder()).one(phrase("any block"), observe(RED, GREEN)).shape == "block"


def test_the_other_one_is_not_the_one_spoken_of() -> None:
    table, reference = observe(RED, moved(RED, 0.5, -0.2)), Reference(grounder())
    first = reference.one(phrase("the left red block"), table)
    other = reference.one(phrase("the other red block"), table)
    assert first.box_base.pose[1, 3] > 0 > other.box_base.pose[1, 3]


def test_it_is_what_was_spoken_of_last_where_it_is_now() -> None:
    reference = Reference(grounder())
    with pytest.raises(InstructionRefused, match="'it'"):
        reference.one(IT, observe(*TABLE))
    reference.one(phrase("the red block"), observe(*TABLE))
    now = reference.one(IT, observe(moved(RED, 0.45, 0.15), GREEN, BOWL, CAN))
    np.testing.assert_allclose(now.box_base.pose[:2, 3], [0.45, 0.15], atol=0.006)
    with pytest.raises(InstructionRefused, match="no longer see the red block"):
        reference.one(IT, observe(GREEN, BOWL, CAN))


def test_a_thing_that_a_place_names_does_not_become_it() -> None:
    reference = Reference(grounder())
    reference.one(phrase("the red block"), observe(*TABLE))
    reference.anchor(phrase("the bowl"), observe(*TABLE))
    assert reference.one(IT, observe(*TABLE)).description == "red block"
