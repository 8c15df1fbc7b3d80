"""Clearance: whether the arm, on its way through one tick and the brake after it, keeps clear of itself and of the world.

A joint path is looked at in a few samples. What lies between two of them is bounded: a point of the arm deviates from
the straight line between its two sampled places by at most `bend`, and the distance of anything that moves straight by
`chord` is at least (d_a + d_b - chord) / 2, because distance changes no faster than the point moves.
"""

from dataclasses import dataclass

import numpy as np

from robot.collision import CollisionShapes
from robot.guard.brake import Motion
from robot.guard.levers import Pairs, levers
from robot.guard.reference import Path
from robot.kinematics import Kinematics
from robot.model import RobotModel
from robot.obstacles import Box, Obstacles
from robot.trajectory import Contact

_VIEW = 0.25  # points farther than this from the arm are left out until it has moved half as far, m
_TOUCH = 5e-4  # so near its bound a part may move along or away, judged at the samples alone, m
_INSIDE = 5e-4  # how far inside the workspace the tool is kept, for what the samples miss along its walls, m
_SPARE = 3e-4  # kept beyond every distance, for what the samples miss where a part touches its bound, m
_ROUNDING = 1e-9
_STEP = 0.02  # how far the arm may move between two samples, m
_MOST = 6  # samples of a path, the present state aside
_FINE = 24  # samples of the tool's path when those are not enough


@dataclass(frozen=True, eq=False, kw_only=True)
class _Anchor:
    """Distances measured at one posture, from which those at postures nearby are bounded."""

    position: np.ndarray
    own: np.ndarray
    obstacles: np.ndarray


