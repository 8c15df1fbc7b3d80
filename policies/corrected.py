"""Corrected: a policy with a person over it, who takes over while a key is held and hands back by letting go.

    handsight-command policy=corrected "put the red block in the blue bowl"

The recording marks the steps that were the person's (`corrections/taken_over`).
"""

from dataclasses import dataclass, field, replace
from typing import Any

from policies.policy import Policy, Remembers
from policies.teleoperation import Teleoperation, TeleoperationConfig
from policies.wrapper import PolicyWrapper
from robot.trajectory import Plan
from sensors.observation import Observation


@dataclass
class CorrectedConfig:
    """The YAML of a policy with a person over it; who had not moved for `hand_back_s` has let go."""

    name: str = "corrected"
    policy: Any = None
    person: TeleoperationConfig = field(default_factory=TeleoperationConfig)
    hand_back_s: float = 0.8  # a terminal is silent for half a second before a held key repeats


class Corrected(PolicyWrapper):
    """A policy with a person over it: who holds a key has taken over, and afterwards the policy plans anew from there.

    Attributes:
        taken_over: whether the person has taken over now.
        ended: what the person said of the instruction.
    """

    def __init__(self, policy: Policy, person: Teleoperation, hand_back_s: float = 0.8) -> None:
        """Let a person correct a policy."""
        super().__init__(policy)
        self._person, self._hand_back_ns = person, round(hand_back_s * 1e9)
        self._epoch = 0
        self.taken_over, self._held_ns = False, 0

    @property
    def ended(self) -> bool | None:
        """What the person said."""
        return self._person.ended

    def reset(self) -> None:
        """Both begin anew; the policy has the robot."""
        super().reset()
        self._hand_over(to_person=False)

    def plan(self, observation: Observation, instruction: str) -> Plan | None:
        """The person's while they hold on, else the policy's; each change begins a new epoch."""
        wish = self._person.wish(observation)
        if wish.held:
            self._held_ns = observation.stamp_ns
        if wish.held and not self.taken_over:
            self._hand_over(to_person=True)
        elif self.taken_over and wish.ended is None and observation.stamp_ns - self._held_ns > self._hand_back_ns:
            self._policy.reset()
            self._hand_over(to_person=False)
        if self.taken_over or wish.ended is not None:
            plan = self._person.answer(observation, wish)
        else:
            plan = self._policy.plan(observation, instruction)
        return None if plan is None else replace(plan, epoch=self._epoch)

    def instead(self, observation: Observation, reason: str) -> Plan | None:
        """The policy's other way, while it has the robot."""
        plan = None if self.taken_over else super().instead(observation, reason)
        return None if plan is None else replace(plan, epoch=self._epoch)

    def save(self) -> object:
        """What the policy knows."""
        return self._policy.save() if isinstance(self._policy, Remembers) else None

    def restore(self, saved: Any) -> None:
        """Know it again."""
        if isinstance(self._policy, Remembers):
            self._policy.restore(saved)
        self._hand_over(to_person=False)

    def close(self) -> None:
        """Give the device back."""
        self._person.close()

    def _hand_over(self, *, to_person: bool) -> None:
        """The one or the other has the robot from now on."""
        self._epoch += 1
        self._person.reset()
        self.taken_over = to_person
