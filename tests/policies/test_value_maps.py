"""Value maps draw the tool to its target and keep it off everything else; the planner walks them down."""

from itertools import pairwise

import numpy as np
import pytest

from policies.value_maps.grid import Grid
from policies.value_maps.legs import LegMaker, LegsConfig
from policies.value_maps.maps import MapsConfig, ValueMaps, compose
from policies.value_maps.planner import cheapest_path, line_cost, rounded, straighten, timed
from robot.errors import InvalidInput
from robot.obstacles import Box
from robot.transforms import angle_between, from_xyz_rpy, transform
from tests.policies.tabletop import robot

START, TARGET = np.array([0.3, -0.3, 0.2]), np.array([0.6, 0.3, 0.2])
CONFIG = MapsConfig()


def a_grid(resolution: float = 0.02) -> Grid:
    return Grid(lower=np.array([0.1, -0.55, 0.0]), upper=np.array([0.85, 0.55, 0.65]), resolution=resolution)


def wall(height: float = 0.3) -> np.ndarray:
    """Points of a wall across the way between start and target, with a way round on both sides and above."""
    x, z = np.meshgrid(np.arange(0.33, 0.60, 0.01), np.arange(0.0, height, 0.01))
    return np.stack([x.ravel(), np.zeros(x.size), z.ravel()], axis=1)


def maps_for(obstacles: np.ndarray, hanging: float = 0.0, target: np.ndarray = TARGET) -> ValueMaps:
    return compose(a_grid(), target, obstacles, hanging, 0.05, CONFIG)


def nothing() -> np.ndarray:
    return np.zeros((0, 3))


def clearance(path: np.ndarray, obstacles: np.ndarray) -> float:
    """The least distance of a path, sampled every few millimetres, from points, m."""
    dense = rounded(path, 0.005, 0.0)
    return float(np.linalg.norm(dense[:, None] - obstacles[None], axis=-1).min())


def test_a_voxels_centre_lies_in_it() -> None:
    for resolution in (0.02, 0.033):
        grid = a_grid(resolution)
        index = np.indices(grid.shape).reshape(3, -1).T
        np.testing.assert_array_equal(grid.index(grid.centre(index)), index)


def test_a_point_lies_within_half_a_voxel_of_its_voxels_centre() -> None:
    grid = a_grid()
    points = np.random.default_rng(0).uniform(grid.lower, grid.upper, (1000, 3))
    assert np.abs(grid.centre(grid.index(points)) - points).max() <= 0.5 * grid.resolution + 1e-9
    assert grid.holds(points).all()


def test_a_grid_covers_its_whole_box() -> None:
    grid = a_grid(0.033)
    assert (grid.lower + np.array(grid.shape) * grid.resolution >= grid.upper - 1e-9).all()


def test_points_outside_get_the_nearest_voxel_and_occupy_none() -> None:
    grid = a_grid()
    outside = np.array([[5.0, 0.0, 0.3], [0.5, 0.0, -1.0]])
    assert (grid.index(outside) < grid.shape).all() and (grid.index(outside) >= 0).all()
    assert not grid.occupancy(outside).any()
    assert grid.occupancy(np.array([TARGET])).sum() == 1


@pytest.mark.parametrize(
    ("lower", "upper", "resolution"), [([0, 0, 0], [1, 1, 0], 0.1), ([0, 0, 0], [1, 1, 1], 0.0), ([0, 0, 0], [1, 1, 1], 2.0)]
)
def test_an_impossible_grid_is_refused(lower: list[float], upper: list[float], resolution: float) -> None:
    with pytest.raises(InvalidInput, match="grid"):
        Grid(lower=np.array(lower, dtype=float), upper=np.array(upper, dtype=float), resolution=resolution)


def test_affordance_is_one_at_the_target_and_falls_with_distance() -> None:
    maps = maps_for(wall())
    assert maps.grid.sample(maps.affordance, TARGET[None])[0] == 1.0
    centres = maps.grid.centre(np.indices(maps.grid.shape).reshape(3, -1).T)
    order = np.argsort(np.linalg.norm(centres - maps.grid.centre(maps.grid.index(TARGET)), axis=1), kind="stable")
    assert (np.diff(maps.affordance.reshape(-1)[order]) <= 1e-9).all()
    assert maps.affordance.min() >= 0


