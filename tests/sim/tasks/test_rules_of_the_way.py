"""Rules on the way to a goal, on made-up paths of the tool."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from policies.language.program import Relation
from robot.transforms import transform
from sim.objects import SceneObject
from sim.tasks.rules import WATCH_HZ, KeptAway, Rule, SpeedInZone, SpeedOverall, StayedInRegion, StayedOnSide, Undisturbed
from tests.sim.blind import bare_table

BLOCK = SceneObject(name="red block", kind="block", colour="red", size="normal", body_id=1)


class MadeUp:
    """A truth in which one block lies somewhere and the tool is wherever it is put."""

    def __init__(self, block: tuple[float, float] = (0.5, 0.0)) -> None:
        self.block, self.hand, self.pressed = np.array([*block, 0.02]), np.array([0.5, 0.3, 0.2]), False
        self.scene = SimpleNamespace(config=bare_table())

    def tool(self) -> np.ndarray:
        return transform(self.hand)

    def position(self, thing: SceneObject) -> np.ndarray:
        return self.block

    def pressed_by_robot(self, thing: SceneObject) -> bool:
        return self.pressed


def walk(rule: Rule, truth: Any, *corners: tuple[tuple[float, float, float], float]) -> str:
    """Lead the tool from where it is to each corner at a speed; what the rule says in the end."""
    for goal, speed in corners:
        way = np.array(goal) - truth.hand
        steps = round(float(np.linalg.norm(way)) / speed * WATCH_HZ)
        for _ in range(steps):
            truth.hand = truth.hand + way / steps
            rule.watch(truth)
    return rule.broken()


@pytest.mark.parametrize(("height", "kept"), [(0.15, True), (0.12, False)])
def test_a_tool_that_passes_over_a_block_is_as_far_from_it_as_its_top_is_below(height: float, kept: bool) -> None:
    truth: Any = MadeUp()
    truth.hand = np.array([0.5, 0.3, height])
    assert (walk(KeptAway(BLOCK, 0.10), truth, ((0.5, -0.3, height), 0.2)) == "") is kept


def test_a_side_is_left_when_the_tool_crosses_the_things_middle() -> None:
    truth: Any = MadeUp()
    rule = StayedOnSide(BLOCK, Relation.LEFT_OF, truth)
    assert walk(rule, truth, ((0.7, 0.02, 0.2), 0.2)) == ""
    assert "left of" in walk(rule, truth, ((0.7, -0.05, 0.2), 0.2))


@pytest.mark.parametrize(
    ("ratio", "inside", "kept"), [(0.5, 0.1, True), (0.5, 0.18, False), (2.0, 0.35, True), (2.0, 0.25, False)]
)
def test_a_speed_counts_half_the_way_to_what_was_asked(ratio: float, inside: float, kept: bool) -> None:
    truth: Any = MadeUp()
    truth.hand = np.array([0.5, 0.4, 0.2])
    rule = SpeedInZone(lambda now: now.tool()[1, 3] < 0, ratio)
    assert (walk(rule, truth, ((0.5, 0.0, 0.2), 0.2), ((0.5, -0.4, 0.2), inside)) == "") is kept


def test_where_the_way_never_led_through_the_zone_its_speed_does_not_matter() -> None:
    truth: Any = MadeUp()
    rule = SpeedInZone(lambda now: now.tool()[1, 3] < -1, 0.5)
    assert walk(rule, truth, ((0.5, -0.3, 0.2), 0.3)) == ""


def test_a_tool_that_never_moves_has_not_moved_slowly() -> None:
    rule = SpeedOverall(0.5, 0.25)
    assert rule.broken()
    truth: Any = MadeUp()
    assert walk(rule, truth, ((0.5, 0.0, 0.2), 0.15)) == ""
    assert walk(SpeedOverall(0.5, 0.25), truth, ((0.5, 0.3, 0.2), 0.22))


def test_a_thing_is_disturbed_by_a_touch_and_by_a_shove() -> None:
    truth: Any = MadeUp()
    rule = Undisturbed(BLOCK, truth)
    rule.watch(truth)
    assert rule.broken() == ""
    truth.block = np.array([0.511, 0.0, 0.02])
    rule.watch(truth)
    assert "moved" in rule.broken()
    touched = Undisturbed(BLOCK, truth)
    truth.pressed = True
    touched.watch(truth)
    assert "touched" in touched.broken()


def test_a_thing_that_once_left_its_region_has_left_it() -> None:
    truth: Any = MadeUp((0.5, 0.25))
    rule = StayedInRegion(BLOCK, "left")
    rule.watch(truth)
    assert rule.broken() == ""
    for y in (0.0, 0.25):
        truth.block = np.array([0.5, y, 0.02])
        rule.watch(truth)
    assert "left" in rule.broken()
