"""Words for one thing, without what it stands next to: "the other small red block", "it", "a purplish elephant"."""

from dataclasses import dataclass, replace

from policies.language.grammar import refusals
from policies.language.grammar.lexicon import (
    ANOTHER,
    BOTH,
    COLOURS,
    DEFINITE,
    DETERMINERS,
    EVERY,
    EVERY_OTHER,
    EVERYTHING,
    INDEFINITE,
    NOUNS,
    OTHER,
    PLURALS,
    PRONOUNS,
    SIDES,
    SIZES,
    SOMETHING,
    SUPERLATIVES,
)
from policies.language.grammar.quantities import NUMBERS
from policies.language.grammar.region_lexicon import REGION_WORDS
from policies.language.grammar.spelling import VOCABULARY
from policies.language.grammar.tokens import Reader
from policies.language.grammar.verbs import OPENERS
from policies.language.program import Phrase

MAX_UNKNOWN = 4
MOST_COUNTED = 12
COLOUR_NOUNS = {"coloured", "colored", "colour", "color"}
PLACE_ADJECTIVES = (REGION_WORDS.keys() - SUPERLATIVES.keys()) | {"first", "second", "third", "last", "next"}


@dataclass(frozen=True)
class Named:
    """A phrase, and whether its noun was said: it is not in "the red" of "the red and the blue block"."""

    phrase: Phrase
    noun_said: bool


def starts_phrase(reader: Reader) -> bool:
    """Whether words for a thing stand next that cannot be anything else."""
    if reader.length(OPENERS):
        return False
    word = reader.word()
    tables = (DETERMINERS, PRONOUNS, NOUNS, PLURALS, COLOURS, SIZES, SUPERLATIVES, NUMBERS, EVERYTHING)
    return any(reader.length(table) for table in tables) or word.isdigit() or word in SOMETHING or side_adjective(reader) > 0


def is_unknown(word: str) -> bool:
    """Whether this is a word that the lexicon has no meaning for."""
    return word.isalpha() and word not in VOCABULARY


def starts_noun(reader: Reader, ahead: int) -> bool:
    """Whether a noun or an adjective of one stands so many words ahead."""
    tables = (NOUNS, PLURALS, COLOURS, SIZES, SUPERLATIVES)
    return any(reader.length(table, ahead) for table in tables) or is_unknown(reader.word(ahead))


def side_adjective(reader: Reader, ahead: int = 0) -> int:
    """The length of a side that stands before a noun ("the left block"); 0 where "left" is a direction."""
    length = reader.length(SIDES, ahead)
    return length if length and starts_noun(reader, ahead + length) else 0


def read_named(reader: Reader, *, plural: bool = False) -> Named | None:
    """Words for one thing, or for every thing of a kind; None if none stand next.

    A plural means one thing where several are being listed ("the red and blue blocks"), otherwise all that fit.

    Raises:
        InstructionRefused: a number of things of which it is open which they are, or a description that contradicts itself.
    """
    start = reader.position
    if reader.accept(EVERYTHING):
        return Named(Phrase(text=reader.said(start), every=True), True)
    determiner = _determiner(reader)
    if determiner is None and reader.accept(PRONOUNS):
        return Named(Phrase(text=reader.said(start), pronoun=True), True)
    if determiner is None and reader.accept(SOMETHING):
        return Named(Phrase(text=reader.said(start), indefinite=True), True)
    one_of = determiner is not None and "of" in reader.said(start).lower().split()
    count = 2 if determiner == BOTH else _read_count(reader) if determiner in (DEFINITE, EVERY) and not plural else None
    phrase = Phrase(
        text="", indefinite=determiner in (INDEFINITE, ANOTHER), other=determiner in (OTHER, ANOTHER, EVERY_OTHER),
        every=count is not None or determiner in (EVERY, EVERY_OTHER), count=count,
    )  # fmt: skip
    described = reader.position
    phrase, noun_said = _described(reader, phrase, plural=plural or one_of)
    if reader.position == described and (determiner not in (OTHER, ANOTHER, EVERY_OTHER) or count is not None):
        reader.position = start
        return None
    return Named(replace(phrase, text=reader.said(start)), noun_said)


def _determiner(reader: Reader) -> str | None:
    """Move past an article or its like and return its meaning; None if what stands next is none."""
    _refuse_number(reader)
    length = reader.length(DETERMINERS)
    if not length:
        return None
    meaning = DETERMINERS[" ".join(reader.word(index) for index in range(length))]
    stands_alone = reader.length(PRONOUNS) >= length or reader.length(NOUNS) >= length or reader.word() in SOMETHING
    if stands_alone and not (starts_noun(reader, length) or side_adjective(reader, length)):
        return None
    reader.position += length
    if meaning not in (DEFINITE, EVERY):
        _refuse_number(reader)
    return meaning


