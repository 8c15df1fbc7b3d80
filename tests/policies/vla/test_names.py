"""Names in sentences: found where they stand, and meaning one thing or none."""

import pytest

from policies.vla.names import names_in
from policies.vla.stills import Still
from policies.vla.vocabulary import Sort, Vocabulary
from tests.policies.vla.oracle import drawn, scene


@pytest.mark.parametrize(
    ("sentence", "names"),
    [
        ("put the red can into that tiny dish", ["red can", "tiny dish"]),
        ("Push the Gray Cube 12 cm to the left", ["gray cube"]),
        ("pick up the leftmost small green block", ["leftmost small green block"]),
        ("take the thing behind the largest object", ["thing", "largest object"]),
        ("stack the blocks", []),  # several
        ("scan the candle", []),  # parts of other words
        ("can you pick up the can?", ["can"]),
        ("open the drawer", []),
        ("", []),
    ],
)
def test_names_are_found_where_they_stand(sentence: str, names: list[str]) -> None:
    found = names_in(sentence)
    assert [sentence[each.begin : each.end].lower() for each in found] == names == [each.text for each in found]


def test_a_name_that_needs_more_words_to_tell_which_one_says_so() -> None:
    assert [name.told for name in names_in("put the block that is on the plate on the red block")] == [True, False, False]


def test_a_name_says_which_sort_of_thing_it_is() -> None:
    (first, second) = names_in("put the nearest little blue cube on the saucer")
    assert first.sort == Sort(colour="blue", shape="block", size="small") and first.superlative == "nearest"
    assert second.sort == Sort(shape="plate") and not second.superlative


def test_a_name_means_the_thing_that_a_phrase_with_it_points_at() -> None:
    told = 0
    for oracle, lesson in drawn("grounding"):
        names = names_in(lesson.text)
        if len(names) > 1:
            continue  # told by another thing
        still = Still(oracle.facts, lesson.step, Vocabulary(), smallest_px=1)
        thing = names[0].means(still)
        assert thing is not None and still.region(thing).position_base.tolist() == lesson.regions[0].position_base.tolist()
        told += 1
    assert told > 50


def test_a_name_that_fits_several_things_or_none_means_nothing() -> None:
    facts = scene(0)
    for thing, (colour, shape) in zip(facts.attributes["objects"], [("red", "can")] * 2 + [("blue", "can")] * 5, strict=True):
        thing.update(colour=colour, shape=shape, size="normal")
    still = Still(facts, 0, Vocabulary(), smallest_px=1)
    vague = names_in("the red can, the blue can, the can, the thing, the green can, the leftmost bowl, the small red can")
    assert [name.means(still) for name in vague] == [None] * 7
