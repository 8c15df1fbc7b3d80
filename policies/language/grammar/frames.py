"""Sentences that say how things shall be: "make sure the red block is in the bowl", "the blocks belong in the bin"."""

from dataclasses import dataclass

from policies.language.grammar.attachment import Located, located_things
from policies.language.grammar.constructions import BE, FINITE, SHALLS, WISHES
from policies.language.grammar.distances import read_distance
from policies.language.grammar.lexicon import GOALS, RELATIONS
from policies.language.grammar.phrases import starts_phrase
from policies.language.grammar.places import read_located, read_things
from policies.language.grammar.tokens import Reader
from policies.language.grammar.verbs import GERUNDS, JOINTS, PARTICIPLES, VERBS, Verb
from policies.language.program import Phrase
from robot.errors import InstructionRefused

CAUSES = ("make", "let", "have", "help")


@dataclass(frozen=True)
class Wish:
    """What is wished of some things: the verb that brings it about, and how far, m, if that was said."""

    things: tuple[Phrase, ...]
    verb: Verb
    offset_m: float | None = None


def read_wish(reader: Reader) -> Wish | None:
    """The wish that stands next, up to where the things shall be or what they shall become; None if none does."""
    start = reader.position
    wished = reader.accept(WISHES)
    try:
        wish = _read_favour(reader) if wished is None else None
        if wish is None and (wished or starts_phrase(reader)):
            wish = _read_wish(reader, wished or "")
    except InstructionRefused:
        wish = None  # it is something else, whose reader says better what is wrong
    if wish is None:
        reader.position = start
    return wish


def _read_favour(reader: Reader) -> Wish | None:
    """ "(give) the block a (10 cm) push", "(use) the blocks to build"; None if neither stands next."""
    start = reader.position
    if reader.accept({"give"}):
        things = read_things(reader)
        reader.accept({"a", "an", "one", "another"})
        offset_m = read_distance(reader)
        reader.accept({"little", "gentle", "small", "light", "slight", "good"})
        verb = reader.meaning(VERBS)
        if things and verb is not None:
            return Wish(things, verb, offset_m)
    elif reader.accept({"use", "take"}):
        things = read_things(reader)
        verb = reader.meaning(VERBS) if reader.accept({"to", "and", "for"}) else None
        if things and verb is not None and (verb is Verb.BUILD or things[0].shape == "dustpan"):
            return Wish(things, verb)
    reader.position = start
    return None


def _read_wish(reader: Reader, wished: str) -> Wish | None:
    """Things, their places, and "shall be": "the block on the plate should be moved", "the drawer must be open"."""
    things, links = read_things(reader), BE if wished else FINITE
    after_things = reader.position
    if not things:
        return None
    if not wished and reader.length(GOALS) >= max(reader.length(RELATIONS), 1):
        return Wish(things, Verb.PUT)  # "cans into the red bin"
    places: list[Located] = []
    while not reader.length(links) and (located := read_located(reader)) is not None:
        places.append(located)
    verb = None
    if reader.accept(links):
        verb = (
            reader.meaning(PARTICIPLES)
            or reader.meaning(GERUNDS)
            or (None if reader.done or reader.length(JOINTS) else Verb.PUT)
        )
    elif reader.accept({*SHALLS, "to"}) or wished in CAUSES:
        verb = reader.meaning(VERBS)
    verb = verb or (reader.meaning(PARTICIPLES) if wished else None)
    if verb is None and places and wished.startswith(("i ", "i'd ", "we ")):
        reader.position = after_things
        return Wish(things, Verb.PUT)
    if verb is None or (things[-1].pronoun and places):
        return None
    return Wish((*things[:-1], located_things(things[-1], places)), verb)
