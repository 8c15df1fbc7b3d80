"""pyramid: two blocks side by side and a third one on both."""

from itertools import permutations

import numpy as np

from sim.objects import SceneObject
from sim.scene import Scene
from sim.tasks.cast import Cast, CastFamily
from sim.tasks.elbowroom import Disc, gap_at
from sim.tasks.family import Episode, Script
from sim.tasks.goals import Still
from sim.tasks.meaning import errand
from sim.tasks.placement import HEIGHT_TOLERANCE
from sim.tasks.scripts import Hand, until_met
from sim.tasks.spots import on_table
from sim.tasks.truth import Truth
from sim.tasks.wording import load_words
from sim.world import World

CROWD = ("can", "bowl", "plate", "mug")
SIDE = 0.04  # m, of a normal block
SLIT = 0.006  # m, between the two at the bottom
FREE = 0.05  # m round the pyramid


class Pyramid(Still):
    """One of the blocks touches both others and stands on them.

    Its bottom is at the tops of both within 1 cm, the two stand on the table within 1 cm, all are at rest (less than
    1 cm/s) and none is held. Where a top one is named, it must be that one.
    """

    def __init__(self, blocks: tuple[SceneObject, ...], any_on_top: bool) -> None:
        """The first of the three is the top one, if that matters."""
        self._orders = list(permutations(blocks)) if any_on_top else [blocks]

    def unmet(self, truth: Truth) -> str:
        """Why there is no pyramid; of several orders, why the first is none."""
        reasons = [_not_standing(order, truth) for order in self._orders]
        return "" if "" in reasons else reasons[0]


def _not_standing(order: tuple[SceneObject, ...], truth: Truth) -> str:
    """Why the first is not on the two others."""
    top, *below = order
    bottom = truth.bottom_and_top(top)[0]
    for each in below:
        low, high = truth.bottom_and_top(each)
        if abs(low) > HEIGHT_TOLERANCE:
            return f"the {each.name} does not stand on the table"
        if abs(bottom - high) > HEIGHT_TOLERANCE or not truth.touching(top, each):
            return f"the {top.name} does not stand on the {each.name}"
    busy = [each.name for each in order if truth.held(each) or not truth.at_rest(each)]
    return f"the {busy[0]} is held or still moves" if busy else ""


def _attempt(cast: Cast) -> Episode | None:
    """Three normal blocks with free room round one of them, and up to one other thing."""
    blocks = [cast.draw("block", size="normal") for _ in range(3)]
    cast.crowd(0, 1, *CROWD)
    scene = cast.laid()
    discs = [Disc.lying(each) for each in scene.objects]
    base = discs[1].xy
    if not on_table(base + np.array([[0.06, 0.06], [-0.02, -0.06]])).all() or gap_at(base, SIDE, [discs[0], *discs[2:]]) < FREE:
        return None
    any_on_top = bool(cast.random.integers(2))
    table = load_words("pyramid")["any" if any_on_top else "phrases"]
    top, one, other = (cast.name(block) for block in blocks)
    instruction = cast.say(table).format(top=top, one=one, other=other, noun=cast.noun("block"))

    def script(scene: Scene, world: World) -> Script:
        hand = Hand(scene, world)
        goal = Pyramid(scene.objects[:3], any_on_top)
        yield from until_met(lambda: goal.unmet(hand.truth), lambda: _build(hand, scene.objects[:3]))

    made = errand(instruction, lambda truth: [Pyramid(truth.scene.objects[:3], any_on_top)], script)
    return Episode(scene=scene, errands=(made,))


def _build(hand: Hand, blocks: tuple[SceneObject, ...]) -> Script:
    """The third beside the second, face to face, the fingers on its other faces; the first on the seam."""
    top, one, other = blocks
    yield from hand.pick(other)
    pose = hand.scene.pose(one)
    yaw = float(np.arctan2(pose[1, 0], pose[0, 0]))
    discs = hand.others(one)
    ways = [np.array([np.cos(yaw + quarter), np.sin(yaw + quarter)]) for quarter in np.arange(4) * np.pi / 2]
    way = max(ways, key=lambda w: gap_at(pose[:2, 3] + SIDE * w, SIDE / 2, discs) - 10 * (not on_table(pose[:2, 3] + SIDE * w)))
    yield from hand.place(pose[:2, 3] + (SIDE + SLIT) * way, 0.002, np.array([np.arctan2(way[1], way[0])]))
    yield from hand.pick(top)
    seam = (hand.truth.position(one) + hand.truth.position(other)) / 2
    yield from hand.place(seam[:2], seam[2] + SIDE / 2 + 0.002, np.array([np.arctan2(way[1], way[0])]))


PYRAMID = CastFamily(name="pyramid", attempt=_attempt)
