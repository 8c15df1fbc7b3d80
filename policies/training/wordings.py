"""Wordings: a demonstration's sentence taken apart into its words and the things that it names, to be said of others."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from policies.vla.names import names_in
from policies.vla.reference import refer, refer_alone
from policies.vla.stills import Still

NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Wording:
    """The words before, between and behind the things of a sentence."""

    parts: tuple[str, ...]

    @property
    def roles(self) -> int:
        """How many things it names."""
        return len(self.parts) - 1

    @property
    def number(self) -> int | None:
        """The one number that it says, such as 10 of "10 cm"; None if it says none, or several."""
        found = [int(each) for part in self.parts for each in NUMBER.findall(part)]
        return found[0] if len(found) == 1 else None

    def renumbered(self, number: int) -> "Wording":
        """The same with another number."""
        return Wording(tuple(NUMBER.sub(str(number), part) for part in self.parts))

    def said(self, names: Sequence[str]) -> str:
        """The sentence about things of these names."""
        return "".join(part for pair in zip(self.parts, [*names, ""], strict=True) for part in pair)

    def said_of(self, still: Still, cast: Mapping[int, int], random: np.random.Generator) -> str:
        """The sentence about the things that play some of its roles, the others played by any; empty if it can't be said."""
        rest = [int(thing) for thing in random.permutation(len(still.things)) if thing not in cast.values()]
        if len(rest) < self.roles - len(cast):
            return ""
        things = [cast[role] if role in cast else rest.pop() for role in range(self.roles)]
        names = [(refer if self.roles == 1 else refer_alone)(still, thing, random) for thing in things]
        return self.said(names) if all(names) else ""


def taken_apart(sentence: str, still: Still) -> tuple[Wording, list[int]]:
    """A sentence about a scene: its wording, and the things that it names, each the only one of its name there."""
    found = [(name, thing) for name in names_in(sentence) if (thing := name.means(still)) is not None]
    ends = [0, *(edge for name, _ in found for edge in (name.begin, name.end)), len(sentence)]
    parts = tuple(sentence[begin:end] for begin, end in zip(ends[::2], ends[1::2], strict=True))
    return Wording(parts), [thing for _, thing in found]
