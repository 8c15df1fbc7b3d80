"""Placements: where on the table, in or on which thing, something is to be put; free spots first."""

from dataclasses import dataclass, field

import numpy as np

from policies.grounding.grounder import Candidate
from policies.grounding.relations import DIRECTIONS, is_between, way
from policies.language.program import Place, Relation
from policies.value_maps.spaces import Column
from robot.errors import InstructionRefused
from robot.obstacles import Box

EDGE = 0.04  # how far from the side of the table a thing at its edge stands, m
ROOMY = ("bin", "drawer")  # what has room for several things side by side
WALL = 0.010
SNUG = 0.8  # of the circle round a thing: beside its like it needs less than that circle
REGION_ROWS = {"front": -1.0, "back": 1.0, "near": -1.0, "far": 1.0}
REGION_COLUMNS = {"left": 1.0, "right": -1.0}


@dataclass
class PlacementConfig:
    """Where on the table things may be put (x, y in base), and how far from their neighbours; m."""

    table_lower: list[float] = field(default_factory=lambda: [0.28, -0.38])
    table_upper: list[float] = field(default_factory=lambda: [0.76, 0.38])
    gap: float = 0.03
    next_to_gap: float = 0.04
    default_offset: float = 0.10
    resolution: float = 0.01
    finger_room: float = 0.03


@dataclass(frozen=True, eq=False, kw_only=True)
class Spot:
    """A place for a thing's middle on whatever is there.

    Attributes:
        xy: (2,) in base, m.
        surface_z: the height of what it will stand on, m.
        inside: whether it is let go inside something hollow.
    """

    xy: np.ndarray
    surface_z: float
    inside: bool = False


def spots(
    place: Place,
    anchors: list[Candidate],
    size: np.ndarray,
    points_base: np.ndarray,
    table_z: float,
    from_xy: np.ndarray,
    config: PlacementConfig,
) -> list[Spot]:
    """Spots that satisfy the place for a thing of this size (3,), best first.

    Args:
        place: what was said.
        anchors: the grounded anchors of it, in order.
        size: edge lengths of what is to be put, m.
        points_base: (N, 3) everything seen but the thing itself.
        table_z: height of the table, m.
        from_xy: (2,) where the thing is now.
        config: where the table is.

    Raises:
        InstructionRefused: no such spot is free.
    """
    footprint = float(np.linalg.norm(size[:2])) / 2
    if place.relation is Relation.ALONG:
        raise InstructionRefused(f"Only a push can go {place.text}.")
    if place.relation is Relation.IN and anchors and anchors[0].shape in ROOMY:
        return _within(anchors[0], footprint, points_base)
    if place.relation in (Relation.IN, Relation.ON) and anchors:
        return [_upon(anchors[0], footprint, points_base, inside=place.relation is Relation.IN)]
    ideal, direction = target_xy(place, anchors, footprint, from_xy, config)
    raster = _raster(config)
    height = surface_heights(raster, points_base, footprint + config.finger_room / 2, table_z)
    free = raster[height < table_z + 0.012]
    if direction is not None:
        offset = free - ideal
        across = np.abs(offset @ np.array([-direction[1], direction[0]]))
        free = free[(offset @ direction > -0.012) & (across < 0.035)]
    if place.relation is Relation.BETWEEN and place.anchors:
        a, b = (anchor.box_base.pose[:2, 3] for anchor in (anchors[0], anchors[-1]))
        free = free[[is_between(xy, a, b) for xy in free]]
    distance = np.linalg.norm(free - ideal, axis=1)
    near = np.argsort(distance, kind="stable")
    near = near[distance[near] < (0.60 if place.region == "table" else 0.07 if place.relation is Relation.NEXT_TO else 0.10)]
    if not len(near):
        raise InstructionRefused(f"There is no free room {place.text}; something stands there, or it is off the table.")
    return [Spot(xy=free[index], surface_z=table_z) for index in _spread(near)]


def target_xy(
    place: Place, anchors: list[Candidate], footprint: float, from_xy: np.ndarray, config: PlacementConfig
) -> tuple[np.ndarray, np.ndarray | None]:
    """The ideal point (2,) for a thing's middle, and the direction (2,) in which it may be farther off, if there is one."""
    if place.region is not None and place.relation is not Relation.ALONG:
        return region_point(place.region, from_xy, config), None
    if not anchors:
        step = config.default_offset if place.offset_m is None else place.offset_m
        return from_xy + step * (way(place.direction)[:2] if place.direction else np.zeros(2)), None
    anchor = anchors[0].box_base.pose[:2, 3]
    if place.relation is Relation.BETWEEN:
        return (anchor + anchors[-1].box_base.pose[:2, 3]) / 2, None
    direction = DIRECTIONS.get(place.relation)
    if direction is None:
        direction = _roomier_side(anchor, config)
    apart = reach_along(anchors[0].box_base, direction) + footprint
    gap = (
        (config.next_to_gap if place.relation is Relation.NEXT_TO else config.gap) if place.offset_m is None else place.offset_m
    )
    return anchor + (apart + gap) * direction, direction


