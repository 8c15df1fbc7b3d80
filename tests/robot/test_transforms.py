"""Transforms: axioms of rigid motion, round trips, and refusals."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from robot.errors import InvalidInput
from robot.transforms import (
    angle_between,
    apply,
    checked_transform,
    from_xyz_quat_xyzw,
    from_xyz_rpy,
    interpolate,
    invert,
    to_quat_xyzw,
    transform,
)


def random_transforms(count: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rotations = Rotation.random(count, rng).as_matrix()
    return np.array([transform(rng.normal(size=3), rotation) for rotation in rotations])


def test_a_transform_times_its_inverse_is_identity():
    T = random_transforms(20)
    assert np.allclose(T @ invert(T), np.eye(4), atol=1e-12)
    assert np.allclose(invert(invert(T)), T, atol=1e-12)


def test_inner_names_cancel():
    T_a_b, T_b_c = random_transforms(2)
    points_c = np.random.default_rng(1).normal(size=(10, 3))
    assert np.allclose(apply(T_a_b @ T_b_c, points_c), apply(T_a_b, apply(T_b_c, points_c)))


def test_apply_keeps_the_points_float_type():
    assert apply(random_transforms(1)[0], np.zeros((2, 3), np.float32)).dtype == np.float32


def test_quaternions_come_back():
    for T in random_transforms(20):
        assert np.allclose(from_xyz_quat_xyzw(T[:3, 3], to_quat_xyzw(T)), T)


def test_roll_pitch_yaw_turn_about_fixed_axes_in_that_order():
    roll, pitch, yaw = 0.3, -0.5, 1.1
    about = [Rotation.from_rotvec(angle * axis).as_matrix() for angle, axis in zip((roll, pitch, yaw), np.eye(3), strict=True)]
    assert np.allclose(from_xyz_rpy([1, 2, 3], [roll, pitch, yaw])[:3, :3], about[2] @ about[1] @ about[0])


def test_interpolation_starts_and_ends_at_its_ends_and_is_halfway_in_the_middle():
    T_start, T_end = random_transforms(2, seed=3)
    path = interpolate(T_start, T_end, np.array([0.0, 0.5, 1.0]))
    assert np.allclose(path[0], T_start) and np.allclose(path[2], T_end)
    assert np.isclose(angle_between(path[0], path[1]), angle_between(T_start, T_end) / 2)
    assert np.allclose(path[1][:3, 3], (T_start[:3, 3] + T_end[:3, 3]) / 2)


def test_angle_between_is_the_angle_of_the_turn():
    T = random_transforms(1)[0]
    assert np.isclose(angle_between(T, T @ from_xyz_rpy([5, 5, 5], [0, 0.7, 0])), 0.7)


def test_checked_transforms_are_read_only():
    with pytest.raises(ValueError, match="read-only"):
        checked_transform("T", np.eye(4))[0, 0] = 2.0


@pytest.mark.parametrize(
    ("spoiled", "words"),
    [
        (np.eye(4) * 2, "rotation is off"),
        (np.diag([1.0, 1.0, -1.0, 1.0]), "rotation is off"),
        (np.eye(4) + np.eye(4)[::-1] * 0.0 + np.array([[0] * 4] * 3 + [[1, 0, 0, 0]]), "last row"),
        (np.eye(3), r"expected shape \(4, 4\), got \(3, 3\)"),
        (np.full((4, 4), np.nan), "not finite"),
    ],
)
def test_what_is_not_rigid_is_refused_by_name(spoiled, words):
    with pytest.raises(InvalidInput, match=f"T_base_ee: .*{words}"):
        checked_transform("T_base_ee", spoiled)
