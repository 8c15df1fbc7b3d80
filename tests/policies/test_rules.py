"""What manners demand of a way: drawn into the value maps, the planned path keeps it, to the millimetre and the percent."""

import numpy as np
import pytest

from policies.language.parser import RuleParser
from policies.language.program import MoveTo, Push
from policies.value_maps.legs import Leg, LegMaker, LegsConfig
from policies.value_maps.manners import Manners
from policies.value_maps.maps import MapsConfig
from policies.value_maps.placements import PlacementConfig
from policies.value_maps.planner import rounded
from policies.value_maps.reference import Reference
from policies.value_maps.rules import SLOW_SPARE, KeptOff, Rules, SpeedZone
from policies.value_maps.spaces import Column, HalfSpace, Pillar
from robot.errors import InstructionRefused
from robot.obstacles import Box
from robot.transforms import from_xyz_rpy, transform
from tests.policies.tabletop import block, grounder, observe, robot, thing

START, GOAL = from_xyz_rpy([0.35, -0.3, 0.12], [np.pi, 0, 0]), from_xyz_rpy([0.6, 0.3, 0.12], [np.pi, 0, 0])
IN_THE_WAY = Pillar(xy=np.array([0.475, 0.0]), radius=0.03, top=0.05)
NORMAL = MapsConfig().normal_speed


def fly(rules: Rules, start: np.ndarray = START, goal: np.ndarray = GOAL) -> Leg:
    """A leg over an empty table that keeps the rules."""
    return LegMaker(robot()[0], LegsConfig()).through_maps(0, start, goal, np.zeros((0, 3)), 0.04, "", rules=rules)


def path_of(leg: Leg) -> np.ndarray:
    """The leg's way (N, 3), every few millimetres."""
    assert leg.arm is not None
    return rounded(leg.arm.T_base_ee[:, :3, 3], 0.005, 0.0)


def speeds_of(leg: Leg) -> tuple[np.ndarray, np.ndarray]:
    """The middles (T-1, 3) of a leg's stretches, and how fast they are passed, m/s."""
    assert leg.arm is not None
    points = leg.arm.T_base_ee[:, :3, 3]
    return (points[1:] + points[:-1]) / 2, np.linalg.norm(np.diff(points, axis=0), axis=1) / np.diff(leg.arm.time_s)


@pytest.mark.parametrize("distance", [0.03, 0.05, 0.08, 0.11])
def test_the_way_is_never_nearer_to_a_thing_than_was_said(distance: float) -> None:
    straight = path_of(fly(Rules()))
    assert IN_THE_WAY.distance(straight).min() < 0.08  # else there is nothing to keep away from
    kept = path_of(fly(Rules(off=(KeptOff(space=IN_THE_WAY, distance=distance),))))
    assert IN_THE_WAY.distance(kept).min() >= distance
    np.testing.assert_allclose(kept[[0, -1]], [START[:3, 3], GOAL[:3, 3]], atol=1e-9)


def test_a_distance_that_the_goal_breaks_is_refused() -> None:
    goal = from_xyz_rpy([0.475, 0.02, 0.12], [np.pi, 0, 0])
    with pytest.raises(InstructionRefused, match="no way there"):
        fly(Rules(off=(KeptOff(space=IN_THE_WAY, distance=0.1),)), goal=goal)


def test_the_way_stays_on_the_side_that_was_said() -> None:
    behind = HalfSpace(point=np.array([0.48, 0.0, 0.0]), side=np.array([1.0, 0.0, 0.0]))
    start, goal = (from_xyz_rpy([0.52, y, 0.12], [np.pi, 0, 0]) for y in (-0.3, 0.3))
    pillar = KeptOff(space=Pillar(xy=np.array([0.53, 0.0]), radius=0.05, top=0.6), distance=0.05)
    assert path_of(fly(Rules(off=(pillar,)), start, goal))[:, 0].min() < 0.45  # the shorter way round leads there
    assert path_of(fly(Rules(off=(pillar,), stay=(behind,)), start, goal))[:, 0].min() >= 0.48


def test_a_way_that_begins_on_the_wrong_side_crosses_once() -> None:
    behind = HalfSpace(point=np.array([0.45, 0.0, 0.0]), side=np.array([1.0, 0.0, 0.0]))
    inside = path_of(fly(Rules(stay=(behind,))))[:, 0] >= 0.45
    assert not inside[0] and inside[-1]
    assert np.abs(np.diff(inside.astype(int))).sum() == 1
    assert inside.mean() > 0.5


