"""Body: all that the loop sees of controller, filter and driver."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from robot.obstacles import Obstacles
from robot.safety import Intervention, Level
from robot.state import RobotState
from robot.trajectory import JointTrajectory


@dataclass(frozen=True, eq=False, kw_only=True)
class CommandRecord:
    """What was commanded at one control tick, for observers; unlike a SafeCommand it can move nothing.

    Attributes:
        stamp_ns: the tick at which the command was given.
        joint_position: (J,) rad, commanded.
        joint_velocity: (J,) rad/s, commanded.
        gripper_width: m, commanded.
        interventions: what the filter changed, and why.
        level: where the safety ladder stood.
    """

    stamp_ns: int
    joint_position: np.ndarray
    joint_velocity: np.ndarray
    gripper_width: float
    interventions: tuple[Intervention, ...]
    level: Level


@dataclass(frozen=True, eq=False, kw_only=True)
class BodyReport:
    """What the body did during one advance.

    Attributes:
        commands: one record per control tick, in order.
        level: where the safety ladder stands at the end.
        reason: why it is not at OK, a sentence; empty at OK.
    """

    commands: tuple[CommandRecord, ...]
    level: Level
    reason: str


class Body(Protocol):
    """A robot that follows joint trajectories safely, in this process (LocalBody) or in its own (RemoteBody).

    The loop calls, once per policy tick: `state`, `submit`, `advance`. The body goes on with the trajectory it
    has until a newer one comes, holds still at its end, and brakes when the ladder says so.
    """

    def state(self) -> RobotState:
        """The newest measured state, `attached` included."""
        ...

    def submit(self, trajectory: JointTrajectory | None, obstacles: Obstacles) -> None:
        """Hand over what is seen now and, unless None, what to follow from its stamp on; this feeds the dead-man.

        An expired trajectory, or one of an older epoch, is dropped, and `advance` reports why.
        """
        ...

    def advance(self, until_ns: int) -> BodyReport:
        """Let time pass until the clock shows `until_ns`, commanding at every control tick on the way.

        Raises:
            BodyFault: the driver or its process is gone; the robot has braked.
        """
        ...

    def stop(self) -> None:
        """Emergency stop: brake now, latch ESTOP. Idempotent; never raises."""
        ...

    def close(self) -> None:
        """Brake, end the process if there is one, give the hardware back. Idempotent; never raises."""
        ...
