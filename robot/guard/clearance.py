"""Clearance: whether the arm, on its way through one tick and the brake after it, keeps clear of itself and of the world.

A joint path is looked at in a few samples. What lies between two of them is bounded: a point of the arm deviates from
the straight line between its two sampled places by at most `bend`, and the distance of anything that moves straight by
`chord` is at least (d_a + d_b - chord) / 2, because distance changes no faster than the point moves.
"""

from dataclasses import dataclass

import numpy as np

from robot.collision import CollisionShapes
from robot.guard.levers import Pairs, bend, levers
from robot.guard.outline import Outline
from robot.guard.reference import Path
from robot.guard.tool import ToolGuard
from robot.kinematics import Kinematics
from robot.model import RobotModel
from robot.obstacles import Box, Obstacles
from robot.trajectory import Contact

_VIEW = 0.25  # points farther than this from the arm are left out until it has moved half as far, m
_TOUCH = 5e-4  # so near its bound a part may move along or away, judged at the samples alone, m
_SPARE = 3e-4  # kept beyond every distance, for what the samples miss where a part touches its bound, m
_ROUNDING = 1e-9
_STEP = 0.02  # how far the arm may move between two samples, m
_MOST = 6  # samples of a path, the present state aside


@dataclass(frozen=True, eq=False, kw_only=True)
class _Anchor:
    """Distances measured at one posture, from which those at postures nearby are bounded.

    Attributes:
        position: the posture (J,), rad.
        own: (P,) of the pairs of capsules, m.
        obstacles: (C,) of the capsules from what is seen, m.
        spare: (P + C,) of both, what is beyond the least that is kept, m.
    """

    position: np.ndarray
    own: np.ndarray
    obstacles: np.ndarray
    spare: np.ndarray


