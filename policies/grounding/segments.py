"""Segments: the fused cloud above the table, cut where there is a gap or a change of colour."""

from dataclasses import dataclass

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
    count, label = connected_components(links, directed=False)
    whole = label_of_all(cloud, above, coloured, label, tree, config.gap)
    masks = [whole == each for each in range(count)]
    kept = [mask for mask in masks if _is_thing(cloud.points_base[mask], config)]
    return sorted(kept, key=lambda mask: -float(cloud.points_base[mask, 1].mean()))


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


def box_around(points_base: np.ndarray, support_z: float, voxel: float) -> Box:
    """The upright box around a thing's points, from what it stands on to its top, turned to the smallest footprint.

    A voxel's point lies anywhere in it, so each side is half a voxel short on average; that is added.
    """
    yaws = np.deg2rad(np.arange(0.0, 90.0, 3.0))
    axes = np.stack([np.cos(yaws), np.sin(yaws)], axis=1)  # (A, 2)
    normals = np.stack([-axes[:, 1], axes[:, 0]], axis=1)
    xy = points_base[:, :2].astype(float)
    along, across = xy @ axes.T, xy @ normals.T  # (N, A)
    low_a, high_a = np.percentile(along, [1, 99], axis=0)
    low_b, high_b = np.percentile(across, [1, 99], axis=0)
    best = int(np.argmin((high_a - low_a) * (high_b - low_b)))
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
    shrink = (high - low) * 0.25
    under = np.all((others_base[:, :2] > low + shrink) & (others_base[:, :2] < high - shrink), axis=1)
    under &= (others_base[:, 2] < bottom + 0.012) & (others_base[:, 2] > table_z + 0.009)
    return float(np.percentile(others_base[under, 2], 90)) if under.sum() >= 4 else table_z


def _inside(cloud: PointCloud, config: SegmentsConfig, below: float = np.inf) -> np.ndarray:
    """Which points lie in the region where things may be."""
    upper = np.minimum(config.region_upper, [np.inf, np.inf, below])
    return np.all((cloud.points_base >= config.region_lower) & (cloud.points_base <= upper), axis=1)


def _colour_feature(rgb: np.ndarray) -> np.ndarray:
    """Chromaticity and, a quarter as strong, brightness (N, 4)."""
    scaled = rgb.astype(float) / 255
    total = scaled.sum(axis=1, keepdims=True)
    return np.hstack([scaled / np.maximum(total, 0.15), total / 12])


def _is_thing(points_base: np.ndarray, config: SegmentsConfig) -> bool:
    """Whether a segment is big enough to be more than noise."""
    return len(points_base) >= config.fewest_points and float(np.ptp(points_base[:, :2], axis=0).max()) >= config.smallest
