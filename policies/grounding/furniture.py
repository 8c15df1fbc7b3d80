"""Furniture: cabinets among the things that are seen, and the drawer, with its handle, in front of each."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from policies.grounding.grounder import Candidate
from policies.grounding.segments import box_around
from robot.obstacles import Box
from robot.transforms import apply, invert, transform

FRONT = 0.012  # how thick a drawer's front is taken to be, m
FARTHEST = 0.22  # how far out of a cabinet its drawer is looked for, m
STANDS_OUT = (0.008, 0.075)  # a handle before its drawer's front, m
HANDLE_WIDE = 0.08
FLOOR, WALLS, SIDE = 0.02, 0.07, 0.016  # of a drawer, above and within its cabinet's outline, m
OPEN = 0.04  # from here on a drawer is open, m
FEWEST = 5
SIDES, TALL = (0.15, 0.30), (0.09, 0.20)  # of a cabinet that stands on a table, m
TOP, GAP, VOXEL, FILLED = 0.012, 0.014, 0.006, 0.8  # what of it is its top, and how densely that is seen


@dataclass(frozen=True, eq=False, kw_only=True)
class Drawer(Candidate):
    """A drawer as a thing: its box is what is open of it, or its front where it is shut.

    Attributes:
        outward: (2,) the horizontal unit vector along which it is pulled, in base.
        opening: how far it stands out, m.
        handle_base: its handle.
    """

    outward: np.ndarray
    opening: float
    handle_base: Box


def with_drawers(things: list[Candidate], points_base: np.ndarray) -> list[Candidate]:
    """The things, in which what belongs to a cabinet has become one cabinet, its drawer and its handle."""
    for thing in things:
        top = _cabinet_top(thing, points_base)
        if top is None:
            continue
        cabinet = replace(renamed(thing, "cabinet"), box_base=top)
        T_base_front = front_of(top)
        drawer = _drawer(cabinet, T_base_front, points_base)
        things = [each for each in things if each is not thing and not _belongs(each, cabinet, T_base_front)]
        if drawer is not None:
            things = [*(each for each in things if not _is_part_of(each, drawer)), drawer, _handle(drawer)]
        things.append(cabinet)
    return things


def _cabinet_top(thing: Candidate, points_base: np.ndarray) -> Box | None:
    """The box under the flat top of a thing that is a cabinet, an open drawer before it left out; None if it is none."""
    box = thing.box_base
    if not (box.size[:2].max() > SIDES[0] and TALL[0] < box.size[2] < TALL[1]):
        return None
    points = points_base[thing.mask].astype(float)
    height = float(box.pose[2, 3] + box.size[2] / 2)
    points = points[points[:, 2] > height - TOP]
    pairs = cKDTree(points[:, :2]).query_pairs(GAP, output_type="ndarray")
    links = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(points),) * 2)
    label = connected_components(links, directed=False)[1]
    patch = points[label == np.bincount(label).argmax()]
    top = box_around(patch, height - float(box.size[2]), VOXEL)
    cells = np.unique(np.floor(patch[:, :2] / (2 * VOXEL)), axis=0)  # not counting what lies under each other
    filled = len(cells) * (2 * VOXEL) ** 2 / float(top.size[:2].prod())
    is_top = filled > FILLED and bool(top.size[:2].min() > SIDES[0] and top.size[:2].max() < SIDES[1])
    return top if is_top else None


def front_of(box_base: Box) -> np.ndarray:
    """The frame (4, 4) in the middle of the foot of the side that faces the robot: x outward, z up."""
    toward = -box_base.pose[:2, 3]
    sides = [(sign * box_base.pose[:2, axis], box_base.size[axis]) for axis in (0, 1) for sign in (-1.0, 1.0)]
    outward, depth = max(sides, key=lambda side: float(side[0] @ toward))
    foot = box_base.pose[:3, 3] - [0.0, 0.0, box_base.size[2] / 2]
    rotation = np.array([[outward[0], -outward[1], 0.0], [outward[1], outward[0], 0.0], [0.0, 0.0, 1.0]])
    return transform(foot + np.array([*outward, 0.0]) * depth / 2, rotation)


def _drawer(cabinet: Candidate, T_base_front: np.ndarray, points_base: np.ndarray) -> Drawer | None:
    """The drawer of a cabinet; None if neither a front nor a handle is seen before it."""
    height = float(cabinet.box_base.size[2])
    width = _width(cabinet, T_base_front)
    local = apply(invert(T_base_front), points_base.astype(float))
    before = (local[:, 0] > -FRONT) & (local[:, 0] < FARTHEST) & (np.abs(local[:, 1]) < width / 2)
    top = local[before & (local[:, 2] > 0.85 * height) & (local[:, 2] < height + 0.015), 0]
    out = float(np.percentile(top, 90)) if len(top) >= FEWEST else FRONT
    standing_out = (local[:, 0] > out + STANDS_OUT[0]) & (local[:, 0] < out + STANDS_OUT[1])
    knob = before & standing_out & (np.abs(local[:, 1]) < HANDLE_WIDE / 2)
    knob &= (local[:, 2] > 0.35 * height) & (local[:, 2] < 0.85 * height)
    if knob.sum() < FEWEST:
        return None
    opening = max(out - FRONT, 0.0)
    low, high = np.percentile(local[knob], [3, 97], axis=0)
    handle = Box(pose=T_base_front @ transform([*(low + high) / 2]), size=np.maximum(high - low, 0.01))
    if opening > OPEN:
        middle, size = [opening / 2, 0.0, (FLOOR + WALLS) / 2], [opening, width - 2 * SIDE, WALLS - FLOOR]
    else:
        middle, size = [out / 2, 0.0, height / 2], [max(out, FRONT), width, height]
    return Drawer(
        mask=before & (local[:, 0] > 0.0) & (local[:, 0] < out + STANDS_OUT[1]), score=cabinet.score, description="drawer",
        box_base=Box(pose=T_base_front @ transform(middle), size=np.array(size)), colour=cabinet.colour, shape="drawer",
        outward=T_base_front[:2, 0], opening=opening, handle_base=handle,
    )  # fmt: skip


def _handle(drawer: Drawer) -> Candidate:
    """The handle of a drawer as a thing."""
    return Candidate(
        mask=drawer.mask, score=drawer.score, description="handle", box_base=drawer.handle_base, colour=drawer.colour,
        shape="handle",
    )  # fmt: skip


def _belongs(thing: Candidate, cabinet: Candidate, T_base_front: np.ndarray) -> bool:
    """Whether a segment is a piece of the cabinet itself, or stands right before its closed front."""
    x, y, z = apply(invert(T_base_front), thing.box_base.pose[:3, 3])
    depth = float(cabinet.box_base.size[:2].max())
    return bool(-depth < x < 0.02 and abs(y) < _width(cabinet, T_base_front) / 2 and z < cabinet.box_base.size[2])


def _is_part_of(thing: Candidate, drawer: Drawer) -> bool:
    """Whether a segment is a wall, the front or the handle of a drawer, and no thing that lies in it."""
    mine = float((thing.mask & drawer.mask).sum()) / max(int(thing.mask.sum()), 1)
    at_handle = np.linalg.norm((thing.box_base.pose - drawer.handle_base.pose)[:2, 3]) < 0.03
    big = float(thing.box_base.size[:2].max()) > 0.09 or float(thing.box_base.size[:2].min()) < 0.02
    return mine > 0.5 and bool(big or at_handle)


def _width(cabinet: Candidate, T_base_front: np.ndarray) -> float:
    """How wide a cabinet is, seen from its front."""
    across = np.abs(T_base_front[:2, 1] @ cabinet.box_base.pose[:2, :2])
    return float(across @ cabinet.box_base.size[:2])


def renamed(thing: Candidate, shape: str) -> Candidate:
    """A thing called by its kind only, as one calls furniture."""
    return replace(thing, shape=shape, description=shape)
