"""Corners: what a standing camera's picture shows keeps its place in it, or the camera has moved."""

import cv2
import numpy as np

MOST_CORNERS = 120
SPACING = 8  # px between corners, so that all of the view has a say and not its most colourful thing
WINDOW = 11  # px of a corner's surroundings that are looked for
FEWEST = 10  # corners from which a comparison means something
QUALITY = 0.003  # of the best corner: any that stands out of the noise
SHIFT = 1.0  # px; noise shifts a corner by a few hundredths
MOST_SHIFTED = 0.65  # of them: crumbs that are swept, an arm and its shadow were seen to shift 0.55


class Corners:
    """The corners of one picture (Shi and Tomasi, CVPR 1994), looked for in later ones (Lucas and Kanade, IJCAI 1981).

    Depth hardly changes where a camera slides along a table or turns about its normal; its picture does.
    """

    def __init__(self) -> None:
        """No picture yet."""
        self._gray = np.zeros((0, 0), np.uint8)
        self._corners = np.zeros((0, 1, 2), np.float32)

    def forget(self) -> None:
        """The camera is known to be elsewhere now."""
        self._corners = self._corners[:0]

    def judge(self, rgb: np.ndarray, scene: np.ndarray) -> str:
        """What speaks against a picture (H, W, 3), empty for nothing; `scene` (H, W) is NaN where the robot is.

        The corners stay those of the same picture until half of them are gone, so that a slow motion adds up.
        """
        gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
        free = cv2.erode(np.isfinite(scene).astype(np.uint8), np.ones((WINDOW, WINDOW), np.uint8))
        shift = self._shift(gray, free)
        shifted = float((shift > SHIFT).mean()) if len(shift) >= FEWEST else 0.0
        if shifted > MOST_SHIFTED:
            return f"{shifted:.0%} of its picture has shifted, by {np.median(shift):.1f} pixels: the camera has moved"
        if len(shift) <= len(self._corners) / 2:
            found = cv2.goodFeaturesToTrack(gray, MOST_CORNERS, QUALITY, SPACING, mask=free, blockSize=5)
            self._gray, self._corners = gray, np.zeros((0, 1, 2), np.float32) if found is None else found
        return ""

    def _shift(self, gray: np.ndarray, free: np.ndarray) -> np.ndarray:
        """How far (M,) px the corners have gone that are still seen."""
        if not len(self._corners):
            return np.zeros(0)
        size = (WINDOW, WINDOW)
        there, found, _ = cv2.calcOpticalFlowPyrLK(self._gray, gray, self._corners, self._corners.copy(), winSize=size)
        height, width = gray.shape
        column, row = np.clip(np.rint(there[:, 0]), 0, [width - 1, height - 1]).astype(np.intp).T
        seen = (found[:, 0] > 0) & (free[row, column] > 0)
        return np.linalg.norm((there - self._corners)[seen, 0], axis=1)
