"""Segments: the fused cloud above the table, cut where there is a gap or a change of colour."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from robot.obstacles import Box
from robot.transforms import transform
from sensors.pointcloud import PointCloud


@dataclass
class SegmentsConfig:
    """How things are told apart; m."""

    region_lower: list[float]
    region_upper: list[float]
    above_table: float = 0.009
    gap: float = 0.013
    colour_step: float = 0.09
    fewest_points: int = 12
    smallest: float = 0.012
    lowest: float = 0.02
    spread: float = 0.06
    wall_height: float = 0.03
    wall_gap: float = 0.03
    sheet: float = 0.006
    hidden_width: float = 0.08


def table_height(cloud: PointCloud, config: SegmentsConfig) -> float:
    """The height in base of the biggest horizontal surface within 10 cm of the base's own, 0 if none is seen, m."""
    z = cloud.points_base[_inside(cloud, config, below=0.2), 2]
    z = z[np.abs(z) < 0.1]
    if len(z) < 50:
        return 0.0
    counts, edges = np.histogram(z, bins=np.arange(-0.1, 0.1, 0.006))
    best = int(np.argmax(counts))
    return float(np.median(z[(z >= edges[best] - 0.003) & (z <= edges[best + 1] + 0.003)]))


def segments(cloud: PointCloud, table_z: float, config: SegmentsConfig) -> list[np.ndarray]:
    """Masks (N,) bool over the cloud, one a thing, from left to right.

    Neighbours belong together when they are within `gap` and of a like colour: shadow and light change a colour's
    brightness more than its chromaticity, so brightness counts less. Points without colour (LiDAR) go with the nearest.
    """
    above = np.flatnonzero(_inside(cloud, config) & (cloud.points_base[:, 2] > table_z + config.above_table))
    coloured = above[cloud.coloured[above]]
    if len(coloured) < config.fewest_points:
        return []
    tree = cKDTree(cloud.points_base[coloured])
    pairs = tree.query_pairs(config.gap, output_type="ndarray")
    feature = _colour_feature(cloud.rgb[coloured])
    pairs = pairs[np.abs(feature[pairs[:, 0]] - feature[pairs[:, 1]]).max(axis=1) < config.colour_step]
    links = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(coloured),) * 2)
    label = join_hidden(cloud.points_base[coloured], feature, connected_components(links, directed=False)[1], config)
    label = join_walls(cloud.points_base[coloured], feature, label, config)
    whole = label_of_all(cloud, above, coloured, label, tree, config.gap)
    masks = [whole == each for each in np.unique(label)]
    kept = [mask for mask in masks if _is_thing(cloud.points_base[mask], table_z, config)]
    return sorted(kept, key=lambda mask: -float(cloud.points_base[mask, 1].mean()))


def join_hidden(points_base: np.ndarray, feature: np.ndarray, label: np.ndarray, config: SegmentsConfig) -> np.ndarray:
    """Segment numbers (N,) in which two sides of one thing have one number, although what stands on it hides its top.

    Two flat sheets of a like colour are such sides if they are no farther apart than a graspable thing is wide, and
    something else stands over the middle between them.
    """
    joined = label.copy()
    numbers, counts = np.unique(label, return_counts=True)
    parts = {each: label == each for each in numbers[counts >= config.fewest_points]}
    sheets = [each for each, part in parts.items() if _thickness(points_base[part]) < config.sheet]
    for a, b in combinations(sheets, 2):
        alike = np.abs(feature[parts[a]].mean(axis=0) - feature[parts[b]].mean(axis=0)).max() < config.colour_step
        ends = [(points_base[parts[each]].min(axis=0) + points_base[parts[each]].max(axis=0)) / 2 for each in (a, b)]
        over = np.linalg.norm(points_base[:, :2] - (ends[0] + ends[1])[:2] / 2, axis=1) < config.gap
        over &= (points_base[:, 2] > points_base[parts[a] | parts[b], 2].max()) & ~(parts[a] | parts[b])
        if alike and over.any() and np.linalg.norm((ends[0] - ends[1])[:2]) < config.hidden_width:
            joined[joined == joined[parts[b]][0]] = joined[parts[a]][0]
    return joined


def join_walls(points_base: np.ndarray, feature: np.ndarray, label: np.ndarray, config: SegmentsConfig) -> np.ndarray:
    """Segment numbers (N,) in which the walls of a bin have its number, although shadow or something before it parts them.

    A wall is an upright sheet, longer than the side of a graspable thing; it belongs to its neighbour of a like hue.
    """
    joined = label.copy()
    numbers, counts = np.unique(label, return_counts=True)
    parts = {each: label == each for each in numbers[counts >= config.fewest_points]}
    for a, wall in parts.items():
        reach = np.ptp(points_base[wall], axis=0)
        if reach[:2].max() < config.spread or reach[2] < config.wall_height or _thickness(points_base[wall]) > config.sheet:
            continue
        tree = cKDTree(points_base[wall])
        for b, part in parts.items():
            alike = np.abs(feature[wall, :3].mean(axis=0) - feature[part, :3].mean(axis=0)).max() < config.colour_step
            if a != b and alike and tree.query(points_base[part])[0].min() < config.wall_gap:
                joined[joined == joined[part][0]] = joined[wall][0]
    return joined


