"""All things of a kind, one after another: put, pushed, sorted, stacked, built with."""

from dataclasses import replace

import numpy as np
import pytest

from policies.grounding.grounder import Candidate
from policies.language.program import Place, Relation
from policies.value_maps.homes import assigned, of_few_shapes
from policies.value_maps.placements import PlacementConfig, spots
from policies.value_maps.policy import ValueMapPolicy, ValueMapsConfig
from robot.errors import InstructionRefused
from robot.obstacles import Box
from robot.trajectory import Plan, PlanStatus
from robot.transforms import transform
from tests.policies.kinematic_table import KinematicTable
from tests.policies.tabletop import Thing, block, robot, thing

RED, GREEN, BLUE = block("red", 0.5, 0.05), block("green", 0.42, -0.2), block("blue", 0.62, -0.1)
BOWL = thing("bowl", "blue", 0.55, 0.28)


def performed(sentence: str, *things: Thing) -> KinematicTable:
    """The table after the sentence was carried out."""
    table = KinematicTable(*things)
    last = table.perform(ValueMapPolicy(*robot(), ValueMapsConfig()), sentence, most=120)
    assert last.status is PlanStatus.DONE, last.reason
    return table


def inserted(table: KinematicTable) -> list[str]:
    """What was said while all blocks were put in the bowl."""
    last = table.perform(ValueMapPolicy(*robot(), ValueMapsConfig()), "put all blocks in the bowl", most=120)
    assert last.status is PlanStatus.DONE, last.reason
    return [plan.reason for plan in table.plans]


def where(table: KinematicTable, colour: str) -> np.ndarray:
    """Where the foot of the block of a colour is, (3,)."""
    (found,) = [each for each in table.things if (each.colour, each.kind) == (colour, "block")]
    return np.array([*found.xy, found.z])


def seen(colour: str, shape: str, x: float, y: float, z: float = 0.02, size: float = 0.04) -> Candidate:
    """A thing as the grounder would see it."""
    box = Box(pose=transform([x, y, z]), size=np.array([size, size, 0.04]))
    return Candidate(
        mask=np.zeros(0, bool), score=1.0, description=f"{colour} {shape}", box_base=box, colour=colour, shape=shape
    )  # fmt: skip


def test_every_block_is_brought_to_its_side_of_the_table() -> None:
    table = performed("put all blocks on the left side of the table", RED, GREEN, block("blue", 0.6, 0.3))
    assert (where(table, "red")[1] > 0.12) and (where(table, "green")[1] > 0.12)
    np.testing.assert_allclose(where(table, "blue")[:2], [0.6, 0.3])  # it was there already
    said = [plan.reason for plan in table.plans]
    assert said.index("lifting the red block") != said.index("lifting the green block")
    assert "lifting the blue block" not in said


def test_only_what_fits_is_moved() -> None:
    table = performed("put all red things on the left side", RED, GREEN)
    assert where(table, "red")[1] > 0.12
    np.testing.assert_allclose(where(table, "green")[:2], GREEN.xy)


def test_a_tower_of_all_blocks_stands_on_one_of_them() -> None:
    table = performed("stack the three blocks", RED, GREEN, BLUE)
    places = np.array([where(table, colour) for colour in ("red", "green", "blue")])
    np.testing.assert_allclose(np.sort(places[:, 2]), [0.0, 0.04, 0.08], atol=0.012)
    assert np.ptp(places[:, :2], axis=0).max() < 0.015


def test_a_pyramid_is_two_side_by_side_and_one_on_both() -> None:
    table = performed("build a pyramid of the red, the green and the blue block", RED, GREEN, BLUE)
    red, green, blue = (where(table, colour) for colour in ("red", "green", "blue"))
    np.testing.assert_allclose(red[:2], RED.xy, atol=1e-9)
    assert 0.040 < np.linalg.norm((green - red)[:2]) < 0.056  # they do not touch, and a block of 4 cm bridges the slit
    assert abs(green[2]) < 0.01 and blue[2] == pytest.approx(0.04, abs=0.012)
    np.testing.assert_allclose(blue[:2], (red + green)[:2] / 2, atol=0.008)


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("put the two blocks in the bowl", "I see three of them, not two: "),
        ("put all yellow cans in the bowl", "I do not see any yellow cans."),
        ("build a pyramid of the two blocks", "A pyramid takes three things"),
        ("sort the blocks into the bins", "I do not see any bins."),
    ],
)
def test_what_is_not_there_in_that_number_is_said_before_anything_moves(sentence: str, words: str) -> None:
    table = KinematicTable(RED, GREEN, BLUE, BOWL)
    policy = ValueMapPolicy(*robot(), ValueMapsConfig())
    try:
        last = table.perform(policy, sentence)
        reason = last.reason
        assert last.status is PlanStatus.REFUSED
    except InstructionRefused as refusal:
        reason = str(refusal)
    assert words in reason
    assert len(table.plans) <= 1


BINS = (seen("red", "bin", 0.6, 0.25, size=0.16), seen("blue", "bin", 0.6, -0.25, size=0.16))


def test_by_colour_each_goes_to_the_container_of_its_colour_however_far() -> None:
    red, blue = seen("red", "block", 0.5, -0.2), seen("blue", "block", 0.5, 0.2)
    assert assigned([red, blue], "colour", BINS) == {"red": BINS[0], "blue": BINS[1]}


