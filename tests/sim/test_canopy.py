"""What the canopy and the skyline leave out could not have thrown a shadow."""

from collections.abc import Iterator

import numpy as np
import pybullet
import pytest
from mirror_stage import add_box, add_shipped

from robot.transforms import from_xyz_rpy, transform
from sim.canopy import LOWEST_STEP
from sim.raycast import RaycastMirror
from sim.shading import Light
from sim.world import World

TO_SUN = Light().sun_world


@pytest.fixture
def mirror() -> Iterator[RaycastMirror]:
    """A table with a roof and an inclined wall on it, an arm and a falling box."""
    with World() as world:
        add_shipped(world.client, "table/table.urdf", (0.5, 0, -0.625))
        add_box(world.client, transform([0.7, 0.2, 0.3]), (0.3, 0.3, 0.01))
        add_box(world.client, from_xyz_rpy([0.3, -0.2, 0.1], [0.5, 0.2, 0.1]), (0.4, 0.02, 0.2))
        arm = add_shipped(world.client, "kuka_iiwa/model.urdf")
        for joint in range(7):
            pybullet.resetJointState(arm, joint, 0.8 * np.sin(joint), physicsClientId=world.client)
        add_box(world.client, transform([0.4, 0.3, 0.5]), (0.1, 0.1, 0.1), mass=1.0)
        mirror = RaycastMirror(world.client)
        mirror.follow()
        yield mirror


def _places() -> np.ndarray:
    """Places (3, 4000) all over the scene, many of them on the table and none just below its top, where the skyline ends."""
    places = np.random.default_rng(0).uniform([-0.5, -0.7, -0.6], [1.2, 0.7, 0.9], (4000, 3))
    places[::2, 2] = 1e-4
    places[(places[:, 2] > -LOWEST_STEP) & (places[:, 2] < 0), 2] = -2 * LOWEST_STEP
    return np.ascontiguousarray(places.T, dtype=np.float32)


def test_no_shadow_of_what_stands_still_is_missed(mirror: RaycastMirror) -> None:
    places = _places()
    asking = np.ones(places.shape[1], dtype=bool)
    found = np.zeros_like(asking)
    found[mirror.darkened_by_stills(asking, places, mirror.cells(places))] = True
    expected = mirror.still.darkened(places, TO_SUN)
    assert expected.sum() > 300
    np.testing.assert_array_equal(found, expected)


def test_no_shadow_of_what_moves_is_missed(mirror: RaycastMirror) -> None:
    places = _places()
    asking = np.ones(places.shape[1], dtype=bool)
    found = np.unique(mirror.darkened(asking, places, mirror.cells(places)))
    every = np.indices((mirror.moving.count, places.shape[1])).reshape(2, -1)
    expected = np.unique(mirror.moving.darkened(places, (every[0], every[1]), TO_SUN))
    assert len(expected) > 100
    np.testing.assert_array_equal(found, expected)
