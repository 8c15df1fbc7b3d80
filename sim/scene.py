"""Scene: a table, an arm standing on it and objects lying in front of it, built from a SceneConfig."""

from pathlib import Path

import numpy as np
import pybullet_data

from robot.errors import InvalidInput, one_of
from robot.model import RobotModel
from robot.transforms import from_xyz_rpy, invert, transform
from sim.bullet import pybullet
from sim.fixtures import load_crumbs, load_fixtures
from sim.layout import arrange
from sim.motors import JointMotors
from sim.objects import ASSETS, KINDS, SCALES, SceneObject
from sim.scene_config import ObjectConfig, SceneConfig
from sim.world import World

TABLE_HEIGHT = 0.625  # pybullet_data/table/table.urdf: a board of 1.5 x 1 x 0.05 m centred 0.6 m above the floor
TABLE_AHEAD = 0.5  # the board's middle, in front of the robot's base: it ends 0.25 m behind the base


class Scene:
    """A built scene: what is where is always read from physics.

    Attributes:
        T_world_base: (4, 4) where the robot's base stands; world has its origin on the floor.
        robot_body: PyBullet's number of the robot.
        table_body: of the table.
        fixtures: name → PyBullet's number of what stands there besides the objects.
        crumbs: PyBullet's numbers of the crumbs.
        objects: what lies on the table, in the order it was drawn.
        config: what it was built from.
        model: the robot.
    """

    def __init__(
        self, world: World, config: SceneConfig, model: RobotModel, bodies: dict[str, int], objects: tuple[SceneObject, ...]
    ) -> None:
        """Hold what `Scene.build` made."""
        self._world = world
        self.config = config
        self.model = model
        self.T_world_base = T_WORLD_BASE
        self.robot_body = bodies["robot"]
        self.table_body = bodies["table"]
        self.objects = objects
        self.fixtures: dict[str, int] = {}
        self.crumbs: list[int] = []

    @staticmethod
    def build(world: World, config: SceneConfig, model: RobotModel, seed: int) -> "Scene":
        """Reset the world and set the scene: same config and seed, same scene, bit for bit.

        Raises:
            InvalidInput: an unknown kind, colour or size, or objects that do not fit into the region.
        """
        _check(config)
        world.reset(seed)
        bodies = _load_furniture(world, model)
        motors = JointMotors(world, bodies["robot"], model)
        motors.prepare()
        motors.teleport(model.home, model.gripper_width_max)
        fixtures = load_fixtures(world, config.fixtures, T_WORLD_BASE)
        crumbs = load_crumbs(world, config.crumbs, T_WORLD_BASE)
        objects = _load_objects(world, config, arrange(config, world.random("scene"), model.reach))
        for _ in range(round(config.settle_s * 240)):
            world.step()
        world.start_clock()
        scene = Scene(world, config, model, bodies, objects)
        scene.fixtures, scene.crumbs = fixtures, crumbs
        return scene

    def pose(self, thing: SceneObject) -> np.ndarray:
        """T_base_object (4, 4): the object's middle and axes in base, now."""
        return invert(self.T_world_base) @ self._world.pose(thing.body_id)

    def object(self, name: str) -> SceneObject:
        """The object of that name.

        Raises:
            InvalidInput: there is none.
        """
        for thing in self.objects:
            if thing.name == name:
                return thing
        raise one_of("object", name, [thing.name for thing in self.objects])


T_WORLD_BASE = transform([0.0, 0.0, TABLE_HEIGHT])
T_WORLD_BASE.flags.writeable = False


def _check(config: SceneConfig) -> None:
    """Refuse unknown kinds, colours and sizes before anything is loaded."""
    for kind in (*config.kinds, *(each.kind for each in (*config.always, *config.objects))):
        if kind not in KINDS:
            raise one_of("scene: kind", kind, KINDS)
    for each in (*config.always, *config.objects):
        if each.colour not in config.palette:
            raise one_of("scene: colour", each.colour, config.palette)
        if each.size not in SCALES:
            raise one_of("scene: size", each.size, SCALES)
    if not 0 <= config.num_objects_min <= config.num_objects_max:
        raise InvalidInput(f"scene.num_objects_min: expected 0 to {config.num_objects_max}, got {config.num_objects_min}")


def _load_furniture(world: World, model: RobotModel) -> dict[str, int]:
    """Floor, table and robot."""
    shipped = Path(pybullet_data.getDataPath())
    return {
        "floor": world.load(shipped / "plane.urdf", np.eye(4), fixed=True),
        "table": world.load(shipped / "table/table.urdf", transform([TABLE_AHEAD, 0.0, 0.0]), fixed=True),
        "robot": world.load(shipped / model.simulated.urdf, T_WORLD_BASE, fixed=True),
    }


def _load_objects(world: World, config: SceneConfig, wanted: list[ObjectConfig]) -> tuple[SceneObject, ...]:
    """Load each object just above the table, coloured, with the mass of its size."""
    objects: list[SceneObject] = []
    for each in wanted:
        kind, scale = KINDS[each.kind], SCALES[each.size]
        assert each.x is not None and each.y is not None and each.yaw is not None
        T_base_object = from_xyz_rpy([each.x, each.y, kind.half_height * scale + 0.002], [0.0, 0.0, each.yaw])
        body = world.load(ASSETS / kind.urdf, T_WORLD_BASE @ T_base_object, scale=scale)
        pybullet.changeDynamics(body, -1, mass=kind.mass * scale**3, physicsClientId=world.client)
        pybullet.changeVisualShape(body, -1, rgbaColor=[*config.palette[each.colour], 1.0], physicsClientId=world.client)
        twins = sum((twin.kind, twin.colour) == (each.kind, each.colour) for twin in objects)
        name = f"{each.colour} {each.kind}" + (f" {twins + 1}" if twins else "")
        objects.append(SceneObject(name=name, kind=each.kind, colour=each.colour, size=each.size, body_id=body))
    return tuple(objects)
