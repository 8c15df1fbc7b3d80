"""Brake: the jerk-limited stop from a moving state, in closed form, with a knot at every control tick.

Everything the filter commands has a constant jerk within each tick. So the command is one cubic spline in time
whose knots are the ticks, cubic interpolation between two commands is exactly what was checked, and no finite
difference of samples exceeds what its derivatives keep (a divided difference is a mean of the derivative).
"""

from dataclasses import dataclass, replace

import numpy as np

_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False, kw_only=True)
class Motion:
    """Where the joints are, how fast, and how that changes; each (..., J)."""

    position: np.ndarray
    velocity: np.ndarray
    acceleration: np.ndarray

    def after(self, jerk: np.ndarray, duration_s: float | np.ndarray) -> "Motion":
        """The state after a time of constant jerk (..., J)."""
        h = duration_s
        return Motion(
            position=self.position + h * (self.velocity + h * (self.acceleration / 2 + h * jerk / 6)),
            velocity=self.velocity + h * (self.acceleration + h * jerk / 2),
            acceleration=self.acceleration + h * jerk,
        )

    def where(self, mask: np.ndarray, other: "Motion") -> "Motion":
        """This state for the joints (J,) of the mask, the other one for the rest."""
        return Motion(
            position=np.where(mask, self.position, other.position),
            velocity=np.where(mask, self.velocity, other.velocity),
            acceleration=np.where(mask, self.acceleration, other.acceleration),
        )

    @staticmethod
    def still(position: np.ndarray) -> "Motion":
        """Standing at a position (J,)."""
        return Motion(position=position, velocity=np.zeros_like(position), acceleration=np.zeros_like(position))


