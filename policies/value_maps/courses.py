"""Course: a skill under way: it yields one leg after another and is sent what is seen after each.

observation = yield leg      # "do this; what do you see now?"
"""

from collections.abc import Callable, Generator

from policies.grounding.grounder import Candidate
from policies.value_maps.legs import Leg
from sensors.observation import Observation

Course = Generator[Leg, Observation, Observation]
Find = Callable[[Observation], Candidate]
"""Finds one certain thing in what is seen now."""


class Failed(Exception):
    """A step that was begun did not work out; the text says why, for the user."""
