"""open_drawer: draw the cabinet's drawer out by its handle."""

from sim.scene import Scene
from sim.tasks.cast import Cast, CastFamily
from sim.tasks.drawers import DRAWER, DrawerOpened, drawer_standing
from sim.tasks.family import Episode, Script
from sim.tasks.meaning import errand
from sim.tasks.scripts import Hand
from sim.tasks.wording import load_words
from sim.world import World

CROWD = ("block", "can")


def _attempt(cast: Cast) -> Episode | None:
    """A shut drawer, and two or three things that nobody speaks of.

    Success (`drawers.DrawerOpened`): it stands out by at least 8 of its 14 cm.
    """
    cast.scene = drawer_standing(cast.scene, 0.0)
    cast.crowd(2, 3, *CROWD)
    instruction = cast.say(load_words("open_drawer")["phrases"])

    def script(scene: Scene, world: World) -> Script:
        return DRAWER.pull_open(Hand(scene, world))

    return Episode(scene=cast.laid(), errands=(errand(instruction, lambda truth: [DrawerOpened(DRAWER)], script),))


OPEN_DRAWER = CastFamily(name="open_drawer", attempt=_attempt, splits=("seen-seen", "unseen-seen"))
