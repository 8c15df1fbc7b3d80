"""Mesh: the triangles, smooth normals and colours of one visual shape, from a file or a primitive, read once."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import open3d as o3d
from scipy.sparse import coo_matrix

from robot.errors import InvalidInput, one_of
from robot.transforms import apply, from_xyz_quat_xyzw
from sim.bullet import pybullet
from sim.thinning import seen_from_outside, thinned

MAX_TEXTURED_FACES = 800  # a finer mesh is thinned even if its texture has to be baked into its faces
TEXTURE_SIDE = 1024  # px, of every texture; over a table 1.5 mm a texel, finer than our cameras resolve; a power of two
CREASE = np.cos(np.radians(35))  # faces that meet at a sharper angle keep their edge
NO_MATERIAL = 0.6  # the grey that Assimp, Open3D's reader, gives to a mesh without material; PyBullet shows it white
PLANE_EXTENT = 100.0  # m; PyBullet's plane is endless
SPHERE_SEGMENTS = (
    17  # from pole to pole: a ball of 6 cm radius is 0.3 mm too flat in the worst place; odd, for a capsule's waist
)
ROUND_SEGMENTS = 48


@dataclass(frozen=True, eq=False, kw_only=True)
class Mesh:
    """One surface of one material.

    Attributes:
        vertices: (V, 3) float32 m.
        faces: (F, 3) uint32, counter-clockwise seen from outside.
        normals: (F, 3, 3) float32, of each face's corners, smooth within the crease angle.
        albedo: (F, 3) float32 in 0..255 as displayed (gamma encoded); multiplies the texture where there is one.
        uv: (F, 3, 2) float32 texture coordinates of the corners, v up; zero without a texture.
        texture: (TEXTURE_SIDE, TEXTURE_SIDE, 4) uint8, the fourth not used; or None.
    """

    vertices: np.ndarray
    faces: np.ndarray
    normals: np.ndarray
    albedo: np.ndarray
    uv: np.ndarray
    texture: np.ndarray | None


@lru_cache(maxsize=512)
def shape_meshes(
    kind: int,
    dimensions: tuple[float, ...],
    file: str,
    xyz: tuple[float, ...],
    quat_xyzw: tuple[float, ...],
    rgba: tuple[float, ...],
) -> tuple[Mesh, ...]:
    """The meshes of one visual shape as getVisualShapeData describes it, in the frame it is posed in.

    Raises:
        InvalidInput: a geometry or a file that can't be read.
    """
    T_link_shape = from_xyz_quat_xyzw(list(xyz), list(quat_xyzw))
    if kind == pybullet.GEOM_MESH:
        surfaces, scale = _file_meshes(file), np.array(dimensions, dtype=np.float32)
    else:
        surfaces, scale = (_primitive(kind, dimensions),), np.ones(3, dtype=np.float32)
    return tuple(_placed(surface, scale, T_link_shape, np.array(rgba[:3], dtype=np.float32)) for surface in surfaces)


def _placed(mesh: Mesh, scale: np.ndarray, T_link_shape: np.ndarray, rgb: np.ndarray) -> Mesh:
    """The mesh scaled, then moved, in the colour its URDF gives it; normals are found last: scaling bends them."""
    vertices = np.ascontiguousarray(apply(T_link_shape, mesh.vertices * scale), dtype=np.float32)
    return replace(mesh, vertices=vertices, albedo=mesh.albedo * rgb, normals=corner_normals(vertices, mesh.faces))


def corner_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Normals (F, 3, 3) float32 of each face's corners: the mean over faces that meet there within the crease angle."""
    num_faces = len(faces)
    edges = vertices[faces[:, 1:]].astype(float) - vertices[faces[:, :1]]
    face_area = np.cross(edges[:, 0], edges[:, 1])  # (F, 3), as long as twice the area
    face_normal = face_area / (np.linalg.norm(face_area, axis=1, keepdims=True) + 1e-30)
    _, welded = np.unique(np.round(vertices, 6), axis=0, return_inverse=True)
    corner_vertex = welded.reshape(-1)[faces.reshape(-1)]  # (3F,)
    corner_face = np.repeat(np.arange(num_faces), 3)
    incidence = coo_matrix((np.ones(3 * num_faces), (np.arange(3 * num_faces), corner_vertex))).tocsr()
    meeting = (incidence @ incidence.T).tocoo()  # pairs of corners at one vertex
    face, other = corner_face[meeting.row], corner_face[meeting.col]
    smooth = np.einsum("pi,pi->p", face_normal[face], face_normal[other]) >= CREASE
    smooth |= face == other
    total = np.zeros((3 * num_faces, 3))
    np.add.at(total, meeting.row[smooth], face_area[other[smooth]])
    total /= np.linalg.norm(total, axis=1, keepdims=True) + 1e-30
    return total.reshape(num_faces, 3, 3).astype(np.float32)


