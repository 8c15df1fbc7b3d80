"""Outline: bounds around one tick and the brake after it, found without planning that brake."""

from dataclasses import dataclass

import numpy as np

from robot.guard.brake import Motion

_BEYOND = 1e-9  # by so much, relatively, an acceleration may be off from rounding


@dataclass(frozen=True, eq=False, kw_only=True)
class Outline:
    """What contains one tick and the brake after it.

    Attributes:
        now: the state before the tick.
        next: the state after it.
        tick_s: the tick, s.
        lowest: (J,) no position on the way is below, rad.
        highest: (J,) none is above.
        slowest: (J,) no velocity on the way is below, rad/s; at most 0, where the way ends.
        fastest: (J,) none is above; at least 0.
    """

    now: Motion
    next: Motion
    tick_s: float
    lowest: np.ndarray
    highest: np.ndarray
    slowest: np.ndarray
    fastest: np.ndarray


class Outliner:
    """Draws outlines for joints whose jerk limit lets the acceleration change from one extreme to the other in a tick.

    For such joints (J h >= 2 A) `plan_brake` always ramps for one tick and settles for one, because a and its peak p
    are at most A. Let v, a be the state after the tick and c = v + a h / 2. Then:

    - p has the sign against c, and |p| h (1 + n) = |c| for n ticks of cruise. The velocity of the ramp lies in the hull
      of v, c and c + p h / 2 (a quadratic's Bézier points); the last lies between c and 0, and from there on the
      velocity only goes to 0. So all velocities of the brake lie in the hull of v, c and 0.
    - n is the least with |p| <= A, so n <= |c| / (A h). After the ramp |velocity| is convex and falls to 0 within
      (n + 1) h, so it stays under its chord.
    - The velocities of the tick before it lie in the hull of its own Bézier points.

    So with r the greatest of all of these upwards (c included), nothing lies higher above where the tick began than
    2 r h for tick and ramp and r (r / A + h) / 2 for the rest; and downwards likewise. Whatever is allowed of the
    outline is allowed of the path inside it.
    """

    def __init__(
        self,
        lower: np.ndarray,
        upper: np.ndarray,
        velocity: np.ndarray,
        acceleration: np.ndarray,
        jerk: np.ndarray,
        tick_s: float,
    ) -> None:
        """For these limits (J,) and this tick."""
        h = self._tick_s = tick_s
        self.possible = bool((jerk * h >= (2 + 1e-6) * acceleration).all())
        self._middle, self._half = (lower + upper) / 2, (upper - lower) / 2
        self._velocity, self._acceleration = velocity, acceleration * (1 + _BEYOND)
        self._over_twice = 0.5 / acceleration
        rows = [
            [1, h, h * h / 2, h**3 / 6],  # the position after the tick
            [0, 0, 1, h],  # the acceleration after it
            [0, 1, h, h * h / 2],  # the velocity after it: v
            [0, 1, 0, 0],  # the velocity before it
            [0, 1, h / 2, 0],  # the Bézier point between the two
            [0, 1, 1.5 * h, h * h],  # c = v + a h / 2
        ]
        self._rows = np.array(rows)  # (6, 4), of position, velocity, acceleration and jerk

    def outline(self, now: Motion, jerk: np.ndarray) -> Outline | None:
        """Around the tick with this jerk (J,) and its brake; None if it is not surely within the limits of the joints."""
        if not self.possible:
            return None
        states = self._rows @ np.array([now.position, now.velocity, now.acceleration, jerk])  # (6, J)
        extremes = np.array([states[2:].min(axis=0, initial=0.0), states[2:].max(axis=0, initial=0.0)])  # (2, J)
        ways = extremes * (2.5 * self._tick_s + np.abs(extremes) * self._over_twice)
        reached = now.position + ways
        if not (_all(np.abs(reached - self._middle) <= self._half) and _all(np.abs(extremes) <= self._velocity)):
            return None
        if not _all(np.abs(states[1]) <= self._acceleration):
            return None
        return Outline(
            now=now,
            next=Motion(position=states[0], velocity=states[2], acceleration=states[1]),
            tick_s=self._tick_s,
            lowest=reached[0],
            highest=reached[1],
            slowest=extremes[0],
            fastest=extremes[1],
        )


def _all(mask: np.ndarray) -> bool:
    """Whether all of a mask is True; mask.all() costs twice as much on a few values."""
    return bool(np.count_nonzero(mask) == mask.size)
