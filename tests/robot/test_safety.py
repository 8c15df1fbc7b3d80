"""The safety filter: limits under fuzzing, usefulness, stopping, geometry, the ladder, and who may make a command."""

import ast
import copy
import pickle
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from robot.errors import BodyFault, InvalidInput
from robot.model import RobotModel
from robot.obstacles import Obstacles
from robot.safety import Level, SafeCommand, SafetyConfig, SafetyFilter, Wanted
from tests.robot.arms import asked, many_pandas, panda, standing
from tests.robot.fuzzing import RATES, assert_limits, bare, fuzz, step, whole

# Joint limits -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate_hz", RATES)
def test_no_joint_limit_is_broken_by_whatever_is_wanted(rate_hz: int) -> None:
    model = many_pandas(3400, rate_hz)  # 10 200 trajectories over the three rates
    start = np.random.default_rng(rate_hz).uniform(model.position_lower, model.position_upper)
    positions, velocities = fuzz(bare(model, start), 100 / rate_hz, rate_hz)
    assert_limits(model, positions[1:], velocities[1:])
    assert np.ptp(positions, axis=0).max() > 0.03  # it moved


def test_no_joint_limit_is_broken_by_an_arm_of_its_own() -> None:
    model, rng = panda(240), np.random.default_rng(0)  # many arms in one are hardly ever all allowed by their outlines
    for seed in range(60):
        positions, velocities = fuzz(bare(model, rng.uniform(model.position_lower, model.position_upper)), 0.4, seed)
        assert_limits(model, positions[1:], velocities[1:])


@pytest.mark.slow
@pytest.mark.parametrize("rate_hz", RATES)
def test_no_joint_limit_is_broken_in_a_hundred_thousand_trajectories(rate_hz: int) -> None:
    for seed in range(17):
        model = many_pandas(2000, rate_hz)
        start = np.random.default_rng(seed).uniform(model.position_lower, model.position_upper)
        positions, velocities = fuzz(bare(model, start), 0.8, seed)
        assert_limits(model, positions[1:], velocities[1:])


@pytest.mark.parametrize("rate_hz", RATES)
def test_a_target_held_out_of_range_ends_at_rest_inside_the_range(rate_hz: int) -> None:
    model = panda(rate_hz)
    safety = bare(model)
    commands = [step(safety, asked(model.position_upper + 1)) for _ in range(3 * rate_hz)]
    positions = np.array([command.joint_position for command in commands])
    velocities = np.array([command.joint_velocity for command in commands])
    assert_limits(model, positions, velocities)
    assert (positions[-1] > model.position_upper - 0.02).all()
    assert np.abs(velocities[-1]).max() < 1e-3
    assert any(each.code == "joint_limit" for each in commands[-1].interventions)


@pytest.mark.parametrize("rate_hz", RATES)
def test_smooth_motion_within_limits_is_left_alone(rate_hz: int) -> None:
    model = many_pandas(200, rate_hz)
    rng = np.random.default_rng(1)
    start = rng.uniform(model.position_lower + 0.05, model.position_upper - 0.05)
    goal = rng.uniform(model.position_lower + 0.05, model.position_upper - 0.05)
    duration_s = np.maximum(
        1.875 * np.abs(goal - start) / model.velocity, np.sqrt(5.7735 * np.abs(goal - start) / model.acceleration)
    )
    duration_s = 1.02 * np.maximum(duration_s, np.cbrt(60 * np.abs(goal - start) / model.jerk)) + 0.05
    safety, altered, total = bare(model, start), 0, 0
    for tick in range(1, int(1.5 * rate_hz)):
        s = np.minimum(tick * model.period_s / duration_s, 1.0)
        way = goal - start
        wanted = asked(
            start + way * (10 * s**3 - 15 * s**4 + 6 * s**5),
            way * (30 * s**2 - 60 * s**3 + 30 * s**4) / duration_s,
            way * (60 * s - 180 * s**2 + 120 * s**3) / duration_s**2,
        )
        off = np.abs(step(safety, wanted).joint_position - wanted.position).reshape(-1, 7).max(axis=1)
        altered, total = altered + int((off > 1e-4).sum()), total + len(off)
    assert altered <= 1e-3 * total


