"""From clauses to steps: each verb with its things and places."""

from collections.abc import Callable
from dataclasses import replace

from policies.language.grammar import refusals
from policies.language.grammar.attachment import Located, Role, located_things
from policies.language.grammar.buildings import (
    read_counted_base,
    read_into_form,
)
from policies.language.grammar.clause_parts import Things
from policies.language.grammar.collective_clauses import CollectiveClauses
from policies.language.grammar.constructions import SLIDING
from policies.language.grammar.lexicon import HOMES, TOOLS
from policies.language.grammar.manners import read_manners
from policies.language.grammar.phrases import starts_phrase
from policies.language.grammar.sorting import read_kinds
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
    SetGripper,
    Step,
    Sweep,
)
from policies.language.references import Discourse


class Clause(CollectiveClauses):
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
        match step:
            case (
                Put(thing=Phrase(shape="crumbs") as crumbs, place=place)
                | Push(thing=Phrase(shape="crumbs") as crumbs, place=place)
            ):
                return Sweep(thing=replace(crumbs, every=False), place=place)
        return step

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

    def _move(self) -> tuple[Step, ...]:
        """Read a place for the tool, or a thing and its place."""
        if self.reader.accept(HOMES):
            return (GoHome(),)
        if self.reader.accept(TOOLS) or not self._object_is_next():
            return self._tool_moved()
        return self._put()

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
