"""rollout(): the closed loop, once, for simulation and hardware alike.

    sources ─packets─▶ fusion ─Observation─▶ policy ─Plan─▶ motion ─JointTrajectory─▶ body ─▶ the world ─▶ sources …

What only watches is an observer; when to end is injected. Nothing in here knows a task, a simulator or a robot.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from policies.policy import Persists, Policy
from robot.body import Body
from robot.clock import Clock
from robot.errors import Unreachable
from robot.motion import MotionStart
from robot.obstacles import Obstacles
from robot.records import BodyReport, CommandRecord
from robot.state import RobotState
from robot.trajectory import JointTrajectory, Plan, PlanStatus
from sensors.observation import Observation
from sensors.packets import Packet
from sensors.pointcloud import thin
from sensors.source import SensorSource

PATIENCE_NS = 1_000_000_000  # a sensor that has said nothing yet is no loss before
OBSTACLE_RADIUS = 0.01  # m: balls of one every two centimetres cover a surface


@dataclass(frozen=True, eq=False, kw_only=True)
class Step:
    """One turn of the loop, as observers see it.

    Attributes:
        observation: what was known.
        instruction: the sentence.
        plan: what the policy answered; None = keep the present plan.
        commands: what was commanded at every control tick until the next step.
        packets: everything the sensors said since the last step.
        report: where the safety ladder stood at the end, and why.
    """

    observation: Observation
    instruction: str
    plan: Plan | None
    commands: tuple[CommandRecord, ...]
    packets: tuple[Packet, ...]
    report: BodyReport


@dataclass(frozen=True, eq=False, kw_only=True)
class Rollout:
    """How a rollout ended.

    Attributes:
        reason: what `until` said, a sentence.
        num_steps: how many turns the loop made.
        num_interventions: at how many control ticks the safety filter changed something.
        last_plan: the last plan that the policy gave, None if it gave none.
        moved: whether any plan with motion was handed to the body.
    """

    reason: str
    num_steps: int
    num_interventions: int
    last_plan: Plan | None
    moved: bool


class Observer(Protocol):
    """Whatever watches a rollout and changes nothing in it."""

    def on_step(self, step: Step) -> None:
        """One turn of the loop is over."""
        ...

    def on_end(self, rollout: Rollout) -> None:
        """The rollout is over; called once, also when it ends with an error."""
        ...


class Senses(Protocol):
    """What makes one observation of packets: `Fusion`, or `UncalibratedFusion` where no geometry is known."""

    def observe(self, packets: Iterable[Packet], state: RobotState, now_ns: int) -> Observation:
        """All that is known of the world at `now_ns`, from the packets since the last call and the robot's own state."""
        ...


class Mover(Protocol):
    """What makes joint motion of plans: `Motion`, or `BoxMotion` for a virtual body."""

    def plan(self, plan: Plan, start: MotionStart, stamp_ns: int, obstacles: Obstacles) -> JointTrajectory:
        """The motion that does what the plan asks; raises Unreachable with a sentence if there is none."""
        ...


@dataclass(frozen=True, kw_only=True)
class Robot:
    """Everything of one robot that the loop needs: its senses, its motion, its body and its time.

    Attributes:
        clock: what time it is.
        sources: where packets come from.
        fusion: makes observations of them.
        motion: makes joint trajectories of plans.
        body: follows them safely.
        protective: groups of sensors; every group needs a live member, or the body stops.
        watched: sensors of which each is missed: while one is not valid, the body goes at half speed.
        period_ns: one turn of the loop.
    """

    clock: Clock
    sources: Sequence[SensorSource]
    fusion: Senses
    motion: Mover
    body: Body
    protective: Sequence[Sequence[str]]
    watched: Sequence[str] = ()
    period_ns: int = 100_000_000


def rollout(
    robot: Robot,
    policy: Policy,
    instruction: Callable[[], str] | str,
    observers: Sequence[Observer],
    until: Callable[[Step], str | None],
) -> Rollout:
    """Run the closed loop until `until` says why it ends.

    Args:
        robot: the robot.
        policy: its mind; `reset` is called before each new sentence.
        instruction: the sentence, or what gives the sentence that holds now: a new one re-tasks the robot.
        observers: told of every step, in order, and of the end.
        until: given each step; a sentence ends the loop, None goes on.

    Raises:
        BodyFault: the body is gone; it has braked.
    """
    say = instruction if callable(instruction) else lambda: instruction
    sentence = say()
    policy.reset()
    tally = _Tally()
    try:
        while True:
            step = _turn(robot, policy, sentence, tally.report)
            tally.add(step)
            for observer in observers:
                observer.on_step(step)
            if (reason := until(step)) is not None:
                tally.reason = reason
                break
            if (newer := say()) != sentence:
                sentence = newer
                policy.reset()
    finally:
        result = tally.rollout()
        for observer in observers:
            observer.on_end(result)
    return result


