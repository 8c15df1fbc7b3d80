"""Spots for things: where the words say, free, on the table; or a refusal in words."""

import numpy as np
import pytest

from policies.grounding.relations import way
from policies.language.program import Place
from policies.value_maps.placements import EDGE, PlacementConfig, region_point, spots, surface_heights
from robot.errors import InstructionRefused
from tests.policies.tabletop import Thing, block, grounder, observe, place, thing

CONFIG = PlacementConfig()
SIZE = np.array([0.04, 0.04, 0.04])
BOWL, CAN = thing("bowl", "blue", 0.5, 0.05), thing("can", "yellow", 0.6, -0.25)
ANYWHERE = np.array([0.4, 0.2])


def found(words: str, *things: Thing, from_xy: np.ndarray = ANYWHERE, size: np.ndarray = SIZE):
    """All spots for a block at the place of these words, and the table's points."""
    observation, where = observe(*things), place(words)
    anchors = [grounder().ground(anchor, observation)[0] for anchor in where.anchors]
    points = observation.cloud.points_base
    return spots(where, anchors, size, points, 0.0, from_xy, CONFIG), points


def room_around(xy: np.ndarray, points: np.ndarray) -> float:
    """How far a spot's middle is from the nearest thing on the table, m."""
    above = points[points[:, 2] > 0.012]
    return float(np.linalg.norm(above[:, :2] - xy, axis=1).min())


@pytest.mark.parametrize(
    ("words", "direction"),
    [("to the left of the bowl", (0, 1)), ("to the right of the bowl", (0, -1)), ("behind the bowl", (1, 0)),
     ("in front of the bowl", (-1, 0))],
)  # fmt: skip
def test_every_spot_lies_on_the_said_side_free_and_on_the_table(words: str, direction: tuple[int, int]) -> None:
    places, points = found(words, BOWL, CAN)
    for spot in places:
        along, across = np.dot(spot.xy - BOWL.xy, direction), abs(np.dot(spot.xy - BOWL.xy, direction[::-1]))
        assert along > 0.07 + 0.02 and along > across  # beyond the bowl's rim and half the block
        assert room_around(spot.xy, points) > np.linalg.norm(SIZE[:2]) / 2
        assert (spot.xy >= CONFIG.table_lower).all() and (spot.xy <= CONFIG.table_upper).all()
        assert spot.surface_z == 0.0 and not spot.inside


def test_a_distance_that_is_said_is_kept() -> None:
    for centimetres in (5, 10, 15):
        places, _ = found(f"{centimetres} cm to the right of the bowl", BOWL)
        gap = BOWL.xy[1] - 0.07 - places[0].xy[1] - np.linalg.norm(SIZE[:2]) / 2
        assert gap == pytest.approx(centimetres / 100, abs=0.015)


def test_an_occupied_side_is_left_for_a_free_spot_farther_out() -> None:
    (free, *_), _ = found("to the left of the bowl", BOWL)
    places, points = found("to the left of the bowl", BOWL, block("green", *free.xy))
    assert all(room_around(spot.xy, points) > np.linalg.norm(SIZE[:2]) / 2 for spot in places)
    assert all(spot.xy[1] > BOWL.xy[1] + 0.07 for spot in places)


def test_between_lies_between() -> None:
    places, _ = found("between the bowl and the can", thing("bowl", "blue", 0.5, 0.2), thing("can", "yellow", 0.5, -0.2))
    assert np.linalg.norm(places[0].xy - [0.5, 0.0]) < 0.011
    assert all(abs(spot.xy[1]) < 0.1 for spot in places)


def test_between_things_that_touch_there_is_no_room() -> None:
    with pytest.raises(InstructionRefused, match="no free room between the bowl and the can"):
        found("between the bowl and the can", thing("bowl", "blue", 0.5, 0.07), thing("can", "yellow", 0.5, -0.03))


