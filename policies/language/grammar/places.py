"""Places, and things told by their places: "10 cm to the left of the bowl", "the block that is on the plate"."""

from dataclasses import replace

from policies.language.grammar import refusals
from policies.language.grammar.attachment import Located, Role, located_things
from policies.language.grammar.constructions import BOTH
from policies.language.grammar.distances import read_distance
from policies.language.grammar.lexicon import GOALS, IN_A_BOX, RELATIONS, SOURCES, SUPERLATIVES, UNKNOWN_RELATIONS
from policies.language.grammar.phrases import Named, read_named, starts_noun, starts_phrase, with_said, with_shared_nouns
from policies.language.grammar.region_lexicon import DIRECTIONS
from policies.language.grammar.regions import read_direction, read_line, read_region
from policies.language.grammar.tokens import Reader
from policies.language.program import Phrase, Place, Relation

MAX_DEPTH = 12  # a relative clause goes two deeper
WHICH = {f"{which}{be}" for which in ("that", "which") for be in (" is", " lies", " sits", " stands", " rests", "'s")}
PARTICIPLES = {"located", "lying", "sitting", "standing", "placed", "resting", "positioned", "situated", "found", "that lies",
               "that sits", "that stands", "currently"}  # fmt: skip
MARKERS = WHICH | PARTICIPLES | {f"{which} {how}" for which in WHICH for how in PARTICIPLES}
HOLLOW = {"bowl", "mug"}
UPRIGHT = (Relation.ON, Relation.ABOVE)
PARTS, OWNERS = ("drawer", "handle"), ("cabinet", "drawer")
OF = {"of", "'s", "in", "on", "from", "at", "inside", "belonging to", "that belongs to", "of that", "inside of"}
OWN_SIDES = {
    f"{side}{tail}": relation
    for tail in (" hand side", " side", "")
    for side, relation in (("left", Relation.LEFT_OF), ("right", Relation.RIGHT_OF), ("front", Relation.IN_FRONT_OF),
                           ("back", Relation.BEHIND), ("rear", Relation.BEHIND), ("top", Relation.ON))
}  # fmt: skip
FROM_ROBOT = {f"{to} {whom}" for to in ("to", "from", "away from") for whom in ("you", "me", "us", "yourself", "the robot")}
ALONG = {"along", "all along"}
STRAIGHT = {f"{along} a {straight} {line}" for along in ("along", "in", "on", "following", "over") for line in ("line",
    "path", "course")
            for straight in ("straight", "direct")} | {"straight", "in line", "across the table", "over the table",
                "across the surface"}  # fmt: skip
NUDGES = {"down", "back", "over", "right", "directly", "straight", "just"}


def read_things(reader: Reader) -> tuple[Phrase, ...]:
    """The things that stand next, one or a list: "the red and the blue block"."""
    items = _read_list(reader, 0)
    return with_shared_nouns(items)


def read_located(reader: Reader, depth: int = 0) -> Located | None:
    """A place with its role; None if none stands next.

    Raises:
        InstructionRefused: a relation that is not known, or one to nothing.
    """
    if depth > MAX_DEPTH:
        raise refusals.too_nested()
    if reader.length(SOURCES):
        return Located(_read_source(reader, depth), Role.SOURCE)
    goal = reader.length(GOALS) >= max(1, reader.length(RELATIONS))
    place = read_place(reader, depth)
    if place is None and reader.word() in UNKNOWN_RELATIONS:
        raise refusals.unknown_relation(reader.word())
    return None if place is None else Located(place, Role.GOAL if goal else Role.EITHER)


def read_place(reader: Reader, depth: int = 0) -> Place | None:
    """A place said by things, by a part of the table or by a direction; None if none stands next."""
    start = reader.position
    reader.accept(STRAIGHT)
    if reader.accept(ALONG):
        return _read_along(reader, start)
    offset_m = read_distance(reader)
    reader.accept(STRAIGHT)
    if (
        reader.word() in NUDGES
        and reader.word(1) != "by"
        and max(reader.length(RELATIONS), 1) == 1
        and reader.length(RELATIONS, 1)
    ):
        reader.position += 1
    place = read_region(reader) if offset_m is None else None if reader.length(DIRECTIONS) > 2 else _read_distant(reader, depth)
    place = place or read_direction(reader) or _read_related(reader, depth)
    if place is None:
        reader.position = start
        return None
    if offset_m is None and place.region is None and depth == 0:
        reader.accept(STRAIGHT)
        offset_m = _read_distance_after(reader)
    return replace(place, text=reader.said(start), offset_m=offset_m)


