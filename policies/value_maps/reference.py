"""Reference: which one thing a phrase means, in the light of what was spoken of before; or the question to ask back."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from policies.grounding.attribute_grounder import AttributeGrounder
from policies.grounding.grounder import Candidate
from policies.grounding.naming import capital, i_see, number, plural, with_article
from policies.language.program import Phrase
from robot.errors import InstructionRefused
from sensors.observation import Observation

THERE = 0.03  # what is so near to where a thing was is that thing, even if its shape is now taken for another, m


@dataclass(frozen=True, eq=False, kw_only=True)
class Memory:
    """What was spoken of last, None if nothing was, and where its middle (3,) was then, in base."""

    thing: Candidate | None = None
    centre_base: np.ndarray = field(default_factory=lambda: np.zeros(3))


class Ambiguous(InstructionRefused):
    """Several things fit the phrase equally well; the text asks which one is meant."""


class Reference:
    """Resolves phrases against what is seen, and remembers what was spoken of last."""

    def __init__(self, grounder: AttributeGrounder) -> None:
        """Begin with nothing spoken of."""
        self.grounder = grounder
        self.memory = self._topic = Memory()

    def begin_step(self) -> None:
        """A step begins: for the places in it, "it" is what was spoken of last before the step."""
        self._topic = self.memory

    def one(self, phrase: Phrase, observation: Observation) -> Candidate:
        """The one thing that is meant.

        Raises:
            Ambiguous: several fit.
            InstructionRefused: none is seen, or a pronoun has nothing to stand for.
        """
        thing = self._again(self.memory, observation) if phrase.pronoun else self.check(phrase, observation)
        self._speak_of(thing)
        return thing

    def check(self, phrase: Phrase, observation: Observation) -> Candidate:
        """The one thing that is meant, without speaking of it: raises what `one` raises."""
        return self._choose(phrase, self._fitting(phrase, observation))

    def anchor(self, phrase: Phrase, observation: Observation) -> Candidate:
        """The one thing that another is placed by; it is not what "it" stands for afterwards."""
        return self._again(self._topic, observation) if phrase.pronoun else self.check(phrase, observation)

    def again(self, thing: Candidate, observation: Observation) -> Candidate | None:
        """The thing as it is seen now, see `at`; None if nothing looks alike."""
        return self.at(thing, thing.box_base.pose[:2, 3], observation)

    def at(self, thing: Candidate, xy: np.ndarray, observation: Observation) -> Candidate | None:
        """The thing nearest to a place (2,) that looks like this one, or at least has its colour and is right there.

        None if there is none.
        """

        def away(each: Candidate) -> float:
            return float(np.linalg.norm(each.box_base.pose[:2, 3] - xy))

        kin = [each for each in self.grounder.things(observation) if each.colour == thing.colour]
        alike = [each for each in kin if each.shape == thing.shape]
        there = [each for each in kin if away(each) < THERE]
        return min(there if not any(each in alike for each in there) and there else alike, key=away, default=None)

    def all(self, phrase: Phrase, observation: Observation) -> list[Candidate]:
        """All things that are meant.

        Raises:
            InstructionRefused: none is seen.
        """
        return self._fitting(phrase, observation)

    def left(self, thing: Candidate, T_base_thing: np.ndarray) -> None:
        """A thing was let go here."""
        self.memory = Memory(thing=thing, centre_base=T_base_thing[:3, 3])

    def _speak_of(self, thing: Candidate) -> None:
        """Remember a thing and where it is."""
        self.memory = Memory(thing=thing, centre_base=thing.box_base.pose[:3, 3])

    def _again(self, memory: Memory, observation: Observation) -> Candidate:
        """The thing that was spoken of, as it is seen now."""
        last = memory.thing
        if last is None:
            raise InstructionRefused("I don't know what 'it' stands for; name the thing, such as 'the red block'.")
        alike = [each for each in self.grounder.things(observation) if (each.colour, each.shape) == (last.colour, last.shape)]
        if not alike:
            raise InstructionRefused(f"I no longer see the {last.description}; {i_see(self.grounder.things(observation))}.")
        return min(alike, key=lambda each: float(np.linalg.norm(each.box_base.pose[:3, 3] - memory.centre_base)))

    def _fitting(self, phrase: Phrase, observation: Observation) -> list[Candidate]:
        """All things that fit, but for the one spoken of last where "the other" was said; never empty."""
        fitting = list(self.grounder.ground(replace(phrase, superlative=None) if phrase.other else phrase, observation))
        if phrase.other and self.memory.thing is not None:
            centre = self.memory.centre_base
            fitting = [each for each in fitting if np.linalg.norm(each.box_base.pose[:3, 3] - centre) > 0.03]
        if fitting:
            return fitting
        raise InstructionRefused(self._not_seen(phrase, observation))

    def _not_seen(self, phrase: Phrase, observation: Observation) -> str:
        """What is seen, and what of the phrase is not, or is not understood."""
        for each in (phrase, *phrase.anchors):
            if each.unknown:
                return f"I don't know what '{each.unknown[0]}' means; say a colour, a size or where it is."
        culprit = next((each for each in (*phrase.anchors, phrase) if not self.grounder.ground(each, observation)), phrase)
        if culprit.every:
            words = " ".join(word for word in (culprit.size, culprit.colour, plural(culprit.shape)) if word)
            return f"{capital(i_see(self.grounder.things(observation)))}; I do not see any {words}."
        noun = culprit.text.split(" ", 1)[-1] if culprit.text.startswith(("the ", "a ", "an ", "any ")) else culprit.text
        return f"{capital(i_see(self.grounder.things(observation)))}; I do not see {with_article(noun)}."

    def _choose(self, phrase: Phrase, fitting: Sequence[Candidate]) -> Candidate:
        """The only one, or any one if any will do, or a question."""
        if len(fitting) == 1 or phrase.indefinite or phrase.other:
            return max(fitting, key=lambda each: each.score)
        if len(fitting) > 2:
            names = " and ".join(sorted({plural(each.description) for each in fitting}))
            raise Ambiguous(
                f"{capital(number(len(fitting)))} things fit: {names}. Which one: the leftmost, the rightmost, the nearest …?"
            )
        first, second = fitting
        kind = plural(first.description) if first.description == second.description else "things fit"
        apart = np.abs(first.box_base.pose[:2, 3] - second.box_base.pose[:2, 3])
        if first.description != second.description:
            raise Ambiguous(f"Two things fit '{phrase.text}': the {first.description} or the {second.description}?")
        sides = "the left or the right one" if apart[1] >= apart[0] else "the near or the far one"
        raise Ambiguous(f"Two {kind}: {sides}?")
