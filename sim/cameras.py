"""Camera, an RGB-D sensor, SimulatedCamera, one that looks into the ray-cast mirror, and SpectatorCamera, for people."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from robot.clock import Clock
from robot.errors import InvalidInput
from robot.transforms import transform
from sensors.calibration import CameraConfig, MountedCamera
from sensors.packets import CameraFrame
from sim.grids import PictureGrid
from sim.hits import body_of, incidence
from sim.noise import CameraNoise
from sim.rated import RatedSource
from sim.raycast import RaycastMirror
from sim.rays import RayBundle
from sim.view import View

EDGE_CONTRAST = 10  # of 255 between neighbours: from here a pixel is worth more samples


def pixel_directions(K: np.ndarray, width: int, height: int, offset_px: tuple[float, float] = (0.5, 0.5)) -> np.ndarray:
    """Directions (H*W, 3) float32 in the optical frame through each pixel at this offset from its corner.

    With z = 1 a ray's length to what it hits is the depth along the optical axis.
    """
    u, v = np.meshgrid(np.arange(width) + offset_px[0], np.arange(height) + offset_px[1])
    x = (u - K[0, 2]) / K[0, 0]
    y = (v - K[1, 2]) / K[1, 1]
    return np.stack([x, y, np.ones_like(x)], axis=-1).reshape(-1, 3).astype(np.float32)


def look_at(eye: Sequence[float], target: Sequence[float], up: Sequence[float] = (0.0, 0.0, 1.0)) -> np.ndarray:
    """The pose (4, 4) of an optical frame at `eye` that looks at `target`, both in the frame of the answer.

    Raises:
        InvalidInput: the line of sight is zero, or along `up`.
    """
    forward = np.subtract(target, eye).astype(float)
    right = np.cross(forward, up)
    if np.linalg.norm(right) < 1e-9:
        raise InvalidInput(f"look_at: expected a line of sight across up={list(up)}, got {forward.tolist()}")
    forward, right = forward / np.linalg.norm(forward), right / np.linalg.norm(right)
    return transform(list(eye), np.stack([right, np.cross(forward, right), forward], axis=1))


class Camera(RatedSource[CameraFrame]):
    """An RGB-D camera as a SensorSource; who draws its pictures is up to the children."""

    def __init__(
        self,
        clock: Clock,
        name: str,
        mounted: MountedCamera,
        T_world_mount: Callable[[], np.ndarray],
        config: CameraConfig,
        shadows: bool = True,
        noise: CameraNoise | None = None,
    ) -> None:
        """A camera in its place.

        Args:
            clock: what stamps it.
            name: of the sensor in its frames.
            mounted: where it sits, how it projects and how often it speaks.
            T_world_mount: asked at each frame for the pose (4, 4) of the frame it is mounted to.
            config: its depth's range; nearer or farther is NaN.
            shadows: whether the sun throws any.
            noise: what it adds to its pictures; None = nothing.
        """
        super().__init__(clock, mounted.rate_hz)
        self._name = name
        self._mounted = mounted
        self._T_world_mount = T_world_mount
        self._range = (config.near, config.far)
        self._shadows = shadows
        self._noise = noise

    @abstractmethod
    def draw(self) -> tuple[np.ndarray, np.ndarray, Callable[[], np.ndarray]]:
        """What is before it now: colours (H*W, 3) uint8, depth (H*W,) float32 m, infinite for nothing, and cosines to ask for.

        The cosines (H*W,) are those of the angles at which surfaces are met: 1 straight on, 0 along them.
        """

    def packet(self, tick: int, stamp_ns: int) -> CameraFrame:
        """The frame of this tick."""
        rgb, depth = self.render(tick)
        return CameraFrame(stamp_ns=stamp_ns, sensor=self._name, rgb=rgb, depth=depth)

    def render(self, frame: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """What it sees now: colours (H, W, 3) uint8 and depth (H, W) float32 m, NaN for no return; `frame` picks the noise."""
        shape = (self._mounted.height, self._mounted.width)
        rgb, distance, cosine = self.draw()
        near, far = self._range
        depth = np.where((distance >= near) & (distance <= far), distance, np.float32(np.nan))
        if self._noise is not None:
            rgb, depth = self._noise.rgb(rgb, frame), self._noise.depth(depth, cosine(), frame)
        return rgb.reshape(*shape, 3), depth.reshape(shape)

    def T_world_camera(self) -> np.ndarray:
        """The pose (4, 4) of the optical frame now."""
        return self._T_world_mount() @ self._mounted.T_mount_sensor


class SimulatedCamera(Camera):
    """A camera that looks into the ray-cast mirror."""

    def __init__(
        self, mirror: RaycastMirror, clock: Clock, name: str, mounted: MountedCamera, *args: Any, **kwargs: Any
    ) -> None:
        """What it looks into, and then a Camera's arguments."""
        super().__init__(clock, name, mounted, *args, **kwargs)
        directions_camera = pixel_directions(mounted.K, mounted.width, mounted.height)
        self._view = View(mirror, PictureGrid(directions_camera, mounted.width))

    def draw(self) -> tuple[np.ndarray, np.ndarray, Callable[[], np.ndarray]]:
        """What the mirror shows."""
        sight = self._view.look(self.T_world_camera())
        return sight.colours(self._shadows), sight.distance, lambda: sight.each(incidence)

    def body_mask(self) -> np.ndarray:
        """PyBullet's body id (H, W) in each pixel now, -1 for none: for scores and tests, never for a policy."""
        bodies = self._view.look(self.T_world_camera()).each(body_of)
        return bodies.reshape(self._mounted.height, self._mounted.width)