def _read_along(reader: Reader, start: int) -> Place:
    """The line that stands next: an edge of the table, its middle, its diagonal, or one that is drawn on it."""
    line = read_line(reader)
    if line is not None:
        return Place(text=reader.said(start), relation=Relation.ALONG, region=line)
    named = read_named(reader)
    if named is None or named.phrase.shape not in ("line", "thing") or named.phrase.pronoun or named.phrase.every:
        raise refusals.no_line(reader.said(start + 1, reader.position + (named is None)) or reader.said(start))
    anchor = replace(named.phrase, shape="line")
    return Place(text=reader.said(start), relation=Relation.ALONG, anchors=(anchor,))


def _read_list(reader: Reader, depth: int) -> list[Named]:
    """Things joined by commas and "and", as long as what follows can only be a thing."""
    items: list[Named] = []
    while True:
        before = reader.position
        joined = not items or bool(reader.accept({",", "and", ", and"}))
        elliptic = bool(items) and not items[-1].noun_said
        item = _read_described(reader, depth, plural=elliptic) if joined and (not items or starts_phrase(reader)) else None
        if item is None:
            reader.position = before
            return items
        shared = elliptic and items[0].phrase.every and not item.phrase.indefinite  # "all red and blue blocks"
        items.append(Named(replace(item.phrase, every=True), item.noun_said) if shared else item)


def _read_described(reader: Reader, depth: int, *, plural: bool = False) -> Named | None:
    """One thing and what a relative clause says of it."""
    named = read_named(reader, plural=plural)
    if named is not None and depth < MAX_DEPTH:
        named = _with_owner(reader, named, depth)
    while named is not None and not named.phrase.pronoun:
        start = reader.position
        if reader.word() == "," and reader.length({"which"} | WHICH, 1):
            reader.position += 1
        if reader.accept(MARKERS):
            phrase = _told_by_clause(reader, named.phrase, depth)
        else:
            phrase = _told_by_distance(reader, named.phrase, depth)
        if phrase is None:
            reader.position = start
            return named
        named = Named(phrase, named.noun_said)
    return named


def _with_owner(reader: Reader, named: Named, depth: int) -> Named:
    """A part of something, "the cabinet's drawer", "the drawer of the blue cabinet": what is said of one holds of both."""
    start, phrase = reader.position, named.phrase
    if phrase.shape in PARTS and not phrase.pronoun and reader.accept(OF - {"'s"}):
        owner = _read_described(reader, depth + 1)
        whole, part = (None if owner is None else owner.phrase), phrase
    elif phrase.shape in OWNERS and reader.accept({"'s"}):
        owned = read_named(reader)
        whole, part = phrase, (None if owned is None else owned.phrase)
    else:
        return named
    if whole is None or part is None or whole.shape not in OWNERS or part.shape not in PARTS:
        reader.position = start
        return named
    said = replace(part, text=f"{phrase.text} {reader.said(start)}", every=False, indefinite=whole.indefinite)
    missing = {name: getattr(whole, name) for name in ("colour", "size", "superlative") if getattr(part, name) is None}
    return Named(replace(said, **missing), True)


def _told_by_clause(reader: Reader, phrase: Phrase, depth: int) -> Phrase:
    """The phrase with what stands after "that is": a place or an adjective."""
    nearest = _told_by_distance(reader, phrase, depth) or with_said(reader, phrase)
    if nearest is not None:
        return nearest
    located = read_located(reader, depth + 1)
    if located is None:
        raise refusals.left_over(phrase.text, reader.said(reader.position - 1, reader.position + 2))
    if reader.word() == "," and reader.length(RELATIONS, 1):
        reader.position += 1  # this comma only ends the clause: "the block, which is on the plate, in the bowl"
    return located_things(phrase, [located])


def _told_by_distance(reader: Reader, phrase: Phrase, depth: int) -> Phrase | None:
    """The phrase with "nearest to the bowl"; None if that does not stand next."""
    start = reader.position
    if phrase.superlative in ("nearest", "farthest") and reader.accept(FROM_ROBOT):
        return phrase
    reader.accept({"the"})
    word = reader.meaning(SUPERLATIVES)
    if word in ("nearest", "farthest") and reader.accept(FROM_ROBOT) and phrase.superlative is None:
        return replace(phrase, text=f"{phrase.text} {reader.said(start)}", superlative=word)
    if word in ("nearest", "farthest") and (reader.accept({"to", "from", "away from"})) and phrase.superlative is None:
        anchor = _read_described(reader, depth + 1) if depth < MAX_DEPTH else None
        if anchor is not None and phrase.relation is None:
            said = f"{phrase.text} {reader.said(start)}"
            return replace(phrase, text=said, superlative=word, relation=Relation.AT, anchors=(anchor.phrase,))
    reader.position = start
    return None


