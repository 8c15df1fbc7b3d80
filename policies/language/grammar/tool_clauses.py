"""Clauses about the tool itself: where it goes, how far up or down, and what it points at."""

from policies.language.grammar import refusals
from policies.language.grammar.attachment import Located, Role, located_things, whole
from policies.language.grammar.clause_parts import ClauseParts
from policies.language.grammar.distances import read_distance
from policies.language.grammar.lexicon import HOMES, TOOLS
from policies.language.grammar.phrases import starts_phrase
from policies.language.grammar.places import read_things
from policies.language.grammar.verbs import Verb
from policies.language.program import GoHome, MoveTo, Place, PointAt, Relation, Step

AIMS = {"at", "to", "toward", "towards"}


class ToolClauses(ClauseParts):
    """What is said of the tool."""

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
        if (place := whole(self.places)).relation is Relation.ALONG:
            raise refusals.only_pushed(place.text)
        return (MoveTo(place=place),)

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

    def _home(self) -> tuple[Step, ...]:
        """Read nothing, or the arm that is sent home."""
        self.reader.accept(TOOLS)
        return (GoHome(),)

    def _tool_raised(self, direction: str) -> tuple[Step, ...]:
        """The tool's way up or down, by a distance if one was said, or to a place."""
        self.reader.accept({direction})
        start = self.reader.position
        offset_m = read_distance(self.reader)
        if offset_m is None and not self._ends() and not starts_phrase(self.reader):
            return self._tool_moved()
        text = self.reader.said(start) or direction
        return (MoveTo(place=Place(text=text, direction=direction, offset_m=offset_m)),)
