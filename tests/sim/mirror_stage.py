"""Small worlds to look at: boxes and spheres in a plain PyBullet client, and PyBullet's own pictures of them."""

import numpy as np
import pybullet
import pybullet_data

from robot.transforms import invert, to_quat_xyzw

NEAR, FAR = 0.1, 10.0
FOV = 0.8
# PyBullet's software renderer samples each pixel at its lower left corner; our cameras sample its middle.
TINY_OFFSET_PX = (0.0, 1.0)


def intrinsics(size: int) -> np.ndarray:
    """K of a square picture that sees FOV."""
    focal_px = size / 2 / np.tan(FOV / 2)
    return np.array([[focal_px, 0, size / 2], [0, focal_px, size / 2], [0, 0, 1]])


def add_box(client: int, T_world_box: np.ndarray, size: tuple, rgba: tuple = (1, 1, 1, 1), mass: float = 0.0) -> int:
    """A box that is seen and that ray tests meet."""
    half = [each / 2 for each in size]
    collision = pybullet.createCollisionShape(pybullet.GEOM_BOX, halfExtents=half, physicsClientId=client)
    visual = pybullet.createVisualShape(pybullet.GEOM_BOX, halfExtents=half, rgbaColor=rgba, physicsClientId=client)
    position, quat_xyzw = T_world_box[:3, 3].tolist(), to_quat_xyzw(T_world_box).tolist()
    return pybullet.createMultiBody(mass, collision, visual, position, quat_xyzw, physicsClientId=client)


def add_shipped(client: int, urdf: str, position: tuple = (0, 0, 0)) -> int:
    """A model that PyBullet ships, fixed."""
    path = f"{pybullet_data.getDataPath()}/{urdf}"
    return pybullet.loadURDF(path, position, useFixedBase=True, physicsClientId=client)


def tiny_picture(client: int, T_world_camera: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Depth (size, size) m along the optical axis and body ids (size, size) by PyBullet's own software renderer."""
    view = np.diag([1.0, -1.0, -1.0, 1.0]) @ invert(T_world_camera)  # OpenGL looks along -z with y up
    projection = pybullet.computeProjectionMatrixFOV(np.degrees(FOV), 1.0, NEAR, FAR, physicsClientId=client)
    _, _, _, buffer, bodies = pybullet.getCameraImage(
        size, size, view.T.ravel().tolist(), projection, renderer=pybullet.ER_TINY_RENDERER, physicsClientId=client
    )
    depth = FAR * NEAR / (FAR - (FAR - NEAR) * np.reshape(buffer, (size, size)))
    return depth, np.reshape(bodies, (size, size))
