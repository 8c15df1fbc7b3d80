"""Elbow room: how far fingers and hand keep from the things around them, seen from above; everything in base, m."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from robot.model import RobotModel
from sim.layout import ObjectConfig
from sim.objects import KINDS, SCALES, SceneObject
from sim.tasks.truth import Truth

FINGERTIP_BELOW = 0.012  # how far the fingers reach below the tool centre
HAND_ABOVE = 0.031  # from the tool centre up to the lowest capsule of the hand


@dataclass(frozen=True, kw_only=True)
class Disc:
    """A thing as an upright cylinder on the table: its middle (x, y), radius and top, m."""

    x: float
    y: float
    radius: float
    top: float

    @staticmethod
    def of(thing: SceneObject, truth: Truth) -> "Disc":
        """Where a thing is now."""
        x, y, _ = truth.position(thing)
        return Disc(x=float(x), y=float(y), radius=thing.radius, top=truth.bottom_and_top(thing)[1])

    @staticmethod
    def lying(thing: ObjectConfig) -> "Disc":
        """Where a thing will lie that has its place."""
        assert thing.x is not None and thing.y is not None
        kind, scale = KINDS[thing.kind], SCALES[thing.size]
        return Disc(x=thing.x, y=thing.y, radius=kind.radius * scale, top=2 * kind.half_height * scale)

    @property
    def xy(self) -> np.ndarray:
        """Its middle (2,)."""
        return np.array([self.x, self.y])


def room_around(T_base_ee: np.ndarray, width: float, discs: Iterable[Disc], model: RobotModel) -> float:
    """The least gap between the discs and a hand that points down with its fingers `width` apart, m; inf if all are low.

    Fingers and hand are rectangles seen from above, and only what is as high as they are is in their way.
    """
    x, y, z = T_base_ee[:3, 3]
    finger = (model.finger_width / 2, model.finger_thickness / 2)
    side = (width + model.finger_thickness) / 2
    parts = [(side, finger, z - FINGERTIP_BELOW), (-side, finger, z - FINGERTIP_BELOW)]
    parts.append((0.0, (model.hand_size[0] / 2, model.hand_size[1] / 2), z + HAND_ABOVE))
    gaps = [np.inf]
    for disc in discs:
        along, across = T_base_ee[:2, :2].T @ np.array([disc.x - x, disc.y - y])
        for offset, half, bottom in parts:
            if disc.top > bottom:
                beyond = np.maximum(np.abs([along, across - offset]) - half, 0.0)
                gaps.append(float(np.hypot(*beyond)) - disc.radius)
    return min(gaps)


def gap_at(xy: np.ndarray, radius: float, discs: Iterable[Disc]) -> float:
    """The least gap between a disc about a point (2,) and all others, m; negative where they overlap."""
    return min((float(np.hypot(disc.x - xy[0], disc.y - xy[1])) - disc.radius - radius for disc in discs), default=np.inf)


def gap_along(start: np.ndarray, end: np.ndarray, discs: Iterable[Disc]) -> float:
    """The least gap between a straight way from one point (2,) to another and all discs, m."""
    line = end - start
    gaps = [np.inf]
    for disc in discs:
        share = np.clip((disc.xy - start) @ line / max(float(line @ line), 1e-9), 0.0, 1.0)
        gaps.append(float(np.linalg.norm(start + share * line - disc.xy)) - disc.radius)
    return min(gaps)
