"""Augment: what a look may suffer in training, geometry and words kept right: moved, mirrored, darker, robbed of sensors."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from policies.language.grammar.lexicon import COLOURS
from policies.language.grammar.region_lexicon import DIRECTIONS, REGION_WORDS
from policies.language.grammar.verbs import VERBS
from policies.vla.changes import PIVOT, Change
from policies.vla.config import VlaConfig
from policies.vla.looks import Look, base_moved, without
from policies.vla.vocabulary import ANYTHING, NOUNS, RELATIONS, SIZES

MEANT = {*COLOURS, "not", "without", "away", "open", "close", "shut", *ANYTHING}  # words on which a sentence's meaning hangs
MEANT |= {word for table in (NOUNS, SIZES, RELATIONS) for words in table.values() for each in words for word in each.split()}
MEANT |= {word for table in (VERBS, REGION_WORDS, DIRECTIONS) for each in table for word in each.split()}


@dataclass
class AugmentConfig:
    """How much; m, rad; shares of looks.

    Attributes:
        shift: of the base, either way.
        turn: of the base, either way.
        mirror: share that is mirrored, left and right in the words too; 0 for logs in which sides are not said so.
        one_lost: share that lacks one sensor; two_lost: share that lacks two.
        garbled: share in which a picture is noise and nobody says so.
        light: how much brighter or darker pictures and cloud may be, as a factor's logarithm.
        restated: share of sentences that are said in the plain words of `policies.language.restating`.
        split: share of a sentence's words that are cut in two, so that a word never read is no stranger.
        dropped: share of words on which no meaning hangs that are left out.
        unlocated: share of the things named in a text of which it is not said where they are.
        mislocated: how far off that is along each axis, as a standard deviation.
    """

    shift: float = 0.02
    turn: float = 0.08
    mirror: float = 0.5
    one_lost: float = 0.3
    two_lost: float = 0.1
    garbled: float = 0.02
    light: float = 0.15
    restated: float = 0.6
    split: float = 0.06
    dropped: float = 0.04
    unlocated: float = 0.2
    mislocated: float = 0.003


def drawn_change(random: np.random.Generator, config: AugmentConfig) -> Change:
    """A change of base."""
    yaw, x, y = random.uniform(-1, 1, 3) * np.array([config.turn, config.shift, config.shift])
    return Change(T_new_base=base_moved(yaw, x, y, PIVOT), mirror=bool(random.random() < config.mirror))


def spoiled(look: Look, random: np.random.Generator, vla: VlaConfig, config: AugmentConfig) -> Look:
    """A look in another light, with noise for a picture, or robbed of one or two sensors."""
    factor = np.exp(random.uniform(-1, 1) * config.light)
    pictures = {name: np.clip(picture * factor, 0.0, 1.0) for name, picture in look.pictures.items()}
    if pictures and random.random() < config.garbled:
        name = str(random.choice(sorted(pictures)))
        pictures[name] = random.random(pictures[name].shape, np.float32)
    rgb = np.clip(look.rgb * factor, 0, 255).astype(np.uint8)
    share = random.random()
    count = 2 if share < config.two_lost else 1 if share < config.two_lost + config.one_lost else 0
    sensors = [*vla.views, *vla.lidars, "imu"]
    lost = random.choice(sensors, size=min(count, len(sensors)), replace=False).tolist() if count else []
    return without(replace(look, pictures=pictures, rgb=rgb), lost)


def loosened(text: str, random: np.random.Generator, config: AugmentConfig) -> str:
    """A sentence with some words cut in two, and some left out on which no meaning hangs."""
    result = []
    for word in text.split():
        chance = random.random()
        if chance < config.dropped and not word.isdigit() and word.strip(",.?") not in MEANT:
            continue
        if len(word) > 3 and config.dropped <= chance < config.dropped + config.split:
            place = int(random.integers(1, len(word) - 1))
            word = f"{word[:place]} {word[place:]}"
        result.append(word)
    return " ".join(result) or text


def mislaid(places: Sequence[np.ndarray | None], random: np.random.Generator, config: AugmentConfig) -> list[np.ndarray | None]:
    """Where things (3,) are, as well as one finds them: some not at all."""
    return [
        None if place is None or random.random() < config.unlocated else place + random.normal(0.0, config.mislocated, 3)
        for place in places
    ]
