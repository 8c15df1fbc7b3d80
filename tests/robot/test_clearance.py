"""Tool speed, workspace, self-distance and obstacles: what the whole filter keeps, and that it never gets stuck."""

from types import SimpleNamespace

import numpy as np
import pytest

from robot.collision import CollisionShapes
from robot.kinematics import Kinematics
from robot.model import RobotModel
from robot.obstacles import Box
from robot.trajectory import Contact
from robot.transforms import transform
from tests.robot.arms import asked, balls, panda
from tests.robot.fuzzing import SEE_NOTHING, assert_limits, fuzz, step, whole
from tests.robot.limit_checker import ArmChecker, at_1khz


def _clear_posture(model: RobotModel, rng: np.random.Generator) -> np.ndarray:
    """A random posture inside the workspace and clear of itself."""
    kinematics = Kinematics(model)
    shapes = CollisionShapes(model, kinematics)
    while True:
        q = rng.uniform(model.position_lower, model.position_upper)
        tool = kinematics.forward(q)[:3, 3]
        inside = (tool > model.workspace_lower + 0.02).all() and (tool < model.workspace_upper - 0.02).all()
        if inside and shapes.self_distance(q) > 0.02:
            return q


def _geometric_fuzz(rate_hz: int, tool_speed: float, count: int, seconds: float) -> None:
    """No limit of joints, tool speed, workspace or self-distance breaks, whatever the whole filter is asked for."""
    model, rng = panda(rate_hz, tool_speed=tool_speed), np.random.default_rng(rate_hz)
    checker, moved = ArmChecker(model), 0.0
    for seed in range(count):
        positions, velocities = fuzz(whole(model, _clear_posture(model, rng)), seconds, seed)
        assert_limits(model, positions[1:], velocities[1:])
        fine = positions if rate_hz == 1000 else at_1khz(positions, velocities, model.period_s)
        excess = checker.tool_excess(fine, 1e-3)
        assert excess["tool_speed"] <= 1.0, (seed, excess)
        assert excess["workspace"] <= 0.0, (seed, excess)
        assert checker.self_distance(fine[::25]).min() >= 0.005, seed
        moved += float(np.abs(np.diff(positions, axis=0)).sum())
    assert moved > 0.1 * count


@pytest.mark.parametrize(("rate_hz", "tool_speed"), [(240, 1.0), (240, 3.0), (1000, 1.0)])
def test_the_whole_filter_keeps_every_limit(rate_hz: int, tool_speed: float) -> None:
    _geometric_fuzz(rate_hz, tool_speed, 8, 0.5 if rate_hz < 1000 else 0.2)


@pytest.mark.slow
@pytest.mark.parametrize(("rate_hz", "tool_speed"), [(240, 1.0), (240, 3.0), (500, 3.0), (1000, 1.0), (1000, 3.0)])
def test_the_whole_filter_keeps_every_limit_for_longer(rate_hz: int, tool_speed: float) -> None:
    _geometric_fuzz(rate_hz, tool_speed, 60, 1.0)


def test_levers_bound_every_motion_and_gaps_agree_with_the_shapes() -> None:
    model = panda()
    safety = whole(model)
    clearance, kinematics = safety._clearance, safety.kinematics
    assert clearance is not None and kinematics is not None
    shapes, rng = clearance._shapes, np.random.default_rng(0)
    for _ in range(100):
        q = rng.uniform(model.position_lower, model.position_upper)
        assert (np.linalg.norm(kinematics.jacobian(q)[:3], axis=0) <= clearance._tool_levers + 1e-9).all()
        moved = q + rng.normal(0, 0.1, 7)
        ends, ends_moved = np.array(shapes.capsules(q)), np.array(shapes.capsules(moved))
        way = np.linalg.norm(ends_moved - ends, axis=2).max(axis=0)
        assert (way <= clearance._capsule_levers @ np.abs(moved - q) + 1e-9).all()
        gaps, gaps_moved = clearance._pairs.gaps(*ends), clearance._pairs.gaps(*ends_moved)
        assert abs(gaps.min() - shapes.self_distance(q)) < 1e-6
        assert (np.abs(gaps_moved - gaps) <= clearance._pairs.levers @ np.abs(moved - q) + 1e-6).all()


def test_what_is_far_by_the_last_measurement_is_far_when_it_is_measured_anew() -> None:
    model, rng = panda(), np.random.default_rng(0)
    clearance = whole(model)._clearance
    assert clearance is not None
    points, nearest, num_far = rng.uniform([-0.2, -0.6, 0.0], [0.8, 0.6, 0.9], (40, 3)), np.inf, 0
    obstacles, shapes = balls(points, radius=0.02), clearance._shapes
    clearance.see(obstacles, (), None)
    while num_far < 60:
        clearance._anchor = clearance._measure(_clear_posture(model, rng))
        size = rng.choice([0.005, 0.02, 0.08])
        lowest = clearance._anchor.position + rng.uniform(-2 * size, 0.0, 7)
        box = SimpleNamespace(lowest=lowest, highest=lowest + rng.uniform(0.0, 2 * size, 7))
        if not clearance._is_far(box):  # type: ignore[arg-type]
            continue
        num_far += 1
        for share in np.concatenate([rng.random((5, 7)), rng.integers(0, 2, (5, 7))]):
            q = box.lowest + share * (box.highest - box.lowest)
            to_obstacles = shapes.obstacle_distances(q, obstacles.points_base, obstacles.radius).min()
            nearest = min(nearest, to_obstacles, shapes.self_distance(q))
    assert 0.005 < nearest < 0.03


