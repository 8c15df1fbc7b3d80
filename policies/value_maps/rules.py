"""Rules: what the manners of a step demand of the way, grounded in what is seen, and how they are drawn into value maps."""

from dataclasses import dataclass

import numpy as np

from policies.value_maps.spaces import Space

SLOW_SPARE = 0.012  # a slow zone begins so much earlier, a fast one so much later: speed changes over some way, m
MARGIN = 0.012  # how much farther than asked the planned path keeps: the arm follows it within a few millimetres, m


@dataclass(frozen=True, eq=False, kw_only=True)
class KeptOff:
    """The tool stays at least so far (m) from a space."""

    space: Space
    distance: float


@dataclass(frozen=True, eq=False, kw_only=True)
class SpeedZone:
    """Within so far (m) of a space the tool moves at so many times its normal speed; everywhere if there is no space."""

    space: Space | None
    within: float
    factor: float


@dataclass(frozen=True, eq=False, kw_only=True)
class Rules:
    """All rules of a step; none by default.

    Attributes:
        off: what is kept away from.
        stay: where the tool stays once it is there.
        speeds: where it moves how fast; of several that hold in a place the last one does.
    """

    off: tuple[KeptOff, ...] = ()
    stay: tuple[Space, ...] = ()
    speeds: tuple[SpeedZone, ...] = ()

    def spare(self, points_base: np.ndarray) -> np.ndarray:
        """By how much the points (N, 3) keep the rules of place, m, (N,): below 0 where one is broken, inf without any."""
        spare = np.full(len(points_base), np.inf)
        for each in self.off:
            spare = np.minimum(spare, each.space.distance(points_base) - each.distance)
        for space in self.stay:
            spare = np.minimum(spare, -space.distance(points_base))
        return spare

    def factor(self, points_base: np.ndarray) -> np.ndarray:
        """How many times the normal speed holds at the points (N, 3), (N,)."""
        factor = np.ones(len(points_base))
        for zone in self.speeds:
            reach = zone.within + (SLOW_SPARE if zone.factor < 1 else -SLOW_SPARE)
            inside = True if zone.space is None else zone.space.distance(points_base) <= reach
            factor = np.where(inside, zone.factor, factor)
        return factor


NO_RULES = Rules()
