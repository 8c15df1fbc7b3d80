"""Pieces: a sentence as the things, places, lengths and cues in it, in their order; nothing where a word is none of these."""

from dataclasses import dataclass, replace

from policies.language.gist.lexicon import (
    ADJECTIVES,
    COUNTED,
    CUES,
    DETERMINERS,
    EMPTY,
    PLAIN,
    RELATIONS,
    SEVERAL,
    SINGLE,
    SKIPPED,
    WISHES,
)
from policies.language.grammar.distances import read_distance
from policies.language.grammar.lexicon import COLOURS
from policies.language.grammar.quantities import A_BIT
from policies.language.grammar.tokens import Reader
from robot.errors import InstructionRefused

MODALS = ("can", "could", "would", "will")


@dataclass(frozen=True)
class Piece:
    """A piece of meaning.

    Attributes:
        kind: "thing", "things", "relation", "length", or the name of a row of `CUES`.
        said: a thing's adjectives and noun; which relation; where; else the words.
        noun: of a thing, "" where it has none: "the red one".
    """

    kind: str
    said: str
    noun: str = ""

    @property
    def name(self) -> str:
        """A thing with its noun."""
        return f"{self.said} {self.noun}".strip()


def pieces_of(reader: Reader) -> list[Piece] | None:
    """The pieces of a sentence; None if a word is none, or a thing is told by its colour where no noun says of what."""
    pieces: list[Piece] = []
    while not reader.done:
        start = reader.position
        piece = _read_piece(reader)
        if piece is not None:
            pieces.append(piece)
        elif reader.position == start:
            return None
    return _with_nouns(_with_sides(pieces))


def _read_piece(reader: Reader) -> Piece | None:
    """The piece that stands next, the longest one; None, some words further, if they say nothing."""
    cue, relation = reader.length(CUES), reader.length(RELATIONS)
    skipped = max(reader.length(SKIPPED), reader.length(WISHES), not reader.position and reader.word() in MODALS)
    if skipped > max(cue, relation):
        reader.position += skipped
        return None
    if (thing := _read_thing(reader, max(cue, relation))) or (thing := _read_length(reader)):
        return thing
    if relation >= max(1, cue):
        return Piece("relation", reader.meaning(RELATIONS) or "")
    if cue:
        start = reader.position
        kind = reader.meaning(CUES) or ""
        words = " ".join(token.word for token in reader.tokens[start : reader.position])
        return Piece(kind, PLAIN.get(words, words))
    reader.position += reader.word() in EMPTY
    return None


def _read_thing(reader: Reader, least: int) -> Piece | None:
    """A thing, or several, in at least so many words; None if none stands next."""
    start = reader.position
    while reader.accept(DETERMINERS):
        pass
    adjectives = []
    while (word := reader.accept(ADJECTIVES)) or reader.length(COUNTED):
        adjectives += [word] if word else []
        if not word:
            reader.accept(COUNTED)
    several = reader.length(SEVERAL) > 0
    noun = reader.accept(SEVERAL) or reader.accept(SINGLE) or ""
    coloured = any(word in COLOURS for word in adjectives)
    if (not noun and not coloured) or reader.position - start < least:
        reader.position = start
        return None
    reader.accept({"one"} if not noun else set())
    return Piece("things" if several and not adjectives else "thing", " ".join(adjectives), noun)


def _read_length(reader: Reader) -> Piece | None:
    """A length in cm; None if none stands next."""
    start = reader.position
    if reader.length(A_BIT):
        return None
    try:
        metres = read_distance(reader)
    except InstructionRefused:
        metres = None
    if metres is None:
        reader.position = start
        return None
    return Piece("length", f"{100 * metres:g}")


def _with_sides(pieces: list[Piece]) -> list[Piece]:
    """What stands in a relation to the table, "at the back of the table", is a part of it."""
    sides = {"front": "front", "behind": "back", "left": "left", "right": "right"}
    return [
        Piece("where", sides[piece.said]) if piece.said in sides and piece.kind == "relation" and after == "part" else piece
        for piece, after in zip(pieces, [*(each.kind for each in pieces[1:]), ""], strict=False)
    ]


def _with_nouns(pieces: list[Piece]) -> list[Piece] | None:
    """Things without a noun with that of a thing before that is alike, of the next thing that has one, or of the last.

    Of "the red and blue blocks" the last is one block, too; "the blue blocks" alone are several.
    """
    nouns = [piece.noun for piece in pieces]
    if not any(nouns):
        return None if any(piece.kind == "thing" for piece in pieces) else pieces
    found: list[Piece] = []
    for number, piece in enumerate(pieces):
        if piece.kind == "thing" and not piece.noun:
            alike = (each.noun for each in found if each.kind == "thing" and each.said == piece.said)
            piece = replace(piece, noun=_singular(next(alike, next(n for n in (*nouns[number:], *nouns[number::-1]) if n))))
        elif piece.kind == "thing" and piece.noun not in SINGLE:
            listed = number > 0 and pieces[number - 1].kind == "thing" and not nouns[number - 1]
            piece = replace(piece, noun=_singular(piece.noun)) if listed else replace(piece, kind="things")
        found.append(piece)
    return found


def _singular(noun: str) -> str:
    """One of it."""
    return noun if noun in SINGLE else noun.removesuffix("es") if noun.removesuffix("es") in SINGLE else noun.removesuffix("s")
