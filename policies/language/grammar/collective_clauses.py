"""Clauses about several things at once: what is stacked, built, sorted, swept, or put side by side."""

from dataclasses import replace

from policies.language.grammar import refusals
from policies.language.grammar.attachment import Located, Role
from policies.language.grammar.buildings import read_building, read_form, read_into_form, read_on_both, side_by_side
from policies.language.grammar.clause_parts import Things
from policies.language.grammar.constructions import SIDES, SWEPT
from policies.language.grammar.furniture_clauses import FurnitureClauses
from policies.language.grammar.places import read_things
from policies.language.grammar.sorting import BINS, read_containers, read_kind, read_kinds, read_matching, read_outcome
from policies.language.program import Build, Phrase, Place, Relation, Sort, Step, Sweep
from robot.errors import InstructionRefused


class CollectiveClauses(FurnitureClauses):
    """What is said of several things."""

    def _put(self) -> tuple[Step, ...]:
        """Read what is put where."""
        raise NotImplementedError

    def _carried(self, things: Things) -> tuple[Step, ...]:
        """The transport of each thing."""
        raise NotImplementedError

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

    def _arranged(self, things: Things, matching: bool = True) -> tuple[Step, ...] | None:
        """What "into a pyramid", "side by side", "in the bin of the same colour" ask for; None if none stands next."""
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
