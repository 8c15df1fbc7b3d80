"""Aims: tool poses for a step, or a refusal in words before anything moves."""

import numpy as np
import pytest

from policies.grounding.grounder import Candidate
from policies.language.program import Place
from policies.value_maps.aims import Aims, AimsConfig, Held, held_after
from policies.value_maps.grasps import raised
from policies.value_maps.push_aims import PushAim, PushAims, corridor
from policies.value_maps.reference import Reference
from robot.collision import CollisionShapes
from robot.errors import InstructionRefused
from robot.motion import Motion, MotionConfig, MotionStart
from robot.obstacles import Obstacles
from robot.trajectory import CartesianTrajectory, Plan
from robot.transforms import angle_between, interpolate, is_near
from sensors.observation import Observation
from tests.policies.tabletop import Thing, block, grounder, observe, place, robot, seen, standing, thing

RED, BOWL = block("red", 0.45, -0.15), thing("bowl", "blue", 0.55, 0.15)


def aims() -> Aims:
    return Aims(*robot(), Reference(grounder()), AimsConfig())


def taken(words: str, *things: Thing) -> tuple[Held, Observation]:
    """What is held once the thing of these words is in the hand, and what is seen then."""
    observation = observe(*things)
    chosen = seen(words, observation)
    grasp = aims().grasp(chosen, observation)
    return held_after(grasp, chosen, 0.025), aims().lifted(grasp, chosen, observation)


def pushed(thing: Candidate, to: Place, observation: Observation) -> PushAim:
    """Both ends of a push of a thing to a place."""
    reference = Reference(grounder())
    push_aims = PushAims(Aims(*robot(), reference, AimsConfig()), reference)
    return push_aims.to(thing, push_aims.goal(thing, to, observation), to.text, observation)


def middle_at(T_release: np.ndarray, held: Held) -> np.ndarray:
    """Where the middle of what is held is with the tool at a pose."""
    return (T_release @ held.box_ee.pose)[:3, 3]


def test_lifting_in_thought_takes_the_thing_out_of_the_cloud_and_the_tool_above_it() -> None:
    _, lifted = taken("the red block", RED, BOWL)
    assert [each.description for each in grounder().things(lifted)] == ["blue bowl"]
    tool = aims().tool(lifted)
    np.testing.assert_allclose(tool[:2, 3], RED.xy, atol=0.006)
    assert tool[2, 3] > 0.1


@pytest.mark.parametrize(
    "words", ["to the left of the bowl", "in front of the bowl", "in the middle of the table", "in the bowl"]
)
def test_a_thing_is_let_go_where_the_words_say_and_just_above_what_is_there(words: str) -> None:
    held, observation = taken("the red block", RED, BOWL)
    T_release = aims().release(held, place(words), observation)
    np.testing.assert_allclose(T_release[:3, 2], [0, 0, -1], atol=1e-9)
    x, y, z = middle_at(T_release, held)
    bottom = z - held.box_ee.size[2] / 2
    if words == "in the bowl":
        np.testing.assert_allclose([x, y], BOWL.xy, atol=0.01)
        assert 0.005 < bottom < 0.035
    else:
        assert 0.0 < bottom < 0.01
        assert np.linalg.norm(np.subtract([x, y], BOWL.xy)) > 0.07 + 0.02


def test_a_tall_neighbour_makes_the_hand_turn_or_go_elsewhere() -> None:
    held, observation = taken("the red block", RED)
    before = aims().release(held, place("in the middle of the table"), observation)
    x, y = middle_at(before, held)[:2]
    along = before[:2, 1]  # the hand is long where the fingers move
    places = [np.array([x, y]) + 0.085 * along + across * along[::-1] for across in (-0.04, 0.0, 0.04)]
    wall = [block("green", *xy, z=z) for xy in places for z in (0.0, 0.04, 0.08, 0.12)]
    held, observation = taken("the red block", RED, *wall)
    after = aims().release(held, place("in the middle of the table"), observation)
    assert angle_between(before, after) > 0.3 or np.linalg.norm(middle_at(after, held)[:2] - [x, y]) > 0.02