class Clearance:
    """Judges paths of one arm; remembers what it measured last, so that most ticks need no distance at all."""

    def __init__(
        self, model: RobotModel, kinematics: Kinematics, shapes: CollisionShapes, *, to_self: float, to_obstacles: float
    ):
        """Keep these distances, m."""
        self._model, self._kinematics = model, kinematics
        self._to_self, self._to_obstacles = to_self + _SPARE, to_obstacles + _SPARE
        self._lower, self._upper = model.workspace_lower + _INSIDE, model.workspace_upper - _INSIDE
        self._bare = self._shapes = shapes
        self._measure_levers()
        self._obstacles = Obstacles.none(0)
        self._contacts: tuple[Contact, ...] = ()
        self._attached: Box | None = None
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

    def _measure_levers(self) -> None:
        """Know how far each joint can move each capsule of the present shapes, and which pairs of them may meet."""
        self._capsule_levers, self._tool_levers = levers(self._model, self._kinematics, self._shapes)
        self._pairs = Pairs(self._model, self._kinematics, self._shapes, self._capsule_levers)

    def refusal(self, path: Path) -> tuple[str, str] | None:
        """The code of what the path violates and a sentence about it, or None if it is clear."""
        tool = self._refuse_tool(path)
        if tool is not None or self._is_far(path):
            return tool
        self._anchor = self._measure(path.now.position)
        return None if self._is_far(path) else self._refuse_body(path)

    def tool_speed_limit(self, tool_base: np.ndarray, deceleration: float) -> float:
        """How fast the tool may be here: at the model's limit, slowing down in time to the limit of a contact ahead, m/s."""
        limit = self._model.tool_speed
        for contact in self._contacts:
            ahead = max(_distance_to_box(contact.box_base, tool_base) - 0.01, 0.0)
            limit = min(limit, (contact.speed**2 + 2 * deceleration * ahead) ** 0.5)
        return limit

    def _is_far(self, path: Path) -> bool:
        """Whether the whole path stays so near the last measured posture that nothing can come too near."""
        anchor = self._anchor
        if anchor is None or self._viewed_from is None:
            return False
        reach = np.maximum(path.highest - anchor.position, anchor.position - path.lowest)
        clear_of_self = anchor.own - self._pairs.levers @ reach > self._to_self  # (P,)
        clear_of_obstacles = anchor.obstacles - self._capsule_levers @ reach > self._to_obstacles  # (C,)
        return bool(clear_of_self.all() and clear_of_obstacles.all())

    def _measure(self, q: np.ndarray) -> _Anchor:
        """All distances at one posture."""
        own = self._pairs.gaps(*self._shapes.capsules(q))
        return _Anchor(position=q, own=own, obstacles=self._obstacle_distances(q))

    def _refuse_tool(self, path: Path) -> tuple[str, str] | None:
        """Speed and workspace of the tool: at once where a bound suffices, else on a coarse, then on a fine sampling."""
        tool_base = self._kinematics.forward(path.now.position)[:3, 3]
        way = float(self._tool_levers @ np.maximum(path.highest - path.now.position, path.now.position - path.lowest))
        room = min((tool_base - self._lower).min(), (self._upper - tool_base).min())
        slow = self._tool_levers @ path.fastest <= self._limit_between(tool_base, way)
        if slow and way <= room:
            return None
        return None if self._tool_refusal(path, _MOST) is None else self._tool_refusal(path, _FINE)

    def _tool_refusal(self, path: Path, count: int) -> tuple[str, str] | None:
        """What the tool violates on so many samples, the bend between them added."""
        samples, spacing_s = path.samples(count)
        turns, changes = np.abs(np.diff(samples.position, axis=0)), np.abs(np.diff(samples.velocity, axis=0))  # (K-1, J)
        places = np.array([self._kinematics.forward(q)[:3, 3] for q in samples.position])  # (K, 3)
        bend = _bend(self._tool_levers, turns, changes, spacing_s)  # (K-1,)
        refusal = self._refuse_workspace(places, bend)
        return refusal or self._refuse_speed(samples, places, turns, changes, bend)

    def _refuse_workspace(self, places: np.ndarray, bend: np.ndarray) -> tuple[str, str] | None:
        """Whether the tool leaves its box, or goes farther out where it is outside already."""
        lower, upper = self._lower, self._upper
        outside = (places[0] < lower + _TOUCH) | (places[0] > upper - _TOUCH)
        slack = np.where(outside, 0.0, bend[:, None])  # (K-1, 3)
        ends = np.minimum(places[:-1], places[1:]) - slack, np.maximum(places[:-1], places[1:]) + slack
        low, high = np.minimum(lower, places[0] - 1e-9), np.maximum(upper, places[0] + 1e-9)
        if (ends[0] < low).any() or (ends[1] > high).any():
            return "workspace", "the tool would leave its workspace, so the arm brakes"
        return None

    def _refuse_speed(
        self, samples: Motion, places: np.ndarray, turns: np.ndarray, changes: np.ndarray, bend: np.ndarray
    ) -> tuple[str, str] | None:
        """Whether the tool is too fast between any two samples, or grows faster where it is too fast already."""
        jacobians = np.array([self._kinematics.jacobian(q)[:3] for q in samples.position])  # (K, 3, J)
        speeds = np.linalg.norm(np.einsum("kij,kj->ki", jacobians, samples.velocity), axis=1)  # (K,)
        fastest = np.maximum(np.abs(samples.velocity[:-1]), np.abs(samples.velocity[1:]))
        slack = changes @ self._tool_levers / 4 + turns.sum(axis=1) * (fastest @ self._tool_levers) / 2
        limits = np.full(len(bend), self._model.tool_speed)
        if self._contacts:
            ways = np.linalg.norm(np.diff(places, axis=0), axis=1) + bend
            limits = np.array([self._limit_between(place, way) for place, way in zip(places, ways, strict=False)])
        between = np.maximum(speeds[:-1], speeds[1:])
        too_fast = between + slack > limits
        if speeds[0] > limits[0] - 0.01:
            too_fast = between > np.maximum(limits, speeds[0] + 1e-9)
        return ("tool_speed", "the tool would be faster than it may, so the arm brakes") if too_fast.any() else None

    def _limit_between(self, tool_base: np.ndarray, way: float) -> float:
        """The lowest speed limit of the tool within this way of a place, m/s."""
        inside = [c.speed for c in self._contacts if bool(c.box_base.contains(tool_base[None], way)[0])]
        return min([self._model.tool_speed, *inside])

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
            if self._comes_near(distances, chords, _bend(self._capsule_levers, turns, changes, spacing_s)):
                return "obstacle", "something stands in the way, so the arm brakes"
        if (self._anchor.own - self._pairs.levers @ reach <= self._to_self).any():
            own = self._pairs.gaps(ends[:, 0], ends[:, 1])  # (K, P)
            bends = _bend(self._pairs.levers, turns, changes, spacing_s)
            if _falls_below(own, turns @ self._pairs.levers.T, bends, self._to_self, own[0] - _ROUNDING):
                return "self_collision", "the arm would come too near to itself, so it brakes"
        return None

    def _comes_near(self, distances: np.ndarray, chords: np.ndarray, bends: np.ndarray) -> bool:
        """Whether any capsule comes nearer to an obstacle than allowed; the floor under a capsule too near only rises."""
        self._floor = np.maximum(self._floor, distances[0])
        return _falls_below(distances, chords, bends, self._to_obstacles, self._floor - _SPARE)

    def _obstacle_distances(self, q: np.ndarray) -> np.ndarray:
        """From each capsule to the nearest obstacle (C,), at most the view; points far from the arm are left out."""
        if self._viewed_from is None or (self._capsule_levers @ np.abs(q - self._viewed_from)).max() > _VIEW / 2:
            self._view_from(q)
        moved = self._capsule_levers @ np.abs(q - self._viewed_from)
        seen = self._shapes.obstacle_distances(q, self._near, self._obstacles.radius, self._exempt)
        return np.where(self._shapes.moving, np.minimum(seen, _VIEW - moved), np.inf)

    def _view_from(self, q: np.ndarray) -> None:
        """Keep the points near the arm at this posture, and know which of them the tool may touch."""
        points = self._obstacles.points_base
        margin = _VIEW + self._obstacles.radius
        self._near = points[self._shapes.robot_mask(q, points, margin)] if len(points) else points
        self._exempt = np.zeros(len(self._near), bool)
        for contact in self._contacts:
            self._exempt |= contact.box_base.contains(self._near)
        self._viewed_from = q
        self._floor = np.full(len(self._shapes.radii), -np.inf)


