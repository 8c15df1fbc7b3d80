import numpy as np
import pybullet
import pytest

from robot.transforms import from_xyz_rpy, transform
from sim.imu import SimulatedImu
from sim.layout import ObjectConfig
from sim.objects import ASSETS
from sim.world import GRAVITY, PHYSICS_HZ, World
from tests.contracts.source_contract import source_contract
from tests.sim.stages import scene_with


@pytest.fixture
def world():
    with World() as world:
        yield world


def test_at_rest_it_feels_g_upwards_in_its_own_axes(world):
    scene = scene_with(world, ObjectConfig("block", "red"))
    T_link_imu = from_xyz_rpy([0.02, 0.01, 0.05], [0.3, -0.2, 0.7])
    imu = SimulatedImu(world, scene.robot_body, 8, T_link_imu, "wrist")
    for _ in range(24):
        world.step()
    samples = imu.read()
    up_imu = (world.pose(scene.robot_body, 8) @ T_link_imu)[:3, :3].T @ [0.0, 0.0, 1.0]
    assert len(samples) == 24
    assert [sample.stamp_ns for sample in samples] == [tick * 1_000_000_000 // PHYSICS_HZ for tick in range(1, 25)]
    np.testing.assert_allclose(samples[-1].specific_force_imu, GRAVITY * up_imu, atol=0.05)
    np.testing.assert_allclose(samples[-1].angular_velocity_imu, 0.0, atol=1e-3)


def test_in_free_fall_it_feels_nothing(world):
    block = world.load(ASSETS / "block.urdf", transform([0.0, 0.0, 3.0]))
    pybullet.changeDynamics(block, -1, linearDamping=0, angularDamping=0, physicsClientId=world.client)
    imu = SimulatedImu(world, block, -1, np.eye(4), "loose")
    for _ in range(10):
        world.step()
    for sample in imu.read():
        np.testing.assert_allclose(sample.specific_force_imu, 0.0, atol=1e-6)


def test_turning_it_feels_the_rate_and_the_pull_to_the_axis(world):
    rate, arm = 2.0, 0.1
    block = world.load(ASSETS / "block.urdf", transform([0.0, 0.0, 3.0]))
    pybullet.changeDynamics(block, -1, linearDamping=0, angularDamping=0, physicsClientId=world.client)
    pybullet.resetBaseVelocity(block, [0.0, 0.0, 0.0], [0.0, 0.0, rate], physicsClientId=world.client)
    imu = SimulatedImu(world, block, -1, transform([arm, 0.0, 0.0]), "loose")
    for _ in range(20):
        world.step()
    last = imu.read()[-1]
    np.testing.assert_allclose(last.angular_velocity_imu, [0.0, 0.0, rate], atol=1e-6)
    np.testing.assert_allclose(last.specific_force_imu, [-(rate**2) * arm, 0.0, 0.0], atol=5e-3)


def test_keeps_the_contract_of_sources(world):
    block = world.load(ASSETS / "block.urdf", transform([0.0, 0.0, 3.0]))
    source_contract(SimulatedImu(world, block, -1, np.eye(4), "loose"), world, world.step)
