"""From clauses to steps: each verb with its things and places."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from policies.language.grammar import refusals
from policies.language.grammar.attachment import Located, Role, destination, goal, located_things, whole
from policies.language.grammar.distances import read_distance
from policies.language.grammar.lexicon import HELD, HOMES, RELATIONS, TOOLS
from policies.language.grammar.phrases import is_unknown, starts_phrase
from policies.language.grammar.places import read_located, read_things
from policies.language.grammar.tokens import Reader
from policies.language.grammar.verbs import JOINTS, VERBS, Verb
from policies.language.program import GoHome, MoveTo, Phrase, Pick, Place, PointAt, Push, Put, Relation, SetGripper, Step
from policies.language.references import Discourse

Things = Sequence[Phrase | None]
MAX_PLACES = 4
AIMS = {"at", "to", "toward", "towards"}


class Clause:
    """One verb with what belongs to it; reads the words and answers with steps."""

    def __init__(self, reader: Reader, verb: Verb, discourse: Discourse, early: list[Located]) -> None:
        """Stand just behind the verb; `early` are the places that were said before it."""
        self.reader = reader
        self.verb = verb
        self.discourse = discourse
        self.early = early
        self.places: list[Located] = []

    def steps(self) -> tuple[Step, ...]:
        """What the clause asks for."""
        readers: dict[Verb, Callable[[], tuple[Step, ...]]] = {
            Verb.PICK: self._pick, Verb.TAKE: self._take, Verb.PUT: self._put, Verb.MOVE: self._move, Verb.STACK: self._stack,
            Verb.PUSH: self._push, Verb.DROP: self._drop, Verb.RELEASE: self._drop, Verb.GO: self._go, Verb.BACK: self._back,
            Verb.POINT: self._point, Verb.SHOW: self._show, Verb.OPEN: self._open, Verb.CLOSE: self._close,
            Verb.HOME: self._home, Verb.RAISE: self._raise, Verb.LOWER: self._lower,
        }  # fmt: skip
        return readers[self.verb]()

    def _pick(self) -> tuple[Step, ...]:
        """Read "(up) the red block on the plate (up)"."""
        self.reader.accept({"up"})
        things = self._things()
        self.reader.accept({"up"})
        self._read_places()
        return self._picked(things)

    def _picked(self, things: Things) -> tuple[Step, ...]:
        """The grasp of one thing, told by all places that were said."""
        thing = self._one(things)
        if thing is None:
            return ()  # what the gripper holds is picked already
        thing = located_things(thing, self.places)
        if self.discourse.holds(thing):
            return ()
        if self.discourse.held is not None:
            raise refusals.two_at_once(self.discourse.held.text, thing.text)
        return (Pick(thing=thing),)

    def _take(self) -> tuple[Step, ...]:
        """Read "the block from the plate", a grasp, or "the block to the plate", a transport."""
        self.reader.accept({"up"})
        things = self._things()
        self._read_places()
        return self._carried(things) if any(each.role is Role.GOAL for each in self.places) else self._picked(things)

    def _put(self) -> tuple[Step, ...]:
        """Read "(down) the block in the bowl (down)", or "in the bowl the block"."""
        if self.reader.accept(TOOLS):
            return self._tool_moved()
        down = bool(self.reader.accept({"down", "back down"}))
        self._read_early_places()
        things = self._things(elided=down)
        self._read_places()
        self._ends_down(down)
        return self._carried(things)

    def _move(self) -> tuple[Step, ...]:
        """Read a place for the tool, or a thing and its place."""
        if self.reader.accept(HOMES):
            return (GoHome(),)
        if self.reader.accept(TOOLS) or not self._object_is_next():
            return self._tool_moved()
        return self._put()

    def _stack(self) -> tuple[Step, ...]:
        """Read "A on B", or "A, B and C" from the bottom up."""
        self._read_early_places()
        things = self._things()
        self._read_places()
        placed = bool(self.places or self.early)
        if len(things) < 2:
            return self._carried(things)
        if self.discourse.held is not None:
            raise refusals.two_at_once(self.discourse.held.text, things[-1].text if things[-1] else "")
        first = self._carried(things[:1]) if placed else ()
        pairs = pairwise(things)
        return first + tuple(Put(thing=upper, place=_on(lower)) for lower, upper in pairs if lower)

    def _push(self) -> tuple[Step, ...]:
        """Read "the block to the left"."""
        self._read_early_places()
        *firsts, last = self._named_things()
        self._read_places()
        told, place = self._destination(last)
        return tuple(Push(thing=thing, place=place) for thing in (*firsts, told or last))

    def _drop(self) -> tuple[Step, ...]:
        """Read "it" to let go, "it in the bowl" to bring it there first."""
        self.reader.accept(TOOLS)
        things = self._things(elided=True)
        self.reader.accept({"go", "loose", "down", "go of"})
        self._read_places()
        return self._carried(things) if self.places or self.early else (SetGripper(open=True),)

    def _carried(self, things: Things) -> tuple[Step, ...]:
        """The transport of each thing to the place that was said last."""
        *firsts, last = things
        last, place = self._destination(last)
        if len(things) > 1 and self.discourse.held is not None:
            raise refusals.two_at_once(self.discourse.held.text, things[-1].text if things[-1] else "")
        return tuple(Put(thing=self._in_hand(thing, self.discourse), place=place) for thing in (*firsts, last))

    def _in_hand(self, thing: Phrase | None, discourse: Discourse) -> Phrase | None:
        """None for what the gripper holds, or for "it" where nothing was spoken of; else the thing."""
        if thing is None or discourse.holds(thing) or (thing.pronoun and discourse.topic is None):
            return None
        if discourse.held is not None:
            raise refusals.two_at_once(discourse.held.text, thing.text)
        return thing

    def _go(self) -> tuple[Step, ...]:
        """Read home, or a place for the tool."""
        return (GoHome(),) if self.reader.accept(HOMES) else self._tool_moved()

    def _back(self) -> tuple[Step, ...]:
        """Read nothing or home; or a place for the tool; or a thing that is to be returned there."""
        if self.reader.accept(HOMES) or self._ends():
            return (GoHome(),)
        return self._put() if starts_phrase(self.reader) else self._tool_moved()

    def _tool_moved(self) -> tuple[Step, ...]:
        """Read where the tool goes: home, a place, or a thing to reach."""
        self.reader.accept(TOOLS)
        if self.reader.accept(HOMES):
            return (GoHome(),)
        start = self.reader.position
        self._read_places()
        if not self.places and (thing := read_things(self.reader)):
            self.places = [Located(Place(text=self.reader.said(start), anchors=thing[:1]), Role.GOAL)]
            self._read_places()
            if len(thing) > 1:
                raise refusals.several(self.reader.said(start))
        if not self.places:
            raise refusals.no_place(self.verb, "the gripper" if self.verb is not Verb.GO else "")
        return (MoveTo(place=whole(self.places)),)

    def _point(self) -> tuple[Step, ...]:
        """Read "(the gripper) (at) the block"."""
        tool = self.reader.length(TOOLS)
        if self.reader.word(tool) in AIMS:
            self.reader.position += tool + 1
        *firsts, last = self._named_things()
        self._read_places()
        return tuple(PointAt(thing=thing) for thing in (*firsts, located_things(last, self.places)))

    def _show(self) -> tuple[Step, ...]:
        """Read "(where) the block (is)"."""
        self.reader.accept({"where"})
        steps = self._point()
        self.reader.accept({"is", "are"})
        return steps

    def _open(self) -> tuple[Step, ...]:
        """Read the gripper or nothing."""
        return self._fingers(opened=True)

    def _close(self) -> tuple[Step, ...]:
        """Read the gripper or nothing."""
        return self._fingers(opened=False)

    def _fingers(self, *, opened: bool) -> tuple[Step, ...]:
        """The step for the fingers; nothing else opens or closes."""
        if not self.reader.accept(TOOLS) and not self._ends():
            raise refusals.only_gripper(self.reader.said(self.reader.position - 1, self.reader.position + 3))
        self.reader.accept({"up"})
        return (SetGripper(open=opened),)

    def _home(self) -> tuple[Step, ...]:
        """Read nothing, or the arm that is sent home."""
        self.reader.accept(TOOLS)
        return (GoHome(),)

    def _raise(self) -> tuple[Step, ...]:
        """Read the tool and how far, or a thing to lift."""
        if self.reader.accept(TOOLS) or self._ends():
            return self._tool_raised("up")
        return self._pick()

    def _lower(self) -> tuple[Step, ...]:
        """Read the tool and how far, or a thing to set down."""
        if self.reader.accept(TOOLS) or self._ends():
            return self._tool_raised("down")
        things = self._things()
        self._read_places()
        self._ends_down(True)
        return self._carried(things)

    def _tool_raised(self, direction: str) -> tuple[Step, ...]:
        """The tool's way up or down, by a distance if one was said, or to a place."""
        self.reader.accept({direction})
        start = self.reader.position
        offset_m = read_distance(self.reader)
        if offset_m is None and not self._ends() and not starts_phrase(self.reader):
            return self._tool_moved()
        text = self.reader.said(start) or direction
        return (MoveTo(place=Place(text=text, direction=direction, offset_m=offset_m)),)

    def _things(self, *, elided: bool = False) -> Things:
        """The things that stand next; (None,) for what the gripper holds, said or left out."""
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
        return self.reader.length(HELD) > 0 or starts_phrase(self.reader) or is_unknown(self.reader.word())

    def _read_early_places(self) -> None:
        """Read the place of a thing that comes after it: "put in the bowl the red block"."""
        if not self._object_is_next():
            self._read_places()
            self.early, self.places = [*self.early, *self.places], []

    def _read_places(self) -> None:
        """Read all places that stand next."""
        while True:
            before = self.reader.position
            self.reader.accept({","})
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
        if place is None or (place.direction == "back" and self.verb is Verb.PUT):
            raise refusals.no_place(self.verb, thing.text if thing else "")
        return told, place

    def _ends(self) -> bool:
        """Whether the clause is over."""
        return self.reader.done or bool(self.reader.length(JOINTS)) or bool(self.reader.length(VERBS))


def _on(lower: Phrase) -> Place:
    """The place on top of a thing that was placed just before."""
    return Place(text=f"on {lower.text}", relation=Relation.ON, anchors=(replace(lower, indefinite=False),))
