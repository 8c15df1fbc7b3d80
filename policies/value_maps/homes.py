"""Homes: which container each of several things belongs into, and which of them lie in none."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from policies.grounding.grounder import Candidate
from policies.grounding.naming import number, plural
from policies.grounding.relations import holds
from policies.language.program import Relation
from robot.errors import InstructionRefused


def outside(things: Sequence[Candidate], containers: Sequence[Candidate]) -> list[Candidate]:
    """Those of the things that are in none of the containers."""
    return [each for each in things if not any(holds(Relation.IN, each, [inside]) for inside in containers)]


def of_few_shapes(things: Sequence[Candidate], most: int) -> list[Candidate]:
    """The things, with no more shapes among them than containers: the shape that is seen least surely is taken for another."""
    shapes = {each.shape for each in things}
    while len(shapes) > max(most, 1):
        loss = {shape: sum(_loss(each, shapes - {shape}) for each in things if each.shape == shape) for shape in shapes}
        shapes.remove(min(sorted(loss), key=lambda shape: loss[shape]))
        things = [each if each.shape in shapes else _as_one_of(each, shapes) for each in things]
    return list(things)


def assigned(
    loose: Sequence[Candidate], by: str, containers: Sequence[Candidate], sorted_already: Sequence[Candidate] = ()
) -> dict[str, Candidate]:
    """Which container each category of things belongs into.

    By colour the one of its own colour. Any other category goes where such things lie already, or else into the nearest
    container that no other category has.

    Raises:
        InstructionRefused: there are more categories than containers.
    """
    homes: dict[str, Candidate] = {}
    categories = {_category(each, by): each for each in reversed(loose)}
    for category in categories:
        alike = [each for each in containers if by == "colour" and each.colour == category]
        inside = [
            each
            for each in containers
            for one in sorted_already
            if _category(one, by) == category and holds(Relation.IN, one, [each])
        ]
        if alike or inside:
            homes[category] = (alike or inside)[0]
    for category, thing in categories.items():
        if category in homes:
            continue
        free = [each for each in containers if not any(each is home for home in homes.values())]
        if not free:
            raise InstructionRefused(
                f"I see {number(len(categories))} kinds ({', '.join(categories)}) and {number(len(containers))} "
                f"{plural(containers[0].shape)} to sort into; name what goes where."
            )
        homes[category] = min(free, key=lambda each: float(np.linalg.norm((each.box_base.pose - thing.box_base.pose)[:2, 3])))
    return homes


def nearest_category(thing: Candidate, by: str, homes: Mapping[str, Candidate]) -> str:
    """Its category, or of those that have a home the one whose shape fits it best.

    Raises:
        InstructionRefused: it has none.
    """
    category = _category(thing, by)
    if category not in homes and by == "shape":
        category = _as_one_of(thing, set(homes)).shape
    if category not in homes:
        raise InstructionRefused(f"I don't know where the {thing.description} belongs.")
    return category


def _category(thing: Candidate, by: str) -> str:
    """What a thing is sorted by; its size in steps of a centimetre."""
    if by == "size":
        return f"{round(100 * float(thing.box_base.size.max()))} cm"
    return thing.colour if by == "colour" else thing.shape


def _loss(thing: Candidate, shapes: set[str]) -> float:
    """How much worse the best of some shapes fits a thing than its own does."""
    return thing.shapes.get(thing.shape, 1.0) - max(thing.shapes.get(shape, 0.0) for shape in shapes)


def _as_one_of(thing: Candidate, shapes: set[str]) -> Candidate:
    """The thing as that of some shapes that fits it best."""
    return replace(thing, shape=max(sorted(shapes), key=lambda shape: thing.shapes.get(shape, 0.0)))
