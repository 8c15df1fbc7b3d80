"""Segments: what is one thing, what are two, and what is too small to be any."""

import numpy as np

from policies.grounding.relations import way
from policies.grounding.segments import SegmentsConfig, segments
from sensors.pointcloud import PointCloud, from_points
from sensors.pointcloud import join as joined

CONFIG = SegmentsConfig(region_lower=[0.15, -0.5, -0.02], region_upper=[0.9, 0.5, 0.4])
GREEN = np.array([20, 140, 30], np.uint8)


def sheet(low: tuple[float, float, float], high: tuple[float, float, float], shade: float = 1.0) -> PointCloud:
    """A green box's points in a raster of 6 mm, lighter or darker."""
    axes = [np.arange(a, b + 1e-9, 0.006) for a, b in zip(low, high, strict=True)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    return from_points(points, np.tile((GREEN * shade).astype(np.uint8), (len(points), 1)), 0, ("front",))


def found(*parts: PointCloud) -> int:
    """How many things some parts are."""
    return len(segments(joined(list(parts), ("front",)), 0.0, CONFIG))


def test_a_bins_walls_are_one_thing_although_its_corners_are_not_seen() -> None:
    near, far = sheet((0.54, -0.08, 0.0), (0.55, 0.08, 0.06)), sheet((0.70, -0.06, 0.0), (0.71, 0.06, 0.06), 0.8)
    side = sheet((0.574, -0.082, 0.0), (0.676, -0.076, 0.06))
    assert found(near, side, far) == 1


def test_two_blocks_of_one_colour_side_by_side_stay_two() -> None:
    assert found(sheet((0.5, 0.0, 0.0), (0.54, 0.04, 0.04)), sheet((0.5, 0.06, 0.0), (0.54, 0.10, 0.04))) == 2


def test_a_crumb_is_no_thing_but_a_flat_plate_is() -> None:
    assert found(sheet((0.5, 0.0, 0.0), (0.512, 0.012, 0.013))) == 0
    assert found(sheet((0.5, 0.0, 0.0), (0.62, 0.12, 0.013))) == 1


def test_a_diagonal_goes_as_far_ahead_as_aside() -> None:
    np.testing.assert_allclose(way("back right"), [-np.sqrt(0.5), -np.sqrt(0.5), 0.0])
