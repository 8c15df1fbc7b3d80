"""RuledTask: a goal to be reached, and rules that must be kept on the way; judged from the simulator's own state."""

from collections.abc import Callable

from sim.scene import Scene
from sim.tasks.goals import Goal
from sim.tasks.rules import WATCH_HZ, Rule
from sim.tasks.task import Verdict
from sim.tasks.truth import Truth
from sim.world import PHYSICS_HZ, World


class RuledTask:
    """A sentence with one goal, and any number of rules that are watched from `reset` on."""

    def __init__(
        self, instruction: str, scene: Scene, world: World, goal: Callable[[Truth], Goal], *rules: Callable[[Truth], Rule]
    ) -> None:
        """Judge in this world.

        Args:
            instruction: the sentence.
            scene: the scene it is about.
            world: the physics behind it.
            goal: makes the goal from how things are when the task begins.
            rules: each makes a rule likewise.
        """
        self.instruction = instruction
        self._truth, self._world = Truth(scene, world), world
        self._make_goal, self._make_rules = goal, rules
        self._steps = 0

    def reset(self) -> None:
        """Note how things are, and begin to watch."""
        self._goal = self._make_goal(self._truth)
        self._rules = [make(self._truth) for make in self._make_rules]
        self._world.on_step.append(self._watch)

    def observe(self) -> None:
        """Let the goal see the world at this tick."""
        self._goal.watch(self._truth)

    def success(self) -> Verdict:
        """Whether the goal is met and no rule was broken; the goal is named first."""
        if reason := self._goal.unmet(self._truth):
            return _failed("goal", reason)
        for rule in self._rules:
            if reason := rule.broken():
                return _failed("rule", reason)
        return Verdict(success=True, stage="", reason=f'All that "{self.instruction}" asks for is so.')

    def _watch(self) -> None:
        """Look at as many physics steps as the rules want."""
        self._steps += 1
        if self._steps % (PHYSICS_HZ // WATCH_HZ) == 0:
            for rule in self._rules:
                rule.watch(self._truth)


def _failed(stage: str, clause: str) -> Verdict:
    """A verdict from a clause."""
    return Verdict(success=False, stage=stage, reason=clause[:1].upper() + clause[1:] + ".")
