"""push_avoid: slide a thing to a part of the table round an obstacle that must not be touched."""

from dataclasses import replace

from policies.language.program import Place
from sim.tasks.cast import Cast, CastFamily
from sim.tasks.elbowroom import Disc, gap_along, gap_at
from sim.tasks.family import Episode
from sim.tasks.goals import PushedThere
from sim.tasks.meaning import errand
from sim.tasks.placement import in_region
from sim.tasks.push_to import push_into
from sim.tasks.pushways import points_in, way_to
from sim.tasks.rules import Undisturbed
from sim.tasks.scripts import Hand
from sim.tasks.spots import LEAST
from sim.tasks.wording import load_words

OBSTACLES = ("block", "bowl")
NEAR_THE_WAY = 0.14  # m: an obstacle farther from the straight way than this is none


def _attempt(cast: Cast) -> Episode | None:
    """A thing, a part of the table where it is not yet, and an obstacle on the straight way there that can be gone round.

    Success: as `goals.PushedThere` (see push_to), and the obstacle stays where it was within 1 cm and the robot never
    presses on it (`rules.Undisturbed`).
    """
    thing, obstacle, region = cast.low_block(), cast.draw(*OBSTACLES), cast.region()
    lying = cast.laid([thing]).objects[0]
    here, goals = Disc.lying(lying), points_in(region, cast.scene)
    if in_region(region, here.xy, cast.scene) or not len(goals):
        return None
    goal = goals[int(cast.random.integers(len(goals)))]
    middle = here.xy + cast.random.uniform(0.45, 0.6) * (goal - here.xy)
    standing = replace(obstacle, x=float(middle[0]), y=float(middle[1]), yaw=float(cast.random.uniform(-3.1, 3.1)))
    there = Disc.lying(standing)
    clear = min(gap_at(xy, here.radius, [there]) for xy in (here.xy, goal)) > LEAST
    way = way_to(here.xy, goals, [there]) if clear else None
    if way is None or (len(way) == 1 and gap_along(here.xy, way[0], [there]) > NEAR_THE_WAY):
        return None
    place = Place(text=f"to the {region}", region=region)
    said = cast.say(load_words("regions")[region])
    words = load_words("push_avoid")["phrases"]
    instruction = cast.say(words).format(thing=cast.name(thing), region=said, obstacle=cast.name(obstacle))

    asked = errand(
        instruction,
        lambda truth: [PushedThere(truth.scene.objects[0], place, (), truth)],
        lambda scene, world: push_into(Hand(scene, world), scene.objects[0], place),
        lambda truth: [Undisturbed(truth.scene.objects[1], truth)],
    )
    return Episode(scene=cast.laid([lying, standing]), errands=(asked,))


PUSH_AVOID = CastFamily(name="push_avoid", attempt=_attempt)
