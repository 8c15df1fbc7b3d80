"""JointPath: tool poses become joint knots that follow each other smoothly and stay clear of everything."""

from dataclasses import dataclass

import numpy as np

from robot.collision import HELD, CollisionShapes
from robot.errors import Unreachable
from robot.kinematics import Kinematics
from robot.obstacles import Obstacles
from robot.trajectory import Contact

_JUMP = 0.5
_DEEPER = 1e-3


class OutOfReach(Unreachable):
    """No posture at all reaches the pose, so it is no use to try others."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Clearances:
    """How far the robot keeps off, m: from what is seen, from itself; and by how much contact regions are grown."""

    obstacle: float
    itself: float
    contact_margin: float


class Guard:
    """Judges postures along one motion: clear of the robot itself and of what is seen, but for contacts.

    Where the robot starts nearer to something than it should be, it may not come nearer still, and keeps whatever
    distance it wins until the clearance is restored.
    """

    def __init__(
        self,
        shapes: CollisionShapes,
        obstacles: Obstacles,
        contacts: tuple[Contact, ...],
        clearances: Clearances,
        q_start: np.ndarray,
    ) -> None:
        """Note how the robot stands at the start."""
        self._shapes = shapes
        self._points, self._radius = obstacles.points_base, obstacles.radius
        self._contacts = contacts
        self._inside = [contact.box_base.contains(self._points, clearances.contact_margin) for contact in contacts]  # (N,) each
        self._clearances = clearances
        self._start = self._distances(q_start, 0.0)

    def check(self, q: np.ndarray, wanted_s: np.ndarray, slack: float = 0.0) -> tuple[int, str] | None:
        """The first of the postures (n, J) at the policy's times (n,) that is not clear, and what it would hit; or None."""
        needed = np.minimum(self._wanted(), self._start - _DEEPER)  # (C + 1,)
        for i in range(len(q)):
            distances = self._distances(q[i], float(wanted_s[i]))
            worst = int(np.argmin(distances - needed))
            if distances[worst] < needed[worst] - slack:
                return i, self._sentence(q[i], float(wanted_s[i]), worst)
            needed = np.minimum(self._wanted(), np.maximum(needed, distances - _DEEPER))
        return None

    def _wanted(self) -> np.ndarray:
        """The clearances (C + 1,): one per capsule, then the robot's from itself."""
        return np.append(np.full(len(self._shapes.radii), self._clearances.obstacle), self._clearances.itself)

    def _distances(self, q: np.ndarray, wanted_s: float) -> np.ndarray:
        """The distances (C + 1,) that go with `_wanted`."""
        to_obstacles = self._shapes.obstacle_distances(q, self._points, self._radius, self._exempt(wanted_s))
        return np.append(to_obstacles, self._shapes.self_distance(q))

    def _exempt(self, wanted_s: float) -> np.ndarray | None:
        """Which points (N,) the tool may touch at this time; None for none."""
        active = [
            inside
            for contact, inside in zip(self._contacts, self._inside, strict=True)
            if contact.start_s <= wanted_s <= contact.end_s
        ]
        return np.logical_or.reduce(active) if active else None

    def _sentence(self, q: np.ndarray, wanted_s: float, worst: int) -> str:
        """What would be hit, by what, and where."""
        if worst == len(self._shapes.radii):
            return "the arm would hit itself"
        exempt = self._exempt(wanted_s) if self._shapes.tool[worst] else None
        points = self._points if exempt is None else self._points[~exempt]
        link = self._shapes.links[worst]
        who = "what the gripper holds" if link == HELD else link
        return f"{who} would hit something at {in_cm(points[self._shapes.nearest(q, points, worst)])}"


def track(
    kinematics: Kinematics, T_base_ee: np.ndarray, still: np.ndarray, q_start: np.ndarray, posture: np.ndarray
) -> np.ndarray:
    """Joint knots (n, J) whose tool poses are the given ones (n, 4, 4), each reached from the one before without a jump.

    Args:
        kinematics: of the arm.
        T_base_ee: poses close to each other; the first is where the tool is.
        still: (n,) bool: the pose is the one before, so the joints stand still.
        q_start: (J,) where the joints are.
        posture: (J,) what spare freedom pulls toward.

    Raises:
        Unreachable: says which pose and why.
    """
    knots = [np.asarray(q_start, dtype=float)]
    for i in range(1, len(T_base_ee)):
        q = knots[-1] if still[i] else kinematics.descend(T_base_ee[i], knots[-1], posture)
        if q is None or np.abs(q - knots[-1]).max() > _JUMP:
            raise _refusal(kinematics, T_base_ee[i], knots[-1])
        knots.append(q)
    return np.array(knots)


def postures(kinematics: Kinematics, q_start: np.ndarray) -> list[np.ndarray]:
    """Postures (J,) to pull spare freedom toward, most natural first: home, the present one, the elbow swung both ways."""
    spare = np.linalg.svd(kinematics.jacobian(q_start))[2][6:]  # (J - 6, J): moves the elbow and not the tool
    swung = [q_start + swing * direction for swing in (0.8, -0.8, 1.6, -1.6) for direction in spare]
    return [kinematics.model.home, q_start, *swung]


def in_cm(point_base: np.ndarray) -> str:
    """A point as a person reads it: "(x 45, y -3, z 12) cm"."""
    x, y, z = (round(100 * float(value)) for value in point_base)
    return f"(x {x}, y {y}, z {z}) cm"


def _refusal(kinematics: Kinematics, T_base_ee: np.ndarray, q_near: np.ndarray) -> Unreachable:
    """Why a pose can't be reached from a posture nearby: out of reach altogether, or which joint is in the way."""
    what = f"the tool can't reach {in_cm(T_base_ee[:3, 3])}"
    if kinematics.inverse(T_base_ee, q_near) is None:
        return OutOfReach(f"{what}: it is out of reach in that orientation")
    model = kinematics.model
    room = np.minimum(q_near - model.position_lower, model.position_upper - q_near)
    if room.min() < 0.05:
        return Unreachable(f"{what}: {model.joint_names[int(room.argmin())]} would pass its limit")
    return Unreachable(f"{what}: the arm would have to swing into another posture on the way")
