"""WhenMoving: brings in observers with the first motion, so that a refused instruction leaves nothing behind."""

from collections.abc import Callable, Sequence

from policies.rollout import Observer, Rollout, Step
from robot.trajectory import PlanStatus


class WhenMoving:
    """An observer that makes others, and hands on to them, from the first step whose plan moves."""

    def __init__(self, make: Callable[[], Sequence[Observer]]) -> None:
        """Hold how to make them."""
        self._make = make
        self._observers: Sequence[Observer] = ()
        self._begun = False

    def on_step(self, step: Step) -> None:
        """Make them if it is time, and hand on."""
        if not self._begun and step.plan is not None and step.plan.status is PlanStatus.RUNNING:
            self._begun, self._observers = True, self._make()
        for observer in self._observers:
            observer.on_step(step)

    def on_end(self, rollout: Rollout) -> None:
        """Hand on."""
        for observer in self._observers:
            observer.on_end(rollout)
