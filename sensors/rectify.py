"""Rectifier: takes a lens's distortion out of pictures as they arrive, so that behind it every camera is a pinhole."""

from dataclasses import replace

import cv2
import numpy as np

from sensors.calibration import MountedCamera
from sensors.packets import CameraFrame

OPENCV_PIXEL = np.array([[0.0, 0.0, 0.5], [0.0, 0.0, 0.5], [0.0, 0.0, 0.0]])  # OpenCV's pixel centres are whole numbers


class Rectifier:
    """For the pictures of one camera; those of a lens without distortion go through as they are."""

    def __init__(self, camera: MountedCamera) -> None:
        """Find out where each pixel of the pinhole's picture lies in the lens's."""
        self._shape = (camera.height, camera.width)
        self._maps: tuple[np.ndarray, np.ndarray] | None = None
        if camera.distortion.any():
            K_opencv = camera.K - OPENCV_PIXEL
            size = (camera.width, camera.height)
            maps = cv2.initUndistortRectifyMap(K_opencv, camera.distortion, np.eye(3), K_opencv, size, cv2.CV_32FC1)
            self._maps = (maps[0], maps[1])

    def frame(self, frame: CameraFrame) -> CameraFrame:
        """A frame without distortion; one that is not of this camera's size goes through for others to refuse."""
        if self._maps is None or frame.rgb.shape[:2] != self._shape:
            return frame
        return replace(frame, rgb=self.rgb(frame.rgb), depth=None if frame.depth is None else self.depth(frame.depth))

    def rgb(self, rgb: np.ndarray) -> np.ndarray:
        """Colours (H, W, 3) uint8 as a pinhole with the same K sees them; black where the lens saw nothing."""
        if self._maps is None:
            return rgb
        return cv2.remap(rgb, *self._maps, cv2.INTER_LINEAR)

    def depth(self, depth: np.ndarray) -> np.ndarray:
        """Depth (H, W) float32 of the nearest pixel, never mixed across an edge; NaN where the lens saw nothing."""
        if self._maps is None:
            return depth
        return cv2.remap(depth, *self._maps, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=np.nan)
