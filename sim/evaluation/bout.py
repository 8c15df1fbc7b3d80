"""Bout: one errand of an episode, played to its end and judged."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from policies.policy import Policy
from policies.rollout import Observer, Robot, Rollout, Step, rollout
from robot.errors import BodyFault, InstructionRefused
from robot.guard.ladder import Level
from robot.state import RobotState
from robot.trajectory import Plan, PlanStatus
from sim.evaluation.failures import failure
from sim.evaluation.slices import Slices
from sim.stage import Stage
from sim.tasks.family import Errand
from sim.tasks.task import Task, Verdict

SETTLE_S = 0.5  # what was let go of may come to rest before the verdict


@dataclass(frozen=True)
class Looks:
    """When a policy is asked that need not look all the time.

    Attributes:
        period_ns: at least so often.
        is_due: asked at every turn of the loop, from the robot's state, whether the policy has something new to say.
    """

    period_ns: int
    is_due: Callable[[RobotState], bool]


class Bout:
    """One errand of an episode, played and judged."""

    def __init__(
        self,
        stage: Stage,
        errand: Errand,
        policy: Policy,
        sentence: str,
        disturb: Callable[[], None],
        time_limit_s: float,
        looks: Looks | None = None,
    ) -> None:
        """Ready to play; the judge notes how things are. `looks` says when to look if not at every turn of the loop."""
        self._stage, self._looks, self._policy, self._sentence, self._disturb = stage, looks, policy, sentence, disturb
        self._task: Task = errand.judge(stage.scene, stage.world)
        self._task.reset()
        self._began_ns = self._now_ns = stage.world.now_ns()
        self._limit_ns = round(time_limit_s * 1e9)
        self._level, self._plan, self._refusal = Level.OK, None, ""
        self.num_steps = self.num_interventions = 0
        self.verdict = Verdict(success=False, stage="", reason="")

    def play(self, observers: Sequence[Observer]) -> Verdict:
        """To its end, and the judge's verdict on it."""
        try:
            rollout(self._robot(), self._policy, self._sentence, [self, *observers], self._until)
            self._settle()
        except InstructionRefused as refusal:
            self._refusal = str(refusal)
        except BodyFault as fault:
            self._level, self._refusal = Level.ESTOP, str(fault)
        self.verdict = self._task.success()
        return self.verdict

    def judged(self) -> Verdict:
        """The judge's verdict on how things are now, before they have come to rest."""
        return self._task.success()

    def failure(self) -> str:
        """The stage at which it failed."""
        plan: Plan | None = self._plan
        status = PlanStatus.REFUSED if self._refusal else None if plan is None else plan.status
        reason = self._refusal or ("" if plan is None else plan.reason)
        return failure(status, reason, self._level, self._is_late)

    def reason(self) -> str:
        """What the judge says; where it failed, also what the policy said last."""
        said = self._refusal or ("" if self._plan is None else self._plan.reason)
        return self.verdict.reason if self.verdict.success or not said else f"{self.verdict.reason} The policy: {said}"

    def on_step(self, step: Step) -> None:
        """Let the judge watch, and whoever disturbs do so."""
        self.num_steps += 1
        self.num_interventions += sum(bool(command.interventions) for command in step.commands)
        self._plan, self._level = step.plan or self._plan, step.report.level
        self._now_ns = self._stage.world.now_ns()
        self._watch()

    def on_end(self, rollout: Rollout) -> None:
        """Nothing more."""

    @property
    def rate_hz(self) -> float:
        """Looks a second, in the mean."""
        return self.num_steps * 1e9 / max(self._now_ns - self._began_ns, 1)

    def _until(self, step: Step) -> str | None:
        """Why it is over, or None."""
        if step.plan is not None and step.plan.status is not PlanStatus.RUNNING:
            return step.plan.reason
        if step.report.level is Level.ESTOP:
            return f"emergency stop: {step.report.reason}"
        return "its time is over" if self._is_late else None

    @property
    def _is_late(self) -> bool:
        """Whether its time was over when it ended."""
        return self._now_ns - self._began_ns >= self._limit_ns

    def _robot(self) -> Robot:
        """The stage's, or one that looks more seldom."""
        robot, looks = self._stage.robot, self._looks
        if looks is None:
            return robot

        def ended(state: RobotState) -> bool:
            self._watch()
            return looks.is_due(state)

        slices = Slices(robot.body, robot.clock, robot.period_ns, ended)
        return replace(robot, body=slices, sources=[*robot.sources, slices], period_ns=looks.period_ns)

    def _watch(self) -> None:
        """Let the judge watch, and whoever disturbs do so."""
        self._task.observe()
        self._disturb()

    def _settle(self) -> None:
        """Let things come to rest, the judge watching."""
        robot = self._stage.robot
        for _ in range(round(SETTLE_S * 1e9 / robot.period_ns)):
            robot.body.advance(robot.clock.now_ns() + robot.period_ns)
            self._task.observe()
