"""Progress: says in words what the robot does, as it begins to do it."""

from collections.abc import Callable

from policies.rollout import Rollout, Step
from robot.guard.ladder import Level
from robot.trajectory import PlanStatus


class Progress:
    """An observer that prints a line at each new plan and at each change of the safety ladder."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """Say lines with this function."""
        self._say = say
        self._last = ""
        self._level = Level.OK
        self._began_ns: int | None = None

    def on_step(self, step: Step) -> None:
        """One line if there is news."""
        self._began_ns = step.observation.stamp_ns if self._began_ns is None else self._began_ns
        passed_s = (step.observation.stamp_ns - self._began_ns) * 1e-9
        plan = step.plan
        if plan is not None and plan.status is PlanStatus.RUNNING and plan.reason != self._last:
            self._say(f"  {passed_s:5.1f} s  {plan.reason}")
            self._last = plan.reason
        if step.report.level is not self._level:
            self._level = step.report.level
            self._say(
                f"  {passed_s:5.1f} s  safety: {self._level.name}{': ' + step.report.reason if step.report.reason else ''}"
            )

    def on_end(self, rollout: Rollout) -> None:
        """Nothing more: the verdict is the program's."""
