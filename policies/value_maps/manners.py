"""From the manners of a step to rules for its legs: the things and regions that they name, found in what is seen."""

import numpy as np

from policies.grounding.grounder import Candidate
from policies.grounding.relations import DIRECTIONS
from policies.language.program import AtSpeed, KeepAway, Manner, Place, Relation, StayAt
from policies.value_maps.placements import PlacementConfig, region_column
from policies.value_maps.reference import Reference
from policies.value_maps.rules import KeptOff, Rules, SpeedZone
from policies.value_maps.spaces import Column, HalfSpace, Pillar, Space
from robot.errors import InstructionRefused
from sensors.observation import Observation

USUAL_DISTANCE = 0.07  # what "away from" means for the tool where no distance is said, m


class Manners:
    """Grounds manners."""

    def __init__(self, reference: Reference, config: PlacementConfig) -> None:
        """Hold what finds things, and where the table is."""
        self._reference, self._config = reference, config

    def rules(self, manners: tuple[Manner, ...], observation: Observation, *, usual: bool = True) -> Rules:
        """What the manners demand of the tool.

        Args:
            manners: of a step.
            observation: what is seen.
            usual: whether "away from" without a distance is a rule too; where the tool touches things on its way, keeping
                clear of everything else, as it always does, is all that can be asked.
        """
        off: list[KeptOff] = []
        speeds: list[SpeedZone] = []
        for each in manners:
            if isinstance(each, KeepAway) and (usual or each.at_least_m is not None):
                distance = USUAL_DISTANCE if each.at_least_m is None else each.at_least_m
                off += [
                    KeptOff(space=Pillar.around(thing.box_base), distance=distance)
                    for thing in self.away_from(each, observation)
                ]
            if isinstance(each, AtSpeed):
                speeds.append(self._speed(each, observation))
        stay = tuple(self.space(each.place, observation) for each in manners if isinstance(each, StayAt))
        return Rules(off=tuple(off), stay=stay, speeds=tuple(speeds))

    def away_from(self, manner: KeepAway, observation: Observation) -> list[Candidate]:
        """What is kept away from."""
        return [self._reference.anchor(phrase, observation) for phrase in manner.things]

    def space(self, place: Place, observation: Observation) -> Space:
        """Where something is to stay: over a part of the table or a pad, on a side of a thing, or above it."""
        if place.region is not None:
            return region_column(place.region, self._config)
        box = self._reference.anchor(place.anchors[0], observation).box_base
        if (side := DIRECTIONS.get(place.relation)) is not None:
            return HalfSpace(point=box.pose[:3, 3], side=np.array([*side, 0.0]))
        if place.relation is Relation.ABOVE or place.anchors[0].shape != "pad":
            top = box.pose[:3, 3] + [0.0, 0.0, box.size[2] / 2]
            return HalfSpace(point=top, side=np.array([0.0, 0.0, 1.0]))
        reach = np.abs(box.pose[:2, :2]) @ box.size[:2] / 2
        return Column(lower=box.pose[:2, 3] - reach, upper=box.pose[:2, 3] + reach)

    def _speed(self, manner: AtSpeed, observation: Observation) -> SpeedZone:
        """Where the tool moves how fast."""
        if manner.near is not None:
            box = self._reference.anchor(manner.near, observation).box_base
            return SpeedZone(space=Pillar.around(box), within=manner.within_m or 0.0, factor=manner.factor)
        if manner.region is None:
            return SpeedZone(space=None, within=0.0, factor=manner.factor)
        if manner.region == "edge":
            raise InstructionRefused("I can't tell the edge of the table by a region; say 'the left side of the table'.")
        return SpeedZone(space=region_column(manner.region, self._config), within=0.0, factor=manner.factor)