def _primitive(kind: int, dimensions: tuple[float, ...]) -> Mesh:
    """A box, sphere, cylinder, capsule or plane in PyBullet's dimensions, white."""
    create = o3d.geometry.TriangleMesh
    if kind == pybullet.GEOM_BOX:
        shape = create.create_box(dimensions[0], dimensions[1], dimensions[2]).translate(-np.array(dimensions) / 2)
    elif kind == pybullet.GEOM_SPHERE:
        shape = create.create_sphere(dimensions[0], SPHERE_SEGMENTS)
    elif kind == pybullet.GEOM_CYLINDER:
        shape = create.create_cylinder(dimensions[1], dimensions[0], ROUND_SEGMENTS, 1)
    elif kind == pybullet.GEOM_CAPSULE:
        shape = _capsule(length=dimensions[0], radius=dimensions[1])
    elif kind == pybullet.GEOM_PLANE:
        shape = create.create_box(2 * PLANE_EXTENT, 2 * PLANE_EXTENT, 1.0).translate([-PLANE_EXTENT, -PLANE_EXTENT, -1.0])
    else:
        raise one_of("visual shape", kind, ("box", "sphere", "cylinder", "capsule", "plane", "mesh"))
    return _bare(np.asarray(shape.vertices), np.asarray(shape.triangles))


def _capsule(length: float, radius: float) -> o3d.geometry.TriangleMesh:
    """A sphere whose halves are drawn apart along z."""
    capsule = o3d.geometry.TriangleMesh.create_sphere(radius, SPHERE_SEGMENTS)
    vertices = np.asarray(capsule.vertices)
    vertices[:, 2] += np.where(vertices[:, 2] >= 0, length / 2, -length / 2)
    return capsule


def _bare(vertices: np.ndarray, faces: np.ndarray) -> Mesh:
    """A white surface without texture; its normals are found when it is placed."""
    return Mesh(
        vertices=vertices.astype(np.float32),
        faces=faces.astype(np.uint32),
        normals=np.zeros((len(faces), 3, 3), dtype=np.float32),
        albedo=np.full((len(faces), 3), 255, dtype=np.float32),
        uv=np.zeros((len(faces), 3, 2), dtype=np.float32),
        texture=None,
    )


@lru_cache(maxsize=256)
def _file_meshes(file: str) -> tuple[Mesh, ...]:
    """A mesh file's surfaces, one for each material, in its own unit, thinned.

    Raises:
        InvalidInput: no such file, or no triangles in it.
    """
    if not Path(file).is_file():
        raise InvalidInput(f"visual mesh: no file {file!r}; give PyBullet a path that exists from here")
    with o3d.utility.VerbosityContextManager(o3d.utility.VerbosityLevel.Error):
        model = o3d.io.read_triangle_model(file)  # pyright: ignore[reportArgumentType]  # its overload's stub is wrong
    if not model.meshes:
        raise InvalidInput(f"visual mesh: no triangles in {file!r}; readable are obj, stl, ply, gltf and dae")
    surfaces = [_surface(part.mesh, model.materials[part.material_idx]) for part in model.meshes]
    textured = any(surface.texture is not None for surface in surfaces)
    if textured and sum(len(surface.faces) for surface in surfaces) <= MAX_TEXTURED_FACES:
        return tuple(surfaces)
    return tuple(_thinned_surfaces(surfaces))


