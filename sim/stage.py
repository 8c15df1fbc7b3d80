"""Stage: a simulated robot at its table, wired up as the loop wants it: sensors, fusion, motion, body, clock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from policies.rollout import Robot
from robot.body import LocalBody
from robot.collision import CollisionShapes
from robot.controller import Controller
from robot.kinematics import Kinematics
from robot.model import RobotConfig, RobotModel
from robot.motion import Motion, MotionConfig
from robot.safety import SafetyConfig, SafetyFilter
from sensors.calibration import Calibration, SensorsConfig
from sensors.calibration_file import calibration_of
from sensors.faults import FaultySource, refuse_unknown, with_faults
from sensors.fusion import Fusion, FusionConfig
from sim.bullet import pybullet
from sim.cameras import SimulatedCamera, SpectatorCamera, look_at
from sim.driver import BulletDriver
from sim.imu import SimulatedImu
from sim.lidar import SimulatedLidar
from sim.noise import CameraNoise, ImuNoise, LidarNoise
from sim.raycast import RaycastMirror
from sim.scene import Scene, SceneConfig
from sim.sweep import Sweep
from sim.world import SavedWorld, World

SPECTATOR_EYE_BASE = (-0.42, -1.30, 0.92)  # behind the robot's right shoulder: its left is the picture's left
SPECTATOR_TARGET_BASE = (0.33, 0.0, 0.24)


@dataclass
class StageConfig:
    """Everything that a simulated robot is built from; a program's config holds the same fields."""

    robot: RobotConfig = field(default_factory=RobotConfig)
    sensors: SensorsConfig = field(default_factory=SensorsConfig)
    scene: SceneConfig = field(default_factory=SceneConfig)
    fusion: FusionConfig = field(default_factory=FusionConfig)
    motion: MotionConfig = field(default_factory=MotionConfig)
    safety: SafetyConfig = field(default_factory=SafetyConfig)
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
        spectator: nobody's sensor, for pictures and videos.
    """

    def __init__(self, config: StageConfig) -> None:
        """Build the world, set the scene, place the sensors, arm the body."""
        self._config = config
        self.model = RobotModel.from_config(config.robot)
        self.kinematics = Kinematics(self.model)
        self.shapes = CollisionShapes(self.model, self.kinematics)
        self._calibration = Calibration.from_config(config.sensors)
        self.world = World(config.view)
        self.reset(config.seed)

    def reset(self, seed: int) -> None:
        """Set the scene of this seed in the same world, as if the stage were new; what was saved before is gone."""
        config = self._config
        self.scene = Scene.build(self.world, config.scene, self.model, seed)
        self._driver = BulletDriver(self.world, self.scene.robot_body, self.model)
        self._mirror = RaycastMirror(self.world.client)
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
        self.world.close()

    def _robot(self) -> Robot:
        """Fresh senses, motion and body over the same driver and sensors."""
        config = self._config
        safety = SafetyFilter(self.model, self.kinematics, self.shapes, config.safety)
        controller = Controller(self.model, safety, self._driver, self.world, config.safety)
        return Robot(
            clock=self.world,
            sources=self._sources,
            fusion=Fusion(calibration_of(config.sensors), self.kinematics, self.shapes, config.fusion),
            motion=Motion(self.model, self.kinematics, self.shapes, config.motion),
            body=LocalBody(controller, self.world, simulated_time=True),
            protective=config.sensors.protective,
        )

    def _place_sensors(self) -> list[Any]:
        """Every sensor that the config names, where the calibration says it is."""
        world, sensors = self.world, self._config.sensors
        placed: list[Any] = [self._camera(name) for name in sensors.cameras] + [self._lidar(name) for name in sensors.lidars]
        world.parts.extend(placed)  # the IMUs join by themselves
        placed += [self._imu(name) for name in sensors.imus]
        names, cameras, random = self._calibration.names, self._calibration.cameras, world.random("faults")
        faulty = [with_faults(sensors.faults, *each, world, cameras, random) for each in zip(names, placed, strict=True)]
        refuse_unknown(sensors.faults, names)
        world.parts.extend(source for source in faulty if isinstance(source, FaultySource))
        return faulty

    def _mount(self, name: str) -> Callable[[], np.ndarray]:
        """What says where the frame is in world that a sensor is mounted to."""
        return {"base": self._T_world_base, "ee": self._T_world_ee}[name]

    def _camera(self, name: str) -> SimulatedCamera:
        """A camera in its place."""
        config, mounted = self._config.sensors.cameras[name], self._calibration.cameras[name]
        noise = CameraNoise(config, self.world.random(f"noise/{name}")) if config.noise else None
        mount = self._mount(config.mount)
        return SimulatedCamera(self._mirror, self.world, name, mounted, mount, config, noise=noise)

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
