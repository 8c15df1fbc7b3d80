"""arrange(): which objects a scene holds and where each lies, drawn from a random stream and nothing else."""

from dataclasses import replace

import numpy as np

from robot.errors import InvalidInput
from sim.objects import KINDS, SCALES
from sim.scene_config import ObjectConfig, SceneConfig

TRIES_PER_OBJECT = 100
TRIES_PER_LAYOUT = 30


def arrange(config: SceneConfig, random: np.random.Generator, reach: float = np.inf) -> list[ObjectConfig]:
    """The scene's objects, each with its place; fewer than drawn, never fewer than the least, if they do not fit.

    No drawn place is farther from the base's axis than the reach, m.

    Raises:
        InvalidInput: not even the least number of objects fits.
    """
    wanted = [replace(each) for each in config.objects] or _draw(config, random)
    least = len(wanted) if config.objects else max(config.num_objects_min, len(config.always))
    while True:
        for _ in range(TRIES_PER_LAYOUT):
            placed = _place(config, wanted, random, reach)
            if placed is not None:
                return placed
        if len(wanted) <= least:
            lower, upper = list(config.region_lower), list(config.region_upper)
            raise InvalidInput(f"scene: {len(wanted)} objects {config.gap} m apart do not fit between {lower} and {upper}")
        wanted = wanted[:-1]


def _draw(config: SceneConfig, random: np.random.Generator) -> list[ObjectConfig]:
    """What the scene holds: `always`, then draws; the same kind and colour twice only if that is allowed."""
    wanted = [replace(each) for each in config.always]
    kinds, weights = list(config.kinds), np.array(list(config.kinds.values()))
    number = int(random.integers(config.num_objects_min, config.num_objects_max + 1))
    pairs = {(each.kind, each.colour) for each in wanted}
    while len(wanted) < number and (config.duplicates or len(pairs) < len(kinds) * len(config.palette)):
        kind = str(random.choice(kinds, p=weights / weights.sum()))
        drawn = ObjectConfig(kind=kind, colour=str(random.choice(list(config.palette))), size=_draw_size(config, kind, random))
        if config.duplicates or (drawn.kind, drawn.colour) not in pairs:
            pairs.add((drawn.kind, drawn.colour))
            wanted.append(drawn)
    return wanted


def _draw_size(config: SceneConfig, kind: str, random: np.random.Generator) -> str:
    """A size that the kind comes in; the draw is made in any case, so that streams do not shift."""
    drawn = str(random.choice(["small", "normal", "large"], p=[config.small, 1.0 - config.small - config.large, config.large]))
    return drawn if drawn in KINDS[kind].sizes else "normal"


def _place(
    config: SceneConfig, wanted: list[ObjectConfig], random: np.random.Generator, reach: float
) -> list[ObjectConfig] | None:
    """A place for each object, the wide ones first; None if one finds none."""
    placed: dict[int, ObjectConfig] = {i: each for i, each in enumerate(wanted) if each.x is not None}
    for i in sorted(set(range(len(wanted))) - set(placed), key=lambda i: -_radius(wanted[i])):
        each = wanted[i]
        yaw = float(random.uniform(-np.pi, np.pi)) if each.yaw is None else each.yaw
        xy = _free_place(config, _radius(each), list(placed.values()), random, reach)
        if xy is None:
            return None
        placed[i] = replace(each, x=xy[0], y=xy[1], yaw=yaw)
    return [replace(placed[i], yaw=placed[i].yaw or 0.0) for i in range(len(wanted))]


def _free_place(
    config: SceneConfig, radius: float, placed: list[ObjectConfig], random: np.random.Generator, reach: float
) -> tuple[float, float] | None:
    """A middle (x, y) within reach at which a disc lies in the region, a gap away from all others; None after many tries."""
    lower, upper = np.array(config.region_lower) + radius, np.array(config.region_upper) - radius
    if (lower > upper).any():
        return None
    for xy in random.uniform(lower, upper, size=(TRIES_PER_OBJECT, 2)):
        gaps = [np.hypot(xy[0] - other.x, xy[1] - other.y) - radius - _radius(other) for other in placed]
        if np.hypot(*xy) <= reach and all(each >= config.gap for each in gaps):
            return float(xy[0]), float(xy[1])
    return None


def _radius(each: ObjectConfig) -> float:
    """Of the upright cylinder that holds the object, m."""
    return KINDS[each.kind].radius * SCALES[each.size]
