"""Imagined: facts of things that are not there, for lessons in what words do to places.

A text that says where its things are, "the can <location> 12 cm to the left", can be learnt from without seeing them; so each
frame, whatever it shows, comes with as many such lessons as one likes.
"""

import numpy as np

from policies.demonstrations import Facts
from policies.vla.spots import LOWER, UPPER
from policies.vla.vocabulary import Vocabulary, draw

APART = 0.13  # m: between the middles of two things
COUNT = (2, 5)  # things: from, to less than
HEIGHT = 0.02  # m: of a thing's middle
WIDTHS = {"block": 0.045, "can": 0.055, "ball": 0.05, "bowl": 0.14, "plate": 0.16, "mug": 0.08}  # m, as the tabletop has them


def imagined_facts(random: np.random.Generator, vocabulary: Vocabulary, smallest_px: int) -> Facts | None:
    """A few things anywhere within reach, each well in sight; None if there are no words for any."""
    shapes = [shape for shape in WIDTHS if shape in vocabulary.shapes]
    if not shapes or not vocabulary.colours:
        return None
    wanted, places = int(random.integers(*COUNT)), [random.uniform(LOWER, UPPER)]
    for place in random.uniform(LOWER, UPPER, (20, 2)):
        if len(places) < wanted and np.linalg.norm(np.array(places) - place, axis=1).min() > APART:
            places.append(place)
    count = len(places)
    pose = np.tile(np.eye(4), (count, 1, 1))
    pose[:, :2, 3], pose[:, 2, 3] = places, HEIGHT
    things = [{"colour": draw(vocabulary.colours, random), "shape": draw(shapes, random), "size": "normal"} for _ in places]
    size = np.array([[WIDTHS[thing["shape"]]] * 3 for thing in things])
    masks = np.repeat(np.arange(1, count + 1, dtype=np.uint8), smallest_px).reshape(count, -1)
    return Facts(
        arrays={
            "pose": pose[None], "size": size, "relations": np.zeros((1, 0, count, count), bool), "masks/imagined": masks[None],
        },
        attributes={"objects": things, "relations": []},
    )  # fmt: skip
