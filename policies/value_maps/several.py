"""Several: what is done to all things of a kind, one after another: each put or pushed, sorted, stacked, built with."""

from collections.abc import Callable, Sequence

import numpy as np

from policies.grounding.grounder import Candidate
from policies.grounding.naming import number
from policies.grounding.relations import holds
from policies.language.program import Build, Phrase, Place, Push, Put, Relation, Sort
from policies.value_maps.aims import Aims, Held
from policies.value_maps.courses import Course, Failed, Find
from policies.value_maps.grasps import least_turn, yaw_of
from policies.value_maps.handling import Handling
from policies.value_maps.homes import assigned, nearest_category, of_few_shapes, outside
from policies.value_maps.placements import PlacementConfig, Spot, reach_along, region_column, surface_heights
from policies.value_maps.reference import Reference
from robot.errors import InstructionRefused
from sensors.observation import Observation

CONTAINERS = ("bin", "bowl", "plate", "drawer", "dustpan", "cabinet", "handle")
SLIT = 0.007  # between the two lower things of a pyramid, m
MOST = 20
TOP_FREE = 0.012
SPARE = 4  # more tries than there are things to put away
WHOLE = 0.06  # m, by which the middle of a container may be off as long as half of it is hidden
HERE = 0.03  # m, within which a thing is still where it was
PutOne = Callable[[Candidate, Observation], Course]


