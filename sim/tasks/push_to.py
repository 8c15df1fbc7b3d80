"""push_to: slide a thing to a part of the table without lifting it."""

import numpy as np

from policies.language.program import Place
from sim.objects import SceneObject
from sim.scene import Scene
from sim.tasks.cast import Cast, CastFamily
from sim.tasks.elbowroom import Disc
from sim.tasks.family import Episode, Script
from sim.tasks.goals import PushedThere
from sim.tasks.meaning import errand
from sim.tasks.placement import in_region
from sim.tasks.pushways import points_in, way_to
from sim.tasks.scripts import Hand, until_met
from sim.tasks.truth import Truth
from sim.tasks.wording import load_words
from sim.world import World

CROWD = ("block", "bowl", "plate")


def _attempt(cast: Cast) -> Episode | None:
    """A thing, a part of the table where it is not yet, a free straight way there, and one to three others.

    Success (`goals.PushedThere`): its middle is in that third of the table (or in both that are named) within 2 cm, it
    stands on the table, was never more than 1.5 cm higher than it lay, moves by less than 1 cm/s and is not held.
    """
    thing, region = cast.low_block(), cast.region()
    cast.crowd(1, 3, *CROWD)
    scene = cast.laid()
    here, *others = [Disc.lying(each) for each in scene.objects]
    way = way_to(here.xy, points_in(region, scene), others)
    if in_region(region, here.xy, scene) or way is None or len(way) > 1:
        return None
    place = Place(text=f"to the {region}", region=region)
    said = cast.say(load_words("regions")[region])
    instruction = cast.say(load_words("push_to")["phrases"]).format(thing=cast.name(thing), region=said)

    def goals(truth: Truth) -> list[PushedThere]:
        return [PushedThere(truth.scene.objects[0], place, (), truth)]

    def script(scene: Scene, world: World) -> Script:
        return push_into(Hand(scene, world), scene.objects[0], place)

    return Episode(scene=scene, errands=(errand(instruction, goals, script),))


def push_into(hand: Hand, thing: SceneObject, place: Place) -> Script:
    """Push a thing along the shortest free way well into a region; again if it is not there."""
    goal = PushedThere(thing, place, (), hand.truth)

    def attempt() -> Script:
        start = hand.truth.position(thing)[:2]
        goals = points_in(place.region or "table", hand.scene.config)
        way = way_to(start, goals, hand.others(thing)) or [goals[np.argmin(np.linalg.norm(goals - start, axis=1))]]
        for index, point in enumerate(way):
            yield from hand.push(thing, point, within=0.02 if index == len(way) - 1 else 0.012)

    yield from until_met(lambda: goal.unmet(hand.truth), attempt)


PUSH_TO = CastFamily(name="push_to", attempt=_attempt)