@pytest.mark.parametrize("wound", [-2.6, 2.6])
def test_a_wrist_that_is_wound_up_comes_to_things_and_places_the_other_way_round(wound: float) -> None:
    model, kinematics = robot()
    observation = observe(RED, BOWL, state=standing(np.array([*model.home[:-1], wound])))
    chosen = seen("the red block", observation)
    grasp = aims().grasp(chosen, observation)
    held = held_after(grasp, chosen, 0.025)
    T_release = aims().release(held, place("to the left of the bowl"), aims().lifted(grasp, chosen, observation))
    for pose in (grasp.T_base_ee, T_release):
        q = kinematics.inverse(pose, model.home)
        assert q is not None and abs(q[-1]) < np.pi / 2 + 0.1
    x, y, _ = middle_at(T_release, held)
    assert y > BOWL.xy[1] + 0.07 and abs(x - BOWL.xy[0]) < 0.05


@pytest.mark.parametrize("wound", np.linspace(-2.4, 2.4, 9))
def test_the_hand_turns_to_where_it_takes_and_lets_go_with_no_joint_at_its_limit(wound: float) -> None:
    model, kinematics = robot()
    motion = Motion(model, kinematics, CollisionShapes(model, kinematics), MotionConfig())
    now = observe(RED, BOWL, state=standing(np.array([*model.home[:-1], wound])))
    chosen = seen("the red block", now)
    grasp = aims().grasp(chosen, now)
    held = held_after(grasp, chosen, 0.025)
    lifted = aims().lifted(grasp, chosen, now)
    T_release = aims().release(held, place("in the bowl"), lifted)
    for seen_from, T_goal in ((now, raised(grasp.T_base_ee, 0.1)), (lifted, raised(T_release, 0.1))):
        q, stamp_ns = seen_from.state.joint_position, seen_from.stamp_ns
        arm = CartesianTrajectory(
            stamp_ns=stamp_ns, time_s=np.linspace(0.0, 4.0, 20), gripper_width=np.full(20, 0.04),
            T_base_ee=interpolate(kinematics.forward(q), T_goal, np.linspace(0.0, 1.0, 20)),
        )  # fmt: skip
        plan = Plan(arm=arm, observation_stamp_ns=stamp_ns, expires_ns=stamp_ns + 60_000_000_000)
        still = np.zeros(len(q))
        done = motion.plan(plan, MotionStart(q=q, v=still, a=still, gripper_width=0.04), stamp_ns, Obstacles.none(stamp_ns))
        assert is_near(kinematics.forward(done.joint_position[-1]), T_goal, 0.01, 0.05)


def test_no_room_for_the_hand_is_refused_in_words() -> None:
    ring = [
        block("green", 0.5 + 0.1 * np.cos(a), 0.1 * np.sin(a), z=z)
        for a in np.arange(0, 6.2, 0.52)
        for z in (0.0, 0.04, 0.08, 0.12)
    ]
    held, observation = taken("the red block", block("red", 0.4, -0.3), thing("bowl", "blue", 0.5, 0.0), *ring)
    with pytest.raises(
        InstructionRefused, match="There is no room for the hand in the blue bowl: something tall stands too near"
    ):
        aims().release(held, place("in the blue bowl"), observation)


def test_a_place_out_of_reach_is_refused_with_where_it_is() -> None:
    held, observation = taken("the red block", RED, thing("bowl", "blue", 0.83, 0.40))
    with pytest.raises(
        InstructionRefused, match=r"The place in the bowl is out of reach: 8\d cm ahead of the base and (39|40) cm to the left"
    ):
        aims().release(held, place("in the bowl"), observation)


