"""Motion: limits by finite differences, straight paths, dwells, contacts, clearances, and what it refuses."""

from functools import cache

import numpy as np
import pytest
from panda import body
from scipy.spatial.transform import Rotation

from robot.errors import InvalidInput, Unreachable
from robot.motion import Motion, MotionConfig, MotionStart
from robot.obstacles import Box, Obstacles
from robot.trajectory import CartesianTrajectory, Contact, JointTrajectory, Plan
from robot.transforms import angle_between, transform

MODEL, KINEMATICS, SHAPES = body()
CONFIG = MotionConfig()
DOWN = KINEMATICS.forward(MODEL.home)[:3, :3]
PICK_POINTS = [[0.5, 0.1, 0.3], [0.5, 0.1, 0.12], [0.5, 0.1, 0.02], [0.5, 0.1, 0.02], [0.5, 0.1, 0.2]]
PICK_TIMES, PICK_WIDTHS = [1.5, 3.0, 4.0, 4.4, 6.0], [0.08, 0.08, 0.08, 0.02, 0.02]
TOUCH = Contact(
    box_base=Box(pose=transform([0.5, 0.1, 0.02]), size=np.array([0.12, 0.12, 0.1])), start_s=3.0, end_s=6.0, speed=0.1
)


@cache
def motion() -> Motion:
    return Motion(MODEL, KINEMATICS, SHAPES, CONFIG)


def start(q=MODEL.home, v=None, a=None, gripper_width=0.08) -> MotionStart:
    still = np.zeros(MODEL.num_joints)
    return MotionStart(q=q, v=still if v is None else v, a=still if a is None else a, gripper_width=gripper_width)


def table(*more) -> Obstacles:
    flat = np.random.default_rng(0).uniform([0.2, -0.6], [0.9, 0.6], (1500, 2))
    points = np.concatenate([np.column_stack([flat, np.full(1500, -0.005)]), *more])
    return Obstacles(stamp_ns=0, points_base=points.astype(np.float32), radius=0.005, protective_ok=True)


def ball(x, y, z, radius=0.05) -> np.ndarray:
    directions = np.random.default_rng(1).normal(size=(200, 3))
    return np.array([x, y, z]) + radius * directions / np.linalg.norm(directions, axis=1)[:, None]


def through(points, times, widths=None, turns=None) -> CartesianTrajectory:
    rotations = [DOWN] * len(points) if turns is None else [DOWN @ Rotation.from_rotvec(turn).as_matrix() for turn in turns]
    return CartesianTrajectory(
        stamp_ns=0,
        time_s=np.array(times, dtype=float),
        T_base_ee=np.array([transform(point, rotation) for point, rotation in zip(points, rotations, strict=True)]),
        gripper_width=np.full(len(points), 0.08) if widths is None else np.array(widths),
    )


def planned(arm=None, begin=None, obstacles=None, **plan) -> JointTrajectory:
    plan = Plan(arm=arm, observation_stamp_ns=0, expires_ns=10**12, **plan)
    return motion().plan(plan, begin or start(), 0, obstacles or table())


def pick(**plan) -> JointTrajectory:
    return planned(through(PICK_POINTS, PICK_TIMES, PICK_WIDTHS), contacts=(TOUCH,), **plan)


def tool_path(trajectory) -> np.ndarray:
    return np.array([KINEMATICS.forward(q)[:3, 3] for q in trajectory.joint_position])


def off_lines(path, corners) -> np.ndarray:
    corners = np.asarray(corners)
    starts, steps = corners[:-1], np.diff(corners, axis=0)
    t = np.clip(
        np.einsum("sld,ld->sl", path[:, None] - starts, steps) / np.maximum(np.einsum("ld,ld->l", steps, steps), 1e-12), 0, 1
    )
    return np.linalg.norm(path[:, None] - starts - t[..., None] * steps, axis=-1).min(axis=1)


def assert_within_limits(trajectory, v_start=None) -> None:
    dt = MODEL.period_s
    assert np.allclose(np.diff(trajectory.time_s), dt)
    q, v = trajectory.joint_position, np.diff(trajectory.joint_position, axis=0) / dt
    a, jerk = np.diff(v, axis=0) / dt, np.diff(v, n=2, axis=0) / dt**2
    assert (q >= MODEL.position_lower).all() and (q <= MODEL.position_upper).all()
    assert (np.abs(v) <= CONFIG.velocity_scale * MODEL.velocity + 1e-6).all()
    assert (np.abs(a) <= CONFIG.acceleration_scale * MODEL.acceleration + 1e-4).all()
    assert (np.abs(jerk) <= CONFIG.jerk + 1e-2).all()
    assert (np.linalg.norm(np.diff(tool_path(trajectory), axis=0), axis=1) / dt <= MODEL.tool_speed).all()
    assert (np.abs(np.diff(trajectory.gripper_width)) <= MODEL.gripper_speed * dt + 1e-9).all()


