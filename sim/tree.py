"""Tree: some of the parts as triangles in Embree, rebuilt only when a ray asks after one of them has moved."""

import numpy as np
import open3d as o3d

from sim.hits import Hits
from sim.surfaces import Surfaces


class Tree:
    """The parts from one number to another, where they are now."""

    def __init__(self, surfaces: Surfaces, first_part: int, last_part: int) -> None:
        """Of these parts, the last not among them; they are nowhere until they are moved."""
        self._surfaces = surfaces
        self._first_vertex, last_vertex = surfaces.vertex_ranges[[first_part, last_part]]
        self._first_face, last_face = surfaces.face_ranges[[first_part, last_part]]
        self._faces = surfaces.faces[self._first_face : last_face] - np.uint32(self._first_vertex)
        self._vertices_world = np.zeros((last_vertex - self._first_vertex, 3), dtype=np.float32)
        self._scene: o3d.t.geometry.RaycastingScene | None = None

    def move(self, part: int, rotation: np.ndarray, position: np.ndarray) -> None:
        """Put a part, (3, 3) and (3,) float32, where it is in world now."""
        start, stop = self._surfaces.vertex_ranges[part : part + 2]
        vertices_world = self._vertices_world[start - self._first_vertex : stop - self._first_vertex]
        np.matmul(self._surfaces.vertices_part[start:stop], rotation.T, out=vertices_world)
        vertices_world += position
        self._scene = None

    def cast(self, rays: np.ndarray) -> Hits:
        """The first surface among these that each ray (M, 6) float32 meets."""
        return self._hits(self._built().cast_rays(o3d.core.Tensor.from_numpy(rays)), np.arange(len(rays)))

    def nearer(self, rays: np.ndarray, distance: np.ndarray) -> tuple[np.ndarray, Hits]:
        """Which rays (n,) int of some (M, 6) float32 meet one of these before a distance (M,), and what they meet."""
        answer = self._built().cast_rays(o3d.core.Tensor.from_numpy(rays))
        index = np.flatnonzero(answer["t_hit"].numpy() < distance)
        return index, self._hits(answer, index)

    def darkened(self, sun: np.ndarray, to_sun: np.ndarray) -> np.ndarray:
        """Of the rays (M, 6) float32 to the sun those (n,) int that have any sun (M,) to lose and meet one of these."""
        asking = np.flatnonzero(sun)
        if not len(asking):
            return asking
        return asking[self._built().test_occlusions(o3d.core.Tensor.from_numpy(to_sun.take(asking, axis=0))).numpy()]

    def _hits(self, answer: dict[str, o3d.core.Tensor], index: np.ndarray) -> Hits:
        """What some of the rays (n,) int met, by Embree's answer."""
        face = answer["primitive_ids"].numpy().take(index).astype(np.int64)
        nothing = face == o3d.t.geometry.RaycastingScene.INVALID_ID
        face += self._first_face
        face[nothing] = self._surfaces.sky
        return Hits(
            distance=answer["t_hit"].numpy().take(index),
            face=face,
            uv=answer["primitive_uvs"].numpy().T.take(index, axis=1),
            normal_world=answer["primitive_normals"].numpy().take(index, axis=0),
            surfaces=self._surfaces,
        )

    def _built(self) -> o3d.t.geometry.RaycastingScene:
        """Embree's tree; it is built with the first ray."""
        if self._scene is None:
            self._scene = o3d.t.geometry.RaycastingScene()
            if len(self._faces):
                self._scene.add_triangles(*map(o3d.core.Tensor.from_numpy, (self._vertices_world, self._faces)))
        return self._scene
