"""pick: take the one thing that its colour, shape, size or place tells from all others."""

from dataclasses import replace

import numpy as np

from policies.language.program import Relation
from sim.layout import ObjectConfig
from sim.scene import Scene, SceneConfig
from sim.tasks.cast import Cast, CastFamily
from sim.tasks.elbowroom import Disc, gap_at
from sim.tasks.family import Episode, Script
from sim.tasks.goals import Picked
from sim.tasks.meaning import errand
from sim.tasks.placement import SIDES
from sim.tasks.scripts import Hand
from sim.tasks.spots import LEAST, on_table
from sim.tasks.wording import load_words
from sim.world import World

TOLD_BY = ("colour", "shape", "size", "relation")
THINGS = ("block", "can", "ball", "mug")
ANCHORS = ("bowl", "plate", "can", "mug")


def _attempt(cast: Cast) -> Episode | None:
    """A thing among two to five others that share all but what tells it.

    Success: it is at least 3 cm above where it lay and every finger presses on it (`goals.Picked`).
    """
    told_by = cast.one(TOLD_BY)
    match told_by:
        case "colour":
            thing = cast.draw(*THINGS)
            words = cast.name(thing)
            for _ in range(2):
                cast.draw(thing.kind)
        case "shape":
            thing = cast.draw(*THINGS)
            words = cast.noun(thing.kind)
            others = [kind for kind in cast.kinds(*THINGS, "bowl", "plate") if kind != thing.kind]
            for kind in cast.random.permutation(others)[:2]:
                cast.draw(str(kind), colour=thing.colour)
        case "size":
            size = cast.one(("large",) if cast.split.attributes == "seen" else ("small", "large"))
            thing = cast.draw("block", size=size)
            words = f"{cast.noun(size)} {cast.name(thing)}"
            cast.twin(thing, size="normal" if size == "large" else "large")
        case _:
            return _by_relation(cast)
    cast.crowd(1, 2, *(kind for kind in (*THINGS, "bowl", "plate") if told_by != "shape" or kind != thing.kind))
    return _episode(cast, cast.laid(), words)


def _by_relation(cast: Cast) -> Episode | None:
    """The one of two twins that stands to a third thing as the words say; the other is not on that side of it."""
    random = cast.random
    thing, anchor = cast.draw("block", "can"), cast.draw(*ANCHORS)
    twin = cast.twin(thing)
    relation = cast.relation()
    words = f"{cast.name(thing)} {cast.say(load_words('relations')[relation])} the {cast.name(anchor)}"
    placed = replace(cast.laid([anchor]).objects[0])
    middle = np.array([placed.x, placed.y])
    there = [middle + _turned(SIDES[Relation(relation)], random, spread) * random.uniform(0.14, 0.22)
             for spread in ((-0.4, 0.4), (np.pi / 2 + 0.3, 3 * np.pi / 2 - 0.3))]  # fmt: skip
    things = [_at(thing, there[0], random), placed, _at(twin, there[1], random)]
    discs = [Disc.lying(each) for each in things]
    apart = all(gap_at(disc.xy, disc.radius, [o for o in discs if o is not disc]) > LEAST for disc in discs)
    if not apart or not on_table(np.array(there)).all():
        return None
    cast.things = things
    cast.crowd(0, 2, *THINGS)
    return _episode(cast, cast.laid(), words)


def _turned(direction: np.ndarray, random: np.random.Generator, spread: tuple[float, float]) -> np.ndarray:
    """A direction (2,), turned by an angle between two, rad."""
    angle = random.uniform(*spread)
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s], [s, c]]) @ direction


def _at(thing: ObjectConfig, xy: np.ndarray, random: np.random.Generator) -> ObjectConfig:
    """A thing at a point (2,), turned anyhow."""
    return replace(thing, x=float(xy[0]), y=float(xy[1]), yaw=float(random.uniform(-np.pi, np.pi)))


def _episode(cast: Cast, scene: SceneConfig, words: str) -> Episode:
    """The sentence about the first thing, its judge and its script."""
    instruction = cast.say(load_words("pick")["phrases"]).format(thing=words)

    def script(scene: Scene, world: World) -> Script:
        yield from Hand(scene, world).pick(scene.objects[0])

    picked = errand(instruction, lambda truth: [Picked(truth.scene.objects[0], truth)], script)
    return Episode(scene=scene, errands=(picked,))


PICK = CastFamily(name="pick", attempt=_attempt)