@pytest.mark.parametrize("seed", range(6))
def test_an_obstacle_that_appears_is_not_touched(seed: int) -> None:
    model, rng = panda(), np.random.default_rng(seed)
    safety, checker = whole(model), ArmChecker(model)
    goal = model.home + np.array([1.2 * rng.choice([-1, 1]), rng.uniform(0.2, 0.5), 0, rng.uniform(-0.3, 0.3), 0, 0.2, 0])
    positions, appears = [model.home], int(rng.integers(40, 85))
    obstacles = SEE_NOTHING
    for tick in range(500):
        if tick == appears:
            stop = safety.reference.brake.at(10.0).position
            centres = checker.tool(stop + np.linspace(0.2, 1.0, 40)[:, None] * (goal - stop))
            gaps = [checker.obstacle_distance(stop[None], centre[None], 0.02)[0] for centre in centres]
            assert max(gaps) > 0.006
            obstacles = balls(centres[np.argmax(np.array(gaps) > 0.006)], radius=0.02)  # physics just allows a stop
        positions.append(step(safety, asked(goal), obstacles=obstacles).joint_position)
    after = np.array(positions[appears:])
    assert checker.obstacle_distance(after, obstacles.points_base, 0.02).min() > 0.004
    assert np.abs(after[-1] - goal).max() > 0.05  # the ball stood in the way


def test_away_from_an_obstacle_too_near_motion_remains_possible() -> None:
    model = panda()
    checker = ArmChecker(model)
    tool = checker.tool(model.home[None])[0]
    obstacles = balls(tool - np.array([0.0, 0.0, 0.03]), radius=0.015)  # beneath the fingertips, nearer than the clearance
    near = checker.obstacle_distance(model.home[None], obstacles.points_base, 0.015)[0]
    assert near < 0.005
    towards, away = whole(model), whole(model)
    down, up = np.array([0, 0.3, 0, 0, 0, 0.3, 0.0]), np.array([0, -0.3, 0, 0, 0, -0.3, 0.0])
    for _ in range(240):
        for safety, way in ((towards, down), (away, up)):
            safety.ladder.renew()
            step(safety, asked(model.home + way), obstacles=obstacles)
    sunk = checker.obstacle_distance(towards.reference.now.position[None], obstacles.points_base, 0.015)[0]
    assert sunk > near - 1e-3
    assert np.abs(away.reference.now.position - model.home - up).max() < 0.05


def test_the_tool_touches_only_in_a_contact_region_and_slowly() -> None:
    model = panda(control_hz=240)
    checker, home = ArmChecker(model), model.home
    tool = checker.tool(home[None])[0]
    obstacles = balls(tool - np.array([0.0, 0.0, 0.06]), radius=0.02)
    box = Box(pose=transform(tool - np.array([0.0, 0.0, 0.08])), size=np.full(3, 0.12))
    contact = Contact(box_base=box, start_s=0.0, end_s=9.0, speed=0.1)
    goal = Kinematics(model).inverse(transform(tool - np.array([0, 0, 0.07]), np.diag([1.0, -1, -1])), home)
    assert goal is not None
    goal[6] = home[6]
    ends = {}
    for contacts in ((), (contact,)):
        safety, positions = whole(model), [home]
        for _ in range(480):
            safety.ladder.renew()
            positions.append(step(safety, asked(goal), obstacles=obstacles, contacts=contacts).joint_position)
        ends[len(contacts)] = checker.obstacle_distance(np.array(positions[-1:]), obstacles.points_base, 0.02)[0]
        tools = checker.tool(np.array(positions))
        if contacts:
            inside = box.contains(tools[1:]) & box.contains(tools[:-1])
            assert (np.linalg.norm(np.diff(tools, axis=0), axis=1)[inside] * model.control_hz).max() <= 0.1 + 1e-6
    assert ends[0] > 0.004
    assert ends[1] < 0.0


def test_what_is_held_belongs_to_the_robot() -> None:
    model = panda()
    kinematics, home = Kinematics(model), model.home
    T_base_ee = kinematics.forward(home)
    obstacles = balls(T_base_ee[:3, 3] - np.array([0.0, 0.0, 0.22]), radius=0.02)
    T_base_goal = transform(T_base_ee[:3, 3] - np.array([0.0, 0.0, 0.1]), T_base_ee[:3, :3])
    goal = kinematics.inverse(T_base_goal, home)
    assert goal is not None
    sunk = {}
    for held in (False, True):
        safety = whole(model)
        for _ in range(300):
            stick = Box(pose=transform([0.0, 0.0, 0.06]), size=np.array([0.02, 0.02, 0.12])) if held else None
            safety.ladder.renew()
            step(safety, asked(goal), obstacles=obstacles, attached=stick)
        sunk[held] = T_base_ee[2, 3] - kinematics.forward(safety.reference.now.position)[2, 3]
    assert sunk[False] > 0.099
    assert 0.02 < sunk[True] < 0.22 - 0.12 - 0.02
