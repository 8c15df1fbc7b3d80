"""Jog: steps asked for one after another, of the tool or of the joints, become one jerk-limited motion without a stop."""

from dataclasses import dataclass

import numpy as np
import ruckig  # pyright: ignore[reportMissingImports]

from robot.errors import Unreachable
from robot.kinematics import Kinematics
from robot.model import RobotModel
from robot.motion import MotionConfig, MotionStart
from robot.paths.timing import Limits
from robot.transforms import from_rotation_vector, to_rotation_vector, transform

_LEASH = 0.05  # m: so far the asked tool pose runs ahead of the commanded one, then it waits
_LEASH_TURN = 0.3  # rad, the same for its orientation and for every joint
_LONGEST_S = 4.0
_ROUNDING = 1e-8


@dataclass(frozen=True, eq=False, kw_only=True)
class Aim:
    """Where the robot was asked to be.

    Attributes:
        T_base_ee: (4, 4) of the tool.
        q: (J,) of the joints, rad.
        gripper_width: m.
    """

    T_base_ee: np.ndarray
    q: np.ndarray
    gripper_width: float


class Jog:
    """Adds up what is asked for and leads there by the quickest way that the limits of jerk, acceleration and speed allow.

    The aim waits for a robot that can't follow, so that nothing is stored up while the filter holds it back. An aim that
    no posture nearby reaches is refused with a sentence, and the one before goes on.
    """

    def __init__(self, model: RobotModel, kinematics: Kinematics, config: MotionConfig) -> None:
        """For a robot, within the shares of its limits that this config gives."""
        self._model, self._kinematics = model, kinematics
        self._limits = Limits(
            velocity=config.velocity_scale * model.velocity,
            acceleration=config.acceleration_scale * model.acceleration,
            jerk=np.minimum(config.jerk, model.jerk),
        )
        self._workspace = model.workspace_lower + 2e-3, model.workspace_upper - 2e-3
        self.aim = Aim(T_base_ee=kinematics.forward(model.home), q=model.home, gripper_width=0.0)

    def reset(self, q: np.ndarray, gripper_width: float) -> None:
        """Aim at where the robot is."""
        self.aim = Aim(T_base_ee=self._kinematics.forward(q), q=q, gripper_width=gripper_width)

    def step_tool(self, q: np.ndarray, translation_base: np.ndarray, turn_base: np.ndarray) -> str:
        """Ask for the tool to move on by a translation (3,) m and a rotation vector (3,) rad in base, from joints q (J,).

        Returns a sentence if that can't be reached, else nothing.
        """
        T_base_aim = self._leashed(self._kinematics.forward(q))
        T_base_aim[:3, 3] += translation_base
        T_base_aim[:3, :3] = from_rotation_vector(turn_base) @ T_base_aim[:3, :3]
        return self.go_to(q, T_base_aim)

    def go_to(self, q: np.ndarray, T_base_ee: np.ndarray) -> str:
        """Ask for a tool pose (4, 4), its place brought inside the workspace, from joints q (J,).

        Returns a sentence if that is out of reach, else nothing.
        """
        T_base_aim = T_base_ee.copy()
        T_base_aim[:3, 3] = np.clip(T_base_ee[:3, 3], *self._workspace)
        if np.abs(T_base_aim - self.aim.T_base_ee).max() < 1e-9:  # the same aim keeps its posture: nothing drifts
            return ""
        solution = self._kinematics.descend(T_base_aim, q)
        if solution is None:
            return "the arm does not reach there from this posture, so it keeps its last aim"
        self.aim = Aim(T_base_ee=T_base_aim, q=solution, gripper_width=self.aim.gripper_width)
        return ""

    def step_joints(self, q: np.ndarray, turn: np.ndarray) -> str:
        """Ask for every joint to turn on by (J,) rad, from joints q (J,); what is beyond a limit stops at it."""
        ahead = np.clip(self.aim.q, q - _LEASH_TURN, q + _LEASH_TURN)
        aim = np.clip(ahead + turn, self._model.position_lower + 1e-3, self._model.position_upper - 1e-3)
        self.aim = Aim(T_base_ee=self._kinematics.forward(aim), q=aim, gripper_width=self.aim.gripper_width)
        return ""

    def set_gripper(self, width: float) -> None:
        """Ask for a gripper width, m; brought into its range."""
        width = float(np.clip(width, 0.0, self._model.gripper_width_max))
        self.aim = Aim(T_base_ee=self.aim.T_base_ee, q=self.aim.q, gripper_width=width)

    def samples(self, start: MotionStart) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Times (T,) s, joint positions and velocities (T, J) at every control period from the start to rest at the aim.

        Raises:
            Unreachable: no motion was found.
        """
        limits = self._limits.at_least(start.v, start.a)
        request = ruckig.InputParameter(self._model.num_joints)
        request.current_velocity, request.current_acceleration = _or_rest(start.v).tolist(), _or_rest(start.a).tolist()
        request.current_position = start.q.tolist()
        request.target_position = (start.q + _or_rest(self.aim.q - start.q)).tolist()
        request.max_velocity, request.max_acceleration = limits.velocity.tolist(), limits.acceleration.tolist()
        request.max_jerk = limits.jerk.tolist()
        trajectory = ruckig.Trajectory(self._model.num_joints)
        try:
            ruckig.Ruckig(self._model.num_joints).calculate(request, trajectory)
        except ruckig.RuckigError:
            raise Unreachable("no smooth motion leads from here to the aim, so the one before goes on") from None
        period_s = self._model.period_s
        time_s = np.arange(2 + int(min(trajectory.duration, _LONGEST_S) / period_s)) * period_s
        states = [trajectory.at_time(min(float(t), trajectory.duration)) for t in time_s]
        return time_s, np.array([state[0] for state in states]), np.array([state[1] for state in states])

    def _leashed(self, T_base_ee: np.ndarray) -> np.ndarray:
        """The present aim, drawn towards the commanded tool pose (4, 4) until it is not too far ahead."""
        ahead = self.aim.T_base_ee[:3, 3] - T_base_ee[:3, 3]
        turn = to_rotation_vector(self.aim.T_base_ee[:3, :3] @ T_base_ee[:3, :3].T)
        far, turned = float(np.linalg.norm(ahead)), float(np.linalg.norm(turn))
        if far <= _LEASH and turned <= _LEASH_TURN:
            return self.aim.T_base_ee.copy()
        rotation = from_rotation_vector(turn * min(1.0, _LEASH_TURN / max(turned, 1e-12))) @ T_base_ee[:3, :3]
        place = T_base_ee[:3, 3] + ahead * min(1.0, _LEASH / max(far, 1e-12))
        return transform(place.tolist(), rotation)


def _or_rest(values: np.ndarray) -> np.ndarray:
    """The values, those that are nothing but rounding set to 0: Ruckig finds no way over 1e-12 rad."""
    return np.where(np.abs(values) < _ROUNDING, 0.0, values)
