"""Surfaces: the triangles of all parts in one array each, as ray casting and shading want them."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from sim.meshes import TEXTURE_SIDE, Mesh
from sim.parts import Part


@dataclass(frozen=True, eq=False, kw_only=True)
class Surfaces:
    """All triangles of a world, part after part, the movable parts last, and one more that stands for the sky.

    What pixels look up lies in planes: one contiguous row for each colour or coordinate, which numpy gathers fastest.

    Attributes:
        num_still: how many parts come before the first movable one.
        vertices_part: (V, 3) float32 m, each in its part's frame.
        normals_part: (F, 3, 3) float32 of the corners, each in its part's frame.
        vertex_ranges: (P+1,) int, where each part's vertices begin.
        face_ranges: (P+1,) int, where each part's faces begin.
        faces: (F, 3) uint32 into the vertices.
        part: (F+1,) int32, -1 for the sky.
        body: (F+1,) int32 PyBullet's body id, -1 for the sky.
        link: (F+1,) int32 PyBullet's link index, -1 also for the sky.
        albedo: (3, F+1) float32 in 0..255 as displayed; multiplies the texture.
        texel: (6, F+1) float32: column of the first corner, what u and what v add to it, and the same for the row.
        texture: (F+1,) int32, where the face's texture begins in `texels`; the first is white, for faces without one.
        texels: (X, 4) uint8, square textures of one size, row by row, one after the other; the fourth is not used.
    """

    num_still: int
    vertices_part: np.ndarray
    normals_part: np.ndarray
    vertex_ranges: np.ndarray
    face_ranges: np.ndarray
    faces: np.ndarray
    part: np.ndarray
    body: np.ndarray
    link: np.ndarray
    albedo: np.ndarray
    texel: np.ndarray
    texture: np.ndarray
    texels: np.ndarray

    @property
    def sky(self) -> int:
        """The face that stands for the sky."""
        return len(self.faces)


def merged(parts: list[Part], sky_rgb: tuple[float, float, float]) -> Surfaces:
    """All the meshes of all parts as one."""
    meshes = [mesh for part in parts for mesh in part.meshes]
    mesh_vertex_start = np.cumsum([0] + [len(mesh.vertices) for mesh in meshes])
    faces_per_part = [sum(len(mesh.faces) for mesh in part.meshes) for part in parts]
    texture, texels = _texture_table(meshes)
    pairs = zip(meshes, mesh_vertex_start, strict=False)
    return Surfaces(
        num_still=sum(not part.movable for part in parts),
        vertices_part=_stacked([mesh.vertices for mesh in meshes], (0, 3)),
        normals_part=_stacked([mesh.normals for mesh in meshes], (0, 3, 3)),
        vertex_ranges=np.cumsum([0] + [sum(len(mesh.vertices) for mesh in part.meshes) for part in parts]),
        face_ranges=np.cumsum([0, *faces_per_part]),
        faces=_stacked([mesh.faces + np.uint32(start) for mesh, start in pairs], (0, 3)).astype(np.uint32),
        part=_per_face(range(len(parts)), faces_per_part),
        body=_per_face([part.body for part in parts], faces_per_part),
        link=_per_face([part.link for part in parts], faces_per_part),
        albedo=np.ascontiguousarray(np.concatenate([*(mesh.albedo for mesh in meshes), [sky_rgb]]).T, dtype=np.float32),
        texel=np.ascontiguousarray(
            np.concatenate([*(_texel(mesh.uv) for mesh in meshes), np.zeros((1, 6))]).T, dtype=np.float32
        ),
        texture=texture,
        texels=texels,
    )


def _stacked(arrays: list[np.ndarray], empty_shape: tuple[int, ...]) -> np.ndarray:
    """Arrays below each other, of this shape if there are none."""
    return np.concatenate(arrays) if arrays else np.zeros(empty_shape, dtype=np.float32)


def _per_face(values: Iterable[int], counts: list[int]) -> np.ndarray:
    """One value of each part repeated for its faces, and -1 for the sky."""
    return np.append(np.repeat(np.array(list(values), dtype=np.int32), counts), np.int32(-1)).astype(np.int32)


def _texel(uv: np.ndarray) -> np.ndarray:
    """Texture coordinates (F, 3, 2), v up, as (F, 6): column, its change along u and v; row, its change along u and v."""
    column_row = (uv * [1, -1] + [0, 1]) * TEXTURE_SIDE
    column_row[:, :, :] -= np.floor(column_row.min(axis=(0, 1)) / TEXTURE_SIDE) * TEXTURE_SIDE  # none is negative
    first, second, third = column_row[:, 0], column_row[:, 1] - column_row[:, 0], column_row[:, 2] - column_row[:, 0]
    return np.stack([first, second, third], axis=-1).reshape(-1, 6)


def _texture_table(meshes: list[Mesh]) -> tuple[np.ndarray, np.ndarray]:
    """Where each face's texture begins (F+1,), and the texels (X, 4) of all textures, a white one first."""
    images = {id(None): np.full((TEXTURE_SIDE, TEXTURE_SIDE, 4), 255, dtype=np.uint8)}
    images |= {id(mesh.texture): mesh.texture for mesh in meshes if mesh.texture is not None}
    begins = {image: index * TEXTURE_SIDE**2 for index, image in enumerate(images)}
    table = [np.full(len(mesh.faces), begins[id(mesh.texture)], dtype=np.int32) for mesh in meshes]
    texels = np.concatenate(list(images.values())).reshape(-1, 4)
    return np.concatenate([*table, np.zeros(1, dtype=np.int32)]), texels
