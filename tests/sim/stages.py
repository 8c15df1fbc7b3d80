"""Scenes for tests: the shipped arm and chosen objects at chosen places."""

from importlib.resources import files

import numpy as np
import yaml

from robot.model import CapsuleConfig, RobotConfig, RobotModel, SimulatedBodyConfig
from robot.transforms import from_xyz_rpy
from sim.layout import ObjectConfig
from sim.objects import SceneObject
from sim.scene import Scene, SceneConfig
from sim.world import World


def panda() -> RobotModel:
    """The robot of configs/robot/panda.yaml."""
    fields = yaml.safe_load((files("configs") / "robot/panda.yaml").read_text())
    fields.pop("defaults")
    fields["capsules"] = [CapsuleConfig(**capsule) for capsule in fields["capsules"]]
    fields["simulated"] = SimulatedBodyConfig(**fields["simulated"])
    return RobotModel.from_config(RobotConfig(**fields))


def tabletop() -> SceneConfig:
    """The scene of configs/scene/tabletop.yaml."""
    fields = yaml.safe_load((files("configs") / "scene/tabletop.yaml").read_text())
    fields.pop("defaults")
    fields["always"] = [ObjectConfig(**each) for each in fields["always"]]
    return SceneConfig(**fields)


def scene_with(world: World, *objects: ObjectConfig, settle_s: float = 0.25) -> Scene:
    """The arm at home and exactly these objects."""
    return Scene.build(world, SceneConfig(objects=list(objects), settle_s=settle_s), panda(), seed=0)


def move(
    world: World, scene: Scene, thing: SceneObject, xyz: tuple[float, float, float], yaw: float = 0.0, steps: int = 60
) -> None:
    """Teleport an object to a point in base and let physics go on."""
    world.place(thing.body_id, scene.T_world_base @ from_xyz_rpy(list(xyz), [0.0, 0.0, yaw]))
    for _ in range(steps):
        world.step()


def smooth(start: np.ndarray, end: np.ndarray, share: float, duration_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Position and velocity on a quintic from start to end, at rest at both, `share` of the way in time."""
    along = 10 * share**3 - 15 * share**4 + 6 * share**5
    speed = (30 * share**2 - 60 * share**3 + 30 * share**4) / duration_s
    return start + along * (end - start), speed * (end - start)
