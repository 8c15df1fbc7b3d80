"""Which thing a place belongs to: "put the block on the plate in the bowl" brings the block that is on the plate.

The rule: the first place that can only be a goal ("into", "onto", "to") is where the thing goes, else the last place is;
the places before it tell which thing is meant, each modifying the thing just before it, and those after it tell its
anchor. A place with "from" tells which thing is meant wherever it stands. "It" needs no telling: its first place is the goal.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from policies.language.grammar import refusals
from policies.language.program import Phrase, Place, Relation

SIDE_OF_TABLE = {"left": "leftmost", "right": "rightmost", "front": "nearest", "back": "farthest"}


class Role(Enum):
    """What a place can be in a sentence: where a thing is, where it goes to, or either."""

    SOURCE = "from"
    GOAL = "into"
    EITHER = "in"


@dataclass(frozen=True)
class Located:
    """A place and the role that its preposition allows."""

    place: Place
    role: Role


def located_things(phrase: Phrase, places: Sequence[Located]) -> Phrase:
    """The phrase told by the places after it: each modifies the thing just before it."""
    if not places or phrase.pronoun:
        return phrase
    place, rest = places[0].place, places[1:]
    if not place.anchors:
        return located_things(told_by(phrase, place), rest)
    return told_by(phrase, with_located_anchor(place, rest))


def with_located_anchor(place: Place, places: Sequence[Located]) -> Place:
    """The place with its last anchor told by the places that follow."""
    return replace(place, anchors=(*place.anchors[:-1], located_things(place.anchors[-1], places))) if places else place


def told_by(phrase: Phrase, place: Place) -> Phrase:
    """The phrase of a thing that is at this place; "on the table" tells nothing, "on the left" means leftmost."""
    if place.relation is Relation.ALONG:
        raise refusals.unknown_part(place.text)
    text = f"{phrase.text} {place.text}"
    if place.anchors and phrase.relation is None and place.offset_m is None:
        relation = Relation.NEXT_TO if place.relation is Relation.AT else place.relation
        return replace(phrase, text=text, relation=relation, anchors=place.anchors)
    side = SIDE_OF_TABLE.get(place.region or place.direction or "")
    if side is not None and phrase.superlative in (None, side) and place.offset_m is None:
        return replace(phrase, text=text, superlative=side)
    if place.region != "table":
        raise refusals.unknown_part(place.text)
    return phrase


def destination(thing: Phrase | None, places: Sequence[Located]) -> tuple[Phrase | None, Place | None]:
    """The thing told by the places that are not its goal, and its goal; the goal is None if no place can be one."""
    index = _goal(thing, places)
    sources = [each for each in places[(index or 0) + 1 :] if each.role is Role.SOURCE]
    before = [*(places if index is None else places[:index]), *(sources if index is not None else ())]
    told = None if thing is None else located_things(thing, before)
    if index is None:
        return told, None
    return told, goal([places[index], *(each for each in places[index + 1 :] if each.role is not Role.SOURCE)])


def goal(places: Sequence[Located]) -> Place:
    """The first place as a goal for a thing; "to the bowl" means next to it."""
    place = whole(places)
    return replace(place, relation=Relation.NEXT_TO) if place.anchors and place.relation is Relation.AT else place


def whole(places: Sequence[Located]) -> Place:
    """The first place, its anchor told by the others."""
    place, others = places[0].place, [each for each in places[1:] if each.place.region != "table"]
    if others and not place.anchors:
        raise refusals.two_places(place.text, others[0].place.text)
    return with_located_anchor(place, others)


def _goal(thing: Phrase | None, places: Sequence[Located]) -> int | None:
    """The index of the place that the thing goes to; "on the table" is one only if there is no other."""
    eligible = [index for index, each in enumerate(places) if each.role is not Role.SOURCE]
    elsewhere = [index for index in eligible if places[index].place.region != "table" or places[index].role is Role.GOAL]
    eligible = elsewhere or eligible
    sure = [index for index in eligible if places[index].role is Role.GOAL]
    if sure or not eligible:
        return sure[0] if sure else None
    return eligible[0] if thing is None or thing.pronoun else eligible[-1]
