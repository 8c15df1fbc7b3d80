"""What every clause is read with: the things and places that stand next, whatever the verb."""

from collections.abc import Sequence
from dataclasses import replace

from policies.language.grammar import refusals
from policies.language.grammar.attachment import Located, Role, destination, goal, located_things
from policies.language.grammar.constructions import SLIDING, TAILS
from policies.language.grammar.lexicon import HELD, RELATIONS
from policies.language.grammar.manners import read_manners, starts_manner
from policies.language.grammar.phrases import is_unknown, starts_phrase
from policies.language.grammar.places import OWNERS, PARTS, read_located, read_things
from policies.language.grammar.tokens import Reader
from policies.language.grammar.verbs import JOINTS, VERBS, Verb
from policies.language.program import Manner, Phrase, Place
from policies.language.references import Discourse

Things = Sequence[Phrase | None]
MAX_PLACES = 4


class ClauseParts:
    """A verb, the words after it, and what was said before: reads things and places."""

    def __init__(
        self, reader: Reader, verb: Verb, discourse: Discourse, early: list[Located], given: tuple[Phrase, ...] = ()
    ) -> None:
        """Stand just behind the verb; `early` are the places, and `given` the things, that were said before it."""
        self.reader = reader
        self.verb = verb
        self.discourse = discourse
        self.early = early
        self.given = given
        self.places: list[Located] = []
        self.manners: tuple[Manner, ...] = ()
        self.sliding = False
        self.offset_m: float | None = None

    def _things(self, *, elided: bool = False) -> Things:
        """The things that stand next; (None,) for what the gripper holds, said or left out."""
        if self.given:
            given, self.given = self.given, ()
            return given
        if self.reader.accept(HELD):
            return (None,)
        things = read_things(self.reader)
        if things:
            return things
        if elided or self.discourse.held is not None:
            return (None,)
        raise refusals.no_thing(self.verb)

    def _named_things(self) -> list[Phrase]:
        """The things that stand next, for verbs that do not act on what the gripper holds."""
        things = [each for each in self._things() if each is not None]
        if not things:
            raise refusals.no_thing(self.verb)
        return things

    def _one(self, things: Things) -> Phrase | None:
        """The only thing of a list; the gripper takes no second."""
        if len(things) > 1:
            first, second = (each.text if each else "it" for each in things[:2])
            raise refusals.two_at_once(first, second)
        return things[0]

    def _object_is_next(self) -> bool:
        """Whether words for a thing stand next, and none for a place."""
        return bool(self.given) or self.reader.length(HELD) > 0 or starts_phrase(self.reader) or is_unknown(self.reader.word())

    def _read_early_places(self) -> None:
        """Read the place of a thing that comes after it: "put in the bowl the red block"."""
        if not self._object_is_next():
            self._read_places()
            self.early, self.places = [*self.early, *self.places], []

    def _read_places(self) -> None:
        """Read all places that stand next, and the manners among them."""
        while True:
            self.manners += read_manners(self.reader)
            self.sliding = bool(self.reader.accept(SLIDING)) or self.sliding
            before = self.reader.position
            self.reader.accept({","})
            self.reader.accept(TAILS)
            after_comma = self.reader.position > before
            if (after_comma and not self.reader.length(RELATIONS)) or (located := read_located(self.reader)) is None:
                self.reader.position = before
                return
            self.places.append(located)
            if len(self.places) > MAX_PLACES:
                raise refusals.too_nested()

    def _ends_down(self, down: bool) -> None:
        """Let the thing be set down where it is if no other place was said."""
        if down and not self.places and not self.early:
            self.places = [Located(Place(text="down", direction="down"), Role.GOAL)]

    def _destination(self, thing: Phrase | None) -> tuple[Phrase | None, Place]:
        """The thing told by its places, and where it goes."""
        if self.early:
            return (None if thing is None else located_things(thing, self.places)), goal(self.early)
        told, place = destination(thing, self.places)
        if place is not None and self.offset_m is not None:
            place = replace(place, offset_m=self.offset_m)
        upon_its_own = place is not None and thing is not None and _is_part_of(thing, place.anchors)
        if place is None or upon_its_own or (place.direction == "back" and self.verb is Verb.PUT):
            raise refusals.no_place(self.verb, thing.text if thing else "")
        return told, place

    def _ends(self) -> bool:
        """Whether the clause is over."""
        reader = self.reader
        return reader.done or bool(reader.length(JOINTS)) or bool(reader.length(VERBS)) or starts_manner(reader)


def _is_part_of(thing: Phrase, anchors: Sequence[Phrase]) -> bool:
    """Whether a thing is fixed to what it should be put on or in, as a drawer is to its cabinet."""
    return thing.shape in PARTS and any(anchor.shape in OWNERS for anchor in anchors)
