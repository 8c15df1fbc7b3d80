"""UncalibratedFusion: pictures and a state vector as an Observation, where nobody knows what the cameras' geometry is."""

from collections.abc import Iterable, Mapping

import numpy as np

from robot.state import RobotState
from sensors.health import SensorHealth
from sensors.observation import CameraView, ImuWindow, Observation
from sensors.packets import CameraFrame, Packet
from sensors.pointcloud import empty

NO_GEOMETRY = "its intrinsics and its pose are unknown, so its pictures are used and nothing is measured in them"


class UncalibratedFusion:
    """Stands where `Fusion` stands, for a foreign world or an imported log; what is not there is absent, not invented."""

    def __init__(self, cameras: Iterable[str], absent: Mapping[str, str]) -> None:
        """For these cameras; `absent` says of every other source why it does not exist."""
        self._cameras, self._absent = tuple(cameras), dict(absent)
        self._views: dict[str, CameraView] = {}
        self._newest_ns: dict[str, int] = {}
        self._state: RobotState | None = None

    def observe(self, packets: Iterable[Packet], state: RobotState, now_ns: int) -> Observation:
        """The newest picture of each camera and the newest state vector; the body's own state where there is none."""
        for packet in packets:
            if isinstance(packet, CameraFrame):
                self._views[packet.sensor] = CameraView(rgb=packet.rgb, depth=packet.depth, K=None, T_base_camera=None)
                self._newest_ns[packet.sensor] = packet.stamp_ns
            elif isinstance(packet, RobotState):
                self._state = packet
        nothing = np.zeros((0, 3))
        return Observation(
            stamp_ns=now_ns,
            state=state if self._state is None else self._state,
            cameras=dict(self._views),
            lidar={},
            imu=ImuWindow(stamp_ns=np.zeros(0, np.int64), angular_velocity_imu=nothing, specific_force_imu=nothing),
            cloud=empty(self._cameras),
            T_odom_base=np.eye(4),
            odom_covariance=np.zeros((6, 6)),
            gravity_base=np.zeros(3),
            health={name: self._health(name, now_ns) for name in self._cameras} | self._missing(),
        )

    def _health(self, name: str, now_ns: int) -> SensorHealth:
        """A camera that has spoken is believed; the reason says what is not known of it."""
        if name not in self._newest_ns:
            return SensorHealth(age_s=np.inf, valid=False, reason="nothing has come yet")
        return SensorHealth(age_s=(now_ns - self._newest_ns[name]) * 1e-9, valid=True, reason=NO_GEOMETRY)

    def _missing(self) -> dict[str, SensorHealth]:
        """Why each absent source is absent."""
        return {name: SensorHealth(age_s=np.inf, valid=False, reason=why) for name, why in self._absent.items()}
