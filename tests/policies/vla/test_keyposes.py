"""Keyposes: nothing that matters between two of them is lost, and a trajectory made of them follows the recorded plans."""

from itertools import pairwise

import numpy as np
import pytest

from policies.vla.keyposes import Keyposes, ahead_of, even_weights, keyposes_of, trajectory_of
from robot.errors import InvalidInput
from robot.obstacles import Box
from robot.trajectory import CartesianTrajectory, Contact, Plan, PlanStatus
from robot.transforms import angle_between, from_xyz_rpy, interpolate, transform

START_NS = 5_000_000_000
ROOM = Box(pose=np.eye(4), size=np.ones(3))


def plan_of(arm: CartesianTrajectory | None, contacts: tuple[Contact, ...] = (), stamp_ns: int = START_NS) -> Plan:
    status = PlanStatus.RUNNING if arm is not None else PlanStatus.DONE
    return Plan(arm=arm, contacts=contacts, status=status, observation_stamp_ns=stamp_ns, expires_ns=stamp_ns + 10**11)


def straight(
    corners: list[np.ndarray], widths: list[float], spans_s: list[float], pieces: int = 5, stamp_ns: int = START_NS
) -> CartesianTrajectory:
    """Straight from corner to corner, each way in even pieces."""
    times, poses, opened = [0.0], [corners[0]], [widths[0]]
    for (a, b), (before, after), span_s in zip(pairwise(corners), pairwise(widths), spans_s, strict=True):
        shares = np.arange(1, pieces + 1) / pieces
        began_s = times[-1]
        times.extend(began_s + shares * span_s)
        poses.extend(interpolate(a, b, shares))
        opened.extend(before + shares * (after - before))
    return CartesianTrajectory(
        stamp_ns=stamp_ns, time_s=np.array(times), T_base_ee=np.array(poses), gripper_width=np.array(opened)
    )


def zigzag(seed: int, count: int = 6) -> tuple[list[np.ndarray], list[float], list[float]]:
    """Corners that turn by a right angle in position, with turns of the hand, widths and spans."""
    rng = np.random.default_rng(seed)
    lengths = rng.uniform(0.05, 0.3, (count - 1, 1)) * rng.choice([-1, 1], (count - 1, 1))
    places = np.cumsum(np.vstack([[0.5, 0.0, 0.3], np.eye(3)[np.arange(count - 1) % 3] * lengths]), axis=0)
    yaws = rng.normal(0, 0.2, count)
    corners = [from_xyz_rpy(list(place), [np.pi, 0, yaw]) for place, yaw in zip(places, yaws, strict=True)]
    return corners, list(rng.uniform(0, 0.08, count)), list(rng.uniform(0.5, 2.0, count - 1))


def at(arm: CartesianTrajectory, time_s: float) -> tuple[np.ndarray, float]:
    """Pose and width at a time, straight between waypoints."""
    after = int(np.clip(np.searchsorted(arm.time_s, time_s), 1, len(arm.time_s) - 1))
    begin_s, end_s = arm.time_s[after - 1 : after + 1]
    share = np.clip((time_s - begin_s) / (end_s - begin_s), 0, 1)
    pose = interpolate(arm.T_base_ee[after - 1], arm.T_base_ee[after], np.array([share]))[0]
    return pose, float(np.interp(time_s, arm.time_s, arm.gripper_width))