def test_avoidance_is_one_where_the_tool_would_touch_and_zero_far_off() -> None:
    maps = maps_for(wall())
    at = np.array([[0.45, 0.0, 0.15], [0.45, 0.06, 0.15], [0.45, 0.11, 0.15], [0.45, 0.3, 0.15]])
    on_wall, touching, near, far = maps.grid.sample(maps.avoidance, at)
    assert on_wall == touching == 1.0
    assert 0 < near < 1
    assert far == 0


def test_all_maps_stay_in_their_ranges() -> None:
    maps = maps_for(wall())
    for value_map in (maps.affordance, maps.avoidance, maps.turned):
        assert value_map.min() >= 0 and value_map.max() <= 1
    assert maps.velocity.min() >= CONFIG.speed_near - 1e-9 and maps.velocity.max() <= CONFIG.speed + 1e-9
    assert (maps.gripper_width == 0.05).all()
    assert maps.cost.min() >= 1


def test_it_is_slow_near_the_target_and_near_things() -> None:
    maps = maps_for(wall())
    near_target, near_wall, free = maps.grid.sample(maps.velocity, np.array([TARGET, [0.45, 0.08, 0.15], [0.2, -0.5, 0.6]]))
    assert near_target < free and near_wall < free
    assert free == pytest.approx(CONFIG.speed)


def test_without_obstacles_the_way_is_straight() -> None:
    path = cheapest_path(maps_for(nothing()), START, TARGET)
    length = np.linalg.norm(np.diff(path, axis=0), axis=1).sum()
    assert length < 1.03 * np.linalg.norm(TARGET - START)


def test_the_ends_of_a_path_are_exact() -> None:
    start, target = START + 0.0071, TARGET - 0.0053
    path = cheapest_path(maps_for(wall(), target=target), start, target)
    np.testing.assert_array_equal(path[0], start)
    np.testing.assert_array_equal(path[-1], target)


def test_a_path_goes_round_what_stands_in_the_way() -> None:
    obstacles = wall()
    through = clearance(np.stack([START, TARGET]), obstacles)
    path = cheapest_path(maps_for(obstacles), START, TARGET)
    assert through < 0.01
    assert clearance(path, obstacles) > CONFIG.tool_radius - 0.02  # within a voxel
    assert clearance(rounded(path, 0.03, 0.05), obstacles) > CONFIG.tool_radius - 0.03


def test_a_path_that_can_only_go_over_goes_over() -> None:
    x, z = np.meshgrid(np.arange(0.1, 0.85, 0.01), np.arange(0.0, 0.3, 0.01))
    across = np.stack([x.ravel(), np.zeros(x.size), z.ravel()], axis=1)
    path = cheapest_path(maps_for(across), START, TARGET)
    assert path[:, 2].max() > 0.3 + CONFIG.tool_radius - 0.02
    assert clearance(path, across) > CONFIG.tool_radius - 0.02


def test_what_hangs_below_the_tool_lifts_the_path() -> None:
    x, z = np.meshgrid(np.arange(0.1, 0.85, 0.01), np.arange(0.0, 0.15, 0.01))
    across = np.stack([x.ravel(), np.zeros(x.size), z.ravel()], axis=1)
    crossing = {}
    for hanging in (0.0, 0.1):
        dense = rounded(cheapest_path(maps_for(across, hanging), START, TARGET), 0.005, 0.0)
        crossing[hanging] = dense[np.abs(dense[:, 1]).argmin(), 2]
    assert crossing[0.1] - crossing[0.0] > 0.05
    assert (
        crossing[0.1] - 0.1 > 0.15 + CONFIG.tool_radius - 0.03
    )  # the lower end of what hangs clears the wall as the tool would


def test_straightening_never_makes_a_path_dearer() -> None:
    rng = np.random.default_rng(1)
    maps = maps_for(wall())
    for _ in range(20):
        path = np.vstack([START, rng.uniform([0.2, -0.4, 0.1], [0.7, 0.4, 0.5], (12, 3)), TARGET])
        straight = straighten(maps.grid, maps.cost, path)
        dear, cheap = (sum(line_cost(maps.grid, maps.cost, a, b) for a, b in pairwise(way)) for way in (path, straight))
        assert cheap <= 1.02 * dear
        np.testing.assert_array_equal(straight[[0, -1]], path[[0, -1]])
        assert {tuple(corner) for corner in straight} <= {tuple(corner) for corner in path}


