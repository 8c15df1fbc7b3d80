"""RuleParser: the built-in parser, which understands English sentences with a grammar and a lexicon, offline.

sentence → words (tokens) → refuse what must not be done (screening) → clauses → steps
                  └─▶ or, where that fails, the question whether its gist is meant
"""

from contextlib import suppress

from policies.language.describe import describe_step
from policies.language.gist.reading import gist_of
from policies.language.grammar import refusals
from policies.language.grammar.attachment import Located, Role
from policies.language.grammar.buildings import on_both
from policies.language.grammar.clauses import Clause
from policies.language.grammar.constructions import SLIDING
from policies.language.grammar.frames import Wish, read_wish
from policies.language.grammar.lexicon import RELATIONS
from policies.language.grammar.manners import read_manners
from policies.language.grammar.phrases import is_unknown, starts_phrase
from policies.language.grammar.places import read_located
from policies.language.grammar.region_lexicon import DIRECTIONS, REGION_LEADS
from policies.language.grammar.screening import AHEAD, question, screen, without_fillers
from policies.language.grammar.sorting import starts_kinds
from policies.language.grammar.tokens import Reader, tokenise
from policies.language.grammar.verbs import GERUNDS, JOINTS, OPENERS, VERBS, Verb
from policies.language.program import Build, Phrase, Place, Program, Push, Put, Relation, Sort, Step
from policies.language.references import Discourse, nested_phrases, phrases_of
from robot.errors import InstructionRefused

CARRYING = {Verb.PUT, Verb.MOVE, Verb.PUSH, Verb.PULL, Verb.STACK, Verb.DROP, Verb.PICK, Verb.SWEEP}
MAX_NESTING = 4  # phrases within phrases
FIRST_OF_TWO = {Verb.PICK, Verb.GO}


class RuleParser:
    """The built-in parser; see the Parser contract. Knows words only; holds no state."""

    def parse(self, sentence: str) -> Program:
        """The program for an English sentence, in time that grows with its length.

        Of what the grammar can't take apart it asks whether its gist is meant, if there is one.

        Raises:
            IsItMeant: that question.
            InstructionRefused: as the contract says.
        """
        plain, tokens = tokenise(sentence)
        tokens = without_fillers(plain, tokens)
        try:
            screen(plain, tokens)
            return Program(text=sentence, steps=_read_steps(Reader(plain, tokens)))
        except InstructionRefused:
            gist = gist_of(plain, tokens)
            if not gist or not _is_read(gist):
                raise
            raise refusals.IsItMeant(gist) from None


def _is_read(sentence: str) -> bool:
    """Whether the grammar can take it apart."""
    try:
        return bool(_read_steps(Reader(*tokenise(sentence))))
    except InstructionRefused:
        return False


def _read_steps(reader: Reader) -> tuple[Step, ...]:
    """The steps of all clauses; every word must be understood."""
    steps: list[Step] = []
    discourse, verb = Discourse(), None
    _read_joints(reader)
    while not reader.done:
        start = reader.position
        clause = _read_clause(reader, discourse, verb)
        for step in clause.steps():
            _refuse_nesting(step)
            _refuse_several(step)
            _refuse_strange_pronouns(step, discourse)
            discourse = discourse.after(step)
            pyramid = on_both(steps, step)
            steps = [*steps[:-1], pyramid] if pyramid is not None else [*steps, step]
        verb, end = clause.verb, reader.position
        if not _read_joints(reader) and not reader.done and not reader.length(VERBS):
            raise refusals.left_over(reader.said(start, end), reader.said(end, len(reader.tokens)))
    if not steps:
        raise refusals.not_understood(reader.sentence)
    return tuple(steps)


def _read_joints(reader: Reader) -> bool:
    """Move past what joins clauses, opens them politely or numbers them; whether anything did."""
    start = reader.position
    while not reader.done:
        numbered = reader.word().isdigit() and (reader.word(1) in (".", ":") or reader.length(VERBS, 1))
        if numbered or (reader.word() in ("before", "after") and reader.length(GERUNDS, 1)):
            reader.position += 1
        elif _goes_on(reader) or not (reader.accept(OPENERS) or reader.accept(JOINTS)):
            break
    return reader.position > start


def _goes_on(reader: Reader) -> bool:
    """Whether what looks like a joint is the beginning of a verb or a relation: "next to", "go and"."""
    return reader.length(VERBS) > reader.length(OPENERS) or reader.length(RELATIONS) > reader.length(JOINTS)


