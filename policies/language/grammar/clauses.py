"""From clauses to steps: each verb with its things and places."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from policies.language.grammar import refusals
from policies.language.grammar.attachment import Located, Role, located_things
from policies.language.grammar.clause_parts import Things
from policies.language.grammar.lexicon import HOMES, TOOLS
from policies.language.grammar.manners import read_manners, starts_manner
from policies.language.grammar.phrases import starts_phrase
from policies.language.grammar.places import read_things
from policies.language.grammar.sorting import read_containers, read_kind, read_matching
from policies.language.grammar.tool_clauses import ToolClauses
from policies.language.grammar.verbs import Verb
from policies.language.program import (
    Build,
    GoHome,
    MoveTo,
    Phrase,
    Pick,
    Place,
    Push,
    Put,
    Relation,
    SetDrawer,
    SetGripper,
    Sort,
    Step,
    Sweep,
)
from policies.language.references import Discourse

WIDE, SHUT = {"open", "out", "open again"}, {"shut", "closed", "in", "close", "shut again", "closed again"}
BY_HAND = {"by pushing", "by pushing it", "by pushing on it", "by pulling", "by pulling it", "by pulling on it", "with a push"}
FURNITURE = ("drawer", "cabinet")


class Clause(ToolClauses):
    """One verb with what belongs to it; reads the words and answers with steps."""

    def steps(self) -> tuple[Step, ...]:
        """What the clause asks for, in the manner that it says last."""
        steps, start = self._plain_steps(), self.reader.position
        manners = read_manners(self.reader)
        if not manners:
            return steps
        styled = tuple(replace(step, manners=manners) for step in steps if isinstance(step, Pick | Put | Push | MoveTo))
        if len(styled) < len(steps) or not steps:
            raise refusals.no_manner(self.reader.said(start))
        return styled

    def _plain_steps(self) -> tuple[Step, ...]:
        """What the clause asks for, in whatever manner."""
        readers: dict[Verb, Callable[[], tuple[Step, ...]]] = {
            Verb.PICK: self._pick, Verb.TAKE: self._take, Verb.PUT: self._put, Verb.MOVE: self._move, Verb.STACK: self._stack,
            Verb.PUSH: self._push, Verb.DROP: self._drop, Verb.RELEASE: self._drop, Verb.GO: self._go, Verb.BACK: self._back,
            Verb.POINT: self._point, Verb.SHOW: self._show, Verb.OPEN: self._open, Verb.CLOSE: self._close,
            Verb.HOME: self._home, Verb.RAISE: self._raise, Verb.LOWER: self._lower,
            Verb.SORT: self._sort, Verb.SWEEP: self._sweep, Verb.PYRAMID: self._pyramid,
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
        if (sorting := self._sorted(things)) is not None:
            return (sorting,)
        self._read_places()
        self._ends_down(down)
        return self._carried(things)

    def _sorted(self, things: Things) -> Step | None:
        """The sorting that "each block in the bin of the same colour" asks for; None if it is an ordinary transport."""
        every = things[0] if len(things) == 1 and not self.early else None
        matching = read_matching(self.reader) if every is not None and every.every else None
        return None if every is None or matching is None else Sort(things=every, by=matching[0], into=matching[1])

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
        if len(things) == 1 and (every := things[0]) is not None and every.every:
            if placed or self.discourse.held is not None:
                raise refusals.several(every.text)
            return (Build(form="tower", things=(every,)),)
        if len(things) < 2:
            return self._carried(things)
        if self.discourse.held is not None:
            raise refusals.two_at_once(self.discourse.held.text, things[-1].text if things[-1] else "")
        first = self._carried(things[:1]) if placed else ()
        pairs = pairwise(things)
        return first + tuple(Put(thing=upper, place=_on(lower)) for lower, upper in pairs if lower)

    def _push(self) -> tuple[Step, ...]:
        """Read "the block to the left"; "the drawer open" or "out the drawer"."""
        out = bool(self.reader.accept({"out", "open"}))
        self._read_early_places()
        *firsts, last = self._named_things()
        if last.shape in FURNITURE and (opened := out or self._opens_or_shuts()) is not None:
            return self._set_drawers((*firsts, last), opened)
        self._read_places()
        if not self.places and not self.early and starts_manner(self.reader):
            self.places = [Located(Place(text="somewhere", region="table"), Role.GOAL)]
        told, place = self._destination(last)
        things = (*firsts, told or last)
        if all(thing.shape == "crumbs" for thing in things):
            return tuple(Sweep(thing=thing, place=place) for thing in things)
        return tuple(Push(thing=thing, place=place) for thing in things)

    def _opens_or_shuts(self) -> bool | None:
        """Whether a drawer is pulled "open" or pushed "shut"; None if neither word stands next."""
        if self.reader.word() == "in" and self.reader.position + 1 < len(self.reader.tokens):
            return None  # "push the drawer in the corner"
        if self.reader.accept(WIDE):
            return True
        return False if self.reader.accept(SHUT) else None

    def _set_drawers(self, drawers: Sequence[Phrase], opened: bool) -> tuple[Step, ...]:
        """A step for each drawer."""
        self.reader.accept(BY_HAND)
        return tuple(SetDrawer(drawer=each, open=opened) for each in drawers)

    def _sort(self) -> tuple[Step, ...]:
        """Read "the blocks (by colour) (into the bins)"."""
        *firsts, things = self._named_things()
        if firsts or not things.every:
            raise refusals.several(things.text) if firsts else refusals.no_thing(self.verb)
        by, into = read_kind(self.reader), read_containers(self.reader)
        by = by or (into[0] if into else None) or read_kind(self.reader) or "colour"
        bins = Phrase(text="", shape="bin", every=True)
        return (Sort(things=things, by=by, into=into[1] if into else bins),)

    def _sweep(self) -> tuple[Step, ...]:
        """Read "the crumbs into the dustpan"."""
        self._read_early_places()
        *firsts, last = self._named_things()
        self._read_places()
        told, place = self._destination(last)
        return tuple(Sweep(thing=thing, place=place) for thing in (*firsts, told or last))

    def _pyramid(self) -> tuple[Step, ...]:
        """Read the three things."""
        start = self.reader.position
        things = tuple(self._named_things())
        if len(things) != 3 and not (len(things) == 1 and things[0].every and things[0].count in (None, 3)):
            raise refusals.not_three(self.reader.said(start))
        return (Build(form="pyramid", things=things),)

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
        if place.relation is Relation.ALONG:
            raise refusals.only_pushed(place.text)
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

    def _open(self) -> tuple[Step, ...]:
        """Read the gripper, nothing, or a drawer."""
        return self._fingers(opened=True)

    def _close(self) -> tuple[Step, ...]:
        """Read the gripper, nothing, or a drawer."""
        return self._fingers(opened=False)

    def _fingers(self, *, opened: bool) -> tuple[Step, ...]:
        """The step for the fingers or for drawers; nothing else opens or closes."""
        start = self.reader.position
        if not self.reader.accept(TOOLS) and not self._ends():
            drawers = read_things(self.reader)
            if drawers and all(each.shape in FURNITURE and not each.every for each in drawers):
                if not self.reader.length(BY_HAND):
                    self._read_places()
                return self._set_drawers((*drawers[:-1], located_things(drawers[-1], self.places)), opened)
            self.reader.position = start
            raise refusals.only_gripper(self.reader.said(self.reader.position - 1, self.reader.position + 3))
        self.reader.accept({"up"})
        return (SetGripper(open=opened),)

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


def _on(lower: Phrase) -> Place:
    """The place on top of a thing that was placed just before."""
    return Place(text=f"on {lower.text}", relation=Relation.ON, anchors=(replace(lower, indefinite=False),))
