"""Rigid transforms as plain (..., 4, 4) float64 arrays: build, invert, apply, interpolate, to and from quaternions.

`T_a_b` takes coordinates in b to coordinates in a, so inner names cancel: `T_a_c = T_a_b @ T_b_c`.
"""

from collections.abc import Sequence

import numpy as np
from scipy.spatial.transform import Rotation, Slerp

from robot.arrays import checked
from robot.errors import InvalidInput


def transform(translation: np.ndarray | list[float], rotation: np.ndarray | None = None) -> np.ndarray:
    """A (4, 4) transform from a translation (3,) m and a rotation matrix (3, 3), identity if None."""
    result = np.eye(4)
    result[:3, 3] = translation
    if rotation is not None:
        result[:3, :3] = rotation
    return result


def from_xyz_rpy(xyz: list[float], rpy: list[float]) -> np.ndarray:
    """A (4, 4) transform from a translation in m and fixed-axis roll, pitch, yaw in rad (URDF's order)."""
    return transform(xyz, Rotation.from_euler("xyz", rpy).as_matrix())


def from_xyz_quat_xyzw(xyz: Sequence[float] | np.ndarray, quat_xyzw: Sequence[float] | np.ndarray) -> np.ndarray:
    """A (4, 4) transform from a translation in m and a quaternion in PyBullet's order.

    Written out, because it stands in the simulation's every tick and scipy's Rotation costs five times as much.
    """
    x, y, z, w = (float(each) for each in quat_xyzw)
    s = 2.0 / (x * x + y * y + z * z + w * w)
    return np.array(
        [
            [1.0 - s * (y * y + z * z), s * (x * y - z * w), s * (x * z + y * w), xyz[0]],
            [s * (x * y + z * w), 1.0 - s * (x * x + z * z), s * (y * z - x * w), xyz[1]],
            [s * (x * z - y * w), s * (y * z + x * w), 1.0 - s * (x * x + y * y), xyz[2]],
            [0.0, 0.0, 0.0, 1.0],
        ]
    )


def to_quat_xyzw(T: np.ndarray) -> np.ndarray:
    """The rotation of a (..., 4, 4) transform as a quaternion (..., 4) in PyBullet's order."""
    return Rotation.from_matrix(np.asarray(T)[..., :3, :3]).as_quat()


def from_rotation_vector(rotation_vector: np.ndarray | list[float]) -> np.ndarray:
    """The rotation matrix (3, 3) that turns about a vector (3,) by its length in rad."""
    return Rotation.from_rotvec(rotation_vector).as_matrix()


def to_rotation_vector(rotation: np.ndarray) -> np.ndarray:
    """The vector (3,) about which a rotation matrix (3, 3) turns, as long as its angle in rad."""
    return Rotation.from_matrix(rotation).as_rotvec()


def invert(T: np.ndarray) -> np.ndarray:
    """The inverse of rigid (..., 4, 4) transforms, without a general matrix inversion."""
    R_transposed = np.swapaxes(T[..., :3, :3], -1, -2)
    result = np.zeros_like(T)
    result[..., :3, :3] = R_transposed
    result[..., :3, 3] = -np.einsum("...ij,...j->...i", R_transposed, T[..., :3, 3])
    result[..., 3, 3] = 1.0
    return result


def apply(T_a_b: np.ndarray, points_b: np.ndarray) -> np.ndarray:
    """Points (..., 3) in b as points in a, in the points' own float type."""
    rotation = T_a_b[:3, :3].astype(points_b.dtype)
    return points_b @ rotation.T + T_a_b[:3, 3].astype(points_b.dtype)


def interpolate(T_start: np.ndarray, T_end: np.ndarray, fractions: np.ndarray) -> np.ndarray:
    """Transforms (S, 4, 4) at fractions (S,) in [0, 1] between two: straight in position, shortest in rotation."""
    fractions = np.asarray(fractions, dtype=float)
    ends = Rotation.from_matrix(np.stack([T_start[:3, :3], T_end[:3, :3]]))
    result = np.tile(np.eye(4), (len(fractions), 1, 1))
    result[:, :3, :3] = Slerp([0.0, 1.0], ends)(fractions).as_matrix()
    result[:, :3, 3] = T_start[:3, 3] + fractions[:, None] * (T_end[:3, 3] - T_start[:3, 3])
    return result


def angle_between(T_a: np.ndarray, T_b: np.ndarray) -> float:
    """The angle in rad of the rotation from one (4, 4) transform to another."""
    return float(np.linalg.norm(Rotation.from_matrix(T_a[:3, :3].T @ T_b[:3, :3]).as_rotvec()))


def is_near(T_a: np.ndarray, T_b: np.ndarray, distance: float, angle: float) -> bool:
    """Whether two poses (4, 4) are less than a distance, m, and an angle, rad, apart."""
    return bool(np.linalg.norm(T_a[:3, 3] - T_b[:3, 3]) < distance and angle_between(T_a, T_b) < angle)


def checked_transform(name: str, T: object, leading: tuple[str, ...] = (), dims: dict[str, int] | None = None) -> np.ndarray:
    """The value as read-only rigid transforms (*leading, 4, 4), or a refusal that says what is not rigid.

    Raises:
        InvalidInput: wrong shape, not finite, a rotation off by more than 1e-6, or a last row other than 0 0 0 1.
    """
    matrix = checked(name, T, (*leading, 4, 4), dims=dims)
    rotation = matrix[..., :3, :3]
    residual = np.abs(rotation @ np.swapaxes(rotation, -1, -2) - np.eye(3)).max(initial=0.0)
    if residual > 1e-6 or (np.linalg.det(rotation) < 0).any():
        raise InvalidInput(f"{name}: expected a rigid transform, its rotation is off by {residual:.2g}")
    if np.abs(matrix[..., 3, :] - [0.0, 0.0, 0.0, 1.0]).max(initial=0.0) > 1e-12:
        raise InvalidInput(f"{name}: expected a rigid transform, its last row is not 0 0 0 1")
    return matrix
