"""RaycastMirror: the PyBullet world as triangles in Embree; every camera and LiDAR of the simulation looks into it.

PyBullet's own renderer draws some 30 small pictures a second on a CPU; here a ray costs 30 to 100 ns. The mirror reads
the visual shapes once and follows the bodies' poses. What stands still (`sim/tree.py`) and what can move (`sim/movers.py`)
are two trees, both built once. `sim/view.py` remembers what a sensor sees of the first. `benchmarks/rendering.py` compares
with PyBullet.
"""

import numpy as np
from scipy.spatial.transform import Rotation

from sim.bounds import Balls
from sim.canopy import Canopy, Skyline, cells
from sim.hits import Hits
from sim.movers import Movers
from sim.parts import PartPoses, body_ids, read_parts
from sim.rays import Rays
from sim.shading import Light, Shader, surface_colours
from sim.surfaces import merged
from sim.tree import Tree

SHADOW_OFFSET = 1e-4  # of the way back to the eye, so that a shadow ray does not hit where it starts


class RaycastMirror:
    """The visible world of one PyBullet client, for casting rays into.

    Attributes:
        parts: all that is visible, in order; another list after each `refresh`.
        still: what physics can't move.
        moving: what it can.
        part_poses: (P, 7) where the parts are taken to be; another array whenever they move.
        stills_epoch: rises when what stands still is not as it was.
        light: that falls on it.
    """

    def __init__(self, client: int, light: Light | None = None) -> None:
        """Mirror this client's bodies under this light.

        Raises:
            InvalidInput: a visual shape that can't be read.
        """
        self._client = client
        self.light = light or Light()
        self._across_sun = np.linalg.svd(self.light.sun_world[None])[2][1:].T.astype(np.float32)  # (3, 2), two axes
        self.stills_epoch = 0
        self.refresh()

    def refresh(self) -> None:
        """Read all shapes and colours again: after the world was reset, or a body changed its look.

        Bodies that were added or removed are noticed without it; a reset world is not, for it counts its bodies from 0
        again. Meshes are cached, so this (or a new mirror for each scene) takes 10 to 20 ms.
        """
        self._bodies = body_ids(self._client)
        self.parts = parts = read_parts(self._client)
        self._poses = PartPoses(self._client, parts)
        self._surfaces = surfaces = merged(parts, self.light.sky_rgb)
        self._shader = Shader(surfaces, self.light)
        self._unlit = np.ones(len(parts), dtype=bool)
        self.part_poses = np.full((len(parts), 7), np.nan)
        self.still, self.moving = Tree(surfaces, surfaces.num_still), Movers(surfaces)
        self._balls = Balls.around(surfaces)
        self._ball_centres_world = self._balls.centre_part
        self._canopy: Canopy | None = None
        self._skyline: Skyline | None = None
        self.stills_epoch += 1

    def poses(self) -> np.ndarray:
        """Where all parts are now (P, 7), for `follow` to come back to; of no use once bodies came or went."""
        return self._poses.read()

    def follow(self, poses: np.ndarray | None = None) -> None:
        """Be as the world is now; with `poses`, as it was when they were read."""
        if self._bodies != body_ids(self._client):
            self.refresh()
        if poses is None or poses.shape != self.part_poses.shape:
            poses = self._poses.read()
        moved = np.flatnonzero((poses != self.part_poses).any(axis=1))
        if not len(moved):
            return
        self.part_poses = poses
        self._rotations = Rotation.from_quat(poses[:, 3:]).as_matrix().astype(np.float32)
        positions = poses[:, :3].astype(np.float32)
        self._ball_centres_world = self._balls.centres_world(self._rotations, positions)
        self._unlit[moved] = True
        self.moving.place(self._rotations, positions)
        self._canopy = None
        still = moved[moved < self._surfaces.num_still].tolist()
        self.stills_epoch += bool(still)
        if still:
            self._skyline = None
        for part in still:
            self.still.move(part, self._rotations[part], positions[part])

    def balls_world(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Centres (B, 3) m and radii (B,) of balls that hold all that can move, and which mover's (B,) they are."""
        return self._ball_centres_world, self._balls.radius, self._balls.part - self._surfaces.num_still

    def cast(self, rays: Rays) -> Hits:
        """The first surface that each ray meets in the world as it is now."""
        self.follow()
        hits = self.still.cast(rays)
        return hits.covered_by(*self.moving.nearer(rays, self.moving.all_pairs(rays), hits.distance))

    def colours(self, rays: Rays, hits: Hits, shadows: bool = True) -> np.ndarray:
        """The displayed colour (M, 3) uint8 of each hit of these rays, as the world was when they were cast."""
        if not shadows:
            return self.shade(rays, hits)
        sun, points = self.sunlight(rays, hits), self.points(rays, hits)
        left, cell = sun.copy(), self.cells(points)
        left[self.darkened_by_stills(sun > 0, points, cell)] = 0
        left[self.darkened(left > 0, points, cell)] = 0
        return self.shade(rays, hits, sun - left)

    def sunlight(self, rays: Rays, hits: Hits) -> np.ndarray:
        """The sun's share (M,) float32 of the light on each hit, were there no shadows; 0 where nothing was hit."""
        self._light_what_moved()
        return self._shader.sunlight(self._lit_face(hits), *hits.uv)

    def points(self, rays: Rays, hits: Hits) -> np.ndarray:
        """Where (3, M) float32 in world rays to the sun begin: a little before what was hit, at the eye where nothing was."""
        back = np.where(hits.hit, hits.distance, 0) * np.float32(1 - SHADOW_OFFSET)
        return rays.direction * back + rays.origin

    def cells(self, points: np.ndarray) -> np.ndarray:
        """The canopy's cells (M,) of places (3, M)."""
        return cells(points, self._across_sun)

    def darkened(self, asking: np.ndarray, points: np.ndarray, cell: np.ndarray) -> np.ndarray:
        """Which of the points (3, M) in these cells that ask (M,) bool lie in the shadow of what can move: (n,) int."""
        if self._canopy is None:
            centres_world, radius, mover = self.balls_world()
            self._canopy = Canopy(centres_world @ self._across_sun, radius, mover, self.moving.count)
        return self.moving.darkened(points, self._canopy.over(cell, asking), self.light.sun_world)

    def darkened_by_stills(self, asking: np.ndarray, points: np.ndarray, cell: np.ndarray) -> np.ndarray:
        """Which of the points (3, M) in these cells that ask (M,) bool lie in the shadow of what stands still: (n,) int."""
        if self._skyline is None:
            self._skyline = Skyline(self.still.corners_world, self._across_sun)
        asking = np.flatnonzero(asking & self._skyline.below(points, cell))
        return asking.compress(self.still.darkened(points.take(asking, axis=1), self.light.sun_world))

    def shade(self, rays: Rays, hits: Hits, taken: np.ndarray | None = None) -> np.ndarray:
        """The displayed colour (M, 3) uint8 of each hit, without the light (M,) that shadows have taken.

        Haze grows with `hits.distance`, which is in metres along the optical axis if directions have z = 1.
        """
        self._light_what_moved()
        light = self._shader.light(self._lit_face(hits), *hits.uv)
        if taken is not None:
            light -= taken
        colours = surface_colours(self._surfaces, hits.face, *hits.uv)
        colours *= np.sqrt(light, out=light)
        self.light.add_haze(colours, hits.distance)
        np.minimum(colours, np.float32(255), out=colours)
        result = np.empty((len(rays), 3), dtype=np.uint8)
        for channel, plane in enumerate(colours):
            result[:, channel] = plane
        return result

    def _lit_face(self, hits: Hits) -> np.ndarray:
        """Which row (M,) of the shader's tables lights each hit: its face's front or, seen from behind, its back."""
        return hits.face + (hits.along > 0) * (self._surfaces.sky + 1)

    def _light_what_moved(self) -> None:
        """Light the parts anew that moved since the last picture."""
        unlit = np.flatnonzero(self._unlit)
        if len(unlit):
            self._shader.follow(self._rotations, unlit)
            self._unlit[unlit] = False
