"""HandEye: where a camera sits, from pictures of the board and the arm's poses.

A camera on the hand looks at a board that stands still; a camera that stands still looks at a board that the hand holds.
Both are the same equation once the arm's motion is seen from the camera's mount:
T_mount_other(i) · T_other_board = T_mount_camera · T_camera_board(i), `other` being base for the first and ee for the second.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from robot.errors import InvalidInput
from robot.transforms import invert, to_rotation_vector, transform
from sensors.charuco.board import Sighting
from sensors.charuco.lens import Lens, project_through
from sensors.charuco.refinement import refine

POSES_MIN = 5
TURN_MIN = np.radians(10)  # about two axes: Tsai and Lenz 1989, section IV
OUTLIER_PX = 1.0


@dataclass(frozen=True, eq=False, kw_only=True)
class HandEye:
    """Where a camera sits, and how well that is known.

    Attributes:
        T_mount_camera: (4, 4).
        T_other_board: (4, 4) where the board was: in base for a camera on the hand, in ee for one that stands still.
        rms_px: of the reprojection.
        sigma_m: standard error of the camera's position along its worst direction, the lens's included.
        sigma_rad: of its rotation about its worst axis, the lens's included.
    """

    T_mount_camera: np.ndarray
    T_other_board: np.ndarray
    rms_px: float
    sigma_m: float
    sigma_rad: float


def solve_hand_eye(
    camera: str, mount: str, lens: Lens, sightings: Mapping[str, Sighting], T_base_ee: Mapping[str, np.ndarray]
) -> HandEye:
    """The camera's and the board's place that explain all pictures: in closed form, then by the least reprojection error.

    Park and Martin 1994 (cv2.CALIB_HAND_EYE_PARK) begins. The lens stays as the pictures alone show it: left free here, it
    would follow the arm's own errors, and a few tenths of a millimetre of those make lens and pose several times worse.

    Raises:
        InvalidInput: too few poses, or an arm that turned too little or about one axis only.
    """
    names = list(sightings)
    T_other_mount = np.array([T_base_ee[name] if mount == "ee" else invert(T_base_ee[name]) for name in names])
    _refuse_still(camera, T_other_mount)
    T_camera_board = np.array([lens.T_camera_board[name] for name in names])
    T_mount_camera = _closed_form(T_other_mount, T_camera_board)
    start = [T_mount_camera, _mean(T_other_mount @ T_mount_camera @ T_camera_board)]
    points = np.concatenate([sightings[name].points_board for name in names])
    pixels = np.concatenate([sightings[name].pixels for name in names])
    picture = np.repeat(np.arange(len(names)), [len(sightings[name].pixels) for name in names])
    T_mount_other = invert(T_other_mount)

    def residuals(poses: Sequence[np.ndarray]) -> np.ndarray:
        T = (invert(poses[0]) @ T_mount_other @ poses[1])[picture]  # (N, 4, 4) board to camera
        points_camera = np.einsum("nij,nj->ni", T[:, :3, :3], points) + T[:, :3, 3]
        return (project_through(points_camera, lens.K, lens.distortion) - pixels).ravel()

    refined = refine(residuals, start, OUTLIER_PX, np.repeat(picture, 2))
    focal_px, distance = np.diag(lens.K)[:2], float(np.mean(T_camera_board[:, 2, 3]))
    return HandEye(
        T_mount_camera=refined.poses[0],
        T_other_board=refined.poses[1],
        rms_px=refined.rms * np.sqrt(2),
        sigma_m=float(np.hypot(refined.sigma_m[0], distance * (lens.sigma_px[:2] / focal_px).max())),  # as if focal
        sigma_rad=float(np.hypot(refined.sigma_rad[0], (lens.sigma_px[2:] / focal_px).max())),  # length and centre were off
    )


def _closed_form(T_other_mount: np.ndarray, T_camera_board: np.ndarray) -> np.ndarray:
    """The camera's pose (4, 4) in its mount from poses (N, 4, 4) of the mount and of the board."""
    turn, shift = cv2.calibrateHandEye(
        list(T_other_mount[:, :3, :3]),
        list(T_other_mount[:, :3, 3]),
        list(T_camera_board[:, :3, :3]),
        list(T_camera_board[:, :3, 3]),
        method=cv2.CALIB_HAND_EYE_PARK,
    )
    return transform(np.ravel(shift), turn)


def _refuse_still(camera: str, T_other_mount: np.ndarray) -> None:
    """Refuse an arm that did not turn enough to tell."""
    if len(T_other_mount) < POSES_MIN:
        raise InvalidInput(f"{camera}: the board was found at {len(T_other_mount)} poses, expected {POSES_MIN} or more")
    turns = np.array([to_rotation_vector(T_other_mount[0, :3, :3].T @ T[:3, :3]) for T in T_other_mount])
    second = np.linalg.norm(turns @ np.linalg.svd(turns)[2][1:].T, axis=1).max()  # away from the main axis
    if second < TURN_MIN:
        raise InvalidInput(
            f"{camera}: the arm turned by {np.degrees(second):.1f}° at most about a second axis; "
            f"expected {np.degrees(TURN_MIN):.0f}° or more about two axes"
        )


def _mean(T: np.ndarray) -> np.ndarray:
    """The pose (4, 4) in the middle of several (N, 4, 4)."""
    return transform(np.median(T[:, :3, 3], axis=0), Rotation.from_matrix(T[:, :3, :3]).mean().as_matrix())


def board_in_base(mount: str, hand_eye: HandEye, T_base_ee: np.ndarray) -> np.ndarray:
    """Where the board was (4, 4) in base while the arm stood there."""
    return hand_eye.T_other_board if mount == "ee" else T_base_ee @ hand_eye.T_other_board
