"""From a sentence to its words, and the reader that walks along them."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeVar

from policies.language.grammar.spelling import VOCABULARY, corrected
from robot.errors import InstructionRefused

Meaning = TypeVar("Meaning")

MAX_CHARACTERS = 1000
LONGEST_EXPRESSION = 7  # words; no table of the lexicon holds a longer one
SHOWN_CHARACTERS = 60
APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ′´`＇", "'"))
# Each alternative begins with another kind of character and holds no nested repetition: linear time for any text.
WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|-?[0-9]+(?:\.[0-9]+)?|[,;.:!?]|\S")
SILENT = set("\"'()[]{}-–—_*•…“”„«»#")


@dataclass(frozen=True)
class Token:
    """One word, number or mark: in lower case with its spelling corrected, and where it stands in the sentence."""

    word: str
    start: int
    end: int


class Reader:
    """A place in a sentence that moves forward as expressions are understood; tables map expressions to meanings."""

    def __init__(self, sentence: str, tokens: tuple[Token, ...]) -> None:
        """Stand before the first word."""
        self.sentence = sentence
        self.tokens = tokens
        self.position = 0

    @property
    def done(self) -> bool:
        """Whether all words have been read."""
        return self.position >= len(self.tokens)

    def word(self, ahead: int = 0) -> str:
        """The next word, or one further ahead; "" past either end."""
        index = self.position + ahead
        return self.tokens[index].word if 0 <= index < len(self.tokens) else ""

    def length(self, table: Collection[str], ahead: int = 0) -> int:
        """How many words the longest expression of the table has that stands next; 0 if none does."""
        start = self.position + ahead
        words = [token.word for token in self.tokens[start : start + LONGEST_EXPRESSION]]
        return next((count for count in range(len(words), 0, -1) if " ".join(words[:count]) in table), 0)

    def accept(self, table: Collection[str]) -> str | None:
        """Move past the longest expression of the table that stands next and return it; None if none does."""
        start = self.position
        self.position += self.length(table)
        return " ".join(token.word for token in self.tokens[start : self.position]) or None

    def meaning(self, table: Mapping[str, Meaning]) -> Meaning | None:
        """Like accept, but returns what the expression means."""
        expression = self.accept(table)
        return None if expression is None else table[expression]

    def said(self, start: int, end: int | None = None) -> str:
        """The words from token `start` to before `end` (default: the next to be read), as they were typed."""
        span = self.tokens[start : self.position if end is None else end]
        return shown(self.sentence[span[0].start : span[-1].end], len(self.sentence)) if span else ""


def shown(text: str, limit: int = SHOWN_CHARACTERS) -> str:
    """A piece of a sentence on one line, cut to a length that a message can carry."""
    line = " ".join(text.split())
    line = "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in line)
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def tokenise(sentence: str) -> tuple[str, tuple[Token, ...]]:
    """The sentence in one Unicode form, and its words; quotes, brackets and dashes are silent.

    Raises:
        InstructionRefused: blank, too long, or with characters that no keyboard writes.
    """
    _refuse_length(sentence)
    _refuse_control_characters(sentence)
    plain = unicodedata.normalize("NFKC", sentence.translate(APOSTROPHES))
    _refuse_length(plain)  # one character may stand for many
    if not plain.strip():
        raise InstructionRefused("The instruction is empty; say for example 'pick up the red block'.")
    found = [(match.group().lower(), match.start(), match.end()) for match in WORD.finditer(plain)]
    words = [part for word in found if word[0] not in SILENT for part in _parts(*word)]
    return plain, tuple(Token(corrected(word), start, end) for word, start, end in words)


def _parts(word: str, start: int, end: int) -> list[tuple[str, int, int]]:
    """A word, or of "cabinet's" its two parts; "that's" and its like are words of their own."""
    if word.endswith("'s") and word not in VOCABULARY and word[:-2] in VOCABULARY:
        return [(word[:-2], start, end - 2), ("'s", end - 2, end)]
    return [(word, start, end)]


def _refuse_length(sentence: str) -> None:
    """Refuse what is longer than any instruction, without repeating it."""
    if len(sentence) > MAX_CHARACTERS:
        raise InstructionRefused(f"An instruction has at most {MAX_CHARACTERS} characters; this one has {len(sentence)}.")


def _refuse_control_characters(sentence: str) -> None:
    """Refuse characters that steer a terminal or hide themselves; tabs and line ends count as blanks."""
    for index, character in enumerate(sentence):
        if character not in "\t\n\r" and unicodedata.category(character) in ("Cc", "Cf", "Cs"):
            name = character.encode("unicode_escape", "surrogatepass").decode("ascii")
            raise InstructionRefused(
                f"The instruction has a control character, {name}, at position {index + 1}; type words only."
            )
