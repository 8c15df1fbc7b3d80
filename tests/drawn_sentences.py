"""Sentences drawn for a scene: every skill and relation that the command program covers, about things that are there."""

import numpy as np

from sim.objects import KINDS, SCALES, SceneObject
from sim.scene import Scene

GRASPED = ("block", "can", "ball")
SIDES = {
    "to the left of": (0.0, 1.0),
    "to the right of": (0.0, -1.0),
    "in front of": (-1.0, 0.0),
    "behind": (1.0, 0.0),
}
TABLE_LOWER, TABLE_UPPER = np.array([0.30, -0.34]), np.array([0.70, 0.34])


def drawn_sentence(scene: Scene, seed: int) -> str:
    """One of the sentences that make sense in this scene: nothing is to be put where something stands already."""
    rng = np.random.default_rng([seed, 20])
    options = sentences(scene)
    skill = sorted(options)[seed % len(options)]
    return str(rng.choice(options[skill]))


def sentences(scene: Scene) -> dict[str, list[str]]:
    """All sentences that make sense in a scene, by skill."""
    things = scene.objects
    held = [thing for thing in things if thing.kind in GRASPED]
    pairs = [(a, b) for a in held for b in things if a is not b]
    options = {
        "close": ["close the gripper", "close your hand"],
        "home": ["go home", "point at the red block, then go home"],
        "open": ["open the gripper", "pick up the red block, then open the gripper"],
        "pick": [f"pick up the {a.name}" for a in held] + [f"grab the {a.name}" for a in held],
        "point": [f"point at the {b.name}" for b in things],
        "move": [f"move above the {b.name}" for b in things] + [f"move to the {b.name}" for b in things],
        "put in": [f"put the {a.name} in the {b.name}" for a, b in pairs if b.kind == "bowl"],
        "put on": [f"put the {a.name} on the {b.name}" for a, b in pairs if b.kind == "plate"],
        "stack": [f"stack the {a.name} on the {b.name}" for a, b in pairs if a.kind == b.kind == "block"],
        "put beside": [
            f"put the {a.name} {side} the {b.name}"
            for a, b in pairs
            for side, way in SIDES.items()
            if _is_free(scene, a, b, way)
        ],
        "put between": [
            f"put the {a.name} between the {b.name} and the {c.name}"
            for a, b in pairs
            for c in things
            if c not in (a, b) and _is_free_between(scene, a, b, c)
        ],
        "push": [
            f"push the {a.name} {distance} cm {word}"
            for a in held
            if a.kind == "block"
            for word, way in (("to the left", (0.0, 1.0)), ("to the right", (0.0, -1.0)), ("forward", (1.0, 0.0)))
            for distance in (6, 10)
            if _way_is_free(scene, a, np.array(way), distance / 100)
        ],
        "chain": [f"pick up the {a.name}, then put it in the blue bowl, then go home" for a in held]
        + [f"put the {a.name} in the blue bowl, then point at the {b.name}" for a, b in pairs if b.name != "blue bowl"],
    }
    return {skill: choices for skill, choices in options.items() if choices}


def _radius(thing: SceneObject) -> float:
    """Of the circle about the thing's middle that holds it, m."""
    return KINDS[thing.kind].radius * SCALES[thing.size]


def _clear(scene: Scene, xy: np.ndarray, radius: float, but: tuple[SceneObject, ...]) -> bool:
    """Whether nothing stands within a circle on the part of the table that is in reach."""
    if (xy < TABLE_LOWER).any() or (xy > TABLE_UPPER).any():
        return False
    others = [thing for thing in scene.objects if thing not in but]
    return all(np.linalg.norm(scene.pose(each)[:2, 3] - xy) > radius + _radius(each) + 0.03 for each in others)


def _is_free(scene: Scene, thing: SceneObject, anchor: SceneObject, way: tuple[float, float]) -> bool:
    """Whether a thing fits beside another."""
    apart = _radius(thing) + _radius(anchor) + 0.035
    xy = scene.pose(anchor)[:2, 3] + apart * np.array(way)
    return _clear(scene, xy, _radius(thing), (thing, anchor))


def _is_free_between(scene: Scene, thing: SceneObject, a: SceneObject, b: SceneObject) -> bool:
    """Whether a thing fits halfway between two others that are not too far apart to speak so."""
    here, there = scene.pose(a)[:2, 3], scene.pose(b)[:2, 3]
    room = float(np.linalg.norm(here - there)) - _radius(a) - _radius(b)
    fits = 2 * _radius(thing) + 0.08 < room < 0.25
    return fits and _clear(scene, (here + there) / 2, _radius(thing), (thing, a, b))


def _way_is_free(scene: Scene, thing: SceneObject, way: np.ndarray, distance: float) -> bool:
    """Whether a push along a straight way meets nothing, from behind the thing to past its goal."""
    start = scene.pose(thing)[:2, 3]
    steps = np.arange(-0.10, distance + 0.03, 0.02)
    return all(_clear(scene, start + step * way, 0.05, (thing,)) for step in steps)
