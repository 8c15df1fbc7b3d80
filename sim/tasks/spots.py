"""Spots: where on the table a thing can be set down or pushed to, and which of them has the most room; in base, m."""

from collections.abc import Sequence

import numpy as np

from sim.tasks.cast import REACH
from sim.tasks.elbowroom import Disc, gap_at

ENOUGH = 0.05  # a gap between two things that fingers pass through on both sides
LEAST = 0.04  # what a drawn scene leaves at least
TABLE_LOWER = np.array([0.30, -0.40])  # nearer, an elbow at its limit keeps some postures from going down
TABLE_UPPER = np.array([0.72, 0.40])


def on_table(xy: np.ndarray) -> np.ndarray:
    """Which points (..., 2) lie where the arm reaches round a thing: (...) bool."""
    inside = ((xy >= TABLE_LOWER) & (xy <= TABLE_UPPER)).all(axis=-1)
    return inside & (np.linalg.norm(xy, axis=-1) <= REACH)


def around(anchor: Disc, radius: float, direction: np.ndarray) -> np.ndarray:
    """Points (M, 2) off an anchor in a direction (2,), give or take 20°, for a disc of a radius; the nearest to ideal first."""
    angles = np.deg2rad([0.0, 10.0, -10.0, 20.0, -20.0])
    turned = [[np.cos(a) * direction[0] - np.sin(a) * direction[1], np.sin(a) * direction[0] + np.cos(a) * direction[1]]
              for a in angles]  # fmt: skip
    gaps = np.array([0.055, 0.07, 0.045, 0.085, 0.10]) + anchor.radius + radius
    return np.array([anchor.xy + gap * np.array(way) for gap in gaps for way in turned])


def between(one: Disc, other: Disc) -> np.ndarray:
    """Points (M, 2) on the line between two things, the middle first."""
    shares = np.array([0.5, 0.45, 0.55, 0.4, 0.6])
    return one.xy + shares[:, None] * (other.xy - one.xy)


def roomiest(spots: np.ndarray, radius: float, discs: Sequence[Disc]) -> tuple[np.ndarray, float]:
    """The first of the points (M, 2) with enough of a gap, else that with the greatest; and the gap, -inf off the table."""
    gaps = [min(gap_at(xy, radius, discs), ENOUGH) if on_table(xy) else -np.inf for xy in spots]
    best = int(np.argmax(gaps))
    return spots[best], float(gaps[best])
