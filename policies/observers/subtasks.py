"""Subtasks: what the robot was doing when, in the words of its plans."""

from policies.rollout import Rollout, Step
from robot.trajectory import PlanStatus


class Subtasks:
    """An observer that writes down the stretches between one running plan and the next.

    Attributes:
        annotations: {start_ns, end_ns, words} each, in order; the last one ends with the last step.
    """

    def __init__(self) -> None:
        """Nothing yet."""
        self.annotations: list[dict[str, int | str]] = []

    def on_step(self, step: Step) -> None:
        """Go on with the present stretch, or begin the next."""
        now_ns, plan = step.observation.stamp_ns, step.plan
        if self.annotations:
            self.annotations[-1]["end_ns"] = now_ns
        said = self.annotations[-1]["words"] if self.annotations else ""
        if plan is not None and plan.status is PlanStatus.RUNNING and plan.reason not in ("", said):
            self.annotations.append({"start_ns": now_ns, "end_ns": now_ns, "words": plan.reason})

    def on_end(self, rollout: Rollout) -> None:
        """Nothing more."""
