"""Moment: one step of a recording as one sample sees it, and where in it the things are that a text names."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from policies.demonstrations import Facts
from policies.training.recordings import Recording
from policies.vla.changes import Change
from policies.vla.looks import Look, in_hand
from policies.vla.names import names_in
from policies.vla.rows import Places
from policies.vla.stills import Still
from policies.vla.vocabulary import Vocabulary


@dataclass(frozen=True, eq=False)
class Moment:
    """One step, changed in one way, and all that is drawn about it.

    Attributes:
        recording, step: which one it is.
        seen: by the robot, before the change.
        change: of base, picture and words.
        random: all draws come from it.
        vocabulary: what things may be called.
        smallest_px: a thing is seen where a camera shows so many pixels of it.
        given: facts that are imagined in place of the recorded ones.
    """

    recording: Recording
    step: int
    seen: Look
    change: Change
    random: np.random.Generator
    vocabulary: Vocabulary
    smallest_px: int
    given: Facts | None = None

    @cached_property
    def facts(self) -> Facts | None:
        """What the simulator knew, if it was recorded."""
        if self.given is not None:
            return self.given
        return self.recording.facts(self.step) if self.recording.has_facts else None

    @cached_property
    def still(self) -> Still | None:
        """The same, to be spoken of."""
        return None if self.facts is None else Still(self.facts, 0, self.vocabulary, self.smallest_px)

    def of(self, facts: Facts) -> "Moment":
        """The same moment if these were the facts."""
        return replace(self, given=facts)

    def places(self, said: str) -> Places:
        """Of each name in a changed text: where (3,) the one thing is that it means, after the change.

        None of what is not in sight, and of what is in the hand: that is not looked for on the table.
        """
        assert self.still is not None
        things = [name.means(self.still) for name in names_in(self.change.words(said))]  # a mirror takes itself back
        return [None if thing is None else self._place(self.still, thing) for thing in things]

    def _place(self, still: Still, thing: int) -> np.ndarray | None:
        """Where (3,) one thing is, if it is there to be found."""
        place = still.region(thing).position_base
        held = self.given is None and in_hand(self.seen, place)
        return self.change.point(place) if still.visible[thing] and not held else None
