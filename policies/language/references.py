"""Which thing "it" is: what was spoken of last, and what the gripper holds, as a program goes on."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from policies.language.program import (
    Build,
    MoveTo,
    Phrase,
    Pick,
    PointAt,
    Program,
    Push,
    Put,
    SetDrawer,
    SetGripper,
    Sort,
    Step,
    Sweep,
)


@dataclass(frozen=True)
class Discourse:
    """What was said up to a step.

    Attributes:
        topic: the thing spoken of last: what was acted on, or what the tool was moved to; None if nothing was.
        held: what the gripper holds by then, None if nothing was picked up.
    """

    topic: Phrase | None = None
    held: Phrase | None = None

    def after(self, step: Step) -> "Discourse":
        """What was said once a step is added."""
        match step:
            case Pick(thing=thing):
                held = self._named(thing)
                return Discourse(topic=held, held=held)
            case Put(thing=None):
                return Discourse(topic=self.held or self.topic)
            case Put(thing=thing):
                return Discourse(topic=self._named(thing))
            case Push(thing=thing) | PointAt(thing=thing):
                return replace(self, topic=self._named(thing))
            case MoveTo(place=place) if place.anchors:
                return replace(self, topic=self._named(place.anchors[0]))
            case SetDrawer(drawer=thing) | Sweep(thing=thing) | Sort(things=thing) | Build(things=(*_, thing)):
                return replace(self, topic=self._named(thing))
            case SetGripper(open=True):
                return Discourse(topic=self.topic or self.held)
        return self

    def _named(self, thing: Phrase | None) -> Phrase | None:
        """The thing by name: the topic, if it was said with a pronoun."""
        return self.topic if thing is not None and thing.pronoun else thing

    def holds(self, thing: Phrase) -> bool:
        """Whether these words mean what the gripper holds: "it", or a definite phrase that says no more than its name."""
        if self.held is None or thing.other or thing.indefinite or thing.every:
            return False
        said = [name for name in ("colour", "size", "superlative", "relation", "unknown", "anchors") if getattr(thing, name)]
        said += ["shape"] if thing.shape != "thing" else []
        return thing.pronoun or all(plain(getattr(thing, name)) == plain(getattr(self.held, name)) for name in said)


def plain(value: Any) -> Any:
    """A step, phrase or place, or a tuple of them, without the words it was said in: what means the same is equal."""
    if isinstance(value, tuple):
        return tuple(plain(each) for each in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    return replace(
        value, **{each.name: "" if each.name == "text" else plain(getattr(value, each.name)) for each in fields(value)}
    )


def nested_phrases(value: Any, depth: int = 0) -> Iterator[tuple[int, Phrase]]:
    """All phrases in a step, a place or a phrase, with how many phrases each one stands within."""
    if isinstance(value, Phrase):
        yield depth, value
        depth += 1
    if is_dataclass(value):
        value = tuple(getattr(value, each.name) for each in fields(value))
    for part in value if isinstance(value, tuple) else ():
        yield from nested_phrases(part, depth)


def phrases_of(value: Any) -> Iterator[Phrase]:
    """All phrases in a step, a place or a phrase, however deep."""
    return (phrase for _, phrase in nested_phrases(value))


def antecedent(program: Program, index: int) -> Phrase | None:
    """The thing that a pronoun in step `index` stands for, by its name; None if nothing was spoken of before."""
    discourse = Discourse()
    for step in program.steps[:index]:
        discourse = discourse.after(step)
    return discourse.topic
