"""Sorting: what sort_by_colour and sort_by_shape share: bins in a row behind a pile, and the script that empties it."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from policies.language.program import Place, Relation
from sim.layout import ObjectConfig
from sim.objects import SceneObject
from sim.scene import Scene, SceneConfig
from sim.tasks.cast import Cast
from sim.tasks.elbowroom import gap_at
from sim.tasks.family import Script
from sim.tasks.goals import PutThere
from sim.tasks.scripts import Hand
from sim.tasks.truth import Truth
from sim.world import World

BINS_X = 0.62  # m, where the row of bins stands
BINS_APART = 0.22
PILE_LOWER = (0.30, -0.26)
PILE_UPPER = (0.50, 0.26)
PILE_GAP = 0.03
MOST_IN_A_BIN = 3
SLOT = 0.035  # m from a bin's middle, both ways
DROP_ABOVE = 0.055  # m: high enough for the fingers to stay above the walls
SPARE_TRIES = 4
IN = Place(text="in its bin", relation=Relation.IN)


def roomy(owners: Sequence[str], taken: Sequence[str]) -> list[str]:
    """Those of the bins, each named by what it is for, that can take one more thing; `taken` names one per thing."""
    return [owner for owner in owners if list(taken).count(owner) < MOST_IN_A_BIN]


def piled(cast: Cast, things: Sequence[ObjectConfig], bins: Sequence[ObjectConfig]) -> SceneConfig:
    """The scene: the things close to each other, then the bins in a row behind them."""
    row = [replace(each, x=BINS_X, y=BINS_APART * (index - (len(bins) - 1) / 2), yaw=0.0) for index, each in enumerate(bins)]
    pile = cast.laid(things, lower=PILE_LOWER, upper=PILE_UPPER, gap=PILE_GAP)
    return replace(pile, objects=[*pile.objects, *row])


def in_bins(pairs: Sequence[tuple[int, int]], truth: Truth) -> list[PutThere]:
    """One goal for each pair of a thing and its bin, by their places in the scene's list."""
    objects = truth.scene.objects
    return [PutThere(objects[thing], IN, (objects[bin],), truth) for thing, bin in pairs]


def sort_script(scene: Scene, world: World, pairs: Sequence[tuple[int, int]]) -> Script:
    """Bring one thing after another to its bin, the one that is easiest to take first, until none is elsewhere."""
    hand = Hand(scene, world)
    goals = in_bins(pairs, hand.truth)
    for _ in range(len(pairs) + SPARE_TRIES):
        left = [pair for pair, goal in zip(pairs, goals, strict=True) if goal.unmet(hand.truth)]
        if not left:
            return
        thing, bin = max(((scene.objects[a], scene.objects[b]) for a, b in left), key=lambda pair: hand.ease(pair[0]))
        yield from hand.pick(thing)
        yield from hand.place(_slot(hand, thing, bin), DROP_ABOVE)


def _slot(hand: Hand, thing: SceneObject, bin: SceneObject) -> np.ndarray:
    """The quarter of a bin (2,) with the most room."""
    middle = hand.truth.position(bin)[:2]
    slots = [middle + SLOT * np.array(corner) for corner in product((-1, 1), (-1, 1))]
    inside = hand.others(*(each for each in hand.scene.objects if each.kind == "bin"))
    return max(slots, key=lambda slot: gap_at(slot, thing.radius, inside))
