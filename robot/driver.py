"""Driver: the contract between Handsight and any hardware. Open this file first to add an arm.

A driver moves one robot. It knows the vendor's wire protocol and nothing else: no planning, no limits, no
smoothing; what it is told is what it sends. The data's way to it:

    Plan → motion → JointTrajectory → controller → SafetyFilter → SafeCommand → Driver.command → hardware

`robot/drivers/perfect.py` is the shortest implementation; `tests/contracts/driver_contract.py` is the test
that every driver runs: subclass it, say how to make yours, and you have tested your driver.
"""

from typing import TYPE_CHECKING, Protocol

from robot.state import RobotState

if TYPE_CHECKING:
    from robot.safety import SafeCommand


class Driver(Protocol):
    """One robot, commanded at a fixed rate from one thread.

    Order of calls: any number of `state` and `command`, then `close`; `stop` at any time, also between them.
    Units: rad, rad/s, N·m, m, integer nanoseconds on the clock that the driver was given. Joints stand in the
    order of `RobotModel.joint_names`.
    """

    def state(self) -> RobotState:
        """The newest measured state, at once; its stamp says how old it is.

        Never blocks for longer than one control period and never moves the robot. If nothing new has come, the
        last state is given again with its old stamp: whoever reads it judges its age.

        Raises:
            BodyFault: the connection is lost; the caller brakes.
        """
        ...

    def command(self, command: "SafeCommand") -> None:
        """Send one filtered command: joint position and velocity to be at, one control period from now.

        Takes nothing but a `SafeCommand`, which only `robot/safety.py` makes, and sends it unchanged. Returns
        without waiting for the motion.

        Raises:
            BodyFault: the hardware refused it or the connection is lost; the robot is braking.
        """
        ...

    def stop(self) -> None:
        """Let the hardware brake by its own means, now; may be called from a signal handler or after a fault.

        Idempotent; never raises. After it the robot holds still until the next `command`.
        """
        ...

    def close(self) -> None:
        """Stop, give the connection back, and forget the hardware. Idempotent; never raises."""
        ...
