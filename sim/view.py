"""View: what one sensor sees of the mirror, with what stands still remembered for as long as the sensor stands still too.

Most of what a fixed camera or LiDAR sees never changes. Its rays against everything that stands still are cast once; in
each picture only those that come near a ball around something movable are cast again, and only the pixels that changed,
by what stands in front or by its shadow, are shaded again. The picture is the same to the byte as one made from nothing.
"""

from collections.abc import Callable
from functools import cached_property

import numpy as np

from sim.bounds import Cones, overlapping
from sim.hits import Hits
from sim.raycast import RaycastMirror

Measure = Callable[[np.ndarray, Hits], np.ndarray]  # rays (M, 6) and what they met → one row for each


class RayBundle:
    """The rays of one sensor, turned to wherever it is; as long as it stays there they stay the same array."""

    def __init__(self, directions_sensor: np.ndarray) -> None:
        """From the sensor's origin along directions (M, 3) in its own frame."""
        self._directions_sensor = np.ascontiguousarray(directions_sensor.T, dtype=np.float32)  # (3, M)
        self._rays = np.empty((0, 6), dtype=np.float32)
        self._T_world_sensor = np.full((4, 4), np.nan)

    def at(self, T_world_sensor: np.ndarray) -> np.ndarray:
        """Origin and direction (M, 6) float32 in world for this pose (4, 4)."""
        if not np.array_equal(T_world_sensor, self._T_world_sensor):
            self._T_world_sensor = np.array(T_world_sensor)
            self._rays = np.empty((self._directions_sensor.shape[1], 6), dtype=np.float32)
            rotation = self._T_world_sensor[:3, :3].astype(np.float32)
            x, y, z = self._directions_sensor
            for axis, (along_x, along_y, along_z) in enumerate(rotation):  # no matrix product: BLAS threads fight Embree's
                self._rays[:, axis] = self._T_world_sensor[axis, 3]
                self._rays[:, 3 + axis] = along_x * x + along_y * y + along_z * z
        return self._rays


class Background:
    """What a sensor in one place sees of all that stands still; each answer is found when it is first asked for.

    Attributes:
        rays: (M, 6) float32.
        hits: what they meet.
        epoch: the mirror's, of all that stands still.
        looks: how often it was looked at.
    """

    def __init__(self, mirror: RaycastMirror, cones: Cones, rays: np.ndarray) -> None:
        """Along these rays (M, 6), bundled in cones."""
        self._mirror, self._cones = mirror, cones
        self.rays, self.epoch, self.looks = rays, mirror.stills_epoch, 0
        self.hits = mirror.still.cast(rays)
        self._found: dict[Measure, np.ndarray] = {}

    def find(self, measure: Measure) -> np.ndarray:
        """What a measure says of each ray."""
        if measure not in self._found:
            self._found[measure] = measure(self.rays, self.hits)
        return self._found[measure]

    @cached_property
    def to_sun(self) -> np.ndarray:
        """Rays (M, 6) float32 from here to the sun."""
        return self._mirror.to_sun(self.rays, self.hits)

    @cached_property
    def sun(self) -> np.ndarray:
        """How much sun (M,) what stands still lets through."""
        sun = self.find(self._mirror.sunlight).copy()
        sun[self._mirror.still.darkened(sun, self.to_sun)] = 0
        return sun

    @cached_property
    def colours(self) -> np.ndarray:
        """The displayed colours (M, 3) uint8."""
        return self._mirror.shade(self.rays, self.hits, self.find(self._mirror.sunlight) - self.sun)

    @cached_property
    def sunny_discs(self) -> np.ndarray:
        """A disc (tiles, 3) around what each bundle meets in the sun, as the sun sees it."""
        return self._cones.discs(self.to_sun[:, :3] @ self._mirror.across_sun, self.sun > 0)


class View:
    """A sensor's rays into the mirror."""

    def __init__(self, mirror: RaycastMirror, directions_sensor: np.ndarray, columns: int) -> None:
        """Along directions (M, 3) in the sensor's own frame, neighbours in rows of so many columns."""
        self._mirror = mirror
        self._bundle = RayBundle(directions_sensor)
        self._cones = Cones(directions_sensor, columns)
        self._background: Background | None = None

    def look(self, T_world_sensor: np.ndarray, poses: np.ndarray | None = None) -> "Sight":
        """What is seen from this pose (4, 4) now, or with the world's parts at `poses`; good until the mirror looks again."""
        self._mirror.follow(poses)
        background = self._background_at(T_world_sensor)
        centres_world, radius = self._mirror.balls_world()
        near = self._cones.near((centres_world - T_world_sensor[:3, 3]) @ T_world_sensor[:3, :3], radius)
        if not len(near):
            return Sight(self._mirror, self._cones, background, near, background.hits.take(near))
        nearer, hits = self._mirror.moving.nearer(background.rays.take(near, axis=0), background.hits.distance.take(near))
        return Sight(self._mirror, self._cones, background, near.take(nearer), hits)

    def _background_at(self, T_world_sensor: np.ndarray) -> Background:
        """The one that is remembered, if it is still true."""
        rays = self._bundle.at(T_world_sensor)
        known = self._background
        if known is None or known.rays is not rays or known.epoch != self._mirror.stills_epoch:
            known = self._background = Background(self._mirror, self._cones, rays)
        known.looks += 1
        return known


class Sight:
    """What a sensor sees at one moment: its background, and what can move in front of it.

    Attributes:
        distance: (M,) float32 in lengths of each ray's direction; infinite where it met nothing.
    """

    def __init__(self, mirror: RaycastMirror, cones: Cones, background: Background, index: np.ndarray, hits: Hits) -> None:
        """The rays (n,) `index` met `hits` before the background."""
        self._mirror, self._cones, self._background = mirror, cones, background
        self._index, self._hits = index, hits
        self._rays = background.rays.take(index, axis=0)
        self.distance = background.hits.distance.copy()
        self.distance[index] = hits.distance

    def each(self, measure: Measure) -> np.ndarray:
        """What a function of rays (M, 6) and hits says of each ray: of the background once, of what moves each time."""
        values = self._background.find(measure).copy()
        values[self._index] = measure(self._rays, self._hits)
        return values

    def colours(self, shadows: bool) -> np.ndarray:
        """The displayed colour (M, 3) uint8 of each ray."""
        mirror, background = self._mirror, self._background
        if not shadows:
            return self.each(mirror.shade)
        colours = background.colours.copy()
        dark = self._newly_dark()
        taken = background.find(mirror.sunlight).take(dark)
        colours[dark] = mirror.shade(background.rays.take(dark, axis=0), background.hits.take(dark), taken)
        colours[self._index] = mirror.colours(self._rays, self._hits)
        return colours

    def _newly_dark(self) -> np.ndarray:
        """The rays (n,) int whose background lies in the shadow of something that can move, and in no other.

        From the second look on, where discs are worth their while, only those under a ball are asked.
        """
        mirror, background = self._mirror, self._background
        sun = background.sun.copy()
        sun[self._index] = 0
        if background.looks > 1:
            centres_world, radius = mirror.balls_world()
            under = overlapping(background.sunny_discs, centres_world @ mirror.across_sun, radius)
            sun *= under.take(self._cones.tile)
        return mirror.moving.darkened(sun, background.to_sun)
