"""The built-in parser: what sentences mean, and which it refuses."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.language.describe import describe
from policies.language.grammar.spelling import REPAIRED, VOCABULARY, corrected, neighbours
from policies.language.grammar.tokens import MAX_CHARACTERS
from policies.language.parser import RuleParser
from policies.language.program import Parser, Phrase, Program, Put, Step
from policies.language.references import antecedent, plain
from robot.errors import InstructionRefused
from tests.contracts.parser_contract import ParserContract
from tests.policies.parser_constructions import CONSTRUCTION_REFUSALS, CONSTRUCTIONS
from tests.policies.parser_manners import MANNER_PARAPHRASES, MANNER_REFUSALS, MANNERS
from tests.policies.parser_paraphrases import PARAPHRASES, REFUSALS
from tests.policies.parser_sentences import SENTENCES


def meaning(sentence: str) -> Program:
    return plain(RuleParser().parse(sentence))


class TestRuleParser(ParserContract):
    understood = (*SENTENCES, *MANNERS)

    def parser(self) -> Parser:
        return RuleParser()


@pytest.mark.parametrize(("sentence", "steps"), [*SENTENCES.items(), *MANNERS.items()], ids=ascii)
def test_sentence_means_its_program(sentence: str, steps: list[Step]) -> None:
    assert meaning(sentence).steps == tuple(steps)


def test_the_table_is_long_enough_to_mean_something() -> None:
    assert len(SENTENCES) >= 120


@pytest.mark.parametrize("group", (*PARAPHRASES, *MANNER_PARAPHRASES, *CONSTRUCTIONS), ids=lambda group: group[0])
def test_paraphrases_mean_the_same(group: tuple[str, ...]) -> None:
    for sentence in group[1:]:
        assert meaning(sentence).steps == meaning(group[0]).steps, sentence


@pytest.mark.parametrize(("sentence", "wording"), {**REFUSALS, **MANNER_REFUSALS, **CONSTRUCTION_REFUSALS}.items(), ids=ascii)
def test_refusal_says_what_was_wrong(sentence: str, wording: str) -> None:
    with pytest.raises(InstructionRefused) as refusal:
        RuleParser().parse(sentence)
    assert wording in str(refusal.value)


def test_too_long_an_instruction_is_counted_and_not_repeated() -> None:
    sentence = "pick up the red block. " * 50
    with pytest.raises(InstructionRefused, match=str(len(sentence))) as refusal:
        RuleParser().parse(sentence)
    assert "red" not in str(refusal.value)


def test_the_text_of_phrases_is_what_was_said() -> None:
    (step,) = RuleParser().parse("Please put the small RED brick  to the left of the bowl!").steps
    assert isinstance(step, Put)
    assert step.thing is not None
    assert step.thing.text == "the small RED brick"
    assert step.place.text == "to the left of the bowl"
    assert step.place.anchors[0].text == "the bowl"


def test_it_is_the_thing_that_was_acted_on_last() -> None:
    program = RuleParser().parse("push the can left, put the red block behind it, then push it forward")
    assert antecedent(program, 0) is None
    assert [plain(antecedent(program, index)).shape for index in (1, 2)] == ["can", "block"]


def test_it_goes_by_its_name_through_several_pronouns() -> None:
    program = RuleParser().parse("pick up the can, put it in the bowl, push it left, push it right")
    assert antecedent(program, 3) == Phrase(text="the can", shape="can")


def test_description_of_a_program_is_a_numbered_list() -> None:
    program = RuleParser().parse("grab an orange cube and drop it into the blue dish")
    assert describe(program) == "1. pick up an orange block\n2. put it in the blue bowl"


def test_no_word_of_the_lexicon_is_ever_corrected() -> None:
    assert all(corrected(word) == word for word in VOCABULARY)


@pytest.mark.parametrize("word", ["clock", "crown", "plane", "cable", "blank", "greed", "whale", "bleck"])
def test_other_words_are_not_taken_for_misspelt_ones(word: str) -> None:
    assert corrected(word) == word


def test_a_misspelling_of_two_key_words_is_left_alone() -> None:
    slips = {key: set(neighbours(key)) for key in REPAIRED}
    for first in REPAIRED:
        for second in REPAIRED:
            shared = slips[first] & slips[second] if first != second else set()
            assert all(corrected(slip) == slip for slip in shared)


def test_every_swap_of_two_letters_in_a_key_word_is_repaired() -> None:
    assert [corrected(word) for word in ("blokc", "yelolw", "puprle", "behnid")] == ["block", "yellow", "purple", "behind"]


@settings(max_examples=1000, deadline=None)
@given(st.lists(st.sampled_from([*sorted(VOCABULARY), ",", ".", "12", "0.5", "cm", "frobnicate"]), max_size=30))
def test_any_order_of_known_words_is_a_program_or_refused(words: list[str]) -> None:
    parsed = TestRuleParser().parse_or_refuse(" ".join(words))
    if parsed is not None:
        assert plain(RuleParser().parse(describe(parsed))).steps == plain(parsed).steps


PIECES = (
    *(
        "the red block",
        "it",
        "the bowl that is on the plate",
        "the one",
        "another can",
        "what you hold",
        "pick up",
        "put",
        "push",
    ),
    *(
        "stack",
        "drop",
        "go to",
        "in",
        "on",
        "next to",
        "between",
        "onto",
        "and",
        "then",
        ",",
        "10 cm",
        "to the left",
        "on the left",
    ),
    *(
        "down",
        "all blocks",
        "the two cans",
        "sort",
        "sweep",
        "open",
        "the drawer",
        "by colour",
        "build a pyramid of",
        "while staying away from",
        "while staying",
        "at half speed",
        "when within",
        "from",
        "along",
        "the left edge",
    ),
)


@settings(max_examples=1500, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_whatever_is_understood_can_be_said_again(pieces: list[str]) -> None:
    parsed = TestRuleParser().parse_or_refuse(" ".join(pieces))
    if parsed is not None:
        assert plain(RuleParser().parse(describe(parsed))).steps == plain(parsed).steps


@pytest.mark.parametrize(
    "piece", ["in it ", "that is in a ", "and ", "the ", "a red ", "put it in it ", "block, ", "x", "'", "1.", ", and "]
)
def test_the_longest_instruction_takes_a_blink(piece: str) -> None:
    start = time.perf_counter()
    for opening in ("", "put the can ", "stack the red block, "):
        TestRuleParser().parse_or_refuse((opening + piece * MAX_CHARACTERS)[:MAX_CHARACTERS])
    assert time.perf_counter() - start < 1
