"""View: what one sensor sees of the mirror, with what stands still remembered for as long as the sensor stands still too.

Most of what a fixed camera or LiDAR sees never changes. Its rays against everything that stands still are cast once; in
each picture only those that come near a ball around something movable are cast again, and only the pixels that changed,
by what stands in front or by its shadow, are shaded again. The picture is the same to the byte as one made from nothing.
"""

from collections.abc import Callable
from functools import cached_property

import numpy as np

from sim.grids import Grid
from sim.hits import Hits
from sim.raycast import RaycastMirror
from sim.rays import RayBundle, Rays

Measure = Callable[[Rays, Hits], np.ndarray]  # rays and what they met → one row for each


class Background:
    """What a sensor in one place sees of all that stands still; each answer is found when it is first asked for.

    Attributes:
        rays: M of them.
        hits: what they meet.
        epoch: the mirror's, of all that stands still.
    """

    def __init__(self, mirror: RaycastMirror, rays: Rays) -> None:
        """Along these rays."""
        self._mirror = mirror
        self.rays, self.epoch = rays, mirror.stills_epoch
        self.hits = mirror.still.cast(rays)
        self._found: dict[Measure, np.ndarray] = {}

    def find(self, measure: Measure) -> np.ndarray:
        """What a measure says of each ray."""
        if measure not in self._found:
            self._found[measure] = measure(self.rays, self.hits)
        return self._found[measure]

    @cached_property
    def points(self) -> np.ndarray:
        """Where (3, M) the rays to the sun begin."""
        return self._mirror.points(self.rays, self.hits)

    @cached_property
    def cells(self) -> np.ndarray:
        """The canopy's cells (M,) of what is met."""
        return self._mirror.cells(self.points)

    @cached_property
    def sun(self) -> np.ndarray:
        """How much sun (M,) what stands still lets through."""
        sun = self.find(self._mirror.sunlight).copy()
        sun[self._mirror.darkened_by_stills(sun > 0, self.points, self.cells)] = 0
        return sun

    @cached_property
    def sunny(self) -> np.ndarray:
        """Where (M,) bool there is any."""
        return self.sun > 0

    @cached_property
    def colours(self) -> np.ndarray:
        """The displayed colours (M, 3) uint8."""
        return self._mirror.shade(self.rays, self.hits, self.find(self._mirror.sunlight) - self.sun)


class View:
    """A sensor's rays into the mirror."""

    def __init__(self, mirror: RaycastMirror, grid: Grid) -> None:
        """Along this grid."""
        self._mirror, self._grid = mirror, grid
        self._bundle = RayBundle(grid.directions)
        self._background: Background | None = None
        self._sight: Sight | None = None

    def look(self, T_world_sensor: np.ndarray, poses: np.ndarray | None = None) -> "Sight":
        """What is seen from this pose (4, 4) now, or with the world's parts at `poses`; good until the mirror looks again."""
        self._mirror.follow(poses)
        background = self._background_at(T_world_sensor)
        if self._sight is not None and self._sight.shows(background):
            return self._sight
        centres_world, radius, mover = self._mirror.balls_world()
        centres_sensor = (centres_world - T_world_sensor[:3, 3]) @ T_world_sensor[:3, :3]
        pairs = self._grid.near(centres_sensor, radius, mover, self._mirror.moving.count)
        nearer = self._mirror.moving.nearer(background.rays, pairs, background.hits.distance)
        self._sight = Sight(self._mirror, background, *nearer)
        return self._sight

    def _background_at(self, T_world_sensor: np.ndarray) -> Background:
        """The one that is remembered, if it is still true."""
        rays = self._bundle.at(T_world_sensor)
        known = self._background
        if known is None or known.rays is not rays or known.epoch != self._mirror.stills_epoch:
            known = self._background = Background(self._mirror, rays)
        return known


class Sight:
    """What a sensor sees at one moment: its background, and what can move in front of it.

    Attributes:
        distance: (M,) float32 in lengths of each ray's direction; infinite where it met nothing.
    """

    def __init__(self, mirror: RaycastMirror, background: Background, index: np.ndarray, hits: Hits) -> None:
        """The rays (n,) `index` met `hits` before the background."""
        self._mirror, self._background = mirror, background
        self._index, self._hits, self._part_poses = index, hits, mirror.part_poses
        self._rays = background.rays.take(index)
        self.distance = background.hits.distance.copy()
        self.distance[index] = hits.distance

    def shows(self, background: Background) -> bool:
        """Whether this is what is seen before that background now."""
        return self._background is background and np.array_equal(self._part_poses, self._mirror.part_poses)

    def each(self, measure: Measure) -> np.ndarray:
        """What a function of rays and hits says of each ray: of the background once, of what moves each time."""
        values = self._background.find(measure).copy()
        if len(self._index):
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
        colours[dark] = mirror.shade(background.rays.take(dark), background.hits.take(dark), taken)
        if len(self._index):
            colours[self._index] = mirror.colours(self._rays, self._hits)
        return colours

    def _newly_dark(self) -> np.ndarray:
        """The rays (n,) int whose background lies in the shadow of something that can move, and in no other."""
        background = self._background
        sunny = background.sunny.copy()
        sunny[self._index] = False
        return self._mirror.darkened(sunny, background.points, background.cells)
