"""Actions as what slots say: keyposes of an arm, or dense steps of a log from elsewhere, and back."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from policies.vla.config import VlaConfig
from policies.vla.dimensions import Dimensions
from policies.vla.keypose_rows import NAMES, UNITS, keyposes_from, rows_of
from policies.vla.keyposes import Keyposes
from robot.model import RobotModel

LONGEST_S, LONGEST_PAUSE_S = 6.0, 1.0
NOT_LEARNT = -100
NEAR = 4  # bins about the likeliest whose mean is taken


@dataclass(frozen=True, eq=False, kw_only=True)
class Targets:
    """What K slots are to say.

    Attributes:
        there: (K,) int64, 1 = there is an action, 0 = there is none, -100 = not to be learnt.
        pointer: (K,) int64 patch, -100 = not to be learnt.
        bins: (K, F) int64, -100 = not to be learnt.
    """

    there: np.ndarray
    pointer: np.ndarray
    bins: np.ndarray


def keypose_dimensions(model: RobotModel) -> Dimensions:
    """The numbers of a keypose besides its position: the turn from looking straight down about base's axes, and the rest."""
    low = [-np.pi] * 3 + [0.0] * 4
    high = [np.pi] * 3 + [model.gripper_width_max, 1.0, LONGEST_S, LONGEST_PAUSE_S]
    return Dimensions(names=NAMES, units=UNITS, low=np.array(low), high=np.array(high))


def nothing(config: VlaConfig) -> Targets:
    """Nothing to be learnt."""
    slots = config.slots
    return Targets(
        there=np.full(slots, NOT_LEARNT), pointer=np.full(slots, NOT_LEARNT), bins=np.full((slots, config.fields), NOT_LEARNT)
    )


def keypose_targets(keyposes: Keyposes, config: VlaConfig) -> Targets:
    """The first K keyposes; where there are fewer, the slots behind them say that there is none."""
    targets, pointers = nothing(config), config.pointers()
    targets.there[:] = 0
    count = min(len(keyposes), config.slots)
    rows = rows_of(keyposes)[:count]
    for slot in range(count):
        targets.there[slot] = 1
        place = keyposes.T_base_ee[slot, :3, 3]
        targets.pointer[slot], targets.bins[slot, :3] = pointers.encode(_over_the_view(place, config))
        targets.bins[slot, 3:] = config.code.encode(rows[slot])
    return targets


def place_targets(place_base: np.ndarray, config: VlaConfig) -> Targets:
    """A place alone (3,) in the first slot: what a phrase means."""
    targets = nothing(config)
    targets.there[:] = [1, *[0] * (config.slots - 1)]
    targets.pointer[0], targets.bins[0, :3] = config.pointers().encode(_over_the_view(place_base, config))
    return targets


def nowhere_targets(config: VlaConfig) -> Targets:
    """No place: what a phrase means that fits nothing there."""
    targets = nothing(config)
    targets.there[:] = 0
    return targets


def aim_targets(place_base: np.ndarray, config: VlaConfig) -> Targets:
    """That all slots are over a place (3,), whatever else they are: what a hand does next that takes or brings something."""
    targets = nothing(config)
    pointer, bins = config.pointers().encode(_over_the_view(place_base, config))
    targets.there[:], targets.pointer[:], targets.bins[:, :2] = 1, pointer, bins[:2]
    return targets


def transferred_targets(keyposes: Keyposes, config: VlaConfig) -> Targets:
    """The first K keyposes, taken over from another scene: how high and how long it flew there is not learnt."""
    targets = keypose_targets(keyposes, config)
    flies = np.flatnonzero(~keyposes.contact[: config.slots])
    targets.bins[flies[:, None], [2, 3 + NAMES.index("duration")]] = NOT_LEARNT
    return targets


def dense_targets(values: np.ndarray, there: np.ndarray, config: VlaConfig) -> Targets:
    """Steps (K, D) of a log from elsewhere; those behind its end are not learnt."""
    targets = nothing(config)
    targets.there[:] = np.where(there, 1, NOT_LEARNT)
    targets.bins[there] = config.code.encode(values[there])
    return targets


def keyposes_said(there: np.ndarray, pointer: np.ndarray, numbers: np.ndarray, config: VlaConfig) -> Keyposes:
    """The mirror of `keypose_targets`: the keyposes up to the first slot that has none.

    Args:
        there: (K,) bool.
        pointer: (K,) patches.
        numbers: (K, F) as `numbers_of` makes them: three places inside the cell in [-1, 1], then the dimensions in units.
        config: of the model.
    """
    count = int(np.argmin(np.append(there, False)))
    pointers = config.pointers()
    places = pointers.centres_base[pointer[:count]] + numbers[:count, :3] * pointers.size / 2
    return keyposes_from(places, numbers[:count, 3:])


def numbers_of(likelihood: np.ndarray, config: VlaConfig) -> np.ndarray:
    """Likelihoods of bins (..., F, bins) as numbers (..., F): the mean of the bins about the likeliest one.

    The first three, where there are pointers, are places inside a cell in [-1, 1]; all else is in the dimensions' units.
    """
    best = likelihood.argmax(axis=-1)[..., None]  # (..., F, 1)
    bins = np.arange(config.bins)
    near = np.where(np.abs(bins - best) <= NEAR, likelihood, 0.0)
    middle = (near * bins).sum(-1) / near.sum(-1)
    normalised = (2.0 * middle + 1.0) / config.bins - 1.0
    inside = 3 * config.points
    return np.concatenate([normalised[..., :inside], config.code.dimensions.physical(normalised[..., inside:])], axis=-1)


def _over_the_view(place_base: np.ndarray, config: VlaConfig) -> np.ndarray:
    """The nearest place (3,) that can be pointed at."""
    lower: Sequence[float] = [*config.top_lower, config.height_lower]
    upper: Sequence[float] = [*config.top_upper, config.height_upper]
    return np.clip(place_base, lower, upper)