def region_point(region: str, from_xy: np.ndarray, config: PlacementConfig) -> np.ndarray:
    """A point (2,) in a part of the table: "left", "front left", "middle", the nearest "edge", "table"; its front is near."""
    lower, upper = np.array(config.table_lower), np.array(config.table_upper)
    words = region.split()
    if "table" in words:
        return np.clip(from_xy, lower + EDGE, upper - EDGE)
    if "edge" in words and len(words) == 1:
        to_sides = np.concatenate([from_xy - lower, upper - from_xy])  # (4,)
        side = int(np.argmin(to_sides))
        point = np.clip(from_xy, lower + EDGE, upper - EDGE)
        point[side % 2] = (lower + EDGE)[side] if side < 2 else (upper - EDGE)[side - 2]
        return point
    row = sum(REGION_ROWS.get(word, 0.0) for word in words)
    column = sum(REGION_COLUMNS.get(word, 0.0) for word in words)
    return (lower + upper) / 2 + np.array([row, column]) * (upper - lower) / 3


def region_column(region: str, config: PlacementConfig) -> Column:
    """The third of the table that a region names, or where two thirds that it names meet; open towards the table's edges.

    Raises:
        InstructionRefused: the region is no such part.
    """
    lower, upper = np.array(config.table_lower), np.array(config.table_upper)
    words = set(region.split())
    if words & {"edge", "table"}:
        raise InstructionRefused("Say which part of the table, for example 'the left side' or 'the back right corner'.")
    low, high = np.full(2, -np.inf), np.full(2, np.inf)
    for axis, (near, far) in enumerate((("front", "back"), ("right", "left"))):
        third = (upper[axis] - lower[axis]) / 3
        if near in words or ("middle" in words and far not in words and not _names_other(words, axis)):
            high[axis] = lower[axis] + third * (1 if near in words else 2)
        if far in words or ("middle" in words and near not in words and not _names_other(words, axis)):
            low[axis] = upper[axis] - third * (1 if far in words else 2)
    return Column(lower=low, upper=high)


def _names_other(words: set[str], axis: int) -> bool:
    """Whether "middle" is said of the other axis only: "front middle"."""
    return bool(words & ({"front", "back"}, {"left", "right"})[axis])


def surface_heights(xy: np.ndarray, points_base: np.ndarray, radius: float, table_z: float) -> np.ndarray:
    """The greatest height (M,) of points (N, 3) within a radius of each of the places (M, 2); the table's where none is."""
    above = points_base[points_base[:, 2] > table_z + 0.009]
    if not len(above):
        return np.full(len(xy), table_z)
    near = np.linalg.norm(xy[:, None] - above[None, :, :2], axis=-1) < radius  # (M, N)
    return np.maximum(np.where(near, above[:, 2], table_z).max(axis=1), table_z)


def reach_along(box_base: Box, direction: np.ndarray) -> float:
    """How far a box reaches from its middle along a horizontal direction (2,), m."""
    return float(np.abs(direction @ box_base.pose[:2, :2]) @ box_base.size[:2] / 2)


def _upon(anchor: Candidate, footprint: float, points_base: np.ndarray, inside: bool) -> Spot:
    """The middle of a thing's top, or of its inside."""
    xy = anchor.box_base.pose[:2, 3]
    bottom = float(anchor.box_base.pose[2, 3] - anchor.box_base.size[2] / 2)
    over = points_base[np.linalg.norm(points_base[:, :2] - xy, axis=1) < min(footprint, 0.03)]
    over = over[over[:, 2] > bottom]
    if inside or anchor.shape in ("bowl", "plate", "bin", "dustpan"):
        return Spot(xy=xy, surface_z=float(np.percentile(over[:, 2], 90)) if len(over) > 3 else bottom + 0.006, inside=inside)
    return Spot(xy=xy, surface_z=float(anchor.box_base.pose[2, 3] + anchor.box_base.size[2] / 2))


def _within(anchor: Candidate, footprint: float, points_base: np.ndarray) -> list[Spot]:
    """Spots inside a bin or an open drawer, the lowest first, then those nearest to a quarter's middle: that leaves room."""
    box = anchor.box_base
    bottom = float(box.pose[2, 3] - box.size[2] / 2)
    radius = min(SNUG * footprint, 0.03)
    room = np.maximum(box.size[:2] / 2 - WALL - radius, 0.0)
    steps = [np.linspace(-1.0, 1.0, 2 * int(np.ceil(reach / 0.012)) + 1) * reach for reach in room]
    local = np.stack(np.meshgrid(*steps, indexing="ij"), axis=-1).reshape(-1, 2)
    xy = box.pose[:2, 3] + local @ box.pose[:2, :2].T
    over = points_base[box.contains(points_base, margin=0.03)]
    heights = surface_heights(xy, over, radius, bottom)
    from_quarter = np.linalg.norm(np.abs(local) - np.minimum(box.size[:2] / 4, room), axis=1)
    order = np.lexsort((from_quarter, np.round(heights / 0.012)))
    return [Spot(xy=xy[index], surface_z=float(heights[index]), inside=True) for index in order[:40]]


def _spread(order: np.ndarray) -> np.ndarray:
    """Of places from best to worst, the ten best and twenty all the way down, so that the hand may find room farther off."""
    spaced = np.linspace(0, len(order) - 1, 20).astype(int)
    return order[np.unique([*range(min(10, len(order))), *spaced])]


def _raster(config: PlacementConfig) -> np.ndarray:
    """All places (M, 2) on the table that are tried."""
    axes = [np.arange(low, high, config.resolution) for low, high in zip(config.table_lower, config.table_upper, strict=True)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)


def _roomier_side(anchor: np.ndarray, config: PlacementConfig) -> np.ndarray:
    """The side (left or right) of a thing on which more table lies."""
    middle = (config.table_lower[1] + config.table_upper[1]) / 2
    return np.array([0.0, 1.0]) if anchor[1] < middle else np.array([0.0, -1.0])
