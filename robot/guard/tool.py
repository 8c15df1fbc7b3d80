"""ToolGuard: whether the tool, on its way through one tick and the brake after it, keeps its workspace and its speed."""

from dataclasses import dataclass

import numpy as np

from robot.guard.brake import Motion
from robot.guard.levers import bend
from robot.guard.outline import Outline
from robot.guard.reference import Path
from robot.kinematics import Kinematics
from robot.model import RobotModel
from robot.trajectory import Contact

_INSIDE = 5e-4  # how far inside the workspace the tool is kept, for what the samples miss along its walls, m
_TOUCH = 5e-4  # so near a wall the tool may move along it or away, judged at the samples alone, m
_COARSE, _FINE = 6, 24  # samples of a path, the present state aside
_AHEAD = 0.01  # so far outside a contact region its speed is kept already, m


@dataclass(frozen=True, eq=False, kw_only=True)
class _Look:
    """The tool at one posture.

    Attributes:
        position: the posture (J,), rad.
        place: (3,) of the tool in base, m.
        jacobian: (3, J) m/rad, in base axes.
        columns: (J,) lengths of the Jacobian's columns.
        parts: (3, 2 J) the positive and the negative entries of the Jacobian, side by side, 0 where there is the other.
    """

    position: np.ndarray
    place: np.ndarray
    jacobian: np.ndarray
    columns: np.ndarray
    parts: np.ndarray