def random_arm(seed) -> CartesianTrajectory:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 10))
    points = rng.uniform([0.35, -0.3, 0.15], [0.6, 0.3, 0.45], (count, 3))
    turns = rng.uniform([-0.2, -0.2, -0.8], [0.2, 0.2, 0.8], (count, 3))
    return through(points, np.cumsum(rng.uniform(0.02, 1.0, count)), rng.uniform(0, 0.08, count), turns)


@pytest.mark.parametrize("seed", range(8))
def test_random_plans_keep_every_limit_and_stay_within_3_mm_of_their_lines(seed):
    arm = random_arm(seed)
    trajectory = planned(arm)
    assert_within_limits(trajectory)
    corners = np.concatenate([KINEMATICS.forward(MODEL.home)[None, :3, 3], arm.T_base_ee[:, :3, 3]])
    path = tool_path(trajectory)
    assert off_lines(path, corners).max() < 3e-3
    assert max(np.linalg.norm(path - corner, axis=1).min() for corner in corners) < 3e-3


def test_motion_begins_where_the_robot_is_and_ends_at_rest_where_it_should():
    arm = through([[0.45, 0.2, 0.3]], [1.0], turns=[[0, 0, 0.5]])
    trajectory = planned(arm)
    assert np.allclose(trajectory.joint_position[0], MODEL.home) and np.allclose(trajectory.joint_velocity[0], 0)
    reached = KINEMATICS.forward(trajectory.joint_position[-1])
    assert np.linalg.norm(reached[:3, 3] - arm.T_base_ee[-1, :3, 3]) < 1e-4
    assert angle_between(reached, arm.T_base_ee[-1]) < 1e-3
    assert np.allclose(trajectory.joint_velocity[-1], 0)


def test_motion_goes_on_from_the_velocity_and_acceleration_it_finds():
    first = planned(through([[0.45, 0.3, 0.3]], [1.0]))
    now = 100
    v = first.joint_velocity[now]
    a = (first.joint_velocity[now + 1] - first.joint_velocity[now - 1]) / (2 * MODEL.period_s)
    onward = planned(through([[0.45, 0.3, 0.3]], [0.6]), start(first.joint_position[now], v, a))
    assert_within_limits(onward)
    assert np.allclose(onward.joint_velocity[0], v)
    began = (onward.joint_velocity[1] - onward.joint_velocity[0]) / MODEL.period_s
    assert np.abs(began - a).max() < CONFIG.jerk * MODEL.period_s


def test_a_slow_plan_keeps_its_own_times():
    trajectory = planned(through([[0.35, 0.1, 0.4]], [3.0]))
    assert 3.0 <= trajectory.duration_s < 3.4


def test_samples_of_velocity_are_the_derivative_of_position():
    trajectory = pick()
    central = (trajectory.joint_position[2:] - trajectory.joint_position[:-2]) / (2 * MODEL.period_s)
    assert np.abs(central - trajectory.joint_velocity[1:-1]).max() < CONFIG.jerk * MODEL.period_s**2


def test_joints_stand_still_while_the_gripper_closes():
    trajectory = pick()
    closing = np.diff(trajectory.gripper_width) < -1e-6
    assert closing.sum() * MODEL.period_s >= 0.06 / MODEL.gripper_speed - 2 * MODEL.period_s
    within = np.flatnonzero(closing)[1:-1]  # the first and the last tick may lie half outside
    assert np.abs(np.diff(trajectory.joint_position, axis=0)[within]).max() < 1e-9
    assert_within_limits(trajectory)


def test_the_gripper_ends_at_the_wanted_width():
    assert np.isclose(pick().gripper_width[-1], 0.02)


def test_a_contact_is_stretched_along_and_its_speed_cap_holds():
    trajectory = pick()
    contact = trajectory.contacts[0]
    assert contact.start_s > TOUCH.start_s and contact.end_s > TOUCH.end_s
    path, times = tool_path(trajectory), trajectory.time_s
    at_start = path[np.searchsorted(times, contact.start_s)]
    assert np.linalg.norm(at_start - PICK_POINTS[1]) < 5e-3
    inside = (times[:-1] >= contact.start_s) & (times[1:] <= contact.end_s)
    speed = np.linalg.norm(np.diff(path, axis=0), axis=1) / MODEL.period_s
    assert speed[inside].max() <= TOUCH.speed
    assert speed[~inside].max() > TOUCH.speed


def test_touching_without_a_contact_is_refused_with_what_and_where():
    with pytest.raises(
        Unreachable, match=r"on the way to \(x 50, y 10, z \d\) cm: panda_\w+finger would hit something at \(x "
    ):
        planned(through(PICK_POINTS, PICK_TIMES))


def test_a_contact_spares_the_tool_only():
    everywhere = Contact(box_base=Box(pose=transform([0.5, 0.0, 0.3]), size=np.full(3, 2.0)), start_s=0.0, end_s=9.0)
    elbow = KINEMATICS.links(MODEL.home)["panda_link4"][:3, 3]
    with pytest.raises(Unreachable, match="panda_link"):
        planned(through([[0.55, 0.0, 0.2]], [2.0]), obstacles=table(ball(elbow[0] + 0.25, 0.0, 0.55)), contacts=(everywhere,))


