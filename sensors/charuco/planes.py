"""Planes: where a LiDAR sits, from its points on the board and the board's planes as the cameras know them.

The rotation turns the LiDAR's normals onto the boards', the shift brings its points onto their planes (Unnikrishnan and
Hebert, CMU-RI-TR-05-09, equations 4 to 7); then all points' distances from their planes are made smallest together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from robot.errors import InvalidInput
from robot.transforms import apply, invert, transform
from sensors.charuco.refinement import Refined, refine

BOARDS_MIN = 4
POINTS_MIN = 30  # on one board
SPREAD_MIN = 0.02  # m, σ across the narrower way: three beams of a 16-beam LiDAR one metre away
MARGIN = 0.12  # m around the board within which its points are looked for: how well the configuration must know the LiDAR
THICKNESS = 0.03  # m on either side of a plane: three σ of such a LiDAR
TRIES = 200
NORMALS_MIN = 0.02  # smallest eigenvalue of the mean n·nᵀ: three normals within a cone of 12 degrees have it


@dataclass(frozen=True, eq=False, kw_only=True)
class Placed:
    """Where a LiDAR sits, and how well that is known.

    Attributes:
        T_mount_lidar: (4, 4).
        rms: m between its points and the boards' planes.
        sigma_m: standard error of its position along the worst direction.
        sigma_rad: of its rotation about the worst axis.
        num_boards: on how many boards it had enough points.
        num_points: how many points that were.
    """

    T_mount_lidar: np.ndarray
    rms: float
    sigma_m: float
    sigma_rad: float
    num_boards: int
    num_points: int


def solve_planes(
    lidar: str,
    scans: Mapping[str, np.ndarray],
    T_mount_board: Mapping[str, np.ndarray],
    size: tuple[float, float],
    T_mount_lidar: np.ndarray,
) -> Placed:
    """The LiDAR's pose that brings its points onto the boards.

    Args:
        lidar: its name, for refusals.
        scans: points (N, 3) in its frame by capture.
        T_mount_board: (4, 4) where the board was, in the LiDAR's mount, by capture.
        size: of the board, m along its x and y.
        T_mount_lidar: (4, 4) about where it sits: to 10 cm and 5 degrees, so that the board can be told from the rest.

    Raises:
        InvalidInput: too few boards with points on them, or boards that all look the same way.
    """
    refined: Refined | None = None
    for _ in range(2):  # once more with the points that a better pose finds
        found = {name: _on_board(scans[name], T_mount_lidar, T, size) for name, T in T_mount_board.items()}
        boards = {name: points for name, points in found.items() if points is not None}
        _refuse_few(lidar, len(boards), len(T_mount_board))
        T_boards = np.array([T_mount_board[name] for name in boards])
        _refuse_parallel(lidar, T_boards[:, :3, 2])
        refined = _fit([*boards.values()], T_boards, T_mount_lidar)
        T_mount_lidar = refined.poses[0]
    assert refined is not None
    return Placed(
        T_mount_lidar=T_mount_lidar,
        rms=refined.rms,
        sigma_m=refined.sigma_m[0],
        sigma_rad=refined.sigma_rad[0],
        num_boards=len(boards),
        num_points=sum(map(len, boards.values())),
    )


def _fit(boards: list[np.ndarray], T_mount_board: np.ndarray, nominal: np.ndarray) -> Refined:
    """The pose that brings points on boards onto their planes: in closed form, then by least squares."""
    normals, origins = T_mount_board[:, :3, 2], T_mount_board[:, :3, 3]
    start = _closed_form(boards, normals, np.einsum("bi,bi->b", normals, origins), nominal)
    points = np.concatenate(boards)
    board = np.repeat(np.arange(len(boards)), list(map(len, boards)))

    def residuals(poses: Sequence[np.ndarray]) -> np.ndarray:
        return np.einsum("ni,ni->n", apply(poses[0], points) - origins[board], normals[board])

    return refine(residuals, [start], THICKNESS, board)


def _closed_form(boards: list[np.ndarray], normals: np.ndarray, offsets: np.ndarray, nominal: np.ndarray) -> np.ndarray:
    """The pose (4, 4) from each board's centre and normal in the LiDAR's frame, and the planes n·x = offset in its mount."""
    centers = np.array([points.mean(axis=0) for points in boards])
    seen = np.array([np.linalg.svd(points - points.mean(axis=0), full_matrices=False)[2][2] for points in boards])
    seen *= np.sign(np.einsum("bi,bi->b", seen @ nominal[:3, :3].T, normals))[:, None]  # a plane has no front
    rotation = Rotation.align_vectors(normals, seen)[0].as_matrix()
    shift = np.linalg.lstsq(normals, offsets - np.einsum("bi,bi->b", normals, centers @ rotation.T), rcond=None)[0]
    return transform(shift, rotation)


def _on_board(
    points_lidar: np.ndarray, T_mount_lidar: np.ndarray, T_mount_board: np.ndarray, size: tuple[float, float]
) -> np.ndarray | None:
    """The points on the largest plane near where the board must be, None if they are too few or on one line."""
    points_board = apply(invert(T_mount_board) @ T_mount_lidar, points_lidar)
    lower, upper = np.array([-MARGIN] * 3), np.array([size[0] + MARGIN, size[1] + MARGIN, MARGIN])
    near = np.flatnonzero(np.all((points_board > lower) & (points_board < upper), axis=1))
    if len(near) < POINTS_MIN:
        return None
    kept = near[_largest_plane(points_board[near])]
    if len(kept) < POINTS_MIN:
        return None
    spread = np.linalg.svd(points_lidar[kept] - points_lidar[kept].mean(axis=0), compute_uv=False) / np.sqrt(len(kept))
    return points_lidar[kept] if spread[1] > SPREAD_MIN else None


def _largest_plane(points_board: np.ndarray) -> np.ndarray:
    """Which points (N,) lie on the plane that most do, among planes within 30 degrees of the board (RANSAC, seeded)."""
    random = np.random.default_rng(0)
    corners = points_board[random.integers(len(points_board), size=(TRIES, 3))]  # (tries, 3, 3)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(normals, axis=1)
    usable = np.abs(normals[:, 2]) > np.cos(np.radians(30)) * np.maximum(length, 1e-12)
    if not usable.any():
        return np.zeros(len(points_board), bool)
    normals, corners = normals[usable] / length[usable, None], corners[usable]
    distance = np.abs(points_board @ normals.T - np.einsum("ti,ti->t", normals, corners[:, 0]))  # (N, tries)
    on_plane = distance < THICKNESS
    return on_plane[:, on_plane.sum(axis=0).argmax()]


def _refuse_few(lidar: str, num_boards: int, num_scans: int) -> None:
    """Refuse too few boards with enough points on them."""
    if num_boards < BOARDS_MIN:
        raise InvalidInput(
            f"{lidar}: the board was found in {num_boards} of {num_scans} scans with a picture, "
            f"expected {BOARDS_MIN} or more with {POINTS_MIN} points on it"
        )


def _refuse_parallel(lidar: str, normals: np.ndarray) -> None:
    """Refuse boards that all look the same way, or about a common axis."""
    smallest = np.linalg.eigvalsh(normals.T @ normals / len(normals))[0]
    if smallest < NORMALS_MIN:
        raise InvalidInput(
            f"{lidar}: the {len(normals)} boards look too much the same way to tell where it sits; "
            f"tilt the board left, right, up and down by 20° or more"
        )
