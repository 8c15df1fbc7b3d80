"""CameraEye: one camera's frames, judged, freed of the robot's own body, quieted, and turned into points."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from robot.model import RobotModel
from sensors import symptoms
from sensors.calibration import MountedCamera
from sensors.corners import Corners
from sensors.health import HealthConfig, Watch
from sensors.observation import CameraView
from sensors.own_fingers import OwnFingers
from sensors.packets import CameraFrame
from sensors.pointcloud import unproject
from sensors.rectify import Rectifier
from sensors.steady import SteadyDepth
from sensors.voxel_map import Residual, VoxelMap


@dataclass(frozen=True, eq=False, kw_only=True)
class Look:
    """What a believed frame says.

    Attributes:
        view: the frame with its calibration, without the lens's distortion.
        depth: (H, W) float32 m without the robot and quieted, NaN = nothing known.
        T_base_camera: (4, 4).
        cell: (N,) int32 voxel of each point in the region of interest.
        points_base: (N, 3) float32 m.
        rgb: (N, 3) uint8.
        weight: (N,) float32: one over the variance of a stereo depth, z⁻⁴ but for a factor.
        looked_through: (M,) indices of the remembered points that lie in front of what it measures.
    """

    view: CameraView
    depth: np.ndarray | None
    T_base_camera: np.ndarray
    cell: np.ndarray
    points_base: np.ndarray
    rgb: np.ndarray
    weight: np.ndarray
    looked_through: np.ndarray


class CameraEye:
    """One camera: its watch, its steady picture, and its last frame."""

    def __init__(self, camera: MountedCamera, model: RobotModel, jump: float, config: HealthConfig) -> None:
        """Nothing seen; a depth that changes by more than `jump` · z² is another surface."""
        self._camera, self._jump, self._config = camera, jump, config
        self.watch = Watch(camera.rate_hz, config)
        self._steady = SteadyDepth(jump)
        self._corners = Corners()
        self._fingers = OwnFingers(camera, model) if camera.mount == "ee" else None
        self._rectifier = Rectifier(camera)
        rays = unproject(np.ones((camera.height, camera.width), np.float32), camera.K)
        self._rays_camera = np.ascontiguousarray(rays.reshape(-1, 3).T)  # (3, H*W), z = 1: axis by axis costs half
        self._rays_base, self._R_base_camera = self._rays_camera, np.eye(3)
        self._last: CameraFrame | None = None

    def look(
        self,
        frame: CameraFrame,
        T_base_camera: np.ndarray,
        joint_motion: float,
        gripper_width: float,
        is_robot: Callable[[np.ndarray], np.ndarray],
        remembered: VoxelMap,
        now_ns: int,
    ) -> Look | None:
        """What a frame says, or None if it is not believed.

        Args:
            frame: the newest.
            T_base_camera: (4, 4) at its exposure.
            joint_motion: how far any joint moved since the frame before, rad.
            gripper_width: at its exposure, m.
            is_robot: which points (N, 3) in base are the robot's own.
            remembered: what is known of the world, to judge it by.
            now_ns: the instant of the observation.
        """
        frame = self._rectifier.frame(frame)
        scene = self._scene(frame, T_base_camera, is_robot)
        residual = None if scene is None else remembered.residual(scene, self._camera.K, T_base_camera)
        symptom = self._symptom(frame, scene, residual, T_base_camera, joint_motion)
        symptom = symptom or self._has_moved(frame, scene, T_base_camera, gripper_width)
        self._last = frame
        self.watch.hear(frame.stamp_ns, now_ns, symptom)
        if not self.watch.believed:
            return None
        return self._seen(frame, scene, residual, T_base_camera, remembered)

    def _seen(
        self,
        frame: CameraFrame,
        scene: np.ndarray | None,
        residual: Residual | None,
        T_base_camera: np.ndarray,
        remembered: VoxelMap,
    ) -> Look:
        """What a believed frame says of the world."""
        view = CameraView(rgb=frame.rgb, depth=frame.depth, K=self._camera.K, T_base_camera=T_base_camera)
        if scene is None or residual is None:
            none = np.zeros((0, 3), np.float32)
            nothing = np.zeros(0, np.int32)
            return Look(view=view, depth=None, T_base_camera=T_base_camera, cell=nothing, points_base=none,
                        rgb=none.astype(np.uint8), weight=none[:, 0], looked_through=nothing)  # fmt: skip
        depth = self._steady.update(scene, T_base_camera)
        points_base = self._points(depth, T_base_camera)
        cell = remembered.grid.cells(points_base)
        inside = np.flatnonzero(cell >= 0)
        z = depth.reshape(-1).take(inside)
        return Look(
            view=view,
            depth=depth,
            T_base_camera=T_base_camera,
            cell=cell[inside],
            points_base=points_base.T.take(inside, axis=1).T,
            rgb=frame.rgb.reshape(-1, 3).take(inside, axis=0),
            weight=1 / (z * z * z * z),
            looked_through=remembered.looked_through(residual),
        )

    def _scene(self, frame: CameraFrame, T_base_camera: np.ndarray, is_robot: Callable) -> np.ndarray | None:
        """The depth (H, W) with no return where the robot is; None if there is no depth, or it is not this camera's."""
        if frame.depth is None or frame.depth.shape != (self._camera.height, self._camera.width):
            return None
        scene = frame.depth.copy()
        scene.reshape(-1)[is_robot(self._points(frame.depth, T_base_camera))] = np.nan
        return scene

    def _symptom(
        self,
        frame: CameraFrame,
        scene: np.ndarray | None,
        residual: Residual | None,
        T_base_camera: np.ndarray,
        motion: float,
    ) -> str:
        """What speaks against the frame."""
        if frame.rgb.shape[:2] != (self._camera.height, self._camera.width):
            got = f"{frame.rgb.shape[1]}×{frame.rgb.shape[0]}"
            return f"pictures are {got}, the calibration says {self._camera.width}×{self._camera.height}"
        symptom = symptoms.stuck(frame, self._last, self._camera.noisy, motion)
        if symptom or scene is None or residual is None:
            return symptom
        expected = self._steady.expected(T_base_camera)
        if expected is not None:
            return symptoms.changed_picture(scene, expected, self._jump, self._config)
        return symptoms.strange_view(residual.farther, residual.z, self._jump, self._config)

    def _has_moved(self, frame: CameraFrame, scene: np.ndarray | None, T_base_camera: np.ndarray, gripper_width: float) -> str:
        """What says that the camera is not where it was, on the stand or on the hand that carries it."""
        if scene is None or frame.depth is None:
            return ""
        symptom = "" if self._fingers is None else self._fingers.judge(frame.depth, gripper_width)
        if self._steady.expected(T_base_camera) is None:
            self._corners.forget()
            return symptom
        return symptom or self._corners.judge(frame.rgb, scene)

    def _points(self, depth: np.ndarray, T_base_camera: np.ndarray) -> np.ndarray:
        """All pixels' points (H*W, 3) in base, NaN where there is no return."""
        if not np.array_equal(T_base_camera[:3, :3], self._R_base_camera):
            self._R_base_camera = T_base_camera[:3, :3]
            self._rays_base = self._R_base_camera.astype(np.float32) @ self._rays_camera
        points = self._rays_base * depth.reshape(-1)
        points += T_base_camera[:3, 3:].astype(np.float32)
        return points.T
