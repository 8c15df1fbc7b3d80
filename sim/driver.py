"""BulletDriver: the simulated arm behind the same contract as any hardware."""

from typing import TYPE_CHECKING, Any

import numpy as np

from robot.model import RobotModel
from robot.state import RobotState
from sim.motors import JointMotors
from sim.world import World

if TYPE_CHECKING:
    from robot.safety import SafeCommand


class BulletDriver:
    """Drives one robot body of a world; commands take effect in the physics steps that follow.

    PyBullet's saved states lack what its motors aim at, so the driver is a part of the world that remembers it.
    """

    def __init__(self, world: World, robot_body: int, model: RobotModel) -> None:
        """Take over the body where it is, at rest; begin by holding it there."""
        self._world = world
        self._motors = JointMotors(world, robot_body, model)
        position, _, _, width = self._motors.read()
        self._aim: tuple[np.ndarray, np.ndarray, float] | None = (position, np.zeros(model.num_joints), width)
        self._motors.track(*self._aim)
        world.parts.append(self)

    def state(self) -> RobotState:
        """What the joints measure after the last physics step."""
        position, velocity, torque, width = self._motors.read()
        return RobotState(
            stamp_ns=self._world.now_ns(),
            joint_position=position,
            joint_velocity=velocity,
            joint_torque=torque,
            gripper_width=width,
        )

    def command(self, command: "SafeCommand") -> None:
        """Aim the motors at the command, to be there one physics step from now."""
        self._aim = (command.joint_position, command.joint_velocity, command.gripper_width)
        self._motors.track(*self._aim)

    def stop(self) -> None:
        """Brake every joint with its full torque; the gripper keeps its grip."""
        if self._world.client >= 0:
            self._aim = None
            self._motors.brake()

    def close(self) -> None:
        """Stop; the body stays in the world."""
        self.stop()

    def save(self) -> Any:
        """What the motors aim at; None while braking."""
        return self._aim

    def restore(self, saved: Any) -> None:
        """Aim the motors there again."""
        self._aim = saved
        if saved is None:
            self._motors.brake()
        else:
            self._motors.track(*saved)