def test_the_cost_of_a_line_is_its_length_where_the_map_is_one() -> None:
    grid = a_grid()
    assert line_cost(grid, np.ones(grid.shape), START, TARGET) == pytest.approx(np.linalg.norm(TARGET - START))


def test_rounding_keeps_the_ends_and_the_spacing() -> None:
    corners = np.array([[0.3, -0.3, 0.2], [0.3, 0.0, 0.4], [0.6, 0.3, 0.2]])
    path = rounded(corners, 0.03, 0.05)
    np.testing.assert_allclose(path[[0, -1]], corners[[0, -1]], atol=1e-12)
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    assert steps.max() < 0.035
    turns = np.diff(path, axis=0) / steps[:, None]
    assert np.einsum("ij,ij->i", turns[1:], turns[:-1]).min() > np.cos(np.deg2rad(60))  # the corner of 82 degrees is spread


def test_rounding_a_very_short_path_keeps_both_ends() -> None:
    short = np.array([[0.3, 0.0, 0.2], [0.301, 0.0, 0.2]])
    np.testing.assert_array_equal(rounded(short, 0.03, 0.05), short)


def test_a_path_is_timed_by_the_velocity_map() -> None:
    maps = maps_for(wall())
    path = rounded(cheapest_path(maps, START, TARGET), 0.03, 0.05)
    arm = timed(maps, path, transform(START), transform(TARGET), stamp_ns=7)
    middles = (path[1:] + path[:-1]) / 2
    speeds = np.linalg.norm(np.diff(path, axis=0), axis=1) / np.diff(arm.time_s)
    np.testing.assert_allclose(speeds, maps.grid.sample(maps.velocity, middles), rtol=1e-6)
    assert arm.stamp_ns == 7 and arm.time_s[0] == 0


def test_the_turn_is_made_on_the_way_and_never_undone() -> None:
    maps = maps_for(wall())
    T_start, T_goal = from_xyz_rpy(list(START), [np.pi, 0, 0]), from_xyz_rpy(list(TARGET), [np.pi, 0, 1.2])
    path = rounded(cheapest_path(maps, START, TARGET), 0.03, 0.05)
    arm = timed(maps, path, T_start, T_goal, 0)
    np.testing.assert_allclose(arm.T_base_ee[0], T_start, atol=1e-9)
    np.testing.assert_allclose(arm.T_base_ee[-1], T_goal, atol=1e-9)
    turned = [angle_between(T_start, T) for T in arm.T_base_ee]
    assert (np.diff(turned) >= -1e-9).all()
    np.testing.assert_allclose(arm.T_base_ee[:, :3, 3], path)


def test_an_attached_box_lifts_the_leg_over_a_wall() -> None:
    legs = LegMaker(robot()[0], LegsConfig())
    x, z = np.meshgrid(np.arange(0.1, 0.85, 0.01), np.arange(0.0, 0.15, 0.01))
    across = np.stack([x.ravel(), np.zeros(x.size), z.ravel()], axis=1)
    held = Box(pose=transform([0, 0, 0.03]), size=np.array([0.04, 0.04, 0.16]))  # 11 cm below the tool centre
    goals = (from_xyz_rpy(list(START), [np.pi, 0, 0]), from_xyz_rpy(list(TARGET), [np.pi, 0, 0]))
    tops = [legs.through_maps(0, *goals, across, 0.04, "", attached).arm.T_base_ee[:, 2, 3].max() for attached in (None, held)]  # type: ignore[union-attr]
    assert tops[1] > tops[0] + 0.05


def test_a_straight_leg_is_slow_only_where_it_may_touch() -> None:
    legs, room = LegMaker(robot()[0], LegsConfig()), Box(pose=transform(TARGET), size=np.full(3, 0.2))
    T_start, T_goal = from_xyz_rpy(list(START), [np.pi, 0, 0]), from_xyz_rpy(list(TARGET), [np.pi, 0, 0])
    free, touching = legs.straight(0, T_start, T_goal, 0.04, ""), legs.straight(0, T_start, T_goal, 0.04, "", room)
    assert free.contacts == () and touching.duration_s > free.duration_s
    (contact,) = touching.contacts
    assert contact.box_base is room and (contact.start_s, contact.end_s) == (0.0, touching.duration_s)
    assert np.linalg.norm(TARGET - START) / touching.duration_s <= contact.speed + 1e-9
