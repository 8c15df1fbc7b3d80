"""CollisionShapes: against PyBullet's meshes, against brute force, and against plain geometry."""

import itertools

import numpy as np
import pytest
from panda import Judge, body, random_joints

from robot.obstacles import Box
from robot.transforms import apply, transform

HELD = Box(pose=transform([0.0, 0.0, 0.02]), size=np.array([0.04, 0.05, 0.2]))


def capsule_gap(start, end, point, radius):
    t = np.clip((point - start) @ (end - start) / max((end - start) @ (end - start), 1e-12), 0, 1)
    return np.linalg.norm(start + t * (end - start) - point) - radius


def test_capsules_never_promise_more_room_than_the_meshes_leave():
    _, _, shapes = body()
    judge = Judge()
    rng = np.random.default_rng(0)
    for q in random_joints(150, seed=1):
        judge.pose(q, gripper_width=rng.uniform(0, 0.08))
        starts, ends = shapes.capsules(q)
        near = rng.integers(np.flatnonzero(shapes.moving)[0], len(starts))
        point = (starts[near] + ends[near]) / 2 + rng.normal(0, 0.12, 3)
        promised = shapes.obstacle_distances(q, point[None].astype(np.float32), 0.002).min()
        true = judge.distance_to_ball(point, 0.002)
        assert promised < true + 0.01
        assert promised > true - 0.05
    judge.close()


def test_self_distance_never_promises_more_room_than_the_meshes_leave():
    _, _, shapes = body()
    judge = Judge()
    pairs = [
        ("panda_link0", "panda_hand"),
        ("panda_link1", "panda_link6"),
        ("panda_link2", "panda_hand"),
        ("panda_link5", "panda_hand"),
    ]
    for q in random_joints(100, seed=2):
        judge.pose(q)
        assert shapes.self_distance(q) < min(judge.distance_between(a, b) for a, b in pairs) + 0.012
    judge.close()


def test_links_on_the_ignore_list_never_come_near_each_other():
    model, _, _ = body()
    judge = Judge()
    for q in random_joints(60, seed=3):
        judge.pose(q)
        assert min(judge.distance_between(a, b) for a, b in model.self_collision_ignore) > 0.03
    judge.close()


def test_self_distance_is_the_least_over_all_pairs_of_capsules():
    _, _, shapes = body()
    q = random_joints(1, seed=4)[0]
    starts, ends = shapes.capsules(q)
    t = np.linspace(0, 1, 60)[:, None]
    axes = [start + t * (end - start) for start, end in zip(starts, ends, strict=True)]
    first, second = shapes._pairs_that_may_meet()
    brute = [
        np.linalg.norm(axes[a][:, None] - axes[b][None], axis=-1).min() - shapes.radii[a] - shapes.radii[b]
        for a, b in zip(first, second, strict=True)
    ]
    assert min(brute) - 2e-3 < shapes.self_distance(q) < min(brute) + 1e-9


def test_home_is_clear_and_a_folded_arm_is_not():
    model, _, shapes = body()
    folded = np.array([0.0, 1.7, 0.0, -3.0, 0.0, 0.6, 0.0])
    assert shapes.self_distance(model.home) > 0.01
    assert shapes.self_distance(folded) < 0.0


def test_obstacle_distances_are_those_of_plain_geometry():
    model, _, shapes = body()
    points = np.random.default_rng(5).uniform(-0.8, 0.8, (200, 3)).astype(np.float32)
    got = shapes.obstacle_distances(model.home, points, 0.01)
    starts, ends = shapes.capsules(model.home)
    for i in np.flatnonzero(shapes.moving):
        true = min(capsule_gap(starts[i], ends[i], point, shapes.radii[i]) for point in points) - 0.01
        assert abs(got[i] - true) < 1e-4


def test_no_obstacles_are_infinitely_far_and_the_foot_hits_nothing():
    model, _, shapes = body()
    assert np.isinf(shapes.obstacle_distances(model.home, np.zeros((0, 3), np.float32), 0.0)).all()
    assert np.isinf(shapes.obstacle_distances(model.home, np.zeros((1, 3), np.float32), 0.0)[~shapes.moving]).all()


def test_exempt_points_are_seen_by_the_arm_and_not_by_the_tool():
    model, kinematics, shapes = body()
    point = kinematics.forward(model.home)[:3, 3][None].astype(np.float32)
    seen = shapes.obstacle_distances(model.home, point, 0.0)
    spared = shapes.obstacle_distances(model.home, point, 0.0, exempt=np.array([True]))
    assert seen[shapes.tool].min() < 0
    assert np.isinf(spared[shapes.tool]).all()
    arm = shapes.moving & ~shapes.tool
    assert np.array_equal(seen[arm], spared[arm])


@pytest.mark.parametrize("held", [HELD, Box(pose=HELD.pose, size=np.array([0.13, 0.14, 0.05]))], ids=["stick", "bowl"])
def test_what_is_held_lies_within_its_capsules_and_moves_with_the_tool(held):
    _, kinematics, shapes = body()
    holding, known = shapes.holding(held), len(shapes.radii)
    assert len(holding.radii) > known and holding.tool[known:].all()
    for q in random_joints(5, seed=6):
        starts, ends = holding.capsules(q)
        grid_ee = apply(held.pose, np.array(list(itertools.product(np.linspace(-0.5, 0.5, 9), repeat=3))) * held.size)
        for point in apply(kinematics.forward(q), grid_ee):
            gaps = [capsule_gap(starts[i], ends[i], point, holding.radii[i]) for i in range(known, len(starts))]
            assert min(gaps) < 1e-9


def test_a_held_bowl_does_not_reach_far_below_itself():
    shapes = body()[2]
    bowl = Box(pose=np.eye(4), size=np.array([0.13, 0.14, 0.05]))
    assert shapes.holding(bowl).radii[-1] < 0.025 + 0.015


def test_holding_nothing_changes_nothing():
    shapes = body()[2]
    assert shapes.holding(None) is shapes
    assert shapes.holding(HELD) is shapes.holding(HELD)


def test_the_mask_takes_the_robot_and_leaves_the_rest():
    model, _, shapes = body()
    starts, ends = shapes.capsules(model.home)
    own = ((starts + ends) / 2).astype(np.float32)
    foreign = np.array([[0.7, 0.5, 0.2], [0.3, -0.6, 0.0]], np.float32)
    assert shapes.robot_mask(model.home, own, 0.01).all()
    assert not shapes.robot_mask(model.home, foreign, 0.01).any()


def test_what_stands_between_open_fingers_is_not_the_robot_until_it_is_held():
    model, kinematics, shapes = body()
    between = kinematics.forward(model.home)[:3, 3][None].astype(np.float32)
    assert not shapes.robot_mask(model.home, between, 0.01, gripper_width=0.08).any()
    assert shapes.robot_mask(model.home, between, 0.01, gripper_width=0.01).all()
    assert shapes.robot_mask(model.home, between, 0.01, attached=HELD, gripper_width=0.08).all()
