"""Motions: how an expert flies over the table at a pace, on top of what every expert's hand can do."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import groupby

import numpy as np

from policies.value_maps.grasps import pointing_down
from sim.tasks.family import Script
from sim.tasks.scripts import Hand

HEIGHT = 0.20  # m above the table: farther from any block than the largest distance that is asked for
USUAL_PACE, EASY_PACE = 0.22, 0.14  # m/s
SURPLUS = 1.15  # a little more than was asked for: the motion must speed up and slow down as well
LOOKS = 60


def fly_to(hand: Hand, xy: np.ndarray) -> Script:
    """Fly straight to over a point (2,)."""
    yield from hand.hover(over(xy), "flying over")


def fly_at_pace(hand: Hand, xy: np.ndarray, ratio: float, inside: Callable[[np.ndarray], bool]) -> Script:
    """Sink or rise where the tool is, then fly straight to over a point (2,), `ratio` times as fast where it is `inside`."""
    outside = USUAL_PACE if ratio < 1 else EASY_PACE
    start = hand.truth.tool()[:2, 3]
    yield from at_pace(hand.hover(over(start), "levelling"), outside)
    points = start + np.linspace(0, 1, LOOKS)[:, None] * (xy - start)
    for within, stretch in groupby(points, inside):
        pace = outside * ratio * (SURPLUS if ratio > 1 else 1.0) if within else outside
        yield from at_pace(hand.hover(over(list(stretch)[-1]), "flying over"), pace)


def at_pace(script: Script, speed: float) -> Script:
    """The same moves, each at this speed, m/s."""
    for move in script:
        yield replace(move, speed=speed)


def slowed(script: Script, speed: float) -> Script:
    """The same moves, none faster than this, m/s."""
    for move in script:
        yield replace(move, speed=min(move.speed, speed))


def over(xy: np.ndarray | Iterable[float]) -> np.ndarray:
    """The tool looking down from above a point (2,)."""
    return pointing_down(np.array([*xy, HEIGHT]), 0.0)
