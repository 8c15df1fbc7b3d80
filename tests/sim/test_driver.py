from types import SimpleNamespace

import numpy as np
import pybullet
import pytest

from robot.kinematics import Kinematics
from robot.transforms import invert, transform
from sim.driver import BulletDriver
from sim.layout import ObjectConfig
from sim.world import PHYSICS_HZ, World
from tests.sim.stages import scene_with, smooth


@pytest.fixture(scope="module")
def world():
    with World() as world:
        yield world


def aim(position, velocity, width) -> SimpleNamespace:
    """What a driver reads of a SafeCommand."""
    return SimpleNamespace(joint_position=position, joint_velocity=velocity, gripper_width=width)


def follow(world, driver, end, duration_s, width) -> float:
    """Move smoothly from where the arm is to `end`; the greatest distance from the reference, rad."""
    start, worst = driver.state().joint_position, 0.0
    steps = round(duration_s * PHYSICS_HZ)
    for step in range(1, steps + 1):
        position, velocity = smooth(start, end, step / steps, duration_s)
        driver.command(aim(position, velocity, width))
        world.step()
        worst = max(worst, np.abs(driver.state().joint_position - position).max())
    return worst


def test_tracks_a_smooth_motion_within_two_milliradians(world):
    scene = scene_with(world, ObjectConfig("block", "red", x=0.6, y=0.25))
    driver = BulletDriver(world, scene.robot_body, scene.model)
    away = scene.model.home + np.array([0.8, 0.3, -0.4, 0.4, 0.5, -0.3, 0.9])
    assert follow(world, driver, away, 1.0, 0.08) < 2e-3
    assert follow(world, driver, scene.model.home, 1.0, 0.0) < 2e-3
    state = driver.state()
    assert state.stamp_ns == world.now_ns()
    assert state.gripper_width == pytest.approx(0.0, abs=2e-3)


def test_a_held_posture_does_not_sag_and_its_torques_carry_gravity(world):
    scene = scene_with(world, ObjectConfig("block", "red", x=0.6, y=0.25))
    driver = BulletDriver(world, scene.robot_body, scene.model)
    world.wait_until(1_000_000_000)
    state = driver.state()
    np.testing.assert_allclose(state.joint_position, scene.model.home, atol=1e-4)
    joints = [*state.joint_position.tolist(), state.gripper_width / 2, state.gripper_width / 2]
    gravity = pybullet.calculateInverseDynamics(scene.robot_body, joints, [0.0] * 9, [0.0] * 9, physicsClientId=world.client)
    np.testing.assert_allclose(state.joint_torque, gravity[:7], atol=0.3)


def test_stop_brings_a_moving_arm_to_rest_and_keeps_the_grip(world):
    scene = scene_with(world, ObjectConfig("block", "red", x=0.6, y=0.25))
    driver = BulletDriver(world, scene.robot_body, scene.model)
    for step in range(1, 49):
        driver.command(aim(scene.model.home + 0.5 * step / PHYSICS_HZ, np.full(7, 0.5), 0.04))
        world.step()
    driver.stop()
    for _ in range(48):
        world.step()
    assert np.abs(driver.state().joint_velocity).max() < 0.01
    assert driver.state().gripper_width == pytest.approx(0.04, abs=2e-3)
    driver.close()
    driver.close()


@pytest.mark.parametrize(
    ("kind", "size", "width"), [("block", "normal", 0.04), ("ball", "normal", 0.045), ("can", "normal", 0.05)]
)
def test_gripper_holds_what_it_lifts_and_lets_it_go(world, kind, size, width):
    scene = scene_with(world, ObjectConfig(kind, "red", size, 0.5, 0.1, 0.0))
    thing = scene.objects[0]
    driver = BulletDriver(world, scene.robot_body, scene.model)
    kinematics = Kinematics(scene.model)
    down = np.diag([1.0, -1.0, -1.0])
    hover = kinematics.inverse(transform([0.5, 0.1, 0.18], down), scene.model.home)
    grasp = kinematics.inverse(transform([0.5, 0.1, thing.half_height], down), hover)
    side = kinematics.inverse(transform([0.5, -0.15, 0.25], down), hover)
    follow(world, driver, hover, 1.0, 0.08)
    follow(world, driver, grasp, 0.6, 0.08)
    follow(world, driver, grasp, 0.4, 0.0)
    assert driver.state().gripper_width == pytest.approx(width, abs=2e-3)
    held = invert(kinematics.forward(driver.state().joint_position)) @ scene.pose(thing)
    follow(world, driver, hover, 0.6, 0.0)
    follow(world, driver, side, 0.8, 0.0)
    now = invert(kinematics.forward(driver.state().joint_position)) @ scene.pose(thing)
    assert np.linalg.norm(now[:3, 3] - held[:3, 3]) < 1e-3
    follow(world, driver, side, 0.3, 0.08)
    assert scene.pose(thing)[2, 3] < 0.15
