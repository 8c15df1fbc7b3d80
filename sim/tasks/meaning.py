"""Meaning: errands whose meaning was drawn before their words, judged by goals; no parser is asked."""

from collections.abc import Callable, Sequence

from sim.scene import Scene
from sim.tasks.family import Errand, Script
from sim.tasks.goals import Goal
from sim.tasks.task import Verdict
from sim.tasks.truth import Truth
from sim.world import World


class MeaningTask:
    """All goals must be met in the end; each was watched from the beginning on."""

    def __init__(self, instruction: str, scene: Scene, world: World, goals: Callable[[Truth], Sequence[Goal]]) -> None:
        """Goals are made at `reset`, so that they note how things are then."""
        self.instruction = instruction
        self._truth = Truth(scene, world)
        self._make, self._goals = goals, goals(self._truth)

    def reset(self) -> None:
        """Begin now."""
        self._goals = self._make(self._truth)

    def observe(self) -> None:
        """Let every goal watch."""
        for goal in self._goals:
            goal.watch(self._truth)

    def success(self) -> Verdict:
        """Whether every goal is met now."""
        for index, goal in enumerate(self._goals):
            reason = goal.unmet(self._truth)
            if reason:
                stage = f"goal {index + 1} of {len(self._goals)}"
                return Verdict(success=False, stage=stage, reason=reason[:1].upper() + reason[1:] + ".")
        return Verdict(success=True, stage="", reason=f'All that "{self.instruction}" asks for is so.')


def errand(instruction: str, goals: Callable[[Truth], Sequence[Goal]], script: Callable[[Scene, World], Script]) -> Errand:
    """An errand that is done when all goals are met."""
    return Errand(
        instruction=instruction, judge=lambda scene, world: MeaningTask(instruction, scene, world, goals), script=script
    )
