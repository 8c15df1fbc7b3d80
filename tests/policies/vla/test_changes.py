"""Changes: what is taken back is as it was, and picture, words and places change together."""

import numpy as np
import pytest

from policies.vla.changes import PIVOT, UNCHANGED, Change
from policies.vla.looks import base_moved
from tests.policies.vla import tiny

FIELDS = ("gripper_width", "contact", "duration_s", "pause_s", "until_ns")


@pytest.mark.parametrize("mirror", [False, True])
def test_there_and_back_is_nothing(mirror: bool) -> None:
    change = Change(T_new_base=base_moved(0.3, 0.1, -0.2, PIVOT), mirror=mirror)
    keyposes, place, words = tiny.keyposes(3), np.array([0.4, 0.1, 0.02]), "left of the rightmost can"
    again = change.inverse.keyposes(change.keyposes(keyposes))
    np.testing.assert_allclose(again.T_base_ee, keyposes.T_base_ee, atol=1e-12)
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(again, name), getattr(keyposes, name))
    assert change.inverse.point(change.point(place)) == pytest.approx(place)
    assert change.inverse.words(change.words(words)) == words
    assert change.keyposes(keyposes).T_base_ee[0, :3, 3] == pytest.approx(change.point(keyposes.T_base_ee[0, :3, 3]))


def test_a_mirror_swaps_the_sides_in_words_and_nothing_is_no_change() -> None:
    assert Change(T_new_base=np.eye(4), mirror=True).words("left of the rightmost can") == "right of the leftmost can"
    assert UNCHANGED.words("left") == "left" and UNCHANGED.point(np.ones(3)) == pytest.approx(np.ones(3))
