"""BoxMotion: motion for the virtual body of a foreign world: joint plans go through as they are, bounds are the filter's."""

from dataclasses import replace

from robot.errors import InvalidInput, Unreachable
from robot.model import RobotModel
from robot.motion import MotionStart
from robot.obstacles import Obstacles
from robot.trajectory import JointTrajectory, Plan


class BoxMotion:
    """Stands where `Motion` stands for a robot with kinematics; here nothing can be planned around."""

    def __init__(self, model: RobotModel) -> None:
        """For a model from `RobotModel.from_box`."""
        self._model = model

    def plan(self, plan: Plan, start: MotionStart, stamp_ns: int, obstacles: Obstacles) -> JointTrajectory:
        """The plan's own joint trajectory, from this stamp on.

        Raises:
            Unreachable: the plan asks for tool poses; there is no tool.
            InvalidInput: a trajectory with another number of joints.
        """
        joints = plan.joints
        if joints is None:
            raise Unreachable(f"{self._model.name} has no arm that could go to a pose; expected Plan.joints")
        if joints.joint_position.shape[1] != self._model.num_joints:
            raise InvalidInput(f"plan.joints: expected {self._model.num_joints} joints, got {joints.joint_position.shape[1]}")
        identity = {"expires_ns": plan.expires_ns, "epoch": plan.epoch, "request_id": plan.request_id}
        return replace(joints, stamp_ns=stamp_ns, **identity)
