"""The gist of what people say: what it must mean, and what has none."""

from collections import Counter

import pytest

from policies.language.gist.reading import gist_of
from policies.language.grammar.refusals import IsItMeant
from policies.language.grammar.screening import without_fillers
from policies.language.grammar.tokens import tokenise
from policies.language.parser import RuleParser
from policies.language.restating import restated, understood
from robot.errors import InstructionRefused
from tests.policies.spoken import spoken


def gist(sentence: str) -> str:
    said, tokens = tokenise(sentence)
    return gist_of(said, without_fillers(said, tokens))


@pytest.mark.parametrize(("part", "most", "few"), [("first", 114, 7), ("second", 66, 5), ("third", 70, 2)])
def test_of_what_people_say_so_much_is_understood_or_asked_about_and_so_little_amiss(part: str, most: int, few: int) -> None:
    found = Counter[str]()
    for sentence, meaning in spoken(part):
        plainly = sentence if understood(sentence) else gist(sentence)
        assert understood(meaning), meaning
        found["refused" if not plainly else "right" if restated(plainly) == restated(meaning) else "wrong"] += 1
    assert found["right"] >= most and found["wrong"] <= few


@pytest.mark.parametrize(
    ("sentence", "meaning"),
    [
        ("Right of the green saucer is where the orange tin should go.", "put the orange tin to the right of the green saucer"),
        ("Use the blue plate as a base and rest the yellow tin on it.", "put the yellow tin on the blue plate"),
        ("Keep off the red bowl as you shove the can to the middle.",
         "push the can to the middle of the table without touching the red bowl"),
        ("The red bowl mustn't be touched when you push the can to the right edge of the table.",
         "push the can to the right side of the table without touching the red bowl"),
        ("Shift the tray over backward and to the right by 20 centimetres, pushing it.",
         "push the tray 20 cm diagonally back to the right"),
        ("Make the red ball the middle one, with the cup and the blue saucer either side of it.",
         "put the red ball between the cup and the blue saucer"),
        ("Build a tower, top to bottom: the red, the green and the blue block.",
         "put the green block on the blue block, then put the red block on the green block"),
        ("I'd like a tower: the blue block on the green one, and the green one on the red one.",
         "put the green block on the red block, then put the blue block on the green block"),
        ("Set the red cube next to the green cube and then bridge the two with the blue cube.",
         "put the red cube next to the green cube, then put the blue cube on both"),
        ("I need to get at what's in the drawer, so open it.", "open the drawer"),
        ("Please don't leave the drawer shut, open it.", "open the drawer"),
        ("Please don't leave the drawer open.", "close the drawer"),
        ("Could the crumbs be brushed to the far side of the table?", "sweep the crumbs to the back side of the table"),
        ("I'd like the things split up by shape, each shape in its own tray.",
         "sort the things into the bins by shape"),
    ],
)  # fmt: skip
def test_a_gist_is_a_plain_sentence_that_the_grammar_reads(sentence: str, meaning: str) -> None:
    assert gist(sentence) == meaning and understood(meaning)


def test_whether_the_gist_is_meant_is_asked_and_nothing_done_unasked() -> None:
    with pytest.raises(IsItMeant, match="Do you mean 'put the orange tin to the right of the green saucer'") as question:
        RuleParser().parse("Right of the green saucer is where the orange tin should go.")
    assert understood(question.value.gist)
    assert not understood("Right of the green saucer is where the orange tin should go.")


@pytest.mark.parametrize("sentence", [sentence for sentence, _ in (*spoken("none"), *spoken("amiss"))])
def test_what_asks_reports_forbids_depends_or_means_several_things_has_no_gist(sentence: str) -> None:
    assert not gist(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Don't you put the red block in the blue bowl.",
        "I'd like the red block in the blue bowl if the can is green.",
        "I want the red block anywhere but in the blue bowl.",
        "Should the red block or the green block go in the blue bowl?",
        "The red block, the blue bowl.",
        "The red block should be pushed.",
        "The red block should be pushed to the left and to the right side of the table.",
        "Build me a pyramid of the two blocks.",
        "Let the robot be careful with the red block.",
    ],
)
def test_what_has_neither_a_meaning_nor_a_gist_is_refused(sentence: str) -> None:
    assert not gist(sentence)
    with pytest.raises(InstructionRefused):
        RuleParser().parse(sentence)
