"""Whether a thing is where a Place says: the judge's tolerances, each beside its predicate; everything in base."""

import numpy as np

from policies.language.program import Place, Relation
from sim.objects import SceneObject
from sim.scene import SceneConfig
from sim.tasks.truth import Truth

SIDES = {
    Relation.LEFT_OF: np.array([0.0, 1.0]),
    Relation.RIGHT_OF: np.array([0.0, -1.0]),
    Relation.BEHIND: np.array([1.0, 0.0]),
    Relation.IN_FRONT_OF: np.array([-1.0, 0.0]),
}
DIRECTIONS = {
    "left": np.array([0.0, 1.0, 0.0]),
    "right": np.array([0.0, -1.0, 0.0]),
    "forward": np.array([1.0, 0.0, 0.0]),
    "back": np.array([-1.0, 0.0, 0.0]),
    "up": np.array([0.0, 0.0, 1.0]),
    "down": np.array([0.0, 0.0, -1.0]),
}
DIRECTIONS |= {
    f"{along} {across}": (DIRECTIONS[along] + DIRECTIONS[across]) / np.sqrt(2.0)
    for along in ("forward", "back")
    for across in ("left", "right")
}
SIDE_GAP = 0.15
NEXT_TO_GAP = 0.12
BETWEEN_ACROSS = 0.05
HEIGHT_TOLERANCE = 0.01
OFFSET_TOLERANCE = 0.04
REGION_TOLERANCE = 0.02
EDGE = 0.10
DEFAULT_SHIFT = 0.10
SHIFT_SHARE = 0.5
SHIFT_ANGLE = np.deg2rad(30.0)


def misplaced(place: Place, thing: SceneObject, anchors: tuple[SceneObject, ...], truth: Truth, start: np.ndarray) -> str:
    """Why a thing is not at the place, a clause; empty if it is.

    Args:
        place: what was asked for.
        thing: what shall be there.
        anchors: what the place's phrases mean, in their order.
        truth: the world now.
        start: (3,) where the thing was when it was asked for.
    """
    if place.direction not in (None, "down") and not anchors:
        return "" if shifted(truth.position(thing) - start, place) else f"it did not go far enough {place.text}"
    if not anchors:
        return _off_region(place, thing, truth)
    if place.relation is Relation.IN:
        return _outside(thing, anchors[0], truth)
    if place.relation in (Relation.ON, Relation.ABOVE):
        return _not_upon(thing, anchors[0], truth)
    return beside(place, truth.position(thing), thing.radius, [truth.position(a) for a in anchors], [a.radius for a in anchors])


def beside(place: Place, point: np.ndarray, radius: float, anchors: list[np.ndarray], radii: list[float]) -> str:
    """Why a disc about a point (3,) does not stand to the anchors (each (3,)) as the place says; empty if it does.

    LEFT_OF, RIGHT_OF, BEHIND, IN_FRONT_OF: that direction is the dominant one, within 45°, and the gap between
    the two is below 15 cm; BETWEEN: its projection falls between the anchors and it is less than 5 cm off their
    line; NEXT_TO and AT: the gap is below 12 cm. A distance that was said ("10 cm left of") may be meant from
    edge to edge or from middle to middle, and 4 cm more or less.
    """
    offset = point[:2] - anchors[0][:2]
    if place.relation is Relation.BETWEEN:
        return "" if _between(point[:2], anchors[0][:2], anchors[-1][:2]) else "it is not between the two"
    apart = float(np.linalg.norm(offset))
    gap = apart - radius - radii[0]
    side = SIDES.get(place.relation)
    if side is not None and offset @ side < np.cos(np.pi / 4) * apart:
        return f"it is not {place.relation} it"
    if place.offset_m is not None:
        right = gap - OFFSET_TOLERANCE <= place.offset_m <= apart + OFFSET_TOLERANCE
        return "" if right else f"it is {apart:.2f} m away, asked for was {place.offset_m:.2f} m"
    limit = NEXT_TO_GAP if side is None else SIDE_GAP
    return "" if gap < limit else f"there are {gap:.2f} m between the two, more than {limit} m"


