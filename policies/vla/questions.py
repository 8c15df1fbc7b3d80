"""Questions, captions, phrases and their kin from the facts of recorded still scenes, as RT-2 is co-trained on them.

Whatever fits two things is not asked, nor is what no camera shows; a thing that is not there is named only where that is
the point: in existence, in a count of zero, and in the false caption of a contrastive pair.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from functools import lru_cache

import numpy as np

from policies.demonstrations import Facts
from policies.vla import asking, captions
from policies.vla.lesson import Lesson
from policies.vla.spots import shift, spot
from policies.vla.stills import Still
from policies.vla.vocabulary import Vocabulary
from robot.errors import InvalidInput

MAKERS: dict[str, Callable[[Still, np.random.Generator], Lesson | None]] = {
    "counting": asking.counting,
    "existence": asking.existence,
    "relation": asking.relation,
    "attribute": asking.attribute,
    "superlative": asking.superlative,
    "articulation": asking.articulation,
    "captions": captions.caption,
    "grounding": asking.grounding,
    "missing": asking.missing,
    "spots": spot,
    "shifts": shift,
    "contrast": captions.contrast,
    "masked": captions.masked,
}


@dataclass
class KindShares:
    """How often each kind comes, relative to the others; 0 = never. A kind that a scene has no example of leaves its place.

    Attributes:
        counting: "how many red blocks are there?"
        existence: "is there a red block?"
        relation: "what is left of the bowl?", "is the can behind the bowl?"
        attribute: "what colour is the can?", "what is the red thing?"
        superlative: "which is the largest block?"
        articulation: "is the drawer open?"
        captions: one or two sentences about the scene.
        grounding: a phrase and the one thing that it means.
        missing: a phrase that fits nothing there.
        spots: "left of the bowl", "between the bowl and the can", and the empty place that it means.
        shifts: "can 12 cm to the left", "can in the back left corner of the table", and where it would then be.
        contrast: a caption and a false one.
        masked: a caption with one word masked.
    """

    counting: float = 1.0
    existence: float = 1.0
    relation: float = 2.0
    attribute: float = 1.0
    superlative: float = 1.0
    articulation: float = 0.5
    captions: float = 1.0
    grounding: float = 2.0
    missing: float = 1.0
    spots: float = 1.0
    shifts: float = 1.0
    contrast: float = 1.0
    masked: float = 1.0


@dataclass
class QuestionsConfig:
    """What is asked.

    Attributes:
        kinds: their shares.
        avoid: words that are never said, such as those kept for the test.
        smallest_px: a thing counts as seen where a camera shows so many pixels of it.
    """

    kinds: KindShares = field(default_factory=KindShares)
    avoid: list[str] = field(default_factory=list)
    smallest_px: int = 12


def questions(facts: Facts, random: np.random.Generator, share: QuestionsConfig) -> Iterator[Lesson]:
    """Examples without end, each about a step drawn anew; none if the facts hold nothing that can be asked.

    Args:
        facts: of one episode.
        random: all draws come from it, in order.
        share: the mix.

    Raises:
        InvalidInput: shares that are negative or all zero, or facts without poses, relations or masks.
    """
    kinds, weights = _weighed(share.kinds)
    vocabulary, stills = _vocabulary(tuple(share.avoid)), dict[int, Still]()
    left = list(range(len(facts.arrays.get("pose", [()]))))
    while left:
        step = left[int(random.integers(len(left)))]
        if step not in stills:
            stills[step] = Still(facts, step, vocabulary, share.smallest_px)
        order = random.choice(kinds, size=len(kinds), replace=False, p=weights)
        lesson = next((found for kind in order if (found := MAKERS[str(kind)](stills[step], random))), None)
        if lesson is None:
            left.remove(step)
        else:
            yield lesson


@lru_cache(maxsize=8)
def _vocabulary(avoid: tuple[str, ...]) -> Vocabulary:
    """Made once, as it is asked for with every sample."""
    return Vocabulary(avoid)


def _weighed(shares: KindShares) -> tuple[list[str], np.ndarray]:
    """The kinds that come at all, and how likely each is."""
    values = {each.name: float(getattr(shares, each.name)) for each in fields(shares)}
    total = sum(values.values())
    if min(values.values()) < 0.0 or not np.isfinite(total) or total == 0.0:
        raise InvalidInput(f"kinds: expected shares of at least 0, one of them above, got {values}")
    kinds = [kind for kind, value in values.items() if value > 0.0]
    return kinds, np.array([values[kind] for kind in kinds]) / total
