"""The check before the first motion: everything that a program speaks of is seen, one of a kind, in reach, not its own goal."""

from dataclasses import replace

import numpy as np

from policies.grounding.grounder import Candidate
from policies.language.program import (
    AtSpeed,
    Build,
    KeepAway,
    Manner,
    MoveTo,
    Phrase,
    Pick,
    Place,
    PointAt,
    Program,
    Push,
    Put,
    Relation,
    SetDrawer,
    Sort,
    StayAt,
    Step,
    Sweep,
)
from policies.value_maps.aims import Aims, Held
from policies.value_maps.reference import Reference
from robot.errors import InstructionRefused
from sensors.observation import Observation


def refuse_impossible(program: Program, reference: Reference, aims: Aims, held: Held | None, observation: Observation) -> None:
    """Refuse a program of which some step can't be done in what is seen now.

    Phrases with a relation or a pronoun are judged when their step comes, because earlier steps may change them;
    so are, in later steps, things that were moved by earlier ones.

    Raises:
        InstructionRefused: something is not seen, too wide to grasp, out of reach, or to be put to itself; or there
            is no room for the first thing that is put somewhere.
        Ambiguous: something may be one of several things.
    """
    moved: set[tuple[str | None, str]] = set()
    for step in program.steps:
        for phrase in phrases_of(step):
            if phrase.pronoun or phrase.other or _means_held(phrase, reference, held):
                continue
            for anchor in phrase.anchors:
                if not anchor.pronoun:
                    reference.check(anchor, observation)
            if phrase.every and not moved:
                reference.all(phrase, observation)
            if phrase.relation is None and not phrase.every and (phrase.colour, phrase.shape) not in moved:
                thing = reference.check(phrase, observation)
                if phrase is _grasped(step):
                    aims.grasp(thing, observation)
        if (grasped := _grasped(step)) is not None:
            moved.add((grasped.colour, grasped.shape))
    _Rehearsal(reference, aims, held, observation).refuse(program)


class _Rehearsal:
    """Goes through a program in thought: which thing is in the hand, and which was spoken of last."""

    def __init__(self, reference: Reference, aims: Aims, held: Held | None, observation: Observation) -> None:
        """Begin with what is in the hand."""
        self._reference, self._aims, self._held, self._observation = reference, aims, held, observation
        self._carried = None if held is None else held.thing
        self._topic: Candidate | None = None
        self._as_seen = True  # nothing has been put elsewhere yet

    def refuse(self, program: Program) -> None:
        """Refuse a thing that is put to itself, and a first place where there is no room."""
        for step in program.steps:
            thing = self._acted_on(step)
            if isinstance(step, Put | Push):
                if thing is not None:
                    self._refuse_itself(thing, step.place)
                if isinstance(step, Put) and thing is not None and self._as_seen:
                    self._refuse_no_room(thing, step.place)
            self._as_seen = self._as_seen and not isinstance(step, MOVING)
            self._carried = thing if isinstance(step, Pick) else None if isinstance(step, Put) else self._carried
            self._topic = thing or self._topic

    def _acted_on(self, step: Step) -> Candidate | None:
        """The thing that a step moves, points at or goes to; None if that can't be told yet."""
        if isinstance(step, Put) and step.thing is None:
            return self._carried or self._topic
        phrase = next(iter(phrases_of(step)), None)
        if isinstance(step, SEVERAL) or (phrase is not None and phrase.every):
            return None
        fitting = [] if phrase is None else self._fitting(phrase)
        if phrase is None or not fitting or not (len(fitting) == 1 or phrase.indefinite or fitting[0] is self._carried):
            return None
        return fitting[0] if fitting[0] is self._carried else max(fitting, key=lambda each: each.score)

    def _fitting(self, phrase: Phrase) -> list[Candidate]:
        """What a phrase may mean before anything has moved, what is in the hand first; empty if that can't be told yet."""
        if phrase.pronoun:
            return [self._topic] if self._topic is not None else []
        if not self._as_seen and (phrase.relation is not None or phrase.superlative is not None):
            return []
        seen = self._reference.grounder.ground(phrase, self._observation)
        in_hand = (
            self._held is not None and self._carried is self._held.thing and _means_held(phrase, self._reference, self._held)
        )
        return [self._carried, *seen] if in_hand and self._carried is not None else list(seen)

    def _refuse_itself(self, thing: Candidate, place: Place) -> None:
        """A thing can't be put next to, on or in itself; nor between one thing and the same."""
        name = thing.description
        anchors = []
        for anchor in place.anchors:
            fitting = self._fitting(replace(anchor, superlative=None, other=False) if anchor.other else anchor)
            others = [each for each in fitting if not _same(each, thing)]
            if fitting and not others:
                meant = (
                    f"the only thing that fits is the {name} itself" if _any_will_do(anchor) else f"that is the {name} itself"
                )
                raise InstructionRefused(f"The {name} can't go {place.text}: {meant}; name another thing.")
            anchors.append(others)
        if (
            place.relation is Relation.BETWEEN
            and all(len(each) == 1 for each in anchors)
            and _same(anchors[0][0], anchors[-1][0])
        ):
            raise InstructionRefused(f"'{place.text}' names one thing twice; name two things.")

    def _refuse_no_room(self, thing: Candidate, place: Place) -> None:
        """The first place must have room, and be in reach, with the thing in the hand."""
        if any(anchor.pronoun or anchor.other for anchor in place.anchors):
            return
        if thing is self._carried and self._held is not None and thing is self._held.thing:
            self._aims.release(self._held, place, self._observation)
            return
        self._aims.rehearse(thing, place, self._observation)


