"""Odometry: orientation, gravity, the gyroscope's bias and contact, from an IMU whose mount's motion the joints know.

A base that stands still is where `T_odom_base` stays the identity; how the IMU turns beyond what the joints say
(`base_turn`) is then its bias alone, and is the rotation of the base itself once a base drives.
"""

from dataclasses import dataclass, field
from functools import reduce

import numpy as np
from scipy.spatial.transform import Rotation

from sensors.inertia import STANDARD_GRAVITY, Bias
from sensors.packets import ImuSample

STILL_FORCE = 0.5  # m/s²: a specific force that is that near to g is gravity and little else


@dataclass
class OdometryConfig:
    """How fast estimates follow, s, and from which jolt between two samples on something was touched, m/s²."""

    gravity_time_constant_s: float = 0.5
    bias_time_constant_s: float = 5.0
    contact_jolt: float = 4.0


@dataclass
class Odometry:
    """A complementary filter (Mahony, Hamel and Pflimlin, IEEE TAC 53(5), 2008, section IV) with the joints' help.

    Attributes:
        config: its time constants.
        T_odom_base: (4, 4) identity: the base stands still.
        covariance: (6, 6) of it.
        gravity_base: (3,) m/s².
        R_base_imu: (3, 3) the IMU's orientation by its own rates, drawn to what gravity and joints say; None before a sample.
        contact: whether something was touched since the last update.
    """

    config: OdometryConfig = field(default_factory=OdometryConfig)
    T_odom_base: np.ndarray = field(default_factory=lambda: np.eye(4))
    covariance: np.ndarray = field(default_factory=lambda: np.zeros((6, 6)))
    gravity_base: np.ndarray = field(default_factory=lambda: np.array([0.0, 0.0, -STANDARD_GRAVITY]))
    R_base_imu: np.ndarray | None = None
    contact: bool = False

    def __post_init__(self) -> None:
        """No bias is known."""
        self._bias = Bias(self.config.bias_time_constant_s)

    @property
    def bias_imu(self) -> np.ndarray | None:
        """(3,) rad/s of the gyroscope; None before it was felt to turn, or not to, for a while."""
        return self._bias.value

    def update(self, samples: list[ImuSample], R_base_imu: np.ndarray, turn_imu: np.ndarray, duration_s: float) -> None:
        """Take in samples that were never taken in before.

        Args:
            samples: in order.
            R_base_imu: (3, 3) at the last of them, by the joints.
            turn_imu: (3,) rad, how the mount turned meanwhile by the joints, in the IMU's axes.
            duration_s: how long "meanwhile" was.
        """
        rates = np.array([sample.angular_velocity_imu for sample in samples])  # (S, 3)
        forces = np.array([sample.specific_force_imu for sample in samples])
        self.contact = bool(np.abs(np.diff(forces, axis=0)).max(initial=0.0) > self.config.contact_jolt)
        force = forces.mean(axis=0)
        still = abs(float(np.linalg.norm(force)) - STANDARD_GRAVITY) < STILL_FORCE and not self.contact
        turned = self._turned(rates - (0 if self.bias_imu is None else self.bias_imu), duration_s)
        self.R_base_imu = R_base_imu if self.R_base_imu is None else self.R_base_imu @ turned
        share = -np.expm1(-duration_s / self.config.gravity_time_constant_s)
        if still:
            self.gravity_base = self.gravity_base + share * (-R_base_imu @ force - self.gravity_base)
        lean = Rotation.from_matrix(self.R_base_imu.T @ R_base_imu).as_rotvec()
        self.R_base_imu = self.R_base_imu @ Rotation.from_rotvec(share * lean).as_matrix()
        if duration_s > 0:
            self._bias.learn(rates.mean(axis=0) - turn_imu / duration_s, duration_s)

    def _turned(self, rates: np.ndarray, duration_s: float) -> np.ndarray:
        """The rotation (3, 3) that rates (S, 3), equally long each, add up to."""
        steps = Rotation.from_rotvec(rates * (duration_s / len(rates))).as_matrix()
        return reduce(np.matmul, steps)