def test_every_sample_keeps_the_clearance():
    obstacles = table(ball(0.45, 0.0, 0.05))
    trajectory = planned(through([[0.45, 0.25, 0.3], [0.45, -0.25, 0.3]], [1.0, 3.0]), obstacles=obstacles)
    for q in trajectory.joint_position[::4]:
        assert SHAPES.obstacle_distances(q, obstacles.points_base, obstacles.radius).min() >= 0.8 * CONFIG.clearance


def test_an_obstacle_on_the_path_is_refused():
    with pytest.raises(Unreachable, match="would hit something"):
        planned(through([[0.45, 0.25, 0.3], [0.45, -0.25, 0.3]], [1.0, 3.0]), obstacles=table(ball(0.45, 0.0, 0.3)))


def test_what_is_held_must_keep_clear_too():
    stick = Box(pose=transform([0.0, 0.0, 0.1]), size=np.array([0.03, 0.03, 0.2]))
    low = through([[0.45, 0.2, 0.12]], [2.0])
    planned(low)
    with pytest.raises(Unreachable, match="what the gripper holds would hit something"):
        planned(low, attached=stick)


def test_a_start_in_overlap_may_be_left_and_not_deepened():
    tool = KINEMATICS.forward(MODEL.home)[:3, 3]
    touching = table(tool[None] + [[0.0, 0.0, -0.01]])
    planned(through([[*tool[:2], tool[2] + 0.1]], [1.0]), obstacles=touching)
    with pytest.raises(Unreachable, match="would hit"):
        planned(through([[*tool[:2], tool[2] - 0.1]], [1.0]), obstacles=touching)


def test_out_of_reach_and_out_of_the_workspace_are_told_apart():
    with pytest.raises(Unreachable, match=r"can't reach \(x .*out of reach in that orientation"):
        planned(through([[0.84, 0.5, 0.2]], [1.0]))
    with pytest.raises(Unreachable, match=r"can't go to \(x 90, y 0, z 20\) cm: its workspace reaches from"):
        planned(through([[0.9, 0.0, 0.2]], [1.0]))


def test_a_plan_without_motion_brings_the_robot_to_rest():
    v = np.full(7, 0.5)
    trajectory = planned(begin=start(v=v))
    assert np.allclose(trajectory.joint_velocity[0], v) and np.allclose(trajectory.joint_velocity[-1], 0, atol=1e-9)
    assert trajectory.duration_s < 0.2
    assert np.allclose(planned().joint_position, MODEL.home)


def test_home_is_reached_from_elsewhere():
    trajectory = motion().home(start(np.array([0.5, 0.3, -0.4, -1.8, 0.3, 2.0, 1.2])), 7, table())
    assert trajectory.stamp_ns == 7
    assert np.allclose(trajectory.joint_position[-1], MODEL.home)
    assert_within_limits(trajectory)


def joints(positions, spacing_s) -> JointTrajectory:
    positions = np.asarray(positions, dtype=float)
    times = spacing_s * np.arange(1, len(positions) + 1)
    return JointTrajectory(
        stamp_ns=0,
        time_s=times,
        joint_position=positions,
        joint_velocity=np.zeros_like(positions),
        gripper_width=np.full(len(positions), 0.04),
        expires_ns=10**12,
    )


def test_dense_joint_motion_passes_unchanged_and_sparse_is_timed():
    dense = joints([MODEL.home + 0.001 * i for i in range(50)], 0.02)
    assert np.array_equal(planned(joints=dense, epoch=3).joint_position, dense.joint_position)
    assert planned(joints=dense, epoch=3).epoch == 3
    sparse = planned(joints=joints([MODEL.home + 0.3, MODEL.home - 0.2], 0.3))
    assert_within_limits(sparse)
    assert np.allclose(sparse.joint_position[-1], MODEL.home - 0.2)


def test_joint_motion_for_another_robot_or_beyond_the_limits_is_refused():
    with pytest.raises(InvalidInput, match="expected 7 joints, got 6"):
        planned(joints=joints(np.zeros((3, 6)), 0.02))
    with pytest.raises(Unreachable, match=r"panda_joint1 would leave its range from -2\.75 to 2\.75 rad"):
        planned(joints=joints([[2.9, *MODEL.home[1:]]], 0.5))


def test_the_same_plan_gives_the_same_bits():
    again = Motion(MODEL, KINEMATICS, SHAPES, CONFIG)
    plan = Plan(arm=random_arm(3), observation_stamp_ns=0, expires_ns=1)
    one, two = (each.plan(plan, start(), 0, table()) for each in (motion(), again))
    assert np.array_equal(one.joint_position, two.joint_position) and np.array_equal(one.time_s, two.time_s)
