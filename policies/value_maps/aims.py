"""Aims: the tool poses that a step asks for, from what is seen; refused, before anything moves, if out of reach."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum

import numpy as np

from policies.grounding.furniture import OPEN, Drawer
from policies.grounding.grounder import Candidate
from policies.grounding.relations import way
from policies.grounding.segments import SegmentsConfig, table_height
from policies.language.program import Place, Relation
from policies.value_maps.grasps import Grasp, crowding, grasps, half_turned, in_the_hand, pointing_down, raised, yaw_of
from policies.value_maps.placements import PlacementConfig, Spot, region_column, region_point, spots, target_xy
from policies.value_maps.reference import Reference
from policies.value_maps.rules import MARGIN, NO_RULES, Rules
from robot.errors import InstructionRefused
from robot.kinematics import Kinematics
from robot.model import RobotModel
from robot.obstacles import Box
from robot.transforms import interpolate, invert
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


class Ease(IntEnum):
    """How a hand comes to a pose, turning the shorter way round."""

    FREE = 0
    WOUND_UP = 1  # with little way left to the wrist's last joint
    ROUNDABOUT = 2  # a joint would pass its limit, or the arm swing into another posture


class Aims:
    """Finds tool poses for one arm.

    Attributes:
        model: of the arm.
        config: heights and distances.
    """

    def __init__(self, model: RobotModel, kinematics: Kinematics, reference: Reference, config: AimsConfig) -> None:
        """Hold what is needed to find them."""
        self.model, self.config = model, config
        self._kinematics, self._reference = kinematics, reference

    @property
    def above(self) -> float:
        """How high over a pose the tool comes before it goes down to it, m."""
        return self.config.above

    def tool(self, observation: Observation) -> np.ndarray:
        """Where the tool is, T_base_ee (4, 4)."""
        return self._kinematics.forward(observation.state.joint_position)

    def grasp(self, thing: Candidate, observation: Observation) -> Grasp:
        """The best grasp that the arm can reach, from above and at the thing."""
        others = observation.cloud.points_base[~thing.mask]
        found = grasps(thing, others, self.model, yaw_of(self.tool(observation)))
        if not found:
            widest = 100 * (self.model.gripper_width_max - 0.008)
            narrow = 100 * float(thing.box_base.size[:2].min())
            raise InstructionRefused(
                f"The {thing.description} is too wide to grasp: {narrow:.0f} cm, and the gripper takes {widest:.0f} cm."
            )
        best: tuple[Ease, Grasp] | None = None
        for grasp in (
            replace(each, T_base_ee=pose) for each in found for pose in _both_ways_round(each.T_base_ee, np.zeros(3))
        ):
            if not self.reaches([grasp.T_base_ee, raised(grasp.T_base_ee, self.config.above)], observation):
                continue
            ease = self._ease(grasp.T_base_ee, observation)
            if best is None or ease < best[0]:
                best = ease, grasp
            if ease is Ease.FREE:
                break
        if best is None:
            raise self._out_of_reach(f"The {thing.description}", thing.box_base.pose[:3, 3])
        return best[1]

    def lifted(self, grasp: Grasp, thing: Candidate, observation: Observation) -> Observation:
        """What would be seen with the thing taken and the tool above where it was: no point of it is left."""
        q = self._kinematics.inverse(raised(grasp.T_base_ee, self.config.above), observation.state.joint_position)
        state = observation.state if q is None else replace(observation.state, joint_position=q)
        return replace(observation, state=state, cloud=observation.cloud.where(~thing.mask))

    def release(self, held: Held, place: Place, observation: Observation, anchors: list[Candidate] | None = None) -> np.ndarray:
        """Where the tool lets go, so that the held thing ends at the place; anchors where they are known already."""
        anchors = [self._reference.anchor(phrase, observation) for phrase in place.anchors] if anchors is None else anchors
        points, from_xy = observation.cloud.points_base, held.thing.box_base.pose[:2, 3]
        drawers = [each for each in anchors if isinstance(each, Drawer) and place.relation is Relation.IN]
        if any(each.opening < OPEN for each in drawers):
            raise InstructionRefused("The drawer is shut; say 'open the drawer' first.")
        found = spots(place, anchors, held.box_ee.size, points, self.table_z(observation), from_xy, self.config.placement)
        return self.release_at(held, found, place.text, observation)

    def release_at(
        self, held: Held, found: Sequence[Spot], text: str, observation: Observation, yaw: float | None = None
    ) -> np.ndarray:
        """Where the tool lets go: at the first spot that the hand comes to and has room at; turned by `yaw` if given."""
        points, yaw_now = observation.cloud.points_base, yaw_of(self.tool(observation))
        turns = (0.0, np.pi / 2, -np.pi / 2, np.pi / 4, -np.pi / 4)
        yaws = [yaw_now + turn for turn in turns] if yaw is None else [yaw]
        blocked, reached = False, 0
        best: tuple[tuple[bool, bool, Ease], np.ndarray] | None = None
        tries = [(lift, spot) for spot in found for lift in (LIFTS if spot.inside else LIFTS[:1])]
        for lift, spot in sorted(
            tries, key=lambda each: (round(each[1].surface_z / LEVEL), each[0]) if each[1].inside else (0, 0)
        ):
            z_thing = spot.surface_z + held.box_ee.size[2] / 2 + lift
            z_thing += self.config.drop_gap if spot.inside else self.config.release_gap
            tools = [self._tool_for(np.array([*spot.xy, z_thing]), held, each) for each in yaws]
            for T_release in (each for tool in tools for each in _both_ways_round(tool, held.box_ee.pose[:3, 3])):
                if not self.reaches([T_release, raised(T_release, self.config.above)], observation):
                    continue
                if in_the_hand(T_release, points, self.model):
                    blocked = True
                    continue
                ease = self._ease(T_release, observation)
                tight = spot.inside and crowding(T_release, held.width + FINGERS_OPEN, points, self.model) > 0
                rank = ease is Ease.ROUNDABOUT, tight, ease
                if best is None or rank < best[0]:
                    best = rank, T_release
                if ease is Ease.FREE and not tight:
                    break
            reached += best is not None
            if best is not None and (best[0][:2] == (False, False) or (best[0][0] and reached == SPOTS)):
                break
        if best is not None:
            return best[1]
        if blocked:
            raise InstructionRefused(f"There is no room for the hand {text}: something tall stands too near.")
        raise self._out_of_reach(f"The place {text}", np.array([*found[-1].xy, found[-1].surface_z]))

    def rehearse(
        self, thing: Candidate, place: Place, observation: Observation, anchors: list[Candidate] | None = None
    ) -> None:
        """Refuse a place that has no room for a thing or is out of reach, before the thing is taken."""
        grasp = self.grasp(thing, observation)
        self.release(held_after(grasp, thing, grasp.thickness), place, self.lifted(grasp, thing, observation), anchors)

    def hover(self, place: Place, observation: Observation, rules: Rules = NO_RULES) -> np.ndarray:
        """Where the tool goes for a place that it shall not touch, keeping the rules of place."""
        T_now = self.tool(observation)
        if place.direction is not None and not place.anchors:
            step = self.config.placement.default_offset if place.offset_m is None else place.offset_m
            goals = [T_now.copy()]
            goals[0][:3, 3] += step * way(place.direction)
        else:
            goals = self._hovering(place, T_now, observation)
        allowed = [goal for goal in goals if rules.spare(goal[None, :3, 3])[0] >= MARGIN]
        if not allowed:
            raise InstructionRefused(f"The place {place.text} does not keep to what was said of the way.")
        reached = [goal for goal in allowed if self.reaches([goal], observation)]
        if not reached:
            raise self._out_of_reach(f"The place {place.text}", allowed[0][:3, 3])
        return reached[0]

    def _hovering(self, place: Place, T_now: np.ndarray, observation: Observation) -> list[np.ndarray]:
        """Tool poses over or beside things, or over a part of the table, best first."""
        config = self.config.placement
        anchors = [self._reference.anchor(phrase, observation) for phrase in place.anchors]
        above = place.relation in (Relation.AT, Relation.ABOVE, Relation.ON, Relation.IN)
        if anchors and above:
            places = anchors[0].box_base.pose[None, :2, 3]
        elif place.region is not None and place.region not in ("edge", "table"):
            places = _over_region(place.region, T_now[:2, 3], config)
        else:
            places = target_xy(place, anchors, 0.02, T_now[:2, 3], config)[0][None]
        top = max(float(each.box_base.pose[2, 3] + each.box_base.size[2] / 2) for each in anchors) if anchors else 0.02
        higher = place.offset_m if above and place.offset_m is not None else self.config.hover_gap
        return [pointing_down(np.array([*xy, top + higher]), yaw_of(T_now)) for xy in places]

    def point(self, thing: Candidate, observation: Observation) -> np.ndarray:
        """Where the closed fingers hold still over a thing."""
        over = thing.box_base.pose[:3, 3] + [0.0, 0.0, thing.box_base.size[2] / 2 + self.config.point_gap]
        goal = pointing_down(over, yaw_of(self.tool(observation)))
        self.refuse_unreachable([goal], f"The {thing.description}", observation)
        return goal

    def table_z(self, observation: Observation) -> float:
        """The table's height in base, m."""
        config = self._reference.grounder.config
        return table_height(observation.cloud, SegmentsConfig(config.region_lower, config.region_upper))

    def reaches(self, poses: Sequence[np.ndarray], observation: Observation) -> bool:
        """Whether the arm's joints can bring the tool to all of these poses."""
        return all(self._kinematics.inverse(pose, observation.state.joint_position) is not None for pose in poses)

    def easier(self, poses: Sequence[np.ndarray], observation: Observation) -> Sequence[np.ndarray]:
        """Poses, or all of them half a turn farther: whichever the hand reaches, and comes to the first of more easily."""
        turned = [half_turned(pose, np.zeros(3)) for pose in poses]
        within = [
            way
            for way in (poses, turned)
            if self.reaches([*way, *(raised(pose, self.config.above) for pose in way)], observation)
        ]
        return min(within, key=lambda way: self._ease(way[0], observation), default=poses)

    def _ease(self, T_base_ee: np.ndarray, observation: Observation) -> Ease:
        """How easily the hand comes to a pose from where it is, by way of above it."""
        above, q = raised(T_base_ee, self.config.above), observation.state.joint_position
        for pose in [*interpolate(self.tool(observation), above, ON_THE_WAY), T_base_ee]:
            there = self._kinematics.descend(pose, q)
            if there is None or np.abs(there - q).max() > LEAP:
                return Ease.ROUNDABOUT
            q = there
        middle = (self.model.position_lower[-1] + self.model.position_upper[-1]) / 2
        return Ease.WOUND_UP if abs(q[-1] - middle) > np.pi / 2 else Ease.FREE

    def refuse_unreachable(self, poses: Sequence[np.ndarray], what: str, observation: Observation) -> None:
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


