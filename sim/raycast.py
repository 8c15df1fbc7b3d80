"""RaycastMirror: the PyBullet world as triangles in Embree; every camera and LiDAR of the simulation looks into it.

PyBullet's own renderer draws some 30 small pictures a second on a CPU; here a ray costs 50 to 100 ns. The mirror
reads the visual shapes once, follows the bodies' poses, and rebuilds Embree's tree (about 2 ms with an arm in
view) only when something has moved. `benchmarks/rendering.py` compares the two.
"""

from dataclasses import dataclass

import numpy as np
import open3d as o3d
from scipy.spatial.transform import Rotation

from sim.parts import PartPoses, body_ids, read_parts
from sim.shading import Light, Shader, surface_colours
from sim.surfaces import Surfaces, merged

SHADOW_OFFSET = 1e-4  # of the way back to the eye, so that a shadow ray does not hit where it starts
ABOVE_EVERYTHING = 1e6  # m; Embree answers a ray from there at once


@dataclass(frozen=True, eq=False, kw_only=True)
class Hits:
    """What each of M rays met first.

    Attributes:
        distance: (M,) float32 in lengths of the ray's direction; infinite where it met nothing.
        face: (M,) int64 into `surfaces`; its `sky` where the ray met nothing.
        uv: (2, M) float32 barycentric coordinates of the face's second and third corner.
        normal_world: (M, 3) float32 unit normal of the face, towards the side that its corners run counter-clockwise.
        surfaces: what was hit.
    """

    distance: np.ndarray
    face: np.ndarray
    uv: np.ndarray
    normal_world: np.ndarray
    surfaces: Surfaces

    @property
    def hit(self) -> np.ndarray:
        """Whether there was anything (M,) bool."""
        return self.face != self.surfaces.sky

    @property
    def part(self) -> np.ndarray:
        """Index (M,) int32 of the part that was hit, -1 for none."""
        return self.surfaces.part.take(self.face)

    @property
    def body(self) -> np.ndarray:
        """PyBullet's body id (M,) int32, -1 for none; for the simulator's own judgement, never for a policy."""
        return self.surfaces.body.take(self.face)

    @property
    def albedo(self) -> np.ndarray:
        """The surface's own colour (3, M) float32 in 0..255, whatever the light."""
        return surface_colours(self.surfaces, self.face, *self.uv)


class RayBundle:
    """The rays of one sensor, turned to wherever it is; as long as it stays there they stay as they are."""

    def __init__(self, directions_sensor: np.ndarray) -> None:
        """From the sensor's origin along directions (M, 3) in its own frame."""
        self._directions_sensor = np.ascontiguousarray(directions_sensor.T, dtype=np.float32)  # (3, M)
        self._rays = np.empty((len(directions_sensor), 6), dtype=np.float32)
        self._T_world_sensor = np.full((4, 4), np.nan)

    def at(self, T_world_sensor: np.ndarray) -> np.ndarray:
        """Origin and direction (M, 6) float32 in world for this pose (4, 4); good until the next call."""
        if not np.array_equal(T_world_sensor, self._T_world_sensor):
            self._T_world_sensor = np.array(T_world_sensor)
            rotation = self._T_world_sensor[:3, :3].astype(np.float32)
            x, y, z = self._directions_sensor
            for axis, (along_x, along_y, along_z) in enumerate(rotation):  # no matrix product: BLAS threads fight Embree's
                self._rays[:, axis] = self._T_world_sensor[axis, 3]
                self._rays[:, 3 + axis] = along_x * x + along_y * y + along_z * z
        return self._rays


