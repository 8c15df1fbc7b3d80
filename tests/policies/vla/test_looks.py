"""Looks: whatever training does to one is what another scene would have looked like; and running sees what training saw."""

from dataclasses import replace

import numpy as np
import pytest

from policies.storage.observations import ObservationPacker, Sizes, observation_of
from policies.vla.looks import MIRROR, TALL, base_moved, frame_of, look_of, mirrored, mirrored_pose, moved, without
from robot.obstacles import Box
from robot.transforms import from_xyz_rpy
from sensors.observation import Observation
from tests.policies.tabletop import robot
from tests.policies.vla import scenes, tiny

CONFIG = tiny.config()
TOOL = from_xyz_rpy([0.5, 0.1, 0.3], [np.pi - 0.2, 0.1, 0.4])


def frame(seen: Observation, T_base_ee: np.ndarray = TOOL) -> dict[str, np.ndarray]:
    """What a model is shown of an observation."""
    return frame_of(look_of(seen, CONFIG, scenes.StandingTool(T_base_ee)), CONFIG)


def test_a_mirrored_look_is_the_look_of_the_mirrored_scene() -> None:
    seen = scenes.scene()
    look = mirrored(look_of(seen, CONFIG, scenes.StandingTool(TOOL)), CONFIG)
    ours, theirs = frame_of(look, CONFIG), frame(scenes.in_a_mirror(seen), mirrored_pose(TOOL))
    assert not np.allclose(ours["camera/front"], frame(seen)["camera/front"], atol=0.02), "the mirror did nothing"
    for key, values in theirs.items():
        tolerance = 4e-3 if key.startswith("patches") else 1e-6  # a patch's middle lies between two pixels
        np.testing.assert_allclose(ours[key], values, atol=tolerance, err_msg=key)


def test_empty_cells_of_the_view_from_above_have_the_mean_of_their_neighbours_and_say_that_they_are_empty() -> None:
    table = replace(scenes.scene().cloud, points_base=np.array([[0.405, 0.005, 0.1], [0.425, 0.005, 0.2]], np.float32),
                    rgb=np.array([[255, 0, 0], [0, 0, 255]], np.uint8), coloured=np.ones(2, bool),
                    source=np.zeros(2, np.uint8))  # fmt: skip
    top = frame(replace(scenes.scene(), cloud=table))["top"]
    (x, y), (further, _) = np.argwhere(top[4] > 0)
    assert further == x + 2 and top[4].sum() == 2
    assert top[:, x + 1, y] == pytest.approx(
        [0.0, -1.0, 0.0, 0.15 / TALL, 0.0], abs=1e-3
    )  # between red and blue, half as high again
    assert top[:, x - 1, y] == pytest.approx([1.0, -1.0, -1.0, 0.1 / TALL, 0.0], abs=1e-3)
    assert not top[:, x - 2, y].any()


@pytest.mark.parametrize(("kind", "width", "held", "said"), [
    ("hand", 0.04, True, -1.0), ("hand", 0.04, False, 0.0), ("hand", 0.001, False, 1.0), ("tool", 0.04, True, 0.0),
])  # fmt: skip
def test_the_last_number_of_the_state_says_whether_the_hand_is_full(kind: str, width: float, held: bool, said: float) -> None:
    config, seen = tiny.config(), scenes.scene()
    config.state = kind
    box = Box(pose=np.eye(4), size=np.full(3, 0.04)) if held else None
    seen = replace(seen, state=replace(seen.state, gripper_width=width, attached=box))
    assert frame_of(look_of(seen, config, scenes.StandingTool(TOOL)), config)["state"][-1] == said


def test_mirrored_twice_is_not_at_all() -> None:
    look = look_of(scenes.scene(), CONFIG, scenes.StandingTool(TOOL))
    again = frame_of(mirrored(mirrored(look, CONFIG), CONFIG), CONFIG)
    for key, values in frame_of(look, CONFIG).items():
        np.testing.assert_allclose(again[key], values, rtol=1e-6, err_msg=key)


def test_the_arm_itself_is_alike_in_the_mirror() -> None:
    model, kinematics = robot()
    q = model.home + np.array([0.3, 0.2, -0.4, 0.1, 0.5, -0.2, 0.6])
    other = q * np.array([-1, 1, -1, 1, -1, 1, -1]) + np.array([0, 0, 0, 0, 0, 0, np.pi / 2])  # the hand is mounted at 45°
    np.testing.assert_allclose(kinematics.forward(other), MIRROR @ kinematics.forward(q) @ MIRROR, atol=1e-9)


def test_a_moved_look_is_the_look_from_there() -> None:
    seen, T_new_base = scenes.scene(), base_moved(0.08, 0.02, -0.01, np.array([0.5, 0.0, 0.0]))
    look = moved(look_of(seen, CONFIG, scenes.StandingTool(TOOL)), T_new_base)
    ours, theirs = frame_of(look, CONFIG), frame(scenes.from_elsewhere(seen, T_new_base), T_new_base @ TOOL)
    for key, values in theirs.items():
        off = np.abs(ours[key].astype(float) - values) > 2e-3
        most = 0.03 if key == "top" else 0.01  # a point on the edge of a cell may be rounded into the next, and fills others
        assert off.mean() < most, key
    assert np.abs(ours["top"] - frame(seen)["top"]).max() > 0.1


@pytest.mark.parametrize("sensor", ["front", "lidar", "imu"])
def test_without_a_sensor_a_look_is_as_if_it_had_never_spoken(sensor: str) -> None:
    seen = scenes.scene()
    look = without(look_of(seen, CONFIG, scenes.StandingTool(TOOL)), [sensor])
    ours, theirs = frame_of(look, CONFIG), frame(scenes.that_never_had(seen, sensor))
    assert not ours["present"][CONFIG.modalities.index(sensor)]
    for key, values in theirs.items():
        np.testing.assert_array_equal(ours[key], values, err_msg=key)


def test_a_sensor_that_is_not_believed_is_not_looked_at() -> None:
    seen = scenes.scene()
    doubted = scenes.that_never_had(seen, "front").health
    present = frame(Observation(**{**vars(seen), "health": doubted}))["present"]
    assert present.tolist() == [name != "front" for name in CONFIG.modalities]


def test_training_and_running_see_the_same_bit_for_bit() -> None:
    seen, packer = scenes.scene(), ObservationPacker(Sizes())
    rows = packer.rows(seen)
    stored = observation_of({path: np.asarray(row) for path, row in rows.items()}, packer.attributes)
    assert not np.array_equal(stored.cloud.points_base, seen.cloud.points_base), "the log rounds nothing: nothing is tested"
    theirs = frame(stored)
    for key, values in frame(seen).items():
        np.testing.assert_array_equal(values, theirs[key], err_msg=key)
