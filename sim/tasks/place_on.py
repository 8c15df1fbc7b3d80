"""place_on: put a thing onto a plate, a block or a can."""

from policies.language.program import Place, Relation
from sim.scene import Scene
from sim.tasks.cast import Cast, CastFamily
from sim.tasks.family import Episode, Script
from sim.tasks.goals import PutThere
from sim.tasks.meaning import errand
from sim.tasks.scripts import Hand, until_met
from sim.tasks.truth import Truth
from sim.tasks.wording import load_words
from sim.world import World

THINGS = ("block", "can")
UNDER = ("plate", "block", "can")
CROWD = ("block", "can", "ball", "bowl", "plate", "mug")


def _attempt(cast: Cast) -> Episode | None:
    """A thing, what it goes on, and one to three others.

    Success (`goals.PutThere`): its middle is over the other, its bottom at the other's top within 1 cm (on a plate:
    from its floor to its rim), the two touch, it moves by less than 1 cm/s and is not held.
    """
    thing, under = cast.draw(*THINGS), cast.draw(*UNDER)
    cast.crowd(1, 3, *CROWD)
    words = load_words("place_on")["phrases"]
    instruction = cast.say(words).format(thing=cast.name(thing), under=cast.name(under))
    return Episode(scene=cast.laid(), errands=(errand(instruction, _goals, _script),))


def _goals(truth: Truth) -> list[PutThere]:
    """The first thing is on the second."""
    thing, under, *_ = truth.scene.objects
    return [PutThere(thing, Place(text=f"on the {under.name}", relation=Relation.ON), (under,), truth)]


def _script(scene: Scene, world: World) -> Script:
    """Pick it and set it down on the other's middle."""
    hand = Hand(scene, world)
    thing, under, *_ = scene.objects
    goal = _goals(hand.truth)[0]
    yield from until_met(lambda: goal.unmet(hand.truth), lambda: hand.bring_upon(thing, under))


PLACE_ON = CastFamily(name="place_on", attempt=_attempt)