def assert_same_motion(a: CartesianTrajectory, b: CartesianTrajectory, begin_s: float = 0.0) -> None:
    """`b` does what `a` does from a time of a's on."""
    assert b.time_s[-1] == pytest.approx(a.time_s[-1] - begin_s, abs=1e-6)
    for time_s in np.linspace(begin_s, a.time_s[-1], 60):
        (T_a, width_a), (T_b, width_b) = at(a, time_s), at(b, time_s - begin_s)
        assert np.linalg.norm(T_a[:3, 3] - T_b[:3, 3]) < 1e-6
        assert angle_between(T_a, T_b) < 1e-6
        assert width_a == pytest.approx(width_b, abs=1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_straight_segments_come_back_as_they_were(seed: int) -> None:
    arm = straight(*zigzag(seed))
    again = trajectory_of(keyposes_of([(0, plan_of(arm))]), arm.stamp_ns, arm.T_base_ee[0], float(arm.gripper_width[0]))
    assert_same_motion(arm, again)


@pytest.mark.parametrize("seed", range(8))
def test_every_change_of_direction_is_a_keypose_and_nothing_else_is(seed: int) -> None:
    corners, _, spans_s = zigzag(seed)
    found = keyposes_of([(0, plan_of(straight(corners, [0.04] * len(corners), spans_s)))])
    np.testing.assert_allclose(found.T_base_ee, corners[1:], atol=1e-9)
    np.testing.assert_allclose(found.duration_s, spans_s, atol=1e-6)


def test_on_a_curve_no_straight_line_hides_more_than_a_little_turn() -> None:
    angles = np.linspace(0, np.pi, 61)
    poses = np.array([transform([0.5 + 0.2 * np.sin(each), 0.2 * np.cos(each), 0.3], np.eye(3)) for each in angles])
    arm = CartesianTrajectory(stamp_ns=0, time_s=np.arange(61) * 0.05, T_base_ee=poses, gripper_width=np.zeros(61))
    found = keyposes_of([(0, plan_of(arm))])
    headings = np.diff(np.vstack([poses[:1, :3, 3], found.T_base_ee[:, :3, 3]]), axis=0)
    headings /= np.linalg.norm(headings, axis=1)[:, None]
    assert 8 <= len(found) <= 20
    assert (np.arccos((headings[1:] * headings[:-1]).sum(axis=1)) < np.deg2rad(20)).all()


@pytest.mark.parametrize("seed", range(8))
def test_every_change_of_the_gripper_is_a_keypose(seed: int) -> None:
    rng = np.random.default_rng(seed)
    places = np.cumsum(rng.uniform(0.05, 0.2, 6))  # all on one line
    widths = [0.08, 0.08, 0.02, 0.02, 0.05, 0.01]
    corners = [transform([0.2 + place, 0, 0.3], np.eye(3)) for place in places]
    found = keyposes_of([(0, plan_of(straight(corners, widths, list(rng.uniform(0.5, 2, 5)))))])
    np.testing.assert_allclose(found.gripper_width, widths[1:], atol=1e-9)
    np.testing.assert_allclose(found.T_base_ee, corners[1:], atol=1e-9)


def test_fingers_that_close_while_the_hand_rests_make_a_keypose_with_its_pause() -> None:
    here, away = transform([0.5, 0, 0.1], np.eye(3)), transform([0.5, 0, 0.3], np.eye(3))
    arm = straight([away, here, here, here, away], [0.08, 0.08, 0.02, 0.02, 0.02], [1.0, 0.5, 0.35, 1.0])
    found = keyposes_of([(0, plan_of(arm))])
    np.testing.assert_allclose(found.gripper_width, [0.08, 0.02, 0.02], atol=1e-9)
    np.testing.assert_allclose(found.pause_s, [0, 0.35, 0], atol=1e-6)
    assert_same_motion(arm, trajectory_of(found, 0, away, 0.08))


def test_contact_begins_and_ends_at_a_keypose() -> None:
    corners = [transform([0.5, 0, z], np.eye(3)) for z in (0.5, 0.1)]
    arm = straight(corners, [0.08, 0.08], [2.0], pieces=7)
    touch = Contact(box_base=ROOM, start_s=0.5, end_s=1.5)
    found = keyposes_of([(0, plan_of(arm, (touch,)))])
    assert found.contact.tolist() == [False, True, False]
    np.testing.assert_allclose(found.T_base_ee[:, 2, 3], [0.4, 0.2, 0.1], atol=1e-6)
    assert_same_motion(arm, trajectory_of(found, 0, corners[0], 0.08))


def two_plans() -> tuple[CartesianTrajectory, CartesianTrajectory, Keyposes]:
    """Down in 1 s; three quarters of a second later, from a pose a little off, aside in 2 s."""
    high, low, aside = (transform(place, np.eye(3)) for place in ([0.5, 0, 0.4], [0.5, 0, 0.1], [0.5, 0.4, 0.1]))
    off = transform([0.502, 0.001, 0.103], np.eye(3))
    first = straight([high, low], [0.08, 0.08], [1.0])
    second = straight([off, aside], [0.08, 0.08], [2.0], stamp_ns=START_NS + 1_750_000_000)
    done = plan_of(None, stamp_ns=START_NS + 4_000_000_000)
    return first, second, keyposes_of([(0, plan_of(first)), (17, plan_of(second)), (40, done)])


def test_where_a_plan_begins_late_and_a_little_off_there_is_no_keypose() -> None:
    first, second, found = two_plans()
    np.testing.assert_allclose(found.T_base_ee, [first.T_base_ee[-1], second.T_base_ee[-1]])
    np.testing.assert_allclose(found.duration_s, [1.0, 2.0], atol=1e-6)
    assert (found.until_ns - START_NS).tolist() == [1_750_000_000, 4_000_000_000]


def test_a_plan_cut_short_ends_where_the_tool_was() -> None:
    high, low, aside = (transform(place, np.eye(3)) for place in ([0.5, 0, 0.4], [0.5, 0, 0.0], [0.9, 0, 0.2]))
    half = interpolate(high, low, np.array([0.5]))[0]
    first = straight([high, low], [0.08, 0.08], [1.0], pieces=7)
    second = straight([half, aside], [0.08, 0.08], [1.0], stamp_ns=START_NS + 500_000_000)
    found = keyposes_of([(0, plan_of(first)), (5, plan_of(second))])
    np.testing.assert_allclose(found.T_base_ee, [half, aside], atol=1e-9)
    np.testing.assert_allclose(found.duration_s, [0.5, 1.0], atol=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_from_any_step_on_the_keyposes_ahead_are_the_rest_of_the_motion(seed: int) -> None:
    arm = straight(*zigzag(seed))
    every = keyposes_of([(0, plan_of(arm))])
    for begin_s in np.random.default_rng(seed).uniform(0, arm.time_s[-1] - 0.02, 8):
        T_now, width_now = at(arm, begin_s)
        rest = ahead_of(every, START_NS + round(begin_s * 1e9), len(every))
        if rest.duration_s[0] > 0.01:
            assert_same_motion(arm, trajectory_of(rest, 0, T_now, width_now), begin_s)


def test_the_keyposes_ahead_are_at_most_as_many_as_asked_and_none_behind_the_last() -> None:
    _, _, every = two_plans()
    counts = [len(ahead_of(every, START_NS + round(at_s * 1e9), 1)) for at_s in (0.0, 1.0, 1.75, 3.999, 4.0)]
    assert counts == [1, 1, 1, 1, 0]
    waiting = ahead_of(every, START_NS + 1_740_000_000, 2)
    np.testing.assert_allclose(waiting.duration_s, [0.01, 2.0], atol=1e-6)


def test_each_keypose_is_drawn_equally_often_however_long_the_way_to_it() -> None:
    every = keyposes_of([(0, plan_of(straight(*zigzag(3))))])
    stamps = START_NS + np.arange(0, 12_000_000_000, 100_000_000)
    weights = even_weights(every.until_ns, stamps)
    ahead = np.searchsorted(every.until_ns, stamps, side="right")
    shares = np.bincount(ahead, weights, minlength=len(every) + 1)
    np.testing.assert_allclose(shares, [1 / len(every)] * len(every) + [0])


def test_a_trajectory_has_no_gap_wider_than_three_centimetres() -> None:
    T_now = transform([0.3, 0, 0.3], np.eye(3))
    arm = trajectory_of(keyposes_of([(0, plan_of(straight(*zigzag(5), pieces=1)))]), 0, T_now, 0.0)
    assert np.linalg.norm(np.diff(arm.T_base_ee[:, :3, 3], axis=0), axis=1).max() <= 0.03 + 1e-6


def test_what_holds_no_motion_is_refused() -> None:
    for plans in ([], [(0, plan_of(None))]):
        with pytest.raises(InvalidInput, match="at least one that moves the tool"):
            keyposes_of(plans)
    _, _, every = two_plans()
    none = ahead_of(every, START_NS + 10**12, 4)
    with pytest.raises(InvalidInput, match="at least one to go to"):
        trajectory_of(none, 0, np.eye(4), 0.0)
    with pytest.raises(InvalidInput, match="all are behind it"):
        even_weights(every.until_ns, np.array([START_NS + 10**12]))


def test_keyposes_of_unequal_length_or_negative_time_are_refused() -> None:
    fields = {"T_base_ee": np.eye(4)[None], "gripper_width": [0.0], "contact": [True], "pause_s": [0.0], "until_ns": [0]}
    with pytest.raises(InvalidInput, match="0 s or more"):
        Keyposes(**fields, duration_s=np.array([-1.0]))
    with pytest.raises(InvalidInput, match="duration_s: expected shape"):
        Keyposes(**fields, duration_s=np.array([1.0, 2.0]))


def test_a_corner_counts_though_the_heading_comes_back_to_near_where_it_was() -> None:
    headings = np.deg2rad([0.0, 10.0, -10.0])
    ways = 0.1 * np.stack([np.cos(headings), np.sin(headings), np.zeros(3)], axis=1)
    corners = [transform(place, np.eye(3)) for place in np.cumsum(np.vstack([[0.3, 0, 0.3], ways]), axis=0)]
    found = keyposes_of([(0, plan_of(straight(corners, [0.0] * 4, [1.0] * 3)))])
    np.testing.assert_allclose(found.T_base_ee, corners[2:], atol=1e-9)


def resting(contacts: tuple[Contact, ...] = ()) -> tuple[list[np.ndarray], Keyposes]:
    """Down for 1 s, rest for 0.4 s, further down for 1 s."""
    poses = [transform([0.5, 0, z], np.eye(3)) for z in (0.5, 0.3, 0.3, 0.1)]
    return poses, keyposes_of([(0, plan_of(straight(poses, [0.0] * 4, [1.0, 0.4, 1.0]), contacts))])


def test_a_rest_on_a_straight_line_is_a_keypose_that_is_ahead_until_it_is_over() -> None:
    poses, found = resting()
    np.testing.assert_allclose(found.T_base_ee, [poses[1], poses[3]], atol=1e-9)
    assert (found.until_ns - START_NS).tolist() == [1_400_000_000, 2_400_000_000]
    for passed_s, way_s, rest_s in [(0.25, 0.75, 0.4), (1.0, 0.0, 0.4), (1.3, 0.0, 0.1)]:
        ahead = ahead_of(found, START_NS + round(passed_s * 1e9), 2)
        assert (ahead.duration_s[0], ahead.pause_s[0]) == pytest.approx((way_s, rest_s), abs=1e-6)
        assert ahead.duration_s[1] == pytest.approx(1.0)


def test_contact_that_begins_during_a_rest_is_a_keypose_of_its_own() -> None:
    _, found = resting((Contact(box_base=ROOM, start_s=1.2, end_s=2.4),))
    assert found.contact.tolist() == [False, True, True]
    np.testing.assert_allclose(found.T_base_ee[:, 2, 3], [0.3, 0.3, 0.1], atol=1e-9)
