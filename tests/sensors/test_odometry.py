"""Orientation, gravity, bias and contact come out of an IMU whose mount's motion is known; sweeps are straightened by it."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from robot.transforms import apply, invert, transform
from sensors.deskew import deskewed, turned_by_gyro
from sensors.inertia import STANDARD_GRAVITY
from sensors.odometry import Odometry
from sensors.packets import ImuSample, LidarScan

RATE_HZ = 240
RATE_LIDAR = np.array([0.2, -0.3, 1.5])  # rad/s


def _samples(rates: np.ndarray, forces: np.ndarray, first_ns: int = 0) -> list[ImuSample]:
    stamps = first_ns + np.arange(1, len(rates) + 1) * 1_000_000_000 // RATE_HZ
    return [
        ImuSample(stamp_ns=int(stamp), sensor="imu", angular_velocity_imu=rate, specific_force_imu=force)
        for stamp, rate, force in zip(stamps, rates, forces, strict=True)
    ]


def _rest(odometry: Odometry, R_base_imu: np.ndarray, bias: np.ndarray, turns: int) -> None:
    up_imu = STANDARD_GRAVITY * R_base_imu.T @ [0, 0, 1]
    for _ in range(turns):
        odometry.update(_samples(np.tile(bias, (24, 1)), np.tile(up_imu, (24, 1))), R_base_imu, np.zeros(3), 0.1)


def test_at_rest_gravity_and_the_gyroscopes_bias_are_found() -> None:
    odometry, R = Odometry(), Rotation.from_euler("xyz", [0.4, -0.2, 1.0]).as_matrix()
    _rest(odometry, R, np.array([0.004, -0.003, 0.002]), turns=200)
    np.testing.assert_allclose(odometry.gravity_base, [0, 0, -STANDARD_GRAVITY], atol=1e-6)
    np.testing.assert_allclose(odometry.bias_imu, [0.004, -0.003, 0.002], atol=2e-4)
    assert not odometry.contact


def test_the_orientation_follows_the_gyroscope() -> None:
    odometry, rate = Odometry(), np.array([0.3, 0.5, -0.4])
    for turn in range(1, 11):
        R = Rotation.from_rotvec(rate * 0.1 * turn).as_matrix()
        odometry.update(_samples(np.tile(rate, (24, 1)), np.tile([0.0, 0, 20], (24, 1))), R, rate * 0.1, 0.1)
        assert odometry.R_base_imu is not None
        np.testing.assert_allclose(odometry.R_base_imu, R, atol=1e-6)


def test_acceleration_is_not_taken_for_gravity() -> None:
    odometry = Odometry()
    odometry.update(_samples(np.zeros((24, 3)), np.tile([4.0, 0, 9.8], (24, 1))), np.eye(3), np.zeros(3), 0.1)
    np.testing.assert_array_equal(odometry.gravity_base, [0, 0, -STANDARD_GRAVITY])


@pytest.mark.parametrize(("jolt", "felt"), [(1.0, False), (6.0, True)])
def test_a_jolt_is_contact(jolt: float, felt: bool) -> None:
    forces = np.tile([0.0, 0, 9.8], (24, 1))
    forces[12, 0] += jolt
    odometry = Odometry()
    odometry.update(_samples(np.zeros((24, 3)), forces), np.eye(3), np.zeros(3), 0.1)
    assert odometry.contact == felt


def test_a_base_that_stands_still_stays_where_it_is() -> None:
    odometry = Odometry()
    _rest(odometry, np.eye(3), np.zeros(3), turns=5)
    np.testing.assert_array_equal(odometry.T_odom_base, np.eye(4))


def _pose(stamp_ns: int) -> np.ndarray:
    """A LiDAR that turns and moves."""
    since = stamp_ns * 1e-9
    return transform([0.1 + 0.5 * since, 0.2, 0.3 - 0.2 * since], Rotation.from_rotvec(RATE_LIDAR * since).as_matrix())


def _moving_scan() -> tuple[LidarScan, np.ndarray]:
    """A sweep of 100 ms by that LiDAR, and where its points are in base."""
    points_base = np.random.default_rng(0).uniform(-2, 2, (900, 3)).astype(np.float32)
    stamps = np.linspace(100_000_000, 200_000_000, 900).astype(np.int64)
    points = np.array([apply(invert(_pose(int(at))), point) for at, point in zip(stamps, points_base, strict=True)])
    scan = LidarScan(
        stamp_ns=200_000_000, sensor="lidar", points_lidar=points.astype(np.float32), point_stamp_ns=stamps,
        intensity=np.ones(900, np.float32),
    )  # fmt: skip
    return scan, points_base


def test_a_sweep_of_a_moving_lidar_is_straightened() -> None:
    scan, points_base = _moving_scan()
    smeared = apply(_pose(scan.stamp_ns), scan.points_lidar)
    straight = apply(_pose(scan.stamp_ns), deskewed(scan, _pose))
    assert np.linalg.norm(smeared - points_base, axis=1).max() > 0.2
    assert np.linalg.norm(straight - points_base, axis=1).max() < 2e-3


def test_the_gyroscope_straightens_what_joints_do_not_know() -> None:
    scan, points_base = _moving_scan()

    def position_only(stamp_ns: int) -> np.ndarray:
        return transform(_pose(stamp_ns)[:3, 3], _pose(scan.stamp_ns)[:3, :3])

    T_imu_lidar = transform([0.0, 0, 0.1], Rotation.from_euler("x", 0.5).as_matrix())
    rates = np.tile(T_imu_lidar[:3, :3] @ RATE_LIDAR, (60, 1))
    motion = turned_by_gyro(position_only, _samples(rates, np.zeros((60, 3))), T_imu_lidar, scan.stamp_ns)
    straight = apply(_pose(scan.stamp_ns), deskewed(scan, motion))
    assert np.linalg.norm(straight - points_base, axis=1).max() < 3e-3


def test_a_lidar_that_stands_still_gets_its_own_points_back() -> None:
    scan, _ = _moving_scan()
    assert deskewed(scan, lambda _: np.eye(4)) is scan.points_lidar
