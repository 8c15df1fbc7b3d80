"""Spots: places that are told by things: beside one or between two, or where one would be if it went somewhere."""

import numpy as np

from policies.grounding.relations import way
from policies.language.describe import describe_place
from policies.language.program import Place
from policies.value_maps.placements import PlacementConfig, region_column
from policies.vla.lesson import Lesson, Region
from policies.vla.reference import refer_alone
from policies.vla.stills import SIDES, Still
from policies.vla.vocabulary import draw

GAP, ROOM = 0.055, 0.04  # m: left between two things that are put beside each other, and at least to all others
RADIUS = 0.027  # m: of the usual block, can or ball
LOWER, UPPER = np.array([0.28, -0.4]), np.array([0.74, 0.4])  # m, in base: the table within reach
OFTEN = 3  # so many times as often as one side: the middle of two is learnt last
TRIES = 8
TABLE = PlacementConfig()
PARTS = ("left", "right", "front", "back", "middle", "front left", "front right", "back left", "back right")
WAYS = ("left", "right", "forward", "back", "forward left", "forward right", "back left", "back right")
DISTANCES_CM = (4, 21)  # from, to less than
WELL_INSIDE = 0.03  # m
SHORTEST = 0.04  # m: of a shift that is worth a word


def spot(still: Still, random: np.random.Generator) -> Lesson | None:
    """Words for an empty place within reach, and where something usual would be put for them."""
    sides = [name for name in still.vocabulary.relations if name in SIDES]
    things = np.flatnonzero(still.visible)
    for _ in range(TRIES):
        chosen = random.permutation(things)[:2].tolist()
        relations = [*sides, *(OFTEN * still.vocabulary.between if len(chosen) > 1 else ())]
        if not chosen or not relations:
            return None
        relation = draw(relations, random)
        if relation in SIDES:
            told, words = chosen[:1], still.vocabulary.say_relation(relation, random)
            place = beside(still, chosen[0], relation, RADIUS)
        else:
            told, words, place = chosen, relation, between(still, *chosen)
        names = [refer_alone(still, thing, random) for thing in told]
        if all(names) and (place[:2] > LOWER).all() and (place[:2] < UPPER).all() and has_room(still, place, RADIUS):
            text = f"{words} the {' and the '.join(names)}"
            empty = Region(
                position_base=place, masks={name: mask & False for name, mask in still.region(told[0]).masks.items()}
            )
            return Lesson(kind="spots", step=still.step, text=text, regions=(empty, *map(still.region, told)))
    return None


def shift(still: Still, random: np.random.Generator) -> Lesson | None:
    """Words for where a thing would be if it went along a line or to a part of the table: as of a push without its verb."""
    for thing in random.permutation(np.flatnonzero(still.visible))[:TRIES].tolist():
        here, name = still.region(thing), refer_alone(still, thing, random)
        place, goal = _shifted(here.position_base, random)
        words, moves = describe_place(place), np.linalg.norm(goal - here.position_base) > SHORTEST
        if name and still.vocabulary.allows(words) and moves and (goal[:2] > LOWER).all() and (goal[:2] < UPPER).all():
            there = Region(position_base=goal, masks={camera: mask & False for camera, mask in here.masks.items()})
            return Lesson(kind="shifts", step=still.step, text=f"{name} {words}", regions=(there, here))
    return None


def _shifted(position_base: np.ndarray, random: np.random.Generator) -> tuple[Place, np.ndarray]:
    """So far in some direction, or, the shortest way, well into some part of the table; where (3,) that is."""
    if random.random() < 0.5:
        region, goal = draw(PARTS, random), position_base.copy()
        column = region_column(region, TABLE)
        goal[:2] = np.clip(goal[:2], column.lower + WELL_INSIDE, column.upper - WELL_INSIDE)
        return Place(text="", region=region), goal
    direction, offset_m = draw(WAYS, random), int(random.integers(*DISTANCES_CM)) / 100
    return Place(text="", direction=direction, offset_m=offset_m), position_base + offset_m * way(direction)


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
