"""The contract of a Parser as a reusable test: subclass it, answer `parser`, and give sentences that it understands."""

import re
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from policies.language.describe import describe
from policies.language.program import Parser, Phrase, Program
from policies.language.references import phrases_of, plain
from robot.errors import InstructionRefused


class ParserContract:
    """What every parser does with any text; a parser that answers slowly lowers `num_examples`."""

    understood: tuple[str, ...] = ("pick up the red block", "put the red block in the blue bowl, then go home")
    num_examples = 200

    def parser(self) -> Parser:
        raise NotImplementedError

    def parse_or_refuse(self, text: str) -> Program | None:
        """The program, None if refused; any other error fails the test."""
        try:
            program = self.parser().parse(text)
        except InstructionRefused as refusal:
            assert 10 < len(str(refusal)) < 400, str(refusal)
            assert str(refusal).isprintable()
            return None
        assert program.steps
        assert program.text == text
        return program

    def test_any_text_becomes_a_program_or_is_refused(self) -> None:
        @settings(max_examples=self.num_examples, deadline=None)
        @given(st.text(max_size=300))
        @example("\ud800")
        @example("\u202epick up the red block")
        def check(text: str) -> None:
            self.parse_or_refuse(text)

        check()

    def test_the_same_sentence_gives_the_same_program(self) -> None:
        for sentence in self.understood:
            assert self.parser().parse(sentence) == self.parser().parse(sentence)

    def test_case_and_final_punctuation_do_not_matter(self) -> None:
        for sentence in self.understood:
            program = plain(self.parser().parse(sentence))
            assert plain(self.parser().parse(f"  {sentence.upper()}! ")).steps == program.steps

    def test_the_words_of_a_phrase_were_said(self) -> None:
        for sentence in self.understood:
            for step in self.parser().parse(sentence).steps:
                for phrase in phrases_of(step):
                    assert isinstance(phrase, Phrase)
                    assert set(re.findall(r"\w+", phrase.text)) <= set(re.findall(r"\w+", sentence))

    def test_what_was_understood_can_be_said_again(self) -> None:
        for sentence in self.understood:
            program = self.parser().parse(sentence)
            assert plain(self.parser().parse(describe(program))).steps == plain(program).steps

    @pytest.mark.parametrize("text", ["", " ", "\t\n ", "\u3000"])
    def test_blank_text_is_refused(self, text: str) -> None:
        with pytest.raises(InstructionRefused):
            self.parser().parse(text)

    @pytest.mark.parametrize(
        "sentence", ["don't pick up the red block", "do not pick up the red block", "never open the gripper"]
    )
    def test_what_is_forbidden_is_never_done(self, sentence: str) -> None:
        with pytest.raises(InstructionRefused):
            self.parser().parse(sentence)

    @pytest.mark.parametrize("piece", ["a", " ", "the ", "put ", "in the bowl ", "\ud800", "ﷺ", "that is in a "])
    def test_a_megabyte_is_refused_at_once_and_without_repeating_it(self, piece: str) -> None:
        start = time.perf_counter()
        with pytest.raises(InstructionRefused) as refusal:
            self.parser().parse(piece * (1_000_000 // len(piece)))
        assert time.perf_counter() - start < 1
        assert len(str(refusal.value)) < 200
