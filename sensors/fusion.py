"""Fusion.observe(): the whole of sensing in ten sentences. Open this file first.

packets ─ Sequencer ─▶ newest of each sensor ─ Calibration ─▶ clouds in base ─ robot removed ─▶ VoxelMap ─▶ Observation
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from robot.collision import CollisionShapes
from robot.kinematics import Kinematics
from robot.state import RobotState
from robot.transforms import apply
from sensors.calibration import Calibration
from sensors.health import SensorHealth
from sensors.observation import CameraView, ImuWindow, Observation
from sensors.packets import CameraFrame, ImuSample, LidarScan, Packet
from sensors.pointcloud import PointCloud, from_depth, from_points, join, thin
from sensors.sequencer import Sequencer
from sensors.state_history import StateHistory
from sensors.voxel_map import VoxelMap

IMU_WINDOW_S = 0.5
STANDARD_GRAVITY = 9.80665  # m/s², ISO 80000-3


@dataclass
class FusionConfig:
    """How the streams are fused; m and s throughout."""

    voxel_size: float = 0.006
    seen_through: float = 0.012
    robot_margin: float = 0.015
    region_lower: list[float] = field(default_factory=lambda: [-0.2, -0.8, -0.05])
    region_upper: list[float] = field(default_factory=lambda: [1.0, 0.8, 1.0])
    stale_after_periods: float = 2.0
    gravity_time_constant_s: float = 0.5


class Fusion:
    """Turns the packets of one set-up into Observations; one per robot, fed from one thread."""

    def __init__(self, calibration: Calibration, kinematics: Kinematics, shapes: CollisionShapes, config: FusionConfig) -> None:
        """Begin with nothing seen."""
        self.calibration, self._kinematics, self._shapes, self._config = calibration, kinematics, shapes, config
        self.sensors = (*calibration.cameras, *calibration.lidars, *calibration.imus)
        self._sequencer = Sequencer(
            dict.fromkeys(calibration.cameras, CameraFrame)
            | dict.fromkeys(calibration.lidars, LidarScan)
            | dict.fromkeys(calibration.imus, ImuSample)
            | {RobotState.sensor: RobotState}
        )
        self._states = StateHistory()
        self._region = np.array([config.region_lower, config.region_upper], dtype=np.float32)
        self._map = VoxelMap(config.voxel_size, config.seen_through, self.sensors)
        self._views: dict[str, CameraView] = {}
        self._sweeps: dict[str, PointCloud] = {}
        self._samples: list[ImuSample] = []
        self._newest_ns: dict[str, int] = {}
        self._trouble: dict[str, str] = {}
        self._gravity_base = np.array([0.0, 0.0, -STANDARD_GRAVITY])

    @property
    def dropped(self) -> dict[str, dict[str, int]]:
        """How many packets were refused, by sensor and reason."""
        return {sensor: dict(counts) for sensor, counts in self._sequencer.dropped.items()}

    def observe(self, packets: Iterable[Packet], state: RobotState, now_ns: int) -> Observation:
        """All that is known of the world at `now_ns`, from the packets since the last call and the robot's own state.

        Raises:
            InvalidInput: a packet of a sensor that the calibration lacks; what was known before stays as it was.
        """
        ordered = self._sequencer.order(packets, now_ns)  # late, double and future packets end here
        recorded = [packet for packet in ordered if isinstance(packet, RobotState)]  # a replay says where its robot was
        for each in recorded or [state]:
            self._states.add(each)
        fresh = {packet.sensor: packet for packet in ordered}  # the newest of each sensor
        views = {
            name: view for name, packet in fresh.items() if isinstance(packet, CameraFrame) and (view := self._view(packet))
        }
        sweeps = {name: self._sweep(packet) for name, packet in fresh.items() if isinstance(packet, LidarScan)}
        for view in views.values():
            self._map.carve(view)  # forget what was looked through
        self._forget_held(now_ns)
        cloud, keys = self._outside_robot(*thin(self._new_points(views, sweeps), self._config.voxel_size))
        self._map.add(cloud, keys)  # and remember the rest
        self._views.update(views)
        self._sweeps.update(sweeps)
        imu = self._imu_window([packet for packet in ordered if isinstance(packet, ImuSample)], now_ns)
        self._newest_ns.update({name: packet.stamp_ns for name, packet in fresh.items() if name not in self._trouble})
        return self._observation(state, now_ns, imu)

    def _observation(self, state: RobotState, now_ns: int, imu: ImuWindow) -> Observation:
        """What the fused state says at this instant."""
        health = {name: self._health(name, now_ns) for name in self.sensors}
        return Observation(
            stamp_ns=now_ns,
            state=state,
            cameras=dict(self._views),
            lidar=dict(self._sweeps),
            imu=imu,
            cloud=self._map.cloud.where(~self._is_robot(self._map.cloud, now_ns)),
            T_odom_base=np.eye(4),  # the base stands still
            odom_covariance=np.zeros((6, 6)),
            gravity_base=self._gravity_base,
            health=health,
        )

    def _T_base_ee(self, stamp_ns: int) -> np.ndarray:
        """Where the tool was, (4, 4)."""
        return self._kinematics.forward(self._states.joint_position(stamp_ns))

    def _view(self, frame: CameraFrame) -> CameraView | None:
        """A frame with its calibrated pose at the exposure; None, the trouble noted, if it is not the calibrated camera's."""
        camera = self.calibration.cameras[frame.sensor]
        if frame.rgb.shape[:2] != (camera.height, camera.width):
            got = f"{frame.rgb.shape[1]}×{frame.rgb.shape[0]}"
            self._trouble[frame.sensor] = f"pictures are {got}, the calibration says {camera.width}×{camera.height}"
            return None
        self._trouble.pop(frame.sensor, None)
        T_base_camera = camera.T_base_sensor(self._T_base_ee(frame.stamp_ns))
        return CameraView(rgb=frame.rgb, depth=frame.depth, K=camera.K, T_base_camera=T_base_camera)

    def _sweep(self, scan: LidarScan) -> PointCloud:
        """A sweep in base."""
        T_base_lidar = self.calibration.lidars[scan.sensor].T_base_sensor(self._T_base_ee(scan.stamp_ns))
        return from_points(apply(T_base_lidar, scan.points_lidar), None, self.sensors.index(scan.sensor), self.sensors)

    def _new_points(self, views: dict[str, CameraView], sweeps: dict[str, PointCloud]) -> PointCloud:
        """The points of fresh frames and sweeps inside the region of interest."""
        clouds = [
            from_depth(view.rgb, view.depth, view.K, view.T_base_camera, self.sensors.index(name), self.sensors)
            for name, view in views.items()
            if view.depth is not None and view.K is not None and view.T_base_camera is not None
        ]
        cloud = join([*clouds, *sweeps.values()], self.sensors)
        lower, upper = self._region
        return cloud.where(np.all((cloud.points_base >= lower) & (cloud.points_base <= upper), axis=1))

    def _is_robot(self, cloud: PointCloud, stamp_ns: int) -> np.ndarray:
        """Which points (N,) lie in the robot's own body, or in what it holds."""
        joint_position, newest = self._states.joint_position(stamp_ns), self._states.newest()
        margin = self._config.robot_margin
        return self._shapes.robot_mask(joint_position, cloud.points_base, margin, newest.attached, newest.gripper_width)

    def _forget_held(self, stamp_ns: int) -> None:
        """What the gripper holds moves with it: what is remembered there is no longer there."""
        attached = self._states.newest().attached
        if attached is not None and len(self._map.cloud):
            held_base = attached.moved(self._T_base_ee(stamp_ns))
            self._map.forget(held_base.contains(self._map.cloud.points_base, margin=self._config.robot_margin))

    def _outside_robot(self, cloud: PointCloud, keys: np.ndarray) -> tuple[PointCloud, np.ndarray]:
        """The cloud and its keys without the robot's own body."""
        keep = ~self._is_robot(cloud, self._states.newest().stamp_ns)
        return cloud.where(keep), keys[keep]

    def _imu_window(self, samples: list[ImuSample], now_ns: int) -> ImuWindow:
        """The samples of this call, half a second of them at most; gravity follows their mean slowly."""
        kept = [sample for sample in samples if sample.stamp_ns > now_ns - IMU_WINDOW_S * 1e9]
        if kept:
            T_base_imu = self.calibration.imus[kept[-1].sensor].T_base_sensor(self._T_base_ee(kept[-1].stamp_ns))
            mean_force_imu = np.mean([sample.specific_force_imu for sample in kept], axis=0)
            share = 1 - np.exp(-(len(kept) / self._imu_rate_hz(kept)) / self._config.gravity_time_constant_s)
            self._gravity_base = self._gravity_base + share * (-T_base_imu[:3, :3] @ mean_force_imu - self._gravity_base)
        return ImuWindow(
            stamp_ns=np.array([sample.stamp_ns for sample in kept], dtype=np.int64),
            angular_velocity_imu=np.array([sample.angular_velocity_imu for sample in kept]).reshape(-1, 3),
            specific_force_imu=np.array([sample.specific_force_imu for sample in kept]).reshape(-1, 3),
        )

    def _imu_rate_hz(self, samples: list[ImuSample]) -> int:
        """How often the IMU of these samples speaks."""
        return self.calibration.imus[samples[-1].sensor].rate_hz

    def _health(self, name: str, now_ns: int) -> SensorHealth:
        """Whether a source is believed at this instant, and if not, why."""
        newest_ns = self._newest_ns.get(name)
        age_s = np.inf if newest_ns is None else (now_ns - newest_ns) * 1e-9
        if name in self._trouble:
            return SensorHealth(age_s=float(age_s), valid=False, reason=self._trouble[name])
        if newest_ns is None:
            return SensorHealth(age_s=float(age_s), valid=False, reason="nothing has come yet")
        mounted = {**self.calibration.cameras, **self.calibration.lidars, **self.calibration.imus}[name]
        limit_s = self._config.stale_after_periods / mounted.rate_hz + 0.1
        stale = age_s > limit_s
        return SensorHealth(age_s=float(age_s), valid=not stale, reason=f"silent for {age_s:.2f} s" if stale else "")
