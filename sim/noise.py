"""Noise of simulated sensors: what their datasheets allow, drawn once from a seed and the same for the same frame.

A table of normal and one of uniform numbers is drawn when a sensor is placed. Each frame reads them from a place that
depends on its number alone, so a frame needs no generator, costs microseconds, and is the same when it is rendered again.
"""

import numpy as np

from sensors.calibration import CameraConfig, ImuConfig, LidarConfig

TABLE = 1 << 18
STRIDE = 104_729  # a prime: frames begin at places in the tables that are far from each other
STANDARD_GRAVITY = 9.80665  # m/s², ISO 80000-3


class Draws:
    """Random numbers by frame."""

    def __init__(self, random: np.random.Generator) -> None:
        """Draw the tables."""
        self._normal = random.standard_normal(TABLE, dtype=np.float32)
        self._uniform = random.random(TABLE, dtype=np.float32)

    def normal(self, frame: int, count: int) -> np.ndarray:
        """Standard normal numbers (count,) float32 of a frame."""
        return _at(self._normal, frame, count)

    def uniform(self, frame: int, count: int) -> np.ndarray:
        """Numbers (count,) float32 in [0, 1) of a frame."""
        return _at(self._uniform, frame, count)


class CameraNoise:
    """What a stereo depth camera adds: a disparity's error, pixels without a match, and photons that are counted one by one."""

    def __init__(self, config: CameraConfig, random: np.random.Generator) -> None:
        """From the camera's figures."""
        self._draws = Draws(random)
        self._exposure = config.exposure
        self._depth_noise = config.depth_noise
        self._grazing = np.float32(config.grazing_cosine)
        self._bright = np.float32(255 * np.sqrt(config.exposure))
        brightness = np.arange(256) / 255
        electrons = np.maximum(brightness**2 * config.full_well_electrons * config.exposure, 1e-3)
        sigma_electrons = np.sqrt(electrons + config.read_noise_electrons**2)
        slope = 255 / (
            2 * np.sqrt(electrons * config.full_well_electrons)
        )  # of sqrt(electrons / full well), the display's curve
        self._sigma_rgb = np.minimum(slope * sigma_electrons, 8.0).astype(np.float32)  # (256,)

    def rgb(self, rgb: np.ndarray, frame: int) -> np.ndarray:
        """Colours (M, 3) uint8 as they are exposed: Poisson-Gauss in electrons, seen through the display's square root."""
        sigma = self._sigma_rgb.take(rgb)
        sigma *= self._draws.normal(frame, rgb.size).reshape(rgb.shape)
        sigma += rgb if self._exposure == 1.0 else rgb * np.float32(np.sqrt(self._exposure))
        sigma += np.float32(0.5)
        return np.clip(sigma, 0, 255, out=sigma).astype(np.uint8)

    def depth(self, depth: np.ndarray, cosine: np.ndarray, frame: int) -> np.ndarray:
        """Depths (M,) m with the error of a disparity that is off by a part of a pixel; NaN where a surface is seen too flat.

        sigma_z = z² · sigma_disparity / (focal length · baseline); a match is lost the likelier, the flatter it is seen:
        surely at incidence zero, never from `grazing_cosine` on.
        """
        noisy = depth + self._depth_noise * depth * depth * self._draws.normal(frame + 1, len(depth))
        lost = cosine < self._grazing * self._draws.uniform(frame, len(depth))
        noisy[lost] = np.nan
        return np.maximum(noisy, np.float32(1e-3), out=noisy)


class LidarNoise:
    """What a spinning LiDAR adds: an error of each range, and pulses that do not come back strong enough."""

    def __init__(self, config: LidarConfig, random: np.random.Generator) -> None:
        """From the LiDAR's figures."""
        self._draws = Draws(random)
        self._range_noise = np.float32(config.range_noise)
        self._white_range = np.float32(config.white_range)
        self._dropout = np.float32(config.dropout)

    def ranges(self, ranges: np.ndarray, sweep: int) -> np.ndarray:
        """Ranges (M,) m as they are measured."""
        return ranges + self._range_noise * self._draws.normal(sweep, len(ranges))

    def returned(self, ranges: np.ndarray, intensity: np.ndarray, sweep: int) -> np.ndarray:
        """Which pulses (M,) come back: at least as much light as from white at `white_range`, and not one of the few lost."""
        strong = intensity * self._white_range**2 >= ranges * ranges
        return strong & (self._draws.uniform(sweep, len(ranges)) >= self._dropout)


class ImuNoise:
    """What an IMU adds: white noise, a bias that wanders, and an end to what it can measure.

    The bias is a state: `save` and `restore` take it along.
    """

    def __init__(self, config: ImuConfig, random: np.random.Generator) -> None:
        """From the IMU's figures; the first bias is what is left after the sensor was zeroed at rest."""
        self._draws = Draws(random)
        per_sample = np.sqrt(config.rate_hz / 2)  # a density over the Nyquist band
        gyro, force = np.radians(config.gyro_noise_density), config.accel_noise_density * STANDARD_GRAVITY
        self._white = np.repeat([gyro * per_sample, force * per_sample], 3)  # (6,)
        step_s = 1 / np.sqrt(config.rate_hz)
        self._walk = np.repeat([config.gyro_bias_walk * step_s, config.accel_bias_walk * step_s], 3)
        self._limit = np.repeat([np.radians(config.gyro_range), config.accel_range * STANDARD_GRAVITY], 3)
        self._bias = np.repeat([config.gyro_bias, config.accel_bias], 3) * random.standard_normal(6)
        self._sample = 0

    def measured(self, readings: np.ndarray) -> np.ndarray:
        """Angular velocities and specific forces (S, 6) as the sensor says them, one sample after the other."""
        draws = np.array([self._draws.normal(self._sample + index, 12) for index in range(len(readings))])
        self._sample += len(readings)
        biases = np.cumsum([self._bias, *(self._walk * draws[:, 6:])], axis=0)[1:]
        self._bias = biases[-1]
        return np.clip(readings + biases + self._white * draws[:, :6], -self._limit, self._limit)

    def save(self) -> tuple[int, np.ndarray]:
        """How many samples there were, and the bias."""
        return self._sample, self._bias

    def restore(self, saved: tuple[int, np.ndarray]) -> None:
        """Go on from there."""
        self._sample, self._bias = saved


def _at(table: np.ndarray, frame: int, count: int) -> np.ndarray:
    """So many numbers from a frame's place in a table on, going round."""
    start = frame * STRIDE % TABLE
    if start + count <= TABLE:
        return table[start : start + count]
    return np.take(table, np.arange(start, start + count), mode="wrap")
