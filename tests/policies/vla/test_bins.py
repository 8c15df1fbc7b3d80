"""Bins and their dimensions: what goes in comes out to within half a bin, and they survive a trip through JSON."""

import json

import numpy as np
import pytest

from policies.vla.bins import Bins
from policies.vla.dimensions import Dimensions, dimensions_of
from robot.errors import InvalidInput

NAMES, UNITS = ("x", "yaw", "gripper"), ("m", "rad", "m")
BINS = Bins(dimensions=Dimensions(names=NAMES, units=UNITS, low=np.array([-0.5, -3.0, 0.0]), high=np.array([0.7, 3.0, 0.08])))


def test_inside_the_bounds_a_value_comes_back_to_within_half_a_bin() -> None:
    low, high = BINS.dimensions.low, BINS.dimensions.high
    values = np.random.default_rng(0).uniform(low, high, (20, 50, 3))
    ends = np.stack([low, high])
    for given in (values, ends):
        assert (np.abs(BINS.decode(BINS.encode(given)) - given) <= BINS.width / 2 + 1e-12).all()
    assert BINS.encode(ends).tolist() == [[0, 0, 0], [255, 255, 255]]


def test_every_bin_is_the_bin_of_its_own_centre() -> None:
    every = np.repeat(np.arange(256)[:, None], 3, axis=1)
    assert (BINS.encode(BINS.decode(every)) == every).all()


def test_bins_keep_the_order_of_values() -> None:
    values = np.sort(np.random.default_rng(1).normal(size=(200, 3)), axis=0)
    assert (np.diff(BINS.encode(values), axis=0) >= 0).all()


def test_what_lies_outside_the_bounds_gets_the_outermost_bin() -> None:
    assert BINS.encode([[-9.0, 9.0, 1e300]]).tolist() == [[0, 255, 255]]


def test_bounds_are_the_quantiles_so_that_outliers_do_not_stretch_them() -> None:
    actions = np.random.default_rng(2).uniform(-1, 1, (1000, 3))
    actions[:3] = 1e6
    bounds = dimensions_of(actions, NAMES, UNITS)
    np.testing.assert_allclose([bounds.low, bounds.high], [[-0.98] * 3, [0.98] * 3], atol=0.05)


def test_a_dimension_that_never_changes_keeps_its_value() -> None:
    actions = np.random.default_rng(3).normal(size=(100, 3))
    actions[:, 2] = 0.04
    bins = Bins(dimensions=dimensions_of(actions, NAMES, UNITS))
    assert np.abs(bins.decode(bins.encode(actions))[:, 2] - 0.04).max() < 1e-6


def test_bins_survive_json_bit_for_bit() -> None:
    bins = Bins(dimensions=dimensions_of(np.random.default_rng(4).normal(size=(100, 3)), NAMES, UNITS), count=64)
    again = Bins.from_json(json.loads(json.dumps(bins.to_json())))
    values = np.random.default_rng(5).normal(size=(100, 3))
    assert (again.encode(values) == bins.encode(values)).all()
    assert (again.decode(again.encode(values)) == bins.decode(bins.encode(values))).all()
    assert (again.dimensions.names, again.dimensions.units, again.count) == (NAMES, UNITS, 64)


@pytest.mark.parametrize(
    ("actions", "sentence"),
    [
        ([[0.0, np.nan, 0.0]], "1 of 3 values are not finite"),
        ([[0.0, 0.0]], r"expected shape \(1, 3\), got \(1, 2\)"),
        (0.0, r"expected shape \(3\), got \(\)"),
    ],
)
def test_actions_that_are_none_are_refused(actions: object, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        BINS.encode(actions)


@pytest.mark.parametrize("bins", [[[0, 0, 256]], [[-1, 0, 0]], [[0.0, 1.0, 2.0]], [[0, 0]]])
def test_bins_that_are_none_are_refused(bins: object) -> None:
    with pytest.raises(InvalidInput, match="bins: expected"):
        BINS.decode(bins)


@pytest.mark.parametrize(
    "wrong",
    [
        {"count": 1}, {"count": 10**400}, {"count": True}, {"count": "256"}, {"other": 1}, {"dimensions": []},
        {"dimensions": {"names": ["x"], "units": ["m"], "low": [0.0], "high": [0.0]}},
        {"dimensions": {"names": ["x"], "units": ["m"], "low": [float("nan")], "high": [1.0]}},
        {"dimensions": {"names": ["x"], "units": ["m"], "low": [-1e308], "high": [1e308]}},
        {"dimensions": {"names": ["x"], "units": ["m"], "low": [0], "high": [10**400]}},
        {"dimensions": {"names": ["x", "x"], "units": ["m", "m"], "low": [0, 0], "high": [1, 1]}},
        {"dimensions": {"names": [1], "units": ["m"], "low": [0.0], "high": [1.0]}},
        {"dimensions": {"names": ["x"], "units": ["m"], "low": ["0"], "high": [1.0]}},
        {"dimensions": {"names": ["x"], "units": ["m"], "low": [0.0, 0.0], "high": [1.0]}},
        {"dimensions": {"names": ["x"], "units": ["m"], "low": [0.0]}},
    ],
)  # fmt: skip
def test_documents_that_are_none_are_refused(wrong: dict) -> None:
    with pytest.raises(InvalidInput):
        Bins.from_json(BINS.to_json() | wrong)


def test_no_actions_have_no_quantiles() -> None:
    with pytest.raises(InvalidInput, match="expected at least one row"):
        dimensions_of(np.zeros((0, 3)), NAMES, UNITS)