def test_next_to_is_near_and_on_the_roomier_side() -> None:
    for y, side in ((0.2, -1), (-0.2, 1)):
        places, _ = found("next to the can", thing("can", "yellow", 0.5, y))
        assert (places[0].xy[1] - y) * side > 0
        assert np.linalg.norm(places[0].xy - [0.5, y]) < 0.12


def test_in_a_bowl_is_its_middle_on_its_floor() -> None:
    ((spot,), _) = found("in the bowl", BOWL)
    np.testing.assert_allclose(spot.xy, BOWL.xy, atol=0.006)
    assert spot.inside and 0.0 < spot.surface_z < 0.012


def test_on_a_block_is_its_top() -> None:
    ((spot,), _) = found("on the green block", block("green", 0.5, 0.1))
    np.testing.assert_allclose(spot.xy, [0.5, 0.1], atol=0.006)
    assert spot.surface_z == pytest.approx(0.04, abs=0.004) and not spot.inside


def test_on_what_is_in_a_bowl_already_is_above_it() -> None:
    ((spot,), _) = found("in the bowl", BOWL, block("green", *BOWL.xy, z=0.005))
    assert spot.surface_z == pytest.approx(0.045, abs=0.006)


@pytest.mark.parametrize(
    ("words", "sign"),
    [("on the left side of the table", (0, 1)), ("on the right side of the table", (0, -1)),
     ("at the front of the table", (-1, 0)), ("at the back of the table", (1, 0)), ("in the middle of the table", (0, 0)),
     ("in the front left corner of the table", (-1, 1)), ("in the back right corner of the table", (1, -1))],
)  # fmt: skip
def test_a_region_is_where_it_is_seen_from_behind_the_robot(words: str, sign: tuple[int, int]) -> None:
    places, _ = found(words)
    middle = (np.array(CONFIG.table_lower) + CONFIG.table_upper) / 2
    extent = np.subtract(CONFIG.table_upper, CONFIG.table_lower)
    offset = (places[0].xy - middle) / extent
    np.testing.assert_allclose(offset, np.array(sign) / 3, atol=0.03)


def test_the_edge_is_the_nearest_one() -> None:
    lower, upper = np.array(CONFIG.table_lower), np.array(CONFIG.table_upper)
    middle = (lower + upper) / 2
    for axis in (0, 1):
        for side, corner in ((-1, lower), (1, upper)):
            from_xy = middle.copy()
            from_xy[axis] = corner[axis] - side * 0.08
            point = region_point("edge", from_xy, CONFIG)
            assert abs(point[axis] - corner[axis]) == pytest.approx(EDGE)
            assert point[1 - axis] == pytest.approx(middle[1 - axis])


def test_anywhere_on_the_table_is_where_it_is_if_there_is_room() -> None:
    places, _ = found("on the table")
    assert np.linalg.norm(places[0].xy - ANYWHERE) < 0.011


@pytest.mark.parametrize("direction", ["left", "right", "forward", "back"])
def test_an_offset_counts_from_where_the_thing_is(direction: str) -> None:
    where = Place(text=f"10 cm {direction}", direction=direction, offset_m=0.1)
    places = spots(where, [], SIZE, observe().cloud.points_base, 0.0, ANYWHERE, CONFIG)
    np.testing.assert_allclose(places[0].xy, ANYWHERE + 0.1 * way(direction)[:2], atol=0.012)


def test_off_the_table_is_refused_in_words() -> None:
    with pytest.raises(
        InstructionRefused, match="There is no free room 90 cm to the left; something stands there, or it is off"
    ):
        found("90 cm to the left")


def test_heights_are_the_highest_point_near() -> None:
    points = np.array([[0.5, 0.0, 0.05], [0.5, 0.01, 0.08], [0.7, 0.0, 0.2], [0.5, 0.0, 0.0]])
    heights = surface_heights(np.array([[0.5, 0.0], [0.3, 0.0], [0.7, 0.02]]), points, 0.03, 0.0)
    np.testing.assert_allclose(heights, [0.08, 0.0, 0.2])
    np.testing.assert_allclose(surface_heights(np.zeros((2, 2)), np.zeros((0, 3)), 0.03, 0.01), 0.01)
