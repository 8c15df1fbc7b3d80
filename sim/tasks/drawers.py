"""Drawers: how far one stands out, what it takes to be open or shut, and how an expert's hand opens and shuts it."""

from dataclasses import replace

import numpy as np

from policies.value_maps.grasps import pointing_down, raised
from robot.errors import InvalidInput
from robot.obstacles import Box
from robot.transforms import invert, transform
from sim.bullet import pybullet
from sim.scene import SceneConfig
from sim.tasks.family import Move, Script
from sim.tasks.scripts import Hand
from sim.tasks.truth import Truth

SLIDE = 0  # the one joint of sim/assets/cabinet.urdf; its link is the drawer
TRAVEL = 0.14
HANDLE_DRAWER = np.array([-0.032, 0.0, 0.072])  # the handle's middle, a little high, in the drawer's frame
HANDLE_WIDTH = 0.018
SHUT = 0.01
OPEN = 0.08
UNTOUCHED = 0.01
PULL = 0.11
OVER_HANDLE = 0.12
PACE = 0.10
FLY_PACE = 0.35
OPENED = 0.06
SQUEEZED = 0.004
BESIDE = 0.016  # from the handle's front to the middle of fingers that push it
ROOM = np.array([0.20, 0.20, 0.25])


class Drawer:
    """The drawer of one cabinet of the scene."""

    def __init__(self, cabinet: str) -> None:
        """By the fixture's name: "cabinet", "cabinet 2"."""
        self.cabinet = cabinet

    def opening(self, truth: Truth) -> float:
        """How far it stands out, m."""
        return pybullet.getJointState(truth.scene.fixtures[self.cabinet], SLIDE, physicsClientId=truth.client)[0]

    def handle(self, truth: Truth) -> np.ndarray:
        """T_base_handle (4, 4): its middle, x into the cabinet."""
        T_world_drawer = truth.pose(truth.scene.fixtures[self.cabinet], SLIDE)
        return invert(truth.scene.T_world_base) @ T_world_drawer @ transform(HANDLE_DRAWER)

    def pull_open(self, hand: Hand) -> Script:
        """Come down over the handle, close on it, draw it out, let go, rise."""
        T_handle = self.handle(hand.truth)
        grip, drawn = _over(T_handle, 0.0), _over(T_handle, -PULL)
        yield from _approach(grip, OPENED, "reaching for the handle")
        room = _room(grip, drawn)
        yield _slowly(grip, OPENED, "going down to the handle", room)
        yield _slowly(grip, SQUEEZED, "closing on the handle", room)
        yield _slowly(drawn, SQUEEZED, "drawing it open", room)
        yield _slowly(drawn, OPENED, "letting go", room)
        yield _slowly(raised(drawn, OVER_HANDLE), OPENED, "rising", room)

    def push_shut(self, hand: Hand) -> Script:
        """Come down before the handle, fingers shut, and push it home."""
        T_handle = self.handle(hand.truth)
        before = _over(T_handle, -0.02 - BESIDE - 0.02)
        home = _over(T_handle, self.opening(hand.truth) - 0.02 - BESIDE)
        yield from _approach(before, 0.0, "going before the handle")
        room = _room(before, home)
        yield _slowly(before, 0.0, "going down before the handle", room)
        yield _slowly(home, 0.0, "pushing it shut", room)
        yield _slowly(before, 0.0, "drawing back", room)
        yield _slowly(raised(before, OVER_HANDLE), 0.0, "rising", room)


DRAWER = Drawer("cabinet")


def drawer_standing(scene: SceneConfig, opened: float) -> SceneConfig:
    """The same scene with the drawer of its cabinet so far out, m.

    Raises:
        InvalidInput: the scene has no cabinet.
    """
    if all(each.asset != DRAWER.cabinet for each in scene.fixtures):
        raise InvalidInput("task: a drawer needs a scene with a cabinet; expected scene=household or one like it")
    return replace(scene, fixtures=[replace(each, opened=opened * (each.asset == DRAWER.cabinet)) for each in scene.fixtures])


class DrawerOpened:
    """The drawer stands out by at least 8 of its 14 cm."""

    thing = None

    def __init__(self, drawer: Drawer) -> None:
        """Which one."""
        self._drawer = drawer

    def watch(self, truth: Truth) -> None:
        """Nothing on the way matters."""

    def unmet(self, truth: Truth) -> str:
        """Why it is not open."""
        out = self._drawer.opening(truth)
        return "" if out >= OPEN else f"the drawer stands out {out:.3f} m, less than {OPEN} m"


class DrawerShut:
    """The drawer stands out by less than 1 cm, and every other one by as much as before, give or take 1 cm."""

    thing = None

    def __init__(self, drawer: Drawer, truth: Truth, *others: Drawer) -> None:
        """Note how the others stand."""
        self._drawer = drawer
        self._others = [(each, each.opening(truth)) for each in others]

    def watch(self, truth: Truth) -> None:
        """Nothing on the way matters."""

    def unmet(self, truth: Truth) -> str:
        """Why it is not shut, or which other one was moved."""
        out = self._drawer.opening(truth)
        if out >= SHUT:
            return f"the drawer stands out {out:.3f} m, not less than {SHUT} m"
        moved = any(abs(each.opening(truth) - before) > UNTOUCHED for each, before in self._others)
        return "another drawer was moved" if moved else ""


def _over(T_base_handle: np.ndarray, along: float) -> np.ndarray:
    """The tool looking down at a point so many metres along the drawer's way in, its fingers moving across that."""
    place = T_base_handle[:3, 3] + along * T_base_handle[:3, 0]
    return pointing_down(place, float(np.arctan2(T_base_handle[1, 0], T_base_handle[0, 0])))


def _approach(T_base_ee: np.ndarray, width: float, saying: str) -> Script:
    """Fly to above a pose, higher than the cabinet."""
    yield Move(saying=saying, waypoints=raised(T_base_ee, OVER_HANDLE)[None], gripper_width=width, speed=FLY_PACE)


def _slowly(T_base_ee: np.ndarray, width: float, saying: str, room: Box) -> Move:
    """Straight to a pose, touching what is in the room."""
    return Move(saying=saying, waypoints=T_base_ee[None], gripper_width=width, speed=PACE, room=room)


def _room(*poses: np.ndarray) -> Box:
    """The upright box in base about these poses in which the hand may touch."""
    points = np.array([pose[:3, 3] for pose in poses])
    low, high = points.min(axis=0) - ROOM / 2, points.max(axis=0) + ROOM / 2
    return Box(pose=transform((low + high) / 2), size=high - low)
