"""The simulated LiDAR measures ranges in its own frame, stamps each point, and agrees with the cameras."""

from collections.abc import Iterator

import numpy as np
import pytest
from mirror_stage import add_box

from robot.clock import tick_ns
from robot.transforms import apply, from_xyz_rpy, transform
from sensors.calibration import Calibration, CameraConfig, LidarConfig, SensorsConfig
from sensors.packets import LidarScan
from sim.cameras import SimulatedCamera
from sim.lidar import SimulatedLidar, beam_directions
from sim.raycast import RaycastMirror
from sim.world import World
from tests.contracts.source_contract import source_contract

ELEVATIONS = np.radians(np.arange(-15, 16, 2)).tolist()
UPRIGHT = LidarConfig(xyz=[0.0, 0.0, 0.0], rpy=[0.0, 0.0, 0.0], elevations=ELEVATIONS, columns=180, near=0.1, far=10.0)
T_WORLD_BASE = transform([0.3, -0.2, 0.5])


@pytest.fixture(scope="module")
def shared_world() -> Iterator[World]:
    with World() as world:
        yield world


@pytest.fixture
def world(shared_world: World) -> World:
    shared_world.reset(0)
    return shared_world


def _lidar(world: World, config: LidarConfig = UPRIGHT) -> SimulatedLidar:
    mounted = Calibration.from_config(SensorsConfig(lidars={"lidar": config})).lidars["lidar"]
    return SimulatedLidar(RaycastMirror(world.client), world, "lidar", mounted, lambda: T_WORLD_BASE, config)


def _scan(world: World, config: LidarConfig = UPRIGHT) -> LidarScan:
    world.wait_until(300_000_000)
    (scan,) = _lidar(world, config).read()
    return scan


def _room(world: World) -> None:
    """Four walls two metres from the base's place, so that every beam returns."""
    for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        add_box(world.client, T_WORLD_BASE @ transform([2.05 * x, 2.05 * y, 0]), (0.1 + 4 * abs(y), 0.1 + 4 * abs(x), 8))


def test_lidar_keeps_the_contract_of_a_source(world: World) -> None:
    _room(world)
    source_contract(_lidar(world), world, lambda: world.wait_until(world.now_ns() + 110_000_000))


def test_every_point_lies_on_a_wall_whatever_the_sensors_pose(world: World) -> None:
    _room(world)
    tilted = LidarConfig(xyz=[0.2, -0.1, 0.3], rpy=[0.3, 0.2, 1.0], elevations=ELEVATIONS, columns=180)
    points_lidar = _scan(world, tilted).points_lidar
    assert len(points_lidar) == 180 * 16
    points_base = apply(from_xyz_rpy(tilted.xyz, tilted.rpy), points_lidar)
    np.testing.assert_allclose(np.abs(points_base[:, :2]).max(axis=1), 2.0, atol=1e-4)


def test_stamps_spread_over_the_sweep_and_end_with_it(world: World) -> None:
    _room(world)
    scan = _scan(world)
    assert scan.stamp_ns == tick_ns(3, 10)
    assert scan.point_stamp_ns.max() == scan.stamp_ns
    assert scan.point_stamp_ns.min() == scan.stamp_ns - 100_000_000 * 179 // 180
    assert (np.diff(scan.point_stamp_ns) >= 0).all()
    assert len(np.unique(scan.point_stamp_ns)) == 180
    azimuth = np.arctan2(scan.points_lidar[:, 1], scan.points_lidar[:, 0])
    assert (np.diff(azimuth) > -1e-4).all()


def test_first_sweep_is_due_at_once_and_none_of_it_before_the_clock_began(world: World) -> None:
    _room(world)
    (scan,) = _lidar(world).read()
    assert scan.stamp_ns == 0
    assert (scan.point_stamp_ns == 0).all()


def test_beams_without_return_are_left_out(world: World) -> None:
    add_box(world.client, T_WORLD_BASE @ transform([2, 0, 0]), (0.1, 1, 1))
    add_box(world.client, T_WORLD_BASE @ transform([-15, 0, 0]), (0.1, 9, 9))
    points_lidar = _scan(world).points_lidar
    assert 0 < len(points_lidar) < 400
    assert (points_lidar[:, 0] > 1.9).all()


def test_intensity_falls_with_incidence_and_with_darkness(world: World) -> None:
    add_box(world.client, T_WORLD_BASE @ transform([1, 0, 0]), (0.1, 4, 1), (1, 1, 1, 1))
    add_box(world.client, T_WORLD_BASE @ transform([-1, 0, 0]), (0.1, 4, 1), (0.2, 0.2, 0.2, 1))
    scan = _scan(world)
    x, y = scan.points_lidar[:, 0], np.abs(scan.points_lidar[:, 1])
    ahead, aside, dark = (x > 0) & (y < 0.1), (x > 0) & (y > 1.5), (x < 0) & (y < 0.1)
    assert scan.intensity[ahead].mean() == pytest.approx(0.98, abs=0.02)
    assert scan.intensity[aside].mean() < 0.6
    assert scan.intensity[dark].mean() == pytest.approx(0.2 * 0.98, abs=0.01)


def test_lidar_and_depth_see_the_same_wall(world: World) -> None:
    add_box(world.client, from_xyz_rpy([1.5, 0.1, 0.5], [0.2, 0.3, 0.4]), (0.1, 3, 3))
    config = CameraConfig(
        xyz=[0.05, 0.1, 0.0], rpy=[-np.pi / 2, 0.0, -np.pi / 2], width=64, height=64, vertical_fov=0.9, far=5.0
    )
    mounted = Calibration.from_config(SensorsConfig(cameras={"front": config})).cameras["front"]
    camera = SimulatedCamera(RaycastMirror(world.client), world, "front", mounted, lambda: T_WORLD_BASE, config)
    depth = camera.render()[1]
    v, u = np.mgrid[:64, :64] + 0.5
    rays_camera = np.stack([(u - 32) / mounted.K[0, 0], (v - 32) / mounted.K[1, 1], np.ones_like(u)], axis=-1)
    points_base = apply(mounted.T_mount_sensor, (rays_camera * depth[..., None]).reshape(-1, 3))
    centre, plane = points_base.mean(axis=0), np.linalg.svd(points_base - points_base.mean(axis=0))[2][2]
    scan_points = _scan(world).points_lidar
    ahead = np.abs(np.arctan2(scan_points[:, 1], scan_points[:, 0])) < 0.4
    assert ahead.sum() > 300
    assert np.abs((scan_points[ahead] - centre) @ plane).max() < 1e-4


def test_first_beams_point_backwards_and_turn_counter_clockwise() -> None:
    directions = beam_directions([0.0, 0.1], 360).reshape(360, 2, 3)
    assert directions[0, 0, 0] < -0.99
    assert directions[90, 0, 1] < -0.99
    np.testing.assert_allclose(directions[:, 1, 2], np.sin(0.1), rtol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=2), 1.0, rtol=1e-6)
