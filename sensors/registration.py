"""Registration of two clouds: by how small a motion do the surfaces that both saw fall onto each other?"""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from robot.transforms import apply, transform

GATES = (0.15,) * 4 + (0.08,) * 6 + (0.05,) * 6  # m, step by step: what is farther is not the same surface
ON_SURFACE = 0.02  # m: three σ of a spinning LiDAR at the angle under which it sees a table
NEIGHBOURS = 12
FLATNESS = 0.15  # of a neighbourhood's smallest to its middle variance: above it is no surface
TUKEY = 4.685  # times σ: 95 % efficiency on normal residuals (Holland and Welsch 1977)
MAD_TO_SIGMA = 1.4826
SIGMA_PER_GATE = 0.1  # at least, so that the few points off the table still pull while they are far from their surface
SLIDING_PRIOR = 0.05  # m: without surfaces that say more, a cloud is taken to be this close to its place


@dataclass(frozen=True, eq=False, kw_only=True)
class Surface:
    """Points with the directions in which their surfaces look.

    Attributes:
        points_base: (N, 3) m.
        normals_base: (N, 3) of unit length, either way round.
        tree: finds neighbours among them.
    """

    points_base: np.ndarray
    normals_base: np.ndarray
    tree: cKDTree


@dataclass(frozen=True, eq=False, kw_only=True)
class Registration:
    """How a cloud has to move to fall onto a surface.

    Attributes:
        across: (M,) m: how far each shared point moves along its surface's normal.
        along: (M,) m: how far it moves along the surface.
        share: of the shared points, how many lie on the surface after that.
    """

    across: np.ndarray
    along: np.ndarray
    share: float


def surface(points_base: np.ndarray) -> Surface:
    """The surface that points (N, 3) lie on, N > 12; those on an edge or alone are left out."""
    _, neighbours = cKDTree(points_base).query(points_base, k=NEIGHBOURS)
    around = points_base[neighbours] - points_base[neighbours].mean(axis=1, keepdims=True)  # (N, k, 3)
    variance, axes = np.linalg.eigh(np.einsum("nki,nkj->nij", around, around))
    flat = variance[:, 0] < FLATNESS * variance[:, 1]
    kept = points_base[flat]
    return Surface(points_base=kept, normals_base=axes[flat, :, 0], tree=cKDTree(kept))


def register(points_base: np.ndarray, onto: Surface, num_shared_min: int) -> Registration | None:
    """Move points (N, 3) onto a surface; None if fewer than so many are near it.

    Point-to-plane ICP (Chen and Medioni, Image and Vision Computing 1992, equation 5) with Tukey weights.
    """
    T = np.eye(4)
    shared, nearest = _near(points_base, onto, GATES[0])
    for gate in GATES:
        shared, nearest = _near(apply(T, points_base), onto, gate)
        if len(shared) < num_shared_min:
            return None
        T = _step(apply(T, points_base[shared]), onto.points_base[nearest], onto.normals_base[nearest], gate) @ T
    there = apply(T, points_base[shared])
    normal = onto.normals_base[nearest]
    moved = there - points_base[shared]
    across = np.einsum("mi,mi->m", moved, normal)
    residual = np.einsum("mi,mi->m", there - onto.points_base[nearest], normal)
    along = np.linalg.norm(moved - across[:, None] * normal, axis=1)
    return Registration(across=np.abs(across), along=along, share=float((np.abs(residual) < ON_SURFACE).mean()))


def _near(points_base: np.ndarray, onto: Surface, gate: float) -> tuple[np.ndarray, np.ndarray]:
    """Which points (M,) have a neighbour on the surface within the gate, and which that is (M,)."""
    distance, nearest = onto.tree.query(points_base, distance_upper_bound=gate)
    shared = np.flatnonzero(np.isfinite(distance))
    return shared, nearest[shared]


def _step(points: np.ndarray, planes: np.ndarray, normals: np.ndarray, gate: float) -> np.ndarray:
    """The small motion (4, 4) that brings points (M, 3) best onto the planes through `planes` (M, 3)."""
    center = points.mean(axis=0)
    arm = np.sqrt(((points - center) ** 2).sum(axis=1).mean())  # m: makes turns comparable to shifts
    residual = np.einsum("mi,mi->m", points - planes, normals)
    sigma = max(MAD_TO_SIGMA * float(np.median(np.abs(residual))), SIGMA_PER_GATE * gate)
    weight = np.clip(1 - (residual / (TUKEY * sigma)) ** 2, 0, None) ** 2
    jacobian = np.concatenate([normals, np.cross(points - center, normals) / arm], axis=1)  # (M, 6)
    weighted = jacobian * weight[:, None]
    normal_matrix = weighted.T @ jacobian + (sigma / SLIDING_PRIOR) ** 2 * np.eye(6)
    shift_and_turn = -np.linalg.solve(normal_matrix, weighted.T @ residual)
    rotation = Rotation.from_rotvec(shift_and_turn[3:] / arm).as_matrix()
    return transform(center + shift_and_turn[:3] - rotation @ center, rotation)
