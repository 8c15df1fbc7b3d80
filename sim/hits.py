"""Hits: what each of many rays met first."""

from dataclasses import dataclass

import numpy as np

from sim.rays import Rays
from sim.shading import surface_colours
from sim.surfaces import Surfaces


@dataclass(frozen=True, eq=False, kw_only=True)
class Hits:
    """What each of M rays met first.

    Attributes:
        distance: (M,) float32 in lengths of the ray's direction; infinite where it met nothing.
        face: (M,) int64 into `surfaces`; its `sky` where the ray met nothing.
        uv: (2, M) float32 barycentric coordinates of the face's second and third corner.
        along: (M,) float32, how far the ray's direction points along the unit normal of the face, towards the side that its
            corners run counter-clockwise: above 0 from behind.
        surfaces: what was hit.
    """

    distance: np.ndarray
    face: np.ndarray
    uv: np.ndarray
    along: np.ndarray
    surfaces: Surfaces

    @staticmethod
    def none(surfaces: Surfaces) -> "Hits":
        """What no rays met."""
        nothing = np.zeros(0, dtype=np.float32)
        return Hits(distance=nothing, face=np.zeros(0, int), uv=np.zeros((2, 0), np.float32), along=nothing, surfaces=surfaces)

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

    def take(self, index: np.ndarray) -> "Hits":
        """Those of these rays (n,) int."""
        return Hits(
            distance=self.distance.take(index),
            face=self.face.take(index),
            uv=self.uv.take(index, axis=1),
            along=self.along.take(index),
            surfaces=self.surfaces,
        )

    def covered_by(self, index: np.ndarray, nearer: "Hits") -> "Hits":
        """These, but for the rays (n,) int that met something nearer."""
        changed = Hits(
            distance=self.distance.copy(),
            face=self.face.copy(),
            uv=self.uv.copy(),
            along=self.along.copy(),
            surfaces=self.surfaces,
        )
        changed.distance[index], changed.face[index] = nearer.distance, nearer.face
        changed.uv[:, index], changed.along[index] = nearer.uv, nearer.along
        return changed


def body_of(rays: Rays, hits: Hits) -> np.ndarray:
    """PyBullet's body id (M,) of what each ray met, -1 for none."""
    return hits.body


def incidence(rays: Rays, hits: Hits) -> np.ndarray:
    """The cosine (M,) float32 of the angle at which each ray meets its surface: 1 straight on, 0 along it."""
    return np.abs(hits.along) * rays.inverse_length