class RaycastMirror:
    """The visible world of one PyBullet client, for casting rays into."""

    def __init__(self, client: int, light: Light | None = None) -> None:
        """Mirror this client's bodies under this light.

        Raises:
            InvalidInput: a visual shape that can't be read.
        """
        self._client = client
        self._light = light or Light()
        self.refresh()

    def refresh(self) -> None:
        """Read all shapes and colours again: after the world was reset, or a body changed its look.

        Bodies that were added or removed are noticed without it; a reset world is not, for it counts its bodies from 0
        again. Meshes are cached, so this (or a new mirror for each scene) takes 10 to 20 ms.
        """
        self._bodies = body_ids(self._client)
        parts = read_parts(self._client)
        self._poses = PartPoses(self._client, parts)
        self._surfaces = merged(parts, self._light.sky_rgb)
        self._shader = Shader(self._surfaces, self._light)
        self._vertices_world = np.zeros_like(self._surfaces.vertices_part)
        self._part_poses = np.full((len(parts), 7), np.nan)
        self._scene = o3d.t.geometry.RaycastingScene()

    def poses(self) -> np.ndarray:
        """Where all parts are now (P, 7), for `cast` to come back to; of no use once bodies came or went."""
        return self._poses.read().copy()

    def cast(self, rays: np.ndarray, poses: np.ndarray | None = None) -> Hits:
        """The first surface that each ray (M, 6) float32, origin and direction in world, meets in the world as it is now.

        With `poses`, in the world as it was when they were read.
        """
        self._follow(poses)
        return self._cast(rays)

    def colours(self, rays: np.ndarray, hits: Hits, shadows: bool = True) -> np.ndarray:
        """The displayed colour (M, 3) uint8 of each hit of these rays, as the world was when they were cast.

        Haze grows with `hits.distance`, which is in metres along the optical axis if directions have z = 1.
        """
        u, v = hits.uv
        behind = np.einsum("mi,mi->m", rays[:, 3:], hits.normal_world) > 0
        lit_face = hits.face + behind * (self._surfaces.sky + 1)
        light = self._shader.light(lit_face, u, v)
        if shadows:
            self._take_sun_from_shadows(light, self._shader.sunlight(lit_face, u, v), rays, hits)
        colours = surface_colours(self._surfaces, hits.face, u, v)
        colours *= np.sqrt(light, out=light)
        self._light.add_haze(colours, hits.distance)
        np.minimum(colours, np.float32(255), out=colours)
        result = np.empty((len(rays), 3), dtype=np.uint8)
        for channel, plane in enumerate(colours):
            result[:, channel] = plane
        return result

    def _follow(self, then: np.ndarray | None) -> None:
        """Move the triangles of all that moved since the last cast; without any, Embree's tree stays."""
        if self._bodies != body_ids(self._client):
            self.refresh()
        poses = self._poses.read() if then is None or then.shape != self._part_poses.shape else then
        moved = np.flatnonzero((poses != self._part_poses).any(axis=1))
        if not len(moved):
            return
        self._part_poses = poses
        rotations = Rotation.from_quat(poses[:, 3:]).as_matrix().astype(np.float32)
        positions = poses[:, :3].astype(np.float32)
        surfaces = self._surfaces
        for part in moved:
            start, stop = surfaces.vertex_ranges[part : part + 2]
            np.matmul(surfaces.vertices_part[start:stop], rotations[part].T, out=self._vertices_world[start:stop])
            self._vertices_world[start:stop] += positions[part]
        self._shader.follow(rotations, moved)
        self._scene = o3d.t.geometry.RaycastingScene()
        self._scene.add_triangles(o3d.core.Tensor.from_numpy(self._vertices_world), o3d.core.Tensor.from_numpy(surfaces.faces))

    def _cast(self, rays: np.ndarray) -> Hits:
        """The first surface that each ray meets in Embree's tree as it stands."""
        answer = self._scene.cast_rays(o3d.core.Tensor.from_numpy(rays))
        face = answer["primitive_ids"].numpy().astype(np.int64)
        return Hits(
            distance=answer["t_hit"].numpy(),
            face=np.minimum(face, self._surfaces.sky, out=face),  # Embree's "nothing" is 2**32 - 1
            uv=np.ascontiguousarray(answer["primitive_uvs"].numpy().T),
            normal_world=answer["primitive_normals"].numpy(),
            surfaces=self._surfaces,
        )

    def _take_sun_from_shadows(self, light: np.ndarray, sun: np.ndarray, rays: np.ndarray, hits: Hits) -> None:
        """Subtract the sun (M,) from the light (M,) of those hits from which the sun can't be seen."""
        to_sun = np.empty_like(rays)
        to_sun[:, 3:] = self._light.sun_world
        reach = hits.distance * np.float32(1 - SHADOW_OFFSET)
        reach[~hits.hit] = 0
        for axis in range(3):
            np.multiply(rays[:, 3 + axis], reach, out=to_sun[:, axis])
            to_sun[:, axis] += rays[:, axis]
        to_sun[sun <= 0, 2] = ABOVE_EVERYTHING  # no question where there is no sun to take
        shaded = self._scene.test_occlusions(o3d.core.Tensor.from_numpy(to_sun)).numpy()
        light -= sun * shaded
