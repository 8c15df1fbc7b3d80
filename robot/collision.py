"""CollisionShapes: the robot's body as capsules, and how far it is from itself and from what is seen."""

import numpy as np

from robot.errors import InvalidInput
from robot.kinematics import Kinematics
from robot.model import CapsuleConfig, RobotModel
from robot.obstacles import Box

HELD = "held"


class CollisionShapes:
    """The capsules of one robot, and of what it holds; C is their number.

    Attributes:
        links: C names; "held" for what is held.
        radii: (C,) m.
        tool: (C,) bool: may touch inside a Contact; so may what is held.
        moving: (C,) bool: False for what no joint moves; it can't be driven into anything.
    """

    def __init__(self, model: RobotModel, kinematics: Kinematics, held: Box | None = None) -> None:
        """Attach every capsule to its rigid body; what is held, a box in ee, becomes a few more capsules of the tool."""
        self.model = model
        self.kinematics = kinematics
        capsules = [*model.capsules, *([] if held is None else _around(held, model))]
        _refuse_bad(model.name, capsules)
        bodies, poses = zip(*(kinematics.body_of(capsule.link) for capsule in capsules), strict=True)
        self._bodies = np.array(bodies)  # (C,)
        ends = [[_in_body(T, each.start), _in_body(T, each.end)] for T, each in zip(poses, capsules, strict=True)]
        self._ends_body = np.array(ends)  # (C, 2, 3)
        self.radii = np.array([capsule.radius for capsule in capsules])
        self.tool = np.array([capsule.tool for capsule in capsules])
        self.moving = self._bodies > 0
        self.links = tuple(each.link for each in model.capsules) + (HELD,) * (len(capsules) - len(model.capsules))
        beyond_hand = [link not in (model.tool_link, HELD) for link in self.links]
        self._fingers = self.tool & np.array(beyond_hand)
        first, second = self._pairs_that_may_meet()
        self._pairs = _Pairs(first, second, self._ends_body[:, 1] - self._ends_body[:, 0])
        self._pair_radii = self.radii[first] + self.radii[second]
        self._holding: tuple[Box, CollisionShapes] | None = None

    def holding(self, attached: Box | None) -> "CollisionShapes":
        """These shapes with what is held, a box in ee, as the last capsules; themselves if nothing is. The last box is kept."""
        if attached is None:
            return self
        if self._holding is None or self._holding[0] is not attached:
            self._holding = attached, CollisionShapes(self.model, self.kinematics, attached)
        return self._holding[1]

    def capsules(self, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Both ends of every capsule's axis in base at joint positions (J,): starts (C, 3) and ends (C, 3), m."""
        rotations, origins = self.kinematics.bodies(q)
        ends_base = self._ends_body @ rotations[self._bodies].transpose(0, 2, 1) + origins[self._bodies, None]  # (C, 2, 3)
        return ends_base[:, 0], ends_base[:, 1]

    def self_distance(self, q: np.ndarray) -> float:
        """The least distance between two bodies of the robot that may meet, m; negative where they overlap."""
        if not len(self._pairs):
            return np.inf
        starts, ends = self.capsules(q)
        return float((self._pairs.distances(starts, ends - starts) - self._pair_radii).min())

    def obstacle_distances(
        self, q: np.ndarray, points_base: np.ndarray, radius: float, exempt: np.ndarray | None = None
    ) -> np.ndarray:
        """From each capsule's surface to the nearest obstacle (C,), m; negative = overlap, inf where there is none.

        Args:
            q: (J,) rad.
            points_base: (N, 3) float32 centres, m.
            radius: of the ball that each centre stands for, m.
            exempt: (N,) points that the tool's capsules may touch; None = no point.
        """
        return self.least_distances(self.squared_distances(q, points_base), radius, exempt)

    def squared_distances(self, q: np.ndarray, points_base: np.ndarray) -> np.ndarray:
        """From the axis of each moving capsule to each point (N, 3) of base at joints (J,): (moving, N) float32, m²."""
        return self._squared_distances(q, points_base, self.moving)

    def least_distances(self, squared: np.ndarray, radius: float, exempt: np.ndarray | None = None) -> np.ndarray:
        """What `obstacle_distances` gives (C,), from squared distances (moving, N) that were measured already."""
        distances = np.full(len(self.radii), np.inf)
        if not squared.size:
            return distances
        least = squared.min(axis=1)
        if exempt is not None and exempt.any():
            touching = self.tool[self.moving]
            least[touching] = squared[touching][:, ~exempt].min(axis=1, initial=np.inf)
        distances[self.moving] = np.sqrt(np.maximum(least, 0.0)) - self.radii[self.moving] - radius
        return distances

    def nearest(self, q: np.ndarray, points_base: np.ndarray, capsule: int) -> int:
        """Which of the points (N, 3), at least one, is nearest to one capsule."""
        return int(self._squared_distances(q, points_base, np.arange(len(self.radii)) == capsule)[0].argmin())

    def robot_mask(
        self,
        q: np.ndarray,
        points_base: np.ndarray,
        margin: float,
        attached: Box | None = None,
        gripper_width: float | None = None,
    ) -> np.ndarray:
        """Which points (N, 3) lie within the margin of the robot's own body or of what it holds: (N,) bool.

        With the gripper's width the space between its pads is not the robot's: what stands there stays in the cloud.
        """
        shapes = self.holding(attached)
        if not len(points_base):
            return np.zeros(0, bool)
        squared = shapes._squared_distances(q, points_base, np.ones(len(shapes.radii), bool))  # (C, N)
        inside = squared <= ((shapes.radii + margin) ** 2).astype(np.float32)[:, None]
        if gripper_width is None:
            return np.any(inside, axis=0)
        fingers = shapes._fingers
        between = self._between_pads(q, points_base, gripper_width - 2 * margin)
        return np.any(inside[~fingers], axis=0) | (np.any(inside[fingers], axis=0) & ~between)

    def _squared_distances(self, q: np.ndarray, points_base: np.ndarray, which: np.ndarray) -> np.ndarray:
        """Squared distances (C, N) float32 from capsule axes to points: |p-a|² - 2t(p-a)·d + t²d² with t clipped to [0, 1].

        One matrix product gives |p-a|² and 2(p-a)·d of all capsules and points.
        """
        starts, ends = (each[which] for each in self.capsules(q))
        axes = ends - starts
        lengths = np.einsum("cd,cd->c", axes, axes)[:, None]  # (C, 1)
        squares, offsets = np.einsum("cd,cd->c", starts, starts), np.einsum("cd,cd->c", starts, axes)
        ones, zeros = np.ones_like(squares), np.zeros_like(squares)
        near = np.column_stack([-2.0 * starts, squares, ones])  # (C, 5), for points as x, y, z, 1, |p|²
        along = np.column_stack([2.0 * axes, -2.0 * offsets, zeros])
        points = np.empty((5, len(points_base)), np.float32)
        points[:3], points[3] = points_base.T, 1.0
        points[4] = np.einsum("dn,dn->n", points[:3], points[:3])
        both = np.concatenate([near, along]).astype(np.float32) @ points  # (2 C, N)
        squared, twice_along = both[: len(axes)], both[len(axes) :]
        t = twice_along * (0.5 / np.maximum(lengths, 1e-12)).astype(np.float32)
        np.minimum(np.maximum(t, 0.0, out=t), 1.0, out=t)
        change = t * lengths.astype(np.float32)
        change -= twice_along
        change *= t
        squared += change
        return squared

    def _between_pads(self, q: np.ndarray, points_base: np.ndarray, gap: float) -> np.ndarray:
        """Which points (N, 3) lie in the gap between the fingers, as far as the fingers reach: (N,) bool."""
        T_base_ee = self.kinematics.forward(q)
        points_ee = (points_base - T_base_ee[:3, 3]) @ T_base_ee[:3, :3]
        return np.logical_and(np.abs(points_ee[:, 1]) < gap / 2, points_ee[:, 2] > -self.model.finger_length)

    def _pairs_that_may_meet(self) -> tuple[np.ndarray, np.ndarray]:
        """Indices of the pairs of capsules that may meet: on bodies that are not neighbours, and not on the ignore list."""
        ignored = {frozenset(pair) for pair in self.model.self_collision_ignore}
        first, second = np.triu_indices(len(self._bodies), k=1)
        apart = np.abs(self._bodies[first] - self._bodies[second]) > 1
        known = [frozenset((self.links[i], self.links[j])) in ignored for i, j in zip(first, second, strict=True)]
        keep = apart & ~np.array(known, dtype=bool)
        return first[keep], second[keep]


class _Pairs:
    """P pairs of segments whose lengths never change, and the distances between them."""

    def __init__(self, first: np.ndarray, second: np.ndarray, axes: np.ndarray) -> None:
        """Pairs (P,) of indices into segments whose axes (C, 3) have the right lengths, in whatever frame."""
        count = len(axes)
        a, b, axis_a, axis_b = first, second, first + count, second + count
        rows = ((a, a), (b, b), (a, b), (axis_a, axis_b), (axis_a, a), (axis_a, b), (axis_b, a), (axis_b, b))
        self._gather = np.array([left * 2 * count + right for left, right in rows])  # (8, P)
        squared = np.einsum("cd,cd->c", axes, axes) + 1e-12
        self._aa, self._bb = squared[first], squared[second]

    def __len__(self) -> int:
        """P."""
        return len(self._aa)

    def distances(self, starts: np.ndarray, axes: np.ndarray) -> np.ndarray:
        """Least distances (P,) between the segments from starts (C, 3) along axes (C, 3).

        Ericson, "Real-Time Collision Detection", 2005, section 5.1.9; all inner products come from one matrix product.
        """
        both = np.concatenate([starts, axes])
        aa, bb = self._aa, self._bb
        saa, sbb, sab, ab, a_sa, a_sb, b_sa, b_sb = (both @ both.T).take(self._gather)
        a_gap, b_gap = a_sa - a_sb, b_sa - b_sb
        along_a = _clip01((ab * b_gap - a_gap * bb) / np.maximum(aa * bb - ab * ab, 1e-12))
        along_b = _clip01((ab * along_a + b_gap) / bb)
        along_a = _clip01((ab * along_b - a_gap) / aa)
        squared = saa + sbb - 2.0 * sab
        squared += along_a * (along_a * aa + 2.0 * (a_gap - along_b * ab)) + along_b * (along_b * bb - 2.0 * b_gap)
        return np.sqrt(np.maximum(squared, 0.0))


def _clip01(values: np.ndarray) -> np.ndarray:
    """Values within [0, 1]; half the cost of np.clip on short arrays."""
    return np.minimum(np.maximum(values, 0.0), 1.0)


def _around(box_ee: Box, model: RobotModel) -> list[CapsuleConfig]:
    """Capsules side by side that contain a held box and stick out of it least, in the frame of the tool's link."""
    short, middle, long = np.argsort(box_ee.size)
    best: tuple[float, int, float, float] | None = None
    for count in range(1, 5):
        across = np.hypot(box_ee.size[short], box_ee.size[middle] / count) / 2
        for half in np.linspace(0.0, box_ee.size[long] / 2, 5):
            radius = float(np.hypot(box_ee.size[long] / 2 - half, across))
            beyond = half + 3 * radius - (box_ee.size[long] + box_ee.size[short] + box_ee.size[middle] / count) / 2
            if best is None or beyond < best[0] - 1e-3:
                best = beyond, count, float(half), radius
    assert best is not None
    _, count, half, radius = best
    T_link_box = model.T_tool_link_ee @ box_ee.pose
    capsules = []
    for share in (np.arange(count) + 0.5) / count - 0.5:
        centre = T_link_box[:3, 3] + share * box_ee.size[middle] * T_link_box[:3, middle]
        start, end = (centre - half * T_link_box[:3, long]).tolist(), (centre + half * T_link_box[:3, long]).tolist()
        capsules.append(CapsuleConfig(link=model.tool_link, start=start, end=end, radius=radius, tool=True))
    return capsules


def _in_body(T_body_link: np.ndarray, point_link: list[float]) -> np.ndarray:
    """A point (3,) of a link in the frame of its rigid body."""
    return T_body_link[:3, :3] @ np.asarray(point_link) + T_body_link[:3, 3]


def _refuse_bad(name: str, capsules: list[CapsuleConfig]) -> None:
    """Refuse a robot without capsules, and a capsule without a size: it would guard nothing."""
    if not capsules:
        raise InvalidInput(f"{name}.capsules: expected at least one")
    for capsule in capsules:
        if capsule.radius <= 0 or len(capsule.start) != 3 or len(capsule.end) != 3:
            raise InvalidInput(f"{name}.capsules: {capsule.link}: expected start and end of 3 numbers and a radius above 0 m")
