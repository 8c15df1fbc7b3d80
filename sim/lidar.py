"""SimulatedLidar: a spinning LiDAR as a sensor that looks into the ray-cast mirror."""

from collections.abc import Callable, Sequence

import numpy as np

from robot.clock import Clock, tick_ns
from sensors.calibration import LidarConfig, Mounted
from sensors.packets import LidarScan
from sim.cameras import latest_tick
from sim.raycast import Hits, RayBundle, RaycastMirror

# Share of each colour in what the laser sees (ITU-R BT.709): near infrared is not simulated, brightness stands for it.
LUMINANCE = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)


def beam_directions(elevations: Sequence[float], columns: int) -> np.ndarray:
    """Unit vectors (columns * beams, 3) float32 in the LiDAR's frame in order of firing: column by column.

    The sweep starts behind the sensor (x forward, z up) and turns counter-clockwise seen from above.
    """
    azimuth = -np.pi + 2 * np.pi * (np.arange(columns) + 0.5) / columns
    elevation = np.array(elevations)
    directions = np.empty((columns, len(elevation), 3), dtype=np.float32)
    directions[..., 0] = np.cos(azimuth)[:, None] * np.cos(elevation)
    directions[..., 1] = np.sin(azimuth)[:, None] * np.cos(elevation)
    directions[..., 2] = np.sin(elevation)
    return directions.reshape(-1, 3)


class SimulatedLidar:
    """A spinning LiDAR as a SensorSource: at most one sweep each read, the newest that is due.

    A sweep is stamped with its end, on the grid of the sensor's rate; its points carry stamps spread over the period
    before. The whole sweep shows the world, and the sensor's place, as they are when it is read: motion within a
    sweep is not simulated. Reads at policy ticks fall on the grid. Ranges are exact: the mirror adds no noise.
    """

    def __init__(
        self,
        mirror: RaycastMirror,
        clock: Clock,
        name: str,
        mounted: Mounted,
        T_world_mount: Callable[[], np.ndarray],
        config: LidarConfig,
    ) -> None:
        """A LiDAR in its place.

        Args:
            mirror: what it looks into.
            clock: what stamps it.
            name: of the sensor in its scans.
            mounted: where it sits and how often it turns.
            T_world_mount: asked at each sweep for the pose (4, 4) of the frame it is mounted to.
            config: its beams, columns and range.
        """
        self._mirror = mirror
        self._clock = clock
        self._name = name
        self._mounted = mounted
        self._T_world_mount = T_world_mount
        self._range = (config.near, config.far)
        self._directions_lidar = beam_directions(config.elevations, config.columns)
        self._bundle = RayBundle(self._directions_lidar)
        self._age_ns = np.repeat(_firing_ages_ns(config.columns, mounted.rate_hz), len(config.elevations))
        self._last_tick = -1
        self._closed = False

    def read(self) -> Sequence[LidarScan]:
        """The newest sweep that is due and was not read yet, or nothing."""
        tick = latest_tick(self._clock.now_ns(), self._mounted.rate_hz)
        if self._closed or tick == self._last_tick:
            return ()
        self._last_tick = tick
        return (self.measure(tick_ns(tick, self._mounted.rate_hz)),)

    def measure(self, stamp_ns: int) -> LidarScan:
        """One sweep through the world as it is now, stamped with this end."""
        rays = self._bundle.at(self._T_world_mount() @ self._mounted.T_mount_sensor)
        hits = self._mirror.cast(rays)
        near, far = self._range
        returned = np.flatnonzero((hits.distance >= near) & (hits.distance <= far))
        ranges = hits.distance[returned]
        return LidarScan(
            stamp_ns=stamp_ns,
            sensor=self._name,
            points_lidar=self._directions_lidar[returned] * ranges[:, None],
            point_stamp_ns=np.maximum(stamp_ns - self._age_ns[returned], 0),  # the world stood still before 0
            intensity=_intensity(rays, hits)[returned],
        )

    def save(self) -> int:
        """Which sweep was read last."""
        return self._last_tick

    def restore(self, saved: int) -> None:
        """Go on behind the sweep that was read last when `saved` was made."""
        self._last_tick = saved

    def close(self) -> None:
        """No sweeps from now on."""
        self._closed = True


def _firing_ages_ns(columns: int, rate_hz: int) -> np.ndarray:
    """How long (columns,) before a sweep's end each column fires; the last fires at its end."""
    return (columns - 1 - np.arange(columns, dtype=np.int64)) * 1_000_000_000 // (rate_hz * columns)


def _intensity(rays: np.ndarray, hits: Hits) -> np.ndarray:
    """How much (M,) of 1 comes back from a dull surface: its brightness times the cosine of incidence."""
    cosine = np.abs(np.einsum("mi,mi->m", rays[:, 3:], hits.normal_world))
    return np.minimum(np.einsum("c,cm->m", LUMINANCE, hits.albedo) / np.float32(255) * cosine, np.float32(1))
