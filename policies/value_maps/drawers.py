"""Drawers: opened by their handle, which the fingers close on from above, and pushed shut by it."""

import numpy as np

from policies.grounding.furniture import Drawer
from policies.language.program import Phrase
from policies.value_maps.aims import Aims
from policies.value_maps.courses import Course, Failed
from policies.value_maps.grasps import least_turn, pointing_down, raised, yaw_of
from policies.value_maps.hand import Hand
from policies.value_maps.reference import Reference
from robot.errors import InstructionRefused
from robot.obstacles import Box
from robot.transforms import transform
from sensors.observation import Observation

PULL = 0.125  # how far out a drawer is drawn, m
SHUT = 0.015  # what stands out by less is shut already, m
WIDE, SQUEEZED = 0.06, 0.004  # gripper widths before and on a handle, m
BEFORE = 0.03  # how far before a handle the closed fingers come down, m
FINGER = 0.010  # half a finger, m
OVER = 0.10  # how far over a handle the hand comes and leaves, so that it clears the cabinet, m
TIP = 0.004  # how far over a handle's middle the tool centre closes, m
BEYOND = 0.004  # how far a drawer is pushed beyond where it should be shut, m


class Drawers:
    """The skills with drawers."""

    def __init__(self, hand: Hand, aims: Aims, reference: Reference) -> None:
        """Hold what finds drawers, tool poses and legs."""
        self._hand, self._aims, self._reference = hand, aims, reference

    def set(self, phrase: Phrase, opened: bool, observation: Observation) -> Course:
        """Open or shut a drawer."""
        self._hand.refuse_if_full()
        drawer = self._find(phrase, observation)
        if not opened:
            return (yield from self._shut(drawer, observation))
        observation = yield from self._open(drawer, observation)
        now = self._find(phrase, observation)
        if now.opening < drawer.opening + 0.5 * (PULL - drawer.opening):
            raise Failed("I pulled at the handle, but the drawer did not come.")
        return observation

    def _find(self, phrase: Phrase, observation: Observation) -> Drawer:
        """The drawer that is meant; a cabinet means its only drawer."""
        found = self._reference.one(phrase, observation)
        if isinstance(found, Drawer):
            return found
        drawers = [each for each in self._reference.grounder.things(observation) if isinstance(each, Drawer)]
        if not drawers:
            raise InstructionRefused(f"I see no drawer at the {found.description}.")
        return min(drawers, key=lambda each: float(np.linalg.norm((each.box_base.pose - found.box_base.pose)[:2, 3])))

    def _open(self, drawer: Drawer, observation: Observation) -> Course:
        """Come down over the handle, close on it, draw it out, let go, rise."""
        hand = self._hand
        out = min(PULL, 0.135) - drawer.opening
        if out < SHUT:
            raise InstructionRefused("The drawer is open already.")
        handle = drawer.handle_base.pose[:3, 3]
        grip = self._pose(drawer, handle + np.array([0.0, 0.0, TIP]), observation)
        drawn = self._moved(grip, drawer.outward, out)
        self._refuse_unreachable([raised(grip, OVER), grip, drawn, raised(drawn, OVER)], observation)
        room = self._room(grip, drawn)
        observation = yield hand.fly(observation, raised(grip, OVER), WIDE, "reaching for the handle")
        observation = yield hand.straight(observation, grip, WIDE, "going down to the handle", room)
        observation = yield hand.grip(observation, SQUEEZED, "closing on the handle", room)
        observation = yield hand.straight(observation, drawn, SQUEEZED, "drawing the drawer open", room)
        observation = yield hand.grip(observation, WIDE, "letting go of the handle", room)
        return (yield hand.straight(observation, raised(drawn, OVER), WIDE, "rising", room))

    def _shut(self, drawer: Drawer, observation: Observation) -> Course:
        """Come down before the handle with closed fingers and push it home; rise."""
        hand = self._hand
        if drawer.opening < SHUT:
            raise InstructionRefused("The drawer is shut already.")
        handle, outer = drawer.handle_base.pose[:3, 3], self._reach(drawer.handle_base, drawer.outward)
        touch = handle + np.array([*drawer.outward, 0.0]) * (outer + FINGER)
        begin = self._pose(drawer, touch + np.array([*drawer.outward, 0.0]) * BEFORE, observation)
        end = self._moved(self._pose(drawer, touch, observation), drawer.outward, -drawer.opening - BEYOND)
        self._refuse_unreachable([raised(begin, OVER), begin, end, raised(end, OVER)], observation)
        room = self._room(begin, end)
        observation = yield hand.fly(observation, raised(begin, OVER), 0.0, "going before the drawer")
        observation = yield hand.straight(observation, begin, 0.0, "going before the drawer", room)
        observation = yield hand.straight(observation, end, 0.0, "pushing the drawer shut", room)
        back = self._moved(end, drawer.outward, BEFORE)
        observation = yield hand.straight(observation, back, 0.0, "drawing back", room)
        return (yield hand.straight(observation, raised(back, OVER), 0.0, "rising", room))

    def _pose(self, drawer: Drawer, position: np.ndarray, observation: Observation) -> np.ndarray:
        """The tool pointing down at a point, its fingers moving across the way that the drawer slides."""
        yaw = float(np.arctan2(drawer.outward[1], drawer.outward[0]))
        now = yaw_of(self._aims.tool(observation))
        return pointing_down(position, least_turn(yaw, now))

    def _moved(self, T_base_ee: np.ndarray, way: np.ndarray, distance: float) -> np.ndarray:
        """The same pose, so far along a horizontal way."""
        result = T_base_ee.copy()
        result[:2, 3] += distance * way
        return result

    def _reach(self, box: Box, way: np.ndarray) -> float:
        """How far a box reaches from its middle along a horizontal way, m."""
        return float(np.abs(way @ box.pose[:2, :2]) @ box.size[:2] / 2)

    def _refuse_unreachable(self, poses: list[np.ndarray], observation: Observation) -> None:
        """Refuse a drawer that the arm can't follow all the way."""
        if not self._aims.reaches(poses, observation):
            raise InstructionRefused("The drawer's handle is out of reach.")

    def _room(self, begin: np.ndarray, end: np.ndarray) -> Box:
        """The upright box in which hand and drawer touch, from pose to pose and up to where the hand leaves."""
        boxes = [self._hand.room(pose) for pose in (begin, end, raised(begin, OVER), raised(end, OVER))]
        low = np.min([box.pose[:3, 3] - box.size / 2 for box in boxes], axis=0) - ASIDE
        high = np.max([box.pose[:3, 3] + box.size / 2 for box in boxes], axis=0) + ASIDE
        return Box(pose=transform((low + high) / 2), size=high - low)


ASIDE = np.array([0.06, 0.06, 0.0])  # the hand's own reach beyond its fingers, m
