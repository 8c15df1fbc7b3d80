"""A person as a policy: small steps, a stop when nothing is asked for, and corrections over a running policy."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from policies.controls import KEYS, Wish
from policies.corrected import Corrected
from policies.demonstrations import read
from policies.deploy import SCHEMAS, observers
from policies.policy import Policy
from policies.rollout import rollout
from policies.teleoperation import Guided, Pace, Teleoperation, TeleoperationConfig
from robot.configuration import load
from robot.following import sample
from robot.obstacles import Box
from robot.state import RobotState
from robot.trajectory import JointTrajectory, Plan, PlanStatus
from sensors.observation import Observation
from tests.contracts.policy_contract import PolicyContract
from tests.policies.loop import StubPolicy, StubRobot, a_plan
from tests.policies.tabletop import observe, standing
from tests.robot.panda import body

PERIOD_NS = 100_000_000
MODEL, KINEMATICS, _ = body()
HOLD = Wish(motion=np.zeros(7))


def key(letter: str) -> Wish:
    """As if that key were held."""
    return Wish(motion=np.array(KEYS[letter], float), held=True)


def ended(success: bool) -> Wish:
    """As if the key for the end were pressed."""
    return Wish(motion=np.zeros(7), ended=success)


class Fingers:
    """A control that plays wishes, the last one again and again."""

    def __init__(self, *wishes: Wish) -> None:
        self.wishes, self.closed = list(wishes), False

    def wish(self) -> Wish:
        return self.wishes.pop(0) if len(self.wishes) > 1 else self.wishes[0]

    def close(self) -> None:
        self.closed = True


def person(*wishes: Wish) -> Teleoperation:
    """One whose seconds need not pass."""
    return Teleoperation(MODEL, KINEMATICS, TeleoperationConfig(), Fingers(*wishes), pace=lambda stamp_ns: None)


class TestTeleoperation(PolicyContract):
    def make_policy(self) -> Policy:
        return person(key("w"))

    def make_observation(self, stamp_ns: int = 0, alive: bool = True) -> Observation:
        return observe(state=standing(MODEL.home, stamp_ns), alive=alive)


def driven(policy: Policy, num_steps: int, attached: Box | None = None) -> tuple[list[RobotState], list[Plan | None]]:
    """A robot that does exactly what each plan says; its states at the steps, and the plans."""
    state, states, plans = standing(MODEL.home, attached=attached), [], []
    present: JointTrajectory | None = None
    for step in range(num_steps):
        states.append(state)
        plans.append(plan := policy.plan(observe(state=state), "go"))
        present = plan.joints if plan is not None and plan.joints is not None else present
        now_ns = (step + 1) * PERIOD_NS
        state = standing(state.joint_position, now_ns, state.gripper_width, attached)
        if present is not None:
            wanted = sample(present, (now_ns - present.stamp_ns) * 1e-9)
            state = RobotState(
                stamp_ns=now_ns, joint_position=wanted.position, joint_velocity=wanted.velocity, joint_torque=np.zeros(7),
                gripper_width=wanted.gripper_width, attached=attached,
            )  # fmt: skip
    return states, plans


def tools(states: Sequence[RobotState]) -> np.ndarray:
    """Where the tool was (N, 3)."""
    return np.array([KINEMATICS.forward(state.joint_position)[:3, 3] for state in states])


@pytest.mark.parametrize(
    ("letter", "axis", "sign"), [("w", 0, 1), ("s", 0, -1), ("a", 1, 1), ("d", 1, -1), ("r", 2, 1), ("f", 2, -1)]
)
def test_a_held_key_moves_the_tool_along_its_axis_at_the_speed(letter: str, axis: int, sign: int) -> None:
    states, _ = driven(person(*[key(letter)] * 10, HOLD), 15)
    way = tools(states)[-1] - tools(states)[0]
    assert way[axis] * sign == pytest.approx(10 * 0.1 * 0.12, abs=0.03)
    assert np.abs(np.delete(way, axis)).max() < 2e-3


def test_without_a_key_nothing_is_planned() -> None:
    assert driven(person(HOLD), 3)[1] == [None] * 3


def test_after_the_key_is_let_go_of_the_tool_stops_within_half_a_second_and_two_centimetres() -> None:
    states, plans = driven(person(*[key("w")] * 8, HOLD), 16)
    places = tools(states)
    assert np.abs(states[13].joint_velocity).max() < 1e-6
    assert np.linalg.norm(places[-1] - places[8]) < 0.02
    assert plans[8] is not None and plans[9:] == [None] * 7


def test_motion_goes_on_smoothly_from_plan_to_plan() -> None:
    _, plans = driven(person(*[key("a")] * 6, HOLD), 8)
    motions = [plan.joints for plan in plans if plan is not None and plan.joints is not None]
    for before, after in pairwise(motions):
        wanted = sample(before, (after.stamp_ns - before.stamp_ns) * 1e-9)
        np.testing.assert_allclose(after.joint_position[0], wanted.position, atol=1e-4)
        np.testing.assert_allclose(after.joint_velocity[0], wanted.velocity, atol=2e-2)


def test_the_gripper_closes_while_its_key_is_held_and_keeps_what_it_has() -> None:
    states, _ = driven(person(*[key("c")] * 10, HOLD), 12)
    assert states[0].gripper_width == 0.04 and states[-1].gripper_width == 0.0


def test_what_is_held_stays_pressed_while_the_tool_moves() -> None:
    thing = Box(pose=np.eye(4), size=np.full(3, 0.04))
    _, plans = driven(person(key("r")), 2, attached=thing)
    assert plans[0] is not None and plans[0].joints is not None
    assert plans[0].joints.gripper_width.max() == 0.0 and plans[0].attached is thing


def test_a_robot_that_did_not_come_along_is_met_where_it_is() -> None:
    policy = person(key("w"))
    policy.plan(observe(state=standing(MODEL.home)), "go")
    elsewhere = MODEL.home + 0.2
    plan = policy.plan(observe(state=standing(elsewhere, PERIOD_NS)), "go")
    assert plan is not None and plan.joints is not None
    np.testing.assert_array_equal(plan.joints.joint_position[0], elsewhere)


@pytest.mark.parametrize(("success", "status"), [(True, PlanStatus.DONE), (False, PlanStatus.REFUSED)])
def test_the_person_says_how_it_ended(success: bool, status: PlanStatus) -> None:
    policy = person(key("w"), ended(success))
    _, plans = driven(policy, 2)
    assert isinstance(policy, Guided) and policy.ended is success
    assert plans[1] is not None and plans[1].status is status and plans[1].reason


def test_a_simulation_waits_for_the_wall_and_makes_up_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = [5.0]
    monkeypatch.setattr("policies.teleoperation.time.monotonic", lambda: now_s[0])
    monkeypatch.setattr("policies.teleoperation.time.sleep", lambda s: now_s.__setitem__(0, now_s[0] + s))
    pace, after = Pace(), []
    for stamp_ns, thinking_s in ((0, 0.0), (PERIOD_NS, 0.03), (2 * PERIOD_NS, 0.5), (3 * PERIOD_NS, 0.02)):
        now_s[0] += thinking_s
        pace(stamp_ns)
        after.append(now_s[0])
    np.testing.assert_allclose(np.diff(after), [0.1, 0.5, 0.1])


def corrected(policy: Policy, *wishes: Wish) -> Corrected:
    """A person over a policy."""
    made = Corrected(policy, person(*wishes), hand_back_s=0.25)
    made.reset()
    return made


def test_a_policy_plans_as_ever_while_nobody_touches_a_key() -> None:
    calls: list[str] = []
    made = corrected(StubPolicy(calls, a_plan(reason="mine")), HOLD)
    _, plans = driven(made, 3)
    assert plans[0] is not None and plans[0].reason == "mine" and not made.taken_over
    assert calls == ["reset", "policy", "policy", "policy"]


def test_while_a_key_is_held_the_person_has_taken_over_and_afterwards_the_policy_plans_anew() -> None:
    calls: list[str] = []
    made = corrected(StubPolicy(calls, a_plan(), a_plan()), HOLD, key("w"), key("w"), HOLD)
    taken_over, epochs = [], []
    for step in range(8):
        plan = made.plan(observe(state=standing(MODEL.home, step * PERIOD_NS)), "go")
        taken_over.append(made.taken_over)
        epochs += [] if plan is None else [plan.epoch]
    assert taken_over == [False, True, True, True, True, False, False, False]
    assert calls == ["reset", "policy", "reset", "policy", "policy", "policy"]
    assert epochs == sorted(epochs) and len(set(epochs)) == 3


def test_the_person_may_end_what_a_policy_does() -> None:
    made = corrected(StubPolicy([], a_plan()), HOLD, ended(True))
    _, plans = driven(made, 2)
    assert plans[1] is not None and plans[1].status is PlanStatus.DONE
    assert made.ended is True and isinstance(made, Guided)


class Handled(StubPolicy):
    """A policy that a person has a hand on, and of which they said that it failed."""

    taken_over, ended = True, False

    def close(self) -> None:
        pass


def test_what_the_person_says_is_the_success_of_an_episode_without_a_judge(tmp_path: Path) -> None:
    config, _ = load("deploy", ["policy=teleoperation", f"out={tmp_path / 'run'}"], SCHEMAS)
    policy = Handled([], a_plan())
    answers = iter([None, None, "over"])
    rollout(StubRobot([]).robot, policy, "wave", observers(config, "wave", policy), lambda step: next(answers))
    episode = read(tmp_path / "run" / "episode" / "episode_000000.json")
    assert episode.attributes["success"] is False and episode.attributes["policy"] == "teleoperation"
    assert episode.taken_over is not None and episode.taken_over.tolist() == [True] * 3
