"""OpenGlCamera: an RGB-D camera drawn by PyBullet's OpenGL renderer, through EGL, where there is a GPU and no display."""

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from functools import lru_cache
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np

from robot.clock import Clock
from robot.errors import HandsightError
from robot.transforms import invert
from sensors.calibration import MountedCamera
from sim.bullet import pybullet
from sim.cameras import Camera, pixel_directions
from sim.meshes import Mesh
from sim.parts import Part
from sim.quiet import quiet
from sim.raycast import RaycastMirror
from sim.shading import Light

PLUGIN = "_eglRendererPlugin"
USUAL = Light()
DIFFUSE, AMBIENT = 0.35, 0.6  # PyBullet's own, of the usual light
FAR_PLANE = 20.0  # m; what is farther is not drawn
PROBE = """
import pybullet, sys
client = pybullet.connect(pybullet.DIRECT)
opened = pybullet.loadPlugin(sys.argv[1], sys.argv[2], physicsClientId=client) >= 0
sys.exit(0 if opened and len(pybullet.getCameraImage(8, 8, renderer=pybullet.ER_BULLET_HARDWARE_OPENGL)) else 3)
"""


def open_egl(client: int) -> None:
    """Let a client without bodies draw by OpenGL: the renderer learns of bodies as they come.

    Raises:
        HandsightError: there is no EGL here, or PyBullet was built without it.
    """
    library = _egl_library()
    if not library:
        raise HandsightError(
            "sensors.renderer=opengl: PyBullet's EGL renderer can't be opened here (it needs a GPU's driver with EGL or Mesa's "
            "libegl1); use sensors.renderer=raycast, which needs neither"
        )
    with quiet():
        pybullet.loadPlugin(library, PLUGIN, physicsClientId=client)


@lru_cache(maxsize=1)
def _egl_library() -> str:
    """The renderer's file, or nothing; tried in a process of its own, because it ends the process where it fails."""
    spec = importlib.util.find_spec("eglRenderer")
    if spec is None or spec.origin is None:
        return ""
    command = [sys.executable, "-c", PROBE, spec.origin, PLUGIN]
    try:
        opened = subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return ""
    return spec.origin if opened else ""


def projection_matrix(K: np.ndarray, width: int, height: int, near: float) -> np.ndarray:
    """OpenGL's matrix (4, 4) from its own coordinates (x right, y up, z back) to clip space; the near plane at `near` m."""
    far = FAR_PLANE
    return np.array([
        [2 * K[0, 0] / width, 0, 1 - 2 * K[0, 2] / width, 0],
        [0, 2 * K[1, 1] / height, 2 * K[1, 2] / height - 1, 0],
        [0, 0, -(far + near) / (far - near), -2 * far * near / (far - near)],
        [0, 0, -1, 0],
    ])  # fmt: skip


class Twin:
    """A second PyBullet client that holds what the mirror shows, each mesh in one colour, and draws it.

    The world's own client stays without the renderer: with it PyBullet says wrongly what bodies look like, and the mirror
    for LiDARs and spectators could not be read.
    """

    def __init__(self, renderer: int = pybullet.ER_BULLET_HARDWARE_OPENGL) -> None:
        """Open it for PyBullet's number of a renderer.

        Raises:
            HandsightError: OpenGL is wanted, and there is no EGL here.
        """
        self.renderer = renderer
        with quiet():
            self.client: int = pybullet.connect(pybullet.DIRECT)
        if renderer == pybullet.ER_BULLET_HARDWARE_OPENGL:
            open_egl(self.client)
        self._parts: list[Part] | None = None

    def show(self, mirror: RaycastMirror) -> None:
        """Be as the world behind a mirror is now."""
        mirror.follow()
        if self._parts is not mirror.parts:
            self._parts = mirror.parts
            with quiet():
                pybullet.resetSimulation(physicsClientId=self.client)
                self._bodies = [[self._body(mesh) for mesh in part.meshes] for part in mirror.parts]
        for bodies, pose in zip(self._bodies, mirror.poses().tolist(), strict=True):
            for body in bodies:
                pybullet.resetBasePositionAndOrientation(body, pose[:3], pose[3:], physicsClientId=self.client)

    def close(self) -> None:
        """Give the client back; idempotent."""
        if self.client >= 0:
            with quiet():
                pybullet.disconnect(physicsClientId=self.client)
            self.client = -1

    def _body(self, mesh: Mesh) -> int:
        """A mesh as a body of its own; PyBullet's number of it."""
        texture = np.ones(3) if mesh.texture is None else mesh.texture[..., :3].mean(axis=(0, 1)) / 255
        colour = mesh.albedo.mean(axis=0) / 255 * texture
        with NamedTemporaryFile("w", suffix=".obj") as file:  # PyBullet crashes on meshes handed over without one
            file.write(_obj(mesh))
            file.flush()
            shape = pybullet.createVisualShape(
                pybullet.GEOM_MESH, fileName=file.name, rgbaColor=[*colour.tolist(), 1.0], physicsClientId=self.client
            )
            return pybullet.createMultiBody(0.0, -1, shape, physicsClientId=self.client)


