"""An IMU is held against the joints: a bias that comes at once is noticed, one that was always there is learned."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from sensors.calibration import Mounted
from sensors.health import HealthConfig
from sensors.imu_eye import ImuEye
from sensors.odometry import Odometry
from sensors.packets import ImuSample

RATE_HZ, TURN_NS = 240, 100_000_000
SIGMA = np.radians(0.014) * np.sqrt(RATE_HZ / 2)  # rad/s of one reading of a BMI088


def felt(biases: list[np.ndarray], rate: float = 0.0, seed: int = 0) -> list[bool]:
    """Whether the IMU is believed, turn by turn, while it turns at this rate about z with such biases of its gyroscope."""
    imu = Mounted(mount="ee", T_mount_sensor=np.eye(4), rate_hz=RATE_HZ, noisy=True)
    eye, random, believed, R = ImuEye(imu, Odometry(), HealthConfig()), np.random.default_rng(seed), [], np.eye(3)
    for turn, bias in enumerate(biases):
        R_before, R = R, R @ Rotation.from_rotvec([0, 0, rate * 0.1]).as_matrix()
        samples = [
            ImuSample(
                stamp_ns=turn * TURN_NS + round((k + 1) * 1e9 / RATE_HZ),
                sensor="imu",
                angular_velocity_imu=np.array([0, 0, rate]) + bias + SIGMA * random.standard_normal(3),
                specific_force_imu=np.array([0, 0, STANDARD_GRAVITY]) + 0.02 * random.standard_normal(3),
            )
            for k in range(24)
        ]
        eye.feel(samples, R_before, R, 0.1, (turn + 1) * TURN_NS)
        believed.append(eye.watch.believed)
    return believed


def way(seed: int) -> np.ndarray:
    """A direction."""
    drawn = np.random.default_rng(seed).standard_normal(3)
    return drawn / np.linalg.norm(drawn)


@pytest.mark.parametrize("rate", [0.0, 0.5, 1.2])
@pytest.mark.parametrize("seed", range(10))
def test_a_bias_of_ten_sigma_is_noticed_at_once(rate: float, seed: int) -> None:
    lasting = 0.005 * way(seed)
    assert felt([lasting] * 6 + [lasting + 10 * SIGMA * way(seed + 100)] * 3, rate, seed) == [True] * 6 + [False] * 3


@pytest.mark.parametrize("seed", range(10))
def test_what_is_left_of_the_offset_after_zeroing_is_no_fault(seed: int) -> None:
    assert all(felt([0.008 * way(seed)] * 300, rate=0.3, seed=seed))


def test_a_bias_that_creeps_is_noticed_when_it_is_no_bias_any_more() -> None:
    believed = felt([turn * 1e-4 * way(0) for turn in range(400)])
    assert all(believed[:150]) and not any(believed[250:])


def test_a_sensitivity_that_is_half_a_percent_off_is_no_fault() -> None:
    rate = 1.0
    assert all(felt([np.array([0, 0, 0.005 * rate])] * 3 + [np.zeros(3)] * 3, rate))
