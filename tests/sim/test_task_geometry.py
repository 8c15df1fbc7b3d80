"""Elbow room, spots and push ways: what keeps an expert's hand clear of everything, on tables whose geometry is plain."""

import numpy as np
import pytest

from policies.value_maps.grasps import pointing_down
from sim.tasks.elbowroom import Disc, gap_along, gap_at, room_around
from sim.tasks.placement import in_region
from sim.tasks.pushways import FINGERS, is_free, points_in, way_to
from sim.tasks.spots import around, between, on_table, roomiest
from tests.sim.blind import bare_table
from tests.sim.stages import panda

MODEL = panda()
LEFT = np.array([0.0, 1.0])


def disc(x: float, y: float, radius: float = 0.03, top: float = 0.04) -> Disc:
    return Disc(x=x, y=y, radius=radius, top=top)


def test_a_finger_has_no_room_where_a_neighbour_stands_beside_the_thing():
    across, along = (pointing_down(np.array([0.5, 0.0, 0.02]), yaw) for yaw in (0.0, np.pi / 2))
    neighbour = [disc(0.5, 0.08)]
    # the fingers, 2 cm thick, stand 7 cm apart along y: the left one reaches to 5.5 cm, the neighbour begins at 5 cm
    assert room_around(across, 0.07, neighbour, MODEL) < 0.0
    nearest = np.hypot(0.045 - MODEL.finger_thickness / 2, 0.08 - MODEL.finger_width / 2)
    assert room_around(along, 0.07, neighbour, MODEL) == pytest.approx(nearest - 0.03)


def test_only_what_is_as_high_as_the_hand_is_in_its_way():
    T_base_ee = pointing_down(np.array([0.5, 0.0, 0.02]), 0.0)
    low, high = [disc(0.5, 0.12, top=0.04)], [disc(0.5, 0.12, top=0.08)]
    assert room_around(T_base_ee, 0.05, low, MODEL) > room_around(T_base_ee, 0.05, high, MODEL)
    assert room_around(T_base_ee, 0.05, [disc(0.5, 0.12, top=0.005)], MODEL) == np.inf


def test_gaps_are_measured_from_edge_to_edge_and_along_the_whole_way():
    assert gap_at(np.array([0.5, 0.0]), 0.02, [disc(0.5, 0.1)]) == pytest.approx(0.05)
    assert gap_along(np.array([0.4, -0.1]), np.array([0.4, 0.1]), [disc(0.5, 0.0)]) == pytest.approx(0.07)
    assert gap_along(np.array([0.4, -0.2]), np.array([0.4, -0.1]), [disc(0.4, 0.0)]) == pytest.approx(0.07)


def test_spots_lie_on_the_side_that_was_asked_for_and_the_free_one_is_taken():
    anchor = disc(0.5, 0.0)
    spots = around(anchor, 0.03, LEFT)
    offsets = spots - anchor.xy
    assert (offsets @ LEFT >= np.cos(np.deg2rad(21)) * np.linalg.norm(offsets, axis=1)).all()
    blocked = disc(*spots[0])
    best, gap = roomiest(spots, 0.03, [blocked])
    assert gap == pytest.approx(min(gap_at(best, 0.03, [blocked]), 0.05))
    assert gap > gap_at(spots[0], 0.03, [blocked])
    assert roomiest(np.array([[0.9, 0.0]]), 0.03, [])[1] == -np.inf, "a spot off the table is none"


def test_spots_between_two_things_lie_on_their_line():
    one, other = disc(0.4, -0.1), disc(0.6, 0.1)
    for x, y in between(one, other):
        assert x - 0.5 == pytest.approx(y)
        assert 0.4 < x < 0.6


def test_a_push_way_goes_round_what_stands_in_it():
    start, goals = np.array([0.5, 0.2]), np.array([[0.5, -0.2]])
    assert len(way_to(start, goals, []) or []) == 1
    obstacle = disc(0.5, 0.0)
    assert not is_free(start, goals[0], [obstacle])
    way = way_to(start, goals, [obstacle])
    assert way is not None and len(way) == 2
    for a, b in ((start, way[0]), (way[0], way[1])):
        assert gap_along(a, b, [obstacle]) > FINGERS
    wall = [disc(x, 0.0, radius=0.05) for x in np.arange(0.2, 0.85, 0.08)]
    assert way_to(start, goals, wall) is None


def test_points_of_a_region_lie_well_inside_it_and_on_the_table():
    scene = bare_table()
    for region in ("left", "back right", "middle"):
        points = points_in(region, scene)
        assert len(points)
        assert all(in_region(region, point, scene) for point in points)
        assert on_table(points).any()