def _surface(mesh: o3d.geometry.TriangleMesh, material: o3d.visualization.rendering.MaterialRecord) -> Mesh:
    """One material's triangles with its diffuse colour, and its texture if it has one and places it."""
    bare = _bare(np.asarray(mesh.vertices), np.asarray(mesh.triangles))
    texture = _texture(material.albedo_img)
    if texture is not None and mesh.has_triangle_uvs():  # which, as in PyBullet, replaces the diffuse colour
        return replace(bare, uv=np.asarray(mesh.triangle_uvs).reshape(-1, 3, 2).astype(np.float32), texture=texture)
    colour = np.array(material.base_color[:3], dtype=np.float32)
    return bare if np.allclose(colour, NO_MATERIAL) else replace(bare, albedo=bare.albedo * colour)


def _texture(image: o3d.geometry.Image | None) -> np.ndarray | None:
    """A texture as (TEXTURE_SIDE, TEXTURE_SIDE, 4) uint8, averaged down or repeated up: alike ones are quick to look up."""
    pixels = None if image is None else np.asarray(image)
    if pixels is None or pixels.size == 0:
        return None
    pixels = np.repeat(pixels.reshape(*pixels.shape[:2], -1)[..., :3], 3 if pixels.ndim == 2 else 1, axis=2)
    step = -(-max(pixels.shape[:2]) // TEXTURE_SIDE)
    height, width = (max(size // step, 1) for size in pixels.shape[:2])
    pixels = pixels[: height * step, : width * step].reshape(height, step, width, step, 3).mean(axis=(1, 3))
    rows, columns = (np.arange(TEXTURE_SIDE) * size // TEXTURE_SIDE for size in (height, width))
    texture = np.full((TEXTURE_SIDE, TEXTURE_SIDE, 4), 255, dtype=np.uint8)
    texture[..., :3] = pixels.astype(np.uint8)[rows[:, None], columns]
    return texture


def _thinned_surfaces(surfaces: list[Mesh]) -> list[Mesh]:
    """Surfaces without what can't be seen from outside, each as few triangles as show the same."""
    first_vertex = np.cumsum([0] + [len(surface.vertices) for surface in surfaces])
    vertices = np.concatenate([surface.vertices for surface in surfaces])
    faces = np.concatenate([surface.faces + start for surface, start in zip(surfaces, first_vertex, strict=False)])
    seen = seen_from_outside(vertices, faces)
    seen_by_surface = np.split(seen, np.cumsum([len(surface.faces) for surface in surfaces])[:-1])
    pairs = zip(surfaces, seen_by_surface, strict=True)
    return [_thinned_surface(surface, visible) for surface, visible in pairs if visible.any()]


def _thinned_surface(surface: Mesh, visible: np.ndarray) -> Mesh:
    """One surface's visible faces, thinned; its texture is baked into the colours of the faces."""
    mesh = o3d.geometry.TriangleMesh(
        o3d.utility.Vector3dVector(surface.vertices.astype(float)), o3d.utility.Vector3iVector(surface.faces.astype(np.int32))
    )
    colours = np.zeros(surface.vertices.shape)
    colours[surface.faces.reshape(-1)] = _corner_colours(surface).reshape(-1, 3) / 255
    mesh.vertex_colors = o3d.utility.Vector3dVector(colours)
    mesh.remove_triangles_by_mask((~visible).tolist())
    mesh.remove_unreferenced_vertices()
    mesh = thinned(mesh)
    bare = _bare(np.asarray(mesh.vertices), np.asarray(mesh.triangles))
    face_colours = np.asarray(mesh.vertex_colors)[bare.faces].mean(axis=1)
    return replace(bare, albedo=(255 * face_colours).astype(np.float32))


def _corner_colours(surface: Mesh) -> np.ndarray:
    """The displayed colour (F, 3, 3) in 0..255 at each corner of each face."""
    if surface.texture is None:
        return np.repeat(surface.albedo[:, None], 3, axis=1)
    height, width = surface.texture.shape[:2]
    column = (surface.uv[..., 0] % 1 * width).astype(int) % width
    row = ((1 - surface.uv[..., 1]) % 1 * height).astype(int) % height
    return surface.albedo[:, None] * surface.texture[row, column, :3] / 255
