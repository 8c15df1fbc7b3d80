"""The brake in closed form, and the servo: properties over random states, limits and ticks."""

import numpy as np
import pytest

from robot.guard.brake import Motion, plan_brake
from robot.guard.servo import Servo
from tests.robot.arms import asked

_CASES = [(tick_s, jerk) for tick_s in (1e-3, 2e-3, 1 / 240) for jerk in (500.0, 5000.0, 50000.0)]


@pytest.mark.parametrize(("tick_s", "jerk"), _CASES)
def test_a_brake_ends_at_rest_and_its_extremes_are_those_of_its_samples(tick_s: float, jerk: float) -> None:
    rng, count = np.random.default_rng(0), 20_000
    v = rng.uniform(-2.6, 2.6, count) * rng.choice([1, 0.1, 0.01, 1e-3, 0], count)
    a = rng.uniform(-10, 10, count) * rng.choice([1, 0.1, 0], count)
    start = Motion(position=rng.uniform(-3, 3, count), velocity=v, acceleration=a)
    brake = plan_brake(start, tick_s, np.full(count, 10.0), np.full(count, jerk))
    assert np.abs(brake.peak).max() <= 10 * (1 + 1e-8)
    assert (np.abs(brake.peak - a) / brake.ramp_s).max() <= jerk * (1 + 1e-8)
    assert (np.abs(brake.peak) / brake.settle_s).max() <= jerk * (1 + 1e-8)
    assert np.abs(brake.at(brake.total_s - 1e-7).velocity).max() < 1e-5
    assert not brake.at(10.0).velocity.any()
    lowest, highest, fastest = brake.extremes()
    samples = [brake.at(brake.total_s * fraction) for fraction in np.linspace(0, 1, 101)]
    positions, speeds = np.array([m.position for m in samples]), np.abs([m.velocity for m in samples])
    assert (lowest <= positions.min(axis=0) + 1e-12).all()
    assert (highest >= positions.max(axis=0) - 1e-12).all()
    assert (fastest >= speeds.max(axis=0) - 1e-12).all()
    assert np.abs(lowest - positions.min(axis=0)).max() < 1e-6
    assert np.abs(highest - positions.max(axis=0)).max() < 1e-6


def test_a_brake_half_done_goes_on_as_planned() -> None:
    start = Motion(position=np.zeros(2), velocity=np.array([1.0, -2.0]), acceleration=np.array([3.0, 0.0]))
    brake = plan_brake(start, 1e-3, np.full(2, 10.0), np.full(2, 5000.0))
    later = brake.later(0.05)
    for ahead in (0.0, 0.01, 0.1, 1.0):
        assert np.abs(later.at(ahead).position - brake.at(0.05 + ahead).position).max() < 1e-12


@pytest.mark.parametrize(("tick_s", "jerk"), _CASES)
def test_the_servo_follows_a_cubic_exactly_and_reaches_a_step_without_overshoot(tick_s: float, jerk: float) -> None:
    servo = Servo(np.array([2.0]), np.array([10.0]), np.array([jerk]), tick_s)
    now = Motion.still(np.zeros(1))
    for tick in range(1, 41):  # jerk 30 from rest
        t = tick * tick_s
        wanted = asked(np.array([5 * t**3]), np.array([15 * t**2]), np.array([30 * t]))
        now = now.after(servo.jerk(now, servo.velocity(now, wanted), wanted.acceleration), tick_s)
        assert abs(now.position[0] - wanted.position[0]) < 1e-9
    now, most = Motion.still(np.zeros(1)), 0.0
    for _ in range(int(1.5 / tick_s)):
        wanted = asked(np.ones(1))
        now = now.after(servo.jerk(now, servo.velocity(now, wanted), wanted.acceleration), tick_s)
        most = max(most, float(now.position[0]))
    assert most < 1 + 1e-3
    assert abs(now.position[0] - 1) < 1e-6


def _shortest_stop_s(v: np.ndarray, a: np.ndarray, acceleration: float, jerk: float) -> np.ndarray:
    """The least time (N,) in which limits of acceleration A and jerk J let a joint come to rest from v and a.

    Seen from the side to which it drifts (v + a |a| / 2 J >= 0): ramp to -p, keep it, ramp to 0. Without a limit of the
    acceleration p = sqrt(J v + a² / 2) and T = (a + 2 p) / J; where that p exceeds A, T = (a + A) / J + v / A + a² / (2 J A).
    """
    side = np.where(v + a * np.abs(a) / (2 * jerk) < 0, -1.0, 1.0)
    v, a = v * side, a * side
    peak = np.sqrt(np.maximum(jerk * v + a * a / 2, 0.0))
    limited = (a + acceleration) / jerk + (v + a * a / (2 * jerk)) / acceleration
    return np.where(peak < acceleration, (a + 2 * peak) / jerk, limited)


@pytest.mark.parametrize(("tick_s", "jerk", "most_ticks"), [(1e-3, 5000.0, 3), (2e-3, 5000.0, 2), (1 / 240, 5000.0, 2)])
def test_no_brake_beats_the_shortest_stop_and_rounding_to_ticks_costs_two_or_three(
    tick_s: float, jerk: float, most_ticks: int
) -> None:
    rng, count = np.random.default_rng(1), 100_000
    v = rng.uniform(-2.6, 2.6, count) * rng.choice([1, 0.1, 0.01, 1e-3, 0], count)
    a = rng.uniform(-10, 10, count) * rng.choice([1, 0.1, 0], count)
    brake = plan_brake(
        Motion(position=np.zeros(count), velocity=v, acceleration=a), tick_s, np.full(count, 10.0), np.full(count, jerk)
    )
    over_ticks = (brake.total_s - _shortest_stop_s(v, a, 10.0, jerk)) / tick_s
    assert over_ticks.min() > -1e-6
    assert over_ticks.max() < most_ticks + 1e-6
