"""Pushes: over which straight stretches a thing is slid to where it shall be, and between which tool poses."""

from dataclasses import dataclass

import numpy as np

from policies.grounding.grounder import Candidate
from policies.language.program import KeepAway, Place, Push, Relation, StayAt
from policies.value_maps.grid import Grid
from policies.value_maps.manners import Manners
from policies.value_maps.placements import EDGE, PlacementConfig, reach_along, region_column
from policies.value_maps.planner import cheapest
from policies.value_maps.push_aims import PushAim, PushAims, not_of
from policies.value_maps.reference import Reference
from policies.value_maps.spaces import Pillar, Space
from robot.errors import InstructionRefused
from sensors.observation import Observation


@dataclass
class PushesConfig:
    """Lengths, m.

    free_way: how far a thing is pushed where no place is said. along_way: how far along a line at most. beside: a thing that is
    no farther from a line than this goes along it from where it is. hand: half the width that fingers and thing sweep.
    run_up: how much room the hand takes behind a thing. clear: what the sweep keeps off all that is not spoken of.
    nearest: ways round things rather lead no nearer to the base than this, where the hand hardly reaches.
    """

    free_way: float = 0.12
    along_way: float = 0.16
    beside: float = 0.15
    hand: float = 0.03
    run_up: float = 0.05
    clear: float = 0.01
    away: float = 0.04
    nearest: float = 0.36
    resolution: float = 0.02


DIRECTIONS = 16
ENDS = 12  # how many ends of a push are tried, at most


