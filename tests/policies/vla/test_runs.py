"""Runs: how much of a chunk is done before looking again, and where the hand may touch on the way."""

from dataclasses import replace

import numpy as np
import pytest

from policies.vla.keyposes import Keyposes, trajectory_of
from policies.vla.runs import contacts_of, first_run
from tests.policies.tabletop import robot
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
