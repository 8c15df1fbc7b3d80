"""Sweeping: strokes of the closed fingers, each from behind a crumb straight to where all shall be."""

from dataclasses import dataclass

import numpy as np

from policies.grounding.grounder import Candidate
from policies.grounding.relations import way
from policies.language.program import Phrase, Place, Relation
from policies.value_maps.aims import Aims
from policies.value_maps.courses import Course, Failed
from policies.value_maps.drawers import ASIDE
from policies.value_maps.grasps import least_turn, pointing_down, raised, yaw_of
from policies.value_maps.hand import Hand
from policies.value_maps.placements import PlacementConfig, region_column
from policies.value_maps.reference import Reference
from policies.value_maps.spaces import Column
from robot.errors import InstructionRefused
from robot.obstacles import Box
from robot.transforms import apply, invert, transform
from sensors.observation import Observation


@dataclass
class SweepingConfig:
    """How it is swept; m.

    strokes: at most. left: the share of what is seen of the crumbs that may stay behind in the end. tries, spent: so many
    strokes begin so near to a place; what is still seen there is no crumb. behind: where the fingers come down, behind a
    crumb. low, high: the tool centre over the table on the way and over the lip of a dustpan. ahead: how far before a lip a
    stroke has turned straight inwards. aside: how far from a lip's middle the hand passes over it. inside: how far into a
    dustpan or a part of the table a stroke ends. over: how high the hand flies between strokes. look: how high it looks from
    before each. reach: half of a crumb. top: what of a crumb is higher was surely seen now.
    """

    strokes: int = 18
    left: float = 0.1
    tries: int = 4
    spent: float = 0.012
    behind: float = 0.025
    low: float = 0.0105
    high: float = 0.014
    ahead: float = 0.03
    aside: float = 0.017
    inside: float = 0.035
    over: float = 0.07
    look: float = 0.30
    reach: float = 0.007
    top: float = 0.007


@dataclass(frozen=True, eq=False, kw_only=True)
class Goal:
    """Where crumbs go: what holds them, where strokes end (2,), and the lip (2,) that they pass, None if there is none."""

    box: Box | None
    column: Column | None
    end: np.ndarray
    lip: np.ndarray | None

    def holds(self, crumbs: np.ndarray) -> np.ndarray:
        """Which crumbs (N, 2) are there."""
        points = np.column_stack([crumbs, np.zeros(len(crumbs))])
        if self.column is not None:
            return self.column.distance(points) < -0.01
        assert self.box is not None
        local = apply(invert(self.box.pose), points)
        return np.all(np.abs(local[:, :2]) < self.box.size[:2] / 2 - 0.004, axis=1)


