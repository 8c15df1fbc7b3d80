"""StateHistory: where the robot's joints and fingers were, and how fast, when a sensor looked."""

from bisect import bisect_left
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

from robot.errors import InvalidInput
from robot.state import RobotState


class StateHistory:
    """The last few measured states, in order of their stamps."""

    def __init__(self, length: int = 64) -> None:
        """Begin empty."""
        self._states: deque[RobotState] = deque(maxlen=length)

    def add(self, state: RobotState) -> None:
        """Remember a state; one that is not newer than the last is no news."""
        if not self._states or state.stamp_ns > self._states[-1].stamp_ns:
            self._states.append(state)

    def newest(self) -> RobotState:
        """The newest state.

        Raises:
            InvalidInput: none was ever added.
        """
        if not self._states:
            raise InvalidInput("state: expected at least one measured joint state, none has come")
        return self._states[-1]

    def joint_position(self, stamp_ns: int) -> np.ndarray:
        """The joints (J,) at an instant: interpolated between states, held before the first and after the last."""
        return self._at(stamp_ns, lambda state: state.joint_position)

    def joint_velocity(self, stamp_ns: int) -> np.ndarray:
        """How fast they moved (J,) rad/s at an instant, found likewise."""
        return self._at(stamp_ns, lambda state: state.joint_velocity)

    def gripper_width(self, stamp_ns: int) -> float:
        """How far the fingers were apart at an instant, m, found likewise."""
        return self._at(stamp_ns, lambda state: state.gripper_width)

    def _at(self, stamp_ns: int, value: Callable[[RobotState], Any]) -> Any:
        """A value of the states at an instant."""
        self.newest()
        index = bisect_left(self._states, stamp_ns, key=lambda state: state.stamp_ns)
        if index in (0, len(self._states)):
            return value(self._states[min(index, len(self._states) - 1)])
        before, after = self._states[index - 1], self._states[index]
        share = (stamp_ns - before.stamp_ns) / (after.stamp_ns - before.stamp_ns)
        return value(before) + share * (value(after) - value(before))
