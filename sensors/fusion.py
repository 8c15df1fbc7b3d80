"""Fusion.observe(): the whole of sensing in ten sentences. Open this file first.

packets ─ Sequencer ─▶ newest of each sensor ─ eyes: judged, quieted, robot removed ─▶ points in base ─▶ VoxelMap ─▶ Observation
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from robot.collision import CollisionShapes
from robot.errors import InvalidInput
from robot.kinematics import Kinematics
from robot.state import RobotState
from robot.transforms import apply, invert
from sensors.calibration import Calibration
from sensors.camera_eye import CameraEye, Look
from sensors.deskew import turned_by_gyro
from sensors.health import HealthConfig
from sensors.imu_eye import ImuEye
from sensors.inertia import Passage
from sensors.lidar_eye import LidarEye, Turn
from sensors.observation import CameraView, ImuWindow, Observation
from sensors.odometry import Odometry, OdometryConfig
from sensors.packets import CameraFrame, ImuSample, LidarScan, Packet
from sensors.pointcloud import PointCloud, from_points, project
from sensors.self_filter import SelfFilter
from sensors.sequencer import Sequencer
from sensors.state_history import StateHistory
from sensors.voxel_grid import Surface, VoxelGrid
from sensors.voxel_map import VoxelMap

IMU_WINDOW_S = 0.5
SWEEP_PARTS = 5  # a sweep's points are freed of the robot as it stood in each fifth of it
STILL = 0.01  # rad: a robot whose joints moved less within a sweep stood still in it


@dataclass
class FusionConfig:
    """How the streams are fused; m and s throughout.

    `depth_jump` (1/m, times z²) and `range_jump` say from which change on a pixel or beam sees another surface;
    `range_noise` is σ of a single LiDAR return.
    """

    voxel_size: float = 0.006
    seen_through: float = 0.012
    robot_margin: float = 0.015
    region_lower: list[float] = field(default_factory=lambda: [-0.2, -0.8, -0.05])
    region_upper: list[float] = field(default_factory=lambda: [1.0, 0.8, 1.0])
    depth_jump: float = 0.01
    range_jump: float = 0.05
    range_noise: float = 0.01
    health: HealthConfig = field(default_factory=HealthConfig)
    odometry: OdometryConfig = field(default_factory=OdometryConfig)


class Fusion:
    """Turns the packets of one set-up into Observations; one per robot, fed from one thread."""

    def __init__(self, calibration: Calibration, kinematics: Kinematics, shapes: CollisionShapes, config: FusionConfig) -> None:
        """Begin with nothing seen."""
        self.calibration, self._kinematics, self._config = calibration, kinematics, config
        self.sensors = calibration.names
        self._sequencer = Sequencer(
            dict.fromkeys(calibration.cameras, CameraFrame)
            | dict.fromkeys(calibration.lidars, LidarScan)
            | dict.fromkeys(calibration.imus, ImuSample)
            | {RobotState.sensor: RobotState}
        )
        self._states = StateHistory()
        self._self = SelfFilter(shapes, config.robot_margin)
        grid = VoxelGrid(np.array(config.region_lower), np.array(config.region_upper), config.voxel_size)
        self._map = VoxelMap(grid, config.seen_through, config.range_jump, self.sensors)
        health, odometry = config.health, Odometry(config.odometry)
        model = kinematics.model
        self._cameras = {name: CameraEye(each, model, config.depth_jump, health) for name, each in calibration.cameras.items()}
        self._lidars = {name: LidarEye(each, config.range_jump, health) for name, each in calibration.lidars.items()}
        self._imus = {name: ImuEye(each, odometry, health) for name, each in calibration.imus.items()}
        self._odometry = odometry
        self._views: dict[str, CameraView] = {}
        self._sweeps: dict[str, PointCloud] = {}
        self._newest_ns: dict[str, int] = {}

    @property
    def dropped(self) -> dict[str, dict[str, int]]:
        """How many packets were refused, by sensor and reason."""
        return {sensor: dict(counts) for sensor, counts in self._sequencer.dropped.items()}

    def observe(self, packets: Iterable[Packet], state: RobotState, now_ns: int) -> Observation:
        """All that is known of the world at `now_ns`, from the packets since the last call and the robot's own state.

        Raises:
            InvalidInput: a packet of a sensor that the calibration lacks, of another kind than that sensor sends, or a
                state of another robot; what was known before stays as it was.
        """
        packets = list(packets)
        self._refuse_other_robots(packets, state)
        ordered = self._sequencer.order(packets, now_ns)  # late, double and future packets end here
        recorded = [packet for packet in ordered if isinstance(packet, RobotState)]  # a replay says where its robot was
        for each in recorded or [state]:
            self._states.add(each)
        fresh = {packet.sensor: packet for packet in ordered}  # the newest of each sensor
        imu = self._feel(ordered, now_ns)
        looks = self._look(fresh, now_ns)  # None of those that are not believed
        turns = self._turn(fresh, ordered, now_ns)
        for name in self.sensors:
            if name not in fresh:
                self._eye(name).watch.miss(now_ns)
        self._forget_what_went(looks, turns, now_ns)
        for surface in (self._seen(looks), self._felt_by_beams(turns, looks)):
            self._map.add(surface)  # and remember the rest
        self._newest_ns.update({name: packet.stamp_ns for name, packet in fresh.items()})
        return self._observation(state, now_ns, imu)

    def _observation(self, state: RobotState, now_ns: int, imu: ImuWindow) -> Observation:
        """What the fused state says at this instant."""
        return Observation(
            stamp_ns=now_ns,
            state=state,
            cameras=dict(self._views),
            lidar=dict(self._sweeps),
            imu=imu,
            cloud=self._map.cloud(~self._is_robot(now_ns)(self._map.points_base)),
            T_odom_base=self._odometry.T_odom_base,
            odom_covariance=self._odometry.covariance,
            gravity_base=self._odometry.gravity_base,
            contact=self._odometry.contact,
            health={name: self._eye(name).watch.health(now_ns) for name in self.sensors},
        )

    def _look(self, fresh: dict[str, Packet], now_ns: int) -> dict[str, Look]:
        """What the cameras' believed fresh frames say."""
        looks = {}
        for name, frame in fresh.items():
            if isinstance(frame, CameraFrame):
                T_base_camera = self._T_base_sensor(name)(frame.stamp_ns)
                motion, is_robot = self._joint_motion(frame), self._is_robot(frame.stamp_ns)
                look = self._cameras[name].look(
                    frame, T_base_camera, motion, self._states.gripper_width(frame.stamp_ns), is_robot, self._map, now_ns
                )
                if look is not None:
                    looks[name], self._views[name] = look, look.view
        return looks

    def _turn(self, fresh: dict[str, Packet], ordered: list[Packet], now_ns: int) -> dict[str, Turn]:
        """What the LiDARs' believed fresh sweeps say."""
        turns = {}
        for name, scan in fresh.items():
            if isinstance(scan, LidarScan):
                turn = self._lidars[name].look(scan, self._T_base_lidar(scan, ordered), self._joint_motion(scan), now_ns)
                if turn is not None:
                    turns[name] = turn
                    self._sweeps[name] = from_points(turn.points_base, None, self.sensors.index(name), self.sensors)
        return turns

    def _feel(self, ordered: list[Packet], now_ns: int) -> ImuWindow:
        """The first IMU's believed new samples, half a second of them at most; odometry takes them in."""
        kept: list[ImuSample] = []
        for name, eye in self._imus.items():
            samples = [packet for packet in ordered if isinstance(packet, ImuSample) and packet.sensor == name]
            if samples:
                end_ns = samples[-1].stamp_ns
                before_ns = self._newest_ns.get(name, end_ns)
                believed = eye.feel(samples, self._passage(name, before_ns, end_ns), now_ns)
                kept = kept or [sample for sample in believed if sample.stamp_ns > now_ns - IMU_WINDOW_S * 1e9]
        return ImuWindow(
            stamp_ns=np.array([sample.stamp_ns for sample in kept], dtype=np.int64),
            angular_velocity_imu=np.array([sample.angular_velocity_imu for sample in kept]).reshape(-1, 3),
            specific_force_imu=np.array([sample.specific_force_imu for sample in kept]).reshape(-1, 3),
        )

    def _forget_what_went(self, looks: dict[str, Look], turns: dict[str, Turn], now_ns: int) -> None:
        """Forget what was looked through, and what is remembered where something is held now: that moves."""
        gone = [look.looked_through for look in looks.values()]
        gone += [self._map.met_again(self._lidars[name].beams, turn.T_base_lidar) for name, turn in turns.items()]
        attached = self._states.newest().attached
        if attached is not None:
            held_base = attached.moved(self._T_base_ee(now_ns))
            gone.append(self._map.inside(held_base, margin=self._config.robot_margin))
        self._map.forget(np.concatenate([np.zeros(0, np.int64), *gone]))

    def _seen(self, looks: dict[str, Look]) -> Surface:
        """The surfaces that the cameras see."""
        numbers = [np.full(len(look.cell), self.sensors.index(name), np.uint8) for name, look in looks.items()]
        parts = list(looks.values())
        return self._map.grid.surface(
            np.concatenate([np.zeros(0, np.int32), *[each.cell for each in parts]]),
            np.concatenate([np.zeros((0, 3), np.float32), *[each.points_base for each in parts]]),
            np.concatenate([np.zeros((0, 3), np.uint8), *[each.rgb for each in parts]]),
            np.concatenate([np.zeros(0, np.uint8), *numbers]),
            np.concatenate([np.zeros(0, np.float32), *[each.weight for each in parts]]),
        )

    def _felt_by_beams(self, turns: dict[str, Turn], looks: dict[str, Look]) -> Surface:
        """The surfaces that the LiDARs meet, but for the robot and for what cameras see there, and see better."""
        points, cells, weights, sources = [np.zeros((0, 3), np.float32)], [np.zeros(0, np.int32)], [], []
        for name, turn in turns.items():
            cell = self._map.grid.cells(turn.points_base)
            keep = np.flatnonzero(cell >= 0)
            tolerance = 3 * self._config.range_noise / np.sqrt(turn.sweeps[keep]) + self._config.voxel_size
            keep = keep[~_seen_better(turn.points_base[keep], tolerance, looks)]
            keep = keep[~self._was_robot(turn.points_base[keep], turn.stamp_ns[keep])]
            points.append(turn.points_base[keep])
            cells.append(cell[keep])
            weights.append(turn.sweeps[keep])
            sources.append(np.full(len(keep), self.sensors.index(name), np.uint8))
        weight = np.concatenate([np.zeros(0, np.float32), *weights])
        source = np.concatenate([np.zeros(0, np.uint8), *sources])
        return self._map.grid.surface(np.concatenate(cells), np.concatenate(points), None, source, weight)

    def _was_robot(self, points_base: np.ndarray, stamp_ns: np.ndarray) -> np.ndarray:
        """Which points (N, 3) of a sweep were the robot's when they were measured, stamps (N,) rising."""
        if not len(points_base):
            return np.zeros(0, bool)
        ends = self._states.joint_position(int(stamp_ns[0])), self._states.joint_position(int(stamp_ns[-1]))
        parts = SWEEP_PARTS if np.abs(ends[1] - ends[0]).max() > STILL else 1
        pieces = np.array_split(np.arange(len(points_base)), parts)
        noise = 3 * self._config.range_noise
        masks = [self._is_robot(int(stamp_ns[piece].mean()), noise)(points_base[piece]) for piece in pieces if len(piece)]
        return np.concatenate(masks)

    def _is_robot(self, stamp_ns: int, noise: float = 0.0) -> Callable[[np.ndarray], np.ndarray]:
        """What says which points (N, 3) in base lie in the robot's body, or in what it holds, at an instant."""
        joint_position, newest = self._states.joint_position(stamp_ns), self._states.newest()
        return lambda points_base: self._self.mask(joint_position, points_base, newest, noise)

    def _joint_motion(self, packet: Packet) -> float:
        """How far any joint moved from the packet before this of the same sensor to this one, rad."""
        before_ns = self._newest_ns.get(packet.sensor, packet.stamp_ns)
        moved = self._states.joint_position(packet.stamp_ns) - self._states.joint_position(before_ns)
        return float(np.abs(moved).max())

    def _T_base_ee(self, stamp_ns: int) -> np.ndarray:
        """Where the tool was, (4, 4)."""
        return self._kinematics.forward(self._states.joint_position(stamp_ns))

    def _passage(self, name: str, before_ns: int, end_ns: int) -> Passage:
        """How the joints carried an IMU from one instant to another."""
        T_base_imu = self._T_base_sensor(name)
        return Passage(
            R_base_imu_before=T_base_imu(before_ns)[:3, :3],
            R_base_imu=T_base_imu(end_ns)[:3, :3],
            gained_base=self._velocity_base(name, end_ns) - self._velocity_base(name, before_ns),
            duration_s=(end_ns - before_ns) * 1e-9,
        )

    def _velocity_base(self, name: str, stamp_ns: int) -> np.ndarray:
        """How fast a sensor moved (3,) m/s at an instant."""
        mounted, joint_position = self.calibration.mounted(name), self._states.joint_position(stamp_ns)
        if mounted.mount == "base":
            return np.zeros(3)
        arm_base = self._T_base_ee(stamp_ns)[:3, :3] @ mounted.T_mount_sensor[:3, 3]
        twist = self._kinematics.jacobian(joint_position) @ self._states.joint_velocity(stamp_ns)
        return twist[:3] + np.cross(twist[3:], arm_base)

    def _T_base_sensor(self, name: str) -> Callable[[int], np.ndarray]:
        """What says where a sensor was (4, 4) at an instant."""
        mounted = self.calibration.mounted(name)
        if mounted.mount == "base":
            return lambda stamp_ns: mounted.T_mount_sensor
        return lambda stamp_ns: mounted.T_base_sensor(self._T_base_ee(stamp_ns))

    def _T_base_lidar(self, scan: LidarScan, ordered: list[Packet]) -> Callable[[int], np.ndarray]:
        """What says where a LiDAR was (4, 4) at an instant: by the joints, its turn by a believed IMU beside it on the arm."""
        T_base_lidar, lidar = self._T_base_sensor(scan.sensor), self.calibration.lidars[scan.sensor]
        for name, imu in self.calibration.imus.items():
            if lidar.mount == imu.mount != "base" and self._imus[name].watch.believed:
                samples = [packet for packet in ordered if isinstance(packet, ImuSample) and packet.sensor == name]
                T_imu_lidar = invert(imu.T_mount_sensor) @ lidar.T_mount_sensor
                return turned_by_gyro(T_base_lidar, samples, T_imu_lidar, scan.stamp_ns)
        return T_base_lidar

    def _eye(self, name: str) -> CameraEye | LidarEye | ImuEye:
        """What judges a sensor."""
        return {**self._cameras, **self._lidars, **self._imus}[name]

    def _refuse_other_robots(self, packets: list[Packet], state: RobotState) -> None:
        """Refuse a state that has not as many joints as the robot."""
        wanted = self._kinematics.model.num_joints
        for each in [state, *[packet for packet in packets if isinstance(packet, RobotState)]]:
            if len(each.joint_position) != wanted:
                raise InvalidInput(f"state.joint_position: expected {wanted} joints, got {len(each.joint_position)}")


def _seen_better(points_base: np.ndarray, tolerance: np.ndarray, looks: dict[str, Look]) -> np.ndarray:
    """Which LiDAR points (N, 3) are, within a tolerance (N,) m, what a camera sees there: its depth is the finer."""
    better = np.zeros(len(points_base), bool)
    for look in looks.values():
        if look.depth is None or look.view.K is None:
            continue
        u, v, z = project(apply(invert(look.T_base_camera), points_base), look.view.K)
        height, width = look.depth.shape
        seen = np.flatnonzero((z > 0) & (u >= 0) & (u < width) & (v >= 0) & (v < height))
        measured = look.depth[v[seen].astype(np.int32), u[seen].astype(np.int32)]
        better[seen] |= np.abs(measured - z[seen]) < tolerance[seen]
    return better
