"""What sensing can suffer: a faulty sensor, a camera that is not where it is believed to be, another light."""

from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from robot.transforms import from_xyz_rpy, transform
from sensors.calibration import CameraConfig, SensorsConfig
from sensors.faults import FaultConfig
from sim.perturbations.perturbation import Perturbation
from sim.shading import Light
from sim.stage import StageConfig


class Faulty(Perturbation):
    """A sensor with one of the faults of `sensors.faults`, from the beginning to the end."""

    def __init__(self, sensor: str, mode: str) -> None:
        """Which sensor, which fault."""
        self._fault = FaultConfig(sensor=sensor, mode=mode)

    def config(self, config: StageConfig, sentences: object, random: np.random.Generator) -> StageConfig:
        """With the fault."""
        return replace(config, sensors=replace(config.sensors, faults=[*config.sensors.faults, self._fault]))


class Displaced(Perturbation):
    """A camera that was moved by so much, in a drawn direction, and nobody has told fusion."""

    def __init__(self, camera: str, offset: float = 0.0, turn: float = 0.0) -> None:
        """Which camera; by how many m, by how many rad."""
        self._camera, self._offset, self._turn = camera, offset, turn

    def placed(self, sensors: SensorsConfig, random: np.random.Generator) -> SensorsConfig:
        """With the camera elsewhere."""
        way, axis = random.standard_normal((2, 3))
        rotation = Rotation.from_rotvec(self._turn * axis / np.linalg.norm(axis)).as_matrix()
        T_old_new = transform(self._offset * way / np.linalg.norm(way), rotation)
        moved = _moved(sensors.cameras[self._camera], T_old_new)
        return replace(sensors, cameras={**sensors.cameras, self._camera: moved})


class Lit(Perturbation):
    """Another light than the usual."""

    def __init__(self, light: Light, exposure: float = 1.0) -> None:
        """Which; and how much of a full exposure the cameras get of it."""
        self._light, self._exposure = light, exposure

    def light(self) -> Light:
        """This one."""
        return self._light

    def config(self, config: StageConfig, sentences: object, random: np.random.Generator) -> StageConfig:
        """With pictures as noisy as so much light makes them."""
        cameras = {name: replace(each, exposure=self._exposure) for name, each in config.sensors.cameras.items()}
        return replace(config, sensors=replace(config.sensors, cameras=cameras))


def _moved(camera: CameraConfig, T_old_new: np.ndarray) -> CameraConfig:
    """A camera elsewhere on its mount."""
    T_mount_new = from_xyz_rpy(camera.xyz, camera.rpy) @ T_old_new
    rpy = Rotation.from_matrix(T_mount_new[:3, :3]).as_euler("xyz")
    return replace(camera, xyz=T_mount_new[:3, 3].tolist(), rpy=rpy.tolist())
