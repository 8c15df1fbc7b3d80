"""Cabinets with drawers and handles, and what is painted or strewn on the table, found in clouds made by hand."""

from dataclasses import replace

import numpy as np
import pytest

from policies.grounding.furniture import Drawer, front_of
from policies.language.program import Phrase
from policies.value_maps.sweeping import mouth
from robot.obstacles import Box
from robot.transforms import apply, from_xyz_rpy
from sensors.observation import Observation
from sensors.pointcloud import from_points, join, thin
from tests.policies.tabletop import block, grounder, observe, phrase

OAK, CREAM, STEEL, TEAL, CRUST = (200, 163, 115), (230, 219, 194), (120, 122, 128), (25, 128, 120), (184, 133, 71)
STEP = 0.004


def box_points(low: list[float], high: list[float]) -> np.ndarray:
    """Points (N, 3) on the surface of a box."""
    axes = [np.linspace(a, b, max(2, int((b - a) / STEP) + 1)) for a, b in zip(low, high, strict=True)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    on_surface = np.any(np.isclose(points, low) | np.isclose(points, high), axis=1)
    return points[on_surface]


def painted(points: np.ndarray, colour: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Points with a colour."""
    return points, np.tile(np.array(colour, np.uint8), (len(points), 1))


def cabinet(opening: float, x: float = 0.70, y: float = 0.24, yaw: float = 0.0) -> list[tuple[np.ndarray, np.ndarray]]:
    """A cabinet of the household scene whose front stands at (x, y), its drawer so far open, m."""
    T = from_xyz_rpy([x, y, 0.0], [0.0, 0.0, yaw])
    out = -opening
    parts = [painted(box_points([0.0, -0.11, 0.0], [0.20, 0.11, 0.12]), OAK),
             painted(box_points([out - 0.012, -0.109, 0.004], [out, 0.109, 0.116]), CREAM),
             painted(box_points([out - 0.052, -0.009, 0.055], [out - 0.012, 0.009, 0.085]), STEEL)]  # fmt: skip
    if opening > 0.02:
        floor = box_points([out, -0.095, 0.015], [0.0, 0.095, 0.021])
        sides = [box_points([out, side - 0.0025, 0.02], [0.0, side + 0.0025, 0.07]) for side in (-0.0925, 0.0925)]
        parts += [painted(np.concatenate([floor, *sides]), CREAM)]
    return [(apply(T, points), rgb) for points, rgb in parts]


def with_parts(observation: Observation, parts: list[tuple[np.ndarray, np.ndarray]]) -> Observation:
    """The observation with further coloured points in its cloud."""
    clouds = [from_points(points, rgb, 0, ("front",)) for points, rgb in parts]
    return replace(observation, cloud=thin(join([observation.cloud, *clouds], ("front",)), 0.006)[0])


@pytest.mark.parametrize("opening", [0.0, 0.06, 0.12])
@pytest.mark.parametrize("yaw", [0.0, 0.25])
def test_a_drawer_is_found_with_its_handle_and_how_far_it_is_open(opening: float, yaw: float) -> None:
    observation = with_parts(observe(block("red", 0.45, -0.1)), cabinet(opening, yaw=yaw))
    (drawer,) = grounder().ground(phrase("the drawer"), observation)
    assert isinstance(drawer, Drawer)
    assert drawer.opening == pytest.approx(opening, abs=0.012)
    np.testing.assert_allclose(drawer.outward, [-np.cos(yaw), -np.sin(yaw)], atol=0.06)
    handle = apply(from_xyz_rpy([0.70, 0.24, 0.0], [0.0, 0.0, yaw]), np.array([-opening - 0.032, 0.0, 0.07]))
    np.testing.assert_allclose(drawer.handle_base.pose[:3, 3], handle, atol=0.012)
    assert sorted(each.shape for each in grounder().things(observation)) == ["block", "cabinet", "drawer", "handle"]


def test_what_lies_in_an_open_drawer_is_a_thing_and_no_part_of_it() -> None:
    observation = with_parts(observe(block("red", 0.63, 0.24, z=0.022)), cabinet(0.12))
    names = [each.description for each in grounder().things(observation)]
    assert "red block" in names and "drawer" in names


def test_the_left_one_of_two_drawers_is_the_left_one() -> None:
    observation = with_parts(observe(), cabinet(0.1) + cabinet(0.1, y=-0.24))
    (left,) = grounder().ground(phrase("the left drawer"), observation)
    (right,) = grounder().ground(phrase("the right drawer"), observation)
    assert left.box_base.pose[1, 3] > 0.2 and right.box_base.pose[1, 3] < -0.2


def test_a_front_faces_the_robot() -> None:
    for yaw in (0.0, 0.4, np.pi / 2, 2.5):
        T_base_front = front_of(Box(pose=from_xyz_rpy([0.7, 0.2, 0.06], [0.0, 0.0, yaw]), size=np.array([0.2, 0.22, 0.12])))
        assert T_base_front[:2, 0] @ [-0.7, -0.2] > 0.7 * np.hypot(0.7, 0.2)
        assert T_base_front[2, 3] == pytest.approx(0.0)


def a_mark(shape: str, colour: str | None = None) -> Phrase:
    """A phrase for what shows on the table by its colour."""
    return Phrase(text="", shape=shape, colour=colour)


def test_crumbs_are_one_heap_where_they_lie_and_lines_and_pads_are_none() -> None:
    places = np.random.default_rng(0).uniform([0.5, -0.4], [0.6, -0.3], (10, 2))
    crumbs = [painted(box_points([x, y, 0.0], [x + 0.008, y + 0.008, 0.008]), CRUST) for x, y in places]
    line = painted(box_points([0.3, 0.2, 0.0], [0.6, 0.215, 0.0005]), (30, 60, 220))
    pad = painted(box_points([0.35, -0.05, 0.0], [0.47, 0.07, 0.0005]), (30, 180, 40))
    observation = with_parts(observe(block("red", 0.6, 0.0)), [*crumbs, line, pad])
    (heap,) = grounder().ground(a_mark("crumbs"), observation)
    np.testing.assert_allclose(heap.box_base.pose[:2, 3], [0.55, -0.35], atol=0.02)
    (blue,) = grounder().ground(a_mark("line", "blue"), observation)
    assert blue.box_base.size[:2].max() == pytest.approx(0.3, abs=0.02)
    (green,) = grounder().ground(a_mark("pad", "green"), observation)
    np.testing.assert_allclose(green.box_base.pose[:2, 3], [0.41, 0.01], atol=0.01)
    assert not grounder().ground(a_mark("line", "red"), observation)


def test_a_clean_table_has_no_marks() -> None:
    assert grounder().marks(observe(block("red", 0.5, 0.0), block("green", 0.4, 0.2))) == ()


@pytest.mark.parametrize("yaw", [0.0, 1.2, np.pi])
def test_crumbs_enter_a_dustpan_at_its_wide_end(yaw: float) -> None:
    T = from_xyz_rpy([0.45, -0.2, 0.0], [0.0, 0.0, yaw])
    plates = [
        ([-0.05, -0.06, 0.0], [0.05, 0.06, 0.003]),
        ([-0.05, -0.06, 0.0], [-0.047, 0.06, 0.03]),
        ([-0.05, 0.057, 0.0], [0.05, 0.06, 0.022]),
        ([-0.05, -0.06, 0.0], [0.05, -0.057, 0.022]),
        ([-0.15, -0.011, 0.011], [-0.05, 0.011, 0.025]),
    ]
    pan = np.concatenate([box_points(*plate) for plate in plates])
    observation = with_parts(observe(), [painted(apply(T, pan), TEAL)])
    (seen,) = grounder().ground(phrase("the dustpan"), observation)
    inward, lip = mouth(seen, observation.cloud.points_base)
    np.testing.assert_allclose(inward, [-np.cos(yaw), -np.sin(yaw)], atol=0.08)
    np.testing.assert_allclose(lip, apply(T, np.array([0.05, 0.0, 0.0]))[:2], atol=0.012)
