"""Motion smears a simulated sweep, and only motion does."""

import numpy as np
import pytest
from mirror_stage import add_box

from robot.transforms import transform
from sensors.calibration import Calibration, LidarConfig, SensorsConfig
from sensors.packets import LidarScan
from sim.lidar import SimulatedLidar
from sim.raycast import RaycastMirror
from sim.sweep import Sweep
from sim.world import World

CONFIG = LidarConfig(xyz=[0.0] * 3, rpy=[0.0] * 3, elevations=[0.0], columns=900, far=5.0)
STEP = 0.01  # m that the box moves in each physics step: 2.4 m/s


def _scan(world: World, moving: bool, instants: int) -> LidarScan:
    """One sweep of a box that comes nearer on the left and ahead, if it moves."""
    world.reset(0)
    box = add_box(world.client, transform([2.0, 0, 0]), (0.1, 4, 1))
    world._T_link_inertial[box] = np.eye(4)
    mirror = RaycastMirror(world.client)
    mounted = Calibration.from_config(SensorsConfig(lidars={"lidar": CONFIG})).lidars["lidar"]
    sweep = Sweep(world, mirror, lambda: np.eye(4), 10, instants) if instants > 1 else None
    lidar = SimulatedLidar(mirror, world, "lidar", mounted, lambda: np.eye(4), CONFIG, sweep=sweep)
    for step in range(1, 25):
        world.step()
        if moving:
            world.place(box, transform([2.0 - STEP * step, 0, 0]))
    (scan,) = lidar.read()
    return scan


@pytest.fixture(scope="module")
def world():
    with World() as world:
        yield world


def test_each_part_of_a_sweep_shows_the_world_as_it_was(world: World) -> None:
    scan = _scan(world, moving=True, instants=8)
    steps = scan.point_stamp_ns * 240e-9
    np.testing.assert_allclose(scan.points_lidar[:, 0], 1.95 - STEP * steps, atol=3.5 * STEP)
    assert np.ptp(scan.points_lidar[:, 0]) > 5 * STEP


def test_without_instants_a_sweep_shows_its_end(world: World) -> None:
    np.testing.assert_allclose(_scan(world, moving=True, instants=1).points_lidar[:, 0], 1.95 - 24 * STEP, atol=1e-4)


def test_a_world_that_stands_still_is_the_same_with_instants(world: World) -> None:
    still = [_scan(world, moving=False, instants=instants) for instants in (1, 4)]
    assert still[0].points_lidar.tobytes() == still[1].points_lidar.tobytes()