def _read_count(reader: Reader) -> int | None:
    """The number of things that stands next, as in "the three blocks"; None if none does."""
    start = reader.position
    word = reader.word()
    number = float(word) if word.isdigit() and len(word) < 3 else None
    if number is not None:
        reader.position += 1
    else:
        number = reader.meaning(NUMBERS)
    if number is None:
        return None
    if not 2 <= number <= MOST_COUNTED or number != int(number):
        raise refusals.several(reader.said(start, reader.position + 1))
    return int(number)


def _refuse_number(reader: Reader) -> None:
    """Refuse to count: "two blocks"."""
    word = reader.word()
    if reader.length(NUMBERS) or (word.isdigit() and word != "1"):
        raise refusals.several(reader.said(reader.position, reader.position + max(1, reader.length(NUMBERS))))


def _described(reader: Reader, phrase: Phrase, *, plural: bool) -> tuple[Phrase, bool]:
    """The phrase with the adjectives and the noun that stand next, and whether a noun was among them."""
    start = reader.position
    while True:
        if reader.length(PLURALS) and not plural:
            phrase = _as_every(reader, phrase, start)
        if reader.word() == "open" and reader.length(NOUNS, 1):
            reader.position += 1  # "the open drawer"
        if shape := reader.meaning(NOUNS) or reader.meaning(PLURALS):
            return replace(phrase, shape=shape), True
        before = reader.position
        phrase = _with_adjective(reader, phrase)
        if reader.position == before and _describes(reader):
            phrase = replace(phrase, unknown=(*phrase.unknown, reader.word()))
            reader.position += 1
        if reader.position == before:
            break
    return _with_last_word_as_noun(reader, phrase)


def _as_every(reader: Reader, phrase: Phrase, start: int) -> Phrase:
    """The phrase as one for all that fit it, because its noun is a plural."""
    if phrase.indefinite or (phrase.other and not phrase.every):
        raise refusals.several(reader.said(start, reader.position + 1))
    return replace(phrase, every=True)


def _describes(reader: Reader) -> bool:
    """Whether a word stands next that describes a thing in a way that the parser has no meaning for."""
    word = reader.word()
    return is_unknown(word) or (word in PLACE_ADJECTIVES and starts_noun(reader, 1))


def _with_last_word_as_noun(reader: Reader, phrase: Phrase) -> tuple[Phrase, bool]:
    """The phrase with its last unknown word for a noun, if that word came last: "a grey elephant"."""
    if len(phrase.unknown) > MAX_UNKNOWN:
        raise refusals.not_understood(reader.sentence)
    if not phrase.unknown or reader.word(-1) != phrase.unknown[-1]:
        return phrase, False
    return replace(phrase, shape=phrase.unknown[-1], unknown=phrase.unknown[:-1]), True


def _with_adjective(reader: Reader, phrase: Phrase) -> Phrase:
    """The phrase with the adjective that stands next, if the lexicon knows it."""
    if (
        reader.word() in (",", "and")
        and phrase.colour is None
        and (phrase.size or phrase.superlative or phrase.unknown or phrase.other)
    ):
        reader.position += 1 if reader.length(COLOURS, 1) or reader.length(SIZES, 1) else 0
    if word := reader.meaning(COLOURS):
        reader.accept(COLOUR_NOUNS)
        return _once(phrase, "colour", word)
    if (word := reader.meaning(SUPERLATIVES)) or (side_adjective(reader) and (word := reader.meaning(SIDES))):
        return _once(phrase, "superlative", word)
    if word := reader.meaning(SIZES):
        return _once(phrase, "size", word)
    if reader.word() == "other" and reader.accept({"other"}):
        return replace(phrase, other=True)
    return phrase


def with_said(reader: Reader, phrase: Phrase) -> Phrase | None:
    """The phrase with an adjective that stands after it, "the block that is red"; None if none stands there."""
    before = reader.position
    for field, table in (("colour", COLOURS), ("superlative", SUPERLATIVES), ("size", SIZES)):
        reader.accept({"the"})
        if word := reader.meaning(table):
            return _once(phrase, field, word)
        reader.position = before
    return None


def _once(phrase: Phrase, field: str, word: str) -> Phrase:
    """The phrase with a field set, refused if another word stands there already."""
    present = getattr(phrase, field)
    if present not in (None, word):
        raise refusals.contradiction(field, present, word)
    return replace(phrase, **{field: word})


def with_shared_nouns(items: list[Named]) -> tuple[Phrase, ...]:
    """The phrases of a list in which a noun may have been said once: "the red, the green and the blue block"."""
    shapes = [item.phrase.shape if item.noun_said and not item.phrase.pronoun else None for item in items]
    filled = []
    for index, item in enumerate(items):
        near = [shape for shape in (*shapes[index:], *reversed(shapes[:index])) if shape]
        filled.append(item.phrase if item.noun_said or not near else replace(item.phrase, shape=near[0]))
    return tuple(filled)
