"""OwnHand: what a camera on the arm sees of the hand that carries it keeps its place in the picture, or it has moved."""

from collections.abc import Callable

import numpy as np

FEWEST = 60  # pixels from which a comparison means something
TOLERANCE = 0.012  # m: a hand is near, where a depth camera's noise is far below this
FRESH_NS = 500_000_000  # what was seen longer ago says nothing: the fingers may hold something since
MOST_CHANGED = 0.5  # of it: fingers that close, or what they begin to hold, were seen to change 0.35


class OwnHand:
    """The robot's own part of one camera's picture, as it was last believed."""

    def __init__(self) -> None:
        """Not seen yet."""
        self._depth: np.ndarray | None = None
        self._stamp_ns = 0

    def judge(self, stamp_ns: int, depth: np.ndarray, scene: np.ndarray, is_robot: Callable[[np.ndarray], np.ndarray]) -> str:
        """What speaks against a picture, empty for nothing; it is remembered then.

        Only what the robot's state says is still its own is compared. To be asked only while the fingers stand still: between
        them lies what they let go, which counts as the robot's own until the hand has left it. A camera that has moved is not
        believed until it sees its hand where it was, or was not judged for a while.

        Args:
            stamp_ns: of the picture.
            depth: (H, W) m.
            scene: (H, W) the same with no return where the robot is.
            is_robot: says of a depth picture which pixels (H*W,) would be the robot's, seen from where the camera is now.
        """
        expected = self._depth if stamp_ns - self._stamp_ns < FRESH_NS else None
        self._stamp_ns = stamp_ns
        if expected is not None and expected.shape == depth.shape:
            still = is_robot(expected).reshape(depth.shape)
            still &= ~(depth < expected - TOLERANCE)  # something stands before it: the wall of a bin that the hand is in
            same = np.abs(depth - expected)[still] < TOLERANCE  # NaN compares as False
            if len(same) >= FEWEST and float(same.mean()) < 1 - MOST_CHANGED:
                return f"sees its own hand where it was in only {same.mean():.0%} of the pixels: it has moved, or is broken"
        self._depth = np.where(np.isnan(scene), depth, np.float32(np.nan))
        return ""
