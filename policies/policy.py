"""Policy: the contract of a mind. Open this file first to add one.

    Observation, instruction → Policy.plan → Plan → motion → body

A policy sees what the sensors saw, never the simulator's truth; it says where the tool (or the joints) shall be
and when; it does not command. `tests/contracts/policy_contract.py` is the test that every policy runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from robot.trajectory import Plan
from sensors.observation import Observation


@dataclass(frozen=True, eq=False, kw_only=True)
class Explanation:
    """Why a policy planned what it planned, in layers that an observer can draw.

    Attributes:
        title: what is explained, one sentence.
        points: name → (points_base (N, 3) m, value (N,) in [0, 1]).
        pixels: camera → (H, W) float in [0, 1].
        words: (word, weight in [0, 1]) in the order of the instruction.
        path_base: (T, 3) the path that was chosen, m; empty if none was.
    """

    title: str
    points: Mapping[str, tuple[np.ndarray, np.ndarray]]
    pixels: Mapping[str, np.ndarray]
    words: tuple[tuple[str, float], ...]
    path_base: np.ndarray


class Policy(Protocol):
    """A mind: one per robot, called from one thread, once per policy tick, in order of stamps.

    All randomness comes from a seed given at construction: the same observations and sentences give the same
    plans, bit for bit.
    """

    def reset(self) -> None:
        """Forget the instruction and whatever was begun for it; called before the first plan of each instruction."""
        ...

    def plan(self, observation: Observation, instruction: str) -> Plan | None:
        """What to do from this observation on, in base, m, rad and s; None = keep the present plan.

        The instruction is a sentence in plain language; it stays the same until `reset`. A plan with status
        DONE ends the instruction as the policy sees it; REFUSED and ASKS end it with a sentence for the user in
        `reason` (what is missing, which of two was meant) and carry no motion. Sensors that are not valid in
        `observation.health` are not to be believed; a policy that lacks what it needs says so in `reason`.

        Raises:
            InstructionRefused: the instruction can't be understood or carried out; nothing has moved for it.
        """
        ...

    def explain(self) -> Explanation | None:
        """Why the last plan is as it is; None if there is nothing to show. Drawn by observers only."""
        ...


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer to a question about what is seen.

    Attributes:
        text: the answer, in words.
        confidence: how likely the policy holds just these words to be, in [0, 1].
    """

    text: str
    confidence: float


@runtime_checkable
class Answers(Protocol):
    """A policy that answers questions about what it sees."""

    def ask(self, observation: Observation, question: str) -> Answer:
        """The answer to a question in plain language; nothing moves for it."""
        ...


@runtime_checkable
class Persists(Protocol):
    """A policy that may know another way where motion has none for its plan."""

    def instead(self, observation: Observation, reason: str) -> Plan | None:
        """What to do from the same observation in place of the plan that motion has just refused; None = there is nothing.

        Asked again if that is refused too, so that it must come to an end.
        """
        ...


@runtime_checkable
class Remembers(Protocol):
    """A policy that knows something beyond the instruction, which can be taken back together with the world."""

    def save(self) -> object:
        """What it knows now: what is in the hand, what was spoken of; mirrored by `restore`."""
        ...

    def restore(self, saved: Any) -> None:
        """Know what was known when `saved` was made by the same policy."""
        ...
