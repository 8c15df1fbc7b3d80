"""Spots: empty places that are told by things, beside one or between two, as far off as demonstrations put things."""

import numpy as np

from policies.vla.lesson import Lesson, Region
from policies.vla.reference import refer_alone
from policies.vla.stills import SIDES, Still
from policies.vla.vocabulary import draw

GAP, ROOM = 0.055, 0.04  # m: left between two things that are put beside each other, and at least to all others
RADIUS = 0.027  # m: of the usual block, can or ball
LOWER, UPPER = np.array([0.28, -0.4]), np.array([0.74, 0.4])  # m, in base: the table within reach
OFTEN = 3  # so many times as often as one side: the middle of two is learnt last
TRIES = 8


def spot(still: Still, random: np.random.Generator) -> Lesson | None:
    """Words for an empty place within reach, and where something usual would be put for them."""
    sides = [name for name in still.vocabulary.relations if name in SIDES]
    things = np.flatnonzero(still.visible)
    for _ in range(TRIES):
        chosen = random.permutation(things)[:2].tolist()
        ways = [*sides, *(OFTEN * still.vocabulary.between if len(chosen) > 1 else ())]
        if not chosen or not ways:
            return None
        way = draw(ways, random)
        if way in SIDES:
            told, words = chosen[:1], still.vocabulary.say_relation(way, random)
            place = beside(still, chosen[0], way, RADIUS)
        else:
            told, words, place = chosen, way, between(still, *chosen)
        names = [refer_alone(still, thing, random) for thing in told]
        if all(names) and (place[:2] > LOWER).all() and (place[:2] < UPPER).all() and has_room(still, place, RADIUS):
            text = f"{words} the {' and the '.join(names)}"
            empty = Region(
                position_base=place, masks={name: mask & False for name, mask in still.region(told[0]).masks.items()}
            )
            return Lesson(kind="spots", step=still.step, text=text, regions=(empty, *map(still.region, told)))
    return None


def beside(still: Still, thing: int, side: str, radius: float) -> np.ndarray:
    """Where (3,) the middle of something round of this radius is put beside a thing; `side` is one of `stills.SIDES`."""
    place = still.region(thing).position_base
    place[:2] += (GAP + still.radius(thing) + radius) * np.array(SIDES[side])
    return place


def between(still: Still, one: int, other: int) -> np.ndarray:
    """The place (3,) amid two things."""
    return (still.region(one).position_base + still.region(other).position_base) / 2


def has_room(still: Still, place: np.ndarray, radius: float, but: int | None = None) -> bool:
    """Whether nothing but one thing is near what is put at a place (3,)."""
    others = [other for other in range(len(still.things)) if other != but]
    gaps = [np.linalg.norm(place[:2] - still.region(other).position_base[:2]) - still.radius(other) for other in others]
    return all(gap > radius + ROOM for gap in gaps)