def _turn(robot: Robot, policy: Policy, instruction: str, last: BodyReport | None) -> Step:
    """Look, understand, plan, move for one period."""
    packets = tuple(packet for source in robot.sources for packet in source.read())
    now_ns = robot.clock.now_ns()
    observation = robot.fusion.observe(packets, robot.body.state(), now_ns)
    obstacles = obstacles_in(observation, robot.protective)
    plan, trajectory = _planned(robot, policy, observation, instruction, obstacles, last)
    robot.body.degrade(loss_in(observation, robot.watched))
    robot.body.submit(trajectory, obstacles)
    report = robot.body.advance(now_ns + robot.period_ns)
    return Step(
        observation=observation, instruction=instruction, plan=plan, commands=report.commands, packets=packets, report=report
    )


def _planned(
    robot: Robot, policy: Policy, observation: Observation, instruction: str, obstacles: Obstacles, last: BodyReport | None
) -> tuple[Plan | None, JointTrajectory | None]:
    """What the policy wants, and the joints' way to it; a plan that no motion can follow becomes another one, or a refusal."""
    plan = policy.plan(observation, instruction)
    while plan is not None and (plan.arm is not None or plan.joints is not None):
        try:
            return plan, robot.motion.plan(plan, motion_start(last, observation.state), robot.clock.now_ns(), obstacles)
        except Unreachable as refusal:
            another = policy.instead(observation, str(refusal)) if isinstance(policy, Persists) else None
            refused = replace(plan, arm=None, joints=None, contacts=(), status=PlanStatus.REFUSED, reason=str(refusal))
            plan = another or refused
    return plan, None


def motion_start(last: BodyReport | None, state: RobotState) -> MotionStart:
    """Where new motion begins: at what was commanded last, so that it goes on smoothly; at what is measured if nothing was."""
    if last is None or len(last.commands) < 2:
        still = np.zeros_like(state.joint_position)
        return MotionStart(q=state.joint_position, v=still, a=still, gripper_width=state.gripper_width)
    before, now = last.commands[-2:]
    tick_s = (now.stamp_ns - before.stamp_ns) * 1e-9
    acceleration = (now.joint_velocity - before.joint_velocity) / tick_s
    return MotionStart(q=now.joint_position, v=now.joint_velocity, a=acceleration, gripper_width=state.gripper_width)


def obstacles_in(observation: Observation, protective: Sequence[Sequence[str]]) -> Obstacles:
    """Everything in the fused cloud, as balls; vouched for if every protective group has a live member."""
    coarse, _ = thin(observation.cloud, 2 * OBSTACLE_RADIUS)
    alive = all(any(observation.health[name].valid for name in group) for group in protective)
    return Obstacles(stamp_ns=observation.stamp_ns, points_base=coarse.points_base, radius=OBSTACLE_RADIUS, protective_ok=alive)


def loss_in(observation: Observation, watched: Sequence[str]) -> str:
    """Which watched sensors can't be believed and why, for a person; empty if all can."""
    health = observation.health
    waiting = observation.stamp_ns < PATIENCE_NS
    lost = [name for name in watched if not health[name].valid and not (waiting and np.isinf(health[name].age_s))]
    return "; ".join(f"{name}: {health[name].reason}" for name in lost)


@dataclass
class _Tally:
    """What a rollout counts while it runs."""

    reason: str = "it was interrupted"
    num_steps: int = 0
    num_interventions: int = 0
    last_plan: Plan | None = None
    moved: bool = False
    report: BodyReport | None = None

    def add(self, step: Step) -> None:
        """Count one step."""
        self.num_steps += 1
        self.num_interventions += sum(bool(command.interventions) for command in step.commands)
        self.last_plan = step.plan or self.last_plan
        self.moved = self.moved or (step.plan is not None and step.plan.status is PlanStatus.RUNNING)
        self.report = step.report

    def rollout(self) -> Rollout:
        """The sum of it."""
        return Rollout(
            reason=self.reason,
            num_steps=self.num_steps,
            num_interventions=self.num_interventions,
            last_plan=self.last_plan,
            moved=self.moved,
        )
