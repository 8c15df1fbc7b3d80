"""A rectified picture is the pinhole's picture: what the lens bent is straight again."""

from dataclasses import replace

import cv2
import numpy as np

from sensors.calibration import MountedCamera
from sensors.packets import CameraFrame
from sensors.rectify import Rectifier

K = np.array([[160.0, 0, 97.3], [0, 158.0, 71.2], [0, 0, 1]])
PINHOLE = MountedCamera(mount="base", T_mount_sensor=np.eye(4), rate_hz=30, K=K, width=192, height=144)
LENS = replace(PINHOLE, distortion=np.array([-0.25, 0.06, 0.002, -0.001, 0.01]))


def _through_lens(scene: np.ndarray) -> np.ndarray:
    """What the lens makes of a picture that a pinhole would see."""
    v, u = np.mgrid[:144, :192] + 0.5
    rays = cv2.undistortPoints(np.stack([u, v], -1).reshape(-1, 1, 2), K, LENS.distortion).reshape(144, 192, 2)
    u, v = ((rays[..., i] * K[i, i] + K[i, 2] - 0.5).astype(np.float32) for i in (0, 1))
    return cv2.remap(scene, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def test_a_straight_edge_is_straight_again() -> None:
    v, u = np.mgrid[:144, :192] + 0.5
    scene = np.repeat((128 + 60 * np.sin(u / 12) * np.cos(v / 15))[..., None], 3, axis=-1).astype(np.uint8)
    bent = _through_lens(scene)
    inside = np.s_[12:-12, 12:-12]
    straight = Rectifier(LENS).rgb(bent)
    before = np.abs(bent[inside].astype(float) - scene[inside]).mean()
    after = np.abs(straight[inside].astype(float) - scene[inside]).mean()
    assert after < 1.5 < 5 < before


def test_depth_is_never_mixed_across_an_edge_and_nothing_is_made_up_outside() -> None:
    depth = np.full((144, 192), 2.0, np.float32)
    depth[:, :90] = 0.5
    depth[40:50] = np.nan
    answer = Rectifier(replace(LENS, distortion=np.array([0.3, 0, 0, 0, 0]))).depth(depth)
    assert set(np.unique(answer[np.isfinite(answer)])) == {0.5, 2.0}
    assert np.isnan(answer[0, 0]) and np.isnan(answer).sum() > np.isnan(depth).sum()


def test_a_pinholes_picture_goes_through_as_it_is() -> None:
    picture, depth = np.zeros((144, 192, 3), np.uint8), np.ones((144, 192), np.float32)
    rectifier = Rectifier(PINHOLE)
    assert rectifier.rgb(picture) is picture and rectifier.depth(depth) is depth


def test_frames_are_rectified_whole_and_those_of_another_size_are_left_to_be_refused() -> None:
    depth = np.ones((144, 192), np.float32)
    frame = CameraFrame(stamp_ns=5, sensor="front", rgb=np.full((144, 192, 3), 9, np.uint8), depth=depth)
    bent = Rectifier(replace(LENS, distortion=np.array([0.3, 0, 0, 0, 0]))).frame(frame)
    assert bent.stamp_ns == 5 and bent.depth is not None and np.isnan(bent.depth[0, 0]) and bent.rgb[0, 0, 0] == 0
    small = replace(frame, rgb=frame.rgb[:50], depth=depth[:50])
    assert Rectifier(LENS).frame(small) is small
    without_depth = Rectifier(LENS).frame(replace(frame, depth=None))
    assert without_depth.depth is None and without_depth.rgb.any()
