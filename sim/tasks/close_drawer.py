"""close_drawer: push the cabinet's drawer shut."""

from sim.scene import Scene
from sim.tasks.cast import Cast, CastFamily
from sim.tasks.drawers import DRAWER, DrawerShut, drawer_standing
from sim.tasks.family import Episode, Script
from sim.tasks.meaning import errand
from sim.tasks.open_drawer import CROWD
from sim.tasks.scripts import Hand
from sim.tasks.wording import load_words
from sim.world import World

STANDING_OUT = (0.07, 0.12)  # m


def _attempt(cast: Cast) -> Episode | None:
    """A drawer that stands out by 7 to 12 cm, and two or three things that nobody speaks of.

    Success (`drawers.DrawerShut`): it stands out by less than 1 cm.
    """
    cast.scene = drawer_standing(cast.scene, float(cast.random.uniform(*STANDING_OUT)))
    cast.crowd(2, 3, *CROWD)
    instruction = cast.say(load_words("close_drawer")["phrases"])

    def script(scene: Scene, world: World) -> Script:
        return DRAWER.push_shut(Hand(scene, world))

    return Episode(scene=cast.laid(), errands=(errand(instruction, lambda truth: [DrawerShut(DRAWER, truth)], script),))


CLOSE_DRAWER = CastFamily(name="close_drawer", attempt=_attempt, splits=("seen-seen", "unseen-seen"))
