"""Meaning: errands whose meaning was drawn before their words, judged by goals and rules; no parser is asked."""

from collections.abc import Callable, Sequence

from sim.scene import Scene
from sim.tasks.family import Errand, Script
from sim.tasks.goals import Goal
from sim.tasks.rules import WATCH_HZ, Rule
from sim.tasks.task import Verdict
from sim.tasks.truth import Truth
from sim.world import PHYSICS_HZ, World

Goals = Callable[[Truth], Sequence[Goal]]
Rules = Callable[[Truth], Sequence[Rule]]


def no_rules(truth: Truth) -> Sequence[Rule]:
    """Nothing matters but the goals."""
    return ()


class MeaningTask:
    """All goals must be met in the end, and no rule may be broken on the way; both are watched from `reset` on."""

    def __init__(self, instruction: str, scene: Scene, world: World, goals: Goals, rules: Rules = no_rules) -> None:
        """Goals and rules are made at `reset`, so that they note how things are then."""
        self.instruction = instruction
        self._truth, self._world = Truth(scene, world), world
        self._make_goals, self._make_rules = goals, rules
        self._goals, self._rules = goals(self._truth), rules(self._truth)
        self._num_physics_steps = 0

    def reset(self) -> None:
        """Begin now."""
        self._goals, self._rules = self._make_goals(self._truth), self._make_rules(self._truth)
        if self._rules:
            self._world.on_step.append(self._watch)

    def observe(self) -> None:
        """Let every goal watch."""
        for goal in self._goals:
            goal.watch(self._truth)

    def success(self) -> Verdict:
        """Whether every goal is met now and every rule was kept; goals are named first."""
        for index, goal in enumerate(self._goals):
            if reason := goal.unmet(self._truth):
                return _failed(f"goal {index + 1} of {len(self._goals)}", reason)
        for index, rule in enumerate(self._rules):
            if reason := rule.broken():
                return _failed(f"rule {index + 1} of {len(self._rules)}", reason)
        return Verdict(success=True, stage="", reason=f'All that "{self.instruction}" asks for is so.')

    def _watch(self) -> None:
        """Let the rules look, at as many physics steps as they want."""
        self._num_physics_steps += 1
        if self._num_physics_steps % (PHYSICS_HZ // WATCH_HZ) == 0:
            for rule in self._rules:
                rule.watch(self._truth)


def errand(instruction: str, goals: Goals, script: Callable[[Scene, World], Script], rules: Rules = no_rules) -> Errand:
    """An errand that is done when all goals are met and no rule was broken."""
    return Errand(
        instruction=instruction, judge=lambda scene, world: MeaningTask(instruction, scene, world, goals, rules), script=script
    )


def _failed(stage: str, clause: str) -> Verdict:
    """A verdict from a clause."""
    return Verdict(success=False, stage=stage, reason=clause[:1].upper() + clause[1:] + ".")