def test_by_shape_each_kind_has_a_container_of_its_own_the_nearest_free_one() -> None:
    things = [seen("red", "block", 0.5, -0.2), seen("green", "block", 0.5, -0.1), seen("red", "can", 0.45, -0.1)]
    homes = assigned(things, "shape", BINS)
    assert set(homes) == {"block", "can"} and homes["block"] is not homes["can"]


def test_what_lies_in_a_container_already_draws_its_like() -> None:
    inside = seen("green", "can", 0.6, 0.25)
    homes = assigned([seen("red", "can", 0.5, -0.3), seen("red", "block", 0.5, 0.3)], "shape", BINS, [inside])
    assert homes == {"can": BINS[0], "block": BINS[1]}


def test_a_colour_without_a_container_of_its_own_takes_a_free_one_or_is_refused() -> None:
    green, pink = seen("green", "block", 0.5, 0.2), seen("pink", "block", 0.5, -0.2)
    red = seen("red", "block", 0.5, 0.0)
    assert assigned([red, green], "colour", BINS) == {"red": BINS[0], "green": BINS[1]}
    with pytest.raises(InstructionRefused, match=r"I see three kinds .* and two bins to sort into"):
        assigned([red, green, pink], "colour", BINS)


def test_sizes_a_centimetre_apart_are_two_kinds() -> None:
    large = replace(seen("red", "block", 0.5, 0.1), box_base=Box(pose=transform([0.5, 0.1, 0.02]), size=np.full(3, 0.05)))
    homes = assigned([seen("red", "block", 0.5, -0.1), large], "size", BINS)
    assert homes == {"4 cm": BINS[1], "5 cm": BINS[0]}


def test_four_things_go_side_by_side_into_a_bin() -> None:
    steps = np.meshgrid([-0.02, 0.0, 0.02], [-0.02, 0.0, 0.02], [0.01, 0.03, 0.045])
    points, middle = np.zeros((0, 3)), np.array([0.6, 0.25])
    bin_, place = seen("red", "bin", *middle, size=0.16), Place(text="in the bin", relation=Relation.IN)
    for _ in range(4):
        spot = spots(place, [bin_], np.full(3, 0.04), points, 0.0, np.zeros(2), PlacementConfig())[0]
        assert spot.surface_z < 0.01
        assert np.abs(spot.xy - middle).max() < 0.075 - 0.02  # a block there clears the wall
        block_points = np.stack(steps, axis=-1).reshape(-1, 3) + np.array([*spot.xy, 0.0])
        points = np.concatenate([points, block_points])


def test_what_can_not_be_taken_yet_waits_until_the_others_are_gone() -> None:
    table = KinematicTable(RED, GREEN, BOWL)

    def green_first_is_refused(plan: Plan) -> str:
        too_early = plan.reason == "reaching for the green block" and where(table, "red")[1] < 0.2
        return "a joint would pass its limit" if too_early else ""

    table.refuses = green_first_is_refused
    said = inserted(table)
    assert said.index("lifting the red block") < said.index("lifting the green block")
    np.testing.assert_allclose([where(table, colour)[:2] for colour in ("red", "green")], [BOWL.xy, BOWL.xy], atol=0.03)


def test_what_does_not_stay_is_put_away_again() -> None:
    table = KinematicTable(RED, GREEN, BOWL)
    thrown: list[Thing] = []

    def throw_out_once(plan: Plan) -> str:
        if plan.reason == "rising" and not thrown:
            (inside,) = [each for each in table.things if each.kind == "block" and each.xy[1] > 0.2]
            thrown.append(replace(inside, xy=(0.5, -0.05), z=0.0))
            table.put(inside, thrown[0])
        return ""

    table.refuses = throw_out_once
    said = inserted(table)
    assert sum(each.startswith("lifting") for each in said) == 3
    np.testing.assert_allclose([where(table, colour)[:2] for colour in ("red", "green")], [BOWL.xy, BOWL.xy], atol=0.03)


def test_what_will_not_stay_at_all_is_said() -> None:
    table = KinematicTable(RED, BOWL)
    table.refuses = lambda plan: "a joint would pass its limit" if plan.reason == "reaching for the red block" else ""
    last = table.perform(ValueMapPolicy(*robot(), ValueMapsConfig()), "put all blocks in the bowl", most=120)
    assert last.status is PlanStatus.REFUSED and last.reason == "a joint would pass its limit"
    np.testing.assert_allclose(where(table, "red")[:2], RED.xy)


def test_what_is_taken_for_a_third_shape_is_one_of_the_two_that_have_a_bin() -> None:
    block, can = seen("red", "block", 0.4, 0.1), seen("blue", "can", 0.4, 0.2)
    doubtful = replace(seen("green", "ball", 0.4, 0.3), shapes={"ball": 0.5, "can": 0.1, "block": 0.4})
    sure = [replace(block, shapes={"block": 0.9, "can": 0.1}), replace(can, shapes={"can": 0.9, "block": 0.1})]
    assert [each.shape for each in of_few_shapes([*sure, doubtful], 2)] == ["block", "can", "block"]
    assert [each.shape for each in of_few_shapes([*sure, doubtful], 3)] == ["block", "can", "ball"]