def _bend(levers: np.ndarray, turns: np.ndarray, changes: np.ndarray, spacing_s: float) -> np.ndarray:
    """How far points with these levers (..., J) leave the chord between samples, (K-1, ...), m.

    Turning bends a path by at most an eighth of its second derivative; joints that change speed at different times
    leave the straight line in joint space by at most |Δv| Δt / 4.
    """
    swept = turns @ levers.T
    curved = (turns.sum(axis=1) * swept.T).T / 8
    return curved + changes @ levers.T * spacing_s / 4


def _falls_below(distances: np.ndarray, chords: np.ndarray, bends: np.ndarray, least: float, floor: np.ndarray) -> bool:
    """Whether distances (K, C) fall below the least between samples; where they are there already, below the floor (C,)."""
    touching = distances[0] < least + _TOUCH
    between = (distances[:-1] + distances[1:] - chords) / 2 - bends
    too_near = (between < least) & ~touching
    nearer = (distances[1:] < np.minimum(least - _ROUNDING, floor)) & touching
    return bool(too_near.any() or nearer.any())


def _distance_to_box(box_base: Box, point_base: np.ndarray) -> float:
    """From a point (3,) to the surface of a box, 0 inside it, m."""
    local = box_base.pose[:3, :3].T @ (point_base - box_base.pose[:3, 3])
    return float(np.linalg.norm(np.maximum(np.abs(local) - box_base.size / 2, 0.0)))


def _same(one: Box | None, other: Box | None) -> bool:
    """Whether two held boxes are the same, so that nothing has to be measured anew."""
    if one is None or other is None:
        return one is other
    return one is other or (np.array_equal(one.pose, other.pose) and np.array_equal(one.size, other.size))
