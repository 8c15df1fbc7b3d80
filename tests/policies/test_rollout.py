"""The closed loop: who is called when, what observers are told, and how it ends."""

from dataclasses import replace

import numpy as np
import pytest

from policies.rollout import OBSTACLE_RADIUS, Step, loss_in, motion_start, obstacles_in, rollout
from robot.body import BodyReport
from robot.errors import InstructionRefused
from robot.guard.ladder import Intervention, Level
from robot.trajectory import Plan, PlanStatus
from sensors.health import SensorHealth
from sensors.observation import Observation
from tests.policies.loop import JOINTS, PERIOD_NS, StubObserver, StubPolicy, StubRobot, a_command, a_plan
from tests.policies.tabletop import block, observe, standing

TURN = ["read", "observe", "policy", "submit", "advance"]


def after(num_steps: int):
    """Ends after so many steps."""
    steps: list[Step] = []
    return lambda step: (steps.append(step), f"after {num_steps}" if len(steps) == num_steps else None)[1]


def test_one_turn_reads_observes_plans_moves_and_then_observers_are_told_in_order() -> None:
    calls: list[str] = []
    watching = [StubObserver(calls, "first"), StubObserver(calls, "second")]
    rollout(StubRobot(calls).robot, StubPolicy(calls, a_plan()), "go", watching, after(2))
    turn = ["read", "observe", "policy", "motion", "submit", "advance", "first step", "second step"]
    assert calls == ["reset", *turn, *[each for each in turn if each != "motion"], "first end", "second end"]


def test_a_step_holds_what_was_seen_planned_and_commanded() -> None:
    calls: list[str] = []
    stub, observer, plan = StubRobot(calls), StubObserver(calls, "observer"), a_plan()
    rollout(stub.robot, StubPolicy(calls, plan), "go", [observer], after(2))
    first, second = observer.steps
    assert first.plan is plan and second.plan is None
    assert first.instruction == "go"
    assert [len(step.commands) for step in observer.steps] == [3, 3]
    assert first.packets == stub.seen[0]
    assert [step.observation.stamp_ns for step in observer.steps] == [0, PERIOD_NS]


def test_it_ends_for_the_reason_that_until_gives() -> None:
    calls: list[str] = []
    result = rollout(StubRobot(calls).robot, StubPolicy(calls, a_plan()), "go", [], after(3))
    assert (result.reason, result.num_steps, result.moved) == ("after 3", 3, True)


def test_the_last_plan_that_was_given_is_kept() -> None:
    calls: list[str] = []
    plan = a_plan(reason="the last")
    result = rollout(StubRobot(calls).robot, StubPolicy(calls, a_plan(), plan), "go", [], after(4))
    assert result.last_plan is plan


def test_a_rollout_in_which_nothing_was_to_move_says_so() -> None:
    calls: list[str] = []
    refusal = a_plan(status=PlanStatus.REFUSED, reason="no")
    stub = StubRobot(calls)
    result = rollout(stub.robot, StubPolicy(calls, refusal), "go", [], after(1))
    assert not result.moved
    assert "motion" not in calls and stub.submitted[0][0] is None


def test_ticks_with_interventions_are_counted() -> None:
    calls: list[str] = []
    stub = StubRobot(calls)
    stub.interventions = (Intervention(code="velocity", detail="too fast"), Intervention(code="workspace", detail="too far"))
    assert rollout(stub.robot, StubPolicy(calls, a_plan()), "go", [], after(4)).num_interventions == 4


def test_the_end_is_told_once_to_everybody_even_when_the_policy_fails() -> None:
    calls: list[str] = []
    watching = [StubObserver(calls, "first"), StubObserver(calls, "second")]
    with pytest.raises(ZeroDivisionError):
        rollout(StubRobot(calls).robot, StubPolicy(calls, a_plan(), ZeroDivisionError()), "go", watching, after(9))
    assert calls.count("first end") == calls.count("second end") == 1
    (end,) = watching[0].ends
    assert end.num_steps == 1 and end.reason == "it was interrupted"


def test_a_refusal_that_is_raised_reaches_the_caller_after_observers_were_told() -> None:
    calls: list[str] = []
    observer = StubObserver(calls, "observer")
    with pytest.raises(InstructionRefused, match="can't"):
        rollout(StubRobot(calls).robot, StubPolicy(calls, InstructionRefused("I can't.")), "go", [observer], after(9))
    assert not observer.steps and len(observer.ends) == 1 and not observer.ends[0].moved


def test_a_new_sentence_resets_the_policy_and_the_same_one_does_not() -> None:
    calls: list[str] = []
    sentences = iter(["go", "go", "stop", "stop", "go"])
    policy = StubPolicy(calls, *[a_plan() for _ in range(5)])
    rollout(StubRobot(calls).robot, policy, lambda: next(sentences), [], after(5))
    assert policy.heard == ["go", "go", "stop", "stop", "go"]
    assert [k for k, call in enumerate([each for each in calls if each in ("reset", "policy")]) if call == "reset"] == [0, 3, 6]


def test_a_plan_that_no_motion_can_follow_becomes_a_refusal() -> None:
    calls: list[str] = []
    stub, observer = StubRobot(calls), StubObserver(calls, "observer")
    stub.unreachable = "The way there hits the table."
    result = rollout(stub.robot, StubPolicy(calls, a_plan()), "go", [observer], after(1))
    plan = observer.steps[0].plan
    assert plan is not None and plan.status is PlanStatus.REFUSED
    assert plan.arm is None and plan.joints is None and plan.contacts == ()
    assert plan.reason == "The way there hits the table."
    assert stub.submitted[0][0] is None and not result.moved


