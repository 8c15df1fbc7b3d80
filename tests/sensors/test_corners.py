"""A standing camera's picture keeps its place, whatever moves in it; one that has shifted speaks against the camera."""

import cv2
import numpy as np
import pytest

from sensors.corners import Corners

SIZE = (144, 192)
EVERYWHERE = np.ones(SIZE, np.float32)


def picture(shift: tuple[float, float] = (0.0, 0.0), turn: float = 0.0, light: float = 1.0, seed: int = 0) -> np.ndarray:
    """A table with a few things on it, seen from a camera that has turned by so much, with noise of its own."""
    rgb = np.full((*SIZE, 3), 170, np.uint8)
    for u, v, red, blue in np.random.default_rng(0).integers([5, 5, 0, 0], [175, 125, 255, 255], (40, 4)).tolist():
        cv2.rectangle(rgb, (u, v), (u + 12, v + 9), (red, 90, blue), -1)
    motion = cv2.getRotationMatrix2D((96, 72), float(np.degrees(turn)), 1.0)
    motion[:, 2] += shift
    moved = cv2.warpAffine(rgb, motion, SIZE[::-1], borderMode=cv2.BORDER_REPLICATE)
    return np.clip(light * moved + np.random.default_rng(seed).normal(0, 2, moved.shape), 0, 255).astype(np.uint8)


def looked() -> Corners:
    corners = Corners()
    assert corners.judge(picture(), EVERYWHERE) == ""
    return corners


def test_a_picture_that_stays_speaks_against_nothing_in_any_noise_or_light() -> None:
    corners = looked()
    assert all(corners.judge(picture(light=1 - 0.02 * seed, seed=seed), EVERYWHERE) == "" for seed in range(1, 8))


@pytest.mark.parametrize("shift", [(3.0, 0.0), (0.0, -3.0), (2.0, 2.0), (-6.0, 4.0)])
def test_a_picture_that_has_shifted_speaks_against_the_camera_until_it_is_back(shift: tuple[float, float]) -> None:
    corners = looked()
    for seed in range(1, 21):
        assert "the camera has moved" in corners.judge(picture(shift, seed=seed), EVERYWHERE)
    assert corners.judge(picture(seed=30), EVERYWHERE) == ""


def test_a_camera_that_turns_about_its_axis_is_noticed() -> None:
    assert "the camera has moved" in looked().judge(picture(turn=np.radians(5)), EVERYWHERE)


def test_a_motion_that_creeps_is_noticed() -> None:
    corners = looked()
    said = [corners.judge(picture((0.1 * turn, 0.0), seed=turn), EVERYWHERE) for turn in range(25)]
    assert not any(said[:8]) and said[-1]


def test_what_moves_in_a_third_of_the_view_is_no_fault() -> None:
    corners, moving = looked(), picture(seed=1)
    moving[:, :64] = picture((5.0, 3.0), seed=2)[:, :64]
    assert corners.judge(moving, EVERYWHERE) == ""


def test_the_robot_is_no_part_of_the_world() -> None:
    corners, scene = Corners(), EVERYWHERE.copy()
    scene[:, :140] = np.nan
    corners.judge(picture(), scene)
    moving = picture(seed=1)
    moving[:, :120] = picture((5.0, 3.0), seed=2)[:, :120]
    assert corners.judge(moving, scene) == ""


def test_an_empty_picture_and_a_camera_that_went_elsewhere_are_not_judged() -> None:
    corners, empty = Corners(), np.full((*SIZE, 3), 170, np.uint8)
    assert corners.judge(empty, EVERYWHERE) == "" == corners.judge(empty, EVERYWHERE)
    seen = looked()
    seen.forget()
    assert seen.judge(picture((5.0, 3.0)), EVERYWHERE) == ""
