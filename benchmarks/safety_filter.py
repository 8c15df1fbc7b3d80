"""How long one step of the safety filter takes: with joint limits only, and with self-distance and 1500 obstacle points.

    python benchmarks/safety_filter.py

The arm goes back and forth between random postures over a table, smoothly, at up to half of its speed; a new cloud comes
ten times a second, as in the closed loop. Prints microseconds per step
(of this thread's processor time, because a busy machine would be measured otherwise), and how many steps were altered.
"""

import os
import platform
import time
from importlib.resources import files
from itertools import pairwise

import numpy as np
import yaml

from robot.collision import CollisionShapes
from robot.kinematics import Kinematics
from robot.model import CapsuleConfig, RobotConfig, RobotModel, SimulatedBodyConfig
from robot.obstacles import Obstacles
from robot.safety import SafetyConfig, SafetyFilter, Wanted
from robot.state import RobotState

_SEED, _MOTIONS, _POINTS = 0, 60, 1500
_PEAK = 1.875  # the greatest velocity of a quintic from 0 to 1 in unit time


def main() -> None:
    """Measure both and print a line for each."""
    print(f"machine: {platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    model = _panda()
    kinematics = Kinematics(model)
    shapes = CollisionShapes(model, kinematics)
    postures = _postures(model, kinematics, shapes)
    for name, safety in (
        ("limits only", SafetyFilter(model, None, None, SafetyConfig())),
        ("with geometry", SafetyFilter(model, kinematics, shapes, SafetyConfig())),
    ):
        micros, altered = _measure(model, safety, postures)
        p50, p99, p999 = np.percentile(micros, [50, 99, 99.9])
        print(f"{name}: p50 {p50:.0f} µs, p99 {p99:.0f} µs, p99.9 {p999:.0f} µs over {len(micros)} steps, {altered} altered")


def _panda() -> RobotModel:
    """The shipped arm."""
    fields = yaml.safe_load((files("configs") / "robot" / "panda.yaml").read_text())
    del fields["defaults"]
    fields["capsules"] = [CapsuleConfig(**capsule) for capsule in fields["capsules"]]
    fields["simulated"] = SimulatedBodyConfig(**fields["simulated"])
    return RobotModel.from_config(RobotConfig(**fields))


def _postures(model: RobotModel, kinematics: Kinematics, shapes: CollisionShapes) -> list[np.ndarray]:
    """Random postures near home, the tool over the table, well clear of themselves."""
    rng = np.random.default_rng(_SEED)
    found: list[np.ndarray] = [model.home]
    while len(found) <= _MOTIONS:
        q = model.home + rng.uniform(-0.6, 0.6, model.num_joints)
        starts, ends = shapes.capsules(q)
        height = (np.minimum(starts, ends)[:, 2] - shapes.radii)[shapes.moving].min()
        if shapes.self_distance(q) > 0.015 and height > 0.06 and 0.3 < kinematics.forward(q)[0, 3] < 0.7:
            found.append(q)
    return found


def _measure(model: RobotModel, safety: SafetyFilter, postures: list[np.ndarray]) -> tuple[np.ndarray, int]:
    """Microseconds (S,) of every step of the motions, and how many commands differ from what was wanted by 1e-4 rad."""
    rng, h = np.random.default_rng(_SEED), model.period_s
    state = _state(model.home)
    safety.arm(state)
    micros, altered, obstacles = [], 0, Obstacles.none(0)
    for start, goal in pairwise(postures):
        duration_s = float(np.max(np.abs(goal - start) * _PEAK / (0.5 * model.velocity))) + 0.3
        for k in range(int(duration_s / h)):
            if k % (model.control_hz // 10) == 0:
                obstacles = _table(rng)
            wanted = _quintic(start, goal, min((k + 1) * h / duration_s, 1.0), duration_s)
            begin = time.thread_time_ns()
            command = safety.step(state, wanted, obstacles=obstacles, stamp_ns=0, dt_s=h)
            micros.append((time.thread_time_ns() - begin) * 1e-3)
            altered += bool(np.abs(command.joint_position - wanted.position).max() > 1e-4)
            state = _state(command.joint_position)
            safety.ladder.renew()
    return np.array(micros), altered


def _table(rng: np.random.Generator) -> Obstacles:
    """A noisy table top and a block on it."""
    top = rng.uniform([0.1, -0.6, 0.0], [0.9, 0.6, 0.0], (_POINTS - 200, 3))
    block = rng.uniform([0.75, 0.3, 0.0], [0.85, 0.4, 0.1], (200, 3))
    points = np.concatenate([top, block]) + rng.normal(0, 0.001, (_POINTS, 3))
    return Obstacles(stamp_ns=0, points_base=points.astype(np.float32), radius=0.01, protective_ok=True)


def _state(position: np.ndarray) -> RobotState:
    """Measured where commanded."""
    zeros = np.zeros(len(position))
    return RobotState(stamp_ns=0, joint_position=position, joint_velocity=zeros, joint_torque=zeros, gripper_width=0.04)


def _quintic(start: np.ndarray, goal: np.ndarray, s: float, duration_s: float) -> Wanted:
    """The minimum-jerk motion between two postures at a fraction of its time."""
    step = goal - start
    return Wanted(
        position=start + step * (10 * s**3 - 15 * s**4 + 6 * s**5),
        velocity=step * (30 * s**2 - 60 * s**3 + 30 * s**4) / duration_s,
        acceleration=step * (60 * s - 180 * s**2 + 120 * s**3) / duration_s**2,
        gripper_width=0.04,
    )


if __name__ == "__main__":
    main()
