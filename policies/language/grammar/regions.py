"""Parts of the table and directions: "the front left corner", "in the middle", "to the left", "forward"."""

from policies.language.grammar.lexicon import (
    DIRECTIONS,
    LINE_NOUNS,
    REGION_LEADS,
    REGION_NOUNS,
    REGION_WORDS,
    RELATIONS,
    SOMEWHERE,
    TABLE,
)
from policies.language.grammar.phrases import starts_noun
from policies.language.grammar.tokens import Reader
from policies.language.program import Place, Relation
from robot.errors import InstructionRefused

LENGTHWISE, SIDEWAYS = ("front", "back"), ("left", "right")
PARTS = (*LENGTHWISE, *SIDEWAYS, "middle")
TOWARDS = {"to", "toward", "towards", "over to"}


def read_region(reader: Reader, lead: Relation | None = None) -> Place | None:
    """A part of the table; None if none stands next. The lead is the relation that was already read, if one was."""
    start = reader.position
    if lead is None and reader.accept(SOMEWHERE):
        _read_of_table(reader)
        return Place(text=reader.said(start), region="table")
    opening = None if lead else reader.accept(REGION_LEADS)
    if lead or (opening and opening not in TOWARDS):
        region = _read_part(reader, ambiguous=())
    else:
        region = _read_part(reader, ambiguous=SIDEWAYS if opening else PARTS)
    if region is None:
        reader.position = start
        return None
    return Place(text=reader.said(start), relation=lead or REGION_LEADS.get(opening or "", Relation.AT), region=region)


def read_line(reader: Reader) -> str | None:
    """A line that every table has, "the left edge", "the middle", "the diagonal"; None if none stands next."""
    start = reader.position
    reader.accept({"the", "a"})
    if reader.accept({"diagonal", "diagonal line"}):
        line: str | None = "diagonal"
    else:
        line = reader.meaning(REGION_WORDS)
        noun = reader.accept(LINE_NOUNS)
        line = None if line is None or (noun is None and line != "middle") else line
    if line is None:
        reader.position = start
        return None
    _read_of_table(reader)
    return line


def read_direction(reader: Reader) -> Place | None:
    """A direction; None if none stands next, or if the words go on to a thing: "left of the bowl"."""
    start = reader.position
    length = reader.length(DIRECTIONS)
    if not length or reader.length(RELATIONS) > length or starts_noun(reader, length):
        return None
    if reader.word(length) == "from" and reader.word(length - 1) == "away":
        raise InstructionRefused("I cannot move away from a thing; say a direction, such as 'to the left'.")
    direction = reader.meaning(DIRECTIONS)
    return Place(text=reader.said(start), direction=direction)


def _read_part(reader: Reader, ambiguous: tuple[str, ...]) -> str | None:
    """The part of the table that stands next, without its preposition; an ambiguous one needs a noun: "left side"."""
    reader.accept({"the", "your", "my"})
    if reader.accept(TABLE):
        return "table"
    words = []
    while len(words) < 2 and (word := reader.meaning(REGION_WORDS)):
        words.append(word)
    noun = reader.accept(REGION_NOUNS)
    of_table = _read_of_table(reader) or (bool(words or noun) and bool(reader.accept(TABLE)))
    goes_on = reader.word() in ("of", "between") or (not noun and starts_noun(reader, 0))
    bare_direction = all(word in ambiguous for word in words) and not (noun or of_table)
    if goes_on or bare_direction:
        return None
    return _region(words, noun)


def _read_of_table(reader: Reader) -> bool:
    """Move past "of the table"; whether it stood there."""
    return bool(reader.accept({f"{of} {the}{table}" for of in ("of", "on") for the in ("the ", "") for table in TABLE}))


def _region(words: list[str], noun: str | None) -> str | None:
    """The name of a region from the words that were said: front or back first, then left or right."""
    along = next((word for word in words if word in LENGTHWISE), None)
    across = next((word for word in words if word in SIDEWAYS), None)
    if noun == "corner" and not (along and across):
        raise InstructionRefused("Which corner? Say for example 'the front left corner'.")
    if along and across:
        return f"{along} {across}"
    if noun in ("edge", "border", "rim") and not words:
        return "edge"
    return along or across or ("middle" if words else None)
