"""Filters at hand, and the wildest wishes for them: random, bang-bang, noise, not finite, held out of range."""

import numpy as np

from robot.collision import CollisionShapes
from robot.kinematics import Kinematics
from robot.model import RobotModel
from robot.obstacles import Obstacles
from robot.safety import SafeCommand, SafetyConfig, SafetyFilter, Wanted
from tests.robot.arms import asked, standing
from tests.robot.limit_checker import at_1khz, joint_excess

SEE_NOTHING = Obstacles.none(0)
RATES = (1000, 500, 240)


def bare(model: RobotModel, position: np.ndarray | None = None) -> SafetyFilter:
    """A filter of joint limits only, armed; fuzzing measures elsewhere than it commands."""
    safety = SafetyFilter(model, None, None, SafetyConfig(tracking_tolerance=np.inf))
    safety.arm(standing(model.home if position is None else position))
    return safety


def whole(model: RobotModel, position: np.ndarray | None = None) -> SafetyFilter:
    """A filter with geometry, armed."""
    kinematics = Kinematics(model)
    safety = SafetyFilter(model, kinematics, CollisionShapes(model, kinematics), SafetyConfig(tracking_tolerance=np.inf))
    safety.arm(standing(model.home if position is None else position))
    return safety


def step(safety: SafetyFilter, wanted: Wanted | None, **given: object) -> SafeCommand:
    """One tick with nothing in the way."""
    state = standing(safety.reference.now.position)
    arguments = {"obstacles": SEE_NOTHING, "stamp_ns": 0, "dt_s": safety.model.period_s, **given}
    return safety.step(arguments.pop("state", state), wanted, **arguments)  # type: ignore[arg-type]


def fuzz(safety: SafetyFilter, seconds: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Commanded positions and velocities (T, J) under targets that are random, bang-bang, noise, or held out of range."""
    rng, model = np.random.default_rng(seed), safety.model
    num_arms = model.num_joints // 7
    kind = rng.integers(0, 4, num_arms).repeat(7)
    lower, upper = model.position_lower - 1, model.position_upper + 1
    goal = rng.uniform(lower, upper)
    positions, velocities = [safety.reference.now.position], [safety.reference.now.velocity]
    for _ in range(int(seconds * model.control_hz)):
        goal = np.where((kind < 3) & (rng.random(model.num_joints) < 0.02), rng.uniform(lower, upper), goal)
        bang = np.sign(goal - model.home)
        noise = positions[-1] + rng.normal(0, 0.3, model.num_joints)
        position = np.select([kind == 1, kind == 2], [bang * 1e6, noise], goal)
        velocity = np.select([kind == 1, kind == 2], [bang * 1e3, rng.normal(0, 100, model.num_joints)], 0.0)
        acceleration = np.where(kind == 2, rng.normal(0, 1e4, model.num_joints), 0.0)
        if rng.random() < 0.02:
            position[rng.integers(model.num_joints)] = rng.choice([np.nan, np.inf, -np.inf])
        if rng.random() < 0.2:
            safety.ladder.renew()
        command = step(safety, asked(position, velocity, acceleration))
        positions.append(command.joint_position)
        velocities.append(command.joint_velocity)
    return np.array(positions), np.array(velocities)


def assert_limits(model: RobotModel, positions: np.ndarray, velocities: np.ndarray) -> None:
    """All joint limits, on the samples of 1 kHz, interpolated where commands come slower."""
    fine = positions if model.control_hz == 1000 else at_1khz(positions, velocities, model.period_s)
    excess = joint_excess(model, fine, 1e-3)
    assert max(excess.values()) <= 1.0, excess
    assert np.abs(velocities / model.velocity).max() <= 1.0
