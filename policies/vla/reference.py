"""Reference: words that mean exactly one thing of a still: "small red block", "leftmost can", "block behind the mug"."""

from collections.abc import Callable

import numpy as np

from policies.vla.stills import Still
from policies.vla.vocabulary import Sort, draw

Way = Callable[[Still, int, np.random.Generator, str], list[str]]


def refer(still: Still, thing: int, random: np.random.Generator, untold: str = "") -> str:
    """A phrase without its article, told by any of the three ways; empty if there is none.

    Args:
        still: the moment.
        thing: index of what is meant.
        random: draws come from it.
        untold: "colour" or "shape", which the phrase must not tell.
    """
    return _first((_by_sort, _by_superlative, _by_relation), still, thing, random, untold)


def refer_alone(still: Still, thing: int, random: np.random.Generator) -> str:
    """A phrase that names no other thing: "left of the bowl behind the can" could be read in two ways."""
    return _first((_by_sort, _by_superlative), still, thing, random, "")


def _first(ways: tuple[Way, ...], still: Still, thing: int, random: np.random.Generator, untold: str) -> str:
    """A phrase of one of the ways that have any."""
    for way in random.permutation(len(ways)):
        if phrases := ways[way](still, thing, random, untold):
            return draw(phrases, random)
    return ""


def _by_sort(still: Still, thing: int, random: np.random.Generator, untold: str) -> list[str]:
    """What only it is."""
    return [still.vocabulary.say(sort, random) for sort in still.meaning(thing) if not _tells(sort, untold)]


def _by_superlative(still: Still, thing: int, random: np.random.Generator, untold: str) -> list[str]:
    """What it is before all others of its sort."""
    return [
        f"{superlative} {still.vocabulary.say(sort, random)}"
        for sort, fits in comparable(still)
        if fits[thing] and not _tells(sort, untold)
        for superlative in still.vocabulary.superlatives
        if still.extreme(superlative, fits) == thing
    ]


def _by_relation(still: Still, thing: int, random: np.random.Generator, untold: str) -> list[str]:
    """How only it, of its sort, stands to another thing."""
    phrases = []
    sorts = [(sort, fits) for sort, fits in still.sorts if fits[thing] and not sort.size and not _tells(sort, untold)]
    for relation, anchor in _holding(still, thing):
        anchored = still.meaning(anchor)
        fitting = [sort for sort, fits in sorts if only(still, relation, thing, anchor, fits)]
        if anchored and fitting:
            words = still.vocabulary.say_relation(relation, random)
            there = still.vocabulary.say(draw(anchored, random), random)
            phrases.append(f"{still.vocabulary.say(draw(fitting, random), random)} {words} the {there}")
    return phrases


def only(still: Still, relation: str, thing: int, anchor: int, among: np.ndarray) -> bool:
    """Whether of some things (O,) bool this one alone stands so to the anchor, and of all others it is denied."""
    others = among.copy()
    others[[thing, anchor]] = False
    return bool(still.clear[relation][thing, anchor] and still.denied[relation][others, anchor].all())


def comparable(still: Still) -> list[tuple[Sort, np.ndarray]]:
    """The sorts of which there are several things, all in sight."""
    return [(s, fits) for s, fits in still.sorts if not s.size and fits.sum() > 1 and still.visible[fits].all()]


def _holding(still: Still, thing: int) -> list[tuple[str, int]]:
    """The relations that it plainly has, and to which visible thing."""
    relations = [name for name in still.vocabulary.relations if name in still.clear]
    return [(name, int(b)) for name in relations for b in np.flatnonzero(still.clear[name][thing] & still.visible)]


def _tells(sort: Sort, attribute: str) -> bool:
    """Whether a sort names an attribute."""
    return bool(attribute) and getattr(sort, attribute) is not None