def _read_distance_after(reader: Reader) -> float | None:
    """The distance after a place ("forward by 10 cm"), if it does not belong to another one ("10 cm above the can")."""
    start = reader.position
    reader.accept({","})
    offset_m = read_distance(reader)
    if offset_m is None:
        reader.position = start
    if offset_m is not None and any(reader.length(table) for table in (RELATIONS, DIRECTIONS, SOURCES)):
        reader.position = start
        return None
    return offset_m


def _read_distant(reader: Reader, depth: int) -> Place | None:
    """The thing that a distance is from: "(10 cm) away from the bowl"."""
    start = reader.position
    return _anchored(reader, Relation.NEXT_TO, depth, start) if reader.accept({"from", "away from"}) else None


def _read_source(reader: Reader, depth: int) -> Place:
    """Where a thing is taken from: out of a bowl, off a plate."""
    start = reader.position
    source = reader.accept(SOURCES)
    if region := read_region(reader, lead=Relation.AT):
        return replace(region, text=reader.said(start))
    place = _anchored(reader, Relation.IN, depth, start)
    on = source not in ("out of", "from inside") and place.anchors[0].shape not in HOLLOW
    return replace(place, text=reader.said(start), relation=Relation.ON if on else Relation.IN)


def _read_related(reader: Reader, depth: int) -> Place | None:
    """A relation and its anchors."""
    start = reader.position
    relation = reader.meaning(RELATIONS)
    return None if relation is None else _anchored(reader, relation, depth, start)


def _read_both(reader: Reader) -> Named | None:
    """Two things that were just put side by side, "both of them"; None if they do not stand next."""
    start, length = reader.position, reader.length(BOTH)
    if not length or starts_noun(reader, length):
        return None
    reader.position += length
    return Named(Phrase(text=reader.said(start), pronoun=True), True)


def _read_other_support(reader: Reader, first: Named) -> Named | None:
    """The second of two things that carry a third, "(on the red) and the green block"; None if something else stands next."""
    start = reader.position
    if reader.accept({"and"}) and starts_phrase(reader) and not first.phrase.pronoun:
        other = read_named(reader)
        alike = other is not None and other.noun_said and first.phrase.shape in ("thing", other.phrase.shape)
        ends = reader.done or reader.word() in (",", ".", ";", "!", "to")
        if other is not None and alike and other.phrase.shape in ("block", "can", "thing") and (ends or not first.noun_said):
            return other
    reader.position = start
    return None


def _anchored(reader: Reader, relation: Relation, depth: int, start: int) -> Place:
    """The place in this relation, said from token `start` on, to the things that stand next."""
    said = reader.said(start)
    if depth >= MAX_DEPTH:
        raise refusals.too_nested()
    if relation is Relation.BETWEEN:
        anchors = with_shared_nouns(_read_list(reader, depth + 1))
        if len(anchors) != 2:
            raise refusals.not_two(said)
    else:
        anchor = _read_both(reader) if relation in UPRIGHT else None
        anchor = anchor or _read_described(reader, depth + 1)
        if anchor is None:
            raise refusals.no_anchor(said)
        if reader.accept({"'s"}):
            owned = reader.meaning(OWN_SIDES)
            if owned is None or relation not in (Relation.AT, Relation.ON):
                raise refusals.left_over(said, reader.said(reader.position, reader.position + 1))
            relation = owned
        if relation is Relation.IN and said.lower().endswith(" of") and reader.accept({"and"}):  # "in the middle of A and B"
            other = _read_described(reader, depth + 1)
            if other is not None:
                return Place(text="", relation=Relation.BETWEEN, anchors=(anchor.phrase, other.phrase))
        if relation is Relation.ON and depth == 0 and (other := _read_other_support(reader, anchor)) is not None:
            return Place(text="", relation=relation, anchors=with_shared_nouns([anchor, other]))
        boxed = relation is Relation.IN and anchor.phrase.text.lower().endswith(IN_A_BOX)
        anchors = (replace(anchor.phrase, shape="bin") if boxed else anchor.phrase,)
    return Place(text="", relation=relation, anchors=anchors)
