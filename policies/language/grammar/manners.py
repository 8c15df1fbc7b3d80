"""How a motion is to be done: "while staying at least 5 cm from the can", "at half speed when within 7 cm from the block"."""

from policies.language.grammar import refusals
from policies.language.grammar.distances import read_distance
from policies.language.grammar.manner_lexicon import ADVERBS, LEADS, NEAR, WITHIN, Lead
from policies.language.grammar.places import read_place, read_things
from policies.language.grammar.regions import read_region
from policies.language.grammar.speeds import read_speed
from policies.language.grammar.tokens import Reader
from policies.language.program import AtSpeed, KeepAway, Manner, Phrase, Relation, StayAt

MAX_MANNERS = 4
NEAR_M = 0.10  # what "near" a thing means where no distance is said
FROM = {"from", "of", "to", "off", "away from", "and"}
SIDES = (Relation.LEFT_OF, Relation.RIGHT_OF, Relation.IN_FRONT_OF, Relation.BEHIND, Relation.ABOVE)


def starts_manner(reader: Reader) -> bool:
    """Whether words for a manner stand next."""
    start = reader.position
    found = bool(reader.length(LEADS)) or read_speed(reader) is not None
    reader.position = start
    return found


def read_manners(reader: Reader) -> tuple[Manner, ...]:
    """All manners that stand next; empty if none does."""
    manners: list[Manner] = []
    while True:
        before = reader.position
        reader.accept({",", ";", "."})
        if not starts_manner(reader) or len(manners) == MAX_MANNERS:
            reader.position = before
            return tuple(manners)
        manners.append(_read_manner(reader))


def _read_manner(reader: Reader) -> Manner:
    """The manner that stands next."""
    start = reader.position
    match reader.meaning(LEADS):
        case Lead.AWAY:
            things = _read_obstacles(reader, start)
            reader.accept({"by at least", "by"})
            return KeepAway(things=things, at_least_m=read_distance(reader))
        case Lead.AT_LEAST:
            distance = read_distance(reader)
            if distance is None or not reader.accept(FROM):
                raise refusals.no_distance(reader.said(start))
            return KeepAway(things=_read_obstacles(reader, start), at_least_m=distance)
        case Lead.STAY:
            return _read_stay(reader, start)
        case _:
            return _read_at_speed(reader, start)


def _read_obstacles(reader: Reader, start: int) -> tuple[Phrase, ...]:
    """What is kept away from."""
    things = read_things(reader)
    if not things:
        raise refusals.no_anchor(reader.said(start))
    return things


def _read_stay(reader: Reader, start: int) -> StayAt:
    """A side of a thing, above it, or a part of the table."""
    place = read_place(reader)
    if place is not None and place.anchors and place.relation in (Relation.ON, Relation.IN):
        return StayAt(place=place)  # on a pad, in a region that is drawn on the table; or on top of a thing
    of_thing = place is not None and bool(place.anchors) and place.relation in SIDES and place.offset_m is None
    of_table = place is not None and place.region not in (None, "table") and place.relation is Relation.AT
    if place is None or not (of_thing or of_table):
        raise refusals.no_side(reader.said(start, reader.position + (place is None)))
    return StayAt(place=place)


def _read_at_speed(reader: Reader, start: int) -> AtSpeed:
    """A speed, and where it holds if that is said."""
    factor = read_speed(reader)
    if factor is None:
        factor = reader.meaning(ADVERBS)
    if factor is None:
        raise refusals.no_speed(reader.said(start, reader.position + 2))
    zone = reader.position
    if reader.accept(WITHIN):
        within_m = read_distance(reader)
        if within_m is None or not reader.accept(FROM):
            raise refusals.no_distance(reader.said(zone))
        return AtSpeed(factor=factor, near=_read_one(reader, zone), within_m=within_m)
    if reader.accept(NEAR):
        return AtSpeed(factor=factor, near=_read_one(reader, zone), within_m=NEAR_M)
    place = read_region(reader)
    if place is None or place.relation is not Relation.AT:
        reader.position = zone
        return AtSpeed(factor=factor)
    return AtSpeed(factor=factor, region=None if place.region == "table" else place.region)


def _read_one(reader: Reader, start: int) -> Phrase:
    """The thing that a speed holds near."""
    things = _read_obstacles(reader, start)
    if len(things) > 1:
        raise refusals.several(reader.said(start))
    return next(iter(things))
