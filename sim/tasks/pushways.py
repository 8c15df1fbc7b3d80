"""Push ways: along which straight lines a thing can be pushed without the hand meeting anything; in base, m."""

from collections.abc import Sequence

import numpy as np

from sim.scene import SceneConfig
from sim.tasks.elbowroom import Disc, gap_along
from sim.tasks.placement import in_region
from sim.tasks.spots import on_table

BEHIND = 0.075  # from a thing's middle to the tool where a push begins
FINGERS = 0.055  # half as wide as two fingers side by side
HAND = 0.125  # half as wide as the hand above them
HAND_BOTTOM = 0.055  # what is higher than this is in the hand's way
NEAREST_X = 0.25  # the hand does not come nearer to the base than this
FARTHEST = 0.74  # nor farther from the base's axis
SHORTEST = 0.06
WELL_INSIDE = 0.035
FREE = 0.01


def is_free(start: np.ndarray, goal: np.ndarray, discs: Sequence[Disc]) -> bool:
    """Whether a hand can come down behind a thing at a point (2,), push it to another and keep 1 cm off all discs."""
    length = float(np.linalg.norm(goal - start))
    if length < SHORTEST:
        return False
    begin = start - BEHIND / length * (goal - start)
    if begin[0] < NEAREST_X or np.linalg.norm(begin) > FARTHEST or not on_table(goal):
        return False
    low = gap_along(begin, goal, discs) - FINGERS
    high = gap_along(begin, goal, [disc for disc in discs if disc.top > HAND_BOTTOM]) - HAND
    return min(low, high) > FREE


def points_in(region: str, scene: SceneConfig) -> np.ndarray:
    """Points (M, 2), every 2 cm, that lie well inside a part of the table."""
    axes = [np.arange(low, high, 0.02) for low, high in zip(scene.region_lower, scene.region_upper, strict=True)]
    raster = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    round_about = WELL_INSIDE * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])
    return np.array([xy for xy in raster if all(in_region(region, xy + each, scene) for each in round_about)]).reshape(-1, 2)


def way_to(start: np.ndarray, goals: np.ndarray, discs: Sequence[Disc]) -> list[np.ndarray] | None:
    """The shortest free way from a point (2,) to one of the goals (M, 2): where to push to, one after another.

    It turns at most once; None if there is none.
    """
    straight = [goal for goal in goals if is_free(start, goal, discs)]
    if straight:
        return [min(straight, key=lambda goal: float(np.linalg.norm(goal - start)))]
    turns = [turn for turn in _raster() if is_free(start, turn, discs)]
    ways = [[turn, goal] for turn in turns for goal in goals[:: max(1, len(goals) // 12)] if is_free(turn, goal, discs)]
    return min(ways, key=lambda way: _length(start, way)) if ways else None


def _raster() -> np.ndarray:
    """Points (M, 2), every 5 cm, at which a way may turn."""
    return np.stack(np.meshgrid(np.arange(0.33, 0.68, 0.05), np.arange(-0.30, 0.31, 0.05)), axis=-1).reshape(-1, 2)


def _length(start: np.ndarray, way: list[np.ndarray]) -> float:
    """How far it is, m."""
    return float(sum(np.linalg.norm(b - a) for a, b in zip([start, *way[:-1]], way, strict=True)))
