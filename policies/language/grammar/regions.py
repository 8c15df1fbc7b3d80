"""Parts of the table and directions: "the front left corner", "in the middle", "to the left", "forward"."""

from policies.language.grammar.lexicon import RELATIONS, SUPERLATIVES
from policies.language.grammar.phrases import starts_noun
from policies.language.grammar.region_lexicon import (
    DIRECTIONS,
    LINE_NOUNS,
    REGION_LEADS,
    REGION_NOUNS,
    REGION_WORDS,
    SOMEWHERE,
    TABLE,
)
from policies.language.grammar.tokens import Reader
from policies.language.program import Place, Relation
from robot.errors import InstructionRefused

LENGTHWISE, SIDEWAYS, AHEAD = ("front", "back"), ("left", "right"), ("forward", "back")
PARTS = (*LENGTHWISE, *SIDEWAYS, "middle")
DIAGONALLY = {
    "diagonally",
    "diagonal",
    "in a diagonal",
    "on a diagonal",
    "sideways",
    "in the direction",
    "sidewards",
    "laterally",
}
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
    reader.accept(DIAGONALLY)
    length = reader.length(DIRECTIONS)
    if not length or reader.length(RELATIONS) > length or starts_noun(reader, length):
        reader.position = start
        return None
    if reader.word(length) == "from" and reader.word(length - 1) == "away":
        raise InstructionRefused("I cannot move away from a thing; say a direction, such as 'to the left'.")
    direction = reader.meaning(DIRECTIONS) or ""
    if (second := _read_across(reader, direction)) is not None:
        along, across = (direction, second) if direction in AHEAD else (second, direction)
        direction = f"{along} {across}"
    reader.accept({"direction"})
    return Place(text=reader.said(start), direction=direction)


def _read_across(reader: Reader, first: str) -> str | None:
    """The second direction of a diagonal, "forward (and) to the left"; None if none stands next."""
    start = reader.position
    reader.accept({"and", "and also", "and then"} if first in AHEAD + SIDEWAYS else set())
    length = reader.length(DIRECTIONS)
    words = " ".join(reader.word(index) for index in range(length))
    second = DIRECTIONS.get(words)
    fits = (first in AHEAD and second in SIDEWAYS) or (first in SIDEWAYS and second in AHEAD)
    if not fits or reader.length(RELATIONS) > length or starts_noun(reader, length):
        reader.position = start
        return None
    reader.position += length
    return second


def _read_part(reader: Reader, ambiguous: tuple[str, ...]) -> str | None:
    """The part of the table that stands next, without its preposition; an ambiguous one needs a noun: "left side"."""
    reader.accept({"the", "your", "my"})
    owned = False
    if reader.accept(TABLE):
        owned = bool(reader.accept({"'s"}))
        if not owned:
            return "table"
    words: list[str] = []
    reader.accept({"very"})
    while len(words) < 2 and (word := reader.meaning(REGION_WORDS)):
        words.append(word)
        if reader.word() == "and" and reader.length(REGION_WORDS, 1) and reader.length(REGION_NOUNS, 2):
            reader.position += 1
    noun = reader.accept(REGION_NOUNS)
    of_table = owned or _read_of_table(reader) or (bool(words or noun) and bool(reader.accept(TABLE)))
    if (noun or of_table) and not words and (nearest := _read_toward_robot(reader)):
        words, of_table = [nearest], True
    goes_on = reader.word() in ("of", "between") or (not noun and starts_noun(reader, 0))
    bare_direction = all(word in ambiguous for word in words) and not (noun or of_table)
    if goes_on or bare_direction:
        return None
    return _region(words, noun)


def _read_toward_robot(reader: Reader) -> str | None:
    """ "nearest to you", "that is farthest from the robot", as a part of the table; None if that does not stand next."""
    start = reader.position
    reader.accept({"that is", "which is", "that's", "lying", "facing"})
    word = reader.meaning(SUPERLATIVES) or {"facing": "nearest"}.get(reader.word(-1))
    reader.accept({"to", "from"})
    if word in ("nearest", "farthest") and reader.accept({"you", "me", "us", "yourself", "the robot", "the arm", "your base"}):
        return "front" if word == "nearest" else "back"
    reader.position = start
    return None


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
