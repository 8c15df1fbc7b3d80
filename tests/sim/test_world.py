from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pybullet
import pybullet_data
import pytest

from robot.errors import InvalidInput
from robot.transforms import from_xyz_rpy, transform
from sim.driver import BulletDriver
from sim.imu import SimulatedImu
from sim.layout import ObjectConfig
from sim.objects import ASSETS
from sim.shapes import asset_texts
from sim.world import GRAVITY, PHYSICS_HZ, World
from tests.sim.stages import scene_with


@pytest.fixture
def world():
    with World() as world:
        yield world


def tumble(world: World, seed: int) -> bytes:
    """Drop blocks onto each other and onto the floor, thrown by the seed's own random numbers."""
    world.reset(seed)
    world.load(Path(pybullet_data.getDataPath()) / "plane.urdf", np.eye(4), fixed=True)
    for height in (0.1, 0.16, 0.22):
        block = world.load(ASSETS / "block.urdf", transform([0.0, 0.0, height]))
        spin = world.random(f"throw {height}").uniform(-3, 3, 3).tolist()
        pybullet.resetBaseVelocity(block, [0.0, 0.0, 0.0], spin, physicsClientId=world.client)
    world.wait_until(1_000_000_000)
    return world.fingerprint()


def test_dropped_cube_falls_half_g_t_squared(world):
    cube = world.load(ASSETS / "block.urdf", transform([0.0, 0.0, 2.0]))
    pybullet.changeDynamics(cube, -1, linearDamping=0, physicsClientId=world.client)
    world.wait_until(500_000_000)
    fallen = 2.0 - world.pose(cube)[2, 3]
    one_step_early = GRAVITY * 0.5 * 0.5 / PHYSICS_HZ  # semi-implicit Euler is ahead by g t dt / 2
    assert fallen == pytest.approx(GRAVITY * 0.5**2 / 2 + one_step_early, rel=1e-6)


def test_clock_counts_physics_steps_without_drift(world):
    world.wait_until(1_000_000_000)
    assert world.now_ns() == 1_000_000_000
    world.wait_until(999)
    assert world.now_ns() == 1_000_000_000
    world.step()
    assert world.now_ns() == 1_004_166_666


def test_same_seed_gives_the_same_bytes_and_another_seed_others(world):
    first = tumble(world, 3)
    assert tumble(world, 3) == first
    assert tumble(world, 4) != first
    with World() as other:
        assert tumble(other, 3) == first


def test_restore_is_bitwise_exact_with_a_driven_arm_and_contacts(world):
    scene = scene_with(world, ObjectConfig("block", "red", x=0.5, y=0.0), ObjectConfig("ball", "green", x=0.4, y=0.1))
    driver = BulletDriver(world, scene.robot_body, scene.model)
    imu = SimulatedImu(world, scene.robot_body, 8, np.eye(4), "wrist")
    pybullet.resetBaseVelocity(scene.objects[1].body_id, [0.3, -0.2, 0.5], [1.0, 2.0, 3.0], physicsClientId=world.client)
    driver.command(SimpleNamespace(joint_position=scene.model.home + 0.1, joint_velocity=np.full(7, 0.3), gripper_width=0.02))
    world.wait_until(100_000_000)
    saved = world.save()

    def onwards() -> tuple[bytes, bytes]:
        world.wait_until(400_000_000)
        return world.fingerprint(), np.array([sample.specific_force_imu for sample in imu.read()]).tobytes()

    first = onwards()
    driver.stop()
    world.wait_until(600_000_000)
    world.restore(saved)
    assert world.now_ns() == 100_000_000
    assert onwards() == first


def test_pose_is_the_urdf_frame_and_place_is_its_mirror(world):
    bowl = world.load(ASSETS / "bowl.urdf", np.eye(4))
    T_world_bowl = from_xyz_rpy([0.3, -0.2, 0.7], [0.4, -0.5, 0.6])
    world.place(bowl, T_world_bowl)
    np.testing.assert_allclose(world.pose(bowl), T_world_bowl, atol=1e-12)
    np.testing.assert_allclose(world.pose(world.load(ASSETS / "bowl.urdf", T_world_bowl)), T_world_bowl, atol=1e-6)


def test_random_streams_depend_on_seed_and_name_only(world):
    drawn = world.random("noise").random(4)
    world.random("other").random(4)
    np.testing.assert_array_equal(world.random("noise").random(4), drawn)
    assert not np.array_equal(world.random("other").random(4), drawn)


def test_a_moment_of_another_reset_is_refused(world):
    saved = world.save()
    world.reset(0)
    with pytest.raises(InvalidInput, match="since the last reset"):
        world.restore(saved)


def test_unknown_view_and_missing_file_are_refused_in_a_sentence(world):
    with pytest.raises(InvalidInput, match="view: unknown 'screen'; available: none, window"):
        World("screen")
    with pytest.raises(InvalidInput, match="no file"):
        world.load(Path("nothing.urdf"), np.eye(4))


def test_loading_prints_nothing(capfd):
    with World() as world:
        scene_with(world, ObjectConfig("block", "red"), settle_s=0.0)
    assert capfd.readouterr() == ("", "")


def test_shipped_meshes_are_what_the_source_makes():
    for name, text in asset_texts().items():
        assert (ASSETS / name).read_text() == text, f"{name}: run sim.shapes.write_assets()"
