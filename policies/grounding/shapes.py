"""Which shape word fits the points of a thing: measured features against what each shape is expected to show."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from robot.obstacles import Box
from robot.transforms import apply, invert


@dataclass(frozen=True, kw_only=True)
class Features:
    """What is measured on one thing; NaN for what can't be, because something stands on it.

    Attributes:
        width: longer side of the footprint, m.
        slenderness: height over the footprint's shorter side.
        hollow: how far the middle lies below the top, as a share of the height; 0 where the middle is not seen.
        roundness: footprint's area over its rectangle's: 1 for a square, 0.785 for a disc.
        flat_top: reach of the points near the top over the reach of all: 1 for a flat top, near 0.6 for a dome.
    """

    width: float
    slenderness: float
    hollow: float
    roundness: float
    flat_top: float


@dataclass(frozen=True)
class Expected:
    """A shape's expected features as (value, spread) pairs; None where any value will do."""

    width: tuple[float, float]
    slenderness: tuple[float, float]
    hollow: tuple[float, float]
    roundness: tuple[float, float]
    flat_top: tuple[float, float] | None


# Measured on the fused cloud of sixty random scenes; spreads are wider than seen there, so that other sizes fit too. A block's
# corners are cut by the voxels, so its roundness is nearer to a disc's than one would think.
SHAPES = {
    "block": Expected((0.043, 0.012), (0.98, 0.15), (0.0, 0.15), (0.85, 0.06), (0.91, 0.06)),
    "can": Expected((0.052, 0.010), (1.46, 0.15), (0.0, 0.15), (0.74, 0.06), (0.96, 0.06)),
    "ball": Expected((0.045, 0.010), (1.12, 0.12), (0.0, 0.15), (0.73, 0.06), (0.71, 0.08)),
    "bowl": Expected((0.135, 0.025), (0.39, 0.10), (0.7, 0.4), (0.81, 0.08), None),
    "plate": Expected((0.156, 0.03), (0.11, 0.06), (0.0, 0.6), (0.79, 0.08), None),
    "mug": Expected((0.078, 0.010), (1.22, 0.20), (0.3, 0.5), (0.76, 0.08), None),
    "bin": Expected((0.160, 0.03), (0.38, 0.10), (0.6, 0.5), (0.97, 0.05), None),
    "dustpan": Expected((0.198, 0.015), (0.235, 0.05), (0.4, 0.6), (0.76, 0.06), None),
}


def is_covered(box_base: Box, others_base: np.ndarray) -> bool:
    """Whether other things' points (N, 3) stand over the middle of a thing, so that its top is hidden."""
    local = apply(invert(box_base.pose), others_base.astype(float))
    return bool((np.all(np.abs(local[:, :2]) < box_base.size[:2] / 4, axis=1) & (local[:, 2] > box_base.size[2] / 2)).any())


def measure(points_base: np.ndarray, box_base: Box, covered: bool = False) -> Features:
    """The features of a thing from its points (N, 3) and the box around them; of a covered one only what its sides show."""
    local = apply(invert(box_base.pose), points_base.astype(float))
    height = float(box_base.size[2])
    width, depth = float(box_base.size[:2].max()), float(box_base.size[:2].min())
    if covered:
        return Features(width=width, slenderness=height / depth, hollow=np.nan, roundness=np.nan, flat_top=np.nan)
    reach = np.linalg.norm(local[:, :2], axis=1)
    middle = local[reach < 0.3 * depth, 2]
    hollow = 0.0 if len(middle) < 3 else (height / 2 - float(np.median(middle))) / height
    near_top = reach[local[:, 2] > height / 2 - min(0.008, height / 2)]
    flat_top = float(np.percentile(near_top, 90) / np.percentile(reach, 95)) if len(near_top) > 3 else 0.0
    return Features(
        width=width,
        slenderness=height / depth,
        hollow=float(np.clip(hollow, 0.0, 1.0)),
        roundness=_hull_area(local[:, :2]) / (width * depth),
        flat_top=flat_top,
    )


def likelihoods(features: Features) -> dict[str, float]:
    """How well each shape fits, in [0, 1]: a Gaussian of every feature's distance from what is expected."""
    result = {}
    for name, expected in SHAPES.items():
        squares = []
        for feature in ("width", "slenderness", "hollow", "roundness", "flat_top"):
            if (pair := getattr(expected, feature)) is not None:
                squares.append(((getattr(features, feature) - pair[0]) / pair[1]) ** 2)
        result[name] = float(np.exp(-0.5 * np.nanmean(squares)))
    return result


def _hull_area(points: np.ndarray) -> float:
    """Area of the convex hull of points (N, 2), m²; 0 if they lie on a line."""
    try:
        return float(ConvexHull(points).volume)  # in two dimensions "volume" is the area
    except (QhullError, ValueError):
        return 0.0