class SpectatorCamera:
    """A camera that is nobody's sensor: larger pictures with smooth edges, for videos and the README."""

    def __init__(
        self,
        mirror: RaycastMirror,
        T_world_camera: np.ndarray,
        width: int = 640,
        height: int = 480,
        vertical_fov: float = 0.7,
        samples: int = 8,
    ) -> None:
        """Look into the mirror from an optical frame's pose; `samples` more rays go to each pixel on an edge."""
        focal_px = height / 2 / np.tan(vertical_fov / 2)
        K = np.array([[focal_px, 0, width / 2], [0, focal_px, height / 2], [0, 0, 1]])
        self.T_world_camera = T_world_camera
        self._mirror = mirror
        self._shape = (height, width)
        self._directions_camera = pixel_directions(K, width, height)
        self._view = View(mirror, PictureGrid(self._directions_camera, width))
        self._steps_camera = [
            np.array([(du - 0.5) / focal_px, (dv - 0.5) / focal_px, 0.0], dtype=np.float32) for du, dv in _spread(samples)
        ]

    def render(self) -> np.ndarray:
        """The picture (H, W, 3) uint8 of the world now."""
        rgb = self._view.look(self.T_world_camera).colours(shadows=True).reshape(*self._shape, 3)
        edges = np.flatnonzero(_edges(rgb))
        if len(edges) and self._steps_camera:
            directions = np.concatenate([self._directions_camera[edges] + step for step in self._steps_camera])
            samples = self._colours(directions).reshape(len(self._steps_camera), -1, 3)
            rgb.reshape(-1, 3)[edges] = samples.mean(axis=0, dtype=np.float32).round().astype(np.uint8)
        return rgb

    def _colours(self, directions_camera: np.ndarray) -> np.ndarray:
        """The colours (M, 3) uint8 along directions of the optical frame."""
        rays = RayBundle(directions_camera).at(self.T_world_camera)
        return self._mirror.colours(rays, self._mirror.cast(rays))


def _spread(count: int) -> list[tuple[float, float]]:
    """Points in the unit square, evenly spread: the R2 sequence (Roberts 2018)."""
    return [((0.5 + 0.7548776662 * i) % 1, (0.5 + 0.5698402910 * i) % 1) for i in range(1, count + 1)]


def _edges(rgb: np.ndarray) -> np.ndarray:
    """Pixels (H, W) bool that differ from a neighbour."""
    values = rgb.astype(np.int16)
    edges = np.zeros(rgb.shape[:2], dtype=bool)
    across = np.abs(values[:, 1:] - values[:, :-1]).max(axis=2) > EDGE_CONTRAST
    down = np.abs(values[1:] - values[:-1]).max(axis=2) > EDGE_CONTRAST
    edges[:, 1:] |= across
    edges[:, :-1] |= across
    edges[1:] |= down
    edges[:-1] |= down
    return edges
