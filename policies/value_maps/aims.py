"""Aims: the tool poses that a step asks for, from what is seen; refused, before anything moves, if out of reach."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from policies.grounding.grounder import Candidate
from policies.grounding.segments import SegmentsConfig, table_height
from policies.language.program import Place, Relation
from policies.value_maps.grasps import LOWEST_TIP, Grasp, crowding, grasps, in_the_hand, pointing_down, yaw_of
from policies.value_maps.placements import PlacementConfig, reach_along, spots, target_xy
from policies.value_maps.reference import Reference
from robot.errors import InstructionRefused
from robot.kinematics import Kinematics
from robot.model import RobotModel
from robot.obstacles import Box
from robot.transforms import invert, transform
from sensors.observation import Observation


@dataclass
class AimsConfig:
    """Heights and distances; m."""

    placement: PlacementConfig = field(default_factory=PlacementConfig)
    above: float = 0.10
    release_gap: float = 0.004
    drop_gap: float = 0.015
    point_gap: float = 0.06
    hover_gap: float = 0.08
    push_height: float = 0.02
    push_run_up: float = 0.025


@dataclass(frozen=True, eq=False, kw_only=True)
class Held:
    """What the gripper holds.

    Attributes:
        thing: as it was seen before it was taken.
        box_ee: its box in ee.
        width: gripper width commanded while holding, m.
    """

    thing: Candidate
    box_ee: Box
    width: float


@dataclass(frozen=True, eq=False, kw_only=True)
class PushAim:
    """A push along one straight line: tool poses at both ends, gripper width, and where the thing's middle ends up (2,)."""

    T_base_begin: np.ndarray
    T_base_end: np.ndarray
    width: float
    goal_xy: np.ndarray