class ToolGuard:
    """Judges the tool's part of paths: at once where a bound suffices, else on a coarse, then on a fine sampling.

    The bound: no column of the Jacobian is longer than its lever L_i, and turning by d changes it by at most L_i |d|
    (|d|: the sum over all joints), because a turn carries an axis and the arm beyond it round rigidly, and levers do
    not grow towards the tool. So with the Jacobian J measured at one posture, at any posture within d of it

        speed <= |J v| + |d| sum L_i |v_i|     and     way <= sum (|J_i| + L_i |d| / 2) |d_i|.

    For velocities v between two bounds, J v is bounded along each axis of base by interval arithmetic.
    """

    def __init__(self, model: RobotModel, kinematics: Kinematics, levers: np.ndarray) -> None:
        """With levers (J,) of the tool centre point, m/rad."""
        self._kinematics, self._levers, self._speed = kinematics, levers, model.tool_speed
        self._lower, self._upper = model.workspace_lower + _INSIDE, model.workspace_upper - _INSIDE
        self._middle, self._half = (self._lower + self._upper) / 2, (self._upper - self._lower) / 2
        self._ones = np.ones_like(levers)
        self._regions: tuple[_Region, ...] = ()
        self._last: _Look | None = None

    def see(self, contacts: tuple[Contact, ...]) -> None:
        """Where the tool may touch now, and so must be slow."""
        self._regions = tuple(_Region(contact) for contact in contacts)

    def speed(self, q: np.ndarray, velocity: np.ndarray) -> float:
        """How fast the tool is at joints (J,) moving with a velocity (J,), m/s."""
        x, y, z = (self._look(q).jacobian @ velocity).tolist()
        return (x * x + y * y + z * z) ** 0.5

    def speed_limit(self, q: np.ndarray, deceleration: float) -> float:
        """How fast it may be at joints (J,): at the model's limit, slowing down in time to that of a contact ahead, m/s."""
        place = self._look(q).place
        ahead = ((region, max(region.distance(place) - _AHEAD, 0.0)) for region in self._regions)
        return min([self._speed, *((region.speed**2 + 2 * deceleration * way) ** 0.5 for region, way in ahead)])

    def is_clear(self, outline: Outline) -> bool:
        """Whether the bounds suffice to know that on every path within it the tool keeps its speed and its workspace."""
        look, slow, fast = self._look(outline.now.position), outline.slowest, outline.fastest
        reach = np.maximum(outline.highest - look.position, look.position - outline.lowest)
        turned = self._ones.dot(reach)
        way = float(look.columns.dot(reach) + turned / 2 * self._levers.dot(reach))
        if np.count_nonzero(np.abs(look.place - self._middle) + way <= self._half) < 3:
            return False
        bounds = look.parts @ np.array([np.concatenate([slow, fast]), np.concatenate([fast, slow])]).T  # (3, 2): J v
        x, y, z = np.abs(bounds).max(axis=1).tolist()
        changed = float(turned * self._levers.dot(np.maximum(fast, -slow)))
        return (x * x + y * y + z * z) ** 0.5 + changed <= self._limit_between(look.place, way)

    def refusal(self, path: Path) -> tuple[str, str] | None:
        """The code of what the tool would violate and a sentence about it, or None."""
        return None if self._refuse(path, _COARSE) is None else self._refuse(path, _FINE)

    def _look(self, q: np.ndarray) -> _Look:
        """The tool at joints (J,); one look a tick is enough for all that is asked about it."""
        if self._last is None or self._last.position is not q:
            place, jacobian = self._kinematics.tool(q)
            columns = np.sqrt(np.einsum("ij,ij->j", jacobian, jacobian))
            parts = np.concatenate([np.maximum(jacobian, 0.0), np.minimum(jacobian, 0.0)], axis=1)
            self._last = _Look(position=q, place=place, jacobian=jacobian, columns=columns, parts=parts)
        return self._last

    def _refuse(self, path: Path, count: int) -> tuple[str, str] | None:
        """What the tool violates on so many samples, the bend between them added."""
        samples, spacing_s = path.samples(count)
        turns, changes = np.abs(np.diff(samples.position, axis=0)), np.abs(np.diff(samples.velocity, axis=0))  # (K-1, J)
        looks = [self._kinematics.tool(q) for q in samples.position]
        places, jacobians = np.array([place for place, _ in looks]), np.array([jacobian for _, jacobian in looks])
        bends = bend(self._levers, turns, changes, spacing_s)  # (K-1,)
        refusal = self._refuse_workspace(places, bends)
        return refusal or self._refuse_speed(samples, places, jacobians, turns, changes, bends)

    def _refuse_workspace(self, places: np.ndarray, bends: np.ndarray) -> tuple[str, str] | None:
        """Whether the tool leaves its box, or goes farther out where it is outside already."""
        lower, upper = self._lower, self._upper
        outside = (places[0] < lower + _TOUCH) | (places[0] > upper - _TOUCH)
        slack = np.where(outside, 0.0, bends[:, None])  # (K-1, 3)
        ends = np.minimum(places[:-1], places[1:]) - slack, np.maximum(places[:-1], places[1:]) + slack
        low, high = np.minimum(lower, places[0] - 1e-9), np.maximum(upper, places[0] + 1e-9)
        if (ends[0] < low).any() or (ends[1] > high).any():
            return "workspace", "the tool would leave its workspace, so the arm brakes"
        return None

    def _refuse_speed(
        self,
        samples: Motion,
        places: np.ndarray,
        jacobians: np.ndarray,
        turns: np.ndarray,
        changes: np.ndarray,
        bends: np.ndarray,
    ) -> tuple[str, str] | None:
        """Whether the tool is too fast between any two samples, or grows faster where it is too fast already."""
        speeds = np.linalg.norm(np.einsum("kij,kj->ki", jacobians, samples.velocity), axis=1)  # (K,)
        fastest = np.maximum(np.abs(samples.velocity[:-1]), np.abs(samples.velocity[1:]))
        slack = changes @ self._levers / 4 + turns.sum(axis=1) * (fastest @ self._levers) / 2
        limits = np.full(len(bends), self._speed)
        if self._regions:
            ways = np.linalg.norm(np.diff(places, axis=0), axis=1) + bends
            limits = np.array([self._limit_between(place, way) for place, way in zip(places, ways, strict=False)])
        between = np.maximum(speeds[:-1], speeds[1:])
        too_fast = between + slack > limits
        if speeds[0] > limits[0] - 0.01:
            too_fast = between > np.maximum(limits, speeds[0] + 1e-9)
        return ("tool_speed", "the tool would be faster than it may, so the arm brakes") if too_fast.any() else None

    def _limit_between(self, tool_base: np.ndarray, way: float) -> float:
        """The lowest speed limit of the tool within this way of a place, m/s."""
        return min([self._speed, *(region.speed for region in self._regions if region.is_within(tool_base, way))])


class _Region:
    """Where a contact is allowed, as the tool's speed depends on it."""

    def __init__(self, contact: Contact) -> None:
        """From the contact's box."""
        box_base = contact.box_base
        self.speed = contact.speed
        self._R_box_base, self._centre_base, self._half = box_base.pose[:3, :3].T, box_base.pose[:3, 3], box_base.size / 2

    def distance(self, place_base: np.ndarray) -> float:
        """From a place (3,) to the surface of the box, 0 inside it, m."""
        x, y, z = (max(each, 0.0) for each in self._beyond(place_base))
        return (x * x + y * y + z * z) ** 0.5

    def is_within(self, place_base: np.ndarray, way: float) -> bool:
        """Whether a place (3,) lies inside the box grown by this way, m."""
        return max(self._beyond(place_base)) <= way

    def _beyond(self, place_base: np.ndarray) -> list[float]:
        """How far a place (3,) is beyond the box's faces, along its three axes; negative = inside."""
        return (np.abs(self._R_box_base @ (place_base - self._centre_base)) - self._half).tolist()
