"""The typed program that a sentence becomes: data, never code; whoever writes it, parser or language model.

"put the red block in the blue bowl, then go home"
→ Program(steps=(Put(thing=red block, relation=IN, anchors=(blue bowl,)), GoHome()))
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Relation(StrEnum):
    """How one thing stands to another, as seen by somebody who stands behind the robot and looks along its x axis.

    Left is +y in base, behind is farther from the robot (+x), in front of is nearer to it (-x).
    """

    IN = "in"
    ON = "on"
    LEFT_OF = "left of"
    RIGHT_OF = "right of"
    IN_FRONT_OF = "in front of"
    BEHIND = "behind"
    BETWEEN = "between"
    NEXT_TO = "next to"
    ABOVE = "above"
    AT = "at"
    ALONG = "along"


@dataclass(frozen=True, kw_only=True)
class Phrase:
    """Words for a thing: "the small red block left of the bowl".

    Attributes:
        text: the words as they were said.
        shape: canonical noun such as "block", "bowl", "bin", "drawer", "crumbs", "line"; "thing" if any will do.
        colour: canonical colour word or None.
        size: "small", "medium", "large" or None.
        superlative: "leftmost", "rightmost", "nearest", "farthest", "smallest", "largest", "tallest", "shortest",
            "topmost", "bottommost" or None.
        unknown: adjectives that the parser has no meaning for ("purplish", "wooden"); whoever looks for the thing
            says that it does not know them, or judges them by other means.
        relation: how it stands to the anchors, if that was said; AT only with a superlative: "nearest to the bowl".
        anchors: the things it stands in that relation to; two for BETWEEN.
        other: whether "the other", "another" was said: not one that was spoken of before.
        pronoun: whether it was "it", "that", "them": the thing spoken of last, see `references.antecedent`.
        indefinite: whether any one will do ("a red block", "any block").
        every: whether all that fit are meant, one after another ("all red blocks", "the blocks").
        count: how many they must then be, if that was said ("the three blocks"); None if not.
    """

    text: str
    shape: str = "thing"
    colour: str | None = None
    size: str | None = None
    superlative: str | None = None
    unknown: tuple[str, ...] = ()
    relation: Relation | None = None
    anchors: tuple["Phrase", ...] = ()
    other: bool = False
    pronoun: bool = False
    indefinite: bool = False
    every: bool = False
    count: int | None = None


@dataclass(frozen=True, kw_only=True)
class Place:
    """A place on the table or in the air, said by things, by a part of the table, or by an offset.

    Attributes:
        text: the words as they were said.
        relation: to the anchors; for a region alone AT, or ABOVE it in the air, or ALONG it: see `region`.
        anchors: none for a region or for an offset from where the tool or the thing is now; of ALONG a line on the table.
        region: "left", "right", "front", "back", "middle", two of them as "front left", the nearest "edge", or "table"
            for anywhere on it where there is room; of the table; or None. ALONG "left", "right", "front" or "back" is that
            edge, ALONG "middle" the line from front to back through the table's middle, ALONG "diagonal" the one from the
            front left to the back right.
        offset_m: distance for the relation, such as 0.1 in "10 cm to the left of"; None if not said.
        direction: with no anchors, where to: "left", "right", "forward", "back", "up", "down", a diagonal such as
            "forward left"; or None.
    """

    text: str
    relation: Relation = Relation.AT
    anchors: tuple[Phrase, ...] = ()
    region: str | None = None
    offset_m: float | None = None
    direction: str | None = None


@dataclass(frozen=True, kw_only=True)
class AtSpeed:
    """How fast the tool moves: so many times as fast as it normally would, everywhere, near a thing or over a region.

    Attributes:
        factor: of the normal speed; 1 is normal.
        near: only within `within_m` of this thing; None: everywhere, or in the region.
        within_m: from the thing's surface, m.
        region: only over this part of the table, named as in `Place`.
    """

    factor: float
    near: Phrase | None = None
    within_m: float | None = None
    region: str | None = None


@dataclass(frozen=True, kw_only=True)
class KeepAway:
    """What the tool, and what it moves, keeps away from: at least this far from the surface, m; None: as far as is usual."""

    things: tuple[Phrase, ...]
    at_least_m: float | None = None


@dataclass(frozen=True, kw_only=True)
class StayAt:
    """Where what moves stays on its way, once it is there: the tool, or of a push the thing: a region, or a side of a thing."""

    place: Place


Manner = AtSpeed | KeepAway | StayAt


@dataclass(frozen=True, kw_only=True)
class Pick:
    """Grasp a thing and lift it."""

    thing: Phrase
    manners: tuple[Manner, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Put:
    """Bring a thing to a place and let go; the thing is None if it is whatever the gripper holds."""

    thing: Phrase | None
    place: Place
    manners: tuple[Manner, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Push:
    """Slide a thing over the table to a place or along a line, without grasping it; to "table": a little way, anywhere."""

    thing: Phrase
    place: Place
    manners: tuple[Manner, ...] = ()


@dataclass(frozen=True, kw_only=True)
class MoveTo:
    """Bring the tool to a place, touching nothing."""

    place: Place
    manners: tuple[Manner, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PointAt:
    """Hold the closed fingers towards a thing, close by, without touching it."""

    thing: Phrase


@dataclass(frozen=True, kw_only=True)
class SetGripper:
    """Open or close the gripper where it is."""

    open: bool


@dataclass(frozen=True, kw_only=True)
class GoHome:
    """Return to the posture that the robot starts from."""


@dataclass(frozen=True, kw_only=True)
class SetDrawer:
    """Pull a drawer open, or push it shut."""

    drawer: Phrase
    open: bool


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """Push everything of a kind that lies strewn about, such as crumbs, to a place, with as many strokes as it takes."""

    thing: Phrase
    place: Place


@dataclass(frozen=True, kw_only=True)
class Sort:
    """Put each of several things into the container that is like it.

    Attributes:
        things: which.
        by: "colour": into the container of its own colour, if there is one; where there is none, and by "shape" or
            "size": things that are alike together, into what holds such already or the nearest that holds nothing else.
        into: which containers.
    """

    things: Phrase
    by: str
    into: Phrase


@dataclass(frozen=True, kw_only=True)
class Build:
    """Build a "pyramid" of three things, two side by side and the last on both, or a "tower" from the first thing up."""

    form: str
    things: tuple[Phrase, ...]


Step = Pick | Put | Push | MoveTo | PointAt | SetGripper | GoHome | SetDrawer | Sweep | Sort | Build


@dataclass(frozen=True, kw_only=True)
class Program:
    """What a sentence asks for, in order.

    Attributes:
        text: the sentence.
        steps: at least one.
    """

    text: str
    steps: tuple[Step, ...]


class Parser(Protocol):
    """Turns a sentence into a program; `tests/contracts/parser_contract.py` is the test that every parser runs."""

    def parse(self, sentence: str) -> Program:
        """The program for a sentence in plain language; deterministic; looks at words only, never at the scene.

        Raises:
            InstructionRefused: not a sentence, or not one it understands; says what it did understand and what
                can be said instead.
        """
        ...
