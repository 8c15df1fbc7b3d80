import numpy as np
import pytest

from policies.language.program import (
    GoHome,
    MoveTo,
    Phrase,
    Pick,
    Place,
    PointAt,
    Program,
    Push,
    Put,
    Relation,
    SetGripper,
)
from robot.kinematics import Kinematics
from robot.transforms import transform
from sim.layout import ObjectConfig
from sim.motors import JointMotors
from sim.tasks.instruction import InstructionTask
from sim.tasks.referents import Mentions, referents
from sim.tasks.truth import Truth
from sim.world import World
from tests.sim.stages import move, scene_with

RED = Phrase(text="the red block", shape="block", colour="red")
GREEN = Phrase(text="the green block", shape="block", colour="green")
BOWL = Phrase(text="the blue bowl", shape="bowl", colour="blue")
CAN = Phrase(text="the can", shape="can")
IT = Phrase(text="it", pronoun=True)
TABLE = 0.0205


@pytest.fixture(scope="module")
def world():
    with World() as world:
        yield world


@pytest.fixture(scope="module")
def start(world):
    scene = scene_with(
        world,
        ObjectConfig("block", "red", "normal", 0.40, -0.20, 0.0),
        ObjectConfig("bowl", "blue", "normal", 0.50, 0.15, 0.0),
        ObjectConfig("block", "green", "large", 0.53, -0.05, 0.0),
        ObjectConfig("can", "yellow", "normal", 0.62, -0.22, 0.0),
    )
    return scene, world.save()


@pytest.fixture
def scene(world, start):
    scene, saved = start
    world.restore(saved)
    JointMotors(world, scene.robot_body, scene.model).teleport(scene.model.home, 0.08)
    return scene


def judge(world, scene, *steps) -> InstructionTask:
    task = InstructionTask(Program(text="a test", steps=steps), scene, world)
    task.reset()
    return task


def place(relation, *anchors, **said) -> Place:
    return Place(text=f"{relation} there", relation=relation, anchors=anchors, **said)


def pose_arm(world, scene, xyz, width=0.08, steps=30):
    """Put the arm, pointing down, at a point in base, at rest; its joints."""
    joints = Kinematics(scene.model).inverse(transform(list(xyz), np.diag([1.0, -1.0, -1.0])), scene.model.home)
    assert joints is not None
    JointMotors(world, scene.robot_body, scene.model).teleport(joints, width)
    for _ in range(steps):
        world.step()
    return joints


def grasp(world, scene, thing, xyz):
    """Teleport a thing between the fingers and close them on it."""
    joints = pose_arm(world, scene, xyz, steps=0)
    world.place(thing.body_id, scene.T_world_base @ transform(list(xyz)))
    for _ in range(40):
        JointMotors(world, scene.robot_body, scene.model).track(joints, np.zeros(7), 0.0)
        world.step()


BESIDE_BOWL = [
    (Relation.LEFT_OF, (0.50, 0.29), (0.50, 0.01)),
    (Relation.RIGHT_OF, (0.52, 0.02), (0.50, 0.29)),
    (Relation.BEHIND, (0.63, 0.17), (0.37, 0.15)),
    (Relation.IN_FRONT_OF, (0.37, 0.15), (0.63, 0.15)),
    (Relation.NEXT_TO, (0.60, 0.22), (0.33, -0.10)),
    (Relation.LEFT_OF, (0.50, 0.28), (0.62, 0.20)),
    (Relation.RIGHT_OF, (0.50, 0.02), (0.50, -0.25)),
    (Relation.IN, (0.50, 0.15), (0.50, 0.26)),
    (Relation.ON, (0.50, 0.15), (0.40, -0.19)),
]


@pytest.mark.parametrize(("relation", "right", "wrong"), BESIDE_BOWL)
def test_a_thing_put_beside_or_in_the_bowl_is_judged_both_ways(world, scene, relation, right, wrong):
    red = scene.object("red block")
    task = judge(world, scene, Put(thing=RED, place=place(relation, BOWL)))
    assert not task.success().success
    move(world, scene, scene.object("green block"), (0.35, 0.25, 0.026))
    height = 0.06 if relation in (Relation.IN, Relation.ON) else TABLE
    move(world, scene, red, (*wrong, TABLE), steps=120)
    assert not task.success().success
    move(world, scene, red, (*right, height), steps=200)
    verdict = task.success()
    assert verdict.success, verdict.reason


def test_between_asks_for_the_line_that_joins_the_two(world, scene):
    red = scene.object("red block")
    task = judge(world, scene, Put(thing=RED, place=place(Relation.BETWEEN, BOWL, CAN)))
    move(world, scene, scene.object("green block"), (0.35, 0.25, 0.026))
    move(world, scene, red, (0.45, -0.03, TABLE))
    assert "not between" in task.success().reason
    move(world, scene, red, (0.56, -0.03, TABLE))
    assert task.success().success


