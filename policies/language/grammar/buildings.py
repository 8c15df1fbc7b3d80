"""What is built of several things: "a tower of the red and the green block", "a pyramid with the can on top of both"."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from policies.language.grammar import refusals
from policies.language.grammar.constructions import (
    ARTICLES,
    BOTH,
    CONNECTIVES,
    FORMS,
    INTO_FORM,
    ROLES,
    SIDES,
    STANDS,
    THIRD,
    UPON,
    Role,
)
from policies.language.grammar.lexicon import PLURALS
from policies.language.grammar.phrases import is_unknown, read_named
from policies.language.grammar.places import read_things
from policies.language.grammar.quantities import NUMBERS
from policies.language.grammar.tokens import Reader
from policies.language.grammar.verbs import GERUNDS, PARTICIPLES, VERBS
from policies.language.program import Build, Phrase, Place, Put, Relation, Step
from robot.errors import InstructionRefused


def read_form(reader: Reader) -> str | None:
    """ "(a small) pyramid", by its form; None if that does not stand next."""
    start = reader.position
    reader.accept(ARTICLES)
    while not reader.length(FORMS) and (is_unknown(reader.word()) or reader.word() in ("small", "little", "high", "tall")):
        reader.position += 1
    form = reader.meaning(FORMS)
    if form is None:
        reader.position = start
    return form


def read_into_form(reader: Reader) -> str | None:
    """ "into a pyramid"; None if that does not stand next."""
    start = reader.position
    form = read_form(reader) if reader.accept(INTO_FORM) else None
    if form is None:
        reader.position = start
    return form


def read_building(reader: Reader, form: str, said: Sequence[Phrase] = ()) -> tuple[Step, ...]:
    """The steps of a building from the words after "a pyramid", and the things that were said before it."""
    start = reader.position
    parts: dict[Role | None, list[Phrase]] = {Role.BASE: [], Role.MIDDLE: [], None: list(said), Role.TOP: []}
    while _read_part(reader, parts):
        pass
    things = tuple(each for row in parts.values() for each in row)
    every = [each for each in things if each.every]
    if every and len(things) > 1:
        counted = sum(each.count or 1 for each in things)
        things = (replace(every[0], count=None if form == "tower" else counted),)
    if form == "pyramid" and len(things) != 3 and not (len(things) == 1 and every and things[0].count in (None, 3)):
        raise refusals.not_three(reader.said(start))
    if form == "pyramid" or every:
        return (Build(form=form, things=things),)
    if len(things) < 2:
        raise refusals.not_three(reader.said(start)) if not things else refusals.no_place(VERBS["stack"], things[0].text)
    return tuple(Put(thing=upper, place=_on(lower)) for lower, upper in pairwise(things))


def _read_part(reader: Reader, parts: dict[Role | None, list[Phrase]]) -> bool:
    """Read one more thing, or several, with what it is in the building; whether any stood next."""
    start = reader.position
    while reader.accept(CONNECTIVES) or (reader.position > start and (reader.meaning(GERUNDS) or reader.meaning(PARTICIPLES))):
        pass
    role = reader.meaning(ROLES)
    reader.accept(STANDS)
    things = _read_some(reader)
    if not things:
        reader.position = start
        return False
    reader.accept(STANDS)
    role = role or reader.meaning(ROLES)
    if role is None and reader.accept(UPON):
        role = Role.TOP
        if not reader.accept(BOTH) and (below := _read_some(reader)):
            parts[Role.BASE] += below
    parts[role] += things
    return True


def _read_some(reader: Reader) -> tuple[Phrase, ...]:
    """The things that stand next, "two blocks" and "one" among them."""
    start = reader.position
    if reader.word().isdigit() and reader.word(1) in (".", ":"):
        return ()  # the number of the next step
    if reader.accept({f"{the}{third}" for third in THIRD for the in ("the ", "")}):
        text = reader.said(start)
        reader.accept(PLURALS.values())
        return (Phrase(text=text, every=True),)
    if (number := reader.meaning(NUMBERS)) is not None and reader.length(PLURALS):
        named = read_named(reader)
        return () if named is None else (replace(named.phrase, text=reader.said(start), count=int(number)),)
    reader.position = start
    return read_things(reader)


def read_counted_base(reader: Reader) -> tuple[Step, ...] | None:
    """ "two blocks side by side and the third on both"; None if that does not stand next."""
    start = reader.position
    number = reader.meaning(NUMBERS)
    named = read_named(reader) if number == 2 and reader.length(PLURALS) else None
    if named is None or not reader.accept(SIDES):
        reader.position = start
        return None
    return read_building(reader, "pyramid", (replace(named.phrase, text=reader.said(start), count=2),))


def read_on_both(reader: Reader, below: Sequence[Phrase]) -> tuple[Step, ...] | None:
    """ "(A and B side by side) with C on top"; None if that does not stand next."""
    start = reader.position
    try:
        return read_building(reader, "pyramid", below)
    except InstructionRefused:
        reader.position = start
        return None


def side_by_side(things: Sequence[Phrase]) -> tuple[Step, ...]:
    """Each thing next to the one before."""
    return tuple(
        Put(thing=each, place=Place(text=f"next to {first.text}", relation=Relation.NEXT_TO, anchors=(first,)))
        for first, each in pairwise(things)
    )


def on_both(steps: Sequence[Step], step: Step) -> Build | None:
    """The pyramid that results if a thing is put on "both" that were put side by side just before; None if none does."""
    match (steps[-1] if steps else None), step:
        case (
            Put(thing=Phrase() as second, place=Place(relation=Relation.NEXT_TO, anchors=(first,))),
            Put(
                thing=Phrase() as third,
                place=Place(relation=Relation.ON | Relation.ABOVE, anchors=(Phrase(pronoun=True) as them,)),
            ),
        ) if them.text.lower() in BOTH:
            return Build(form="pyramid", things=(first, second, third))
    return None


def _on(lower: Phrase) -> Place:
    """The place on top of a thing that was placed just before."""
    return Place(text=f"on {lower.text}", relation=Relation.ON, anchors=(replace(lower, indefinite=False),))
