"""Runs: how much of a chunk is done before looking again, and where the hand may touch on the way."""

from dataclasses import replace

import numpy as np
import pytest

from policies.vla.holding import AT_HAND, FINGERS, SPARE, flight_height
from policies.vla.keyposes import Keyposes, trajectory_of
from policies.vla.runs import contacts_of, first_run, over_all, together, unopened
from robot.obstacles import Box
from robot.transforms import from_xyz_rpy, transform
from tests.policies.tabletop import block, observe, robot
from tests.policies.vla import tiny


def chunk(widths: list[float], contact: list[bool]) -> Keyposes:
    """Keyposes with these fingers and contacts."""
    return replace(tiny.keyposes(len(widths)), gripper_width=np.array(widths), contact=np.array(contact))


@pytest.mark.parametrize(
    ("widths", "contact", "holding", "count"),
    [
        ([0.08, 0.08, 0.08], [False, False, False], False, 3),  # nothing happens: all of it
        ([0.08, 0.08, 0.08], [False, True, True], False, 1),  # up to where contact begins
        ([0.08, 0.01, 0.01], [True, True, True], False, 2),  # until the fingers have closed
        ([0.08, 0.01, 0.01], [True, True, False], False, 2),
        ([0.03, 0.08, 0.08], [True, True, True], True, 1),  # a full hand opens on its own
        ([0.03, 0.08, 0.08], [True, True, True], False, 2),  # an empty one as it goes
        ([0.08, 0.079, 0.081], [True, True, True], True, 3),  # fingers that tremble do not count
    ],
)
def test_a_run_ends_where_it_is_time_to_look_again(widths: list[float], contact: list[bool], holding: bool, count: int) -> None:
    keyposes = chunk(widths, contact)
    run = first_run(keyposes, widths[0], holding)
    assert len(run) == count
    np.testing.assert_array_equal(run.T_base_ee, keyposes.T_base_ee[:count])


def test_a_full_hand_opens_only_where_it_may_touch() -> None:
    keyposes = chunk([0.08, 0.033, 0.01, 0.08], [False, False, False, True])
    assert unopened(keyposes, 0.03).gripper_width.tolist() == [0.03, 0.033, 0.01, 0.08]


def test_where_the_tool_goes_in_contact_it_may_touch_and_nowhere_else() -> None:
    model, _ = robot()
    for contact in (True, False):
        run = chunk([0.08, 0.08], [contact, contact])
        arm = trajectory_of(run, 0, np.eye(4) + np.diag([0.5, 0.0, 0.2], 1)[:4, :4] * 0, 0.08)
        contacts = contacts_of(run, arm, model)
        assert len(contacts) == contact
        for each in contacts:
            assert all(each.box_base.contains(arm.T_base_ee[:, :3, 3]))
            assert each.end_s == arm.time_s[-1]


def test_a_flight_over_all_goes_up_and_across_and_then_down_in_contact_to_the_same_goal() -> None:
    run, here = chunk([0.03], [False]), from_xyz_rpy([0.4, -0.2, 0.1], [np.pi, 0.0, 0.5])
    flight, landing = over_all(run, here, 0.4)
    assert flight is not None and not flight.contact.any() and (flight.gripper_width == 0.03).all()
    up, over = flight.T_base_ee
    np.testing.assert_allclose(up, from_xyz_rpy([0.4, -0.2, 0.4], [np.pi, 0.0, 0.5]))
    goal = run.T_base_ee[-1]
    np.testing.assert_allclose(over[:3, 3], [*goal[:2, 3], 0.4])
    np.testing.assert_array_equal(over[:3, :3], goal[:3, :3])
    np.testing.assert_array_equal(landing.T_base_ee, run.T_base_ee[-1:])
    assert landing.contact.all() and landing.gripper_width == [0.03]
    both = together(flight, landing)
    assert len(both) == 3 and both.contact.tolist() == [False, False, True]


def test_there_is_nothing_to_fly_where_the_tool_is_over_the_goal_already() -> None:
    run = chunk([0.03], [False])
    flight, landing = over_all(run, run.T_base_ee[-1], float(run.T_base_ee[-1, 2, 3]))
    assert flight is None and landing.contact.all()


def test_the_tool_flies_over_the_highest_thing_by_as_much_as_hangs_below_it() -> None:
    seen, here = observe(block("red", 0.5, 0.2)), from_xyz_rpy([0.5, -0.1, 0.2], [np.pi, 0.0, 0.0])
    top = float(seen.cloud.points_base[:, 2].max())
    assert top > 0.03  # the block's, and it is not at the hand
    assert flight_height(seen, here, None) == pytest.approx(top + FINGERS + SPARE)
    held = Box(pose=transform([0.0, 0.0, 0.02]), size=np.array([0.04, 0.04, 0.10]))
    assert flight_height(seen, here, held) == pytest.approx(top + 0.07 + SPARE)
    above = from_xyz_rpy([0.5, 0.2, 0.2], [np.pi, 0.0, 0.0])
    assert AT_HAND > 0.05 and flight_height(seen, above, None) < top + SPARE  # what is at the hand is left straight upward
