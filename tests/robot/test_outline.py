"""Outlines contain the paths that they stand for, and a filter that trusts them does what one without them does."""

import numpy as np
import pytest

from robot.guard.brake import Motion
from robot.guard.outline import Outliner
from robot.guard.reference import Reference
from tests.robot.arms import many_pandas, panda
from tests.robot.fuzzing import bare, fuzz, whole


def _random_reference(rate_hz: int) -> tuple[Reference, np.ndarray]:
    """A reference in random states within its limits, and a jerk (J,) for each joint that keeps the acceleration."""
    model, rng = many_pandas(600, rate_hz), np.random.default_rng(rate_hz)
    reference, count = Reference(model, 0.998), model.num_joints
    h, A = model.period_s, reference.acceleration
    scales = rng.choice([1.0, 0.3, 0.03, 1e-3, 0.0], count), rng.choice([1.0, 0.3, 0.01, 0.0], count)
    v = rng.uniform(-1, 1, count) * reference.velocity * scales[0]
    a, after = rng.uniform(-1, 1, count) * A * scales[1], rng.uniform(-1, 1, count) * A
    edge = rng.random(count)
    a, after = np.where(edge < 0.1, np.sign(a) * A, a), np.where(edge > 0.9, -np.sign(a) * A, after)
    reference.now = Motion(position=rng.uniform(reference.lower, reference.upper), velocity=v, acceleration=a)
    return reference, np.clip((after - a) / h, -reference.jerk, reference.jerk)


def _unbounded(reference: Reference, tick_s: float) -> Outliner:
    """An outliner of the same joints without an end to position or velocity, so that it never says None."""
    far = np.full_like(reference.lower, 1e3)
    return Outliner(-far, far, far, reference.acceleration, reference.jerk, tick_s)


def test_an_outline_contains_the_path_and_its_brake() -> None:
    reference, jerk = _random_reference(240)
    h = 1 / 240
    outline = _unbounded(reference, h).outline(reference.now, jerk)
    assert outline is not None
    path = reference._path(jerk, h)
    for name in ("position", "velocity", "acceleration"):
        assert np.abs(getattr(outline.next, name) - getattr(path.next, name)).max() < 1e-12
    assert (outline.lowest <= path.lowest + 1e-12).all()
    assert (outline.highest >= path.highest - 1e-12).all()
    ticks = np.linspace(0, h, 11)[:, None]
    stop_s = float(path.brake.duration_s.max())
    ahead = [reference.now.after(jerk, ticks), path.brake.at(np.linspace(0, stop_s, 200)[:, None])]
    for each in ahead:
        assert (each.velocity <= outline.fastest + 1e-9).all()
        assert (each.velocity >= outline.slowest - 1e-9).all()
        assert (each.position <= outline.highest + 1e-9).all()
        assert (each.position >= outline.lowest - 1e-9).all()
    widths = (outline.highest - outline.lowest) / np.maximum(path.highest - path.lowest, 0.01)
    assert np.median(widths) < 1.5  # tight enough to be of use


def test_what_an_outline_allows_the_path_inside_it_keeps() -> None:
    reference, jerk = _random_reference(240)
    path = reference._path(jerk, 1 / 240)
    kept, allowed = reference._keeps_limits(path), []
    for joint in range(len(jerk)):
        limits = (reference.lower, reference.upper, reference.velocity, reference.acceleration, reference.jerk)
        lower, upper, velocity, acceleration, jerk_limit = (each[joint : joint + 1] for each in limits)
        outliner = Outliner(lower, upper, velocity, acceleration, jerk_limit, 1 / 240)
        now = Motion(**{name: value[joint : joint + 1] for name, value in vars(reference.now).items()})
        allowed.append(outliner.outline(now, jerk[joint : joint + 1]) is not None)
    assert kept[allowed].all()
    assert np.mean(np.array(allowed)[kept]) > 0.5  # most of what may be done is allowed at a glance


@pytest.mark.parametrize(("rate_hz", "possible"), [(240, True), (500, False), (1000, False)])
def test_there_are_outlines_only_where_the_jerk_limit_lets_a_ramp_end_within_a_tick(rate_hz: int, possible: bool) -> None:
    reference, jerk = _random_reference(rate_hz)
    assert (_unbounded(reference, 1 / rate_hz).outline(reference.now, jerk) is not None) is possible


@pytest.mark.parametrize("make", [bare, whole])
def test_the_filter_commands_the_same_without_outlines(make, monkeypatch: pytest.MonkeyPatch) -> None:
    with_outlines = [fuzz(make(panda()), 0.3, seed) for seed in range(4)]
    monkeypatch.setattr(Outliner, "outline", lambda *_: None)
    for seed, (positions, velocities) in enumerate(with_outlines):
        exact_positions, exact_velocities = fuzz(make(panda()), 0.3, seed)
        assert np.abs(positions - exact_positions).max() < 1e-6
        assert np.abs(velocities - exact_velocities).max() < 1e-4
