"""SelfFilter: which points are the robot's own body, asked of few of them only."""

from dataclasses import dataclass

import numpy as np

from robot.collision import CollisionShapes
from robot.obstacles import Box
from robot.state import RobotState

FEW = 1500  # points that are measured at once sooner than cubes are made for them
CUBE = 0.05  # m: of cubes this large around the robot it is known which may hold a part of it


@dataclass(frozen=True, eq=False, kw_only=True)
class _Neighbourhood:
    """The cubes around the robot in one posture.

    Attributes:
        joint_position: (J,) the posture.
        attached: what was held.
        margin: m.
        lower: (3,) float32 corner of the cubes, m.
        near: (X, Y, Z) bool: a cube that a part of the body may reach into.
    """

    joint_position: np.ndarray
    attached: Box | None
    margin: float
    lower: np.ndarray
    near: np.ndarray


class SelfFilter:
    """Cubes around the robot's capsules rule most points out; only the others are measured against the capsules."""

    def __init__(self, shapes: CollisionShapes, margin: float) -> None:
        """Points within `margin` m of the body are the body's."""
        self._shapes, self._margin = shapes, margin
        self._known: dict[float, _Neighbourhood] = {}

    def mask(self, joint_position: np.ndarray, points_base: np.ndarray, state: RobotState, noise: float = 0.0) -> np.ndarray:
        """Which points (N, 3) are the robot's, or what it holds, with these joints: (N,) bool; not-finite ones are not.

        `noise` is how far, m, a point may be measured from where it is; the margin grows by it.
        """
        margin = self._margin + noise
        if len(points_base) < FEW:
            return self._shapes.robot_mask(joint_position, points_base, margin, state.attached, state.gripper_width)
        inside = np.zeros(len(points_base), bool)
        near = _in_cubes(points_base, self._neighbourhood(joint_position, state.attached, margin))
        if len(near):
            inside[near] = self._shapes.robot_mask(
                joint_position, points_base[near], margin, state.attached, state.gripper_width
            )
        return inside

    def _neighbourhood(self, joint_position: np.ndarray, attached: Box | None, margin: float) -> _Neighbourhood:
        """The cubes for a posture, known or made."""
        known = self._known.get(margin)
        if known and known.attached is attached and np.array_equal(known.joint_position, joint_position):
            return known
        starts, ends = self._shapes.holding(attached).capsules(joint_position)
        reach = (self._shapes.holding(attached).radii + margin)[:, None]
        lower = (np.minimum(starts, ends) - reach).min(axis=0)
        shape = np.ceil(((np.maximum(starts, ends) + reach).max(axis=0) - lower) / CUBE).astype(int)
        centres = lower + CUBE * (np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1) + 0.5)
        half_diagonal = CUBE * np.sqrt(3) / 2
        near = self._shapes.robot_mask(joint_position, centres.reshape(-1, 3), margin + half_diagonal, attached)
        made = _Neighbourhood(
            joint_position=joint_position,
            attached=attached,
            margin=margin,
            lower=lower.astype(np.float32),
            near=near.reshape(shape),
        )
        self._known[margin] = made
        return made


def _in_cubes(points_base: np.ndarray, around: _Neighbourhood) -> np.ndarray:
    """Indices of the points (N, 3) in the cubes that may hold the robot."""
    size = around.near.shape
    upper = around.lower + np.float32(CUBE) * np.array(size, np.float32)
    keep = np.arange(len(points_base))
    for axis in (1, 0, 2):  # across first: that rules most out
        along = points_base[:, axis] if len(keep) == len(points_base) else points_base[keep, axis]
        keep = keep[(along > around.lower[axis]) & (along < upper[axis])]
    index = ((points_base[keep] - around.lower) * np.float32(1 / CUBE)).astype(np.int32)
    np.minimum(index, np.array(size, np.int32) - 1, out=index)
    return keep[around.near[index[:, 0], index[:, 1], index[:, 2]]]
