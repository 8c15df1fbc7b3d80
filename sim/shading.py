"""Light and Shader: the colour of what a ray hit, from a sun, a hemisphere of sky and the surface's own colour.

Display gamma is 2, so the root of a light factor times a displayed colour is the displayed colour in that light:
albedo never has to leave its 0..255 encoding.
"""

from dataclasses import dataclass

import numpy as np

from sim.meshes import TEXTURE_SIDE
from sim.surfaces import Surfaces

TEXTURE_BITS = TEXTURE_SIDE.bit_length() - 1


@dataclass(frozen=True, kw_only=True)
class Light:
    """How the scene is lit: factors of a white surface's full brightness.

    Attributes:
        towards_sun_world: direction to the sun, of any length.
        sun: of a surface that faces the sun.
        sky: of one that faces up, without sun.
        ground: of one that faces down, without sun.
        sky_rgb: background, 0..255.
        haze_begins: m from the camera; from here on things fade.
        haze_ends: m; from here on they are the background: a floor without a horizon.
    """

    towards_sun_world: tuple[float, float, float] = (0.45, -0.6, 1.2)
    sun: float = 0.72
    sky: float = 0.38
    ground: float = 0.16
    sky_rgb: tuple[float, float, float] = (226.0, 231.0, 236.0)
    haze_begins: float = 2.5
    haze_ends: float = 9.0

    @property
    def sun_world(self) -> np.ndarray:
        """The unit vector (3,) float32 towards the sun."""
        vector = np.array(self.towards_sun_world, dtype=np.float32)
        return vector / np.linalg.norm(vector)

    def add_haze(self, colours: np.ndarray, metres: np.ndarray) -> None:
        """Fade colours (3, M) at these distances (M,) into the background; within a table's reach nothing changes."""
        share = (metres - np.float32(self.haze_begins)) * np.float32(1 / (self.haze_ends - self.haze_begins))
        np.clip(share, 0, 1, out=share)
        for plane, sky in zip(colours, self.sky_rgb, strict=True):
            plane += share * (np.float32(sky) - plane)


class Shader:
    """Light at each corner of each face, found once for each pose of the world; pixels only interpolate it."""

    def __init__(self, surfaces: Surfaces, light: Light) -> None:
        """For these surfaces under this light."""
        self._surfaces = surfaces
        self._light = light
        self._cosines = np.zeros((3 * surfaces.sky, 2), dtype=np.float32)  # of each corner, to the sun and to the zenith
        rows = 2 * (surfaces.sky + 1)  # fronts, sky, backs, sky again: a sheet is lit on the side that one looks at
        self._sun = np.zeros((3, rows), dtype=np.float32)
        self._total = np.zeros((3, rows), dtype=np.float32)
        self._total[0, [surfaces.sky, -1]] = 1.0

    def follow(self, rotation_world_part: np.ndarray, moved: np.ndarray) -> None:
        """Light the parts (int indices) that moved anew; rotations (P, 3, 3) float32 of all parts."""
        axes_world = np.stack([self._light.sun_world, np.array([0, 0, 1], dtype=np.float32)], axis=1)  # (3, 2)
        corners = self._surfaces.normals_part.reshape(-1, 3)
        for part in moved:
            start, stop = 3 * self._surfaces.face_ranges[part : part + 2]
            np.matmul(corners[start:stop], rotation_world_part[part].T @ axes_world, out=self._cosines[start:stop])
        first, last = self._surfaces.face_ranges[[moved[0], moved[-1] + 1]]
        cosines = self._cosines[3 * first : 3 * last]
        to_sun, to_zenith = (np.ascontiguousarray(plane.reshape(-1, 3).T) for plane in cosines.T)  # (3, faces)
        half = np.float32(0.5 * (self._light.sky - self._light.ground))
        mean = np.float32(0.5 * (self._light.sky + self._light.ground))
        for side, sign in ((first, np.float32(1)), (first + self._surfaces.sky + 1, np.float32(-1))):
            sun = np.maximum(sign * to_sun, 0) * np.float32(self._light.sun)
            for table, value in ((self._sun, sun), (self._total, sun + (mean + sign * half * to_zenith))):
                value[1:] -= value[0]
                table[:, side : side + value.shape[1]] = value

    def sunlight(self, lit_face: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        """The sun's share (M,) of the light; `lit_face` counts fronts first, then backs."""
        return _interpolated(self._sun, lit_face, u, v)

    def light(self, lit_face: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        """All light (M,) that falls on the points without shadow."""
        return _interpolated(self._total, lit_face, u, v)


def _interpolated(planes: np.ndarray, index: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Values (M,) at barycentric u, v: the first corner's, and what u and v add to it."""
    result = planes[1].take(index)
    result *= u
    along_v = planes[2].take(index)
    along_v *= v
    result += along_v
    result += planes[0].take(index)
    return result


def surface_colours(surfaces: Surfaces, face: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """The displayed colour (3, M) float32 in 0..255 of each hit under full light: albedo times the nearest texel."""
    colours = surfaces.albedo.take(face, axis=1)
    begins = surfaces.texture.take(face)
    textured = np.flatnonzero(begins)
    if len(textured):
        texels = _texels(surfaces, face.take(textured), u.take(textured), v.take(textured), begins.take(textured))
        for channel, plane in enumerate(colours):
            plane[textured] *= texels[:, channel] * np.float32(1 / 255)
    return colours


def _texels(surfaces: Surfaces, face: np.ndarray, u: np.ndarray, v: np.ndarray, begins: np.ndarray) -> np.ndarray:
    """The texels (n, 4) uint8 under points of faces whose textures begin there (n,)."""
    column = _interpolated(surfaces.texel[:3], face, u, v).astype(np.int32)
    row = _interpolated(surfaces.texel[3:], face, u, v).astype(np.int32)
    column &= TEXTURE_SIDE - 1
    row &= TEXTURE_SIDE - 1
    row <<= TEXTURE_BITS
    row += column
    row += begins
    return surfaces.texels.view(np.uint32)[:, 0].take(row).view(np.uint8).reshape(-1, 4)