# Stopping -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate_hz", RATES)
def test_an_emergency_stop_is_as_short_as_the_limits_allow(rate_hz: int) -> None:
    model = many_pandas(500, rate_hz)
    safety = bare(model)
    moved, speeds = fuzz(safety, 0.25, rate_hz)
    safety.ladder.rearm()
    v, a = safety.reference.now.velocity, safety.reference.now.acceleration
    safety.ladder.raise_to(Level.ESTOP, "estop", "pressed")
    positions, velocities, stopped = [*moved[-3:]], [*speeds[-3:]], np.full(model.num_joints, np.inf)
    for tick in range(1, rate_hz // 2):
        command = step(safety, asked(model.home))
        positions.append(command.joint_position)
        velocities.append(command.joint_velocity)
        stopped = np.where((command.joint_velocity == 0) & np.isinf(stopped), tick * model.period_s, stopped)
    A, J = model.acceleration, model.jerk
    shortest_s = (np.abs(v) + a * a / (2 * J)) / A + A / J + np.abs(a) / J  # from (v, a) to rest
    assert (stopped <= 1.05 * shortest_s + 2 * model.period_s).all()  # knots lie on ticks: one more than the formula's
    assert (np.diff(np.abs(positions[-5:]), axis=0) == 0).all()
    assert_limits(model, np.array(positions), np.array(velocities))


def test_the_first_command_is_continuous_with_a_moving_robot() -> None:
    model = panda(1000)
    safety = bare(model)
    speed = np.array([1.0, -0.5, 0.3, 0.0, 2.0, -1.0, 0.1])
    safety.arm(standing(model.home, velocity=speed))
    command = step(safety, None)
    assert np.abs(command.joint_position - model.home - speed * 1e-3).max() < 1e-5
    assert np.abs(command.joint_velocity - speed).max() <= model.acceleration.max() * 1e-3


def _wrong(model: RobotModel) -> dict[str, tuple[Wanted | None, dict[str, object], Level]]:
    """What may go wrong: the wanted motion, what else is given, and how far the ladder must rise."""
    fine, one = asked(model.home + 0.5), np.full(model.num_joints, 0.5)
    old = standing(model.home, stamp_ns=-1_000_000_000)
    blind = Obstacles(stamp_ns=0, points_base=np.zeros((0, 3), np.float32), radius=0.0, protective_ok=False)
    return {
        "not_finite": (asked(one * np.nan), {}, Level.HOLD),
        "infinite": (asked(one, velocity=one * np.inf), {}, Level.HOLD),
        "wrong shape": (asked(np.zeros(3)), {}, Level.HOLD),
        "not an array": (Wanted(position=[0.0] * 7, velocity=one, acceleration=one, gripper_width=0.0), {}, Level.HOLD),  # type: ignore[arg-type]
        "gripper": (Wanted(position=one, velocity=one, acceleration=one, gripper_width=np.nan), {}, Level.HOLD),
        "no state": (fine, {"state": None}, Level.STOP),
        "stale state": (fine, {"state": old}, Level.STOP),
        "state of another robot": (fine, {"state": standing(np.zeros(3))}, Level.STOP),
        "no obstacles": (fine, {"obstacles": None}, Level.STOP),
        "blind": (fine, {"obstacles": blind}, Level.STOP),
        "dt zero": (fine, {"dt_s": 0.0}, Level.STOP),
        "dt negative": (fine, {"dt_s": -1e-3}, Level.STOP),
        "dt nan": (fine, {"dt_s": np.nan}, Level.STOP),
    }


@pytest.mark.parametrize("what", _wrong(panda()))
def test_whatever_is_wrong_ends_in_braking_within_limits_and_a_reason(what: str) -> None:
    model = panda(1000)
    safety = bare(model)
    commands = [step(safety, asked(model.home + 0.5)) for _ in range(150)]
    assert np.abs(commands[-1].joint_velocity).max() > 0.5
    wanted, given, level = _wrong(model)[what]
    commands += [step(safety, wanted, **given) for _ in range(300)]
    assert commands[150].level == level
    assert commands[150].interventions
    assert np.abs(commands[160].joint_velocity).max() < np.abs(commands[149].joint_velocity).max()
    assert not commands[-1].joint_velocity.any()
    assert_limits(model, np.array([c.joint_position for c in commands]), np.array([c.joint_velocity for c in commands]))


def test_an_exception_inside_ends_in_braking() -> None:
    safety = bare(panda())
    for _ in range(40):
        step(safety, asked(safety.model.home + 0.5))
    safety._servos = None  # type: ignore[assignment]
    commands = [step(safety, asked(safety.model.home + 0.5)) for _ in range(100)]
    assert commands[0].level == Level.STOP
    assert commands[0].interventions[0].code == "exception"
    assert not commands[-1].joint_velocity.any()


def test_a_robot_far_from_its_command_stops_and_starts_from_where_it_is() -> None:
    model = panda()
    safety = SafetyFilter(model, None, None, SafetyConfig())
    safety.arm(standing(model.home))
    elsewhere = model.home + 0.3
    command = step(safety, asked(model.home), state=standing(elsewhere))
    assert command.level == Level.STOP
    assert command.interventions[0].code == "tracking"
    assert np.abs(command.joint_position - elsewhere).max() < 1e-9


def test_a_disarmed_filter_holds_the_measured_state_and_nothing_else() -> None:
    model = panda()
    safety = SafetyFilter(model, None, None, SafetyConfig())
    where = model.home + 0.2
    command = step(safety, asked(model.home), state=standing(where))
    assert (command.joint_position == where).all()
    assert command.level == Level.HOLD
    with pytest.raises(BodyFault):
        step(SafetyFilter(model, None, None, SafetyConfig()), None, state=None)


# The ladder ---------------------------------------------------------------------------------------------------------------


def test_estop_needs_rearming_and_degraded_ends_by_itself() -> None:
    safety = bare(panda())
    assert step(safety, None, degraded="a camera is gone").level == Level.DEGRADED
    assert step(safety, None).level == Level.DEGRADED  # latched for the tick that shows it is over
    assert step(safety, None).level == Level.OK
    safety.ladder.raise_to(Level.ESTOP, "estop", "pressed")
    for _ in range(3):
        safety.ladder.renew()
        assert step(safety, asked(safety.model.home)).level == Level.ESTOP
    safety.rearm(standing(safety.model.home))
    assert step(safety, None).level == Level.OK


def test_degraded_halves_the_speed_without_a_jump() -> None:
    model = panda(1000)
    safety = bare(model)
    goal = model.home.copy()
    goal[0] += 2.5
    commands = [step(safety, asked(goal), degraded="a camera is gone" if tick > 400 else "") for tick in range(900)]
    velocities = np.array([command.joint_velocity for command in commands])
    assert velocities[400, 0] > 0.98 * model.velocity[0]
    assert abs(velocities[850, 0]) < 0.51 * model.velocity[0]
    assert_limits(model, np.array([c.joint_position for c in commands]), velocities)


def test_the_gripper_keeps_its_range_and_its_speed() -> None:
    model = panda()
    safety = bare(model)
    zeros = np.zeros(7)
    widths = [0.04]
    for wanted in (9.0, -9.0):
        for _ in range(240):
            both = Wanted(position=model.home, velocity=zeros, acceleration=zeros, gripper_width=wanted)
            widths.append(step(safety, both).gripper_width)
    assert np.abs(np.diff(widths)).max() <= model.gripper_speed * model.period_s + 1e-12
    assert (min(widths), max(widths)) == (0.0, model.gripper_width_max)


def test_a_virtual_body_keeps_its_bounds_and_does_nothing_when_told_nonsense() -> None:
    model = many_pandas(1, 240)
    object.__setattr__(model, "kind", "box")
    safety = SafetyFilter(model, None, None, SafetyConfig())
    safety.arm(standing(model.home))
    command = step(safety, asked(model.position_upper + 5))
    assert (command.joint_position == model.position_upper).all()
    assert (step(safety, asked(model.home * np.nan)).joint_position == model.home).all()


# Who may make a command ---------------------------------------------------------------------------------------------------


def test_a_safe_command_cannot_be_made_pickled_copied_or_changed() -> None:
    command = step(bare(panda()), None)
    with pytest.raises(InvalidInput, match="only the SafetyFilter"):
        SafeCommand(
            stamp_ns=0,
            joint_position=np.zeros(7),
            joint_velocity=np.zeros(7),
            gripper_width=0.0,
            base_twist=np.zeros(6),
            interventions=(),
            level=Level.OK,
        )
    refused: tuple[Callable[[SafeCommand], object], ...] = (pickle.dumps, copy.copy, copy.deepcopy)
    for make in refused:
        with pytest.raises(TypeError):
            make(command)
    with pytest.raises(ValueError, match="read-only"):
        command.joint_position[0] = 1.0


def test_only_the_safety_module_names_the_maker_of_commands() -> None:
    root = Path(str(files("robot"))).parent
    offenders = []
    for package in ("robot", "sensors", "policies", "sim", "benchmarks"):
        for file in (root / package).rglob("*.py"):
            if file == root / "robot" / "safety.py":
                continue
            for node in ast.walk(ast.parse(file.read_text())):
                called = (
                    isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "SafeCommand"
                )
                token = getattr(node, "id", getattr(node, "attr", "")) == "_TOKEN"
                forged = (
                    isinstance(node, ast.Attribute) and node.attr == "__new__" and getattr(node.value, "id", "") == "object"
                )
                if called or token or forged:
                    offenders.append(f"{file.relative_to(root)}:{node.lineno}")
    assert not offenders, f"only robot/safety.py may make a SafeCommand; found {offenders}"


def test_the_watchdog_is_clamped_and_never_off() -> None:
    for given_ms, expected_s in ((0.0, 1 / 240), (-5.0, 1 / 240), (100.0, 0.1), (1e9, 0.2), (np.inf, 0.2), (np.nan, 1 / 240)):
        assert SafetyConfig(watchdog_ms=given_ms).watchdog_s(1 / 240) == pytest.approx(expected_s)


def test_the_same_input_gives_the_same_bits() -> None:
    runs = [fuzz(whole(panda()), 0.3, 7) for _ in range(2)]
    assert runs[0][0].tobytes() == runs[1][0].tobytes()
