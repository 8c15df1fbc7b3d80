"""Names: what a sentence calls single things, "the small red block", "leftmost can", and which thing of a still each means."""

import re
from dataclasses import dataclass

import numpy as np

from policies.vla.stills import Still
from policies.vla.vocabulary import ANYTHING, NOUNS, SIZES, SUPERLATIVES, Sort, said_of_things

_SHAPES: dict[str, str | None] = {noun: shape for shape, nouns in NOUNS.items() for noun in nouns} | dict.fromkeys(ANYTHING)
_SIZES = {word: size for size, words in SIZES.items() for word in words}
_BEFORE = "".join(f"(?:({'|'.join(words)}) )?" for words in (SUPERLATIVES, _SIZES, said_of_things()[0]))
_NAME = re.compile(rf"\b{_BEFORE}({'|'.join(_SHAPES)})\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Name:
    """A name in a sentence.

    Attributes:
        text: as it stands there, without its article, in small letters.
        begin, end: the characters that it is.
        sort: of thing; superlative: before all others of it, "leftmost"; "" = it is told by its sort alone.
        told: whether what follows tells which one: "the block that is on the plate".
    """

    text: str
    begin: int
    end: int
    sort: Sort
    superlative: str
    told: bool

    def means(self, still: Still) -> int | None:
        """The one thing of a still that it fits; None if there are none or several."""
        fits = np.array([self.sort.fits(thing) for thing in still.things], bool)
        if self.superlative:
            return still.extreme(self.superlative, fits) if fits.sum() > 1 else None
        return int(np.flatnonzero(fits)[0]) if fits.sum() == 1 else None


def names_in(sentence: str) -> list[Name]:
    """The names in a sentence, in its order; a "can" that begins it is none."""
    return [_name(found) for found in _NAME.finditer(sentence) if found.start() or found.group().lower() != "can"]


def _name(found: re.Match[str]) -> Name:
    """What was found."""
    superlative, size, colour, noun = ((part or "").lower() for part in found.groups())
    return Name(
        text=found.group().lower(),
        begin=found.start(),
        end=found.end(),
        sort=Sort(size=_SIZES.get(size), colour=colour or None, shape=_SHAPES[noun]),
        superlative=superlative,
        told=found.string[found.end() :].startswith(" that is "),
    )
