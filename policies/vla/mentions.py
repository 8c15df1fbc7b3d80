"""Mentions: the single things that a sentence speaks of, by what they look like alone."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from policies.language.program import Phrase
from policies.language.restating import understood
from policies.vla.vocabulary import NOUNS, SIZES


def mentioned(sentence: str) -> tuple[str, ...]:
    """Of "put the red can in that tiny dish" red can and small bowl; none of what is not understood, or means several."""
    return tuple(dict.fromkeys(name for step in understood(sentence) for phrase in _phrases(step) if (name := _name(phrase))))


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
    """Size, colour and shape, as lessons say them; empty where these do not tell one thing."""
    unsaid = phrase.size not in (None, *SIZES) or phrase.shape not in (*NOUNS, "thing")
    if phrase.pronoun or phrase.every or phrase.unknown or unsaid:
        return ""
    said = [word for word in (phrase.size, phrase.colour) if word]
    return " ".join([*said, phrase.shape]) if said or phrase.shape != "thing" else ""
