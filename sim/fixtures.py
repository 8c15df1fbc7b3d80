"""Fixtures: what stands in a scene besides its objects: furniture with a sliding part, a tool, crumbs."""

from dataclasses import dataclass, field

import numpy as np

from robot.errors import one_of
from robot.transforms import from_xyz_rpy
from sim.bullet import pybullet
from sim.objects import ASSETS
from sim.world import World

CRUMBS = ("crumb_cube", "crumb_ball")
CRUMB_HEIGHT = 0.006  # m, of a crumb's middle above the table
ROLLING_FRICTION = 1e-4  # m: a crumb of bread does not roll off like a marble


@dataclass
class FixtureConfig:
    """One of them; its place in base, m and rad.

    Attributes:
        asset: a URDF in sim/assets/ without its ending; it stands on its z = 0.
        x: of its origin.
        y: of its origin.
        yaw: about z.
        fixed: whether it is screwed to the table.
        joint_friction: the force that it takes to move its sliding parts, N.
        opened: how far its sliding parts stand out, m.
    """

    asset: str = "cabinet"
    x: float = 0.0
    y: float = 0.0
    yaw: float = 0.0
    fixed: bool = True
    joint_friction: float = 0.0
    opened: float = 0.0


@dataclass
class CrumbsConfig:
    """Crumbs, cubes and balls by turns, at places drawn anew with each seed.

    Attributes:
        count: how many.
        lower: the corner (x, y) of the part of the table on which they lie, in base, m.
        upper: the opposite corner.
    """

    count: int = 0
    lower: list[float] = field(default_factory=lambda: [0.0, 0.0])
    upper: list[float] = field(default_factory=lambda: [0.0, 0.0])


def load_fixtures(world: World, fixtures: list[FixtureConfig], T_world_base: np.ndarray) -> dict[str, int]:
    """Load each in its place; name → PyBullet's number, numbered from the second of the same kind on.

    Raises:
        InvalidInput: an unknown asset.
    """
    bodies: dict[str, int] = {}
    for each in fixtures:
        path = ASSETS / f"{each.asset}.urdf"
        if not path.is_file():
            raise one_of("scene.fixtures: asset", each.asset, sorted(other.stem for other in ASSETS.glob("*.urdf")))
        T_base_fixture = from_xyz_rpy([each.x, each.y, 0.0 if each.fixed else 0.001], [0.0, 0.0, each.yaw])
        body = world.load(path, T_world_base @ T_base_fixture, fixed=each.fixed)
        _free_joints(world, body, each.joint_friction, each.opened)
        twins = sum(name.partition(" ")[0] == each.asset for name in bodies)
        bodies[each.asset + (f" {twins + 1}" if twins else "")] = body
    return bodies


def load_crumbs(world: World, crumbs: CrumbsConfig, T_world_base: np.ndarray) -> list[int]:
    """Strew the crumbs; PyBullet's numbers of them."""
    bodies = []
    places = world.random("crumbs").uniform(crumbs.lower, crumbs.upper, size=(crumbs.count, 2))
    for index, (x, y) in enumerate(places):
        T_base_crumb = from_xyz_rpy([float(x), float(y), CRUMB_HEIGHT + 0.002], [0.0, 0.0, float(index)])
        body = world.load(ASSETS / f"{CRUMBS[index % 2]}.urdf", T_world_base @ T_base_crumb)
        pybullet.changeDynamics(body, -1, rollingFriction=ROLLING_FRICTION, physicsClientId=world.client)
        bodies.append(body)
    return bodies


def _free_joints(world: World, body: int, friction: float, opened: float) -> None:
    """Let every joint go but for its friction, so far open: PyBullet brakes each with a motor unless told otherwise."""
    for joint in range(pybullet.getNumJoints(body, physicsClientId=world.client)):
        pybullet.resetJointState(body, joint, opened, physicsClientId=world.client)
        pybullet.setJointMotorControl2(body, joint, pybullet.VELOCITY_CONTROL, force=friction, physicsClientId=world.client)
