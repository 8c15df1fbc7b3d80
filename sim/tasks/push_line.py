"""push_line: slide a thing so far along a straight line."""

import numpy as np

from sim.objects import SceneObject
from sim.scene import Scene
from sim.tasks.cast import Cast, CastFamily
from sim.tasks.elbowroom import Disc
from sim.tasks.family import Episode, Script
from sim.tasks.goals import NEVER_LIFTED
from sim.tasks.meaning import errand
from sim.tasks.pushways import is_free
from sim.tasks.scripts import Hand
from sim.tasks.truth import Truth
from sim.tasks.wording import load_words
from sim.world import World

CROWD = ("block", "bowl", "plate")
WAYS = {"forward": (1.0, 0.0), "back": (-1.0, 0.0), "left": (0.0, 1.0), "right": (0.0, -1.0)}
LENGTH_TOLERANCE = 0.03
ACROSS_TOLERANCE = 0.03


class PushedAlong:
    """The thing lies so far along a direction from where it began, within 3 cm.

    All the way its middle was within 3 cm of the straight line and never more than 1.5 cm higher than it lay; in the
    end it moves by less than 1 cm/s and is not held.
    """

    def __init__(self, thing: SceneObject, direction: np.ndarray, length: float, truth: Truth) -> None:
        """Note where it begins; the direction (2,) has length 1."""
        self.thing: SceneObject | None = thing
        self._pushed, self._direction, self._length = thing, direction, length
        self._start = truth.position(thing)
        self._across = self._risen = 0.0

    def watch(self, truth: Truth) -> None:
        """Note how far it strays and rises."""
        shift = truth.position(self._pushed) - self._start
        self._across = max(self._across, abs(float(self._direction @ [-shift[1], shift[0]])))
        self._risen = max(self._risen, float(shift[2]))

    def unmet(self, truth: Truth) -> str:
        """Why it was not pushed along the line."""
        name = self._pushed.name
        along = float((truth.position(self._pushed) - self._start)[:2] @ self._direction)
        if self._risen > NEVER_LIFTED:
            return f"the {name} was lifted, not pushed"
        if self._across > ACROSS_TOLERANCE:
            return f"the {name} strayed {self._across:.3f} m from the line, more than {ACROSS_TOLERANCE} m"
        if abs(along - self._length) > LENGTH_TOLERANCE:
            return f"the {name} was pushed {along:.3f} m, asked for was {self._length:.2f} m"
        if truth.held(self._pushed):
            return f"the gripper holds the {name}"
        return "" if truth.at_rest(self._pushed) else f"the {name} still moves"


def _attempt(cast: Cast) -> Episode | None:
    """A thing with free table that far ahead, and one to three others. Success: `PushedAlong`."""
    words = load_words("push_line")
    thing, way = cast.low_block(), cast.say(words["ways"])
    centimetres = cast.among(words["distances"])
    cast.crowd(1, 3, *CROWD)
    scene = cast.laid()
    here, *others = [Disc.lying(each) for each in scene.objects]
    direction = np.sum([WAYS[word] for word in way.split()], axis=0)
    direction = direction / np.linalg.norm(direction)
    length = int(centimetres) / 100
    if not is_free(here.xy, here.xy + length * direction, others):
        return None
    instruction = cast.say(words["phrases"]).format(thing=cast.name(thing), way=cast.say(words[way]), distance=centimetres)

    def goals(truth: Truth) -> list[PushedAlong]:
        return [PushedAlong(truth.scene.objects[0], direction, length, truth)]

    def script(scene: Scene, world: World) -> Script:
        hand = Hand(scene, world)
        yield from hand.push(scene.objects[0], hand.truth.position(scene.objects[0])[:2] + length * direction, within=0.02)

    return Episode(scene=scene, errands=(errand(instruction, goals, script),))


PUSH_LINE = CastFamily(name="push_line", attempt=_attempt)
