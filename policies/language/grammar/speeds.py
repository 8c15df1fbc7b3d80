"""Speeds as they are said: "at half the normal speed", "at a third of normal speed", "at 3x speed", "slowly"; times normal."""

from policies.language.grammar.manner_lexicon import (
    ADJECTIVES,
    FRACTIONS,
    NORMAL,
    SPEED_ARTICLES,
    SPEED_LEADS,
    SPEED_NOUNS,
    TIMES_NORMAL,
)
from policies.language.grammar.quantities import NUMBERS
from policies.language.grammar.tokens import Reader
from robot.errors import InstructionRefused

SLOWEST, FASTEST = 0.05, 4.0


def read_speed(reader: Reader) -> float | None:
    """How many times the normal speed stands next, with its preposition; None if no speed does.

    Raises:
        InstructionRefused: a speed that is not a motion any more, or one that no arm reaches.
    """
    start = reader.position
    if not reader.accept(SPEED_LEADS):
        return None
    factor = _read_factor(reader)
    if factor is None or not reader.accept(SPEED_NOUNS):
        reader.position = start
        return None
    if not SLOWEST <= factor <= FASTEST:
        low, high = f"{100 * SLOWEST:g} %", f"{100 * FASTEST:g} %"
        raise InstructionRefused(f"I move at {low} to {high} of my normal speed, not at {100 * factor:g} %.")
    return round(factor, 4)  # so that "a third" and "33.33 %" are the same number


def _read_factor(reader: Reader) -> float | None:
    """The factor before the word "speed"; None if there is none."""
    if (factor := _read_multiple(reader)) is not None:
        reader.accept({"of"})
        reader.accept(SPEED_ARTICLES)
        reader.accept(NORMAL)
        return factor
    reader.accept(SPEED_ARTICLES)
    return reader.meaning(ADJECTIVES)


def _read_multiple(reader: Reader) -> float | None:
    """A fraction, "twice", "3x", "150 %"; None if none stands next."""
    start = reader.position
    reader.accept({"the"})
    if (factor := reader.meaning(FRACTIONS)) is not None:
        return factor
    number = reader.meaning(NUMBERS)
    if number is None and reader.word().replace(".", "", 1).isdigit():
        number = float(reader.word())
        reader.position += 1
    unit = None if number is None else reader.meaning(TIMES_NORMAL)
    if number is None or unit is None:
        reader.position = start
        return None
    return number * unit