def test_a_policy_that_knows_another_way_is_asked_for_it_until_motion_follows_or_it_has_none() -> None:
    class Persistent(StubPolicy):
        def instead(self, observation: Observation, reason: str) -> Plan | None:
            calls.append(reason)
            stub.unreachable = "" if len(ways) == clear_at else stub.unreachable
            return ways.pop(0) if ways else None

    for clear_at, said in ((1, "higher still"), (-1, "in the way")):
        calls: list[str] = []
        ways = [a_plan(reason="higher"), a_plan(reason="higher still")]
        stub, observer = StubRobot(calls), StubObserver(calls, "observer")
        stub.unreachable = "in the way"
        result = rollout(stub.robot, Persistent(calls, a_plan()), "go", [observer], after(1))
        plan = observer.steps[0].plan
        assert plan is not None and plan.reason == said and result.moved == (clear_at == 1)
        assert calls.count("in the way") == (2 if result.moved else 3)


def test_the_dead_man_is_fed_at_every_turn() -> None:
    calls: list[str] = []
    stub = StubRobot(calls)
    rollout(stub.robot, StubPolicy(calls, a_plan()), "go", [], after(5))
    assert [trajectory is not None for trajectory, _ in stub.submitted] == [True, False, False, False, False]
    assert [obstacles.stamp_ns for _, obstacles in stub.submitted] == [k * PERIOD_NS for k in range(5)]


def test_the_first_motion_begins_where_the_robot_is_measured_to_be() -> None:
    calls: list[str] = []
    stub = StubRobot(calls)
    rollout(stub.robot, StubPolicy(calls, a_plan()), "go", [], after(1))
    np.testing.assert_array_equal(stub.starts[0].q, np.full(JOINTS, 0.5))
    assert not stub.starts[0].v.any() and not stub.starts[0].a.any()


def test_later_motion_goes_on_from_what_was_commanded_last() -> None:
    calls: list[str] = []
    stub = StubRobot(calls)
    rollout(stub.robot, StubPolicy(calls, a_plan(), a_plan()), "go", [], after(2))
    np.testing.assert_allclose(stub.starts[1].q, 1.2)
    np.testing.assert_allclose(stub.starts[1].v, 0.4)
    np.testing.assert_allclose(stub.starts[1].a, 0.2 / 0.01)


def test_one_command_alone_has_no_acceleration_and_the_measured_state_is_taken() -> None:
    report = BodyReport(commands=(a_command(0, 1.0, 1.0),), level=Level.OK, reason="")
    start = motion_start(report, standing(np.zeros(JOINTS)))
    assert not start.q.any() and not start.v.any()


def test_obstacles_cover_every_point_of_the_cloud() -> None:
    observation = observe(block("red", 0.5, 0.0), block("green", 0.4, 0.2))
    obstacles = obstacles_in(observation, [["front"]])
    nearest = np.linalg.norm(observation.cloud.points_base[::37, None] - obstacles.points_base[None], axis=-1).min(axis=1)
    assert nearest.max() < np.sqrt(3) * OBSTACLE_RADIUS  # a voxel's half diagonal
    assert obstacles.radius == OBSTACLE_RADIUS and len(obstacles.points_base) < len(observation.cloud)


@pytest.mark.parametrize(
    ("groups", "alive", "vouched"),
    [
        ([["front"]], {"front"}, True),
        ([["front", "lidar"]], {"lidar"}, True),
        ([["front", "lidar"]], set(), False),
        ([["front"], ["lidar"]], {"front"}, False),
        ([["front"], ["lidar"]], {"front", "lidar"}, True),
        ([], set(), True),
    ],
)
def test_every_protective_group_needs_a_live_member(groups: list[list[str]], alive: set[str], vouched: bool) -> None:
    health = {
        name: SensorHealth(age_s=0.0, valid=name in alive, reason="" if name in alive else "silent")
        for name in ("front", "lidar")
    }
    assert obstacles_in(replace(observe(), health=health), groups).protective_ok is vouched


@pytest.mark.parametrize(
    ("stamp_ns", "age_s", "valid", "lost"),
    [(0, 0.0, True, ""), (0, 0.5, False, "imu: silent"), (0, np.inf, False, ""), (2 * 10**9, np.inf, False, "imu: silent")],
)
def test_a_watched_sensor_is_lost_when_it_can_t_be_believed_or_never_speaks(
    stamp_ns: int, age_s: float, valid: bool, lost: str
) -> None:
    health = {"imu": SensorHealth(age_s=age_s, valid=valid, reason="" if valid else "silent")}
    observation = replace(observe(), stamp_ns=stamp_ns, health=health)
    assert loss_in(observation, ["imu"]) == lost
    assert loss_in(observation, []) == ""


def test_the_body_goes_slower_while_a_watched_sensor_is_lost() -> None:
    calls: list[str] = []
    health = {"front": SensorHealth(age_s=0.4, valid=False, reason="silent for 0.40 s")}
    stub = StubRobot(calls, replace(observe(), health=health))
    rollout(replace(stub.robot, watched=("front",)), StubPolicy(calls, a_plan()), "go", [], after(2))
    assert stub.degraded == ["front: silent for 0.40 s"] * 2