def test_hovering_stays_above_what_it_goes_to() -> None:
    observation = observe(RED, BOWL)
    above = aims().hover(place("above the bowl"), observation)
    np.testing.assert_allclose(above[:2, 3], BOWL.xy, atol=0.006)
    assert above[2, 3] == pytest.approx(0.05 + AimsConfig().hover_gap, abs=0.005)


@pytest.mark.parametrize(
    ("direction", "step"), [("left", (0, 0.1, 0)), ("right", (0, -0.1, 0)), ("up", (0, 0, 0.1)), ("down", (0, 0, -0.1))]
)
def test_a_direction_moves_the_tool_from_where_it_is(direction: str, step: tuple[float, float, float]) -> None:
    observation, where = observe(RED), place("10 cm to the left")
    where = type(where)(text=direction, direction=direction, offset_m=0.1)
    np.testing.assert_allclose(aims().hover(where, observation)[:3, 3] - aims().tool(observation)[:3, 3], step, atol=1e-9)


def test_hovering_out_of_reach_is_refused() -> None:
    observation, where = observe(RED), place("10 cm to the left")
    with pytest.raises(InstructionRefused, match="out of reach"):
        aims().hover(type(where)(text="up", direction="up", offset_m=1.5), observation)


def test_a_push_starts_behind_the_thing_and_ends_behind_its_goal() -> None:
    observation = observe(RED, BOWL)
    chosen = seen("the red block", observation)
    aim = pushed(chosen, place("10 cm to the left"), observation)
    np.testing.assert_allclose(aim.goal_xy, np.add(RED.xy, [0, 0.1]), atol=0.006)
    begin, end = aim.T_base_begin[:3, 3], aim.T_base_end[:3, 3]
    assert begin[1] < RED.xy[1] - 0.03 and abs(begin[0] - RED.xy[0]) < 0.006  # clear of the block on its right
    assert end[1] < aim.goal_xy[1] - 0.02
    assert begin[2] == end[2] and 0.0 < begin[2] < 0.04
    assert abs(aim.T_base_begin[:2, 1] @ [0, 1]) < 0.05  # the fingers stand side by side across the way
    assert aim.width < 0.04


def test_a_push_to_a_thing_stops_before_it() -> None:
    observation = observe(RED, BOWL)
    to_the_bowl = Place(text="to the bowl", anchors=place("on the bowl").anchors)
    aim = pushed(seen("the red block", observation), to_the_bowl, observation)
    assert np.linalg.norm(aim.goal_xy - BOWL.xy) > 0.07 + 0.02


def test_a_pushs_corridor_holds_the_thing_all_the_way() -> None:
    observation = observe(RED, BOWL)
    chosen = seen("the red block", observation)
    aim = pushed(chosen, place("10 cm to the left"), observation)
    room = corridor(aim, chosen, robot()[0].finger_length)
    for share in np.linspace(0, 1, 11):
        corners = corners_of(chosen) + share * np.append(aim.goal_xy - chosen.box_base.pose[:2, 3], 0.0)
        assert room.contains(corners).all()


def test_pointing_is_above_and_does_not_touch() -> None:
    observation = observe(RED, BOWL)
    goal = aims().point(seen("the red block", observation), observation)
    np.testing.assert_allclose(goal[:2, 3], RED.xy, atol=0.006)
    assert goal[2, 3] > 0.04 + 0.05


def test_raising_changes_the_height_only_and_leaves_the_old_pose() -> None:
    T_base_ee = np.eye(4)
    np.testing.assert_array_equal(raised(T_base_ee, 0.1)[:3, 3], [0, 0, 0.1])
    np.testing.assert_array_equal(T_base_ee, np.eye(4))


def corners_of(thing: Candidate) -> np.ndarray:
    """The corners (8, 3) of a thing's box in base."""
    signs = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, -1).T
    return thing.box_base.pose[:3, 3] + (signs * thing.box_base.size / 2) @ thing.box_base.pose[:3, :3].T
