"""Marks: what shows on the table only by its colour, found in the cloud at the table's height: lines, pads, crumbs."""

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from policies.grounding.colours import colour_name
from policies.grounding.grounder import Candidate
from policies.grounding.segments import SegmentsConfig, box_around
from sensors.pointcloud import PointCloud

HIGHEST = 0.014  # a crumb's top, m
RAISED = 0.0025  # what stands out of the table by less is painted on it, m
OFF_COLOUR = 0.045  # of chromaticity, from the table's own
LIKE = 0.15  # of chromaticity, between neighbours of one mark: at its border voxels mix with the table
GAP = 0.02
STREWN_GAP = 0.09  # crumbs of one heap are no farther apart, m
FEWEST = 8
FEWEST_CRUMBS = 3
SLENDER = 4.0  # a line is so many times as long as wide
SMALLEST_PAD = 0.04
BESIDE_THINGS = 0.02  # so near to a thing what is seen at the table's height is its foot or its shadow


def marks(cloud: PointCloud, table_z: float, things: list[Candidate], config: SegmentsConfig) -> list[Candidate]:
    """Lines, pads and heaps of crumbs on the table, in no order."""
    points = cloud.points_base.astype(float)
    low = cloud.coloured & (np.abs(points[:, 2] - table_z) < HIGHEST)
    low &= np.all((points[:, :2] > config.region_lower[:2]) & (points[:, :2] < config.region_upper[:2]), axis=1)
    for thing in things:
        low &= ~(thing.box_base.contains(points, margin=BESIDE_THINGS) | thing.mask)
    if not low.any():
        return []
    chroma = _chromaticity(cloud.rgb)
    odd = np.flatnonzero(low)
    odd = odd[np.abs(chroma[odd] - np.median(chroma[low], axis=0)).max(axis=1) > OFF_COLOUR]
    raised = points[odd, 2] > table_z + RAISED
    flat = [_flat(cloud, odd[part], table_z) for part in _clusters(points[odd], chroma[odd], GAP) if len(part) >= FEWEST]
    painted = [each for each in flat if each is not None and not raised[np.isin(odd, np.flatnonzero(each.mask))].mean() > 0.5]
    loose = odd[~np.any([each.mask[odd] for each in painted], axis=0)] if painted else odd
    heaps = [loose[part] for part in _clusters(points[loose], np.zeros((len(loose), 1)), STREWN_GAP)]
    heaps = [heap for heap in heaps if (points[heap, 2] > table_z + RAISED).mean() > 0.5 and len(heap) >= FEWEST_CRUMBS]
    return painted + [_candidate(cloud, heap, "crumbs", table_z) for heap in heaps]


def _clusters(points: np.ndarray, feature: np.ndarray, gap: float) -> list[np.ndarray]:
    """Indices of points that hang together within a gap (m) and by a like feature (N, F)."""
    if not len(points):
        return []
    pairs = cKDTree(points).query_pairs(gap, output_type="ndarray")
    pairs = pairs[np.abs(feature[pairs[:, 0]] - feature[pairs[:, 1]]).max(axis=1) < LIKE]
    links = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(points),) * 2)
    label = connected_components(links, directed=False)[1]
    return [np.flatnonzero(label == each) for each in np.unique(label)]


def _flat(cloud: PointCloud, index: np.ndarray, table_z: float) -> Candidate | None:
    """A line or a pad, by its outline; None for what is too small to be either."""
    box = box_around(cloud.points_base[index], table_z, 0.006)
    long, short = float(box.size[:2].max()), float(box.size[:2].min())
    filled = len(index) * 0.006**2 / (long * short)
    if long < SMALLEST_PAD or filled < 0.4:
        return None
    shape = "line" if long > SLENDER * short else "pad" if short > SMALLEST_PAD else None
    return None if shape is None else _candidate(cloud, index, shape, table_z)


def _candidate(cloud: PointCloud, index: np.ndarray, shape: str, table_z: float) -> Candidate:
    """Some points as a thing."""
    mask = np.zeros(len(cloud), bool)
    mask[index] = True
    colour = colour_name(cloud.rgb[index])
    box = box_around(cloud.points_base[index], table_z, 0.006)
    description = shape if shape == "crumbs" else f"{colour} {shape}"
    return Candidate(mask=mask, score=0.9, description=description, box_base=box, colour=colour, shape=shape)


def _chromaticity(rgb: np.ndarray) -> np.ndarray:
    """Each colour's share of the sum, (N, 3); shadow hardly changes it."""
    scaled = rgb.astype(float) / 255
    return scaled / np.maximum(scaled.sum(axis=1, keepdims=True), 0.15)
