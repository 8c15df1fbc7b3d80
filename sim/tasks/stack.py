"""stack: build a tower of two or three blocks in the order that is said."""

from itertools import pairwise

from policies.language.program import Place, Relation
from sim.objects import SceneObject
from sim.scene import Scene
from sim.tasks.cast import Cast, CastFamily
from sim.tasks.family import Episode, Script
from sim.tasks.goals import PutThere
from sim.tasks.meaning import errand
from sim.tasks.scripts import Hand, until_met
from sim.tasks.truth import Truth
from sim.tasks.wording import load_words
from sim.world import World

CROWD = ("can", "ball", "bowl", "plate", "mug")


def _attempt(cast: Cast) -> Episode | None:
    """Two or three blocks, none larger than the one below, and up to two others.

    Success (`goals.PutThere`), for each block but the lowest: its middle is over the one below, its bottom at that
    one's top within 1 cm, the two touch, it moves by less than 1 cm/s and is not held.
    """
    height = int(cast.random.integers(2, 4))
    blocks = [cast.low_block()]
    blocks += [cast.draw("block", size="normal") for _ in range(height - 1)]
    cast.crowd(0, 2, *CROWD)
    names = [cast.name(block) for block in blocks]
    table = load_words("stack")["phrases" if height == 2 else "three"]
    instruction = cast.say(table).format(top=names[0], middle=names[1], bottom=names[-1])

    def goals(truth: Truth) -> list[PutThere]:
        return [_on(upper, lower, truth) for upper, lower in _from_below(truth.scene.objects[:height])]

    def script(scene: Scene, world: World) -> Script:
        hand = Hand(scene, world)
        for upper, lower in _from_below(scene.objects[:height]):
            goal = _on(upper, lower, hand.truth)
            yield from until_met(lambda g=goal: g.unmet(hand.truth), lambda u=upper, lo=lower: hand.bring_upon(u, lo))

    return Episode(scene=cast.laid(), errands=(errand(instruction, goals, script),))


def _from_below(tower: tuple[SceneObject, ...]) -> list[tuple[SceneObject, SceneObject]]:
    """Each thing of a tower with the one below it, the lowest such pair first; the tower is listed from its top."""
    return list(pairwise(tower))[::-1]


def _on(upper: SceneObject, lower: SceneObject, truth: Truth) -> PutThere:
    """One block is on another."""
    return PutThere(upper, Place(text=f"on the {lower.name}", relation=Relation.ON), (lower,), truth)


STACK = CastFamily(name="stack", attempt=_attempt)
