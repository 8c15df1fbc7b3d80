"""What an IMU says beyond what the joints do: Passage and Excess, from one window of samples; Bias, what lasts of it."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from sensors.packets import ImuSample

STANDARD_GRAVITY = 9.80665  # m/s², ISO 80000-3


@dataclass(frozen=True, eq=False, kw_only=True)
class Passage:
    """How the joints carried an IMU from one instant to another.

    Attributes:
        R_base_imu_before: (3, 3) at the first.
        R_base_imu: (3, 3) at the second.
        gained_base: (3,) m/s, by how much its velocity changed.
        duration_s: from the first to the second.
    """

    R_base_imu_before: np.ndarray
    R_base_imu: np.ndarray
    gained_base: np.ndarray
    duration_s: float

    @property
    def turn_imu(self) -> np.ndarray:
        """How it turned, (3,) rad, in its own axes."""
        return Rotation.from_matrix(self.R_base_imu_before.T @ self.R_base_imu).as_rotvec()


@dataclass(frozen=True, eq=False, kw_only=True)
class Excess:
    """The means of what an IMU said beyond what the joints did, in its own axes.

    Attributes:
        rate_imu: (3,) rad/s.
        force_imu: (3,) m/s².
    """

    rate_imu: np.ndarray
    force_imu: np.ndarray


def excess(samples: list[ImuSample], passage: Passage) -> Excess:
    """What samples that are spread evenly over a passage say beyond it.

    The integral of the specific force over the passage is the velocity gained and gravity's pull withstood (Forster, Carlone,
    Dellaert and Scaramuzza, IEEE T-RO 33(1), 2017, equation 33); the base stands level. The orientation in between is the
    gyroscope's, less what it says beyond the joints.
    """
    rates = np.array([sample.angular_velocity_imu for sample in samples])  # (S, 3)
    forces = np.array([sample.specific_force_imu for sample in samples])
    rate_imu = rates.mean(axis=0) - passage.turn_imu / passage.duration_s
    turned = np.cumsum(rates - rate_imu, axis=0) * (passage.duration_s / len(samples))
    forces_base = Rotation.from_rotvec(turned).apply(forces) @ passage.R_base_imu_before.T
    force_base = forces_base.mean(axis=0) - passage.gained_base / passage.duration_s - [0, 0, STANDARD_GRAVITY]
    return Excess(rate_imu=rate_imu, force_imu=force_base @ passage.R_base_imu)


class Bias:
    """What lasts of an excess: the mean of all of it at first, of the last seconds later.

    Attributes:
        value: (3,); None before anything is known.
    """

    def __init__(self, time_constant_s: float) -> None:
        """Nothing is known."""
        self._time_constant_s, self._known_s = time_constant_s, 0.0
        self.value: np.ndarray | None = None

    def learn(self, excess: np.ndarray, duration_s: float) -> None:
        """Average in what was found (3,) over a while."""
        self._known_s += duration_s
        share = max(duration_s / self._known_s, -np.expm1(-duration_s / self._time_constant_s))
        before = np.zeros(3) if self.value is None else self.value
        self.value = before + share * (excess - before)
