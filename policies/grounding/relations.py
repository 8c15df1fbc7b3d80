"""Relations and superlatives between seen things; left is +y in base, behind is +x, as in `Relation`."""

import numpy as np

from policies.grounding.grounder import Candidate
from policies.language.program import Relation

DIRECTIONS = {
    Relation.LEFT_OF: np.array([0.0, 1.0]),
    Relation.RIGHT_OF: np.array([0.0, -1.0]),
    Relation.BEHIND: np.array([1.0, 0.0]),
    Relation.IN_FRONT_OF: np.array([-1.0, 0.0]),
}
_AXES = {"left": (0.0, 1.0, 0.0), "right": (0.0, -1.0, 0.0), "forward": (1.0, 0.0, 0.0), "back": (-1.0, 0.0, 0.0),
         "up": (0.0, 0.0, 1.0), "down": (0.0, 0.0, -1.0)}  # fmt: skip
NEXT_TO_GAP = 0.12


def way(direction: str) -> np.ndarray:
    """The unit vector (3,) in base of a `Place.direction`, such as "left" or "forward left"."""
    total = np.sum([_AXES[word] for word in direction.split()], axis=0)
    return total / np.linalg.norm(total)


def holds(relation: Relation, thing: Candidate, anchors: list[Candidate]) -> bool:
    """Whether a thing stands in this relation to the anchors, as a person would say it of still things."""
    centre, anchor = thing.box_base.pose[:3, 3], anchors[0].box_base.pose[:3, 3]
    offset = centre[:2] - anchor[:2]
    if relation in DIRECTIONS:
        along = float(offset @ DIRECTIONS[relation])
        across = float(np.linalg.norm(offset - along * DIRECTIONS[relation]))
        return along > 0.02 and along >= across
    if relation is Relation.BETWEEN:
        return is_between(centre[:2], anchor[:2], anchors[-1].box_base.pose[:2, 3])
    reach = float(anchors[0].box_base.size[:2].max()) / 2
    distance = float(np.linalg.norm(offset))
    if relation in (Relation.IN, Relation.ON, Relation.ABOVE):
        return distance < reach and centre[2] > anchors[0].box_base.pose[2, 3] - anchors[0].box_base.size[2] / 2
    return distance - reach - float(thing.box_base.size[:2].max()) / 2 < NEXT_TO_GAP


def superlative(word: str, things: list[Candidate], from_xy: np.ndarray | None = None) -> Candidate:
    """The one of several things that is the most so; near and far are from the robot's base, or from a point (2,)."""

    def key(thing: Candidate) -> float:
        x, y = thing.box_base.pose[:2, 3] - (0.0 if from_xy is None else from_xy)
        size = thing.box_base.size
        return {
            "leftmost": y,
            "rightmost": -y,
            "nearest": -float(np.hypot(x, y)),
            "farthest": float(np.hypot(x, y)),
            "smallest": -float(size.prod()),
            "largest": float(size.prod()),
            "tallest": float(size[2]),
            "shortest": -float(size[2]),
            "topmost": float(thing.box_base.pose[2, 3]),
            "bottommost": -float(thing.box_base.pose[2, 3]),
        }[word]

    return max(things, key=key)


def is_between(point: np.ndarray, a: np.ndarray, b: np.ndarray) -> bool:
    """Whether a point (2,) lies between two others, within 5 cm of the line that joins them."""
    line = b - a
    share = float((point - a) @ line / max(float(line @ line), 1e-9))
    return 0.1 < share < 0.9 and float(np.linalg.norm(a + share * line - point)) < 0.05
