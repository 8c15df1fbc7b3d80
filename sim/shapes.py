"""Meshes of bodies of revolution: what sim/assets/*.obj are made by, smooth to look at, convex pieces to touch.

`python -c "from sim.shapes import write_assets; write_assets()"` writes them anew; a test holds the files to this source.
"""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.spatial import ConvexHull, HalfspaceIntersection

from sim.objects import ASSETS

Outline = list[tuple[float, float]]

COLLISION_MARGIN = 0.001  # what PyBullet's URDF loader gives every convex hull
FOOT = 0.0025  # so far above the foot a wall ends: nearer than 2 mm, each wedge of it would touch the table for itself
SMOOTH_BELOW_RAD = np.deg2rad(40.0)

# Outlines (radius, height) in metres, the origin at mid-height: from the foot up the outside, from the rim down the inside.
BOWL_OUTSIDE = [(0.035, -0.025), (0.050, -0.0165), (0.061, -0.002), (0.067, 0.012), (0.070, 0.025)]
BOWL_INSIDE = [(0.065, 0.025), (0.062, 0.012), (0.056, 0.0005), (0.046, -0.0125), (0.032, -0.020)]
PLATE_OUTSIDE = [(0.050, -0.008), (0.064, -0.005), (0.080, 0.004)]
PLATE_INSIDE = [(0.078, 0.008), (0.062, 0.000), (0.050, -0.003)]
MUG_OUTSIDE = [(0.035, -0.043), (0.035, 0.043)]
MUG_INSIDE = [(0.031, 0.043), (0.031, -0.036)]
CAN_OUTSIDE = [(0.025, -0.035), (0.025, 0.035)]
MUG_HANDLE_RADIUS = 0.021
MUG_HANDLE_THICKNESS = 0.005


@dataclass(frozen=True, eq=False, kw_only=True)
class Mesh:
    """A triangle mesh.

    Attributes:
        points: (N, 3) m, in the object's frame.
        normals: (N, 3) unit, outwards.
        triangles: (M, 3) indices into both.
    """

    points: np.ndarray
    normals: np.ndarray
    triangles: np.ndarray


def revolve(profile: Outline, segments: int = 48) -> Mesh:
    """The surface of a closed outline turned about the z axis; smooth except where the outline has a corner."""
    outline = np.array(profile)
    edges = np.roll(outline, -1, axis=0) - outline
    edge_normals = np.stack([edges[:, 1], -edges[:, 0]], axis=1) / np.linalg.norm(edges, axis=1, keepdims=True)
    parts = [
        _band(outline[[i, (i + 1) % len(outline)]], _end_normals(edge_normals, i), segments)
        for i in range(len(outline))
        if outline[i, 0] > 0 or outline[(i + 1) % len(outline), 0] > 0
    ]
    return joined(parts)


def _end_normals(edge_normals: np.ndarray, i: int) -> np.ndarray:
    """Normals (2, 2) at both ends of edge i: shared with the neighbour where the corner is a blunt one."""
    own = edge_normals[i]
    ends = []
    for neighbour in (edge_normals[i - 1], edge_normals[(i + 1) % len(edge_normals)]):
        blunt = own @ neighbour > np.cos(SMOOTH_BELOW_RAD)
        normal = own + neighbour if blunt else own
        ends.append(normal / np.linalg.norm(normal))
    return np.array(ends)


def _band(ends: np.ndarray, normals: np.ndarray, segments: int) -> Mesh:
    """One edge (2, 2) of an outline turned about z."""
    angle = np.linspace(0.0, 2 * np.pi, segments, endpoint=False)
    spin = np.stack([np.cos(angle), np.sin(angle)], axis=1)  # (segments, 2)
    rings = [np.column_stack([spin * radius, np.full(segments, height)]) for radius, height in ends]
    ring_normals = [np.column_stack([spin * radial, np.full(segments, up)]) for radial, up in normals]
    return Mesh(points=np.vstack(rings), normals=np.vstack(ring_normals), triangles=_strip(segments))


def _strip(segments: int) -> np.ndarray:
    """Triangles (2 * segments, 3) between a closed ring of points and the next one."""
    low = np.arange(segments)
    low_next = (low + 1) % segments
    return np.vstack(
        [np.column_stack([low, low_next, low_next + segments]), np.column_stack([low, low_next + segments, low + segments])]
    )


def half_ring(radius: float, thickness: float, start_x: float, segments: int = 16, sides: int = 12) -> Mesh:
    """A handle: half a torus in the xz plane, standing out along +x from start_x, its ends inside the wall."""
    bend = np.linspace(-np.pi / 2, np.pi / 2, segments + 1)
    outwards = np.column_stack([np.cos(bend), np.zeros_like(bend), np.sin(bend)])  # (segments + 1, 3)
    around = np.linspace(0.0, 2 * np.pi, sides, endpoint=False)
    normals = np.cos(around)[None, :, None] * outwards[:, None] - np.sin(around)[None, :, None] * np.array([0.0, 1.0, 0.0])
    points = radius * outwards[:, None] + thickness * normals + np.array([start_x, 0.0, 0.0])
    triangles = np.vstack([_strip(sides) + ring * sides for ring in range(segments)])
    return Mesh(points=points.reshape(-1, 3), normals=normals.reshape(-1, 3), triangles=triangles)


