"""Pictures and scans of a ChArUco board at known poses: each pixel's rays meet the board's plane exactly."""

import cv2
import numpy as np

from robot.transforms import apply, from_rotation_vector, invert, transform
from sensors.calibration import MountedCamera
from sensors.charuco.board import Board, BoardConfig

SUPERSAMPLED = 3  # rays a pixel, each way
TEXELS = 120  # of the printed picture per square
BOARD = BoardConfig(squares_x=9, squares_y=7, square=0.04, marker=0.03)
ELEVATIONS = np.radians(np.arange(-15, 16, 2))


class BoardCamera:
    """Renders the board as a camera with this lens sees it."""

    def __init__(self, camera: MountedCamera, board: Board) -> None:
        """Find the direction of every ray once: the lens is inverted by OpenCV to far below a hundredth of a pixel."""
        fine_u, fine_v = (np.arange(size * SUPERSAMPLED) for size in (camera.width, camera.height))
        pixels = np.stack(np.meshgrid((fine_u + 0.5) / SUPERSAMPLED, (fine_v + 0.5) / SUPERSAMPLED), axis=-1)
        criteria = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 50, 1e-9)
        rays = cv2.undistortPointsIter(pixels.reshape(-1, 1, 2), camera.K, camera.distortion, None, None, criteria)
        self._rays = np.concatenate([rays.reshape(-1, 2), np.ones((len(rays), 1))], axis=1)
        self._shape = pixels.shape[:2]
        self._print = cv2.copyMakeBorder(board.picture(TEXELS), TEXELS, TEXELS, TEXELS, TEXELS, cv2.BORDER_CONSTANT, value=255)

    def picture(self, T_camera_board: np.ndarray, random: np.random.Generator, noise: float = 2.0) -> np.ndarray:
        """The grey picture (H, W) uint8 on a dim wall, with this σ of noise in grey levels."""
        T_board_camera = invert(T_camera_board)
        rays_board, eye_board = self._rays @ T_board_camera[:3, :3].T, T_board_camera[:3, 3]
        on_plane = eye_board[:2] - rays_board[:, :2] * (eye_board[2] / rays_board[:, 2:])
        texel = (on_plane / BOARD.square * TEXELS + TEXELS - 0.5).reshape(*self._shape, 2).astype(np.float32)
        fine = cv2.remap(self._print, texel[..., 0], texel[..., 1], cv2.INTER_LINEAR, borderValue=90)
        grey = cv2.resize(fine.astype(np.float32), None, fx=1 / SUPERSAMPLED, fy=1 / SUPERSAMPLED, interpolation=cv2.INTER_AREA)
        return np.clip(grey + noise * random.standard_normal(grey.shape), 0, 255).astype(np.uint8)


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
    """Where the board (4, 4) is in the camera's frame: in all corners of the picture, tilted by up to 40 degrees."""
    size = np.array([BOARD.squares_x, BOARD.squares_y, 0]) * BOARD.square
    poses = []
    for _ in range(count):
        distance = random.uniform(near, far)
        center = distance * np.array([random.uniform(-0.22, 0.22), random.uniform(-0.15, 0.15), 1.0])
        axis = np.array([*random.normal(size=2), 0.3 * random.normal()])
        turn = from_rotation_vector(axis / np.linalg.norm(axis) * np.radians(random.uniform(15, 40)))
        poses.append(transform(center, turn) @ transform(-size / 2))
    return poses


def jittered(T: np.ndarray, random: np.random.Generator, metres: float, degrees: float) -> np.ndarray:
    """A pose (4, 4) that is off by about so much."""
    turn = from_rotation_vector(np.radians(degrees) * random.uniform(-1, 1, 3))
    return T @ transform(metres * random.uniform(-1, 1, 3), turn)


def corners_of(board: Board, T: np.ndarray) -> np.ndarray:
    """The board's outer corners (4, 3) in the frame that T (4, 4) leads to."""
    return apply(T, np.array([[0, 0, 0], [board.width, 0, 0], [0, board.height, 0], [board.width, board.height, 0.0]]))
