"""Stubs of everything that the closed loop calls, which write down who was called when."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from policies.policy import Explanation
from policies.rollout import Robot, Rollout, Step
from robot.body import BodyReport, CommandRecord
from robot.errors import Unreachable
from robot.guard.ladder import Intervention, Level
from robot.motion import MotionStart
from robot.obstacles import Obstacles
from robot.state import RobotState
from robot.trajectory import CartesianTrajectory, JointTrajectory, Plan, PlanStatus
from sensors.observation import Observation
from sensors.packets import ImuSample, Packet
from tests.policies.tabletop import block, observe, standing

PERIOD_NS = 100_000_000
JOINTS = 7


def a_plan(stamp_ns: int = 0, status: PlanStatus = PlanStatus.RUNNING, reason: str = "moving", still: bool = False) -> Plan:
    """A plan of one waypoint, or one without motion."""
    arm = CartesianTrajectory(stamp_ns=stamp_ns, time_s=np.ones(1), T_base_ee=np.eye(4)[None], gripper_width=np.full(1, 0.04))
    return Plan(
        arm=None if still or status is not PlanStatus.RUNNING else arm,
        status=status,
        reason=reason,
        observation_stamp_ns=stamp_ns,
        expires_ns=stamp_ns + 10 * PERIOD_NS,
    )


def a_step(stamp_ns: int = 0, plan: Plan | None = None, level: Level = Level.OK, reason: str = "") -> Step:
    """One turn of the loop, as an observer gets it."""
    observation = observe(block("red", 0.5, 0.0), state=standing(np.zeros(JOINTS), stamp_ns))
    return Step(
        observation=observation,
        instruction="pick up the red block",
        plan=plan,
        commands=(a_command(stamp_ns), a_command(stamp_ns + PERIOD_NS // 2)),
        packets=(a_packet(stamp_ns),),
        report=BodyReport(commands=(), level=level, reason=reason),
    )


def an_end(moved: bool = True) -> Rollout:
    """The end of a rollout."""
    return Rollout(reason="done", num_steps=3, num_interventions=0, last_plan=None, moved=moved)


def a_command(
    stamp_ns: int, position: float = 0.0, velocity: float = 0.0, interventions: tuple[Intervention, ...] = ()
) -> CommandRecord:
    """One control tick."""
    return CommandRecord(
        stamp_ns=stamp_ns, joint_position=np.full(JOINTS, position), joint_velocity=np.full(JOINTS, velocity),
        gripper_width=0.04, interventions=interventions, level=Level.OK,
    )  # fmt: skip


def a_packet(stamp_ns: int) -> ImuSample:
    """One packet."""
    return ImuSample(
        stamp_ns=stamp_ns, sensor="imu", angular_velocity_imu=np.zeros(3), specific_force_imu=np.array([0, 0, 9.81])
    )


class StubRobot:
    """Clock, source, fusion, motion and body in one; `calls` is who was called, in order."""

    def __init__(self, calls: list[str], observation: Observation | None = None) -> None:
        """Begin at 0."""
        self.calls, self._now_ns = calls, 0
        self._observation = observe() if observation is None else observation
        self.starts: list[MotionStart] = []
        self.submitted: list[tuple[JointTrajectory | None, Obstacles]] = []
        self.degraded: list[str] = []
        self.seen: list[tuple[Packet, ...]] = []
        self.unreachable = ""
        self.interventions: tuple[Intervention, ...] = ()

    @property
    def robot(self) -> Robot:
        """As the loop gets it."""
        parts: Any = self
        return Robot(
            clock=parts, sources=[parts], fusion=parts, motion=parts, body=parts, protective=[["front"]], period_ns=PERIOD_NS
        )

    def now_ns(self) -> int:
        return self._now_ns

    def wait_until(self, stamp_ns: int) -> None:
        self._now_ns = max(self._now_ns, stamp_ns)

    def read(self) -> Sequence[Packet]:
        self.calls.append("read")
        return (a_packet(self._now_ns),)

    def state(self) -> RobotState:
        return standing(np.full(JOINTS, 0.5), self._now_ns)

    def observe(self, packets: tuple[Packet, ...], state: RobotState, now_ns: int) -> Observation:
        self.calls.append("observe")
        self.seen.append(packets)
        return replace(self._observation, stamp_ns=now_ns, state=state)

    def plan(self, plan: Plan, start: MotionStart, stamp_ns: int, obstacles: Obstacles) -> JointTrajectory:
        self.calls.append("motion")
        self.starts.append(start)
        if self.unreachable:
            raise Unreachable(self.unreachable)
        return JointTrajectory(
            stamp_ns=stamp_ns, time_s=np.zeros(1), joint_position=start.q[None], joint_velocity=np.zeros((1, JOINTS)),
            gripper_width=np.full(1, 0.04), expires_ns=plan.expires_ns,
        )  # fmt: skip

    def degrade(self, reason: str) -> None:
        self.degraded.append(reason)

    def submit(self, trajectory: JointTrajectory | None, obstacles: Obstacles) -> None:
        self.calls.append("submit")
        self.submitted.append((trajectory, obstacles))

    def advance(self, until_ns: int) -> BodyReport:
        self.calls.append("advance")
        ticks = [self._now_ns + 10_000_000 * k for k in range(3)]
        records = [a_command(ns, 1.0 + 0.1 * k, 0.2 * k, self.interventions if k == 0 else ()) for k, ns in enumerate(ticks)]
        self._now_ns = until_ns
        return BodyReport(commands=tuple(records), level=Level.OK, reason="")


class StubPolicy:
    """Answers with the given plans, then keeps the last; an exception among them is raised."""

    def __init__(self, calls: list[str], *answers: Plan | Exception | None) -> None:
        """Hold the answers."""
        self.calls, self._answers = calls, list(answers)
        self.heard: list[str] = []

    def reset(self) -> None:
        self.calls.append("reset")

    def plan(self, observation: Observation, instruction: str) -> Plan | None:
        self.calls.append("policy")
        self.heard.append(instruction)
        answer = self._answers.pop(0) if self._answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def explain(self) -> Explanation | None:
        return None


class StubObserver:
    """Writes down what it is told."""

    def __init__(self, calls: list[str], name: str) -> None:
        """Hold the common list."""
        self.calls, self.name = calls, name
        self.steps: list[Step] = []
        self.ends: list[Rollout] = []

    def on_step(self, step: Step) -> None:
        self.calls.append(f"{self.name} step")
        self.steps.append(step)

    def on_end(self, rollout: Rollout) -> None:
        self.calls.append(f"{self.name} end")
        self.ends.append(rollout)
