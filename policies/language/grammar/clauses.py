"""From clauses to steps: each verb with its things and places."""

from collections.abc import Callable
from dataclasses import replace

from policies.language.grammar import refusals
from policies.language.grammar.attachment import Located, Role, located_things
from policies.language.grammar.buildings import (
    read_building,
    read_counted_base,
    read_form,
    read_into_form,
    read_on_both,
    side_by_side,
)
from policies.language.grammar.clause_parts import Things
from policies.language.grammar.constructions import BY_HAND, SHUT, SIDES, SLIDING, SWEPT, WIDE
from policies.language.grammar.lexicon import HOMES, TOOLS
from policies.language.grammar.manners import read_manners
from policies.language.grammar.phrases import starts_phrase
from policies.language.grammar.places import read_things
from policies.language.grammar.sorting import BINS, read_containers, read_kind, read_kinds, read_matching, read_outcome
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
from robot.errors import InstructionRefused

FURNITURE = ("drawer", "cabinet", "handle")


class Clause(ToolClauses):
    """One verb with what belongs to it; reads the words and answers with steps."""

    def steps(self) -> tuple[Step, ...]:
        """What the clause asks for, in the manner that it says last."""
        steps, start = self._plain_steps(), self.reader.position
        if self.reader.accept(SLIDING) or self.sliding:
            steps = tuple(self._slid(step) for step in steps)
        steps = tuple(self._swept(step) for step in steps)
        if steps and isinstance(steps[-1], Build):
            read_into_form(self.reader)
        manners = self.manners + read_manners(self.reader)
        if not manners:
            return steps
        styled = tuple(replace(step, manners=manners) for step in steps if isinstance(step, Pick | Put | Push | MoveTo))
        if len(styled) < len(steps) or not steps:
            raise refusals.no_manner(self.reader.said(start) or self.reader.sentence)
        return styled

    def _plain_steps(self) -> tuple[Step, ...]:
        """What the clause asks for, in whatever manner."""
        readers: dict[Verb, Callable[[], tuple[Step, ...]]] = {
            Verb.PICK: self._pick, Verb.PUT: self._put, Verb.MOVE: self._move, Verb.STACK: self._stack, Verb.BUILD: self._build,
            Verb.PUSH: self._push, Verb.PULL: self._push, Verb.DROP: self._drop, Verb.RELEASE: self._drop, Verb.GO: self._go,
            Verb.BACK: self._back, Verb.POINT: self._point, Verb.SHOW: self._show, Verb.OPEN: self._open,
            Verb.CLOSE: self._close, Verb.HOME: self._home, Verb.RAISE: self._raise, Verb.LOWER: self._lower,
            Verb.SORT: self._sort, Verb.SWEEP: self._sweep, Verb.FILL: self._fill,
        }  # fmt: skip
        return readers[self.verb]()

    def _slid(self, step: Step) -> Step:
        """The same, but on the table: what was told by "without lifting it"."""
        return Push(thing=step.thing, place=step.place) if isinstance(step, Put) and step.thing is not None else step

    def _swept(self, step: Step) -> Step:
        """Crumbs are swept, whatever the verb."""
        crumbs = isinstance(step, Put | Push) and step.thing is not None and step.thing.shape == "crumbs"
        return Sweep(thing=replace(step.thing, every=False), place=step.place) if crumbs else step

    def _pick(self) -> tuple[Step, ...]:
        """Read "(up) the block from the plate (up)", a grasp, or "the block to the plate", a transport."""
        self.reader.accept({"up"})
        things = self._things()
        self.reader.accept({"up", "up high", "into the air"})
        if (opened := self._opens_or_shuts(things)) is not None:
            return self._set_drawers(things, opened)
        self._read_tool(things)
        self._read_places()
        crumbs = any(each is not None and each.shape == "crumbs" for each in things) and bool(self.places)
        goal = crumbs or any(each.role is Role.GOAL for each in self.places)
        return self._carried(things) if goal else self._picked(things)

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

    def _put(self) -> tuple[Step, ...]:
        """Read "(down) the block in the bowl (down)", or "in the bowl the block"."""
        if self.reader.accept(TOOLS):
            return self._tool_moved()
        down = bool(self.reader.accept({"down", "back down"}))
        if (pyramid := read_counted_base(self.reader)) is not None:
            return pyramid
        if (kinds := read_kinds(self.reader)) is not None:
            return (kinds,)
        self._read_early_places()
        things = self._things(elided=down)
        if (opened := self._opens_or_shuts(things)) is not None:
            return self._set_drawers(things, opened)
        if (special := self._arranged(things)) is not None:
            return special
        self._read_tool(things)
        self._read_places()
        self._ends_down(down)
        return self._carried(things)

    def _arranged(self, things: Things, matching: bool = True) -> tuple[Step, ...] | None:
        """What "into a pyramid", "side by side" or "in the bin of the same colour" asks for; None if none of them stands next."""
        named = tuple(each for each in things if each is not None)
        if named and (form := read_into_form(self.reader)):
            return read_building(self.reader, form, named)
        if len(named) > 1 and self.reader.accept(SIDES):
            return read_on_both(self.reader, named) or side_by_side(named)
        every = named[0] if len(named) == 1 and not self.early and named[0].every else None
        alike = None if every is None or not matching else read_matching(self.reader)
        if every is None or alike is None:
            return None
        read_outcome(self.reader)
        return (Sort(things=every, by=alike[0], into=alike[1]),)

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
        if (special := self._arranged(things)) is not None:
            return special
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
        return first + read_building(self.reader, "tower", tuple(each for each in things if each is not None))

    def _build(self) -> tuple[Step, ...]:
        """Read "a tower of the red and the blue block", or "the three blocks into a pyramid"."""
        self.reader.accept({"me", "us", "up"})
        if (form := read_form(self.reader)) is not None:
            return read_building(self.reader, form, self.given)
        start = self.reader.position
        if (special := self._arranged(self._things())) is not None:
            return special
        raise refusals.not_three(self.reader.said(start))

    def _fill(self) -> tuple[Step, ...]:
        """Read "the bowl with the red block"."""
        start = self.reader.position
        into = self._one(self._things())
        self.reader.accept({"up"})
        if into is None or not self.reader.accept({"with", "using"}):
            raise refusals.no_place(self.verb, into.text if into else "")
        text = self.reader.said(start, self.reader.position - 1)
        self.places = [Located(Place(text=f"in {text}", relation=Relation.IN, anchors=(into,)), Role.GOAL)]
        return self._carried(self._things())

    def _push(self) -> tuple[Step, ...]:
        """Read "the block to the left"; "the drawer open" or "out the drawer"."""
        pulled = self.verb is Verb.PULL or None
        opened = True if self.reader.accept({"out", "open"}) else self._pushes_in()
        if not self.given:
            self._read_early_places()
        *firsts, last = self._named_things()
        if self._are_furniture((*firsts, last)):
            said = self._opens_or_shuts((*firsts, last))
            opened = said if opened is None else opened
            if opened is not None or pulled:
                return self._set_drawers((*firsts, last), True if opened is None else opened)
        if (special := self._arranged((*firsts, last))) is not None:
            return special
        self._read_places()
        if not self.places and not self.early and self.manners:
            self.places = [Located(Place(text="somewhere", region="table"), Role.GOAL)]
        told, place = self._destination(last)
        return tuple(Push(thing=thing, place=place) for thing in (*firsts, told or last))

    def _pushes_in(self) -> bool | None:
        """False for "(push) in the drawer"; None if something else stands next."""
        start = self.reader.position
        if self.reader.accept({"in", "shut", "closed"}):
            things = read_things(self.reader)
            if self._are_furniture(things) and self._ends():
                self.given = things
                return False
        self.reader.position = start
        return None

    def _are_furniture(self, things: Things) -> bool:
        """Whether all of these open and shut."""
        return bool(things) and all(each is not None and each.shape in FURNITURE and not each.every for each in things)

    def _opens_or_shuts(self, things: Things) -> bool | None:
        """Whether a drawer is to be "open" or "shut"; None if neither word stands next, or these are no drawers."""
        if not self._are_furniture(things):
            return None
        start = self.reader.position
        opened = True if self.reader.accept(WIDE) else False if self.reader.accept(SHUT) else None
        if opened is not None and (self._ends() or self.reader.length(BY_HAND)):
            return opened
        self.reader.position = start  # "push the drawer in the corner"
        return None

    def _set_drawers(self, drawers: Things, opened: bool) -> tuple[Step, ...]:
        """A step for each drawer; its handle stands for it."""
        self.reader.accept(BY_HAND)
        named = [replace(each, shape="drawer") if each.shape == "handle" else each for each in drawers if each is not None]
        return tuple(SetDrawer(drawer=each, open=opened) for each in named)

    def _sort(self) -> tuple[Step, ...]:
        """Read "the blocks (by colour) (into the bins)"; "the blocks into the red bin" is an ordinary transport."""
        if (kinds := read_kinds(self.reader)) is not None:
            return (kinds,)
        self.reader.accept({":"})
        start = self.reader.position
        *firsts, things = self._named_things()
        if (special := self._arranged((*firsts, things), matching=False)) is not None:
            return special
        by = read_kind(self.reader)
        if not firsts and things.every and (by or not self._is_transport()):
            into = read_containers(self.reader)
            by = by or (into[0] if into else None) or read_kind(self.reader) or "colour"
            read_outcome(self.reader)
            return (Sort(things=things, by=by, into=into[1] if into else BINS),)
        self.reader.position, self.given = start, self.given
        try:
            return self._put()
        except InstructionRefused:
            raise refusals.several(things.text) if firsts else refusals.no_thing(self.verb) from None

    def _is_transport(self) -> bool:
        """Whether one certain container stands next, and nothing that says what sorting goes by."""
        start = self.reader.position
        into = read_containers(self.reader)
        plain = into is not None and not into[2] and read_kind(self.reader) is None
        self.reader.position = start
        return plain

    def _sweep(self) -> tuple[Step, ...]:
        """Read "the crumbs into the dustpan", or "the crumbs with the dustpan"."""
        self._read_early_places()
        if self.reader.accept(SWEPT):
            self.given = (Phrase(text="", shape="crumbs"),)
        *firsts, last = self._named_things()
        self._read_tool((*firsts, last))
        self._read_places()
        told, place = self._destination(last)
        return tuple(Sweep(thing=replace(thing, every=False), place=place) for thing in (*firsts, told or last))

    def _read_tool(self, things: Things) -> None:
        """Read "(the crumbs) with the dustpan": they go into it."""
        swept = all(each is not None and each.shape == "crumbs" for each in things)
        if swept and self.reader.accept({"with", "using", "with the help of"}) and (tool := read_things(self.reader)):
            self.places = [Located(Place(text=f"into {tool[0].text}", relation=Relation.IN, anchors=tool[:1]), Role.GOAL)]

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
        if len(place.anchors) == 2 and place.relation is Relation.ON and last is not None and not firsts:
            return (Build(form="pyramid", things=(*place.anchors, last)),)
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
        if self.given or (not self.reader.accept(TOOLS) and not self._ends()):
            drawers = self.given or read_things(self.reader)
            if self._are_furniture(drawers):
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
