"""The planner: the cheapest path through composed value maps, straightened, timed by the velocity map."""

from itertools import pairwise

import numpy as np
from skimage.graph import MCP_Geometric

from policies.value_maps.grid import Grid
from policies.value_maps.maps import ValueMaps
from robot.trajectory import CartesianTrajectory
from robot.transforms import interpolate


def cheapest_path(maps: ValueMaps, start_base: np.ndarray, goal_base: np.ndarray) -> np.ndarray:
    """Corners (T, 3) of a path in base from start to goal, both exact, m."""
    return cheapest(maps.grid, maps.cost, start_base, goal_base)


def cheapest(grid: Grid, cost: np.ndarray, start_base: np.ndarray, goal_base: np.ndarray) -> np.ndarray:
    """Corners (T, 3) of the cheapest path over a cost per metre, of the grid's shape.

    Dijkstra's algorithm over the 26-neighbourhood, then every corner goes that a straight line makes no dearer.
    """
    start, goal = grid.index(start_base), grid.index(goal_base)
    search = MCP_Geometric(cost)
    search.find_costs([tuple(start)], [tuple(goal)])
    inner = grid.centre(np.array(search.traceback(tuple(goal))))[1:-1]
    return straighten(grid, cost, np.vstack([start_base, inner, goal_base]))


def straighten(grid: Grid, cost: np.ndarray, path_base: np.ndarray) -> np.ndarray:
    """The path (T, 3) without the corners whose shortcut costs no more than they do."""
    legs = [line_cost(grid, cost, a, b) for a, b in pairwise(path_base)]
    until = np.concatenate([[0.0], np.cumsum(legs)])
    kept, here = [0], 0
    while here < len(path_base) - 1:
        onward = range(len(path_base) - 1, here, -1)
        here = next(
            there
            for there in onward
            if there == here + 1
            or line_cost(grid, cost, path_base[here], path_base[there]) <= 1.02 * (until[there] - until[here])
        )
        kept.append(here)
    return path_base[kept]


def line_cost(grid: Grid, cost: np.ndarray, a_base: np.ndarray, b_base: np.ndarray) -> float:
    """The cost of a straight line, summed over half-voxel steps."""
    length = float(np.linalg.norm(b_base - a_base))
    count = max(2, int(2 * length / grid.resolution) + 1)
    points = a_base + np.linspace(0, 1, count)[:, None] * (b_base - a_base)
    return float(grid.sample(cost, points).mean() * length)


def rounded(path_base: np.ndarray, spacing: float, radius: float) -> np.ndarray:
    """The path (T, 3) resampled every `spacing` m, its corners rounded over about `radius` m; the ends stay."""
    lengths = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path_base, axis=0), axis=1))])
    if lengths[-1] < spacing:
        return path_base[[0, -1]]
    fine = np.arange(0.0, lengths[-1], 0.005)
    dense = np.stack([np.interp(np.append(fine, lengths[-1]), lengths, path_base[:, axis]) for axis in range(3)], axis=1)
    reach = max(1, int(radius / 0.005))
    padded = np.vstack([2 * dense[0] - dense[reach:0:-1], dense, 2 * dense[-1] - dense[-2 : -reach - 2 : -1]])
    if len(padded) == len(dense) + 2 * reach:
        kernel = np.hanning(2 * reach + 3)[1:-1]
        dense = np.stack([np.convolve(padded[:, axis], kernel / kernel.sum(), "valid") for axis in range(3)], axis=1)
    step = max(1, round(spacing / 0.005))
    return np.vstack([dense[:-1:step], path_base[-1]])


def timed(
    maps: ValueMaps, path_base: np.ndarray, T_base_start: np.ndarray, T_base_goal: np.ndarray, stamp_ns: int
) -> CartesianTrajectory:
    """The path (T, 3) as a trajectory: speed, turn and opening are read off the maps on the way."""
    middles = (path_base[1:] + path_base[:-1]) / 2
    lengths = np.linalg.norm(np.diff(path_base, axis=0), axis=1)
    time_s = np.concatenate([[0.0], np.cumsum(np.maximum(lengths / maps.speed(middles), 1e-3))])
    travelled = np.concatenate([[0.0], np.cumsum(lengths)]) / max(lengths.sum(), 1e-9)
    turned = np.maximum.accumulate(np.maximum(maps.grid.sample(maps.turned, path_base), travelled))
    turned[0], turned[-1] = 0.0, 1.0
    T_base_ee = interpolate(T_base_start, T_base_goal, turned)
    T_base_ee[:, :3, 3] = path_base
    return CartesianTrajectory(
        stamp_ns=stamp_ns,
        time_s=time_s,
        T_base_ee=T_base_ee,
        gripper_width=maps.grid.sample(maps.gripper_width, path_base),
    )
