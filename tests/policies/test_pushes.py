"""Pushes: over which stretches a thing is slid, so that it keeps to a line, in a part of the table, off an obstacle."""

from itertools import pairwise

import numpy as np
import pytest

from policies.language.parser import RuleParser
from policies.language.program import Push
from policies.value_maps.aims import Aims, AimsConfig
from policies.value_maps.manners import Manners
from policies.value_maps.placements import PlacementConfig
from policies.value_maps.push_aims import PushAims
from policies.value_maps.pushes import Pushes, PushesConfig
from policies.value_maps.reference import Reference
from robot.errors import InstructionRefused
from tests.policies.tabletop import Thing, block, grounder, observe, robot, seen, thing

RED = block("red", 0.48, 0.22)


def ways(sentence: str, *things: Thing) -> np.ndarray:
    """Where (K + 1, 2) the red block of a sentence goes, from where it is."""
    (step,) = RuleParser().parse(sentence).steps
    assert isinstance(step, Push)
    observation, reference = observe(*things), Reference(grounder())
    placement = PlacementConfig()
    pushes = Pushes(
        PushAims(Aims(*robot(), reference, AimsConfig()), reference),
        reference,
        Manners(reference, placement),
        placement,
        PushesConfig(),
    )
    chosen = seen("the red block", observation)
    return np.array([chosen.box_base.pose[:2, 3], *pushes.targets(chosen, step, observation)])


def least_distance(way: np.ndarray, xy: tuple[float, float]) -> float:
    """How near a way (K + 1, 2) comes to a point, m."""
    dense = np.concatenate([np.linspace(a, b, 40) for a, b in pairwise(way)])
    return float(np.linalg.norm(dense - xy, axis=1).min())


@pytest.mark.parametrize(("line", "axis"), [("left edge", 0), ("middle line", 0)])
def test_a_push_along_a_line_is_parallel_to_it(line: str, axis: int) -> None:
    start = block("red", 0.42, 0.2 if line == "left edge" else 0.08)
    shift = np.diff(ways(f"push the red block along the {line}", start), axis=0)
    assert len(shift) == 1
    assert abs(shift[0][axis]) > 0.1 and abs(shift[0][1 - axis]) < 0.005


def test_a_line_that_is_far_off_is_gone_to_first() -> None:
    first, second = np.diff(ways("push the red block along the right edge", RED), axis=0)
    assert first[1] < -0.4 and abs(first[0]) < 0.01
    assert abs(second[0]) > 0.05 and abs(second[1]) < 0.01


@pytest.mark.parametrize(("side", "axis", "sign"), [("left", 1, 1), ("back", 0, 1)])
def test_a_thing_that_is_to_stay_in_its_part_of_the_table_does(side: str, axis: int, sign: int) -> None:
    where = {"left": (0.48, 0.22), "back": (0.65, 0.0)}[side]
    way = ways(f"push the red block while letting it stay on the {side} side of the table", block("red", *where))
    border = {"left": 0.38 / 3, "back": 0.60}[side]
    assert (sign * way[:, axis] > border).all()
    assert np.linalg.norm(way[-1] - way[0]) > 0.08


def test_a_thing_just_outside_of_where_it_is_to_stay_is_pushed_in() -> None:
    way = ways("push the red block while letting it stay on the left side of the table", block("red", 0.48, 0.11))
    assert way[-1][1] > 0.127 + 0.02


def test_a_free_push_leads_away_from_what_is_to_be_avoided_and_the_hand_keeps_off_it_too() -> None:
    can = (0.48, 0.10)
    way = ways("push the red block while staying away from the can", RED, thing("can", "yellow", *can))
    along = (way[1] - way[0]) / np.linalg.norm(way[1] - way[0])
    hand = way[0] - 0.07 * along
    assert least_distance(np.array([hand, way[1]]), can) > 0.025 + 0.04


def test_a_way_to_a_place_goes_round_what_is_to_be_avoided() -> None:
    can = (0.48, 0.02)
    things = (block("red", 0.48, 0.2), thing("can", "yellow", *can))
    straight = ways("push the red block to the right by 35 cm", *things)
    round_it = ways("push the red block to the right by 35 cm while staying away from the can", *things)
    assert least_distance(straight, can) < 0.02
    assert least_distance(round_it, can) > 0.025 + 0.04 + 0.02
    np.testing.assert_allclose(round_it[-1], straight[-1], atol=0.01)


def test_a_place_outside_of_where_it_is_to_stay_is_refused() -> None:
    with pytest.raises(InstructionRefused, match="does not lie where it is to stay"):
        ways("push the red block to the right by 30 cm while letting it stay on the left side of the table", RED)


def test_of_a_part_of_the_table_the_end_is_chosen_to_which_the_hand_meets_nothing() -> None:
    beside = thing("can", "green", 0.60, 0.0)  # the hand, wider than the block, would meet it on the straight way to the middle
    free, narrow = ways("push the red block to the right", RED)[-1], "push the red block to the right side of the table"
    alone, crowded = ways(narrow, RED)[-1], ways(narrow, RED, beside)[-1]
    assert crowded[1] < -0.12 and alone[1] < -0.12
    np.testing.assert_allclose(free[0], RED.xy[0], atol=0.01)
    assert np.linalg.norm(crowded - alone) > 0.03
