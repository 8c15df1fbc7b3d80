"""Registration finds a motion that the shared surfaces hold, and claims none along those that hold nothing."""

import numpy as np
import pytest

from robot.transforms import apply, from_xyz_rpy, transform
from sensors.registration import register, surface


def _plane(random: np.random.Generator, axis: int, count: int) -> np.ndarray:
    points = random.uniform(0.0, 1.0, (count, 3))
    points[:, axis] = 0.0
    return points


def _corner(seed: int, count: int = 4000) -> np.ndarray:
    random = np.random.default_rng(seed)
    return np.concatenate([_plane(random, axis, count) for axis in range(3)])


@pytest.mark.parametrize("seed", range(5))
def test_a_moved_corner_is_brought_back(seed: int) -> None:
    random = np.random.default_rng(seed)
    T_moved = transform([0.5] * 3) @ from_xyz_rpy(list(random.uniform(-0.02, 0.02, 3)), list(random.uniform(-0.03, 0.03, 3)))
    T_moved = T_moved @ transform([-0.5] * 3)
    seen = _corner(seed + 100)
    result = register(apply(T_moved, seen), surface(_corner(seed)), 300)
    assert result is not None and result.share > 0.95
    distance = np.linalg.norm(apply(T_moved, seen) - seen, axis=1)
    np.testing.assert_allclose(np.median(np.hypot(result.across, result.along)), np.median(distance), rtol=0.15)


def test_a_bare_plane_says_how_high_it_is_and_nothing_about_sliding() -> None:
    random = np.random.default_rng(0)
    moved = _plane(random, 2, 3000) + np.array([0.03, 0.03, 0.01])
    result = register(moved, surface(_plane(random, 2, 4000)), 300)
    assert result is not None
    np.testing.assert_allclose(result.across, 0.01, atol=1e-4)
    assert result.along.max() < 1e-3


def test_clouds_that_share_nothing_are_not_registered() -> None:
    assert register(_corner(0) + 5.0, surface(_corner(1)), 300) is None
