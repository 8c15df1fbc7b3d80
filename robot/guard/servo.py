"""Servo: the jerk that makes the joints follow what is wanted, before any limit has been verified."""

from dataclasses import dataclass

import numpy as np

from robot.guard.brake import Motion

_CORRECTION = 0.6  # the part of the acceleration limit that catching up may plan with; the rest is for the jerk's lag


@dataclass(frozen=True, eq=False, kw_only=True)
class Wanted:
    """Where the joints shall be one tick from now; may hold anything, the filter judges it.

    Attributes:
        position: (J,) rad.
        velocity: (J,) rad/s.
        acceleration: (J,) rad/s².
        gripper_width: m.
    """

    position: np.ndarray
    velocity: np.ndarray
    acceleration: np.ndarray
    gripper_width: float


class Servo:
    """A discrete state feedback on a triple integrator, with saturations that brake in time after a jump.

    One tick ahead, without a jerk, the joint would be off by e = (e_q, e_v, e_a). With the jerk k·e and
    k·(h³/6, h²/2, h) = 1 a cubic is followed without error, which leaves two poles free: both at exp(-h/τ). Inverting
    the position alone would be unstable: the zeros of a sampled triple integrator lie outside the unit circle
    (Åström, Hagander, Sternby, "Zeros of sampled systems", Automatica 20(1), 1984).
    """

    def __init__(self, velocity: np.ndarray, acceleration: np.ndarray, jerk: np.ndarray, tick_s: float) -> None:
        """Place the poles for these limits (J,) and this tick; τ grows where the jerk limit makes the joint slow."""
        self._velocity, self._acceleration, self._jerk = velocity, acceleration, jerk
        self._tick_s = tick_s
        self._usable = _CORRECTION * acceleration
        time_constant = np.maximum(2.5 * tick_s, 2 * acceleration / jerk)
        self._stiffness, self._damping, self._gain = _gains(tick_s, np.exp(-tick_s / time_constant))
        self._linear = self._usable / self._stiffness**2

    def velocity(self, now: Motion, wanted: Wanted) -> np.ndarray:
        """The velocity (J,) to have one tick from now: the wanted one and what closes the gap, within the limits."""
        h = self._tick_s
        ahead = now.position + h * (now.velocity + h / 2 * now.acceleration)
        return clipped(wanted.velocity + self._approach(wanted.position - ahead), -self._velocity, self._velocity)

    def jerk(self, now: Motion, velocity: np.ndarray, feed_forward: np.ndarray) -> np.ndarray:
        """The jerk (J,) of the coming tick that leads to a velocity (J,), given the acceleration (J,) to have with it."""
        ahead = now.velocity + now.acceleration * self._tick_s
        acceleration = clipped(feed_forward + self._damping * (velocity - ahead), -self._acceleration, self._acceleration)
        return clipped(self._gain * (acceleration - now.acceleration), -self._jerk, self._jerk)

    def _approach(self, error: np.ndarray) -> np.ndarray:
        """The extra speed (J,) that closes a position error: proportional when it is small, v = sqrt(2 a s) when large."""
        distance, closing = np.abs(error), self._stiffness * error
        near = distance <= self._linear
        if np.count_nonzero(near) == near.size:
            return closing
        far = np.sqrt(2 * self._usable * np.maximum(distance - self._linear / 2, 0.0))
        return np.where(near, closing, np.sign(error) * far)


def _gains(tick_s: float, pole: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nested gains (J,): jerk = gain (e_a + damping (e_v + stiffness e_q)), by matching the characteristic polynomial.

    With u = jerk h³ the scaled errors (e_q, h e_v, h² e_a) obey a constant matrix; its polynomial must be z (z - p)².
    """
    jump = np.array([1 / 6, 1 / 2, 1.0])
    advance = np.array([[1.0, 1.0, 0.5], [0.0, 1.0, 1.0], [0.0, 0.0, 1.0]])
    reach = np.column_stack([advance @ jump, advance @ advance @ jump, np.linalg.matrix_power(advance, 3) @ jump])
    last = np.linalg.solve(reach.T, np.array([0.0, 0.0, 1.0]))  # Ackermann's formula
    scaled = []
    for p in pole:
        polynomial = advance @ (advance - p * np.eye(3)) @ (advance - p * np.eye(3))
        scaled.append(last @ polynomial)
    k = np.array(scaled) / tick_s ** np.array([3, 2, 1])  # (J, 3)
    return k[:, 0] / k[:, 1], k[:, 1] / k[:, 2], k[:, 2]


def clipped(values: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """Values (...,) brought between bounds; np.clip costs three times as much on seven numbers."""
    return np.minimum(np.maximum(values, lower), upper)
