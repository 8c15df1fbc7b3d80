"""StateHistory: where the robot's joints were when a sensor looked."""

from bisect import bisect_left
from collections import deque

import numpy as np

from robot.errors import InvalidInput
from robot.state import RobotState

GRIP_NS = 2_000_000_000  # after this long the hand has left what it let go
SAME_GRIP = 0.002  # m


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

    def grip_kept(self, stamp_ns: int) -> bool:
        """Whether the fingers have stood still, and held the same, for two seconds before an instant."""
        recent = [state for state in self._states if stamp_ns - GRIP_NS < state.stamp_ns <= stamp_ns]
        widths = [state.gripper_width for state in recent]
        held = {state.attached is None for state in recent}
        return bool(recent) and max(widths) - min(widths) < SAME_GRIP and len(held) == 1

    def joint_position(self, stamp_ns: int) -> np.ndarray:
        """The joints (J,) at an instant: interpolated between states, held before the first and after the last."""
        self.newest()
        index = bisect_left(self._states, stamp_ns, key=lambda state: state.stamp_ns)
        if index in (0, len(self._states)):
            return self._states[min(index, len(self._states) - 1)].joint_position
        before, after = self._states[index - 1], self._states[index]
        share = (stamp_ns - before.stamp_ns) / (after.stamp_ns - before.stamp_ns)
        return before.joint_position + share * (after.joint_position - before.joint_position)
