"""Tree: what stands still as triangles in Embree, where it is in world."""

import numpy as np
import open3d as o3d

from sim.hits import Hits
from sim.rays import Rays, rows_of
from sim.surfaces import Surfaces


class Tree:
    """The first parts, where they are now; rebuilt with the first ray after one of them was put elsewhere."""

    def __init__(self, surfaces: Surfaces, num_parts: int) -> None:
        """So many parts; they are nowhere until they are moved."""
        self._surfaces = surfaces
        self._faces = surfaces.faces[: surfaces.face_ranges[num_parts]]
        self._vertices_world = np.zeros((surfaces.vertex_ranges[num_parts], 3), dtype=np.float32)
        self._scene: o3d.t.geometry.RaycastingScene | None = None

    def move(self, part: int, rotation: np.ndarray, position: np.ndarray) -> None:
        """Put a part, (3, 3) and (3,) float32, where it is in world now."""
        start, stop = self._surfaces.vertex_ranges[part : part + 2]
        vertices_world = self._vertices_world[start:stop]
        np.matmul(self._surfaces.vertices_part[start:stop], rotation.T, out=vertices_world)
        vertices_world += position
        self._scene = None

    def cast(self, rays: Rays) -> Hits:
        """The first surface among these that each ray meets."""
        answer = self._built().cast_rays(o3d.core.Tensor.from_numpy(rays.rows))
        face = answer["primitive_ids"].numpy().astype(np.int64)
        face[face == o3d.t.geometry.RaycastingScene.INVALID_ID] = self._surfaces.sky
        normals, (x, y, z) = answer["primitive_normals"].numpy(), rays.direction
        return Hits(
            distance=answer["t_hit"].numpy().copy(),
            face=face,
            uv=np.ascontiguousarray(answer["primitive_uvs"].numpy().T),
            along=x * normals[:, 0] + y * normals[:, 1] + z * normals[:, 2],
            surfaces=self._surfaces,
        )

    def darkened(self, points: np.ndarray, to_sun: np.ndarray) -> np.ndarray:
        """Which points (3, M) float32 in world have one of these before the sun, which is that way (3,): (M,) bool."""
        rows = rows_of(points, to_sun[:, None])
        return self._built().test_occlusions(o3d.core.Tensor.from_numpy(rows)).numpy() if len(rows) else np.zeros(0, bool)

    @property
    def corners_world(self) -> np.ndarray:
        """Of all faces (F, 3, 3) float32 m."""
        return self._vertices_world[self._faces]

    def _built(self) -> o3d.t.geometry.RaycastingScene:
        """Embree's tree; it is built with the first ray."""
        if self._scene is None:
            self._scene = o3d.t.geometry.RaycastingScene()
            if len(self._faces):
                self._scene.add_triangles(*map(o3d.core.Tensor.from_numpy, (self._vertices_world, self._faces)))
        return self._scene
