"""ValueMapPolicy on a table where every plan is carried out exactly: the right legs, in order, or a word and no motion."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from policies.policy import Policy
from policies.value_maps.policy import ValueMapPolicy, ValueMapsConfig
from robot.trajectory import Plan, PlanStatus
from sensors.observation import Observation
from tests.contracts.policy_contract import PolicyContract, has_motion
from tests.policies.kinematic_table import KinematicTable
from tests.policies.tabletop import Thing, at_home, block, moved, observe, robot, thing

RED, GREEN = block("red", 0.5, 0.0), block("green", 0.42, -0.15)
BOWL, CAN = thing("bowl", "blue", 0.6, 0.2), thing("can", "yellow", 0.6, -0.22)
TABLE = (RED, GREEN, BOWL, CAN)


def a_policy() -> ValueMapPolicy:
    return ValueMapPolicy(*robot(), ValueMapsConfig())


class TestValueMapPolicy(PolicyContract):
    impossible = (
        "pick up the elephant",
        "pick up the purplish block",
        "pick up the block",
        "xyzzy",
        "move the red block 90 cm to the left",
        "put it in the bowl",
    )

    def make_policy(self) -> Policy:
        return a_policy()

    def make_observation(self, stamp_ns: int = 0, alive: bool = True) -> Observation:
        return observe(*TABLE, state=at_home(stamp_ns), alive=alive)


def performed(sentence: str, *things: Thing) -> KinematicTable:
    """The table after the sentence was carried out."""
    table = KinematicTable(*(things or TABLE))
    last = table.perform(a_policy(), sentence)
    assert last.status is PlanStatus.DONE, last.reason
    return table


def now(table: KinematicTable, colour: str, kind: str = "block") -> np.ndarray:
    """Where the foot of a thing is, (3,)."""
    (found,) = [each for each in table.things if (each.colour, each.kind) == (colour, kind)]
    return np.array([*found.xy, found.z])


def said(table: KinematicTable) -> list[str]:
    """What the legs do, in words."""
    return [plan.reason for plan in table.plans[:-1]]


def test_a_put_is_done_in_eight_legs() -> None:
    table = performed("put the red block in the blue bowl")
    assert said(table) == [
        "reaching for the red block", "going down to the red block", "closing on the red block", "lifting the red block",
        "bringing the red block in the blue bowl", "setting the red block down", "letting go of the red block", "rising",
    ]  # fmt: skip
    np.testing.assert_allclose(now(table, "red")[:2], BOWL.xy, atol=0.01)
    assert 0.005 < now(table, "red")[2] < 0.03
    assert table.held is None


@pytest.mark.parametrize(
    ("sentence", "side"),
    [("put the red block to the left of the can", (0, 1)), ("put the red block in front of the bowl", (-1, 0)),
     ("put the red block behind the green block", (1, 0))],
)  # fmt: skip
def test_a_thing_ends_on_the_side_that_was_said(sentence: str, side: tuple[int, int]) -> None:
    anchor = {"can": CAN, "bowl": BOWL, "block": GREEN}[sentence.split()[-1]]
    offset = now(performed(sentence), "red")[:2] - anchor.xy
    assert offset @ side > 0.04
    assert offset @ side > abs(offset @ side[::-1])


def test_stacking_ends_on_top() -> None:
    table = performed("stack the red block on the green block")
    np.testing.assert_allclose(now(table, "red"), [*GREEN.xy, 0.04], atol=0.012)


def test_steps_are_done_in_order_and_it_is_what_was_spoken_of() -> None:
    table = performed("put the red block to the left of the bowl, then pick up the can and put it in the bowl, then go home")
    np.testing.assert_allclose(now(table, "yellow", "can")[:2], BOWL.xy, atol=0.01)
    assert said(table)[0] == "reaching for the red block" and said(table)[-1] == "going home"
    np.testing.assert_allclose(table.state.joint_position, robot()[0].home)


def test_it_in_a_place_is_what_was_spoken_of_before_the_step() -> None:
    table = performed("point at the can, then put the red block next to it")
    assert np.linalg.norm(now(table, "red")[:2] - CAN.xy) < 0.13
    table = performed("go above the can, then pick it up")
    assert now(table, "yellow", "can")[2] > 0.1


def test_legs_follow_on_each_other_without_a_jump() -> None:
    table = performed("put the red block in the blue bowl")
    arms = [plan.arm for plan in table.plans if plan.arm is not None]
    for before, after in pairwise(arms):
        np.testing.assert_allclose(after.T_base_ee[0], before.T_base_ee[-1], atol=5e-3)
        assert after.stamp_ns > before.stamp_ns + before.time_s[-1] * 1e9


def test_requests_are_numbered_within_an_epoch() -> None:
    table = performed("put the red block in the blue bowl")
    assert [plan.request_id for plan in table.plans] == list(range(1, len(table.plans) + 1))
    assert len({plan.epoch for plan in table.plans}) == 1


def test_the_tool_may_touch_only_near_what_it_takes_and_where_it_sets_it_down() -> None:
    table = performed("put the red block in the blue bowl")
    allowed = {"reaching": (), "bringing": (), "going": RED.xy, "closing": RED.xy, "lifting": RED.xy,
               "setting": BOWL.xy, "letting": BOWL.xy, "rising": BOWL.xy}  # fmt: skip
    for plan in table.plans[:-1]:
        place = allowed[plan.reason.split()[0]]
        assert bool(plan.contacts) == bool(place), plan.reason
        for contact in plan.contacts:
            assert np.linalg.norm(contact.box_base.pose[:2, 3] - place) < 0.02
            assert contact.box_base.size[:2].max() < 0.3


def test_what_is_held_is_attached_from_lifting_to_letting_go() -> None:
    table = performed("put the red block in the blue bowl")
    attached = {plan.reason.split()[0] for plan in table.plans if plan.attached is not None}
    assert attached == {"lifting", "bringing", "setting"}
    (box,) = {id(plan.attached): plan.attached for plan in table.plans if plan.attached is not None}.values()
    assert box is not None
    np.testing.assert_allclose(box.size, 0.04, atol=0.006)


def test_the_gripper_closes_before_lifting_and_opens_after_setting_down() -> None:
    table = performed("put the red block in the blue bowl")
    widths = {plan.reason.split()[0]: plan.arm.gripper_width[-1] for plan in table.plans if plan.arm is not None}
    assert widths["going"] > 0.05
    assert widths["closing"] == widths["lifting"] == widths["bringing"] == widths["setting"] < 0.035
    assert widths["letting"] > 0.05


def test_a_thing_that_is_moved_is_gone_to_where_it_is_now() -> None:
    table, policy = KinematicTable(*TABLE), a_policy()
    first = policy.plan(table.observe(), "pick up the red block")
    assert first is not None and first.arm is not None
    table.put(RED, moved(RED, 0.45, 0.2))
    table.wait(100_000_000)
    second = policy.plan(table.observe(), "pick up the red block")
    assert second is not None and second.arm is not None and second.request_id > first.request_id
    np.testing.assert_allclose(second.arm.T_base_ee[-1][:2, 3], [0.45, 0.2], atol=0.006)


def test_what_motion_refuses_ends_in_its_words() -> None:
    table = KinematicTable(RED, BOWL)
    table.refuses = lambda plan: "a joint would pass its limit" if plan.reason.startswith("bringing") else ""
    last = table.perform(a_policy(), "put the red block in the blue bowl")
    assert (last.status, last.reason) == (PlanStatus.REFUSED, "a joint would pass its limit")
    assert last.attached is not None  # it still holds the block


def test_a_small_shift_does_not_start_the_leg_anew() -> None:
    table, policy = KinematicTable(*TABLE), a_policy()
    assert policy.plan(table.observe(), "pick up the red block") is not None
    table.put(RED, moved(RED, 0.51, 0.01))
    table.wait(100_000_000)
    assert policy.plan(table.observe(), "pick up the red block") is None


def test_a_thing_that_slips_is_tried_again_and_then_given_up_in_words() -> None:
    table = KinematicTable(*TABLE)
    table._between = lambda T_base_ee: None  # type: ignore[method-assign]
    last = table.perform(a_policy(), "pick up the red block")
    assert last.status is PlanStatus.REFUSED
    assert last.reason == "I tried 3 times, but the red block would not stay in the gripper."
    assert said(table).count("closing on the red block") == 3
    assert said(table).count("the red block slipped; opening again") == 3


def test_a_thing_that_is_lost_on_the_way_is_noticed() -> None:
    table = KinematicTable(*TABLE)
    follow = table.follow

    def follow_and_lose(plan: Plan) -> None:
        follow(plan)
        if plan.reason.startswith("setting"):
            table.state = replace(table.state, gripper_width=0.0)

    table.follow = follow_and_lose  # type: ignore[method-assign]
    last = table.perform(a_policy(), "put the red block in the blue bowl")
    assert last.status is PlanStatus.REFUSED and last.reason == "The red block fell out of the gripper on the way."


@pytest.mark.parametrize("stays", [True, False])
def test_what_slides_aside_is_pushed_once_more_and_what_is_no_longer_seen_is_not(stays: bool) -> None:
    table = KinematicTable(*TABLE)
    follow = table.follow

    def follow_and_shift(plan: Plan) -> None:
        follow(plan)
        if plan.reason.startswith("pushing"):
            table.things = [*([block("red", 0.56, 0.1)] if stays else []), BOWL, CAN]

    table.follow = follow_and_shift  # type: ignore[method-assign]
    last = table.perform(a_policy(), "push the red block to the left by 10 cm")
    assert last.status is PlanStatus.DONE and said(table).count("rising") == (2 if stays else 1)


def test_an_arm_that_never_arrives_is_said_in_the_end() -> None:
    policy, stamp_ns, reasons = a_policy(), 0, []
    plan: Plan | None = None
    while stamp_ns < 120e9 and (plan is None or plan.status is PlanStatus.RUNNING):
        plan = policy.plan(observe(*TABLE, state=at_home(stamp_ns)), "pick up the red block")
        reasons += [] if plan is None else [plan.reason]
        stamp_ns += 500_000_000
    assert plan is not None and plan.status is PlanStatus.REFUSED
    assert plan.reason == "I could not get on while reaching for the red block: something keeps the arm from its goal."
    assert reasons.count("reaching for the red block") == 1 + ValueMapsConfig().retries


@pytest.mark.parametrize(
    ("sentence", "status", "words"),
    [
        ("pick up the elephant", PlanStatus.REFUSED, "I do not see an elephant."),
        ("put the red block in the mug", PlanStatus.REFUSED, "I do not see a mug."),
        ("pick up the block", PlanStatus.ASKS, "Two things fit 'the block': the red block or the green block?"),
        ("put the red block next to the block", PlanStatus.ASKS, "Two things fit 'the block'"),
        ("put the red block next to the red block", PlanStatus.REFUSED,
         "The red block can't go next to the red block: that is the red block itself; name another thing."),
        ("pick up the red block, then put it on the red block", PlanStatus.REFUSED, "that is the red block itself"),
        ("push the red block to the red block", PlanStatus.REFUSED, "that is the red block itself"),
        ("point at the red block, then put it on it", PlanStatus.REFUSED, "that is the red block itself"),
        ("put the can next to another can", PlanStatus.REFUSED, "the only thing that fits is the yellow can itself"),
        ("put the red block between the can and the can", PlanStatus.REFUSED, "names one thing twice"),
        ("put the red block 70 cm to the left of the bowl", PlanStatus.REFUSED, "There is no free room"),
        ("pick up the red block, then put it 90 cm to the left", PlanStatus.REFUSED, "There is no free room"),
        ("go home, then pick up the elephant", PlanStatus.REFUSED, "I do not see an elephant."),
    ],
)  # fmt: skip
def test_what_can_not_be_done_is_said_before_anything_moves(sentence: str, status: PlanStatus, words: str) -> None:
    table = KinematicTable(*TABLE)
    last = table.perform(a_policy(), sentence)
    assert len(table.plans) == 1 and not has_motion(last)
    assert last.status is status
    assert words in last.reason


def test_any_block_is_another_block_and_refused_where_there_is_none() -> None:
    table = performed("put the red block on any block")
    np.testing.assert_allclose(now(table, "red"), [*GREEN.xy, 0.04], atol=0.012)
    alone = KinematicTable(RED, BOWL)
    last = alone.perform(a_policy(), "put the red block on any block")
    assert last.status is PlanStatus.REFUSED and len(alone.plans) == 1
    assert (
        last.reason
        == "The red block can't go on any block: the only thing that fits is the red block itself; name another thing."
    )


def test_out_of_reach_is_refused_before_anything_moves() -> None:
    table = KinematicTable(RED, block("green", 0.88, 0.45))
    last = table.perform(a_policy(), "pick up the green block")
    assert last.status is PlanStatus.REFUSED and len(table.plans) == 1
    assert "out of reach" in last.reason


def test_a_full_hand_is_remembered_from_sentence_to_sentence() -> None:
    table, policy = KinematicTable(*TABLE), a_policy()
    assert table.perform(policy, "pick up the red block").status is PlanStatus.DONE
    refusal = table.perform(policy, "pick up the green block")
    assert refusal.status is PlanStatus.REFUSED and refusal.reason == "I hold the red block; say where to put it first."
    assert refusal.attached is not None
    assert table.perform(policy, "put it in the bowl").status is PlanStatus.DONE
    np.testing.assert_allclose(now(table, "red")[:2], BOWL.xy, atol=0.01)
    assert sorted({plan.epoch for plan in table.plans}) == [plan.epoch for plan in table.plans if plan.request_id == 1]


def test_what_was_known_can_be_put_back() -> None:
    table, policy = KinematicTable(*TABLE), a_policy()
    empty_handed = policy.save()
    table.perform(policy, "pick up the red block")
    holding = policy.save()
    policy.restore(empty_handed)
    assert KinematicTable(*TABLE).perform(policy, "pick up the green block").status is PlanStatus.DONE
    policy.restore(holding)
    assert table.perform(policy, "put it in the bowl").status is PlanStatus.DONE


def test_the_explanation_shows_the_path_that_was_planned() -> None:
    policy = a_policy()
    plan = policy.plan(observe(*TABLE), "pick up the red block")
    explanation = policy.explain()
    assert explanation is not None and plan is not None and plan.arm is not None
    assert explanation.title == "reaching for the red block"
    np.testing.assert_array_equal(explanation.path_base, plan.arm.T_base_ee[:, :3, 3])
    points, affordance = explanation.points["affordance"]
    assert np.linalg.norm(points[affordance.argmax()] - explanation.path_base[-1]) < 0.02