def joined(parts: list[Mesh]) -> Mesh:
    """Several meshes as one."""
    offsets = np.cumsum([0] + [len(part.points) for part in parts[:-1]])
    return Mesh(
        points=np.vstack([part.points for part in parts]),
        normals=np.vstack([part.normals for part in parts]),
        triangles=np.vstack([part.triangles + offset for part, offset in zip(parts, offsets, strict=True)]),
    )


def shell_pieces(outside: Outline, inside: Outline, sectors: int = 16) -> list[Mesh]:
    """The convex pieces of a hollow thing: a floor disc to stand on, and its wall in bands of wedges between the outlines."""
    radius, low = outside[0]
    bands = zip(pairwise([(radius, low + FOOT), *outside[1:]]), pairwise(inside[::-1]), strict=True)
    walls = [wedge for outer, inner in bands for wedge in _wedges(_shrunk([*outer, *inner]), sectors)]
    floor = _shrunk(
        [(-outside[0][0], outside[0][1]), outside[0], (outside[0][0], inside[-1][1]), (-outside[0][0], inside[-1][1])]
    )
    radius, low, high = floor[:, 0].max(), floor[:, 1].min(), floor[:, 1].max()
    angle = np.linspace(0.0, 2 * np.pi, 24, endpoint=False)
    return [hull(np.array([(radius * np.cos(a), radius * np.sin(a), z) for a in angle for z in (low, high)])), *walls]


def _wedges(section: np.ndarray, sectors: int) -> list[Mesh]:
    """A ring whose cross-section is a convex polygon (P, 2), one wedge per sector."""
    ends = pairwise(np.linspace(0.0, 2 * np.pi, sectors + 1))
    return [hull(np.array([(r * np.cos(a), r * np.sin(a), z) for a in pair for r, z in section])) for pair in ends]


def _shrunk(section: Outline) -> np.ndarray:
    """The corners (P, 2) of a convex polygon moved inwards by the margin that PyBullet adds around convex hulls."""
    corners = np.array(section)
    sides = ConvexHull(corners).equations
    sides[:, -1] += COLLISION_MARGIN
    return HalfspaceIntersection(sides, corners.mean(axis=0)).intersections


def hull(points: np.ndarray) -> Mesh:
    """The convex hull of points (N, 3)."""
    faces = ConvexHull(points).simplices
    centre = points.mean(axis=0)
    corners = points[faces]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    inwards = np.einsum("fi,fi->f", normal, corners[:, 0] - centre) < 0
    faces[inwards] = faces[inwards][:, ::-1]
    away = points - centre
    return Mesh(points=points, normals=away / np.linalg.norm(away, axis=1, keepdims=True), triangles=faces)


def obj_text(pieces: list[Mesh]) -> str:
    """Wavefront OBJ with one object per piece; PyBullet makes a convex hull of each for collision."""
    lines, first = [], 1
    for index, piece in enumerate(pieces):
        lines.append(f"o piece_{index}")
        lines += [f"v {x:.5f} {y:.5f} {z:.5f}" for x, y, z in piece.points]
        lines += [f"vn {x:.3f} {y:.3f} {z:.3f}" for x, y, z in piece.normals]
        lines += [f"f {a}//{a} {b}//{b} {c}//{c}" for a, b, c in piece.triangles + first]
        first += len(piece.points)
    return "\n".join(lines).replace("-0.00000 ", "0.00000 ").replace("-0.000 ", "0.000 ") + "\n"


def asset_texts() -> dict[str, str]:
    """File name → content of every mesh in sim/assets."""
    cup = revolve(_closed(MUG_OUTSIDE, MUG_INSIDE))
    handle = half_ring(MUG_HANDLE_RADIUS, MUG_HANDLE_THICKNESS, start_x=0.033)
    return {
        "bowl.obj": obj_text([revolve(_closed(BOWL_OUTSIDE, BOWL_INSIDE))]),
        "bowl_pieces.obj": obj_text(shell_pieces(BOWL_OUTSIDE, BOWL_INSIDE)),
        "plate.obj": obj_text([revolve(_closed(PLATE_OUTSIDE, PLATE_INSIDE))]),
        "plate_pieces.obj": obj_text(shell_pieces(PLATE_OUTSIDE, PLATE_INSIDE)),
        "mug.obj": obj_text([joined([cup, handle])]),
        "mug_pieces.obj": obj_text(shell_pieces(MUG_OUTSIDE, MUG_INSIDE)),
        "can.obj": obj_text([revolve(_closed(CAN_OUTSIDE, []))]),
    }


def _closed(outside: Outline, inside: Outline) -> Outline:
    """The whole outline from the axis at the foot round to the axis at the floor; a solid thing has no inside."""
    return [(0.0, outside[0][1]), *outside, *inside, (0.0, (inside or outside)[-1][1])]


def write_assets(folder: Path = ASSETS) -> None:
    """Write every mesh anew."""
    for name, text in asset_texts().items():
        (folder / name).write_text(text)