def shifted(shift: np.ndarray, place: Place) -> bool:
    """Whether a shift (3,) is at least half of what was asked for (10 cm if nothing was), within 30° of the direction."""
    wanted = DEFAULT_SHIFT if place.offset_m is None else place.offset_m
    direction = DIRECTIONS[place.direction or "left"]
    flat = shift if direction[2] else shift * [1.0, 1.0, 0.0]
    along = float(flat @ direction)
    return along >= SHIFT_SHARE * wanted and along >= np.cos(SHIFT_ANGLE) * float(np.linalg.norm(flat))


def in_region(region: str, xy: np.ndarray, config: SceneConfig) -> bool:
    """Whether a point (2,) lies in a third of the scene's region, or in the two that were named, give or take 2 cm.

    Left is +y, front is near the robot; "middle" alone is the middle third both ways, "edge" less than 10 cm from
    a side or beyond it, "table" anywhere.
    """
    lower, upper = np.array(config.region_lower), np.array(config.region_upper)
    share = (xy - lower) / (upper - lower)  # (2,): 0 front and right, 1 back and left
    slack = REGION_TOLERANCE / (upper - lower)
    words = set(region.split())
    inside = {
        "front": share[0] < 1 / 3 + slack[0],
        "back": share[0] > 2 / 3 - slack[0],
        "right": share[1] < 1 / 3 + slack[1],
        "left": share[1] > 2 / 3 - slack[1],
        "middle": all(abs(share[axis] - 0.5) < 1 / 6 + slack[axis] for axis in _free_axes(words)),
        "edge": bool(min(*(xy - lower), *(upper - xy)) < EDGE),
        "table": True,
    }
    return all(inside[word] for word in words)


def _free_axes(words: set[str]) -> list[int]:
    """Which axes "middle" speaks of: those that no other word does."""
    return [axis for axis, taken in ((0, {"front", "back"}), (1, {"left", "right"})) if not words & taken]


def _between(point: np.ndarray, a: np.ndarray, b: np.ndarray) -> bool:
    """Whether a point (2,) projects between two others and is less than 5 cm off the line that joins them."""
    line = b - a
    share = float((point - a) @ line) / max(float(line @ line), 1e-9)
    return 0.0 < share < 1.0 and float(np.linalg.norm(a + share * line - point)) < BETWEEN_ACROSS


def _off_region(place: Place, thing: SceneObject, truth: Truth) -> str:
    """Why a thing does not stand on the table, within 1 cm, in the part that was named, if one was; "down" is there too."""
    if abs(truth.bottom_and_top(thing)[0]) > HEIGHT_TOLERANCE:
        return "it does not stand on the table"
    if in_region(place.region or "table", truth.position(thing)[:2], truth.scene.config):
        return ""
    return f"it is not at the {place.region} of the table"


def _outside(thing: SceneObject, hollow: SceneObject, truth: Truth) -> str:
    """Why a thing is not in a hollow one: its middle within the rim, below the rim by less than half its height."""
    if not hollow.hollow_radius:
        return f"nothing can be in the {hollow.name}"
    offset = truth.position(thing) - truth.position(hollow)
    if not truth.upright(hollow):
        return f"the {hollow.name} has been tipped over"
    own = truth.scene.pose(hollow)[:3, :3].T @ offset
    if not hollow.surrounds((own[0], own[1])) or offset[2] < -hollow.half_height:
        return f"it is not inside the {hollow.name}"
    return "" if offset[2] < hollow.half_height + thing.half_height else f"it is above the {hollow.name}, not in it"


def _not_upon(thing: SceneObject, under: SceneObject, truth: Truth) -> str:
    """Why a thing does not stand on another: its middle over it, the two in contact, its bottom at the right height.

    That height is the other's top, within 1 cm; for a hollow thing anything from its floor to its rim.
    """
    apart = float(np.linalg.norm((truth.position(thing) - truth.position(under))[:2]))
    if apart > under.radius:
        return f"it is not over the {under.name}"
    bottom, top = truth.bottom_and_top(thing)[0], truth.bottom_and_top(under)[1]
    lowest = truth.position(under)[2] + under.support_height if under.hollow_radius else top
    if not lowest - HEIGHT_TOLERANCE < bottom < top + HEIGHT_TOLERANCE:
        return f"it is not at the height of the {under.name}'s top"
    return "" if truth.touching(thing, under) else f"it does not touch the {under.name}"
