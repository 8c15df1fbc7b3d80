"""What the built-in parser must not carry out whatever else a sentence says: "don't", "if", "twice", a question."""

from policies.language.grammar import refusals
from policies.language.grammar.constructions import FINITE, LIKE_THINGS, SLIDING, TAILS, WISHES
from policies.language.grammar.lexicon import SUPERLATIVES
from policies.language.grammar.manner_lexicon import ADVERBS, LEADS, NEAR, WITHIN
from policies.language.grammar.region_lexicon import REGION_LEADS
from policies.language.grammar.speeds import read_speed
from policies.language.grammar.tokens import Reader, Token, shown
from policies.language.grammar.verbs import (
    CHOICES,
    CONDITIONALS,
    FILLERS,
    GERUNDS,
    JOINTS,
    NEGATIONS,
    OPENERS,
    POINTINGS,
    QUANTIFIERS,
    QUESTIONS,
)
from robot.errors import InstructionRefused

# Expressions that hold a word of the forbidden tables in a harmless meaning: "when done", "left most", "would you mind".
HARMLESS = {
    expression
    for table in (FILLERS, JOINTS, OPENERS, SUPERLATIVES, TAILS, SLIDING, LIKE_THINGS, WISHES, FINITE, REGION_LEADS)
    for expression in table
    if " " in expression
} | {f"{order} {gerund}" for order in ("before", "after", "while") for gerund in GERUNDS}
MANNERS = LEADS.keys() | WITHIN | NEAR
AHEAD = {
    "while",
    "without",
    "whilst",
    "keep",
    "keeping",
    "stay",
    "staying",
    "steering",
    "going",
    "avoiding",
}  # a manner may come first: "without touching the can, push the block to the left"
MOVING = {"moving", "going", "travelling", "traveling"}  # "moving slowly" is a speed, "put it slowly" a courtesy


def without_fillers(sentence: str, tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """The words without those that change nothing: "please", "carefully"."""
    reader, kept = Reader(sentence, tokens), []
    while not reader.done:
        said_of_motion = bool(kept) and kept[-1].word in MOVING and reader.length(ADVERBS) > 0
        if said_of_motion or not reader.accept(FILLERS):
            kept.append(reader.tokens[reader.position])
            reader.position += 1
    return tuple(kept)


def screen(sentence: str, tokens: tuple[Token, ...]) -> None:
    """Refuse a sentence that asks, forbids, depends or counts.

    Raises:
        InstructionRefused: names the word, and says what can be said instead.
    """
    reader = Reader(sentence, tokens)
    if reader.length(QUESTIONS) > max(reader.length(OPENERS), reader.length(WISHES)):
        raise question()
    while not reader.done:
        said = reader.position > 0 or reader.word() in AHEAD
        if not (reader.accept(HARMLESS) or (said and (reader.accept(MANNERS) or read_speed(reader)))):
            _screen_word(reader.word())
            reader.position += 1
    if not any(token.word[0].isalpha() for token in tokens):
        raise refusals.not_understood(sentence)


def question() -> InstructionRefused:
    """The refusal of a question."""
    return InstructionRefused(
        "I answer no questions here; `objects` at the prompt lists what I see. Tell me what to do with it."
    )


def _screen_word(word: str) -> None:
    """Refuse a word that turns the meaning of a sentence round."""
    said = shown(word)
    if word in NEGATIONS or word.endswith("n't"):
        raise InstructionRefused(f"I carry out only what I am told to do, and heard '{said}'; leave out what I shall not do.")
    if word in CONDITIONALS:
        raise InstructionRefused(f"I cannot wait for a condition ('{said}'); say what to do, in the order of doing it.")
    if word in QUANTIFIERS:
        raise InstructionRefused(
            f"I do what I am told once, and don't know how many '{said}' is; name each thing, or say 'all blocks'."
        )
    if word in CHOICES:
        raise InstructionRefused(f"I cannot choose ('{said}'); say which one, or 'any block'.")
    if word in POINTINGS:
        raise InstructionRefused(
            f"I do not see where '{said}' is; say it by a thing or by a part of the table: 'on the left side'."
        )
