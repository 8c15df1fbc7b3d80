"""Bout: one errand of an episode, played to its end and judged."""

from collections.abc import Callable, Sequence

from policies.policy import Policy
from policies.rollout import Observer, Rollout, Step, rollout
from robot.errors import BodyFault, InstructionRefused
from robot.guard.ladder import Level
from robot.trajectory import Plan, PlanStatus
from sim.evaluation.failures import failure
from sim.stage import Stage
from sim.tasks.family import Errand
from sim.tasks.task import Task, Verdict

SETTLE_S = 0.5  # what was let go of may come to rest before the verdict


class Bout:
    """One errand of an episode, played and judged."""

    def __init__(
        self, stage: Stage, errand: Errand, policy: Policy, sentence: str, disturb: Callable[[], None], time_limit_s: float
    ) -> None:
        """Ready to play; the judge notes how things are."""
        self._stage, self._policy, self._sentence, self._disturb = stage, policy, sentence, disturb
        self._task: Task = errand.judge(stage.scene, stage.world)
        self._task.reset()
        self._limit = round(time_limit_s * 1e9 / stage.robot.period_ns)
        self._level, self._plan, self._refusal = Level.OK, None, ""
        self.num_steps = self.num_interventions = 0
        self.verdict = Verdict(success=False, stage="", reason="")

    def play(self, observers: Sequence[Observer]) -> Verdict:
        """To its end, and the judge's verdict on it."""
        try:
            rollout(self._stage.robot, self._policy, self._sentence, [self, *observers], self._until)
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
        return failure(status, reason, self._level, self.num_steps >= self._limit)

    def reason(self) -> str:
        """What the judge says; where it failed, also what the policy said last."""
        said = self._refusal or ("" if self._plan is None else self._plan.reason)
        return self.verdict.reason if self.verdict.success or not said else f"{self.verdict.reason} The policy: {said}"

    def on_step(self, step: Step) -> None:
        """Let the judge watch, and whoever disturbs do so."""
        self.num_steps += 1
        self.num_interventions += sum(bool(command.interventions) for command in step.commands)
        self._plan, self._level = step.plan or self._plan, step.report.level
        self._task.observe()
        self._disturb()

    def on_end(self, rollout: Rollout) -> None:
        """Nothing more."""

    def _until(self, step: Step) -> str | None:
        """Why it is over, or None."""
        if step.plan is not None and step.plan.status is not PlanStatus.RUNNING:
            return step.plan.reason
        if step.report.level is Level.ESTOP:
            return f"emergency stop: {step.report.reason}"
        return "its time is over" if self.num_steps >= self._limit else None

    def _settle(self) -> None:
        """Let things come to rest, the judge watching."""
        robot = self._stage.robot
        for _ in range(round(SETTLE_S * 1e9 / robot.period_ns)):
            robot.body.advance(robot.clock.now_ns() + robot.period_ns)
            self._task.observe()
