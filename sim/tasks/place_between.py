"""place_between: put a thing between two others."""

import numpy as np

from policies.language.program import Place, Relation
from sim.scene import Scene
from sim.tasks.cast import Cast, CastFamily
from sim.tasks.elbowroom import Disc
from sim.tasks.family import Episode, Script
from sim.tasks.goals import PutThere
from sim.tasks.meaning import errand
from sim.tasks.placement import beside
from sim.tasks.scripts import Hand, until_met
from sim.tasks.spots import LEAST, between, roomiest
from sim.tasks.truth import Truth
from sim.tasks.wording import load_words
from sim.world import World

THINGS = ("block", "can", "ball")
ANCHORS = ("block", "can", "bowl", "plate", "mug")
APART = (0.20, 0.40)  # m between the two middles
PLACE = Place(text="between the two", relation=Relation.BETWEEN)
LET_GO_ABOVE = 0.003  # m


def _attempt(cast: Cast) -> Episode | None:
    """A thing, two anchors with free room between them, and up to two others; not yet so.

    Success (`goals.PutThere`): its middle projects between those of the two and is less than 5 cm off their line;
    it moves by less than 1 cm/s and is not held.
    """
    thing, one, other = cast.draw(*THINGS), cast.draw(*ANCHORS), cast.draw(*ANCHORS)
    cast.crowd(0, 2, *THINGS)
    scene = cast.laid()
    here, first, second, *rest = [Disc.lying(each) for each in scene.objects]
    done = not beside(PLACE, here.xy, here.radius, [first.xy, second.xy], [first.radius, second.radius])
    apart = APART[0] < float(np.linalg.norm(first.xy - second.xy)) < APART[1]
    spots = between(first, second)
    if done or not apart or roomiest(spots, here.radius, [first, second, *rest])[1] < LEAST:
        return None
    words = load_words("place_between")["phrases"]
    instruction = cast.say(words).format(thing=cast.name(thing), one=cast.name(one), other=cast.name(other))
    return Episode(scene=scene, errands=(errand(instruction, _goals, _script),))


def _goals(truth: Truth) -> list[PutThere]:
    """The first thing is between the second and the third."""
    return [PutThere(truth.scene.objects[0], PLACE, truth.scene.objects[1:3], truth)]


def _script(scene: Scene, world: World) -> Script:
    """Pick it and set it down where there is most room between the two."""
    hand = Hand(scene, world)
    thing, one, other, *_ = scene.objects
    goal = _goals(hand.truth)[0]

    def attempt() -> Script:
        yield from hand.pick(thing)
        spots = between(Disc.of(one, hand.truth), Disc.of(other, hand.truth))
        yield from hand.place(roomiest(spots, thing.radius, hand.others())[0], LET_GO_ABOVE)

    yield from until_met(lambda: goal.unmet(hand.truth), attempt)


PLACE_BETWEEN = CastFamily(name="place_between", attempt=_attempt)
