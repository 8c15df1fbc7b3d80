"""AttributeGrounder: finds things by colour, shape, size and relation in the fused cloud, with nothing learned."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from policies.grounding.colours import colour_name
from policies.grounding.furniture import renamed, with_drawers
from policies.grounding.grounder import Candidate
from policies.grounding.marks import marks
from policies.grounding.relations import holds, superlative
from policies.grounding.segments import SegmentsConfig, box_around, segments, support_height, table_height
from policies.grounding.shapes import SHAPES, is_covered, likelihoods, measure
from policies.language.program import Phrase, Relation
from sensors.observation import Observation

FURNITURE = ("dustpan",)
FIXED = ("cabinet", "drawer", "handle")  # nobody means them by "the red thing"
SURELY = 0.5  # furniture is told by its size alone, so it must fit well
AS_WELL = 0.2  # a shape that fits at least so much as well as the best one may be the right one all the same
MARKS = ("line", "pad", "crumbs")


@dataclass
class AttributeGrounderConfig:
    """Where things may be (m, base), and from which width on a thing of its shape is large, to which it is small."""

    region_lower: list[float] = field(default_factory=lambda: [0.15, -0.5, -0.02])
    region_upper: list[float] = field(default_factory=lambda: [0.90, 0.5, 0.40])
    voxel_size: float = 0.006
    small_block: float = 0.036
    large_block: float = 0.0455


class AttributeGrounder:
    """Grounds phrases by measured attributes; see the Grounder contract."""

    def __init__(self, config: AttributeGrounderConfig) -> None:
        """Remember where to look."""
        self.config = config
        self._segments = SegmentsConfig(region_lower=config.region_lower, region_upper=config.region_upper)
        self.things = lru_cache(maxsize=1)(self._things)  # asked several times about one observation
        self.marks = lru_cache(maxsize=1)(self._marks)

    def _things(self, observation: Observation) -> tuple[Candidate, ...]:
        """Everything that stands out from the table, from left to right."""
        cloud = observation.cloud
        table_z = table_height(cloud, self._segments)
        masks = segments(cloud, table_z, self._segments)
        seen = [self._candidate(observation, mask, masks, table_z) for mask in masks]
        whole = with_drawers(
            [renamed(each, each.shape) if each.shape in FURNITURE else each for each in seen], cloud.points_base
        )
        return tuple(sorted(whole, key=lambda each: -float(each.box_base.pose[1, 3])))

    def _marks(self, observation: Observation) -> tuple[Candidate, ...]:
        """What shows on the table only by its colour: lines, pads and crumbs; looked for only when they are spoken of."""
        table_z = table_height(observation.cloud, self._segments)
        return tuple(marks(observation.cloud, table_z, list(self.things(observation)), self._segments))

    def ground(self, phrase: Phrase, observation: Observation) -> tuple[Candidate, ...]:
        """The things that fit the phrase, best first."""
        seen = self.marks(observation) if phrase.shape in MARKS else self.things(observation)
        fitting = [each for each in seen if self.fits(phrase, each)] or self._nearly_fitting(phrase, seen)
        if phrase.relation is not None:
            anchors = [self.ground(anchor, observation) for anchor in phrase.anchors]
            if not all(anchors):
                return ()
            firsts = [candidates[0] for candidates in anchors]
            fitting = [each for each in fitting if each not in firsts]
            if phrase.relation is Relation.AT and phrase.superlative is not None and fitting:  # "nearest to the bowl"
                return (superlative(phrase.superlative, fitting, firsts[0].box_base.pose[:2, 3]),)
            fitting = [each for each in fitting if holds(phrase.relation, each, firsts)]
        if phrase.superlative is not None and fitting:
            fitting = [superlative(phrase.superlative, fitting)]
        return tuple(fitting)

    def fits(self, phrase: Phrase, thing: Candidate) -> bool:
        """Whether a thing's own attributes are those that the phrase names."""
        shape_fits = phrase.shape == thing.shape or (phrase.shape == "thing" and thing.shape not in FIXED)
        colour_fits = phrase.colour in (None, thing.colour)
        return shape_fits and colour_fits and not phrase.unknown and phrase.size in (None, self._size(thing))

    def _nearly_fitting(self, phrase: Phrase, seen: Sequence[Candidate]) -> list[Candidate]:
        """The one thing of the right colour whose shape may as well be the one that is said; nothing if there are several."""
        if phrase.colour is None:
            return []
        alike = [each for each in seen if each.shapes.get(phrase.shape, 0.0) > AS_WELL * max(each.shapes.values(), default=1.0)]
        alike = [each for each in alike if self.fits(replace(phrase, shape="thing"), each)]
        return alike if len(alike) == 1 else []

    def _size(self, thing: Candidate) -> str:
        """ "small", "large" or "medium", by what is usual for the shape."""
        if thing.shape not in SHAPES:
            return "medium"
        usual, width = SHAPES[thing.shape].width[0], float(thing.box_base.size[:2].mean())
        if width < usual * self.config.small_block / 0.042:
            return "small"
        return "large" if width > usual * self.config.large_block / 0.042 else "medium"

    def _candidate(self, observation: Observation, mask: np.ndarray, masks: list[np.ndarray], table_z: float) -> Candidate:
        """A segment with its box, colour and shape."""
        points = observation.cloud.points_base
        others = np.any([other for other in masks if other is not mask], axis=0) if len(masks) > 1 else np.zeros_like(mask)
        support_z = support_height(points[mask], points[others], table_z)
        box = box_around(points[mask], support_z, self.config.voxel_size)
        if covered := is_covered(box, points[others]):
            box = box_around(points[mask], support_z, self.config.voxel_size, sides_only=True)
        fit = likelihoods(measure(points[mask], box, covered))
        shape = max(fit, key=lambda name: fit[name] if name not in FURNITURE or fit[name] > SURELY else 0.0)
        colour = colour_name(observation.cloud.rgb[mask & observation.cloud.coloured])
        return Candidate(
            mask=mask, score=fit[shape], description=f"{colour} {shape}", box_base=box, colour=colour, shape=shape, shapes=fit
        )
