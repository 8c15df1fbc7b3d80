"""place_in: put a thing into a bowl."""

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

THINGS = ("block", "can", "ball")
CROWD = ("block", "can", "ball", "bowl", "plate", "mug")


def _attempt(cast: Cast) -> Episode | None:
    """A thing, a bowl, and one to three others.

    Success (`goals.PutThere`): the thing's middle is within the rim's circle and below the rim by less than half its
    height, the bowl stands, the thing moves by less than 1 cm/s and is not held.
    """
    thing, bowl = cast.draw(*THINGS), cast.draw("bowl")
    cast.crowd(1, 3, *CROWD)
    words = load_words("place_in")["phrases"]
    instruction = cast.say(words).format(thing=cast.name(thing), hollow=cast.name(bowl))
    return Episode(scene=cast.laid(), errands=(errand(instruction, _goals, _script),))


def _goals(truth: Truth) -> list[PutThere]:
    """The first thing is in the second."""
    thing, bowl, *_ = truth.scene.objects
    return [PutThere(thing, Place(text=f"in the {bowl.name}", relation=Relation.IN), (bowl,), truth)]


def _script(scene: Scene, world: World) -> Script:
    """Pick it and let it go inside."""
    hand = Hand(scene, world)
    thing, bowl, *_ = scene.objects
    goal = _goals(hand.truth)[0]
    yield from until_met(lambda: goal.unmet(hand.truth), lambda: hand.bring_upon(thing, bowl))


PLACE_IN = CastFamily(name="place_in", attempt=_attempt)
