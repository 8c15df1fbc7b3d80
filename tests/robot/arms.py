"""The arms that these tests move: the Panda of configs/robot/, and a wide arm without kinematics."""

from dataclasses import replace
from importlib.resources import files

import numpy as np
import yaml

from robot.model import CapsuleConfig, RobotConfig, RobotModel, SimulatedBodyConfig
from robot.obstacles import Obstacles
from robot.safety import Wanted
from robot.state import RobotState


def panda(control_hz: int = 240, **changes: object) -> RobotModel:
    """The shipped arm at a control rate, some of its fields changed."""
    fields = yaml.safe_load((files("configs") / "robot" / "panda.yaml").read_text())
    del fields["defaults"]
    fields["capsules"] = [CapsuleConfig(**capsule) for capsule in fields["capsules"]]
    fields["simulated"] = SimulatedBodyConfig(**fields["simulated"])
    return replace(RobotModel.from_config(RobotConfig(**fields)), control_hz=control_hz, **changes)  # type: ignore[arg-type]


def many_pandas(count: int, control_hz: int) -> RobotModel:
    """So many arms with the Panda's joint limits as one model without kinematics: each joint of it moves on its own."""
    one = panda(control_hz)
    per_joint = ("position_lower", "position_upper", "velocity", "acceleration", "jerk", "home")
    limits = {name: np.tile(getattr(one, name), count) for name in per_joint}
    names = tuple(f"{name}_{k}" for k in range(count) for name in one.joint_names)
    return replace(one, name="pandas", joint_names=names, urdf=None, capsules=(), self_collision_ignore=(), **limits)


def standing(position: np.ndarray, stamp_ns: int = 0, velocity: np.ndarray | None = None) -> RobotState:
    """A measured state, at rest unless a velocity is given."""
    zeros = np.zeros(len(position))
    speed = zeros if velocity is None else velocity
    return RobotState(
        stamp_ns=stamp_ns, joint_position=np.array(position), joint_velocity=speed, joint_torque=zeros, gripper_width=0.04
    )


def asked(position: np.ndarray, velocity: np.ndarray | None = None, acceleration: np.ndarray | None = None) -> Wanted:
    """What is wanted: to be there, at rest unless said otherwise."""
    zeros = np.zeros(len(position))
    v, a = (zeros if each is None else each for each in (velocity, acceleration))
    return Wanted(position=np.asarray(position), velocity=v, acceleration=a, gripper_width=0.04)


def balls(points_base: np.ndarray, radius: float = 0.01, stamp_ns: int = 0) -> Obstacles:
    """Obstacles at these points."""
    points = np.asarray(points_base, dtype=np.float32).reshape(-1, 3)
    return Obstacles(stamp_ns=stamp_ns, points_base=points, radius=radius, protective_ok=True)