class Pushes:
    """Plans pushes."""

    def __init__(
        self, aims: PushAims, reference: Reference, manners: Manners, placement: PlacementConfig, config: PushesConfig
    ) -> None:
        """Hold what finds things and tool poses."""
        self._aims, self._reference, self._manners = aims, reference, manners
        self._placement, self._config = placement, config

    def targets(self, thing: Candidate, step: Push, observation: Observation) -> list[np.ndarray]:
        """Where the thing's middle (2,) is brought, straight each time, one after another.

        Raises:
            InstructionRefused: no such way is free, or none keeps to what was said of it.
        """
        start, place = thing.box_base.pose[:2, 3], step.place
        if place.relation is Relation.ALONG:
            return self._along(thing, self._line(place, observation))
        stay = [self._manners.space(each.place, observation) for each in step.manners if isinstance(each, StayAt)]
        off = [(other, each) for each in step.manners if isinstance(each, KeepAway) for other in self._off(each, observation)]
        if place.region == "table":
            return [self._anywhere(thing, step, [other for other, _ in off], stay, observation)]
        goal = self._aims.goal(thing, place, observation)
        if place.region is not None and not (off or stay):
            goal = self._freest(thing, goal, place, observation)
        ways = self._ways_round(thing, goal, off, stay) if off or stay else [goal]
        self._refuse_leaving(start, ways, stay, step)
        return ways

    def aim(self, thing: Candidate, goal_xy: np.ndarray, place: Place, observation: Observation) -> PushAim:
        """The tool poses of one straight push."""
        return self._aims.to(thing, goal_xy, place.text, observation)

    def _freest(self, thing: Candidate, goal: np.ndarray, place: Place, observation: Observation) -> np.ndarray:
        """The point (2,) of a part of the table, nearest to its middle, to which the hand's straight way is free."""
        if place.region in (None, "edge", "table"):
            return goal
        lower, upper = np.array(self._placement.table_lower) + EDGE, np.array(self._placement.table_upper) - EDGE
        axes = [np.arange(low, high, 0.08) for low, high in zip(lower, upper, strict=True)]
        points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
        inside = points[region_column(place.region, self._placement).distance(_at_table(list(points))) < -0.02]
        order = np.argsort(np.linalg.norm(inside - goal, axis=1), kind="stable")
        for point in [goal, *inside[order[:ENDS]]]:
            try:
                return self._aims.to(thing, point, place.text, observation, free=True).goal_xy
            except InstructionRefused:
                continue
        return goal

    def _off(self, manner: KeepAway, observation: Observation) -> list[Candidate]:
        """What a push keeps away from."""
        return self._manners.away_from(manner, observation)

    def _line(self, place: Place, observation: Observation) -> np.ndarray:
        """Both ends (2, 2) of a line on the table."""
        lower, upper = np.array(self._placement.table_lower) + EDGE, np.array(self._placement.table_upper) - EDGE
        if place.anchors:
            box = self._reference.anchor(place.anchors[0], observation).box_base
            axis = int(np.argmax(box.size[:2]))
            half = box.pose[:2, axis] * box.size[axis] / 2
            return np.stack([box.pose[:2, 3] - half, box.pose[:2, 3] + half])
        middle = (lower + upper) / 2
        ends = {
            "left": ((lower[0], upper[1]), upper),
            "right": (lower, (upper[0], lower[1])),
            "front": (lower, (lower[0], upper[1])),
            "back": ((upper[0], lower[1]), upper),
            "middle": ((lower[0], middle[1]), (upper[0], middle[1])),
            "diagonal": ((lower[0], upper[1]), (upper[0], lower[1])),
        }
        return np.array(ends[place.region or "middle"])

    def _along(self, thing: Candidate, line: np.ndarray) -> list[np.ndarray]:
        """To the line if the thing is far from it, then along it toward the end that is farther away."""
        start = thing.box_base.pose[:2, 3]
        way = line[1] - line[0]
        length = float(np.linalg.norm(way))
        way = way / length
        share = float(np.clip((start - line[0]) @ way, 0.0, length))
        nearest = line[0] + share * way
        rest, direction = (length - share, way) if share < length / 2 else (share, -way)
        far = float(np.linalg.norm(start - nearest)) > self._config.beside
        origin = nearest if far else start
        goal = origin + direction * min(rest, self._config.along_way)
        return [nearest, goal] if far else [goal]

    def _anywhere(
        self, thing: Candidate, step: Push, off: list[Candidate], stay: list[Space], observation: Observation
    ) -> np.ndarray:
        """Where to push a thing a little way: inside what it stays in, off all else, far off what it keeps away from."""
        points = not_of(thing, observation)
        points = points[points[:, 2] > self._aims.table_z(observation) + 0.012]
        for length in (self._config.free_way, 0.75 * self._config.free_way):
            found: list[tuple[float, np.ndarray]] = []
            for angle in np.arange(DIRECTIONS) * 2 * np.pi / DIRECTIONS:
                goal = thing.box_base.pose[:2, 3] + length * np.array([np.cos(angle), np.sin(angle)])
                merit = self._merit(thing, goal, points, off, stay)
                if merit is not None:
                    found.append((merit + 0.02 * float(np.cos(angle)), goal))  # of two ways as good, the one forward
            for _, goal in sorted(found, key=lambda each: -each[0]):
                try:
                    self._aims.to(thing, goal, step.place.text, observation)
                except InstructionRefused:
                    continue
                return goal
        raise InstructionRefused(f"There is no way free on which the {thing.description} could be pushed like that.")

    def _merit(
        self, thing: Candidate, goal: np.ndarray, points_base: np.ndarray, off: list[Candidate], stay: list[Space]
    ) -> float | None:
        """How far a straight push keeps off what it is to keep away from, and in what it is to stay in, m; None if it can't be.

        A thing that does not lie well inside of where it is to stay may only be pushed farther in.
        """
        start = thing.box_base.pose[:2, 3]
        way = (goal - start) / max(float(np.linalg.norm(goal - start)), 1e-6)
        lower, upper = np.array(self._placement.table_lower) + EDGE, np.array(self._placement.table_upper) - EDGE
        ends = start - way * (reach_along(thing.box_base, way) + self._config.run_up), goal
        if (goal < lower).any() or (goal > upper).any():
            return None
        if _clearance(points_base, *ends) < self._config.hand + self._config.clear:
            return None
        merit = min([_clearance(other.box_base.pose[None, :3, 3], *ends) for other in off], default=0.2)
        for space in stay:
            before, *after = space.distance(_at_table([start, (start + goal) / 2, goal]))
            if max(after) > max(before - 0.02, -0.03):
                return None
            merit = min(merit, 0.2 - max(*after, -0.1))
        return min(merit, 0.3)

    def _ways_round(
        self, thing: Candidate, goal: np.ndarray, off: list[tuple[Candidate, KeepAway]], stay: list[Space]
    ) -> list[np.ndarray]:
        """The corners (2,) of the cheapest way over the table that keeps off what is to be kept away from, goal last."""
        lower, upper = np.array(self._placement.table_lower), np.array(self._placement.table_upper)
        grid = Grid(
            lower=np.array([*lower, 0.0]), upper=np.array([*upper, self._config.resolution]), resolution=self._config.resolution
        )
        centres = grid.centre(np.indices(grid.shape).reshape(3, -1).T)
        half = float(thing.box_base.size[:2].max()) / 2
        cost = np.ones(len(centres))
        for other, manner in off:
            gap = Pillar.around(other.box_base).distance(centres) - max(half, self._config.hand)
            cost += 20.0 * np.clip(1 - gap / 0.08, 0.0, 1.0)
            cost[gap < (self._config.away if manner.at_least_m is None else manner.at_least_m)] = 600.0
        for space in stay:
            cost[space.distance(centres) > -0.02] = 600.0
        cost[centres[:, 0] < self._config.nearest] += 20.0
        start, height = thing.box_base.pose[:2, 3], self._config.resolution / 2
        ends = np.array([*start, height]), np.array([*goal, height])
        path = cheapest(grid, cost.reshape(grid.shape), *ends)
        return list(path[1:, :2])

    def _refuse_leaving(self, start: np.ndarray, ways: list[np.ndarray], stay: list[Space], step: Push) -> None:
        """Refuse a way out of where the thing is to stay."""
        for space in stay:
            if (space.distance(_at_table([start, *ways])) > 0.01)[-1]:
                raise InstructionRefused(f"'{step.place.text}' does not lie where it is to stay.")


def _at_table(points_xy: list[np.ndarray]) -> np.ndarray:
    """Points (N, 3) on the table."""
    return np.array([[*xy, 0.0] for xy in points_xy])


def _clearance(points_base: np.ndarray, begin: np.ndarray, end: np.ndarray) -> float:
    """The least horizontal distance of points (N, 3) from the stretch between two places (2,); inf without points."""
    if not len(points_base):
        return float("inf")
    way = end - begin
    share = np.clip((points_base[:, :2] - begin) @ way / max(float(way @ way), 1e-9), 0.0, 1.0)
    return float(np.linalg.norm(points_base[:, :2] - begin - share[:, None] * way, axis=1).min())
