"""RobotState: what the robot's own sensors say of it at one instant."""

from dataclasses import dataclass, field

import numpy as np

from robot.arrays import checked, freeze
from robot.obstacles import Box

_STANDING = checked("base_twist", np.zeros(6), (6,))


@dataclass(frozen=True, eq=False, kw_only=True)
class RobotState:
    """Measured joint state at one instant; also a packet, so a recording can say where its cameras were.

    Attributes:
        stamp_ns: when it was measured, on the clock.
        joint_position: (J,) rad (m for a sliding joint).
        joint_velocity: (J,) rad/s.
        joint_torque: (J,) N·m, gravity included.
        gripper_width: distance between the finger pads, m.
        base_twist: (6,) linear m/s then angular rad/s, in base; zeros where the base stands still.
        attached: box in `ee` of what the gripper holds, or None; it counts as part of the robot.
    """

    stamp_ns: int
    joint_position: np.ndarray
    joint_velocity: np.ndarray
    joint_torque: np.ndarray
    gripper_width: float
    base_twist: np.ndarray = field(default_factory=lambda: _STANDING)
    attached: Box | None = None

    sensor = "joints"

    def __post_init__(self) -> None:
        """Check the arrays against each other and freeze them."""
        dims: dict[str, int] = {}
        freeze(
            self,
            joint_position=checked("joint_position", self.joint_position, ("J",), dims=dims),
            joint_velocity=checked("joint_velocity", self.joint_velocity, ("J",), dims=dims),
            joint_torque=checked("joint_torque", self.joint_torque, ("J",), dims=dims),
            base_twist=checked("base_twist", self.base_twist, (6,)),
        )
        object.__setattr__(self, "gripper_width", float(checked("gripper_width", self.gripper_width, ())))
