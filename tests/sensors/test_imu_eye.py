"""An IMU is held against the joints: a bias that comes at once is noticed, one that was always there is learned."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from sensors.calibration import Mounted
from sensors.health import HealthConfig
from sensors.imu_eye import ImuEye
from sensors.inertia import STANDARD_GRAVITY, Passage, excess
from sensors.odometry import Odometry
from sensors.packets import ImuSample

RATE_HZ, TURN_NS = 240, 100_000_000
SIGMA = np.radians(0.014) * np.sqrt(RATE_HZ / 2)  # rad/s of one reading of a BMI088
FORCE_SIGMA = 175e-6 * STANDARD_GRAVITY * np.sqrt(RATE_HZ / 2)  # m/s²
NONE = np.zeros(3)


def window(
    start_s: float, rate: float, sway: float, bias: np.ndarray, force_bias: np.ndarray, random: np.random.Generator
) -> tuple[list[ImuSample], Passage]:
    """A tenth of a second of an IMU that turns about x at a rate, rad/s, while it swings to and fro along y at 1 Hz, m/s."""
    times = start_s + (np.arange(25)) / RATE_HZ
    R_base_imu = Rotation.from_rotvec(np.outer(rate * times, [1.0, 0, 0])).as_matrix()
    speed_base = np.outer(sway * np.sin(2 * np.pi * times), [0, 1.0, 0])
    forces_base = np.diff(speed_base, axis=0) * RATE_HZ + [0, 0, STANDARD_GRAVITY]
    forces_imu = np.einsum("kij,ki->kj", R_base_imu[1:], forces_base)
    samples = [
        ImuSample(
            stamp_ns=round(time * 1e9),
            sensor="imu",
            angular_velocity_imu=np.array([rate, 0, 0]) + bias + SIGMA * random.standard_normal(3),
            specific_force_imu=force + force_bias + FORCE_SIGMA * random.standard_normal(3),
        )
        for time, force in zip(times[1:], forces_imu, strict=True)
    ]
    gained_base = speed_base[-1] - speed_base[0]
    passage = Passage(
        R_base_imu_before=R_base_imu[0], R_base_imu=R_base_imu[-1], gained_base=gained_base, duration_s=24 / RATE_HZ
    )
    return samples, passage


def felt(
    biases: list[np.ndarray], rate: float = 0.0, seed: int = 0, sway: float = 0.0, force_biases: list[np.ndarray] | None = None
) -> list[bool]:
    """Whether the IMU is believed, turn by turn, with such biases of its gyroscope and its accelerometer."""
    imu = Mounted(mount="ee", T_mount_sensor=np.eye(4), rate_hz=RATE_HZ, noisy=True)
    eye, random, believed = ImuEye(imu, Odometry(), HealthConfig()), np.random.default_rng(seed), []
    for turn, (bias, force_bias) in enumerate(zip(biases, force_biases or [NONE] * len(biases), strict=True)):
        samples, passage = window(turn / 10, rate, sway, bias, force_bias, random)
        eye.feel(samples, passage, (turn + 1) * TURN_NS)
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
    assert all(felt([np.array([0.005 * rate, 0, 0])] * 3 + [np.zeros(3)] * 3, rate))


@pytest.mark.parametrize("rate", [0.0, 0.5, 1.2])
@pytest.mark.parametrize("sway", [0.0, 0.5])
@pytest.mark.parametrize("seed", range(5))
def test_an_accelerometers_bias_of_five_sigma_is_noticed_at_once(rate: float, sway: float, seed: int) -> None:
    lasting = 0.03 * way(seed)
    biases = [lasting] * 6 + [lasting + 5 * FORCE_SIGMA * way(seed + 100)] * 3
    assert felt([NONE] * 9, rate, seed, sway, biases) == [True] * 6 + [False] * 3


@pytest.mark.parametrize("sway", [0.0, 0.5])
def test_what_an_arm_does_is_not_taken_for_a_bias(sway: float) -> None:
    assert all(felt([NONE] * 200, rate=0.8, sway=sway, force_biases=[0.05 * way(1)] * 200))


def test_the_force_beyond_the_joints_is_the_bias() -> None:
    bias = np.array([0.02, -0.05, 0.03])
    samples, passage = window(0.3, 1.0, 0.5, NONE, bias, np.random.default_rng(0))
    np.testing.assert_allclose(excess(samples, passage).force_imu, bias, atol=0.015)
