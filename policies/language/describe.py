"""What was understood, in plain words: the mirror of the parser, whose words it reads as the same program."""

from collections.abc import Iterable

from policies.language.grammar.lexicon import PLURALS
from policies.language.program import (
    AtSpeed,
    Build,
    GoHome,
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
    SetGripper,
    Sort,
    StayAt,
    Step,
    Sweep,
)
from policies.language.references import Discourse

RELATION_WORDS = {Relation.LEFT_OF: "to the left of", Relation.RIGHT_OF: "to the right of", Relation.AT: "to"}
DIRECTION_WORDS = {
    "left": "to the left",
    "right": "to the right",
    **{f"{along} {side}": f"diagonally {along} to the {side}" for along in ("forward", "back") for side in ("left", "right")},
}


def describe(program: Program) -> str:
    """The program as a sentence, or as a numbered list if it has several steps."""
    lines = describe_steps(program.steps)
    return lines[0] if len(lines) == 1 else "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))


def describe_steps(steps: Iterable[Step]) -> list[str]:
    """Each step in words, after those before it."""
    lines, discourse = [], Discourse()
    for step in steps:
        lines.append(describe_step(step, discourse))
        discourse = discourse.after(step)
    return lines


def describe_step(step: Step, discourse: Discourse | None = None) -> str:
    """One step in words; the discourse is what was said before it."""
    match step:
        case Pick(thing=thing, manners=manners):
            return f"pick up {describe_phrase(thing)}{_describe_manners(manners)}"
        case Put(thing=thing, place=place, manners=manners):
            return _describe_put(_describe_carried(thing, discourse or Discourse()), place) + _describe_manners(manners)
        case Push(thing=thing, place=place, manners=manners):
            return f"push {describe_phrase(thing)} {describe_place(place)}{_describe_manners(manners, pushed=True)}"
        case MoveTo(place=place, manners=manners):
            return f"move the gripper {describe_place(place)}{_describe_manners(manners)}"
        case PointAt(thing=thing):
            return f"point at {describe_phrase(thing)}"
        case SetGripper(open=opened):
            return f"{'open' if opened else 'close'} the gripper"
        case GoHome():
            return "go home"
        case SetDrawer(drawer=drawer, open=opened):
            return f"{'open' if opened else 'close'} {describe_phrase(drawer)}"
        case Sweep(thing=thing, place=place):
            return f"sweep {describe_phrase(thing)} {describe_place(place)}"
        case Sort(things=things, by=by, into=into):
            return f"sort {describe_phrase(things)} by {by} into {describe_phrase(into)}"
        case Build(form="pyramid", things=things):
            return f"build a pyramid of {_describe_list(things)}"
        case Build(things=things):
            return f"stack {_describe_list(things)}"


def _describe_manners(manners: tuple[Manner, ...], *, pushed: bool = False) -> str:
    """How it is to be done, in words; empty if nothing was said."""
    return "".join(f" while {_describe_manner(manner, pushed)}" for manner in manners)


def _describe_manner(manner: Manner, pushed: bool) -> str:
    """One manner in words."""
    match manner:
        case KeepAway(things=things, at_least_m=None):
            return f"staying away from {_describe_list(things)}"
        case KeepAway(things=things, at_least_m=at_least_m):
            return f"staying at least {_number(100 * (at_least_m or 0.0))} cm from {_describe_list(things)}"
        case StayAt(place=place):
            return f"{'letting it stay' if pushed else 'staying'} {describe_place(place)}"
        case AtSpeed(factor=factor, near=near, within_m=within_m, region=region):
            speed = f"moving at {_number(100 * factor)} % of the normal speed"
            if near is not None:
                return f"{speed} when within {_number(100 * (within_m or 0.0))} cm from {describe_phrase(near)}"
            return speed if region is None else f"{speed} {_describe_region(region, above=False)}"


def _describe_list(things: tuple[Phrase, ...]) -> str:
    """Several things in words."""
    *firsts, last = (describe_phrase(thing) for thing in things)
    return f"{', '.join(firsts)} and {last}" if firsts else last


def describe_phrase(phrase: Phrase) -> str:
    """A thing in words, told by all that was said of it."""
    if phrase.pronoun:
        return "it"
    nearest = phrase.superlative if phrase.relation is Relation.AT else None
    adjectives = [phrase.size, phrase.superlative if nearest is None else None, *phrase.unknown, phrase.colour]
    adjectives += [_describe_shape(phrase)]
    words = " ".join(word for word in adjectives if word)
    words = f"{_determiner(phrase, words)} {words}"
    if nearest is not None:
        return f"{words} that is {nearest} to {describe_phrase(phrase.anchors[0])}"
    return f"{words} that is {_describe_relation(phrase.relation, phrase.anchors)}" if phrase.relation else words


def describe_place(place: Place) -> str:
    """A place in words, with its preposition."""
    distance = "" if place.offset_m is None else f"{_number(100 * place.offset_m)} cm "
    if place.anchors:
        return distance + _describe_relation(place.relation, place.anchors)
    if place.direction is not None:
        return distance + DIRECTION_WORDS.get(place.direction, place.direction)
    if place.relation is Relation.ALONG:
        return f"along the {place.region}" if place.region == "diagonal" else f"along the {place.region} line of the table"
    return _describe_region(place.region or "table", above=place.relation is Relation.ABOVE)


def _describe_put(thing: str, place: Place) -> str:
    """A transport in words: one says "put it down", but "move it back"."""
    if place.direction is not None and (place.direction, place.offset_m) != ("down", None):
        return f"move {thing} {describe_place(place)}"
    return f"put {thing} {describe_place(place)}"


def _describe_carried(thing: Phrase | None, discourse: Discourse) -> str:
    """What is carried: "it" says that the gripper holds it, where nothing else could be meant."""
    if thing is not None:
        return describe_phrase(thing)
    return "it" if discourse.held is not None or discourse.topic is None else "what you hold"


def _describe_shape(phrase: Phrase) -> str:
    """The noun, in the plural where things are counted."""
    plural = f"{phrase.shape}s"
    return plural if phrase.count is not None and PLURALS.get(plural) == phrase.shape else phrase.shape


def _determiner(phrase: Phrase, words: str) -> str:
    """The article or its like."""
    if phrase.count is not None:
        return f"the {phrase.count}"
    if phrase.every:
        return "every other" if phrase.other else "every"
    if phrase.other:
        return "another" if phrase.indefinite else "the other"
    if not phrase.indefinite:
        return "the"
    return "an" if words[:1] in tuple("aeiou") else "a"


def _describe_relation(relation: Relation, anchors: tuple[Phrase, ...]) -> str:
    """A relation and its anchors in words."""
    words = " and ".join(describe_phrase(anchor) for anchor in anchors)
    return f"{RELATION_WORDS.get(relation, relation.value)} {words}"


def _describe_region(region: str, *, above: bool) -> str:
    """A part of the table in words."""
    if region == "table":
        return "above the table" if above else "on the table"
    if region in ("middle", "edge"):
        lead, part = ("in", region) if region == "middle" else ("at", region)
    else:
        lead, part = ("in", f"{region} corner") if " " in region else ("on", f"{region} side")
    return f"{'above' if above else lead} the {part} of the table"


def _number(value: float) -> str:
    """A number without needless digits."""
    return f"{value:.4f}".rstrip("0").rstrip(".")
