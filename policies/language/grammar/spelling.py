"""Which words the built-in parser knows at all, and the repair of one slip of the finger in a key word."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from string import ascii_lowercase

from policies.language.grammar import constructions, lexicon, manner_lexicon, quantities, region_lexicon, verbs


def words_of(*tables: Iterable[str]) -> frozenset[str]:
    """The single words that the expressions of some tables are made of."""
    return frozenset(word for table in tables for expression in table for word in expression.split())


VOCABULARY = words_of(
    lexicon.COLOURS, lexicon.NOUNS, lexicon.PLURALS, lexicon.SIZES, lexicon.SUPERLATIVES, lexicon.SIDES, lexicon.DETERMINERS,
    lexicon.PRONOUNS, lexicon.HELD, lexicon.SOMETHING, lexicon.RELATIONS, lexicon.SOURCES, lexicon.UNKNOWN_RELATIONS,
    region_lexicon.TABLE, region_lexicon.REGION_WORDS, region_lexicon.REGION_NOUNS, region_lexicon.REGION_LEADS,
    region_lexicon.SOMEWHERE, region_lexicon.DIRECTIONS, quantities.UNITS, quantities.A_BIT, quantities.NUMBERS,
    lexicon.TOOLS, lexicon.HOMES, verbs.VERBS, verbs.JOINTS, verbs.OPENERS,
    verbs.FILLERS, verbs.NEGATIONS, verbs.CONDITIONALS, verbs.QUANTIFIERS, verbs.CHOICES, verbs.POINTINGS, verbs.QUESTIONS,
    verbs.GRAMMAR, lexicon.EVERYTHING, manner_lexicon.LEADS, manner_lexicon.WITHIN, manner_lexicon.NEAR,
    manner_lexicon.ADVERBS, manner_lexicon.ADJECTIVES, manner_lexicon.FRACTIONS, manner_lexicon.TIMES_NORMAL,
    manner_lexicon.NORMAL, manner_lexicon.SPEED_NOUNS, verbs.SORTING, verbs.PARTICIPLES, constructions.WISHES,
    constructions.BE, constructions.TAILS, constructions.WIDE, constructions.SHUT, constructions.BY_HAND,
    constructions.SLIDING, constructions.FORMS, constructions.INTO_FORM, constructions.CONNECTIVES, constructions.SIDES,
    constructions.BOTH, constructions.UPON, constructions.ROLES, constructions.STANDS, constructions.BY, constructions.LIKE,
    constructions.LIKE_THINGS,
)  # fmt: skip

REPAIRED = (
    "orange", "yellow", "green", "purple", "brown", "white", "black", "violet", "magenta", "turquoise", "block", "brick",
    "cylinder", "sphere", "plate", "saucer", "object", "thing", "small", "little", "large", "leftmost", "rightmost",
    "nearest", "closest", "farthest", "smallest", "largest", "biggest", "tallest", "behind", "between", "beside", "above",
    "front", "middle", "center", "centre", "corner", "gripper", "place", "stack", "grasp", "slide", "point", "close",
    "release", "hover", "return", "inside",
)  # fmt: skip

# English words one edit from a key word, with the same first letter: who says "plane" means no plate. Listed by comparing
# REPAIRED with the word list of Debian's wamerican 2020.12.07.
MEANT = words_of(
    [
        """
    abode back bedside behinds besides betide blacks blank bloc blocs blown brawn bricks brink brisk brow browns brows canter
    censer centers chose clone closed closer closes closet closets clove cornea corned corners cornet cornier coroner cylinders
    font frond fronts frost furthest gasp grasps grass greed greens greet grippe gripped homer hove hovel hovers insider insides
    larges largess largo littler meddle middles muddle neatest oranges pace paint palace palate pate peace pint placed placer
    places plaice plane planet plant plat plated platen plates platter points pointy prate print purpler purples released
    releases returns sack sauce sauced sauces saucier shack shall side slack slice slid slider slides slime smack smalls smell
    snack snide stacks stalk stall stank stark stick stock stuck thin thine think thins thong ting turquoises tying violent
    violets while whine whit whiten whiter whites whits write yellows"""
    ]
)


def neighbours(word: str) -> Iterator[str]:
    """All spellings one slip away: a letter left out, doubled in, mistaken, or two swapped; never the first letter."""
    for cut in range(1, len(word) + 1):
        head, tail = word[:cut], word[cut:]
        yield head + tail[1:]
        yield head + tail[1:2] + tail[:1] + tail[2:]
        for letter in ascii_lowercase:
            yield head + letter + tail
            yield head + letter + tail[1:]


@lru_cache(maxsize=1)
def _slips() -> dict[str, str]:
    """Every misspelling that means exactly one key word."""
    slips: dict[str, set[str]] = {}
    for key in REPAIRED:
        for slip in neighbours(key):
            slips.setdefault(slip, set()).add(key)
    free = {slip: keys for slip, keys in slips.items() if slip not in VOCABULARY and slip not in MEANT}
    return {slip: keys.pop() for slip, keys in free.items() if len(keys) == 1}


def corrected(word: str) -> str:
    """The key word that a misspelt word means without doubt, or the word as it is."""
    return word if word in VOCABULARY else _slips().get(word, word)
