"""Stage: a simulated robot at its table, wired up as the loop wants it: sensors, fusion, motion, body, clock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from policies.rollout import Robot
from robot.body import LocalBody
from robot.collision import CollisionShapes
from robot.controller import Controller
from robot.errors import HandsightError, InvalidInput, one_of
from robot.kinematics import Kinematics
from robot.model import RobotConfig, RobotModel
from robot.motion import Motion, MotionConfig
from robot.safety import SafetyConfig, SafetyFilter
from sensors.agreement import AgreementConfig, refuse_disagreement
from sensors.calibration import Calibration, SensorsConfig
from sensors.calibration_file import calibration_of
from sensors.faults import FaultySource, refuse_unknown, scheduled, with_faults
from sensors.fusion import Fusion, FusionConfig
from sim.bullet import pybullet
from sim.cameras import Camera, SimulatedCamera, SpectatorCamera, look_at
from sim.driver import BulletDriver
from sim.imu import SimulatedImu
from sim.lidar import SimulatedLidar
from sim.noise import CameraNoise, ImuNoise, LidarNoise
from sim.opengl import OpenGlCamera, Twin
from sim.raycast import RaycastMirror
from sim.scene import Scene, SceneConfig
from sim.shading import Light
from sim.sweep import Sweep
from sim.world import SavedWorld, World

SPECTATOR_EYE_BASE = (-0.42, -1.30, 0.92)  # behind the robot's right shoulder: its left is the picture's left
SPECTATOR_TARGET_BASE = (0.33, 0.0, 0.24)


@dataclass
class StageConfig:
    """Everything that a simulated robot is built from; a program's config holds the same fields.

    `agreement` says how well the sensors must agree before the first motion; None = nobody looks.
    """

    robot: RobotConfig = field(default_factory=RobotConfig)
    sensors: SensorsConfig = field(default_factory=SensorsConfig)
    scene: SceneConfig = field(default_factory=SceneConfig)
    fusion: FusionConfig = field(default_factory=FusionConfig)
    motion: MotionConfig = field(default_factory=MotionConfig)
    safety: SafetyConfig = field(default_factory=SafetyConfig)
    agreement: AgreementConfig | None = field(default_factory=AgreementConfig)
    seed: int = 0
    view: str = "none"


SCHEMAS: dict[str, type] = {
    "robot/panda": RobotConfig,
    "robot/xarm6": RobotConfig,
    "sensors/tabletop": SensorsConfig,
    "scene/tabletop": SceneConfig,
    "scene/household": SceneConfig,
}


class Stage:
    """One world with one robot in it.

    Attributes:
        world: physics, and the clock.
        scene: what stands on the table; for judges and pictures, never for policies.
        robot: what the loop needs; built anew by `rewind`.
        cameras: as they are before any fault, by name; for facts and scores, never for policies.
        spectator: nobody's sensor, for pictures and videos.
    """

    def __init__(self, config: StageConfig) -> None:
        """Build the world, set the scene, place the sensors, arm the body; see, before it moves, whether the sensors agree.

        Raises:
            InvalidInput: an unknown renderer, a calibration file that can't be believed or that no simulated camera can follow.
            SensorsDisagree: the sensors are not where the calibration says.
        """
        self._config = config
        self.model = RobotModel.from_config(config.robot)
        self.kinematics = Kinematics(self.model)
        self.shapes = CollisionShapes(self.model, self.kinematics)
        self.world = World(config.view)
        try:
            self._twin = _twin_of(config.sensors.renderer)
            self.reset(config.seed)
            self._refuse_disagreement()
        except HandsightError:
            self.world.close()
            raise

    def reset(
        self, seed: int, config: StageConfig | None = None, light: Light | None = None, placed: SensorsConfig | None = None
    ) -> None:
        """Set the scene of this seed in the same world, as if the stage were new; what was saved before is gone.

        Whether the sensors agree is asked of a new stage only.

        Args:
            seed: of scene, noise and faults.
            config: from now on, for the same robot; None = as before.
            light: that falls on the scene.
            placed: where the sensors truly are, if not where the config, and so fusion, believes them.
        """
        config = self._config = config or self._config
        self._calibration = Calibration.from_config(placed or config.sensors)
        self._believed = _of_pinholes(calibration_of(config.sensors))
        self.scene = Scene.build(self.world, config.scene, self.model, seed)
        self._driver = BulletDriver(self.world, self.scene.robot_body, self.model)
        self._mirror = RaycastMirror(self.world.client, light)
        self.cameras: dict[str, Camera] = {}
        self._sources = self._place_sensors()
        self.robot = self._robot()
        self.spectator = self._spectator()

    def save(self) -> SavedWorld:
        """This moment, to come back to."""
        return self.world.save()

    def rewind(self, saved: SavedWorld) -> None:
        """Come back to a moment; what the senses remember and what the body was doing then are forgotten."""
        self.world.restore(saved)
        self.robot = self._robot()

    def close(self) -> None:
        """Brake and let the world go."""
        self.robot.body.close()
        if self._twin is not None:
            self._twin.close()
        self.world.close()

    def _refuse_disagreement(self) -> None:
        """Look once with all sensors, as if nobody had."""
        if self._config.agreement is None:
            return
        parts = self.world.parts
        before = [part.save() for part in parts]
        packets = [packet for source in self._sources for packet in source.read()]
        for part, state in zip(parts, before, strict=True):
            part.restore(state)
        T_base_ee = self.kinematics.forward(self._driver.state().joint_position)
        refuse_disagreement(packets, self._believed, T_base_ee, self._config.agreement)

    def _robot(self) -> Robot:
        """Fresh senses, motion and body over the same driver and sensors."""
        config = self._config
        safety = SafetyFilter(self.model, self.kinematics, self.shapes, config.safety)
        controller = Controller(self.model, safety, self._driver, self.world, config.safety)
        return Robot(
            clock=self.world,
            sources=self._sources,
            fusion=Fusion(self._believed, self.kinematics, self.shapes, config.fusion),
            motion=Motion(self.model, self.kinematics, self.shapes, config.motion),
            body=LocalBody(controller, self.world, simulated_time=True),
            protective=config.sensors.protective,
            watched=self._calibration.names,
        )

    def _place_sensors(self) -> list[Any]:
        """Every sensor that the config names, where the calibration says it is."""
        world, sensors = self.world, self._config.sensors
        placed: list[Any] = [self._camera(name) for name in sensors.cameras] + [self._lidar(name) for name in sensors.lidars]
        world.parts.extend(placed)  # the IMUs join by themselves
        placed += [self._imu(name) for name in sensors.imus]
        names, cameras, random = self._calibration.names, self._calibration.cameras, world.random("faults")
        faults = [*sensors.faults, *scheduled(sensors.fault_schedule, names, world.random("fault schedule"))]
        refuse_unknown(faults, names)
        faulty = [with_faults(faults, *each, world, cameras, random) for each in zip(names, placed, strict=True)]
        world.parts.extend(source for source in faulty if isinstance(source, FaultySource))
        return faulty

    def _mount(self, name: str) -> Callable[[], np.ndarray]:
        """What says where the frame is in world that a sensor is mounted to."""
        return {"base": self._T_world_base, "ee": self._T_world_ee}[name]

    def _camera(self, name: str) -> Camera:
        """A camera in its place."""
        config, mounted = self._config.sensors.cameras[name], self._calibration.cameras[name]
        noise = CameraNoise(config, self.world.random(f"noise/{name}")) if config.noise else None
        mount = self._mount(config.mount)
        if self._twin is not None:
            self.cameras[name] = OpenGlCamera(self._twin, self._mirror, self.world, name, mounted, mount, config, noise=noise)
        else:
            self.cameras[name] = SimulatedCamera(self._mirror, self.world, name, mounted, mount, config, noise=noise)
        return self.cameras[name]

    def _lidar(self, name: str) -> SimulatedLidar:
        """A LiDAR in its place."""
        config, mounted = self._config.sensors.lidars[name], self._calibration.lidars[name]
        noise = LidarNoise(config, self.world.random(f"noise/{name}")) if config.noise else None
        mount = self._mount(config.mount)
        sweep = Sweep(self.world, self._mirror, mount, config.rate_hz, config.instants) if config.instants > 1 else None
        return SimulatedLidar(self._mirror, self.world, name, mounted, mount, config, noise, sweep)

    def _imu(self, name: str) -> SimulatedImu:
        """An IMU on the tool's link."""
        body, client = self.scene.robot_body, self.world.client
        links = [
            pybullet.getJointInfo(body, i, physicsClientId=client)[12].decode()
            for i in range(pybullet.getNumJoints(body, physicsClientId=client))
        ]
        T_link_imu = self.model.T_tool_link_ee @ self._calibration.imus[name].T_mount_sensor
        config = self._config.sensors.imus[name]
        noise = ImuNoise(config, self.world.random(f"noise/{name}")) if config.noise else None
        return SimulatedImu(self.world, body, links.index(self.model.tool_link), T_link_imu, name, noise)

    def _T_world_base(self) -> np.ndarray:
        """Where the base stands."""
        return self.scene.T_world_base

    def _T_world_ee(self) -> np.ndarray:
        """Where the tool is now."""
        return self.scene.T_world_base @ self.kinematics.forward(self._driver.state().joint_position)

    def _spectator(self) -> SpectatorCamera:
        """A camera over the robot's shoulder."""
        lift = self.scene.T_world_base[:3, 3]
        eye, target = np.add(SPECTATOR_EYE_BASE, lift), np.add(SPECTATOR_TARGET_BASE, lift)
        T_world_camera = look_at(eye.tolist(), target.tolist())
        return SpectatorCamera(self._mirror, T_world_camera, vertical_fov=0.62, samples=3)


def _of_pinholes(calibration: Calibration) -> Calibration:
    """The calibration, if no camera has a lens: pictures would be undistorted that never were distorted."""
    for name, camera in calibration.cameras.items():
        if camera.distortion.any():
            raise InvalidInput(
                f"calibration: {name} has the distortion {camera.distortion.tolist()} there, and a simulated camera is a "
                "pinhole: expected five zeros"
            )
    return calibration


def _twin_of(renderer: str) -> Twin | None:
    """Who draws for the cameras, if they do not look into the ray-cast mirror."""
    match renderer:
        case "raycast":
            return None
        case "opengl":
            return Twin()
    raise one_of("sensors.renderer", renderer, ("raycast", "opengl"))
