"""checked(): what passes is read-only and of the right type; what does not is refused with what was expected."""

import numpy as np
import pytest

from robot.arrays import checked
from robot.errors import InvalidInput


def test_what_is_returned_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        checked("q", [1.0, 2.0], ("J",))[0] = 5.0


def test_the_callers_array_stays_writable_and_separate():
    mine = np.zeros(3)
    kept = checked("q", mine, (3,))
    mine[0] = 7.0
    assert kept[0] == 0.0


def test_a_view_is_copied_so_that_its_owner_cannot_change_it():
    mine = np.zeros(6)
    kept = checked("q", mine[:3], (3,))
    mine[:] = 1.0
    assert (kept == 0.0).all()


def test_a_record_that_was_checked_once_is_not_copied_again():
    kept = checked("q", np.zeros(3), (3,))
    assert checked("q", kept, (3,)) is kept


def test_float32_becomes_float64_and_floats_never_become_integers():
    assert checked("q", np.zeros(2, np.float32), (2,)).dtype == np.float64
    with pytest.raises(InvalidInput, match="stamps: expected int64, got float64"):
        checked("stamps", [0.5], (1,), np.int64)


def test_a_letter_stands_for_one_size_across_a_record():
    dims: dict[str, int] = {}
    checked("q", np.zeros(7), ("J",), dims=dims)
    with pytest.raises(InvalidInput, match=r"v: expected shape \(J=7\), got \(6,\)"):
        checked("v", np.zeros(6), ("J",), dims=dims)


def test_a_missing_axis_is_refused():
    with pytest.raises(InvalidInput, match=r"points: expected shape \(N=3, 3\), got \(3,\)"):
        checked("points", np.zeros(3), ("N", 3))


def test_what_is_not_finite_is_counted_and_refused():
    with pytest.raises(InvalidInput, match="depth: 2 of 3 values are not finite"):
        checked("depth", [np.nan, 1.0, np.inf], (3,))


def test_nan_may_mean_no_value_and_infinity_never_does():
    assert np.isnan(checked("depth", [np.nan], (1,), nan_ok=True)[0])
    with pytest.raises(InvalidInput, match="not finite"):
        checked("depth", [np.inf], (1,), nan_ok=True)
