"""SimulatedLidar: a spinning LiDAR as a sensor that looks into the ray-cast mirror."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from robot.clock import Clock
from sensors.calibration import LidarConfig, Mounted
from sensors.packets import LidarScan
from sim.grids import TurnGrid
from sim.hits import Hits, incidence
from sim.noise import LidarNoise
from sim.rated import RatedSource, latest_tick
from sim.raycast import RaycastMirror
from sim.rays import Rays
from sim.sweep import Sweep
from sim.view import View

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


class SimulatedLidar(RatedSource[LidarScan]):
    """A spinning LiDAR as a SensorSource.

    A sweep is stamped with its end; its points carry stamps spread over the period before. With a `Sweep`, each part of
    it shows the world, and the sensor's place, as they were when that part was measured, so motion smears it; without,
    all of it shows them as they are when it is read, which should be on the grid.
    """

    def __init__(
        self,
        mirror: RaycastMirror,
        clock: Clock,
        name: str,
        mounted: Mounted,
        T_world_mount: Callable[[], np.ndarray],
        config: LidarConfig,
        noise: LidarNoise | None = None,
        sweep: Sweep | None = None,
    ) -> None:
        """A LiDAR in its place.

        Args:
            mirror: what it looks into.
            clock: what stamps it.
            name: of the sensor in its scans.
            mounted: where it sits and how often it turns.
            T_world_mount: asked at each sweep for the pose (4, 4) of the frame it is mounted to.
            config: its beams, columns and range.
            noise: what it adds to its ranges; None = nothing.
            sweep: how things moved while it turned; None = they stood still.
        """
        super().__init__(clock, mounted.rate_hz)
        self._name = name
        self._mounted = mounted
        self._T_world_mount = T_world_mount
        self._range = (config.near, config.far)
        beams = len(config.elevations)
        self._directions_lidar = beam_directions(config.elevations, config.columns)
        self._age_ns = np.repeat(_firing_ages_ns(config.columns, mounted.rate_hz), beams)
        self._noise, self._sweep = noise, sweep
        shares = np.array_split(self._directions_lidar.reshape(config.columns, beams, 3), sweep.count if sweep else 1)
        self._views = [View(mirror, TurnGrid(share.reshape(-1, 3), beams)) for share in shares]

    def packet(self, tick: int, stamp_ns: int) -> LidarScan:
        """The sweep that ends at this tick."""
        return self.measure(stamp_ns)

    def measure(self, stamp_ns: int) -> LidarScan:
        """One sweep through the world as it is now, stamped with this end."""
        ranges, intensity = self._look()
        near, far = self._range
        returns = (ranges >= near) & (ranges <= far)
        if self._noise is not None:
            frame = latest_tick(stamp_ns, self._mounted.rate_hz)
            returns &= self._noise.returned(ranges, intensity, frame)
            ranges = self._noise.ranges(ranges, frame)
        returned = np.flatnonzero(returns)
        return LidarScan(
            stamp_ns=stamp_ns,
            sensor=self._name,
            points_lidar=self._directions_lidar[returned] * ranges[returned, None],
            point_stamp_ns=np.maximum(stamp_ns - self._age_ns[returned], 0),  # the world stood still before 0
            intensity=intensity[returned],
        )

    def save(self) -> Any:
        """Which sweep was read last, and what was remembered of the next."""
        return super().save(), self._sweep.save() if self._sweep else None

    def restore(self, saved: Any) -> None:
        """Go on behind the sweep that was read last when `saved` was made."""
        super().restore(saved[0])
        if self._sweep:
            self._sweep.restore(saved[1])

    def _look(self) -> tuple[np.ndarray, np.ndarray]:
        """Range (M,) m, infinite for nothing, and intensity (M,) along all beams, each part of the turn at its instant."""
        moments: list[tuple[np.ndarray, np.ndarray | None]]
        instants = self._sweep.instants() if self._sweep else None
        if instants is None:
            moments = [(self._T_world_mount(), None)] * len(self._views)
        else:
            moments = [(instant.T_world_mount, instant.poses) for instant in instants]
        ranges, intensity = [], []
        for view, (T_world_mount, poses) in zip(self._views, moments, strict=True):
            sight = view.look(T_world_mount @ self._mounted.T_mount_sensor, poses)
            ranges.append(sight.distance)
            intensity.append(sight.each(_intensity))
        return np.concatenate(ranges), np.concatenate(intensity)


def _firing_ages_ns(columns: int, rate_hz: int) -> np.ndarray:
    """How long (columns,) before a sweep's end each column fires; the last fires at its end."""
    return (columns - 1 - np.arange(columns, dtype=np.int64)) * 1_000_000_000 // (rate_hz * columns)


def _intensity(rays: Rays, hits: Hits) -> np.ndarray:
    """How much (M,) of 1 comes back from a dull surface: its brightness times the cosine of incidence."""
    return np.minimum(np.einsum("c,cm->m", LUMINANCE, hits.albedo) / np.float32(255) * incidence(rays, hits), np.float32(1))