class Clearance:
    """Judges paths of one arm; remembers what it measured last, so that most ticks need no distance at all."""

    def __init__(
        self, model: RobotModel, kinematics: Kinematics, shapes: CollisionShapes, *, to_self: float, to_obstacles: float
    ):
        """Keep these distances, m."""
        self._model, self._kinematics = model, kinematics
        self._to_self, self._to_obstacles = to_self + _SPARE, to_obstacles + _SPARE
        self._bare = self._shapes = shapes
        self._measure_levers()
        self._obstacles = Obstacles.none(0)
        self._contacts: tuple[Contact, ...] = ()
        self._attached: Box | None = None
        self.tool = ToolGuard(model, kinematics, self._tool_levers)
        self._viewed_from: np.ndarray | None = None
        self._near = np.zeros((0, 3), np.float32)
        self._exempt = np.zeros(0, bool)
        self._anchor: _Anchor | None = None
        self._floor = np.full(len(shapes.radii), -np.inf)

    def see(self, obstacles: Obstacles, contacts: tuple[Contact, ...], attached: Box | None) -> None:
        """What there is, where the tool may touch it now, and what is held; from here on paths are judged by this."""
        if not _same(attached, self._attached):
            self._attached = attached
            self._shapes = self._bare.holding(attached)
            self._measure_levers()
            self._viewed_from = None
        if obstacles is not self._obstacles:
            self._obstacles, self._viewed_from = obstacles, None
        if contacts != self._contacts:
            self._contacts, self._viewed_from = contacts, None
            self.tool.see(contacts)

    def _measure_levers(self) -> None:
        """Know how far each joint can move each capsule of the present shapes, and which pairs of them may meet."""
        self._capsule_levers, self._tool_levers = levers(self._model, self._kinematics, self._shapes)
        self._pairs = Pairs(self._model, self._kinematics, self._shapes, self._capsule_levers)
        self._levers = np.concatenate([self._pairs.levers, self._capsule_levers])  # (P + C, J)

    def is_clear(self, outline: Outline) -> bool:
        """Whether bounds suffice to know that every path within an outline is clear."""
        if self._anchor is None or self._viewed_from is None:
            self._anchor = self._measure(outline.now.position)
        return self._is_far(outline) and self.tool.is_clear(outline)

    def refusal(self, path: Path) -> tuple[str, str] | None:
        """The code of what the path violates and a sentence about it, or None if it is clear."""
        tool = self.tool.refusal(path)
        if tool is not None or self._is_far(path):
            return tool
        self._anchor = self._measure(path.now.position)
        return None if self._is_far(path) else self._refuse_body(path)

    def _is_far(self, path: Path | Outline) -> bool:
        """Whether the whole path stays so near the last measured posture that nothing can come too near.

        The distance d of two parts, measured at one posture, is at least d - levers · |turns| at another (`Levers`): so
        one measurement goes on holding, less what has been turned since, and is renewed only when that is not enough.
        """
        anchor = self._anchor
        if anchor is None or self._viewed_from is None:
            return False
        reach = np.maximum(path.highest - anchor.position, anchor.position - path.lowest)
        clear = self._levers @ reach < anchor.spare
        return bool(np.count_nonzero(clear) == clear.size)

    def _measure(self, q: np.ndarray) -> _Anchor:
        """All distances at one posture."""
        own, obstacles = self._pairs.gaps(*self._shapes.capsules(q)), self._obstacle_distances(q)
        spare = np.concatenate([own - self._to_self, obstacles - self._to_obstacles])
        return _Anchor(position=q, own=own, obstacles=obstacles, spare=spare)

    def _refuse_body(self, path: Path) -> tuple[str, str] | None:
        """Self-distance and obstacles on a few samples, the bound of what lies between them subtracted."""
        assert self._anchor is not None
        reach = path.highest - path.lowest
        moves = self._capsule_levers @ reach
        samples, spacing_s = path.samples(int(np.clip(np.ceil(moves.max() / _STEP), 2, _MOST)))
        ends = np.array([self._shapes.capsules(q) for q in samples.position])  # (K, 2, C, 3)
        turns, changes = np.abs(np.diff(samples.position, axis=0)), np.abs(np.diff(samples.velocity, axis=0))  # (K-1, J)
        if (self._anchor.obstacles - moves <= self._to_obstacles).any():
            distances = np.array([self._anchor.obstacles, *(self._obstacle_distances(q) for q in samples.position[1:])])
            chords = np.linalg.norm(np.diff(ends, axis=0), axis=3).max(axis=1)  # (K-1, C)
            if self._comes_near(distances, chords, bend(self._capsule_levers, turns, changes, spacing_s)):
                return "obstacle", "something stands in the way, so the arm brakes"
        if (self._anchor.own - self._pairs.levers @ reach <= self._to_self).any():
            own = self._pairs.gaps(ends[:, 0], ends[:, 1])  # (K, P)
            bends = bend(self._pairs.levers, turns, changes, spacing_s)
            if _falls_below(own, turns @ self._pairs.levers.T, bends, self._to_self, own[0] - _ROUNDING):
                return "self_collision", "the arm would come too near to itself, so it brakes"
        return None

    def _comes_near(self, distances: np.ndarray, chords: np.ndarray, bends: np.ndarray) -> bool:
        """Whether any capsule comes nearer to an obstacle than allowed; the floor under a capsule too near only rises."""
        self._floor = np.maximum(self._floor, distances[0])
        return _falls_below(distances, chords, bends, self._to_obstacles, self._floor - _SPARE)

    def _obstacle_distances(self, q: np.ndarray) -> np.ndarray:
        """From each capsule to the nearest obstacle (C,), at most the view; points far from the arm are left out."""
        moved = None if self._viewed_from is None else self._capsule_levers @ np.abs(q - self._viewed_from)
        if moved is None or moved.max() > _VIEW / 2:
            squared, moved = self._view_from(q), 0.0
        else:
            squared = self._shapes.squared_distances(q, self._near)
        seen = self._shapes.least_distances(squared, self._obstacles.radius, self._exempt)
        return np.where(self._shapes.moving, np.minimum(seen, _VIEW - moved), np.inf)

    def _view_from(self, q: np.ndarray) -> np.ndarray:
        """Keep the N points near the arm at this posture, know which of them the tool may touch, and give their distances.

        Squared, from the axes of the moving capsules: (moving, N) m².
        """
        points, shapes = self._obstacles.points_base, self._shapes
        squared = shapes.squared_distances(q, points)
        margins = shapes.radii[shapes.moving] + (_VIEW + self._obstacles.radius)
        near = (squared <= (margins**2).astype(np.float32)[:, None]).any(axis=0)
        self._near = points[near]
        self._exempt = np.zeros(len(self._near), bool)
        for contact in self._contacts:
            self._exempt |= contact.box_base.contains(self._near)
        self._viewed_from = q
        self._floor = np.full(len(shapes.radii), -np.inf)
        return squared[:, near]


def _falls_below(distances: np.ndarray, chords: np.ndarray, bends: np.ndarray, least: float, floor: np.ndarray) -> bool:
    """Whether distances (K, C) fall below the least between samples; where they are there already, below the floor (C,)."""
    touching = distances[0] < least + _TOUCH
    between = (distances[:-1] + distances[1:] - chords) / 2 - bends
    too_near = (between < least) & ~touching
    nearer = (distances[1:] < np.minimum(least - _ROUNDING, floor)) & touching
    return bool(too_near.any() or nearer.any())


def _same(one: Box | None, other: Box | None) -> bool:
    """Whether two held boxes are the same, so that nothing has to be measured anew."""
    if one is None or other is None:
        return one is other
    return one is other or (np.array_equal(one.pose, other.pose) and np.array_equal(one.size, other.size))
