"""sweep: bring the crumbs into the dustpan with the closed fingers, stroke by stroke."""

from dataclasses import replace

import numpy as np

from policies.value_maps.grasps import folded, pointing_down, raised
from robot.errors import InvalidInput
from robot.obstacles import Box
from robot.transforms import apply, invert, transform
from sim.scene import Scene
from sim.tasks.cast import Cast, CastFamily
from sim.tasks.family import Episode, Move, Script
from sim.tasks.meaning import errand
from sim.tasks.scripts import Hand
from sim.tasks.truth import Truth
from sim.tasks.wording import load_words
from sim.world import World

CROWD = ("block", "can")
SHARE = 0.75
INSIDE = np.array([[-0.047, -0.057], [0.050, 0.057]])  # of sim/assets/dustpan.urdf: between its walls, up to its lip
RIM = 0.022
STROKES = 30
RUN_UP = 0.025
DEEP = 0.02  # how far inside the lip a stroke ends
BEFORE = 0.03  # how far before the lip it has turned straight inwards
ASIDE, CLEAR = 0.02, 0.016  # a crumb beside the lip is first brought before its middle, the fingers so far off the walls
FINGER = 0.02  # half as long as two fingers one behind the other
MIDDLE = 0.3  # of the dustpan's width, where the hand's own width passes between the walls
NUM_CRUMBS = 8
SWEEPING = 0.012  # of the tool centre above the table: the pads reach 0.0087 m below it, and pass over the dustpan's floor
ABOVE = 0.05
PACE, FLY_PACE = 0.12, 0.35


class Swept:
    """At least three quarters of the crumbs lie in the dustpan: between its walls and lower than they reach."""

    thing = None

    def watch(self, truth: Truth) -> None:
        """Nothing on the way matters."""

    def unmet(self, truth: Truth) -> str:
        """How many are still outside, if too many are."""
        inside = len(truth.scene.crumbs) - len(outside(truth))
        wanted = int(np.ceil(SHARE * len(truth.scene.crumbs)))
        return "" if inside >= wanted else f"{inside} of {len(truth.scene.crumbs)} crumbs lie in the dustpan, {wanted} should"


def outside(truth: Truth) -> list[np.ndarray]:
    """Where the crumbs are that do not lie in the dustpan, (3,) each in its frame."""
    T_dustpan_world = invert(truth.pose(truth.scene.fixtures["dustpan"]))
    crumbs = [apply(T_dustpan_world, truth.pose(crumb)[:3, 3]) for crumb in truth.scene.crumbs]
    lower, upper = INSIDE
    return [at for at in crumbs if (at[:2] < lower).any() or (at[:2] > upper).any() or at[2] > RIM]


def strokes(hand: Hand) -> Script:
    """Always from behind the crumb next to the lip straight over that, from beside it along it, until enough lie inside."""
    truth = hand.truth
    T_base_dustpan = invert(truth.scene.T_world_base) @ truth.pose(truth.scene.fixtures["dustpan"])
    for _ in range(STROKES):
        if not Swept().unmet(truth):
            return
        crumb = min(outside(truth), key=lambda at: at[0])[:2]
        across = float(np.clip(crumb[1], *(MIDDLE * INSIDE[:, 1])))
        before, inside = np.array([INSIDE[1, 0] + BEFORE, across]), np.array([INSIDE[1, 0] - DEEP, across])
        if crumb[0] < before[0] and abs(crumb[1] - across) > ASIDE:  # a slanting stroke would meet the wall's end
            crumb = np.array([max(crumb[0], INSIDE[1, 0] + CLEAR), crumb[1]])
            end = across + np.sign(crumb[1] - across) * FINGER  # no farther: what is round rolls on
            yield from _stroke(T_base_dustpan, [np.array([crumb[0], end])], crumb, turn=np.pi / 2)
            continue
        yield from _stroke(T_base_dustpan, [*([before] if crumb[0] > before[0] else []), inside], crumb)


def _stroke(T_base_dustpan: np.ndarray, corners: list[np.ndarray], crumb: np.ndarray, turn: float = 0.0) -> Script:
    """Come down behind a crumb (2,) and go by way of corners (2,), all in the dustpan's frame; rise.

    The fingers stand side by side across the way, or turned from there, rad.
    """
    way = (corners[0] - crumb) / np.linalg.norm(corners[0] - crumb)
    yaw = float(np.arctan2(way[1], way[0])) + float(np.arctan2(T_base_dustpan[1, 0], T_base_dustpan[0, 0])) + turn
    points = apply(T_base_dustpan, np.array([[*xy, SWEEPING] for xy in (crumb - RUN_UP * way, *corners)]))
    points[:, 2] = np.maximum(points[:, 2], SWEEPING)  # a dustpan that stands on a crumb leans
    begin, *on = (pointing_down(point, folded(yaw)) for point in points)
    low, high = points.min(axis=0) - 0.12, points.max(axis=0) + 0.12
    room = Box(pose=transform((low + high) / 2), size=high - low)
    stretches = (
        ("going behind the crumbs", [raised(begin, ABOVE)], FLY_PACE),
        ("going down", [begin], PACE),
        ("sweeping", on, PACE),
        ("rising", [raised(on[-1], ABOVE)], PACE),
    )
    for saying, poses, speed in stretches:
        yield Move(saying=saying, waypoints=np.stack(poses), gripper_width=0.0, speed=speed, room=room)


def _attempt(cast: Cast) -> Episode | None:
    """Eight crumbs before the scene's dustpan, and one or two things that nobody speaks of.

    Success (`Swept`): at least three quarters of the crumbs lie in the dustpan.
    """
    if not cast.scene.crumbs.count or all(each.asset != "dustpan" for each in cast.scene.fixtures):
        raise InvalidInput("task: sweeping needs crumbs and a dustpan; expected scene=household or one like it")
    cast.scene = replace(cast.scene, crumbs=replace(cast.scene.crumbs, count=NUM_CRUMBS))
    cast.crowd(1, 2, *CROWD)
    instruction = cast.say(load_words("sweep")["phrases"])

    def script(scene: Scene, world: World) -> Script:
        return strokes(Hand(scene, world))

    return Episode(scene=cast.laid(), errands=(errand(instruction, lambda truth: [Swept()], script),))


SWEEP = CastFamily(name="sweep", attempt=_attempt, splits=("seen-seen", "unseen-seen"))