def test_on_a_block_asks_for_support_at_the_right_height(world, scene):
    red = scene.object("red block")
    task = judge(world, scene, Put(thing=RED, place=place(Relation.ON, GREEN)))
    move(world, scene, red, (0.53, -0.05, 0.12), steps=0)
    assert "height" in task.success().reason
    move(world, scene, red, (0.53, -0.05, 0.071), steps=60)
    assert task.success().success
    move(world, scene, red, (0.53, -0.11, TABLE), steps=60)
    assert not task.success().success


def test_a_thing_held_over_the_bowl_is_not_in_it(world, scene):
    task = judge(world, scene, Put(thing=RED, place=place(Relation.IN, BOWL)))
    grasp(world, scene, scene.object("red block"), (0.50, 0.15, 0.15))
    assert "above the blue bowl" in task.success().reason
    grasp(world, scene, scene.object("red block"), (0.50, 0.15, 0.052))
    assert "still holds" in task.success().reason


def test_pick_asks_for_a_lift_and_both_fingers(world, scene):
    red = scene.object("red block")
    task = judge(world, scene, Pick(thing=RED))
    assert "does not hold" in task.success().reason
    grasp(world, scene, red, (0.40, -0.20, 0.021))
    assert "less than 0.03 m" in task.success().reason
    grasp(world, scene, red, (0.40, -0.20, 0.12))
    assert task.success().success
    move(world, scene, red, (0.40, -0.30, 0.12), steps=1)
    assert not task.success().success


def test_regions_are_thirds_of_the_table(world, scene):
    red = scene.object("red block")
    left_back = judge(world, scene, Put(thing=RED, place=place(Relation.AT, region="back left")))
    middle = judge(world, scene, Put(thing=RED, place=place(Relation.AT, region="middle")))
    edge = judge(world, scene, Put(thing=RED, place=place(Relation.AT, region="edge")))
    move(world, scene, red, (0.63, 0.28, TABLE))
    assert left_back.success().success
    assert edge.success().success
    assert not middle.success().success
    move(world, scene, scene.object("green block"), (0.35, 0.25, 0.026))
    move(world, scene, red, (0.50, 0.0, TABLE))
    assert middle.success().success
    assert not edge.success().success
    assert "not at the back left" in left_back.success().reason


def test_a_push_asks_for_half_the_way_in_the_direction_and_no_lift(world, scene):
    red = scene.object("red block")
    push = Push(thing=RED, place=Place(text="10 cm to the left", direction="left", offset_m=0.1))
    task = judge(world, scene, push)
    move(world, scene, red, (0.40, -0.17, TABLE))
    assert not task.success().success
    move(world, scene, red, (0.45, -0.14, TABLE))
    assert not task.success().success
    move(world, scene, red, (0.41, -0.12, TABLE))
    assert task.success().success
    move(world, scene, red, (0.40, -0.15, 0.06), steps=0)
    task.observe()
    move(world, scene, red, (0.40, -0.12, TABLE))
    assert "was lifted" in task.success().reason


def test_a_distance_that_was_said_counts(world, scene):
    red = scene.object("red block")
    task = judge(world, scene, Put(thing=RED, place=place(Relation.IN_FRONT_OF, CAN, offset_m=0.2)))
    move(world, scene, red, (0.54, -0.22, TABLE))
    assert "asked for was 0.20 m" in task.success().reason
    move(world, scene, red, (0.40, -0.22, TABLE))
    assert task.success().success


def test_moving_pointing_gripper_and_home(world, scene):
    above = judge(world, scene, MoveTo(place=place(Relation.ABOVE, BOWL)))
    point = judge(world, scene, PointAt(thing=CAN))
    shut = judge(world, scene, SetGripper(open=False))
    home = judge(world, scene, GoHome())
    back = judge(world, scene, MoveTo(place=Place(text="back", direction="back", offset_m=0.1)))
    assert home.success().success
    assert not any(task.success().success for task in (above, point, shut, back))
    pose_arm(world, scene, (0.22, 0.0, 0.45))
    assert back.success().success
    pose_arm(world, scene, (0.50, 0.16, 0.15))
    assert above.success().success
    assert not point.success().success
    pose_arm(world, scene, (0.62, -0.22, 0.14), width=0.0)
    assert point.success().success
    assert shut.success().success
    assert not above.success().success
    assert "from home" in home.success().reason
    tool = Truth(scene, world).tool()[:3, 3]
    assert np.allclose(tool, [0.62, -0.22, 0.14], atol=2e-3)


