"""SelfFilter: which points are the robot's own body, asked of few of them only."""

import numpy as np

from robot.collision import CollisionShapes
from robot.state import RobotState

FEW = 1500  # points that are measured at once sooner than they are sorted into cubes
MOST = 3000  # points that are measured at once: of more the processor's cache does not hold what is computed on the way
CUBE = 0.03  # m: points are ruled out by cubes of this size


class SelfFilter:
    """Points are sorted into cubes, and only those in cubes that the body may reach into are measured against it."""

    def __init__(self, shapes: CollisionShapes, margin: float) -> None:
        """Points within `margin` m of the body are the body's."""
        self._shapes, self._margin = shapes, margin

    def mask(self, joint_position: np.ndarray, points_base: np.ndarray, state: RobotState, noise: float = 0.0) -> np.ndarray:
        """Which points (N, 3) are the robot's, or what it holds, with these joints: (N,) bool; not-finite ones are not.

        `noise` is how far, m, a point may be measured from where it is; the margin grows by it.
        """
        margin = self._margin + noise
        if len(points_base) < FEW:
            return self._shapes.robot_mask(joint_position, points_base, margin, state.attached, state.gripper_width)
        inside = np.zeros(len(points_base), bool)
        near = _near(self._shapes.holding(state.attached), joint_position, points_base, margin)
        for some in np.array_split(near, len(near) // MOST + 1):
            points = points_base.T.take(some, axis=1).T
            inside[some] = self._shapes.robot_mask(joint_position, points, margin, state.attached, state.gripper_width)
        return inside


def _near(shapes: CollisionShapes, joint_position: np.ndarray, points_base: np.ndarray, margin: float) -> np.ndarray:
    """Indices of the points (N, 3) in cubes whose middle is no farther from the body than the margin and half a diagonal."""
    ends, reach = np.array(shapes.capsules(joint_position)), (shapes.radii + margin)[:, None]
    lower, upper = (ends - reach).min(axis=(0, 1)), (ends + reach).max(axis=(0, 1))
    which = _between(points_base, lower, upper)
    index = (points_base.T.take(which, axis=1) - lower.astype(np.float32)[:, None]) * np.float32(1 / CUBE)  # (3, M)
    shape = np.ceil((upper - lower) / CUBE).astype(int) + 1
    x, y, z = index.astype(np.intp)
    cube = (x * shape[1] + y) * shape[2] + z
    near = np.zeros(shape.prod(), bool)
    near[cube] = True
    taken = np.flatnonzero(near)
    centres = lower + CUBE * (np.stack(np.unravel_index(taken, shape), axis=1) + 0.5)
    near[taken] = shapes.robot_mask(joint_position, centres, margin + CUBE * np.sqrt(3) / 2)
    return which[near.take(cube)]


def _between(points_base: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """Indices of the points (N, 3) between two corners (3,)."""
    within = np.ones(len(points_base), bool)
    for along, least, most in zip(points_base.T, lower.astype(np.float32), upper.astype(np.float32), strict=True):
        within &= along > least
        within &= along < most
    return np.flatnonzero(within)
