"""Lens: a camera's intrinsics and distortion from pictures of the board, and the projection that they describe."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from robot.errors import InvalidInput
from robot.transforms import from_rotation_vector, transform
from sensors.charuco.board import Sighting
from sensors.rectify import OPENCV_PIXEL

VIEWS_MIN = 8
TILT_MIN = np.radians(10)  # between the two most different views; Zhang 2000, figure 3: parallel boards tell nothing


@dataclass(frozen=True, eq=False, kw_only=True)
class Lens:
    """How a camera projects, and how well that is known.

    Attributes:
        K: (3, 3) px, a pixel's centre at +0.5.
        distortion: (5,) k1, k2, p1, p2, k3.
        sigma_px: (4,) standard errors of fx, fy, cx, cy.
        rms_px: of the reprojection.
        unseen: the widest strip along an edge of the picture without any corner, as a share of its width or height.
        T_camera_board: (4, 4) in each picture.
    """

    K: np.ndarray
    distortion: np.ndarray
    sigma_px: np.ndarray
    rms_px: float
    unseen: float
    T_camera_board: Mapping[str, np.ndarray]


def solve_lens(camera: str, sightings: Mapping[str, Sighting], width: int, height: int) -> Lens:
    """The lens that explains where the corners were seen (Zhang 2000, as cv2.calibrateCamera does it).

    Raises:
        InvalidInput: too few views, or views that are all alike.
    """
    if len(sightings) < VIEWS_MIN:
        raise InvalidInput(f"{camera}: the board was found in {len(sightings)} pictures, expected {VIEWS_MIN} or more")
    points = [each.points_board.astype(np.float32) for each in sightings.values()]
    pixels = [(each.pixels - 0.5).astype(np.float32) for each in sightings.values()]
    try:
        rms, K_opencv, distortion, turns, shifts, sigma, _, _ = cv2.calibrateCameraExtended(
            points, pixels, (width, height), np.eye(3), np.zeros(5)
        )
    except cv2.error:
        raise InvalidInput(f"{camera}: the pictures do not determine a lens; show the board tilted in several ways") from None
    poses = [
        transform(np.ravel(shift), from_rotation_vector(np.ravel(turn))) for turn, shift in zip(turns, shifts, strict=True)
    ]
    _refuse_parallel(camera, np.array(poses))
    return Lens(
        K=np.asarray(K_opencv) + OPENCV_PIXEL,
        distortion=np.ravel(distortion)[:5],
        sigma_px=np.ravel(sigma)[:4],
        rms_px=float(rms),
        unseen=_unseen(np.concatenate([each.pixels for each in sightings.values()]), width, height),
        T_camera_board=dict(zip(sightings, poses, strict=True)),
    )


def _unseen(pixels: np.ndarray, width: int, height: int) -> float:
    """The widest strip along an edge without any of these pixels (N, 2), as a share of the picture's size."""
    share = pixels / [width, height]
    return float(max(share.min(axis=0).max(), (1 - share).min(axis=0).max()))


def project_through(points_camera: np.ndarray, K: np.ndarray, distortion: np.ndarray) -> np.ndarray:
    """Pixels (N, 2) of points (N, 3) in front of the camera.

    Plumb-bob model of Brown 1966 as in OpenCV's manual, "Camera Calibration and 3D Reconstruction", detailed description.
    """
    k1, k2, p1, p2, k3 = distortion
    x, y = points_camera[:, 0] / points_camera[:, 2], points_camera[:, 1] / points_camera[:, 2]
    r2 = x * x + y * y
    radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
    bent_x = x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x)
    bent_y = y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y
    return np.stack([bent_x * K[0, 0] + K[0, 2], bent_y * K[1, 1] + K[1, 2]], axis=1)


def _refuse_parallel(camera: str, T_camera_board: np.ndarray) -> None:
    """Refuse views that all show the board under the same tilt."""
    normals = T_camera_board[:, :3, 2]
    tilt = np.arccos(np.clip(normals @ normals.T, -1, 1)).max()
    if tilt < TILT_MIN:
        raise InvalidInput(
            f"{camera}: all {len(normals)} pictures show the board the same way, tilted by {np.degrees(tilt):.1f}° at most; "
            f"expected {np.degrees(TILT_MIN):.0f}° or more between two of them"
        )
