"""Clauses about what opens and shuts: drawers by their handles, and the fingers themselves."""

from dataclasses import replace

from policies.language.grammar import refusals
from policies.language.grammar.attachment import located_things
from policies.language.grammar.clause_parts import Things
from policies.language.grammar.constructions import BY_HAND, SHUT, WIDE
from policies.language.grammar.lexicon import TOOLS
from policies.language.grammar.places import read_things
from policies.language.grammar.tool_clauses import ToolClauses
from policies.language.program import SetDrawer, SetGripper, Step

FURNITURE = ("drawer", "cabinet", "handle")


class FurnitureClauses(ToolClauses):
    """What is said of drawers and fingers."""

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

    def _set_drawers(self, drawers: Things, opened: bool) -> tuple[Step, ...]:
        """A step for each drawer; its handle stands for it."""
        self.reader.accept(BY_HAND)
        named = [replace(each, shape="drawer") if each.shape == "handle" else each for each in drawers if each is not None]
        return tuple(SetDrawer(drawer=each, open=opened) for each in named)

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