def test_steps_are_judged_in_their_order_and_what_lasts_must_last(world, scene):
    red = scene.object("red block")
    steps = (Pick(thing=RED), Put(thing=IT, place=place(Relation.IN, BOWL)), GoHome())
    task = judge(world, scene, *steps)
    task.observe()
    assert task.success().stage == "step 1 of 3: pick the red block"
    grasp(world, scene, red, (0.40, -0.20, 0.12))
    task.observe()
    assert task.success().stage.startswith("step 2 of 3: put it")
    JointMotors(world, scene.robot_body, scene.model).teleport(scene.model.home, 0.08)
    move(world, scene, red, (0.50, 0.15, 0.06), steps=150)
    pose_arm(world, scene, (0.50, 0.0, 0.3))
    task.observe()
    assert task.success().stage == "step 3 of 3: go home"
    JointMotors(world, scene.robot_body, scene.model).teleport(scene.model.home, 0.08)
    world.step()
    assert task.success().success
    move(world, scene, red, (0.35, -0.2, TABLE))
    assert task.success().stage.startswith("step 2 of 3")


def test_a_thing_that_is_moved_twice_is_judged_where_it_was_last(world, scene):
    red = scene.object("red block")
    task = judge(
        world,
        scene,
        Put(thing=RED, place=place(Relation.IN, BOWL)),
        Put(thing=IT, place=place(Relation.NEXT_TO, CAN)),
    )
    move(world, scene, red, (0.55, -0.20, TABLE))
    task.observe()
    assert not task.success().success
    move(world, scene, red, (0.50, 0.15, 0.06), steps=150)
    task.observe()
    move(world, scene, red, (0.55, -0.20, TABLE))
    task.observe()
    assert task.success().success


def test_any_of_several_will_do_and_what_is_not_there_is_said(world, scene):
    any_block = Phrase(text="a block", shape="block", indefinite=True)
    task = judge(world, scene, Put(thing=any_block, place=place(Relation.IN, BOWL)))
    move(world, scene, scene.object("green block"), (0.50, 0.15, 0.07), steps=200)
    assert task.success().success
    verdict = judge(world, scene, Pick(thing=Phrase(text="the pink ball", shape="ball", colour="pink"))).success()
    assert verdict.reason == "Nothing here is 'the pink ball'; there are: red block, blue bowl, green block, yellow can."


def test_words_for_one_thing_that_fit_two_are_refused(world, scene):
    verdict = judge(world, scene, Pick(thing=Phrase(text="the block", shape="block"))).success()
    assert not verdict.success
    assert verdict.reason == "'the block' could be any of red block, green block."


@pytest.mark.parametrize(
    ("phrase", "names"),
    [
        (Phrase(text="", shape="block"), {"red block", "green block"}),
        (Phrase(text="", shape="block", size="large"), {"green block"}),
        (Phrase(text="", shape="block", size="small"), {"red block"}),
        (Phrase(text="", superlative="leftmost"), {"blue bowl"}),
        (Phrase(text="", superlative="farthest"), {"yellow can"}),
        (Phrase(text="", shape="block", superlative="nearest"), {"red block"}),
        (Phrase(text="", superlative="tallest"), {"yellow can"}),
        (Phrase(text="", shape="block", relation=Relation.NEXT_TO, anchors=(CAN,)), set()),
        (Phrase(text="", relation=Relation.IN_FRONT_OF, anchors=(CAN,)), {"red block"}),
        (Phrase(text="", shape="block", relation=Relation.RIGHT_OF, anchors=(BOWL,)), {"green block", "red block"}),
        (Phrase(text="", shape="block", superlative="nearest", relation=Relation.AT, anchors=(BOWL,)), {"green block"}),
        (Phrase(text="", shape="block", unknown=("wooden",)), set()),
        (Phrase(text="", relation=Relation.BETWEEN, anchors=(BOWL, CAN)), {"green block"}),
    ],
)
def test_words_mean_what_a_person_would_mean(world, scene, phrase, names):
    assert {thing.name for thing in referents(phrase, Truth(scene, world), Mentions())} == names


def test_it_is_the_last_and_the_other_is_none_that_was_spoken_of(world, scene):
    truth, mentions = Truth(scene, world), Mentions(things=[scene.object("red block")])
    assert referents(IT, truth, mentions) == (scene.object("red block"),)
    other = Phrase(text="the other block", shape="block", other=True)
    assert referents(other, truth, mentions) == (scene.object("green block"),)


def test_a_tipped_bowl_holds_nothing(world, scene):
    task = judge(world, scene, Put(thing=RED, place=place(Relation.IN, BOWL)))
    bowl = scene.object("blue bowl")
    tipped = scene.pose(bowl).copy()
    tipped[:3, :3] = np.diag([1.0, -1.0, -1.0])
    world.place(bowl.body_id, scene.T_world_base @ tipped)
    move(world, scene, scene.object("red block"), (0.5, 0.15, 0.075), steps=60)
    assert "tipped" in task.success().reason
