"""ValueMaps: where to go, what to avoid, how fast, how turned and how wide open, per voxel.

After VoxPoser (Huang et al., 2023, arXiv:2307.05973, section 3.2 and appendix A.5): an affordance map draws the tool
to its target, an avoidance map keeps it off everything else, their weighted sum is the cost that the planner walks
down; rotation, velocity and gripper maps say how the tool is to be on the way.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import distance_transform_edt

from policies.value_maps.grid import Grid
from policies.value_maps.rules import MARGIN, NO_RULES, Rules


@dataclass
class MapsConfig:
    """Weights and reaches of the maps; m and m/s.

    normal_speed: where a manner of moving speaks of "normal speed" the tool has this one, and no other reason to slow down.
    """

    resolution: float = 0.02
    affordance_weight: float = 1.0
    avoidance_weight: float = 6.0
    blocked_cost: float = 60.0
    forbidden_cost: float = 600.0
    tool_radius: float = 0.07
    avoid_reach: float = 0.08
    turn_reach: float = 0.25
    speed: float = 0.45
    speed_near: float = 0.15
    slow_reach: float = 0.12
    normal_speed: float = 0.25


@dataclass(frozen=True, eq=False, kw_only=True)
class ValueMaps:
    """All maps of one leg of motion, arrays of the grid's shape.

    Attributes:
        grid: where they lie.
        affordance: in [0, 1], 1 at the target, falling with distance from it.
        avoidance: in [0, 1], 1 where the tool would touch something.
        turned: in [0, 1], share of the wanted turn that is to be done there (the rotation map).
        velocity: m/s.
        gripper_width: m.
        cost: what the planner sums along a path, per metre.
        rules: what manners of moving demand on the way; drawn into avoidance, velocity and cost.
        normal_speed: that rules of speed multiply, m/s.
    """

    grid: Grid
    affordance: np.ndarray
    avoidance: np.ndarray
    turned: np.ndarray
    velocity: np.ndarray
    gripper_width: np.ndarray
    cost: np.ndarray
    rules: Rules = NO_RULES
    normal_speed: float = 0.25

    def speed(self, points_base: np.ndarray) -> np.ndarray:
        """The tool's speed (N,) at points (N, 3), m/s: read off the map; where rules speak of speed exact, not by voxels."""
        if self.rules.speeds:
            return self.normal_speed * self.rules.factor(points_base)
        return self.grid.sample(self.velocity, points_base)


def compose(
    grid: Grid, target_base: np.ndarray, obstacles_base: np.ndarray, hanging: float, gripper_width: float, config: MapsConfig,
    rules: Rules = NO_RULES,
) -> ValueMaps:  # fmt: skip
    """Draw all maps for going to a target.

    Args:
        grid: where to draw.
        target_base: (3,) where the tool shall be, m.
        obstacles_base: (N, 3) what must not be touched, m.
        hanging: how far something that is held reaches below the tool, m.
        gripper_width: how wide open to be on the way, m.
        config: weights and reaches.
        rules: what manners of moving demand.
    """
    to_target = distance_to(grid, grid.index(target_base[None]))
    to_obstacle = _distance_to_obstacles(grid, obstacles_base, hanging)
    broken = _where_broken(grid, rules, hanging)
    affordance = 1 - to_target / max(to_target.max(), grid.resolution)
    avoidance = np.where(broken, 1.0, np.clip(1 - (to_obstacle - config.tool_radius) / config.avoid_reach, 0.0, 1.0))
    cost = 1 + config.affordance_weight * (1 - affordance) + config.avoidance_weight * avoidance
    return ValueMaps(
        grid=grid,
        affordance=affordance,
        avoidance=avoidance,
        turned=np.clip(1 - (to_target - 0.05) / config.turn_reach, 0.0, 1.0),
        velocity=_velocity(grid, to_target, to_obstacle, config, rules),
        gripper_width=np.full(grid.shape, gripper_width),
        cost=np.where(broken, config.forbidden_cost, np.where(to_obstacle < config.tool_radius, config.blocked_cost, cost)),
        rules=rules,
        normal_speed=config.normal_speed,
    )


def _velocity(grid: Grid, to_target: np.ndarray, to_obstacle: np.ndarray, config: MapsConfig, rules: Rules) -> np.ndarray:
    """The velocity map: slower near the target and near things, or the rules' multiples of the normal speed."""
    if rules.speeds:
        return config.normal_speed * rules.factor(_centres(grid)).reshape(grid.shape)
    nearness = np.clip(1 - np.minimum(to_target, to_obstacle - config.tool_radius) / config.slow_reach, 0.0, 1.0)
    return config.speed + nearness * (config.speed_near - config.speed)


def _where_broken(grid: Grid, rules: Rules, hanging: float) -> np.ndarray:
    """Voxels of which a part breaks a rule of place, of the grid's shape; for what hangs below the tool as for the tool."""
    if not (rules.off or rules.stay):
        return np.zeros(grid.shape, bool)
    centres, reach = _centres(grid), MARGIN + grid.resolution / 2
    spare = np.minimum(rules.spare(centres), rules.spare(centres - [0.0, 0.0, max(hanging, 0.0)]))
    return (spare < reach).reshape(grid.shape)


def _centres(grid: Grid) -> np.ndarray:
    """The centres (N, 3) of all voxels."""
    return grid.centre(np.indices(grid.shape).reshape(3, -1).T)


def distance_to(grid: Grid, index: np.ndarray) -> np.ndarray:
    """Distance in m from every voxel to the nearest of these voxels (N, 3)."""
    away = np.ones(grid.shape, bool)
    away[tuple(index.T)] = False
    return np.asarray(distance_transform_edt(away, sampling=grid.resolution))


def _distance_to_obstacles(grid: Grid, obstacles_base: np.ndarray, hanging: float) -> np.ndarray:
    """Distance in m from every voxel to what must not be touched, which grows upwards by what hangs below the tool."""
    occupied = grid.occupancy(obstacles_base)
    for _ in range(int(np.ceil(hanging / grid.resolution))):
        occupied[..., 1:] |= occupied[..., :-1]
    if not occupied.any():
        return np.full(grid.shape, np.inf)
    return np.asarray(distance_transform_edt(~occupied, sampling=grid.resolution))
