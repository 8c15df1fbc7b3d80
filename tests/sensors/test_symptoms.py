"""Symptoms that need no scene: what of a view counts against the camera that sees it."""

import numpy as np
import pytest

from sensors.health import HealthConfig
from sensors.symptoms import AT_HAND, strange_view


@pytest.mark.parametrize(("z", "doubted"), [(AT_HAND + 0.05, True), (AT_HAND - 0.05, False)])
def test_a_view_that_is_farther_than_remembered_is_strange_but_for_what_is_at_the_hand(z: float, doubted: bool) -> None:
    farther = np.where(np.arange(400) % 2 == 0, 0.2, 0.0)
    assert bool(strange_view(farther, np.full(400, z), 0.01, HealthConfig())) == doubted
