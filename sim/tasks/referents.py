"""Which objects of a scene a phrase means, by the simulator's own knowledge."""

from dataclasses import dataclass, field

import numpy as np

from policies.language.program import Phrase, Place, Relation
from sim.objects import SceneObject
from sim.tasks.placement import misplaced
from sim.tasks.truth import Truth


@dataclass
class Mentions:
    """What has been spoken of so far, in order; "it" means the last, "the other" none of them."""

    things: list[SceneObject] = field(default_factory=list)


def referents(phrase: Phrase, truth: Truth, mentions: Mentions) -> tuple[SceneObject, ...]:
    """All objects that fit a phrase as things stand now; several if the words do not tell them apart.

    Nearest and farthest are counted from the robot's base; "small" and "large" mean the size's name, or, where
    no object of that name fits, the least and the greatest of those that do. Nothing fits unknown adjectives.
    """
    if phrase.pronoun:
        return tuple(mentions.things[-1:])
    fitting = [thing for thing in truth.scene.objects if phrase.shape in ("thing", thing.kind) and not phrase.unknown]
    if phrase.colour is not None:
        fitting = [thing for thing in fitting if thing.colour == phrase.colour]
    if phrase.other:
        spoken = {thing.name for thing in mentions.things}
        fitting = [thing for thing in fitting if thing.name not in spoken]
    if phrase.relation is Relation.AT and phrase.superlative is not None:
        return _by_distance(phrase, fitting, truth, mentions)
    if phrase.relation is not None:
        fitting = [thing for thing in fitting if _stands(phrase, thing, truth, mentions)]
    if phrase.size is not None:
        fitting = _of_size(phrase.size, fitting)
    if phrase.superlative is not None and fitting:
        fitting = [max(fitting, key=lambda thing: _how_much(phrase.superlative or "", thing, truth))]
    return tuple(fitting)


def _by_distance(phrase: Phrase, fitting: list[SceneObject], truth: Truth, mentions: Mentions) -> tuple[SceneObject, ...]:
    """What is nearest to the phrase's anchor, or farthest from it."""
    anchors = referents(phrase.anchors[0], truth, mentions) if phrase.anchors else ()
    others = [thing for thing in fitting if thing not in anchors[:1]]
    if not anchors or not others:
        return ()
    middle = truth.position(anchors[0])[:2]
    others.sort(key=lambda thing: float(np.linalg.norm(truth.position(thing)[:2] - middle)))
    return (others[-1 if phrase.superlative == "farthest" else 0],)


def _stands(phrase: Phrase, thing: SceneObject, truth: Truth, mentions: Mentions) -> bool:
    """Whether a thing stands to some of the phrase's anchors as the phrase says; sides hold at any distance."""
    assert phrase.relation is not None
    sides = (Relation.LEFT_OF, Relation.RIGHT_OF, Relation.BEHIND, Relation.IN_FRONT_OF)
    place = Place(text=phrase.text, relation=phrase.relation)
    firsts = referents(phrase.anchors[0], truth, mentions) if phrase.anchors else ()
    lasts = referents(phrase.anchors[-1], truth, mentions) if phrase.anchors else ()
    for first in firsts:
        for last in lasts:
            if thing in (first, last):
                continue
            here = truth.position(thing)
            if phrase.relation in sides:
                offset = (here - truth.position(first))[:2]
                far = Place(text="", relation=phrase.relation, offset_m=float(np.linalg.norm(offset)))
                if not misplaced(far, thing, (first,), truth, here):
                    return True
            elif not misplaced(place, thing, (first, last), truth, here):
                return True
    return False


def _of_size(size: str, fitting: list[SceneObject]) -> list[SceneObject]:
    """Those of a size by name; else the least or the greatest, if they differ."""
    wanted = "normal" if size == "medium" else size
    named = [thing for thing in fitting if thing.size == wanted]
    scales = {thing.scale for thing in fitting}
    if named or len(scales) < 2 or wanted == "normal":
        return named
    extreme = min(scales) if wanted == "small" else max(scales)
    return [thing for thing in fitting if thing.scale == extreme]


def _how_much(superlative: str, thing: SceneObject, truth: Truth) -> float:
    """How much a thing is what the superlative says; the greatest is meant."""
    x, y, _ = truth.position(thing)
    volume = thing.radius**2 * thing.half_height
    return {
        "leftmost": y,
        "rightmost": -y,
        "nearest": -float(np.hypot(x, y)),
        "farthest": float(np.hypot(x, y)),
        "smallest": -volume,
        "largest": volume,
        "tallest": thing.half_height,
        "shortest": -thing.half_height,
    }[superlative]
