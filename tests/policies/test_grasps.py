"""Grasps: from above, across the free side, at a height where the fingers hold and touch no table."""

from dataclasses import replace

import numpy as np
import pytest

from policies.value_maps.aims import Aims, AimsConfig, held_after
from policies.value_maps.grasps import LOWEST_TIP, grasps, in_the_hand, pointing_down, yaw_of
from policies.value_maps.reference import Reference
from robot.errors import InstructionRefused
from tests.policies.tabletop import Thing, block, grounder, observe, robot, seen, thing


def aims() -> Aims:
    return Aims(*robot(), Reference(grounder()), AimsConfig())


def found(words: str, *things: Thing, yaw_now: float = 0.0):
    """All grasps of what the words mean on a table with these things."""
    observation = observe(*things)
    chosen = seen(words, observation)
    return chosen, grasps(chosen, observation.cloud.points_base[~chosen.mask], robot()[0], yaw_now)


def fingers_axis(T_base_ee: np.ndarray) -> np.ndarray:
    """The horizontal direction in which the fingers move."""
    return T_base_ee[:2, 1]


def test_yaw_is_read_back_from_a_tool_that_looks_down() -> None:
    for yaw in np.linspace(-3.1, 3.1, 21):
        T_base_ee = pointing_down(np.array([0.5, 0.1, 0.2]), yaw)
        assert yaw_of(T_base_ee) == pytest.approx(yaw)
        np.testing.assert_allclose(T_base_ee[:3, 2], [0, 0, -1], atol=1e-12)


@pytest.mark.parametrize("kind", ["block", "can", "ball", "bowl", "plate", "mug"])
def test_every_kind_of_thing_is_grasped_from_above_within_the_fingers_reach(kind: str) -> None:
    one = block("red", 0.5, 0.1) if kind == "block" else thing(kind, "red", 0.5, 0.1)
    _, ways = found(f"the red {kind}", one)
    assert ways
    model = robot()[0]
    for grasp in ways:
        np.testing.assert_allclose(grasp.T_base_ee[:3, 2], [0, 0, -1], atol=1e-9)
        assert grasp.thickness < grasp.open_width <= model.gripper_width_max
        tip_z = grasp.T_base_ee[2, 3]
        assert LOWEST_TIP - 1e-9 <= tip_z < one.height
        assert one.height - tip_z <= model.finger_length  # the hand stays above it


def test_a_block_is_grasped_across_its_edges() -> None:
    for degrees in (0, 25, 60):
        _, ways = found("the red block", block("red", 0.5, 0.0, yaw=np.deg2rad(degrees)))
        for grasp in ways:
            axis = np.rad2deg(np.arctan2(*fingers_axis(grasp.T_base_ee)[::-1]))
            assert abs((axis - degrees + 45) % 90 - 45) < 8
            assert grasp.thickness == pytest.approx(0.04, abs=0.006)


def test_a_block_between_neighbours_is_grasped_across_its_free_side() -> None:
    for along, row in ((np.array([0.0, 1.0]), [(0.5, 0.05), (0.5, -0.05)]), (np.array([1.0, 0.0]), [(0.55, 0.0), (0.45, 0.0)])):
        others = [block(colour, *xy) for colour, xy in zip(("green", "blue"), row, strict=True)]
        _, ways = found("the red block", block("red", 0.5, 0.0), *others)
        assert abs(fingers_axis(ways[0].T_base_ee) @ along) < 0.15  # the fingers move across the row
        assert ways[0].crowding == 0 < ways[-1].crowding


def test_the_least_turn_is_taken_where_nothing_is_in_the_way() -> None:
    for yaw_now in (-0.7, 0.0, 0.6):
        _, ways = found("the red can", thing("can", "red", 0.5, 0.0), yaw_now=yaw_now)
        turns = [abs(yaw_of(grasp.T_base_ee) - yaw_now) for grasp in ways]
        assert turns == sorted(turns)
        assert max(turns) <= np.pi / 2 + 1e-9


def test_a_hollow_thing_is_grasped_astride_its_rim() -> None:
    chosen, ways = found("the blue bowl", thing("bowl", "blue", 0.5, 0.0))
    for grasp in ways:
        from_middle = grasp.T_base_ee[:2, 3] - chosen.box_base.pose[:2, 3]
        assert np.linalg.norm(from_middle) == pytest.approx(0.065, abs=0.008)
        assert abs(fingers_axis(grasp.T_base_ee) @ from_middle) / np.linalg.norm(from_middle) > 0.99


def test_too_wide_is_refused_with_both_widths() -> None:
    observation = observe(block("red", 0.5, 0.0, scale=2.2))
    (chosen,) = (replace(each, shape="block", description="red block") for each in grounder().things(observation))
    with pytest.raises(InstructionRefused, match=r"too wide to grasp: 9 cm, and the gripper takes 7 cm\.$"):
        aims().grasp(chosen, observation)


def test_out_of_reach_is_refused_with_where_it_is() -> None:
    observation = observe(block("red", 0.88, 0.45))
    (chosen,) = grounder().things(observation)
    with pytest.raises(InstructionRefused, match=r"out of reach: 8[78] cm ahead of the base and 45 cm to the left"):
        aims().grasp(chosen, observation)


def test_a_grasp_that_is_chosen_can_be_reached() -> None:
    for x, y in ((0.32, -0.3), (0.5, 0.0), (0.68, 0.3)):
        observation = observe(block("red", x, y))
        (chosen,) = grounder().things(observation)
        grasp = aims().grasp(chosen, observation)
        q = robot()[1].inverse(grasp.T_base_ee, observation.state.joint_position)
        assert q is not None
        np.testing.assert_allclose(robot()[1].forward(q)[:3, 3], grasp.T_base_ee[:3, 3], atol=1e-3)


def test_points_where_the_hand_would_be_are_counted() -> None:
    model, T_base_ee = robot()[0], pointing_down(np.array([0.5, 0.0, 0.02]), 0.0)
    above_fingers = np.array([[0.5, 0.0, 0.02 + model.finger_length + 0.05]])
    assert in_the_hand(T_base_ee, above_fingers, model) == 1
    assert in_the_hand(T_base_ee, np.array([[0.5, 0.0, 0.0], [0.7, 0.0, 0.1]]), model) == 0


def test_what_is_held_is_the_things_box_in_the_tools_frame() -> None:
    observation = observe(thing("can", "red", 0.5, 0.1))
    (chosen,) = grounder().things(observation)
    grasp = aims().grasp(chosen, observation)
    held = held_after(grasp, chosen, 0.035)
    np.testing.assert_allclose(grasp.T_base_ee @ held.box_ee.pose, chosen.box_base.pose, atol=1e-9)
    reach_below_tool = held.box_ee.pose[2, 3] + held.box_ee.size[2] / 2
    assert reach_below_tool == pytest.approx(grasp.T_base_ee[2, 3], abs=0.003)  # it reaches down to the table
