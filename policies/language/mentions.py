"""Mentions: the single things that a sentence speaks of, by what they look like alone."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import lru_cache

from policies.language.parser import RuleParser
from policies.language.program import Phrase
from robot.errors import InstructionRefused

LOOKS = ("block", "can", "bowl", "plate", "bin", "ball", "mug")  # shapes that are told apart by looking at the thing alone


@lru_cache(maxsize=4096)
def mentioned(sentence: str) -> tuple[str, ...]:
    """Of "put the red can in that tiny dish" red can and small bowl; none of what is not understood, or means several."""
    try:
        program = RuleParser().parse(sentence)
    except InstructionRefused:
        return ()
    return tuple(dict.fromkeys(name for step in program.steps for phrase in _phrases(step) if (name := _name(phrase))))


def _phrases(part: object) -> Iterator[Phrase]:
    """Every phrase in a part of a program, anchors too."""
    if isinstance(part, Phrase):
        yield part
    if isinstance(part, tuple):
        for each in part:
            yield from _phrases(each)
    elif is_dataclass(part):
        for each in fields(part):
            yield from _phrases(getattr(part, each.name))


def _name(phrase: Phrase) -> str:
    """Size, colour and shape; empty where these do not tell one thing."""
    if phrase.pronoun or phrase.every or phrase.unknown or phrase.size == "medium" or phrase.shape not in (*LOOKS, "thing"):
        return ""
    said = [word for word in (phrase.size, phrase.colour) if word]
    return " ".join([*said, phrase.shape]) if said or phrase.shape != "thing" else ""
