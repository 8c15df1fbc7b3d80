"""OwnFingers: a camera on the arm sees the fingers where the gripper's width puts them, or it has moved."""

import numpy as np

from robot.model import RobotModel
from robot.transforms import apply, invert
from sensors.calibration import MountedCamera
from sensors.pointcloud import project, unproject

FEWEST = 60  # pixels from which a comparison means something
TOLERANCE = 0.004  # m: two pixels on a finger that is seen aslant; a depth camera's noise is far below this so near
NEARER = 0.012  # m: what is that much before a finger stands before it
LEAST_SAME = 0.75  # of them: fingers that sweep crumbs keep 0.80, others 0.97; a camera turned by 5 degrees mostly 0.34
ARC = 15.0  # 1/m: by how much less where the width changes: an xArm's fingers go out a little as they close
LEAST_EVER = 0.5  # however much it changed since


class OwnFingers:
    """Both fingers as one camera saw them last, in ee, which it keeps its place in.

    Nearby a depth camera is exact to a fraction of a millimetre, and the fingers' sides lie athwart each other, so a small
    motion of the camera shows, along whichever axis.
    """

    def __init__(self, camera: MountedCamera, model: RobotModel) -> None:
        """Not seen yet."""
        self._K, self._T_ee_camera, self._T_camera_ee = camera.K, camera.T_mount_sensor, invert(camera.T_mount_sensor)
        self._model = model
        self._rays_camera = unproject(np.ones((camera.height, camera.width), np.float32), camera.K).reshape(-1, 3)
        self._reach = float(np.linalg.norm(camera.T_mount_sensor[:3, 3])) + model.finger_length + model.gripper_width_max
        self._seen_ee, self._width = np.zeros((0, 3)), 0.0

    def judge(self, depth: np.ndarray, gripper_width: float) -> str:
        """What speaks against a picture (H, W) m, empty for nothing; the fingers in it are remembered then."""
        expected_ee = self._seen_ee.copy()
        expected_ee[:, 1] += np.sign(expected_ee[:, 1]) * (gripper_width - self._width) / 2
        farther = self._farther(depth, expected_ee)
        farther = farther[farther >= -NEARER]  # what measures nothing, NaN, has something before it that is too near
        if len(farther) >= FEWEST:
            same = float((np.abs(farther) < TOLERANCE).mean())
            if same < max(LEAST_SAME - ARC * abs(gripper_width - self._width), LEAST_EVER):
                return f"sees its own fingers where they are in only {same:.0%} of the pixels: it has moved, or is broken"
        elif len(expected_ee) >= FEWEST:
            return ""  # they are hidden, or out of the picture: nothing is learned of them
        self._seen_ee, self._width = self._fingers(depth, gripper_width), gripper_width
        return ""

    def _farther(self, depth: np.ndarray, points_ee: np.ndarray) -> np.ndarray:
        """How much farther (M,) m than those of the points (N, 3) that are in the picture it measures there."""
        u, v, z = project(apply(self._T_camera_ee, points_ee), self._K)
        height, width = depth.shape
        seen = (z > 0) & (u >= 0) & (u < width) & (v >= 0) & (v < height)
        return depth[v[seen].astype(np.intp), u[seen].astype(np.intp)] - z[seen]

    def _fingers(self, depth: np.ndarray, gripper_width: float) -> np.ndarray:
        """The points (N, 3) in ee that lie where the fingers are."""
        z = depth.reshape(-1)
        near = np.flatnonzero(z < self._reach)
        points_ee = apply(self._T_ee_camera, self._rays_camera[near].astype(float) * z[near, None])
        across, apart, out = np.abs(points_ee[:, 0]), np.abs(points_ee[:, 1]) - gripper_width / 2, points_ee[:, 2]
        inside = (across < self._model.finger_width / 2) & (out > -self._model.finger_length) & (out < NEARER)
        return points_ee[inside & (apart > 0) & (apart < self._model.finger_thickness)]