MOVING = Put | Push | SetDrawer | Sweep | Sort | Build  # steps after which things lie elsewhere
SEVERAL = Sweep | Sort | Build


def phrases_of(step: Step) -> tuple[Phrase, ...]:
    """All phrases that a step names, what it moves first."""
    match step:
        case Pick(thing=thing, manners=manners):
            return (thing, *_named_by(manners))
        case PointAt(thing=thing) | SetDrawer(drawer=thing):
            return (thing,)
        case Put(thing=None, place=place, manners=manners) | MoveTo(place=place, manners=manners):
            return (*place.anchors, *_named_by(manners))
        case Put(thing=Phrase() as thing, place=place, manners=manners) | Push(thing=thing, place=place, manners=manners):
            return (thing, *place.anchors, *_named_by(manners))
        case Sweep(thing=thing, place=place):
            return (thing, *place.anchors)
        case Sort(things=things, into=into):
            return (things, into)
        case Build(things=things):
            return things
    return ()


def _named_by(manners: tuple[Manner, ...]) -> tuple[Phrase, ...]:
    """The things that manners name."""
    named: list[Phrase] = []
    for manner in manners:
        match manner:
            case KeepAway(things=things):
                named += things
            case AtSpeed(near=Phrase() as thing):
                named.append(thing)
            case StayAt(place=place):
                named += place.anchors
    return tuple(named)


def _grasped(step: Step) -> Phrase | None:
    """What a step takes into the hand."""
    return step.thing if isinstance(step, Pick | Put) and not (step.thing and step.thing.every) else None


def _means_held(phrase: Phrase, reference: Reference, held: Held | None) -> bool:
    """Whether a phrase speaks of what is in the hand already."""
    return held is not None and reference.grounder.fits(phrase, held.thing)


def _any_will_do(phrase: Phrase) -> bool:
    """Whether the words leave open which thing it is."""
    return phrase.indefinite or phrase.other


def _same(a: Candidate, b: Candidate) -> bool:
    """Whether two candidates are one thing."""
    return bool(np.allclose(a.box_base.pose[:3, 3], b.box_base.pose[:3, 3]))