def _obj(mesh: Mesh) -> str:
    """A mesh as an OBJ file."""
    vertices = [f"v {x:.7g} {y:.7g} {z:.7g}" for x, y, z in mesh.vertices.tolist()]
    normals = [f"vn {x:.5g} {y:.5g} {z:.5g}" for x, y, z in mesh.normals.reshape(-1, 3).tolist()]
    corners = enumerate((mesh.faces + 1).tolist())
    faces = [f"f {a}//{3 * i + 1} {b}//{3 * i + 2} {c}//{3 * i + 3}" for i, (a, b, c) in corners]
    return "\n".join([*vertices, *normals, *faces, ""])


class OpenGlCamera(Camera):
    """A camera whose pictures come from `getCameraImage`.

    What is nearer than the camera's range is cut off the picture. Through EGL PyBullet hands depth over in 16 bits, so it is
    off by up to depth² / near / 2**17: with near = 0.05 m, a millimetre at 2.5 m.
    """

    def __init__(
        self,
        twin: Twin,
        mirror: RaycastMirror,
        clock: Clock,
        name: str,
        mounted: MountedCamera,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        """Who draws, what it draws, and then a Camera's arguments."""
        super().__init__(clock, name, mounted, *args, **kwargs)
        self._twin, self._mirror = twin, mirror
        self._size = mounted.width, mounted.height
        self._projection = projection_matrix(mounted.K, *self._size, self._range[0]).T.ravel().tolist()
        self._directions_camera = pixel_directions(mounted.K, *self._size).reshape(mounted.height, mounted.width, 3)

    def draw(self) -> tuple[np.ndarray, np.ndarray, Callable[[], np.ndarray]]:
        """What PyBullet draws."""
        self._twin.show(self._mirror)
        light = self._mirror.light
        view = np.diag([1.0, -1.0, -1.0, 1.0]) @ invert(self.T_world_camera())  # OpenGL looks along -z with y up
        _, _, rgba, buffer, _ = pybullet.getCameraImage(
            *self._size,
            view.T.ravel().tolist(),
            self._projection,
            lightDirection=light.towards_sun_world,
            lightDiffuseCoeff=DIFFUSE * np.sqrt(light.sun / USUAL.sun),  # as displayed: the root of the light
            lightAmbientCoeff=AMBIENT * np.sqrt(light.sky / USUAL.sky),
            shadow=int(self._shadows),
            renderer=self._twin.renderer,
            flags=pybullet.ER_NO_SEGMENTATION_MASK,
            physicsClientId=self._twin.client,
        )
        rgb = np.reshape(np.asarray(rgba, dtype=np.uint8), (-1, 4))[:, :3]
        buffer = np.asarray(buffer, dtype=np.float64).reshape(-1)
        near = self._range[0]
        depth = FAR_PLANE * near / (FAR_PLANE - (FAR_PLANE - near) * buffer)
        depth = np.where(buffer < 1, depth, np.inf).astype(np.float32)
        return np.ascontiguousarray(rgb), depth, lambda: self._incidence(depth)

    def _incidence(self, depth: np.ndarray) -> np.ndarray:
        """The cosines (H*W,) at which surfaces are met, by the neighbouring pixels' depth; 1 where nothing is."""
        directions = self._directions_camera
        with np.errstate(invalid="ignore"):
            points_camera = directions * depth.reshape(directions.shape[:2])[..., None]
            normal = np.cross(np.gradient(points_camera, axis=1), np.gradient(points_camera, axis=0))
            lengths = np.linalg.norm(normal, axis=2) * np.linalg.norm(directions, axis=2)
            cosine = np.abs((normal * directions).sum(axis=2)) / np.maximum(lengths, 1e-30)
        return np.nan_to_num(cosine.reshape(-1), nan=1.0)