class Several:
    """The skills with several things."""

    def __init__(self, handling: Handling, aims: Aims, reference: Reference, placement: PlacementConfig) -> None:
        """Hold the skills with one thing."""
        self._handling, self._aims, self._reference, self._placement = handling, aims, reference, placement

    def each(self, phrase: Phrase, step: Put | Push, observation: Observation) -> Course:
        """Put or push every thing that the phrase means, those nearest to the robot first; what is there already stays."""
        anchors = [self._reference.anchor(anchor, observation) for anchor in step.place.anchors]
        things = self._in_order(phrase, observation, anchors)
        if isinstance(step, Put) and step.place.relation is Relation.IN:

            def put(thing: Candidate, now: Observation) -> Course:
                return self._handling.put_thing(self._finder(thing), step.place, self._again(anchors, now), now)

            return (yield from self._all_into(anchors, phrase, put, observation))
        for thing in things:
            if isinstance(step, Push):
                observation = yield from self._handling.push(self._finder(thing), step, observation)
            elif not self._is_there(thing, step.place, anchors):
                observation = yield from self._handling.put_thing(self._finder(thing), step.place, anchors, observation)
        return observation

    def sort(self, step: Sort, observation: Observation) -> Course:
        """Put each thing into the container that is like it."""
        containers = [each for each in self._found(step.into, observation) if each.shape in CONTAINERS]
        if not containers:
            raise InstructionRefused(f"I see nothing to sort into: no {step.into.shape}.")
        things = self._in_order(step.things, observation, containers)
        loose = outside(things, containers)
        if step.by == "shape":
            loose = of_few_shapes(loose, len(containers))
        homes = assigned(loose, step.by, containers, things)

        def put(thing: Candidate, now: Observation) -> Course:
            (home,) = self._again([homes[nearest_category(thing, step.by, homes)]], now)
            place = Place(text=f"in the {home.description}", relation=Relation.IN)
            return self._handling.put_thing(self._finder(thing), place, [home], now)

        return (yield from self._all_into(containers, step.things, put, observation))

    def _all_into(self, containers: Sequence[Candidate], phrase: Phrase, put: PutOne, observation: Observation) -> Course:
        """Put one thing away, look again, and so on until none lies outside; what could not be taken is tried again last."""
        loose = outside(self._movable(phrase, observation, containers), containers)
        tried: list[np.ndarray] = []
        reason = ""
        for _ in range(len(loose) + SPARE):
            if not loose:
                return observation
            thing = min(loose, key=lambda each: sum(_is_at(each, xy) for xy in tried))
            tried.append(thing.box_base.pose[:2, 3])
            try:
                observation = yield from put(thing, observation)
            except (InstructionRefused, Failed) as why:
                if self._handling.hand.held is not None:
                    raise
                reason = str(why)
            containers = self._again(containers, observation)
            loose = outside(self._movable(phrase, observation, containers), containers)
        if loose:
            raise Failed(reason or f"The {loose[0].description} would not stay where it belongs.")
        return observation

    def build(self, step: Build, observation: Observation) -> Course:
        """Build a tower from the first thing up, or a pyramid of three."""
        if len(step.things) == 1:
            things = self._in_order(step.things[0], observation, [])
            things = sorted(things, key=lambda each: -float(each.box_base.size[:2].prod().round(4)))
        else:
            things = [self._reference.one(phrase, observation) for phrase in step.things]
        if len(things) < 2 or (step.form == "pyramid" and len(things) != 3):
            takes = "three" if step.form == "pyramid" else "two or more"
            raise InstructionRefused(f"I see {number(len(things))} such things; a {step.form} takes {takes}.")
        if step.form == "pyramid":
            return (yield from self._pyramid(things, observation))
        return (yield from self._tower(things, observation))

    def _tower(self, things: list[Candidate], observation: Observation) -> Course:
        """Each thing on the one before."""
        lower = things[0]
        for thing in things[1:]:
            place = Place(text=f"on the {lower.description}", relation=Relation.ON)
            observation = yield from self._handling.put_thing(self._finder(thing), place, [lower], observation)
            lower = self._reference.at(thing, lower.box_base.pose[:2, 3], observation) or thing
        return observation

    def _pyramid(self, things: list[Candidate], observation: Observation) -> Course:
        """The second thing close beside the first, with parallel sides, and the third over the slit between them."""
        first, second, third = things
        self._handling.hand.refuse_if_full()
        observation = yield from self._handling.pick(self._finder(second), observation)
        beside = f"beside the {first.description}"
        observation = yield from self._handling.bring(beside, lambda now: self._beside(self._held(), first, now), observation)
        lower = self._reference.at(first, first.box_base.pose[:2, 3], observation) or first
        other = self._reference.at(second, self._reference.memory.centre_base[:2], observation) or second
        observation = yield from self._handling.pick(self._finder(third), observation)
        both = f"on the {first.description} and the {second.description}"
        return (yield from self._handling.bring(both, lambda now: self._upon(self._held(), lower, other, now), observation))

    def _held(self) -> Held:
        """What is in the hand."""
        held = self._handling.hand.held
        assert held is not None
        return held

    def _beside(self, held: Held, first: Candidate, observation: Observation) -> np.ndarray:
        """Where the tool lets go of the second thing: at one of four sides of the first, the fingers along the slit."""
        box, points = first.box_base, observation.cloud.points_base
        table_z = self._aims.table_z(observation)
        others = points[~box.contains(points, margin=0.012)]
        refusals: list[InstructionRefused] = []
        sides = [sign * box.pose[:2, axis] for axis in (0, 1) for sign in (1.0, -1.0)]
        for side in sorted(sides, key=lambda each: abs(float(each[0]))):  # left and right first
            apart = reach_along(box, side) + float(held.box_ee.size[:2].max()) / 2 + SLIT
            xy = box.pose[:2, 3] + apart * side
            if surface_heights(xy[None], others, 0.045, table_z)[0] > table_z + TOP_FREE:
                continue
            try:
                return self._aims.release_at(
                    held, [Spot(xy=xy, surface_z=table_z)], "beside it", observation, self._yaw(held, side, observation)
                )
            except InstructionRefused as refusal:
                refusals.append(refusal)
        raise refusals[0] if refusals else InstructionRefused(f"There is no free room beside the {first.description}.")

    def _upon(self, held: Held, lower: Candidate, other: Candidate, observation: Observation) -> np.ndarray:
        """Where the tool lets go of the third thing: over the middle between the two."""
        ends = [each.box_base.pose[:3, 3] + [0.0, 0.0, each.box_base.size[2] / 2] for each in (lower, other)]
        way = (ends[1] - ends[0])[:2]
        spot = Spot(xy=(ends[0] + ends[1])[:2] / 2, surface_z=float(max(ends[0][2], ends[1][2])))
        yaw = self._yaw(held, way / max(float(np.linalg.norm(way)), 1e-6), observation)
        return self._aims.release_at(held, [spot], "on both", observation, yaw)

    def _yaw(self, held: Held, side: np.ndarray, observation: Observation) -> float:
        """How the tool is turned so that its fingers move across a direction and what it holds stands parallel to it.

        The fingers move along the tool's y; what they hold lies along its x or its y, as it was grasped by its sides.
        """
        wanted, now = float(np.arctan2(side[1], side[0])), yaw_of(self._aims.tool(observation))
        return least_turn(wanted, now)

    def _finder(self, thing: Candidate) -> Find:
        """What finds one certain thing again: the nearest that looks alike."""

        def find(observation: Observation) -> Candidate:
            now = self._reference.at(thing, thing.box_base.pose[:2, 3], observation)
            if now is None:
                raise InstructionRefused(f"I no longer see the {thing.description}.")
            return now

        return find

    def _found(self, phrase: Phrase, observation: Observation) -> list[Candidate]:
        """All things that a phrase means.

        Raises:
            InstructionRefused: there are none, or not as many as was said.
        """
        found = self._reference.all(phrase, observation)
        if phrase.count is not None and len(found) != phrase.count:
            raise InstructionRefused(f"I see {number(len(found))} of them, not {number(phrase.count)}: {_names(found)}.")
        return found

    def _in_order(self, phrase: Phrase, observation: Observation, anchors: Sequence[Candidate]) -> list[Candidate]:
        """Those of a phrase's things that a hand moves, and that are no anchors, from the nearest to the farthest."""
        self._found(phrase, observation)
        if not (movable := self._movable(phrase, observation, anchors)):
            raise InstructionRefused("There is nothing that could be moved among them.")
        return movable

    def _movable(self, phrase: Phrase, observation: Observation, anchors: Sequence[Candidate]) -> list[Candidate]:
        """As `_in_order`, whether or not there are any, or as many as was said."""
        named = phrase.shape if phrase.shape in CONTAINERS else ""
        found = [
            each
            for each in self._reference.grounder.ground(phrase, observation)
            if (each.shape == named or each.shape not in CONTAINERS)
            and not any(each.shape == anchor.shape and _is_at(each, anchor.box_base.pose[:2, 3]) for anchor in anchors)
        ]
        return sorted(found, key=lambda each: float(np.hypot(*each.box_base.pose[:2, 3])))[:MOST]

    def _again(self, containers: Sequence[Candidate], observation: Observation) -> list[Candidate]:
        """The containers as they are seen now, better than at first; as they were where they are hidden."""
        seen = self._reference.grounder.things(observation)

        def now(old: Candidate) -> Candidate:
            alike = [each for each in seen if (each.shape, each.colour) == (old.shape, old.colour)]
            apart = [float(np.linalg.norm((each.box_base.pose - old.box_base.pose)[:2, 3])) for each in alike]
            return alike[int(np.argmin(apart))] if apart and min(apart) < WHOLE else old

        return [now(each) for each in containers]

    def _is_there(self, thing: Candidate, place: Place, anchors: list[Candidate]) -> bool:
        """Whether a thing is at the place already."""
        if anchors:
            return place.offset_m is None and holds(place.relation, thing, anchors)
        if place.region in (None, "edge", "table"):
            return False
        return bool(region_column(place.region, self._placement).distance(thing.box_base.pose[None, :3, 3])[0] < 0.0)


def _is_at(thing: Candidate, xy: np.ndarray) -> bool:
    """Whether a thing's middle is at a place (2,)."""
    return float(np.linalg.norm(thing.box_base.pose[:2, 3] - xy)) < HERE


def _names(things: Sequence[Candidate]) -> str:
    """The names of things, as a list in a sentence."""
    return ", ".join(each.description for each in things) or "nothing"
