"""PerfectDriver: a robot without physics that is always exactly where it was commanded to be."""

from dataclasses import replace

import numpy as np

from robot.clock import Clock
from robot.errors import BodyFault
from robot.model import RobotModel
from robot.safety import SafeCommand
from robot.state import RobotState


class PerfectDriver:
    """Tracks every command without error; between two commands it moves along the cubic that joins them."""

    def __init__(self, model: RobotModel, clock: Clock) -> None:
        """Stand still at the model's home, gripper open."""
        self._model, self._clock = model, clock
        self._from = self._to = (model.home, np.zeros(model.num_joints), model.gripper_width_max)
        self._commanded_ns = clock.now_ns()
        self._closed = False

    def state(self) -> RobotState:
        """Where it is on its way to the last command, at this instant."""
        if self._closed:
            raise BodyFault("perfect: the driver is closed")
        now_ns = self._clock.now_ns()
        position, velocity, width = self._at(now_ns)
        return RobotState(
            stamp_ns=now_ns,
            joint_position=position,
            joint_velocity=velocity,
            joint_torque=np.zeros(self._model.num_joints),
            gripper_width=width,
        )

    def command(self, command: SafeCommand) -> None:
        """Be there one control period from now."""
        if not isinstance(command, SafeCommand):
            raise TypeError(f"command: expected a SafeCommand, got {type(command).__name__}")
        if self._closed:
            raise BodyFault("perfect: the driver is closed")
        now_ns = self._clock.now_ns()
        self._from = self._at(now_ns)
        self._to = (command.joint_position, command.joint_velocity, float(command.gripper_width))
        self._commanded_ns = now_ns

    def stop(self) -> None:
        """Stand still where it is."""
        position, _, width = self._at(self._clock.now_ns())
        self._from = self._to = (position, np.zeros(self._model.num_joints), width)

    def close(self) -> None:
        """Stop and take no more commands."""
        self.stop()
        self._closed = True

    def _at(self, now_ns: int) -> tuple[np.ndarray, np.ndarray, float]:
        """Position (J,), velocity (J,) and gripper width that long after the last command; cubic Hermite in between."""
        elapsed_s = (now_ns - self._commanded_ns) * 1e-9
        h = self._model.period_s
        s = min(max(elapsed_s / h, 0.0), 1.0)
        if s > 1 - 1e-6:  # stamps are whole nanoseconds
            return self._to[0], self._to[1], self._width(elapsed_s)
        (q0, v0, _), (q1, v1, _) = self._from, self._to
        position = (
            (1 + 2 * s) * (1 - s) ** 2 * q0 + s * (1 - s) ** 2 * h * v0 + s * s * (3 - 2 * s) * q1 + s * s * (s - 1) * h * v1
        )
        velocity = 6 * s * (1 - s) * (q1 - q0) / h + (1 - s) * (1 - 3 * s) * v0 + s * (3 * s - 2) * v1
        return position, velocity, self._width(elapsed_s)

    def _width(self, elapsed_s: float) -> float:
        """The gripper's width, moving at its speed towards the commanded one."""
        reach = self._model.gripper_speed * max(elapsed_s, 0.0)
        return float(np.clip(self._to[2], self._from[2] - reach, self._from[2] + reach))


class PerfectGraspDriver(PerfectDriver):
    """A PerfectDriver between whose fingers there is always something 4 cm wide, so that every grasp takes hold."""

    THING_WIDTH = 0.04

    def state(self) -> RobotState:
        """Where it is; the fingers never come nearer to each other than the thing is wide."""
        state = super().state()
        return replace(state, gripper_width=max(state.gripper_width, self.THING_WIDTH))
