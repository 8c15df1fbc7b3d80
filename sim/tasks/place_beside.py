"""place_beside: put a thing to the left or right of, behind or in front of another."""

from policies.language.program import Place, Relation
from sim.scene import Scene
from sim.tasks.cast import Cast, CastFamily
from sim.tasks.elbowroom import Disc
from sim.tasks.family import Episode, Script
from sim.tasks.goals import PutThere
from sim.tasks.meaning import errand
from sim.tasks.placement import SIDES, beside
from sim.tasks.scripts import Hand, until_met
from sim.tasks.spots import LEAST, around, roomiest
from sim.tasks.truth import Truth
from sim.tasks.wording import load_words
from sim.world import World

THINGS = ("block", "can", "ball")
ANCHORS = ("block", "can", "ball", "bowl", "plate", "mug")
LET_GO_ABOVE = 0.003  # m


def _attempt(cast: Cast) -> Episode | None:
    """A thing, an anchor with free room on that side, and one to three others; not yet so.

    Success (`goals.PutThere`): that direction is the dominant one, within 45°, and the gap between the two is below
    15 cm; the thing moves by less than 1 cm/s and is not held.
    """
    thing, anchor, relation = cast.draw(*THINGS), cast.draw(*ANCHORS), Relation(cast.relation())
    cast.crowd(1, 3, *ANCHORS)
    scene = cast.laid()
    here, there, *others = [Disc.lying(each) for each in scene.objects]
    place = Place(text=f"{relation} the {anchor.colour} {anchor.kind}", relation=relation)
    done = not beside(place, here.xy, here.radius, [there.xy], [there.radius])
    if done or roomiest(around(there, here.radius, SIDES[relation]), here.radius, others)[1] < LEAST:
        return None
    said = cast.say(load_words("relations")[relation])
    words = load_words("place_beside")["phrases"]
    instruction = cast.say(words).format(thing=cast.name(thing), relation=said, anchor=cast.name(anchor))

    def goals(truth: Truth) -> list[PutThere]:
        return [PutThere(truth.scene.objects[0], place, truth.scene.objects[1:2], truth)]

    def script(scene: Scene, world: World) -> Script:
        hand = Hand(scene, world)
        thing, anchor, *_ = scene.objects
        goal = goals(hand.truth)[0]

        def attempt() -> Script:
            yield from hand.pick(thing)
            spots = around(Disc.of(anchor, hand.truth), thing.radius, SIDES[relation])
            yield from hand.place(roomiest(spots, thing.radius, hand.others(anchor))[0], LET_GO_ABOVE)

        yield from until_met(lambda: goal.unmet(hand.truth), attempt)

    return Episode(scene=scene, errands=(errand(instruction, goals, script),))


PLACE_BESIDE = CastFamily(name="place_beside", attempt=_attempt)
