"""The check before the first motion: everything that a program speaks of is seen, one of a kind, and in reach."""

from policies.language.program import MoveTo, Phrase, Pick, PointAt, Program, Push, Put, Step
from policies.value_maps.aims import Aims, Held
from policies.value_maps.reference import Reference
from sensors.observation import Observation


def refuse_impossible(program: Program, reference: Reference, aims: Aims, held: Held | None, observation: Observation) -> None:
    """Refuse a program of which some step can't be done in what is seen now.

    Phrases with a relation or a pronoun are judged when their step comes, because earlier steps may change them;
    so are, in later steps, things that were moved by earlier ones.

    Raises:
        InstructionRefused: something is not seen, too wide to grasp or out of reach.
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
            if phrase.relation is None and (phrase.colour, phrase.shape) not in moved:
                thing = reference.check(phrase, observation)
                if phrase is _grasped(step):
                    aims.grasp(thing, observation)
        if (grasped := _grasped(step)) is not None:
            moved.add((grasped.colour, grasped.shape))


def phrases_of(step: Step) -> tuple[Phrase, ...]:
    """All phrases that a step names, what it moves first."""
    match step:
        case Pick(thing=thing) | PointAt(thing=thing):
            return (thing,)
        case Put(thing=None, place=place) | MoveTo(place=place):
            return place.anchors
        case Put(thing=Phrase() as thing, place=place) | Push(thing=thing, place=place):
            return (thing, *place.anchors)
    return ()


def _grasped(step: Step) -> Phrase | None:
    """What a step takes into the hand."""
    return step.thing if isinstance(step, Pick | Put) else None


def _means_held(phrase: Phrase, reference: Reference, held: Held | None) -> bool:
    """Whether a phrase speaks of what is in the hand already."""
    return held is not None and reference.grounder.fits(phrase, held.thing)