def _read_clause(reader: Reader, discourse: Discourse, last: Verb | None) -> Clause:
    """The clause that begins here: its verb may follow a place, or be that of the clause before."""
    start = reader.position
    sliding, manners = bool(reader.accept(SLIDING)), read_manners(reader) if reader.word() in AHEAD else ()
    if sliding or manners:
        reader.accept({",", "while", "when"})
        clause = _read_clause(reader, discourse, last)
        clause.sliding, clause.manners = sliding, manners
        return clause
    if starts_kinds(reader):
        return Clause(reader, Verb.SORT, discourse, [])
    if wish := read_wish(reader):
        clause = Clause(reader, wish.verb, discourse, *_given(wish))
        clause.offset_m = wish.offset_m
        return clause
    if verb := _read_verb(reader):
        return Clause(reader, verb, discourse, [])
    if last is not None and starts_phrase(reader):
        return Clause(reader, last, discourse, [])
    early = _read_early_places(reader)
    if early and (verb := _read_verb(reader)) is not None and verb in CARRYING:
        return Clause(reader, verb, discourse, early)
    if early and verb is None and discourse.held is not None:
        return Clause(reader, Verb.PUT, discourse, early)
    reader.position = start
    raise _without_verb(reader, discourse)


def _given(wish: Wish) -> tuple[list[Located], tuple[Phrase, ...]]:
    """The places and the things that a wish has said; a dustpan is where crumbs go."""
    if wish.things[0].shape != "dustpan":
        return [], wish.things
    place = Place(text=f"into {wish.things[0].text}", relation=Relation.IN, anchors=wish.things[:1])
    return [Located(place, Role.GOAL)], ()


def _read_verb(reader: Reader) -> Verb | None:
    """The verb that stands next; of "pick up and put" the second."""
    verb = reader.meaning(VERBS)
    if verb in FIRST_OF_TWO and reader.word() == "and" and reader.length(VERBS, 1):
        reader.position += 1
        return reader.meaning(VERBS)
    return verb


def _read_early_places(reader: Reader) -> list[Located]:
    """The places before a verb: "in the blue bowl, please put …"."""
    early: list[Located] = []
    while reader.length(RELATIONS) or reader.length(REGION_LEADS) or reader.length(DIRECTIONS):
        located = read_located(reader)
        if located is None:
            break
        early.append(located)
    reader.accept({","})
    while early and not reader.length(VERBS) and reader.accept(OPENERS):
        pass
    return early


def _meant(reader: Reader, discourse: Discourse) -> InstructionRefused | None:
    """The question what an unknown verb means, if "put" would make sense in its place; None if it would not."""
    start, word = reader.position, reader.word()
    if not is_unknown(word):
        return None
    reader.position += 1
    steps: list[Step] = []
    with suppress(InstructionRefused):
        steps.extend(Clause(reader, Verb.PUT, discourse, []).steps())
    understood = bool(steps) and reader.position > start + 1 and all(isinstance(each, Put | Sort) for each in steps)
    reader.position = start
    return refusals.perhaps(word, describe_step(steps[0], discourse)) if understood else None


def _without_verb(reader: Reader, discourse: Discourse) -> InstructionRefused:
    """The refusal of a clause that begins with no verb: a thing, a foreign language, or a verb that is not known."""
    rest = reader.said(reader.position, len(reader.tokens))
    if reader.sentence.rstrip().endswith("?"):
        return question()
    words = [token.word for token in reader.tokens if token.word[0].isalpha()]
    if 2 * sum(is_unknown(word) for word in words) > len(words) or words == [reader.word()]:
        return refusals.not_understood(reader.sentence)
    if is_unknown(reader.word()):
        return _meant(reader, discourse) or refusals.unknown_verb(reader.word())
    return refusals.no_verb(rest)


def _refuse_nesting(step: Step) -> None:
    """Refuse a thing that is told by another that is told by another, and so on."""
    if any(depth > MAX_NESTING for depth, _ in nested_phrases(step)):
        raise refusals.too_nested()


def _refuse_several(step: Step) -> None:
    """Refuse "all blocks" where only one thing makes sense: all can be put, pushed, sorted and built with, nothing else."""
    allowed: tuple[Phrase | None, ...] = ()
    match step:
        case Put(thing=thing) | Push(thing=thing):
            allowed = (thing,)
        case Sort(things=things, into=into):
            allowed = (things, into)
        case Build(things=(only,)):
            allowed = (only,)
    for phrase in phrases_of(step):
        if phrase.every and not any(phrase is each for each in allowed):
            raise refusals.several(phrase.text)


def _refuse_strange_pronouns(step: Step, discourse: Discourse) -> None:
    """Refuse "it" where nothing was spoken of before."""
    if discourse.topic is None:
        for phrase in phrases_of(step):
            if phrase.pronoun:
                raise refusals.no_antecedent(phrase.text)