class Aims:
    """Finds tool poses for one arm."""

    def __init__(self, model: RobotModel, kinematics: Kinematics, reference: Reference, config: AimsConfig) -> None:
        """Hold what is needed to find them."""
        self._model, self._kinematics, self._reference, self._config = model, kinematics, reference, config

    def tool(self, observation: Observation) -> np.ndarray:
        """Where the tool is, T_base_ee (4, 4)."""
        return self._kinematics.forward(observation.state.joint_position)

    def grasp(self, thing: Candidate, observation: Observation) -> Grasp:
        """The best grasp that the arm can reach, from above and at the thing."""
        others = observation.cloud.points_base[~thing.mask]
        found = grasps(thing, others, self._model, yaw_of(self.tool(observation)))
        if not found:
            widest = 100 * (self._model.gripper_width_max - 0.008)
            narrow = 100 * float(thing.box_base.size[:2].min())
            raise InstructionRefused(
                f"The {thing.description} is too wide to grasp: {narrow:.0f} cm, and the gripper takes {widest:.0f} cm."
            )
        for grasp in found:
            if self.reaches([grasp.T_base_ee, raised(grasp.T_base_ee, self._config.above)], observation):
                return grasp
        raise self._out_of_reach(f"The {thing.description}", thing.box_base.pose[:3, 3])

    def lifted(self, grasp: Grasp, thing: Candidate, observation: Observation) -> Observation:
        """What would be seen with the thing taken and the tool above where it was: no point of it is left."""
        q = self._kinematics.inverse(raised(grasp.T_base_ee, self._config.above), observation.state.joint_position)
        state = observation.state if q is None else replace(observation.state, joint_position=q)
        return replace(observation, state=state, cloud=observation.cloud.where(~thing.mask))

    def release(self, held: Held, place: Place, observation: Observation) -> np.ndarray:
        """Where the tool lets go, so that the held thing ends at the place."""
        anchors = [self._reference.anchor(phrase, observation) for phrase in place.anchors]
        yaw_now = yaw_of(self.tool(observation))
        size, points = held.box_ee.size, observation.cloud.points_base
        from_xy = held.thing.box_base.pose[:2, 3]
        blocked: np.ndarray | None = None
        for spot in spots(place, anchors, size, points, self.table_z(observation), from_xy, self._config.placement):
            z_thing = spot.surface_z + size[2] / 2 + (self._config.drop_gap if spot.inside else self._config.release_gap)
            for turn in (0.0, np.pi / 2, -np.pi / 2, np.pi / 4, -np.pi / 4):
                T_release = self._tool_for(np.array([*spot.xy, z_thing]), held, yaw_now + turn)
                if not self.reaches([T_release, raised(T_release, self._config.above)], observation):
                    continue
                if not in_the_hand(T_release, points, self._model):
                    return T_release
                blocked = T_release
        if blocked is not None:
            raise InstructionRefused(f"There is no room for the hand {place.text}: something tall stands too near.")
        raise self._out_of_reach(f"The place {place.text}", np.array([*spot.xy, z_thing]))

    def rehearse(self, thing: Candidate, place: Place, observation: Observation) -> None:
        """Refuse a place that has no room for a thing or is out of reach, before the thing is taken."""
        grasp = self.grasp(thing, observation)
        self.release(held_after(grasp, thing, grasp.thickness), place, self.lifted(grasp, thing, observation))

    def hover(self, place: Place, observation: Observation) -> np.ndarray:
        """Where the tool goes for a place that it shall not touch."""
        T_now = self.tool(observation)
        if place.direction is not None and not place.anchors:
            step = self._config.placement.default_offset if place.offset_m is None else place.offset_m
            goal = T_now.copy()
            goal[:3, 3] += step * HOVER_DIRECTIONS[place.direction]
        else:
            anchors = [self._reference.anchor(phrase, observation) for phrase in place.anchors]
            above = place.relation in (Relation.AT, Relation.ABOVE, Relation.ON, Relation.IN)
            if anchors and above:
                xy = anchors[0].box_base.pose[:2, 3]
            else:
                xy, _ = target_xy(place, anchors, 0.02, T_now[:2, 3], self._config.placement)
            top = max(float(each.box_base.pose[2, 3] + each.box_base.size[2] / 2) for each in anchors) if anchors else 0.02
            higher = place.offset_m if above and place.offset_m is not None else self._config.hover_gap
            goal = pointing_down(np.array([*xy, top + higher]), yaw_of(T_now))
        self._refuse_unreachable([goal], f"The place {place.text}", observation)
        return goal

    def push(self, thing: Candidate, place: Place, observation: Observation) -> PushAim:
        """Both ends of a straight push that brings a thing to a place, fingers side by side across the way."""
        start = thing.box_base.pose[:2, 3]
        anchors = [self._reference.anchor(phrase, observation) for phrase in place.anchors]
        goal, _ = target_xy(place, anchors, float(np.linalg.norm(thing.box_base.size[:2])) / 2, start, self._config.placement)
        way = goal - start
        direction = way / max(float(np.linalg.norm(way)), 1e-6)
        if anchors and place.relation in (Relation.AT, Relation.ON, Relation.IN):  # up to the thing, not into it
            goal = goal - direction * (
                reach_along(anchors[0].box_base, direction) + reach_along(thing.box_base, direction) + 0.01
            )
        yaw_now = yaw_of(self.tool(observation))
        yaw = yaw_now + (float(np.arctan2(direction[1], direction[0])) - yaw_now + np.pi / 2) % np.pi - np.pi / 2
        z = thing.box_base.pose[2, 3] - thing.box_base.size[2] / 2
        z += max(min(self._config.push_height, float(thing.box_base.size[2]) * 0.5), LOWEST_TIP)
        behind = reach_along(thing.box_base, direction) + 0.010  # half a finger
        T_begin = pointing_down(np.array([*(start - direction * (behind + self._config.push_run_up)), z]), yaw)
        T_end = pointing_down(np.array([*(goal - direction * behind), z]), yaw)
        poses = [T_begin, T_end, raised(T_begin, self._config.above), raised(T_end, self._config.above)]
        self._refuse_unreachable(poses, f"The push of the {thing.description}", observation)
        others = observation.cloud.points_base[~thing.mask]
        for width in (float(np.clip(0.7 * thing.box_base.size[:2].min(), 0.0, 0.05)), 0.0):
            if not crowding(T_begin, width, others, self._model):
                return PushAim(T_base_begin=T_begin, T_base_end=T_end, width=width, goal_xy=goal)
        raise InstructionRefused(f"There is no room for the hand behind the {thing.description} to push it {place.text}.")

    def point(self, thing: Candidate, observation: Observation) -> np.ndarray:
        """Where the closed fingers hold still over a thing."""
        over = thing.box_base.pose[:3, 3] + [0.0, 0.0, thing.box_base.size[2] / 2 + self._config.point_gap]
        goal = pointing_down(over, yaw_of(self.tool(observation)))
        self._refuse_unreachable([goal], f"The {thing.description}", observation)
        return goal

    def table_z(self, observation: Observation) -> float:
        """The table's height in base, m."""
        config = self._reference.grounder.config
        return table_height(observation.cloud, SegmentsConfig(config.region_lower, config.region_upper))

    def reaches(self, poses: Sequence[np.ndarray], observation: Observation) -> bool:
        """Whether the arm's joints can bring the tool to all of these poses."""
        return all(self._kinematics.inverse(pose, observation.state.joint_position) is not None for pose in poses)

    def _refuse_unreachable(self, poses: Sequence[np.ndarray], what: str, observation: Observation) -> None:
        """Refuse a step of which one pose is out of reach."""
        for pose in poses:
            if not self.reaches([pose], observation):
                raise self._out_of_reach(what, pose[:3, 3])

    def _out_of_reach(self, what: str, position_base: np.ndarray) -> InstructionRefused:
        """The refusal of a position, in a person's units."""
        x, y, _ = 100 * position_base
        side = "left" if y >= 0 else "right"
        return InstructionRefused(f"{what} is out of reach: {x:.0f} cm ahead of the base and {abs(y):.0f} cm to the {side}.")

    def _tool_for(self, centre_base: np.ndarray, held: Held, yaw: float) -> np.ndarray:
        """The tool pose, turned by `yaw`, that brings the middle of what is held to a point."""
        T_base_ee = pointing_down(np.zeros(3), yaw)
        T_base_ee[:3, 3] = centre_base - T_base_ee[:3, :3] @ held.box_ee.pose[:3, 3]
        return T_base_ee


HOVER_DIRECTIONS = {
    "left": np.array([0.0, 1.0, 0.0]),
    "right": np.array([0.0, -1.0, 0.0]),
    "forward": np.array([1.0, 0.0, 0.0]),
    "back": np.array([-1.0, 0.0, 0.0]),
    "up": np.array([0.0, 0.0, 1.0]),
    "down": np.array([0.0, 0.0, -1.0]),
}


def raised(T_base_ee: np.ndarray, height: float) -> np.ndarray:
    """The same pose, higher by so many metres."""
    result = T_base_ee.copy()
    result[2, 3] += height
    return result


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


def held_after(grasp: Grasp, thing: Candidate, width: float) -> Held:
    """What is held once a grasp has closed on a thing."""
    return Held(thing=thing, box_ee=thing.box_base.moved(invert(grasp.T_base_ee)), width=width)
