"""Grounder: the contract between words for things and the things in the cloud."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from policies.language.program import Phrase
from robot.obstacles import Box
from sensors.observation import Observation


@dataclass(frozen=True, eq=False, kw_only=True)
class Candidate:
    """One thing that a phrase may mean.

    Attributes:
        mask: (N,) bool over `observation.cloud`: the thing's points.
        score: in [0, 1], how well the phrase fits.
        description: how a person would call it, "a red block".
        box_base: the upright box around it, in base.
        colour: a word.
        shape: a word.
        shapes: how well each shape word fits, in [0, 1]; empty where only one was considered.
    """

    mask: np.ndarray
    score: float
    description: str
    box_base: Box
    colour: str
    shape: str
    shapes: Mapping[str, float] = field(default_factory=dict)


class Grounder(Protocol):
    """Finds in what is seen the things that a phrase speaks of; `tests/contracts/grounder_contract.py` tests it."""

    def things(self, observation: Observation) -> tuple[Candidate, ...]:
        """Everything that stands out as a thing, from left to right; scores are 1."""
        ...

    def ground(self, phrase: Phrase, observation: Observation) -> tuple[Candidate, ...]:
        """The things that fit the phrase, best first; empty = not seen. A relation inside the phrase is resolved.

        Deterministic: the same phrase and observation give the same answer.
        """
        ...
