"""Pictures and scans of a ChArUco board at known poses: each pixel's rays meet the board's plane exactly."""

import cv2
import numpy as np

from robot.transforms import from_rotation_vector, invert, transform
from sensors.calibration import MountedCamera
from sensors.charuco.board import Board, BoardConfig

SUPERSAMPLED = 2  # rays a pixel, each way
TEXELS = 80  # of the printed picture per square
BOARD = BoardConfig(squares_x=9, squares_y=7, square=0.04, marker=0.03)
ELEVATIONS = np.radians(np.arange(-15, 16, 2))


class BoardCamera:
    """Renders the board as a camera with this lens sees it."""

    def __init__(self, camera: MountedCamera, board: Board) -> None:
        """Find the direction of every ray once: the lens is inverted at the pixels' corners and straight in between."""
        corners = np.stack(np.meshgrid(np.arange(camera.width + 1.0), np.arange(camera.height + 1.0)), axis=-1)
        criteria = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 50, 1e-9)
        rays = cv2.undistortPointsIter(corners.reshape(-1, 1, 2), camera.K, camera.distortion, np.eye(3), np.eye(3), criteria)
        fine = _between(_between(rays.reshape(corners.shape), 0), 1)
        self._shape = fine.shape[:2]
        self._rays = np.concatenate([fine.reshape(-1, 2), np.ones((fine.size // 2, 1))], axis=1).astype(np.float32)
        self._print = cv2.copyMakeBorder(board.picture(TEXELS), TEXELS, TEXELS, TEXELS, TEXELS, cv2.BORDER_CONSTANT, value=255)

    def picture(self, T_camera_board: np.ndarray, random: np.random.Generator, noise: float = 2.0) -> np.ndarray:
        """The grey picture (H, W) uint8 on a dim wall, with this σ of noise in grey levels."""
        T_board_camera = invert(T_camera_board).astype(np.float32)
        rays_board, eye_board = self._rays @ T_board_camera[:3, :3].T, T_board_camera[:3, 3]
        on_plane = eye_board[:2] - rays_board[:, :2] * (eye_board[2] / rays_board[:, 2:])
        texel = (on_plane / BOARD.square * TEXELS + TEXELS - 0.5).reshape(*self._shape, 2)
        fine = cv2.remap(self._print, texel[..., 0], texel[..., 1], cv2.INTER_LINEAR, borderValue=90)
        grey = cv2.resize(fine.astype(np.float32), None, fx=1 / SUPERSAMPLED, fy=1 / SUPERSAMPLED, interpolation=cv2.INTER_AREA)
        return np.clip(grey + noise * random.standard_normal(grey.shape), 0, 255).astype(np.uint8)


def _between(corners: np.ndarray, axis: int) -> np.ndarray:
    """Values at the rays' places from those at the pixels' corners, along one axis."""
    lower, upper = np.take(corners, range(corners.shape[axis] - 1), axis), np.take(corners, range(1, corners.shape[axis]), axis)
    steps = [lower + (upper - lower) * (index + 0.5) / SUPERSAMPLED for index in range(SUPERSAMPLED)]
    shape = list(lower.shape)
    shape[axis] *= SUPERSAMPLED
    return np.stack(steps, axis=axis + 1).reshape(shape)


def scan(T_lidar_board: np.ndarray, random: np.random.Generator, noise: float = 0.005) -> np.ndarray:
    """The points (N, 3) of a 16-beam LiDAR on the board and on a wall half a metre behind it, with this σ of range."""
    azimuth, elevation = np.meshgrid(np.radians(np.arange(0, 360, 0.2)), ELEVATIONS)
    rays = np.stack([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)], axis=-1)
    T_board_lidar = invert(T_lidar_board)
    rays, eye_board = rays.reshape(-1, 3), T_board_lidar[:3, 3]
    rays_board = rays @ T_board_lidar[:3, :3].T
    with np.errstate(divide="ignore"):
        ranges = -eye_board[2] / rays_board[:, 2]
        behind = (0.5 - eye_board[2]) / rays_board[:, 2]
    met = eye_board + rays_board * ranges[:, None]
    size = np.array([BOARD.squares_x, BOARD.squares_y]) * BOARD.square
    on_board = (ranges > 0) & np.all((met[:, :2] > 0) & (met[:, :2] < size), axis=1)
    ranges = np.where(on_board, ranges, behind)
    seen = (ranges > 0) & (ranges < 5.0)
    return rays[seen] * (ranges[seen] + noise * random.standard_normal(seen.sum()))[:, None]


def board_poses(count: int, random: np.random.Generator, near: float, far: float) -> list[np.ndarray]:
    """Where the board (4, 4) is in the camera's frame: in all corners of the picture, tilted by 15 to 40 degrees and rolled."""
    size = np.array([BOARD.squares_x, BOARD.squares_y, 0]) * BOARD.square
    poses = []
    for number in range(count):
        distance = random.uniform(near, far)
        column, row = number % 3 - 1, number // 3 % 3 - 1
        center = distance * np.array(
            [0.24 * column + random.uniform(-0.04, 0.04), 0.16 * row + random.uniform(-0.04, 0.04), 1.0]
        )
        axis = np.append(random.normal(size=2), 0.0)
        tilt = from_rotation_vector(axis / np.linalg.norm(axis) * np.radians(random.uniform(15, 40)))
        roll = from_rotation_vector([0.0, 0.0, random.uniform(-np.pi / 2, np.pi / 2)])
        poses.append(transform(center, tilt @ roll) @ transform(-size / 2))
    return poses


def jittered(T: np.ndarray, random: np.random.Generator, metres: float, degrees: float) -> np.ndarray:
    """A pose (4, 4) that is off by about so much."""
    turn = from_rotation_vector(np.radians(degrees) * random.uniform(-1, 1, 3))
    return T @ transform(metres * random.uniform(-1, 1, 3), turn)