ON_THE_WAY = np.linspace(0.0, 1.0, 9)[1:]
SPOTS = 8  # so many are looked at for one that the hand comes to without a detour
LEAP = 1.0  # rad: joints that go farther than that in an eighth of the way take another posture
FINGERS_OPEN = 0.02  # by how much the fingers open to let go, m
LEVEL = 0.03  # m: rather let go from higher up than on top of what lies so much higher
LIFTS = (0.0, 0.02, 0.04)  # m: so much higher a thing is let go inside something where the hand has no room lower
OVER_REGION = 0.08  # how far from the middle of a part of the table the tool still counts as over it, m


def _both_ways_round(T_base_ee: np.ndarray, middle_ee: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A pose, and that half a turn about a point (3,) of the hand."""
    return T_base_ee, half_turned(T_base_ee, middle_ee)


def _over_region(region: str, from_xy: np.ndarray, config: PlacementConfig) -> np.ndarray:
    """Places (N, 2) well inside a part of the table, from its middle outwards."""
    middle, column = region_point(region, from_xy, config), region_column(region, config)
    steps = np.arange(-4, 5) * OVER_REGION / 4
    places = middle + np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=-1).reshape(-1, 2)
    places = places[column.distance(np.column_stack([places, np.zeros(len(places))])) < -0.02]
    return places[np.argsort(np.linalg.norm(places - middle, axis=1), kind="stable")]


def held_after(grasp: Grasp, thing: Candidate, width: float) -> Held:
    """What is held once a grasp has closed on a thing."""
    return Held(thing=thing, box_ee=thing.box_base.moved(invert(grasp.T_base_ee)), width=width)
