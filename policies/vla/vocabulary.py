"""Vocabulary: the words for what facts tell of a scene: things, sizes, sides, counts; some of them may be kept out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np

from policies.language.grammar.lexicon import COLOURS

Option = TypeVar("Option")

NOUNS = {
    "block": ("block", "cube"),
    "can": ("can", "tin"),
    "bowl": ("bowl", "dish"),
    "plate": ("plate", "saucer"),
    "bin": ("bin", "tray"),
    "ball": ("ball", "sphere"),
    "mug": ("mug", "cup"),
}
ANYTHING = ("thing", "object", "item")
SIZES = {"small": ("small", "little", "tiny"), "large": ("large", "big")}
PLURALS = {"dish": "dishes"}
RELATIONS = {
    "left of": ("to the left of", "left of", "on the left side of", "to the left hand side of"),
    "right of": ("to the right of", "right of", "on the right side of", "to the right hand side of"),
    "behind": ("behind", "in back of", "on the far side of"),
    "in front of": ("in front of", "ahead of", "on the near side of"),
    "on": ("on", "on top of"),
    "in": ("in", "inside"),
}
BETWEEN = ("between",)
SUPERLATIVES = ("leftmost", "rightmost", "nearest", "farthest", "largest", "smallest")
KEYS = ("left", "right", "behind", "back", "far", "front", "ahead", "near", "top", "on", "inside", "in")  # tells most first
STATES = {True: ("open",), False: ("closed", "shut")}  # of the drawer
COUNTS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


@dataclass(frozen=True, kw_only=True)
class Sort:
    """A sort of thing, by any of its attributes; None = whatever it is. A size is told of a shape only.

    Attributes:
        colour: canonical colour.
        shape: a key of NOUNS.
        size: "small" or "large".
    """

    colour: str | None = None
    shape: str | None = None
    size: str | None = None

    def fits(self, thing: Mapping[str, str]) -> bool:
        """Whether a thing, as the facts' attribute `objects` has it, is of the sort."""
        asked = {"colour": self.colour, "shape": self.shape, "size": self.size}
        return all(value is None or thing.get(key, "normal") == value for key, value in asked.items())


class Vocabulary:
    """The words that may be said, and what is said with them."""

    def __init__(self, avoid: Iterable[str] = ()) -> None:
        """Keep some words out: an expression that holds one of them is not said."""
        self._avoid = frozenset(avoid)
        self.colours = self._allowed(dict.fromkeys(COLOURS.values()))
        self.superlatives = self._allowed(SUPERLATIVES)
        self._things = self._allowed(ANYTHING)
        self._nouns = self._sayable(NOUNS)
        self._sizes = self._sayable(SIZES)
        self._relations = self._sayable(RELATIONS)
        self.between = self._allowed(BETWEEN)
        self.states = {state: self._allowed(words) for state, words in STATES.items()} if self._allowed(("drawer",)) else {}
        self.shapes, self.relations = tuple(self._nouns), tuple(self._relations)

    @cached_property
    def sorts(self) -> tuple[Sort, ...]:
        """Every sort that can be said."""
        shapes = (None, *self.shapes) if self._things else self.shapes
        return tuple(
            Sort(colour=colour, shape=shape, size=size)
            for shape in shapes
            for colour in (None, *self.colours)
            for size in ((None, *self._sizes) if shape else (None,))
        )

    @cached_property
    def asked(self) -> dict[str, np.ndarray]:
        """What each sort asks of a thing (S, 1), by attribute; empty = anything will do."""
        return {
            key: np.array([getattr(sort, key) or "" for sort in self.sorts])[:, None] for key in ("colour", "shape", "size")
        }

    def say(self, sort: Sort, random: np.random.Generator, *, number: int = 1) -> str:
        """One way to say a sort: "small red cube", "blue objects"."""
        noun = draw(self._nouns[sort.shape] if sort.shape else self._things, random)
        size = draw(self._sizes[sort.size], random) if sort.size else ""
        return " ".join(word for word in (size, sort.colour, noun if number == 1 else plural(noun)) if word)

    def say_relation(self, relation: str, random: np.random.Generator) -> str:
        """One way to say a relation: "to the left of"."""
        return draw(self._relations[relation], random)

    def noun(self, shape: str) -> str:
        """The first of a shape's nouns."""
        return self._nouns[shape][0]

    def name(self, thing: Mapping[str, str]) -> str:
        """What a thing is called in an answer: "red block"; empty if that can't be said."""
        if thing["colour"] not in self.colours or thing["shape"] not in self.shapes:
            return ""
        return f"{thing['colour']} {self.noun(thing['shape'])}"

    def count(self, number: int) -> str:
        """A number in words up to twelve, in figures above."""
        return COUNTS[number] if number < len(COUNTS) else str(number)

    def allows(self, expression: str) -> bool:
        """Whether it holds no word that is kept out."""
        return expression not in self._avoid and self._avoid.isdisjoint(expression.split())

    def _allowed(self, expressions: Iterable[str]) -> tuple[str, ...]:
        """Those that hold no word which is kept out."""
        return tuple(filter(self.allows, expressions))

    def _sayable(self, table: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        """The meanings that can still be said; one whose own name is kept out is kept out with it."""
        return {key: words for key in table if key not in self._avoid and (words := self._allowed(table[key]))}


def said_of_things() -> list[list[str]]:
    """Every word that is said of things and places: colours, nouns and plurals, sizes, relations, superlatives, counts."""
    nouns = [word for words in NOUNS.values() for noun in words for word in (noun, plural(noun))]
    others = [word for table in (SIZES, RELATIONS) for words in table.values() for word in words]
    return [
        [*dict.fromkeys(COLOURS.values())],
        nouns,
        [*ANYTHING],
        others,
        [*BETWEEN, *SUPERLATIVES],
        [*COUNTS],
        ["yes", "no", "open", "closed"],
    ]


def plural(noun: str) -> str:
    """More than one of it."""
    return PLURALS.get(noun, f"{noun}s")


def key_of(relation: str, saying: str) -> str:
    """The one word on which a saying's meaning hangs, "left" of "to the left of"; empty if another could stand in its place."""
    key = next(key for key in KEYS if key in saying.split())
    alike = [len(other.split()) == len(saying.split()) == 1 for other in RELATIONS[relation]]
    return "" if sum(alike) > 1 else key


def draw(options: Sequence[Option], random: np.random.Generator) -> Option:
    """One of several, all alike likely."""
    return options[int(random.integers(len(options)))]
