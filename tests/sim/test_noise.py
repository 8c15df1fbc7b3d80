"""Simulated noise is what the datasheets' figures say, the same for the same seed and frame, and another for another."""

import numpy as np
import pytest

from sensors.calibration import CameraConfig, ImuConfig, LidarConfig
from sim.noise import STANDARD_GRAVITY, CameraNoise, ImuNoise, LidarNoise

COUNT = 100_000
CAMERA = CameraConfig(depth_noise=0.00125, grazing_cosine=0.17, full_well_electrons=6300, read_noise_electrons=2.5)
LIDAR = LidarConfig(range_noise=0.01, white_range=100.0, dropout=0.005)
IMU = ImuConfig(gyro_noise_density=0.014, accel_noise_density=175e-6, gyro_range=2000, accel_range=24)


def _camera(config: CameraConfig = CAMERA, seed: int = 0) -> CameraNoise:
    return CameraNoise(config, np.random.default_rng(seed))


@pytest.mark.parametrize("z", [0.5, 1.0, 2.0])
def test_depth_noise_grows_with_the_square_of_the_distance(z: float) -> None:
    noisy = _camera().depth(np.full(COUNT, z, np.float32), np.ones(COUNT, np.float32), 3)
    assert np.std(noisy) == pytest.approx(0.00125 * z * z, rel=0.02)
    assert np.mean(noisy) == pytest.approx(z, abs=2e-5 * z * z)


def test_surfaces_seen_flat_are_lost_and_others_are_not() -> None:
    depth = np.ones(COUNT, np.float32)
    lost = [np.isnan(_camera().depth(depth, np.full(COUNT, cosine, np.float32), 0)).mean() for cosine in (0.0, 0.085, 0.17, 1)]
    assert lost[0] > 0.999 and lost[1] == pytest.approx(0.5, abs=0.01) and lost[2] < 1e-3 and lost[3] == 0


def test_no_return_stays_no_return() -> None:
    assert np.isnan(_camera().depth(np.full(9, np.nan, np.float32), np.ones(9, np.float32), 0)).all()


def test_bright_pixels_have_the_datasheets_signal_to_noise() -> None:
    rgb = np.full((COUNT, 3), 200, np.uint8)
    noisy = _camera().rgb(rgb, 0).astype(float)
    light = (noisy / 255) ** 2  # back from the display's square root
    electrons = 6300 * (200 / 255) ** 2
    assert light.mean() / light.std() == pytest.approx(np.sqrt(electrons), rel=0.05)


def test_half_the_exposure_is_half_the_light() -> None:
    half = CameraConfig(exposure=0.5, full_well_electrons=6300)
    noisy = _camera(half).rgb(np.full((COUNT, 3), 200, np.uint8), 0)
    assert noisy.mean() == pytest.approx(200 * np.sqrt(0.5), abs=0.5)


def test_ranges_scatter_and_few_pulses_are_lost() -> None:
    noise, ranges = LidarNoise(LIDAR, np.random.default_rng(0)), np.full(COUNT, 5.0, np.float32)
    assert np.std(noise.ranges(ranges, 1)) == pytest.approx(0.01, rel=0.02)
    assert noise.returned(ranges, np.ones(COUNT, np.float32), 1).mean() == pytest.approx(0.995, abs=1e-3)


def test_dark_and_distant_surfaces_return_nothing() -> None:
    noise = LidarNoise(LIDAR, np.random.default_rng(0))
    assert not noise.returned(np.full(9, 50.0), np.full(9, 0.2), 0).any()
    assert noise.returned(np.full(9, 40.0), np.full(9, 0.2), 0).sum() >= 8


def test_imu_noise_has_its_density_and_saturates() -> None:
    noise = ImuNoise(IMU, np.random.default_rng(0))
    readings = noise.measured(np.zeros((5000, 6)))
    per_sample = np.sqrt(120)
    np.testing.assert_allclose(readings[:, :3].std(axis=0), np.radians(0.014) * per_sample, rtol=0.06)
    np.testing.assert_allclose(readings[:, 3:].std(axis=0), 175e-6 * STANDARD_GRAVITY * per_sample, rtol=0.06)
    np.testing.assert_allclose(noise.measured(np.full((1, 6), 1e4))[0], np.repeat([np.radians(2000), 24 * STANDARD_GRAVITY], 3))


def test_the_bias_walks_as_the_square_root_of_time() -> None:
    config = ImuConfig(gyro_bias_walk=0.01, accel_bias_walk=0.1)
    ends = []
    for seed in range(60):
        ends.append(ImuNoise(config, np.random.default_rng(seed)).measured(np.zeros((240, 6)))[-1])
    assert np.std(np.array(ends)[:, :3]) == pytest.approx(0.01, rel=0.25)
    assert np.std(np.array(ends)[:, 3:]) == pytest.approx(0.1, rel=0.25)


def test_the_same_seed_and_frame_give_the_same_bytes_and_others_do_not() -> None:
    depth, cosine = np.ones(500, np.float32), np.ones(500, np.float32)
    first, again = _camera().depth(depth, cosine, 7), _camera().depth(depth, cosine, 7)
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != _camera().depth(depth, cosine, 8).tobytes()
    assert first.tobytes() != _camera(seed=1).depth(depth, cosine, 7).tobytes()


def test_a_restored_imu_says_the_same_again_however_often_it_is_read() -> None:
    noise = ImuNoise(ImuConfig(gyro_noise_density=0.01, gyro_bias_walk=0.1), np.random.default_rng(0))
    saved = noise.save()
    first = noise.measured(np.zeros((5, 6)))
    noise.restore(saved)
    np.testing.assert_array_equal(first, [noise.measured(np.zeros((1, 6)))[0] for _ in range(5)])