@pytest.mark.parametrize("factor", [0.25, 0.5, 2.0, 3.0])
def test_speed_near_a_thing_is_as_many_times_the_normal_one_as_was_said(factor: float) -> None:
    zone = SpeedZone(space=IN_THE_WAY, within=0.12, factor=factor)
    middles, speeds = speeds_of(fly(Rules(speeds=(zone,))))
    distance = IN_THE_WAY.distance(middles)
    inside, outside = distance < zone.within - SLOW_SPARE, distance > zone.within + SLOW_SPARE
    assert inside.sum() > 3 and outside.sum() > 10
    np.testing.assert_allclose(speeds[inside], factor * NORMAL, rtol=1e-6)
    np.testing.assert_allclose(speeds[outside], NORMAL, rtol=1e-6)


def test_a_slow_zone_begins_before_its_border_and_a_fast_one_after_it() -> None:
    at_border = np.array([[0.475, 0.03 + 0.05, 0.0]])
    slow, fast = (Rules(speeds=(SpeedZone(space=IN_THE_WAY, within=0.05, factor=f),)).factor(at_border) for f in (0.5, 2.0))
    assert slow == 0.5 and fast == 1.0


def test_speed_without_a_zone_holds_everywhere_on_straight_legs_too() -> None:
    rules = Rules(speeds=(SpeedZone(space=None, within=0.0, factor=0.5),))
    legs, room = LegMaker(robot()[0], LegsConfig()), Box(pose=transform(GOAL[:3, 3]), size=np.full(3, 0.2))
    plain, slow = (legs.straight(0, START, GOAL, 0.04, "", room, rules=each) for each in (Rules(), rules))
    assert slow.duration_s == pytest.approx(2 * plain.duration_s)
    np.testing.assert_allclose(speeds_of(fly(rules))[1], 0.5 * NORMAL, rtol=1e-6)


def test_faster_never_means_faster_than_a_contact_allows() -> None:
    rules = Rules(speeds=(SpeedZone(space=None, within=0.0, factor=4.0),))
    room = Box(pose=transform(GOAL[:3, 3]), size=np.full(3, 0.2))
    leg = LegMaker(robot()[0], LegsConfig()).straight(0, START, GOAL, 0.04, "", room, rules=rules)
    assert speeds_of(leg)[1].max() <= leg.contacts[0].speed + 1e-9


def test_rules_are_drawn_into_the_maps_that_are_shown() -> None:
    leg = fly(
        Rules(off=(KeptOff(space=IN_THE_WAY, distance=0.1),), speeds=(SpeedZone(space=IN_THE_WAY, within=0.2, factor=0.5),))
    )
    assert leg.maps is not None
    near, far = np.array([[0.475, 0.05, 0.1]]), np.array([[0.3, -0.5, 0.5]])
    assert leg.maps.grid.sample(leg.maps.avoidance, near)[0] == 1.0
    np.testing.assert_allclose(leg.maps.grid.sample(leg.maps.velocity, np.vstack([near, far])), [0.5 * NORMAL, NORMAL])


def test_distances_to_spaces() -> None:
    points = np.array([[0.475, 0.05, 0.0], [0.475, 0.0, 0.09], [0.475, 0.07, 0.08], [0.475, 0.0, 0.0]])
    np.testing.assert_allclose(IN_THE_WAY.distance(points), [0.02, 0.04, 0.05, 0.0], atol=1e-12)
    left = Column(lower=np.array([-np.inf, 0.1]), upper=np.full(2, np.inf))
    np.testing.assert_allclose(left.distance(np.array([[0.5, 0.0, 0.3], [0.5, 0.25, 0.0]])), [0.1, -0.15])


RED, CAN = block("red", 0.5, 0.1), thing("can", "yellow", 0.45, -0.1)


def rules_of(sentence: str) -> Rules:
    """The rules of a sentence's only step, in front of a red block and a can."""
    (step,) = RuleParser().parse(sentence).steps
    assert isinstance(step, MoveTo | Push)
    return Manners(Reference(grounder()), PlacementConfig()).rules(step.manners, observe(RED, CAN))


def test_words_become_rules_about_what_is_seen() -> None:
    rules = rules_of("move to the middle while staying at least 6 cm from the red block while staying behind the can")
    ((off,), (stay,)) = rules.off, rules.stay
    assert off.distance == 0.06
    middle = np.array([[*RED.xy, 0.02]])
    assert off.space.distance(middle) == 0.0 and off.space.distance(middle + np.array([0.2, 0, 0]))[0] == pytest.approx(
        0.17, abs=0.01
    )
    assert (stay.distance(np.array([[0.5, 0, 0.1], [0.4, 0, 0.1]])) < 0).tolist() == [True, False]


def test_a_speed_in_a_region_holds_over_that_region_only() -> None:
    rules = rules_of("move to the middle while moving at half speed in the left side of the table")
    np.testing.assert_array_equal(rules.factor(np.array([[0.5, 0.3, 0.2], [0.5, 0.0, 0.2]])), [0.5, 1.0])


def test_a_manner_about_what_is_not_there_is_refused() -> None:
    with pytest.raises(InstructionRefused, match="do not see a mug"):
        rules_of("move to the middle while staying away from the mug")
