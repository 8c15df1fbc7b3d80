"""ObservationSpace: packets and robot state as the fixed-size arrays that Gymnasium wants, each with a validity flag.

For every camera `<name>_rgb (H, W, 3) uint8` and `<name>_depth (H, W) float32` m along optical z; for every LiDAR
`<name> (N, 4)`: point in the sensor's frame m and intensity; for every IMU `<name> (S, 6)`: angular velocity rad/s and
specific force m/s² in its own axes; `state`: joint positions rad and velocities rad/s, gripper width m, tool position m
and quat_xyzw in base; `instruction`; if asked for, `cloud (N, 6)`: fused points in base m and their colours in [0, 1].
What is shorter than its array is padded with zeros. `<name>_valid` is 1, or 0 where nothing believable came: then all
is 0. A pixel without a return has depth 0.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from gymnasium import spaces

from robot.kinematics import Kinematics
from robot.model import RobotModel
from robot.state import RobotState
from robot.transforms import to_quat_xyzw
from sensors.calibration import SensorsConfig
from sensors.observation import Observation
from sensors.packets import CameraFrame, ImuSample, LidarScan, Packet
from sim.sentences import Sentence

GYRO_RANGE = 35.0  # rad/s and m/s²: 2000 °/s and 16 g, the widest ranges of small IMUs (Bosch BMI088 and its like)
FORCE_RANGE = 157.0
_STALE_PERIODS = 2.0


class ObservationSpace:
    """The space of one robot with its sensors, and how packets become one element of it.

    Attributes:
        space: the Gymnasium space.
    """

    def __init__(
        self, model: RobotModel, kinematics: Kinematics, sensors: SensorsConfig, period_s: float, cloud_size: int = 0
    ) -> None:
        """For these sensors, observed once per period; with a fused cloud of so many points if any."""
        self._model, self._kinematics, self._sensors, self._cloud_size = model, kinematics, sensors, cloud_size
        self._period_s = period_s
        self._newest: dict[str, Packet] = {}
        self._least_state, self._greatest_state = self._state_bounds()
        self.space = spaces.Dict(dict(self._named_spaces()))

    def reset(self) -> None:
        """Forget what the sensors said."""
        self._newest = {}

    def element(
        self, packets: Iterable[Packet], state: RobotState, instruction: str, observation: Observation | None = None
    ) -> dict[str, Any]:
        """The packets since the last call and the robot's state as an element of the space.

        With a fused observation its health decides what is valid, else the age of each sensor's newest packet.
        """
        packets = list(packets)
        self._newest.update({packet.sensor: packet for packet in packets})
        samples = [packet for packet in packets if isinstance(packet, ImuSample)]
        element: dict[str, Any] = {"instruction": Sentence.fit(instruction), "instruction_valid": np.int64(bool(instruction))}
        element |= {"state": self._state(state), "state_valid": np.int64(1)}
        for name in self._sensors.cameras:
            element |= self._camera(name, self._believed(name, state.stamp_ns, observation))
        for name in self._sensors.lidars:
            element |= self._lidar(name, self._believed(name, state.stamp_ns, observation))
        for name in self._sensors.imus:
            believed = self._believed(name, state.stamp_ns, observation) is not None
            element |= self._imu(name, [each for each in samples if each.sensor == name] if believed else [])
        if self._cloud_size:
            element |= self._cloud(observation)
        return element

    def _named_spaces(self) -> Iterable[tuple[str, spaces.Space[Any]]]:
        """Every entry of the Dict."""
        for name, camera in self._sensors.cameras.items():
            shape = (camera.height, camera.width)
            yield f"{name}_rgb", spaces.Box(0, 255, (*shape, 3), np.uint8)
            yield f"{name}_depth", spaces.Box(0.0, camera.far, shape, np.float32)
            yield f"{name}_valid", spaces.Discrete(2)
        for name, lidar in self._sensors.lidars.items():
            yield name, spaces.Box(-2 * lidar.far, 2 * lidar.far, self._lidar_shape(name), np.float32)
            yield f"{name}_valid", spaces.Discrete(2)
        for name in self._sensors.imus:
            most = np.tile(np.repeat([GYRO_RANGE, FORCE_RANGE], 3), (self._num_samples(name), 1)).astype(np.float32)
            yield name, spaces.Box(-most, most, dtype=np.float32)
            yield f"{name}_valid", spaces.Discrete(2)
        if self._cloud_size:
            yield "cloud", spaces.Box(-100.0, 100.0, (self._cloud_size, 6), np.float32)
            yield "cloud_valid", spaces.Discrete(2)
        yield "state", spaces.Box(self._least_state, self._greatest_state, dtype=np.float32)
        yield "state_valid", spaces.Discrete(2)
        yield "instruction", Sentence()
        yield "instruction_valid", spaces.Discrete(2)

    def _state_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """The least and greatest state; what physics measures beyond is brought inside."""
        model = self._model
        tool = np.array([10.0] * 3 + [1.0] * 4)
        lower = np.concatenate([model.position_lower - 0.1, -2 * model.velocity, [-0.01], -tool])
        upper = np.concatenate([model.position_upper + 0.1, 2 * model.velocity, [model.gripper_width_max + 0.01], tool])
        return lower.astype(np.float32), upper.astype(np.float32)

    def _state(self, state: RobotState) -> np.ndarray:
        """Joint positions, velocities, gripper width and tool pose, float32."""
        T_base_ee = self._kinematics.forward(state.joint_position)
        quat_xyzw = to_quat_xyzw(T_base_ee)
        quat_xyzw *= np.where(quat_xyzw[3] < 0, -1.0, 1.0)
        parts = [state.joint_position, state.joint_velocity, [state.gripper_width], T_base_ee[:3, 3], quat_xyzw]
        return np.clip(np.concatenate(parts).astype(np.float32), self._least_state, self._greatest_state)

    def _believed(self, name: str, now_ns: int, observation: Observation | None) -> Packet | None:
        """The newest packet of a sensor, or None if there is none to believe."""
        packet = self._newest.get(name)
        if packet is None or (observation is not None and not observation.health[name].valid):
            return None
        mounted: Mapping[str, Any] = {**self._sensors.cameras, **self._sensors.lidars, **self._sensors.imus}
        oldest_s = _STALE_PERIODS / mounted[name].rate_hz + self._period_s
        return packet if now_ns - packet.stamp_ns <= oldest_s * 1e9 else None

    def _camera(self, name: str, frame: Packet | None) -> dict[str, Any]:
        """A camera's entries."""
        camera = self._sensors.cameras[name]
        rgb, depth = np.zeros((camera.height, camera.width, 3), np.uint8), np.zeros((camera.height, camera.width), np.float32)
        valid = isinstance(frame, CameraFrame) and frame.rgb.shape == rgb.shape
        if isinstance(frame, CameraFrame) and valid:
            rgb = np.array(frame.rgb)
            if frame.depth is not None:
                depth = np.clip(np.nan_to_num(frame.depth, nan=0.0), 0.0, np.float32(camera.far))
        return {f"{name}_rgb": rgb, f"{name}_depth": depth, f"{name}_valid": np.int64(valid)}

    def _lidar_shape(self, name: str) -> tuple[int, int]:
        """As many rows as the sweep has beams."""
        lidar = self._sensors.lidars[name]
        return len(lidar.elevations) * lidar.columns, 4

    def _lidar(self, name: str, scan: Packet | None) -> dict[str, Any]:
        """A LiDAR's entries."""
        rows = np.zeros(self._lidar_shape(name), np.float32)
        if isinstance(scan, LidarScan):
            count = min(len(scan.points_lidar), len(rows))
            rows[:count, :3], rows[:count, 3] = scan.points_lidar[:count], scan.intensity[:count]
        return {name: rows, f"{name}_valid": np.int64(isinstance(scan, LidarScan))}

    def _num_samples(self, name: str) -> int:
        """How many samples an IMU makes in a period."""
        return max(1, round(self._sensors.imus[name].rate_hz * self._period_s))

    def _imu(self, name: str, samples: list[ImuSample]) -> dict[str, Any]:
        """An IMU's entries: the newest samples, as many as a period has."""
        rows = np.zeros((self._num_samples(name), 6), np.float32)
        kept = samples[-len(rows) :]
        for row, sample in zip(rows, kept, strict=False):
            row[:3] = np.clip(sample.angular_velocity_imu, -GYRO_RANGE, GYRO_RANGE)
            row[3:] = np.clip(sample.specific_force_imu, -FORCE_RANGE, FORCE_RANGE)
        return {name: rows, f"{name}_valid": np.int64(bool(kept))}

    def _cloud(self, observation: Observation | None) -> dict[str, Any]:
        """The fused cloud's entries: all of it, or points evenly spread over it where it is larger."""
        rows = np.zeros((self._cloud_size, 6), np.float32)
        count = 0 if observation is None else len(observation.cloud)
        if observation is not None and count:
            chosen = np.arange(count) if count <= len(rows) else np.linspace(0, count - 1, len(rows)).astype(int)
            rows[: len(chosen), :3] = observation.cloud.points_base[chosen]
            rows[: len(chosen), 3:] = observation.cloud.rgb[chosen] / np.float32(255)
        return {"cloud": rows, "cloud_valid": np.int64(count > 0)}
