"""Levers: how far a part of the arm can move at most when a joint turns by one radian, and two parts against each other."""

import numpy as np

from robot.collision import CollisionShapes
from robot.kinematics import Kinematics
from robot.model import RobotModel


def levers(model: RobotModel, kinematics: Kinematics, shapes: CollisionShapes) -> tuple[np.ndarray, np.ndarray]:
    """Upper bounds in m/rad that hold in every posture: of capsule axes (C, J), and of the tool centre point (J,).

    The distance from a joint's axis is at most the length of the chain of body origins to the part, and neighbouring
    origins keep their distance in every posture. Holds for turning joints.
    """
    origins = kinematics.bodies(model.home)[1]  # (J+1, 3)
    links = np.linalg.norm(np.diff(origins, axis=0), axis=1)  # (J,): from body j to body j + 1
    starts, ends = shapes.capsules(model.home)
    axes = kinematics.jacobian(model.home)[3:].T  # (J, 3)
    tool = kinematics.forward(model.home)[:3, 3]
    tool_body = kinematics.body_of(model.tool_link)[0]
    parts = [*zip(bodies(model, kinematics, shapes), np.stack([starts, ends], axis=1), strict=True), (tool_body, tool[None])]
    rows = np.array([_row(body, points - origins[body], links, axes) for body, points in parts])
    return rows[:-1], rows[-1]


def bodies(model: RobotModel, kinematics: Kinematics, shapes: CollisionShapes) -> list[int]:
    """Which rigid body each capsule belongs to, C numbers; what is held belongs to the tool's."""
    own = [kinematics.body_of(capsule.link)[0] for capsule in model.capsules]
    return own + [kinematics.body_of(model.tool_link)[0]] * (len(shapes.radii) - len(own))


def bend(levers: np.ndarray, turns: np.ndarray, changes: np.ndarray, spacing_s: float) -> np.ndarray:
    """How far points with these levers (..., J) leave the chord between samples, (K-1, ...), m.

    Turning bends a path by at most an eighth of its second derivative; joints that change speed at different times
    leave the straight line in joint space by at most |Δv| Δt / 4.
    """
    swept = turns @ levers.T
    curved = (turns.sum(axis=1) * swept.T).T / 8
    return curved + changes @ levers.T * spacing_s / 4


def _row(body: int, arms: np.ndarray, links: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """The levers (J,) of points (P, 3) of one body, given from the body's origin; 0 for joints beyond it.

    The joint that carries the body turns its points about an axis fixed in it, so that lever is known exactly.
    """
    row = np.zeros(len(links))
    if body:
        reach = float(np.linalg.norm(arms, axis=1).max())
        row[: body - 1] = [links[joint + 1 : body].sum() + reach for joint in range(body - 1)]
        row[body - 1] = np.linalg.norm(np.cross(axes[body - 1], arms), axis=1).max()
    return row


class Pairs:
    """The P pairs of capsules of a robot that may meet: their gaps, and how fast each joint can close them.

    Attributes:
        levers: (P, J) m/rad; 0 for joints that move both capsules of a pair, or neither.
    """

    def __init__(self, model: RobotModel, kinematics: Kinematics, shapes: CollisionShapes, capsule_levers: np.ndarray) -> None:
        """Pair the capsules on bodies that are not neighbours and not on the model's ignore list."""
        body = np.array(bodies(model, kinematics, shapes))
        links = [capsule.link for capsule in model.capsules]
        links += [""] * (len(body) - len(links))  # what is held has no link
        ignored = {frozenset(pair) for pair in model.self_collision_ignore}
        near, far = np.nonzero(body[:, None] + 1 < body[None])
        keep = [frozenset((links[i], links[k])) not in ignored for i, k in zip(near, far, strict=True)]
        self._near, self._far = near[keep], far[keep]
        self._radii = shapes.radii[self._near] + shapes.radii[self._far]
        between = np.arange(model.num_joints) >= body[self._near][:, None]  # (P, J)
        self.levers = np.where(between, capsule_levers[self._far], 0.0)

    def gaps(self, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """The distance (..., P) of each pair's surfaces, given both ends (..., C, 3) of all capsules; negative = overlap.

        Ericson, "Real-Time Collision Detection", 2005, section 5.1.9.
        """
        axes = ends - starts
        u, v = axes[..., self._near, :], axes[..., self._far, :]
        w = starts[..., self._near, :] - starts[..., self._far, :]
        uu, vv, uv = (_dot(*each) for each in ((u, u), (v, v), (u, v)))
        uw, vw = _dot(u, w), _dot(v, w)
        s = _clip01((uv * vw - uw * vv) / np.maximum(uu * vv - uv * uv, 1e-12))
        t = _clip01((uv * s + vw) / np.maximum(vv, 1e-12))
        s = _clip01((uv * t - uw) / np.maximum(uu, 1e-12))
        gap = w + s[..., None] * u - t[..., None] * v
        return np.sqrt(_dot(gap, gap)) - self._radii


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Inner products (...,) of vectors (..., 3)."""
    return np.einsum("...d,...d->...", a, b)


def _clip01(values: np.ndarray) -> np.ndarray:
    """Values brought between 0 and 1; np.clip costs three times as much on small arrays."""
    return np.minimum(np.maximum(values, 0.0), 1.0)
