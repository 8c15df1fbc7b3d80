"""The goals that families bring along: each is met by what it asks for, and missed by what comes close."""

import numpy as np
import pytest

from policies.language.program import Place, Relation
from sim.layout import ObjectConfig
from sim.tasks.goals import PutThere
from sim.tasks.meaning import MeaningTask
from sim.tasks.push_line import PushedAlong
from sim.tasks.pyramid import Pyramid
from sim.tasks.sort_by_shape import SortedSomehow
from sim.tasks.sorting import in_bins
from sim.tasks.truth import Truth
from sim.world import World
from tests.sim.stages import move, scene_with


@pytest.fixture(scope="module")
def world():
    with World() as world:
        yield world


def block(colour: str, x: float, y: float) -> ObjectConfig:
    return ObjectConfig("block", colour, x=x, y=y, yaw=0.0)


def test_a_bin_holds_what_is_inside_its_square_walls_and_nothing_beside_them(world):
    bin_there = ObjectConfig("bin", "green", x=0.5, y=0.0, yaw=0.4)
    scene = scene_with(world, block("blue", 0.5, 0.25), bin_there)
    thing, bin = scene.objects
    goal = PutThere(thing, Place(text="in", relation=Relation.IN), (bin,), Truth(scene, world))
    assert "not inside" in goal.unmet(Truth(scene, world))
    corner = np.array([[np.cos(0.4), -np.sin(0.4)], [np.sin(0.4), np.cos(0.4)]]) @ [0.053, 0.053]
    move(world, scene, thing, (0.5 + corner[0], corner[1], 0.03), yaw=0.4, steps=120)
    assert goal.unmet(Truth(scene, world)) == ""
    assert np.linalg.norm((scene.pose(thing) - scene.pose(bin))[:2, 3]) > 0.07, "not in a corner any more"
    move(world, scene, thing, (0.5, 0.0, 0.20), steps=1)
    assert "above" in goal.unmet(Truth(scene, world))


def test_a_pyramid_is_one_block_on_two_and_the_named_one_on_top(world):
    scene = scene_with(world, block("blue", 0.5, 0.2), block("green", 0.5, 0.0), block("pink", 0.5, 0.044))
    named, any_on_top = Pyramid(scene.objects, any_on_top=False), Pyramid(scene.objects, any_on_top=True)
    truth = Truth(scene, world)
    assert "does not stand on" in named.unmet(truth)
    move(world, scene, scene.objects[0], (0.5, 0.022, 0.0605), steps=120)
    assert named.unmet(truth) == any_on_top.unmet(truth) == ""
    other_top = Pyramid((scene.objects[1], scene.objects[0], scene.objects[2]), any_on_top=False)
    assert other_top.unmet(truth)
    move(world, scene, scene.objects[0], (0.5, 0.0, 0.0605), steps=120)
    assert named.unmet(truth), "it stands on one of them only"


def test_a_push_along_a_line_must_end_there_and_must_not_stray(world):
    scene = scene_with(world, block("blue", 0.45, 0.0))
    (thing,), truth = scene.objects, Truth(scene, world)
    left = np.array([0.0, 1.0])

    def judged(*places: tuple[float, float, float]) -> str:
        move(world, scene, thing, (0.45, 0.0, 0.02))
        goal = PushedAlong(thing, left, 0.10, truth)
        for place in places:
            move(world, scene, thing, place)
            goal.watch(truth)
        return goal.unmet(truth)

    assert judged((0.46, 0.05, 0.02), (0.44, 0.11, 0.02)) == ""
    assert "was pushed" in judged((0.45, 0.05, 0.02))
    assert "strayed" in judged((0.49, 0.05, 0.02), (0.45, 0.10, 0.02))
    move(world, scene, thing, (0.45, 0.0, 0.02))
    lifted = PushedAlong(thing, left, 0.10, truth)
    move(world, scene, thing, (0.45, 0.10, 0.10), steps=1)
    lifted.watch(truth)
    move(world, scene, thing, (0.45, 0.10, 0.02))
    assert "lifted" in lifted.unmet(truth)


def test_any_way_to_give_each_kind_its_own_bin_is_sorted(world):
    can = ObjectConfig("can", "blue", x=0.4, y=0.1, yaw=0.0)
    bins = [ObjectConfig("bin", colour, x=0.6, y=y, yaw=0.0) for colour, y in (("green", 0.15), ("pink", -0.15))]
    scene = scene_with(world, block("blue", 0.4, -0.1), can, *bins)
    thing, other = scene.objects[:2]
    truth = Truth(scene, world)
    goal = SortedSomehow([in_bins([(0, 2), (1, 3)], truth), in_bins([(0, 3), (1, 2)], truth)])
    for first, second, good in ((0.15, -0.15, True), (-0.15, 0.15, True)):
        move(world, scene, thing, (0.6, first, 0.03), steps=60)
        move(world, scene, other, (0.6, second, 0.045), steps=120)
        assert (goal.unmet(truth) == "") is good
    move(world, scene, other, (0.64, -0.19, 0.045), steps=120)
    assert goal.unmet(truth), "both kinds are in one bin"


def test_a_verdict_names_the_first_goal_that_is_not_met(world):
    scene = scene_with(world, block("blue", 0.4, -0.1), block("green", 0.4, 0.1), ObjectConfig("bowl", "pink", x=0.55, y=0.0))
    inside = Place(text="in", relation=Relation.IN)
    task = MeaningTask(
        "x", scene, world, lambda truth: [PutThere(scene.objects[i], inside, scene.objects[2:], truth) for i in (0, 1)]
    )
    task.reset()
    move(world, scene, scene.objects[0], (0.53, 0.0, 0.06), steps=240)
    verdict = task.success()
    assert not verdict.success
    assert verdict.stage == "goal 2 of 2"
    assert verdict.reason.startswith("The green block")
