"""LimitChecker: whether sampled commands keep a robot's limits; shares no code with the safety filter.

It reads the URDF by itself, differentiates by differences of samples, and measures distances between points sampled on
the capsules' axes. Commands that come slower than 1 kHz are interpolated to 1 kHz first, as a driver does.
"""

from xml.etree import ElementTree

import numpy as np

from robot.model import RobotModel


def at_1khz(position: np.ndarray, velocity: np.ndarray, tick_s: float) -> np.ndarray:
    """Cubic Hermite interpolation of commands (T, J) given every tick, sampled every millisecond: (S, J)."""
    num_ticks = len(position)
    times = np.arange(0.0, (num_ticks - 1) * tick_s, 1e-3)
    index = np.minimum((times / tick_s).astype(int), num_ticks - 2)
    s = (times / tick_s - index)[:, None]
    p0, p1, m0, m1 = position[index], position[index + 1], velocity[index] * tick_s, velocity[index + 1] * tick_s
    return (1 + 2 * s) * (1 - s) ** 2 * p0 + s * (1 - s) ** 2 * m0 + s * s * (3 - 2 * s) * p1 + s * s * (s - 1) * m1


def joint_excess(model: RobotModel, position: np.ndarray, sample_s: float) -> dict[str, float]:
    """By which factor samples (S, J) exceed position range, velocity, acceleration and jerk; at most 1 is within."""
    middle, half = (model.position_upper + model.position_lower) / 2, (model.position_upper - model.position_lower) / 2
    excess = {"position": float((np.abs(position - middle) / half).max())}
    difference = position
    for name in ("velocity", "acceleration", "jerk"):
        difference = np.diff(difference, axis=0) / sample_s
        excess[name] = float((np.abs(difference) / getattr(model, name)).max(initial=0.0))
    return excess


class ArmChecker:
    """Forward kinematics straight from the URDF's text, and what hangs on it: tool speed, workspace, self-distance."""

    def __init__(self, model: RobotModel) -> None:
        """Read parent, placement and axis of every joint."""
        self.model = model
        self.joints = [_joint(element) for element in ElementTree.parse(str(model.urdf)).getroot().iter("joint")]

    def links(self, q: np.ndarray) -> dict[str, np.ndarray]:
        """The pose (S, 4, 4) in base of every link at positions (S, J)."""
        children = {child for _, _, child, _, _ in self.joints}
        poses = {parent: np.tile(np.eye(4), (len(q), 1, 1)) for _, parent, _, _, _ in self.joints if parent not in children}
        for name, parent, child, placement, axis in self.joints:  # a URDF lists parents before children here
            pose = poses[parent] @ placement
            if name in self.model.joint_names:
                pose = pose @ _turn(axis, q[:, self.model.joint_names.index(name)])
            poses[child] = pose
        return poses

    def tool(self, q: np.ndarray) -> np.ndarray:
        """The tool centre point (S, 3) in base."""
        return (self.links(q)[self.model.tool_link] @ self.model.T_tool_link_ee)[:, :3, 3]

    def tool_excess(self, q: np.ndarray, sample_s: float) -> dict[str, float]:
        """Tool speed by its limit, and how far the tool leaves its workspace, m, over samples (S, J)."""
        tool = self.tool(q)
        speed = np.linalg.norm(np.diff(tool, axis=0), axis=1) / sample_s
        out = np.maximum(self.model.workspace_lower - tool, tool - self.model.workspace_upper).max()
        return {"tool_speed": float(speed.max() / self.model.tool_speed), "workspace": float(out)}

    def capsule_points(self, q: np.ndarray, per_capsule: int = 9) -> np.ndarray:
        """Points on the axis of every capsule in base: (S, C, P, 3)."""
        poses, fractions = self.links(q), np.linspace(0, 1, per_capsule)[:, None]
        rows = []
        for capsule in self.model.capsules:
            points = (1 - fractions) * np.array(capsule.start) + fractions * np.array(capsule.end)
            T = poses[capsule.link]
            rows.append(points @ T[:, :3, :3].transpose(0, 2, 1) + T[:, None, :3, 3])
        return np.stack(rows, axis=1)

    def self_distance(self, q: np.ndarray) -> np.ndarray:
        """The least distance (S,) between capsules of bodies that may meet; too large by at most half a millimetre."""
        points = self.capsule_points(q)
        order = {name: index for index, name in enumerate(self.bodies())}
        links = [capsule.link for capsule in self.model.capsules]
        ignored = {frozenset(pair) for pair in self.model.self_collision_ignore}
        least = np.full(len(q), np.inf)
        for i, one in enumerate(self.model.capsules):
            for k, other in enumerate(self.model.capsules[:i]):
                if (
                    abs(self.body(links[i], order) - self.body(links[k], order)) <= 1
                    or frozenset((links[i], links[k])) in ignored
                ):
                    continue
                gaps = np.linalg.norm(points[:, i, :, None] - points[:, k, None], axis=-1).min(axis=(1, 2))
                least = np.minimum(least, gaps - one.radius - other.radius)
        return least

    def bodies(self) -> list[str]:
        """The first link that each moving joint carries, in order."""
        return [child for name, _, child, _, _ in self.joints if name in self.model.joint_names]

    def body(self, link: str, order: dict[str, int]) -> int:
        """How many moving joints lie between the base and a link."""
        if link in order:
            return order[link] + 1
        parents = [parent for _, parent, child, _, _ in self.joints if child == link]
        return self.body(parents[0], order) if parents else 0

    def obstacle_distance(self, q: np.ndarray, points_base: np.ndarray, radius: float) -> np.ndarray:
        """The least distance (S,) from the moving capsules to balls; too large by at most half a millimetre."""
        axes, order = self.capsule_points(q), {name: index for index, name in enumerate(self.bodies())}
        least = np.full(len(q), np.inf)
        for i, capsule in enumerate(self.model.capsules):
            if self.body(capsule.link, order):
                gaps = np.linalg.norm(axes[:, i, :, None] - points_base[None, None], axis=-1).min(axis=(1, 2))
                least = np.minimum(least, gaps - capsule.radius - radius)
        return least


def _joint(element: ElementTree.Element) -> tuple[str, str, str, np.ndarray, np.ndarray]:
    """Name, parent, child, placement (4, 4) and axis (3,) of one URDF joint."""
    origin, axis = element.find("origin"), element.find("axis")
    xyz = [float(x) for x in (origin.get("xyz", "0 0 0") if origin is not None else "0 0 0").split()]
    rpy = [float(x) for x in (origin.get("rpy", "0 0 0") if origin is not None else "0 0 0").split()]
    placement = np.eye(4)
    placement[:3, 3] = xyz
    for k, angle in enumerate(rpy):  # fixed axes x, then y, then z
        placement[:3, :3] = _turn(np.eye(3)[k], np.array([angle]))[0, :3, :3] @ placement[:3, :3]
    direction = np.array([float(x) for x in axis.get("xyz", "1 0 0").split()]) if axis is not None else np.array([1.0, 0, 0])
    parent, child = element.find("parent"), element.find("child")
    assert parent is not None and child is not None
    return str(element.get("name")), str(parent.get("link")), str(child.get("link")), placement, direction


def _turn(axis: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Rotations (S, 4, 4) about an axis: Rodrigues' formula."""
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    turned = np.tile(np.eye(4), (len(angles), 1, 1))
    turned[:, :3, :3] += np.sin(angles)[:, None, None] * cross + (1 - np.cos(angles))[:, None, None] * (cross @ cross)
    return turned
