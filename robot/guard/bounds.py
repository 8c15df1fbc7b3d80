"""Bounds: what may be wanted of the joints; whatever is beyond is brought inside."""

import numpy as np

from robot.guard.ladder import Intervention
from robot.guard.servo import Wanted

_INSIDE = 1e-4  # how far inside a joint's limits the servo aims, rad


class Bounds:
    """The limits of position, velocity and acceleration as one box, so that most wishes are passed at a glance."""

    def __init__(self, lower: np.ndarray, upper: np.ndarray, velocity: np.ndarray, acceleration: np.ndarray) -> None:
        """Of these limits, each (J,)."""
        none = np.zeros_like(velocity)
        self._middle = np.array([(lower + upper) / 2, none, none])  # (3, J)
        self._half = np.array([(upper - lower) / 2 - _INSIDE, velocity, acceleration])
        self._velocity = velocity

    def inside(self, wanted: Wanted, notes: list[Intervention]) -> Wanted:
        """What is wanted, within the bounds, with a note of what was not; a joint asked to go beyond stands there."""
        asked = np.array([wanted.position, wanted.velocity, wanted.acceleration])  # (3, J)
        within = np.abs(asked - self._middle) <= self._half
        if np.count_nonzero(within) == within.size:
            return wanted
        position, velocity, acceleration = np.clip(asked, self._middle - self._half, self._middle + self._half)
        beyond = np.abs(position - wanted.position) > 10 * _INSIDE
        if beyond.any():
            notes.append(Intervention(code="joint_limit", detail="the wanted position is beyond a joint limit"))
        if (self._velocity < 0.99 * np.abs(wanted.velocity)).any():
            notes.append(Intervention(code="velocity", detail="the wanted velocity is beyond a joint's limit"))
        return Wanted(
            position=position,
            velocity=np.where(beyond, 0.0, velocity),
            acceleration=np.where(beyond, 0.0, acceleration),
            gripper_width=wanted.gripper_width,
        )