class Sweeping:
    """The skill of sweeping."""

    def __init__(
        self, hand: Hand, aims: Aims, reference: Reference, placement: PlacementConfig, config: SweepingConfig
    ) -> None:
        """Hold what finds crumbs, tool poses and legs."""
        self._hand, self._aims, self._reference = hand, aims, reference
        self._placement, self._config = placement, config

    def sweep(self, phrase: Phrase, place: Place, observation: Observation) -> Course:
        """Stroke after stroke, until nearly all are there."""
        self._hand.refuse_if_full()
        loose = self._loose(phrase, None, observation)
        if not len(loose):
            raise InstructionRefused("I see nothing to sweep.")
        goal, many = self._goal(place, loose, observation), len(loose)
        begun = np.zeros((0, 2))
        for _ in range(self._config.strokes):
            loose = self._loose(phrase, goal, observation)
            tries = (np.linalg.norm(loose[:, None] - begun, axis=2) < self._config.spent).sum(axis=1)
            if (tries < self._config.tries).sum() <= self._config.left * many:
                return observation
            crumb = self._next(loose[tries == tries.min()], goal)
            begun = np.vstack([begun, crumb])
            observation = yield from self._stroke(crumb, goal, place, observation)
            observation = yield self._hand.fly(observation, self._over(loose, observation), 0.0, "looking where crumbs are")
            if goal.box is not None:
                goal = self._goal(place, loose, observation)
        if len(self._loose(phrase, goal, observation)) > many / 4:
            raise Failed(f"After {self._config.strokes} strokes there are still crumbs that are not {place.text}.")
        return observation

    def _loose(self, phrase: Phrase, goal: Goal | None, observation: Observation) -> np.ndarray:
        """Where something of the crumbs is seen (N, 2) that is not at the goal yet; empty if nothing is."""
        heaps = self._reference.grounder.ground(phrase, observation)
        if not heaps:
            return np.zeros((0, 2))
        seen = observation.cloud.points_base[np.any([heap.mask for heap in heaps], axis=0)].astype(float)
        tops = seen[seen[:, 2] > self._aims.table_z(observation) + self._config.top]
        points = (tops if len(tops) else seen)[:, :2]  # what is lower may be remembered from where a crumb has been
        return points if goal is None else points[~goal.holds(points)]

    def _over(self, loose: np.ndarray, observation: Observation) -> np.ndarray:
        """The tool looking down at the crumbs, T_base_ee (4, 4)."""
        place = np.array([*loose.mean(axis=0), self._aims.table_z(observation) + self._config.look])
        return pointing_down(place, yaw_of(self._aims.tool(observation)))

    def _goal(self, place: Place, crumbs: np.ndarray, observation: Observation) -> Goal:
        """A dustpan, a part of the table, or some way on from where the crumbs are."""
        if place.anchors:
            anchor = self._reference.anchor(place.anchors[0], observation)
            if place.relation not in (Relation.IN, Relation.ON, Relation.NEXT_TO, Relation.AT):
                raise InstructionRefused(f"I can sweep into a thing or to a part of the table, not '{place.text}'.")
            inward, lip = mouth(anchor, observation.cloud.points_base)
            return Goal(box=anchor.box_base, column=None, end=lip + inward * self._config.inside, lip=lip)
        region = place.region
        column = self._shifted(place, crumbs) if region is None else region_column(region, self._placement)
        middle = crumbs.mean(axis=0)
        end = np.clip(middle, column.lower + self._config.inside, column.upper - self._config.inside)
        return Goal(box=None, column=column, end=end, lip=None)

    def _shifted(self, place: Place, crumbs: np.ndarray) -> Column:
        """All that lies so far on in a direction."""
        if place.direction not in ("left", "right", "forward", "back"):
            raise InstructionRefused(f"I can't sweep '{place.text}'; say 'into the dustpan' or 'to the left side'.")
        direction = way(place.direction)[:2]
        step = self._placement.default_offset if place.offset_m is None else place.offset_m
        border = crumbs.mean(axis=0) + (step - self._config.inside) * direction
        lower = np.where(direction > 0.5, border, -np.inf)
        return Column(lower=lower, upper=np.where(direction < -0.5, border, np.inf))

    def _next(self, loose: np.ndarray, goal: Goal) -> np.ndarray:
        """The crumb that a stroke begins behind: the one nearest to a lip, that none be strewn; else the one farthest off."""
        away = np.linalg.norm(loose - (goal.end if goal.lip is None else goal.lip), axis=1)
        first = loose[int(np.argmax(away) if goal.lip is None else np.argmin(away))]
        outward = (first - goal.end) / max(float(np.linalg.norm(first - goal.end)), 1e-6)
        centre = first + outward * self._config.reach * (1.0 if goal.lip is not None else -1.0)
        return loose[np.linalg.norm(loose - centre, axis=1) <= self._config.reach + 1e-6].mean(axis=0)

    def _stroke(self, crumb: np.ndarray, goal: Goal, place: Place, observation: Observation) -> Course:
        """Come down behind a crumb, go to the lip or straight to the end, over the lip a little higher; rise."""
        hand, config = self._hand, self._config
        table_z = self._aims.table_z(observation)
        stations = [crumb, *self._corners(crumb, goal)]
        way = stations[1] - crumb
        way = way / max(float(np.linalg.norm(way)), 1e-6)
        places = [crumb - way * config.behind, *stations[1:]]
        heights = [config.low] * len(places)
        heights[-1] = config.low if goal.lip is None else config.high
        yaw = self._yaw(way, observation)
        poses = [pointing_down(np.array([*xy, table_z + z]), yaw) for xy, z in zip(places, heights, strict=True)]
        up = [raised(pose, config.over) for pose in poses]
        if not self._aims.reaches([*poses, *up], observation):
            raise InstructionRefused(f"The crumbs, or the way {place.text}, are out of reach.")
        room = self._room([*poses, *up])
        observation = yield hand.fly(observation, up[0], 0.0, "going behind the crumbs")
        observation = yield hand.straight(observation, poses[0], 0.0, "going behind the crumbs", room)
        for pose in poses[1:]:
            observation = yield hand.straight(observation, pose, 0.0, f"sweeping {place.text}", room)
        return (yield hand.straight(observation, up[-1], 0.0, "rising", room))

    def _corners(self, crumb: np.ndarray, goal: Goal) -> list[np.ndarray]:
        """Where a stroke turns, and its end (2,): straight inwards over a lip, near enough to its middle for the hand."""
        if goal.lip is None:
            return [goal.end]
        inward = (goal.end - goal.lip) / max(float(np.linalg.norm(goal.end - goal.lip)), 1e-6)
        aside = np.array([-inward[1], inward[0]])
        over = goal.lip + aside * float(np.clip((crumb - goal.lip) @ aside, -self._config.aside, self._config.aside))
        before, end = over - inward * self._config.ahead, over + inward * self._config.inside
        return [before, end] if float((before - crumb) @ inward) > 0.0 else [end]

    def _yaw(self, way: np.ndarray, observation: Observation) -> float:
        """How the tool is turned so that the closed fingers stand side by side across the way."""
        wanted, now = float(np.arctan2(way[1], way[0])), yaw_of(self._aims.tool(observation))
        return least_turn(wanted, now)

    def _room(self, poses: list[np.ndarray]) -> Box:
        """The upright box in which a stroke touches."""
        boxes = [self._hand.room(pose) for pose in poses]
        low = np.min([box.pose[:3, 3] - box.size / 2 for box in boxes], axis=0) - ASIDE
        high = np.max([box.pose[:3, 3] + box.size / 2 for box in boxes], axis=0) + ASIDE
        return Box(pose=transform((low + high) / 2), size=high - low)


def mouth(pan: Candidate, points_base: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which way (2,) into a dustpan, and the middle (2,) of its lip: at that end of its length where it is wider."""
    local = apply(invert(pan.box_base.pose), points_base[pan.mask].astype(float))
    axis = int(np.argmax(pan.box_base.size[:2]))
    half = float(pan.box_base.size[axis]) / 2
    spread = [float(np.ptp(local[sign * local[:, axis] > half / 2, 1 - axis])) for sign in (-1.0, 1.0)]
    outward = pan.box_base.pose[:2, axis] * (1.0 if spread[1] > spread[0] else -1.0)
    return -outward, pan.box_base.pose[:2, 3] + outward * half
