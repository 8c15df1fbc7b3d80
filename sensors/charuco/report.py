"""Report: what a calibration found, how well that is known, and what is known too little, in lines for a person."""

from collections.abc import Sequence

import numpy as np

from robot.transforms import angle_between
from sensors.charuco.hand_eye import HandEye
from sensors.charuco.lens import Lens
from sensors.charuco.planes import Placed

GOOD_M = 0.001  # standard errors up to which a pose is well known
GOOD_RAD = np.radians(0.1)
GOOD_RMS_PX = 1.0
GOOD_RMS_M = 0.02
GOOD_UNSEEN = 0.1  # of the picture: how far a lens is believed beyond where corners were seen
GOOD_FOCAL = 0.003  # standard error as a share of the focal length


def camera_lines(name: str, lens: Lens, hand_eye: HandEye, nominal: np.ndarray, num_pictures: int) -> list[str]:
    """A camera's lines."""
    K, sigma = lens.K, lens.sigma_px
    lines = [
        f"{name}: board found in {len(lens.T_camera_board)} of {num_pictures} pictures",
        f"  lens: fx {K[0, 0]:.2f} ± {sigma[0]:.2f}, fy {K[1, 1]:.2f} ± {sigma[1]:.2f}, cx {K[0, 2]:.2f} ± {sigma[2]:.2f}, "
        f"cy {K[1, 2]:.2f} ± {sigma[3]:.2f} px; distortion {np.round(lens.distortion, 4).tolist()}; "
        f"reprojection {lens.rms_px:.3f} px",
        f"  pose: {_pose(hand_eye.T_mount_camera, nominal, hand_eye.sigma_m, hand_eye.sigma_rad)}; "
        f"reprojection with the arm's poses {hand_eye.rms_px:.3f} px",
    ]
    if max(sigma[0] / K[0, 0], sigma[1] / K[1, 1]) > GOOD_FOCAL:
        lines.append("  ! the focal length is poorly known: take pictures that fill the frame, the board tilted by 30° or more")
    if lens.unseen > GOOD_UNSEEN:
        lines.append(
            f"  ! no corners in the outer {lens.unseen:.0%} along an edge: the lens is a guess there, show the board there"
        )
    if max(lens.rms_px, hand_eye.rms_px) > GOOD_RMS_PX:
        lines.append("  ! the corners do not fit: see whether the board is flat, its size as given, and the arm's poses right")
    return lines + _poorly_known(hand_eye.sigma_m, hand_eye.sigma_rad, "turn the arm more, about more axes")


def lidar_lines(name: str, placed: Placed, nominal: np.ndarray, num_scans: int) -> list[str]:
    """A LiDAR's lines."""
    lines = [
        f"{name}: board found in {placed.num_boards} of {num_scans} scans, {placed.num_points} points",
        f"  pose: {_pose(placed.T_mount_lidar, nominal, placed.sigma_m, placed.sigma_rad)}; "
        f"points {placed.rms * 1e3:.1f} mm from the boards",
    ]
    if placed.rms > GOOD_RMS_M:
        lines.append("  ! the points do not fit the boards: see whether something stands close to the board")
    return lines + _poorly_known(placed.sigma_m, placed.sigma_rad, "tilt the board more ways, and take more scans")


def nominal_lines(names: Sequence[str]) -> list[str]:
    """What stays as the configuration says."""
    return [f"{name}: no captures, stays as the configuration says" for name in names]


def _pose(T: np.ndarray, nominal: np.ndarray, sigma_m: float, sigma_rad: float) -> str:
    """Where a sensor is, how well that is known, and how far from where it was said to be."""
    x, y, z = T[:3, 3]
    away_mm, away_degrees = 1e3 * np.linalg.norm(T[:3, 3] - nominal[:3, 3]), np.degrees(angle_between(nominal, T))
    return (
        f"({x:.4f}, {y:.4f}, {z:.4f}) m ± {sigma_m * 1e3:.2f} mm, ± {np.degrees(sigma_rad):.3f}°, "
        f"{away_mm:.1f} mm and {away_degrees:.2f}° from the configuration's"
    )


def _poorly_known(sigma_m: float, sigma_rad: float, advice: str) -> list[str]:
    """A line of warning where a pose is known less than well."""
    if sigma_m <= GOOD_M and sigma_rad <= GOOD_RAD:
        return []
    return [f"  ! the pose is poorly known, to {sigma_m * 1e3:.1f} mm and {np.degrees(sigma_rad):.2f}°: {advice}"]
