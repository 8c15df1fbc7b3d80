"""A camera on the arm that sees its fingers where they are speaks the truth; one that sees them elsewhere has moved."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from robot.transforms import from_xyz_rpy, transform
from sensors.calibration import MountedCamera
from sensors.own_fingers import OwnFingers
from sensors.pointcloud import unproject
from tests.sim.stages import panda

TABLE = 0.4
CAMERA = MountedCamera(
    mount="ee",
    T_mount_sensor=from_xyz_rpy([0.08, 0.0, -0.085], [-0.2, 0.0, np.pi / 2]),
    rate_hz=30,
    K=np.array([[76.0, 0, 64], [0, 76, 64], [0, 0, 1]]),
    width=128,
    height=128,
)


def picture(width: float, T_old_new: np.ndarray | None = None, noise: float = 1e-4) -> np.ndarray:
    """Depth (128, 128) of two fingers so far apart before a table, seen by a camera that was moved."""
    T_ee_camera = CAMERA.T_mount_sensor @ (np.eye(4) if T_old_new is None else T_old_new)
    rays = unproject(np.ones((128, 128), np.float32), CAMERA.K).reshape(-1, 3) @ T_ee_camera[:3, :3].T
    depth, start = np.full(len(rays), TABLE), T_ee_camera[:3, 3]
    for side in (-1, 1):
        centre = np.array([0, side * (width / 2 + 0.01), -0.02])
        near, far = np.sort([(centre + sign * np.array([0.01, 0.0095, 0.028]) - start) / rays for sign in (-1, 1)], axis=0)
        enter = near.max(axis=1)
        depth = np.where((enter < far.min(axis=1)) & (enter > 0), np.minimum(enter, depth), depth)
    noisy = depth + noise * np.random.default_rng(0).standard_normal(len(depth))
    return noisy.reshape(128, 128).astype(np.float32)


def turned(degrees: float, seed: int) -> np.ndarray:
    axis = np.random.default_rng(seed).standard_normal(3)
    return transform(np.zeros(3), Rotation.from_rotvec(np.radians(degrees) * axis / np.linalg.norm(axis)).as_matrix())


def fingers(width: float = 0.06) -> OwnFingers:
    seen = OwnFingers(CAMERA, panda())
    assert seen.judge(picture(width), width) == ""
    return seen


def test_fingers_that_open_and_close_are_where_the_width_says() -> None:
    seen = fingers()
    for width in (0.06, 0.055, 0.045, 0.03, 0.04, 0.08):
        assert seen.judge(picture(width), width) == ""


def test_fingers_that_do_not_move_as_the_width_says_speak_against_the_camera() -> None:
    assert "own fingers" in fingers().judge(picture(0.06), 0.04)


@pytest.mark.parametrize("seed", range(10))
def test_a_camera_that_was_turned_by_five_degrees_is_noticed_until_it_is_back(seed: int) -> None:
    seen = fingers()
    for _ in range(20):
        assert "it has moved" in seen.judge(picture(0.06, turned(5, seed)), 0.06)
    assert seen.judge(picture(0.06), 0.06) == ""


@pytest.mark.parametrize("axis", range(3))
def test_a_camera_that_was_moved_by_two_centimetres_is_noticed(axis: int) -> None:
    assert "it has moved" in fingers().judge(picture(0.06, transform(0.02 * np.eye(3)[axis], np.eye(3))), 0.06)


def test_what_stands_before_the_fingers_and_a_few_lost_pixels_are_no_fault() -> None:
    seen, depth = fingers(), picture(0.06)
    depth[80:128, 30:64] = 0.03
    depth[np.random.default_rng(0).random(depth.shape) < 0.05] = np.nan
    assert seen.judge(depth, 0.06) == ""


def test_a_camera_that_does_not_see_the_fingers_is_not_judged_by_them() -> None:
    seen, nothing = OwnFingers(CAMERA, panda()), np.full((128, 128), TABLE, np.float32)
    assert seen.judge(nothing, 0.06) == "" == seen.judge(nothing, 0.03)


def test_what_fingers_that_were_hidden_looked_like_is_not_forgotten() -> None:
    seen, hidden = fingers(), np.full((128, 128), 0.03, np.float32)
    assert seen.judge(hidden, 0.06) == ""
    assert "it has moved" in seen.judge(picture(0.06, turned(5, 0)), 0.06)
    assert seen.judge(picture(0.06), 0.06) == ""


def test_a_camera_that_is_too_near_to_something_to_measure_anything_is_not_judged() -> None:
    seen = fingers()
    blind, half = np.full((128, 128), np.nan, np.float32), picture(0.06)
    half[:, 64:] = np.nan
    assert seen.judge(half, 0.06) == "" and seen.judge(blind, 0.06) == "" and seen.judge(blind, 0.02) == ""
    assert seen.judge(picture(0.06), 0.06) == ""
    assert "own fingers" in seen.judge(picture(0.06, turned(8.0, 0)), 0.06)  # and it still is, once it sees them again
