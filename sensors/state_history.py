"""StateHistory: where the robot's joints were when a sensor looked."""

from collections import deque

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
        self.newest()
        stamps = np.array([state.stamp_ns for state in self._states], dtype=float)
        after = int(np.searchsorted(stamps, stamp_ns))
        if after in (0, len(stamps)):
            return self._states[min(after, len(stamps) - 1)].joint_position
        share = (stamp_ns - stamps[after - 1]) / (stamps[after] - stamps[after - 1])
        before_q, after_q = self._states[after - 1].joint_position, self._states[after].joint_position
        return before_q + share * (after_q - before_q)
