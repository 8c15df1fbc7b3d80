"""JointMotors: PyBullet's joint motors of one arm and gripper, limited to the torques that the URDF gives."""

import numpy as np

from robot.errors import InvalidInput
from robot.model import RobotModel
from sim.bullet import pybullet
from sim.gripper import GripperMotors
from sim.world import PHYSICS_HZ, World

POSITION_GAIN = 0.3


class JointMotors:
    """The motors of one loaded robot body.

    PyBullet's position motor asks the solver for the velocity `gain * error * rate + target velocity`, bounded by
    the joint's torque; the solver itself carries gravity, so a held posture does not sag.
    """

    def __init__(self, world: World, body: int, model: RobotModel) -> None:
        """Find the joints and links that the model names.

        Raises:
            InvalidInput: the body lacks a joint of the model.
        """
        self._client = world.client
        self.body = body
        infos = [pybullet.getJointInfo(body, i, physicsClientId=self._client) for i in range(self._num_joints())]
        index_of = {info[1].decode(): info[0] for info in infos}
        missing = [name for name in model.joint_names if name not in index_of]
        if missing:
            raise InvalidInput(f"robot: the simulated body lacks the joints {missing}; it has {list(index_of)}")
        self.arm = [index_of[name] for name in model.joint_names]
        self.gripper = GripperMotors(world.client, body, model)
        self._arm_torque = [infos[i][10] for i in self.arm]
        self._gains, self._dampings = [POSITION_GAIN] * len(self.arm), [1.0] * len(self.arm)

    def _num_joints(self) -> int:
        """How many joints the body has, fixed ones included."""
        return pybullet.getNumJoints(self.body, physicsClientId=self._client)

    def prepare(self) -> None:
        """Once after loading: no drag; the fingers geared to each other."""
        for link in range(-1, self._num_joints()):
            pybullet.changeDynamics(
                self.body, link, linearDamping=0, angularDamping=0, jointDamping=0, physicsClientId=self._client
            )
        self.gripper.prepare()

    def teleport(self, joint_position: np.ndarray, gripper_width: float) -> None:
        """Be in this posture at once, at rest, and hold it."""
        for joint, target in zip(self.arm, joint_position.tolist(), strict=True):
            pybullet.resetJointState(self.body, joint, target, 0.0, physicsClientId=self._client)
        self.gripper.teleport(gripper_width)
        self.track(joint_position, np.zeros(len(self.arm)), gripper_width)

    def track(self, joint_position: np.ndarray, joint_velocity: np.ndarray, gripper_width: float) -> None:
        """Aim at these joint positions (J,) and velocities (J,), to be reached one physics step from now.

        The motor adds the target velocity to what it corrects, so it is told where the joint should be now; then
        a joint that is where it should be moves on at exactly the target velocity.
        """
        pybullet.setJointMotorControlArray(
            self.body,
            self.arm,
            pybullet.POSITION_CONTROL,
            targetPositions=(joint_position - joint_velocity / PHYSICS_HZ).tolist(),
            targetVelocities=joint_velocity.tolist(),
            forces=self._arm_torque,
            positionGains=self._gains,
            velocityGains=self._dampings,
            physicsClientId=self._client,
        )
        self.gripper.track(gripper_width)

    def brake(self) -> None:
        """Bring the arm to rest with all the torque there is; the gripper keeps its grip."""
        pybullet.setJointMotorControlArray(
            self.body,
            self.arm,
            pybullet.VELOCITY_CONTROL,
            targetVelocities=[0.0] * len(self.arm),
            forces=self._arm_torque,
            physicsClientId=self._client,
        )

    def read(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
        """Measured joint position (J,) rad, velocity (J,) rad/s, motor torque (J,) N·m, and gripper width in m."""
        arm = pybullet.getJointStates(self.body, self.arm, physicsClientId=self._client)
        position, velocity, _, torque = zip(*arm, strict=True)
        return np.array(position), np.array(velocity), np.array(torque), self.gripper.width()