def label_of_all(
    cloud: PointCloud, above: np.ndarray, coloured: np.ndarray, label: np.ndarray, tree: cKDTree, gap: float
) -> np.ndarray:
    """A segment number (N,) for every point of the cloud, -1 for none; colourless points take their neighbour's."""
    whole = np.full(len(cloud), -1)
    whole[coloured] = label
    colourless = above[~cloud.coloured[above]]
    if len(colourless):
        distance, nearest = tree.query(cloud.points_base[colourless], distance_upper_bound=gap)
        near = np.isfinite(distance)
        whole[colourless[near]] = label[nearest[near]]
    return whole


def box_around(points_base: np.ndarray, support_z: float, voxel: float, sides_only: bool = False) -> Box:
    """The upright box around a thing's points, from what it stands on to its top, turned to the smallest footprint.

    Two sides of a block fill a small footprint aslant, too; where only sides are seen, it is turned to lie along them.
    A voxel's point lies anywhere in it, so each side is half a voxel short on average; that is added.
    """
    yaws = np.deg2rad(np.arange(0.0, 90.0, 3.0))
    axes = np.stack([np.cos(yaws), np.sin(yaws)], axis=1)  # (A, 2)
    normals = np.stack([-axes[:, 1], axes[:, 0]], axis=1)
    xy = points_base[:, :2].astype(float)
    along, across = xy @ axes.T, xy @ normals.T  # (N, A)
    low_a, high_a = np.percentile(along, [1, 99], axis=0)
    low_b, high_b = np.percentile(across, [1, 99], axis=0)
    off_edges = np.min([along - low_a, high_a - along, across - low_b, high_b - across], axis=0)  # (N, A)
    best = int(np.argmin(np.abs(off_edges).mean(axis=0) if sides_only else (high_a - low_a) * (high_b - low_b)))
    centre = axes[best] * (low_a + high_a)[best] / 2 + normals[best] * (low_b + high_b)[best] / 2
    top = float(np.percentile(points_base[:, 2], 98)) + voxel / 4
    rotation = np.eye(3)
    rotation[:2, 0], rotation[:2, 1] = axes[best], normals[best]
    height = max(top - support_z, 0.005)
    size = np.array([(high_a - low_a)[best] + voxel / 2, (high_b - low_b)[best] + voxel / 2, height])
    return Box(pose=transform([*centre, support_z + height / 2], rotation), size=np.maximum(size, 0.005))


def support_height(points_base: np.ndarray, others_base: np.ndarray, table_z: float) -> float:
    """What a thing stands on, m: the top of other things right below it, or the table."""
    bottom = float(np.percentile(points_base[:, 2], 2))
    if not len(others_base):
        return table_z
    low, high = points_base[:, :2].min(axis=0), points_base[:, :2].max(axis=0)
    below = others_base[(others_base[:, 2] < bottom + 0.012) & (others_base[:, 2] > table_z + 0.009)]
    under = below[_between(below, low + (high - low) * 0.25, high - (high - low) * 0.25)]
    if len(under) < 4 and bottom > table_z + 0.02:  # it may hide all but the sides of what it stands on
        under = below[_between(below, low - 0.006, high + 0.006)]
        off_centre = np.abs(under[:, :2].mean(axis=0) - (low + high) / 2) if len(under) else np.full(2, np.inf)
        under = under if (off_centre < 0.25 * (high - low)).all() else under[:0]
    return float(np.percentile(under[:, 2], 90)) if len(under) >= 4 else table_z


def _inside(cloud: PointCloud, config: SegmentsConfig, below: float = np.inf) -> np.ndarray:
    """Which points lie in the region where things may be."""
    upper = np.minimum(config.region_upper, [np.inf, np.inf, below])
    return np.all((cloud.points_base >= config.region_lower) & (cloud.points_base <= upper), axis=1)


def _colour_feature(rgb: np.ndarray) -> np.ndarray:
    """Chromaticity and, a quarter as strong, brightness (N, 4)."""
    scaled = rgb.astype(float) / 255
    total = scaled.sum(axis=1, keepdims=True)
    return np.hstack([scaled / np.maximum(total, 0.15), total / 12])


def _between(points_base: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Which points lie over a rectangle (2,), (2,)."""
    return np.all((points_base[:, :2] > low) & (points_base[:, :2] < high), axis=1)


def _thickness(points_base: np.ndarray) -> float:
    """How thick a flat sheet of points is: its spread across itself, m."""
    return float(np.linalg.svd(points_base - points_base.mean(axis=0), compute_uv=False)[-1] / np.sqrt(len(points_base)))


def _is_thing(points_base: np.ndarray, table_z: float, config: SegmentsConfig) -> bool:
    """Whether a segment is big enough to be more than noise or a crumb: tall, or wide."""
    width, top = float(np.ptp(points_base[:, :2], axis=0).max()), float(points_base[:, 2].max()) - table_z
    return len(points_base) >= config.fewest_points and width >= (config.smallest if top > config.lowest else config.spread)
