"""Sentences that say how things shall be: "make sure the red block is in the bowl", "the blocks belong in the bin"."""

from dataclasses import dataclass

from policies.language.grammar.attachment import Located, located_things
from policies.language.grammar.constructions import BE, FINITE, SHALLS, WISHES
from policies.language.grammar.phrases import starts_phrase
from policies.language.grammar.places import read_located, read_things
from policies.language.grammar.tokens import Reader
from policies.language.grammar.verbs import GERUNDS, PARTICIPLES, VERBS, Verb
from policies.language.program import Phrase
from robot.errors import InstructionRefused


@dataclass(frozen=True)
class Wish:
    """What is wished of some things: the verb that brings it about."""

    things: tuple[Phrase, ...]
    verb: Verb


def read_wish(reader: Reader) -> Wish | None:
    """The wish that stands next, up to where the things shall be or what they shall become; None if none does."""
    start = reader.position
    wished = reader.accept(WISHES)
    try:
        wish = _read_wish(reader, BE if wished else FINITE) if wished or starts_phrase(reader) else None
    except InstructionRefused:
        wish = None  # it is something else, whose reader says better what is wrong
    if wish is None:
        reader.position = start
    return wish


def _read_wish(reader: Reader, links: set[str]) -> Wish | None:
    """Things, their places, and "shall be": "the block on the plate should be moved", "the drawer must be open"."""
    things = read_things(reader)
    places: list[Located] = []
    while things and not reader.length(links) and (located := read_located(reader)) is not None:
        places.append(located)
    if not things or (things[-1].pronoun and places):
        return None
    told = (*things[:-1], located_things(things[-1], places))
    if reader.accept(links):
        verb = reader.meaning(PARTICIPLES) or reader.meaning(GERUNDS) or (None if reader.done else Verb.PUT)
    else:
        verb = _read_infinitive(reader, links)
    return None if verb is None else Wish(told, verb)


def _read_infinitive(reader: Reader, links: set[str]) -> Verb | None:
    """What things shall do themselves, "the block should slide", or be made, "get the drawer closed"; None if neither."""
    start = reader.position
    if reader.accept({*SHALLS, "to"}) and (verb := reader.meaning(VERBS)) is not None:
        return verb
    reader.position = start
    return reader.meaning(PARTICIPLES) if links is BE else None
