"""The hand stays where it is in the picture of the camera that it carries; other things may come and go."""

import numpy as np
from sensors.own_hand import OwnHand

TABLE, HAND = 0.5, 0.1
PERIOD_NS = 100_000_000


def picture(column: int, width: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Depth (40, 60) of a table with the hand before it, and the same with no return where the hand is."""
    depth = np.full((40, 60), TABLE, np.float32)
    depth[20:, column : column + width] = HAND
    return depth, np.where(depth == HAND, np.float32(np.nan), depth)


def is_robot(depth: np.ndarray) -> np.ndarray:
    """What is that near is the robot's."""
    return (depth == np.float32(HAND)).reshape(-1)


def test_a_hand_in_its_place_speaks_against_nothing() -> None:
    hand, random = OwnHand(), np.random.default_rng(0)
    depth, scene = picture(20)
    for turn in range(5):
        noisy = depth + random.normal(0, 1e-3, depth.shape).astype(np.float32)
        assert hand.judge(turn * PERIOD_NS, noisy, scene, lambda _: is_robot(depth)) == ""


def test_a_hand_that_is_elsewhere_speaks_against_the_camera_until_it_is_back() -> None:
    hand = OwnHand()
    assert hand.judge(0, *picture(20), is_robot) == ""
    for turn in range(1, 21):
        assert "own hand" in hand.judge(turn * PERIOD_NS, *picture(30), is_robot)
    assert hand.judge(21 * PERIOD_NS, *picture(20), is_robot) == ""


def test_after_a_silence_the_hand_may_be_anywhere() -> None:
    hand = OwnHand()
    hand.judge(0, *picture(20), is_robot)
    assert hand.judge(10 * PERIOD_NS, *picture(30), is_robot) == ""


def test_fingers_that_are_known_to_have_moved_are_not_missed() -> None:
    hand = OwnHand()
    hand.judge(0, *picture(20), is_robot)
    gone = np.zeros((40, 60), bool)
    gone[:, :30] = True  # the joints say that the left finger is not there any more

    assert hand.judge(PERIOD_NS, *picture(30), lambda depth: is_robot(depth) & ~gone.reshape(-1)) == ""


def test_what_stands_before_the_hand_and_a_few_lost_pixels_are_no_fault() -> None:
    hand = OwnHand()
    hand.judge(0, *picture(20), is_robot)
    depth, scene = (each.copy() for each in picture(20))
    depth[20:28, 20:32], scene[20:28, 20:32] = 0.06, 0.06
    assert hand.judge(PERIOD_NS, depth, scene, is_robot) == ""


def test_a_camera_that_hardly_sees_the_hand_is_not_judged_by_it() -> None:
    hand = OwnHand()
    hand.judge(0, *picture(20, width=2), is_robot)
    assert hand.judge(PERIOD_NS, *picture(40, width=2), is_robot) == ""
