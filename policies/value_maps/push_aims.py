"""PushAims: both ends of a straight push, and the room that it needs."""

from dataclasses import dataclass
from itertools import product

import numpy as np

from policies.grounding.attribute_grounder import MARKS
from policies.grounding.grounder import Candidate
from policies.language.program import Place, Relation
from policies.value_maps.aims import Aims
from policies.value_maps.grasps import LOWEST_TIP, crowding, least_turn, pointing_down, raised, yaw_of
from policies.value_maps.placements import reach_along, target_xy
from policies.value_maps.reference import Reference
from robot.errors import InstructionRefused
from robot.obstacles import Box
from robot.transforms import interpolate, transform
from sensors.observation import Observation

ON_THE_WAY = np.linspace(0.1, 1.0, 8)  # where on a push the hand is looked at


@dataclass(frozen=True, eq=False, kw_only=True)
class PushAim:
    """A push along one straight line: tool poses at both ends, gripper width, and where the thing's middle ends up (2,)."""

    T_base_begin: np.ndarray
    T_base_end: np.ndarray
    width: float
    goal_xy: np.ndarray


class PushAims:
    """Finds the tool poses of pushes for one arm."""

    def __init__(self, aims: Aims, reference: Reference) -> None:
        """Hold what finds things, and whether the arm reaches a pose."""
        self._aims, self._reference = aims, reference

    def table_z(self, observation: Observation) -> float:
        """The table's height in base, m."""
        return self._aims.table_z(observation)

    def goal(self, thing: Candidate, place: Place, observation: Observation) -> np.ndarray:
        """Where the middle (2,) of a thing ends that is pushed to a place."""
        start = thing.box_base.pose[:2, 3]
        anchors = [self._reference.anchor(phrase, observation) for phrase in place.anchors]
        goal, _ = target_xy(
            place, anchors, float(np.linalg.norm(thing.box_base.size[:2])) / 2, start, self._aims.config.placement
        )
        flat = bool(anchors) and anchors[0].shape in MARKS
        if anchors and place.relation in (Relation.AT, Relation.ON, Relation.IN) and not flat:  # up to the thing, not into it
            direction = (goal - start) / max(float(np.linalg.norm(goal - start)), 1e-6)
            apart = reach_along(anchors[0].box_base, direction) + reach_along(thing.box_base, direction) + 0.01
            goal = goal - direction * apart
        return goal

    def to(self, thing: Candidate, goal: np.ndarray, text: str, observation: Observation, free: bool = False) -> PushAim:
        """Both ends of a straight push of a thing's middle to a point (2,), fingers side by side across the way.

        Of several heights and widths the first with which the hand meets nothing all the way; if there is none, and it
        need not be `free`, the first with which it meets nothing where it begins.
        """
        config, model, start = self._aims.config, self._aims.model, thing.box_base.pose[:2, 3]
        way = goal - start
        direction = way / max(float(np.linalg.norm(way)), 1e-6)
        yaw = least_turn(float(np.arctan2(direction[1], direction[0])), yaw_of(self._aims.tool(observation)))
        behind = reach_along(thing.box_base, direction) + 0.010  # half a finger
        begin, end = start - direction * (behind + config.push_run_up), goal - direction * behind
        z_thing = thing.box_base.pose[2, 3]
        yaw = yaw_of(self._aims.easier([pointing_down(np.array([*xy, z_thing]), yaw) for xy in (begin, end)], observation)[0])
        foot, tall = thing.box_base.pose[2, 3] - thing.box_base.size[2] / 2, float(thing.box_base.size[2])
        others = not_of(thing, observation)
        narrow = float(np.clip(0.7 * thing.box_base.size[:2].min(), 0.0, 0.05))
        heights = (min(config.push_height, 0.5 * tall), min(1.5 * config.push_height, 0.68 * tall))
        possible: list[PushAim] = []
        for height, width in product(heights, (narrow, 0.0)):  # higher where the hand would meet what stands beside the way
            z = foot + max(height, LOWEST_TIP)
            T_begin = pointing_down(np.array([*begin, z]), yaw)
            T_end = pointing_down(np.array([*end, z]), yaw)
            poses = [T_begin, T_end, raised(T_begin, config.above), raised(T_end, config.above)]
            self._aims.refuse_unreachable(poses, f"The push of the {thing.description}", observation)
            aim = PushAim(T_base_begin=T_begin, T_base_end=T_end, width=width, goal_xy=goal)
            if not crowding(T_begin, width, others, model):
                possible.append(aim)
                if not any(crowding(pose, width, others, model) for pose in interpolate(T_begin, T_end, ON_THE_WAY)):
                    return aim
        if possible and not free:
            return possible[0]
        raise InstructionRefused(f"There is no room for the hand behind the {thing.description} to push it {text}.")


def not_of(thing: Candidate, observation: Observation) -> np.ndarray:
    """The points (N, 3) of everything else: what is within 2 cm of a thing are its own points, measured with more noise."""
    points = observation.cloud.points_base
    return points[~(thing.mask | thing.box_base.contains(points, margin=0.02))]


def corridor(aim: PushAim, thing: Candidate, legs_top: float) -> Box:
    """The upright box over the way of a push, in which fingers and thing may touch."""
    begin, end = aim.T_base_begin[:3, 3], aim.T_base_end[:3, 3]
    along = end - begin
    length = float(np.linalg.norm(along[:2]))
    axis = along[:2] / max(length, 1e-6)
    rotation = np.array([[axis[0], -axis[1], 0.0], [axis[1], axis[0], 0.0], [0.0, 0.0, 1.0]])
    height = float(thing.box_base.size[2]) + legs_top + 0.04
    side = float(thing.box_base.size[:2].max()) + 0.12
    centre = [*((begin + end) / 2)[:2], height / 2 - 0.02]
    return Box(pose=transform(centre, rotation), size=np.array([length + side + 0.06, side, height]))