@dataclass(frozen=True, eq=False, kw_only=True)
class Brake:
    """A stop in three phases per joint: ramp to an acceleration, keep it, ramp it to zero; every array (..., J).

    Attributes:
        start: the state it begins in.
        ramp_s: length of the first phase, s; a whole number of ticks, as all three.
        keep_s: length of the second.
        settle_s: length of the third.
        peak: the acceleration of the second phase, rad/s².
        elapsed_s: how much of it lies behind already, s.
    """

    start: Motion
    ramp_s: np.ndarray
    keep_s: np.ndarray
    settle_s: np.ndarray
    peak: np.ndarray
    elapsed_s: np.ndarray

    @property
    def total_s(self) -> np.ndarray:
        """Seconds from its start to standstill, (..., J)."""
        return self.ramp_s + self.keep_s + self.settle_s

    @property
    def duration_s(self) -> np.ndarray:
        """Seconds until each joint stands still, (..., J)."""
        return np.maximum(self.total_s - self.elapsed_s, 0.0)

    def later(self, duration_s: float) -> "Brake":
        """The same brake, that much of it done."""
        return replace(self, elapsed_s=np.minimum(self.elapsed_s + duration_s, self.total_s))

    def where(self, mask: np.ndarray, other: "Brake") -> "Brake":
        """This brake for the joints (J,) of the mask, the other one for the rest."""
        start = self.start.where(mask, other.start)
        names = ("ramp_s", "keep_s", "settle_s", "peak", "elapsed_s")
        return Brake(start=start, **{name: np.where(mask, getattr(self, name), getattr(other, name)) for name in names})

    def at(self, ahead_s: float | np.ndarray) -> Motion:
        """The state that long from now, or at times (S, 1) from now; past its end it stands still, exactly."""
        elapsed_s = self.elapsed_s + ahead_s
        first = np.minimum(elapsed_s, self.ramp_s)
        second = np.minimum(elapsed_s - first, self.keep_s)
        third = np.minimum(elapsed_s - first - second, self.settle_s)
        motion = self.start.after((self.peak - self.start.acceleration) / self.ramp_s, first)
        motion = motion.after(np.zeros(()), second)
        motion = motion.after(-self.peak / self.settle_s, third)
        moving = elapsed_s < self.total_s - _ROUNDING
        return Motion(
            position=motion.position,
            velocity=np.where(moving, motion.velocity, 0.0),
            acceleration=np.where(moving, motion.acceleration, 0.0),
        )

    def extremes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The lowest and highest position and the greatest |velocity| on the way, exactly: three times (..., J).

        The velocity ends with one sign; where it starts with the other, the turning point is the one extreme
        between start and end. Where the acceleration changes its sign in the first phase, the velocity peaks there.
        """
        q, v, a = self.start.position, self.start.velocity, self.start.acceleration
        jerk = (self.peak - a) / self.ramp_s
        middle = self.start.after(jerk, self.ramp_s)
        v2 = middle.velocity + self.peak * self.keep_s
        end = middle.position + self.keep_s * (middle.velocity + v2) / 2 - self.peak * self.settle_s**2 / 6
        end = end + self.settle_s * (v2 + self.peak * self.settle_s / 2)
        towards = -np.sign(self.peak)
        against = np.minimum(v * towards, 0.0)
        discriminant = np.maximum((a * towards) ** 2 - 2 * jerk * towards * against, 0.0)
        t = np.minimum(-2 * against / (a * towards + np.sqrt(discriminant) + 1e-300), self.ramp_s)
        turn = q + t * (v + t * (a / 2 + t * jerk / 6))
        lowest, highest = np.minimum(np.minimum(q, turn), end), np.maximum(np.maximum(q, turn), end)
        fastest = np.maximum(np.abs(v), np.maximum(np.abs(middle.velocity), peak_velocity(v, a, self.peak, jerk)))
        return lowest, highest, fastest


def plan_brake(start: Motion, tick_s: float, acceleration: np.ndarray, jerk: np.ndarray) -> Brake:
    """The shortest brake, up to a few ticks, that keeps the acceleration and jerk limits (J,); there always is one.

    The phases of the time-optimal brake (Kröger, "On-Line Trajectory Generation in Robotic Systems", 2010, section
    4.2) are rounded up to ticks. With n1 and n3 ticks for the ramps the peak p may be at most min(A, J n3 h,
    J n1 h ∓ a); the cruise n2 is then the least that makes p so small, and p follows from ending at rest.
    """
    v, a, step = start.velocity, start.acceleration, jerk * tick_s
    sign = np.where(v + a * np.abs(a) / (2 * jerk) < 0, -1.0, 1.0)
    wanted = np.minimum(acceleration, np.sqrt(np.maximum(jerk * v * sign + a * a / 2, 0.0)))
    unwind = np.floor(np.abs(a) / step) + 1
    n1 = np.maximum(unwind, np.ceil((a * sign + wanted) / step - _ROUNDING))
    n3 = np.maximum(1.0, np.ceil(wanted / step - _ROUNDING))
    change = v + a * n1 * tick_s / 2
    sign = np.where(change < 0, -1.0, 1.0)
    most = np.minimum(np.minimum(acceleration, step * n3), step * n1 - a * sign)
    n2 = np.maximum(0.0, np.ceil(np.abs(change) / (most * tick_s) - (n1 + n3) / 2 - _ROUNDING))
    peak = -change / (tick_s * ((n1 + n3) / 2 + n2))
    over = np.zeros_like(peak)
    return Brake(start=start, ramp_s=n1 * tick_s, keep_s=n2 * tick_s, settle_s=n3 * tick_s, peak=peak, elapsed_s=over)


def peak_velocity(v: np.ndarray, a_start: np.ndarray, a_end: np.ndarray, jerk: np.ndarray) -> np.ndarray:
    """The |velocity| where the acceleration passes through zero on its way from a_start to a_end, 0 if it does not."""
    crosses = a_start * a_end < 0
    return np.where(crosses, np.abs(v - a_start * a_start / np.where(crosses, 2 * jerk, 1.0)), 0.0)
