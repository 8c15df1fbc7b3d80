"""A table with things on it as fusion would show it, made without the simulator: 6 mm voxels of the surfaces that are seen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import pairwise

import numpy as np
import yaml

from policies.grounding.attribute_grounder import AttributeGrounder, AttributeGrounderConfig
from policies.grounding.grounder import Candidate
from policies.language.parser import RuleParser
from policies.language.program import Phrase, Pick, Place, Put
from robot.kinematics import Kinematics
from robot.model import CapsuleConfig, RobotConfig, RobotModel, SimulatedBodyConfig
from robot.obstacles import Box
from robot.state import RobotState
from robot.transforms import from_xyz_rpy
from sensors.health import SensorHealth
from sensors.observation import ImuWindow, Observation
from sensors.pointcloud import PointCloud, from_points, join, thin
from sim.scene_config import default_palette

PALETTE = default_palette()
SPACING = 0.002  # of surface samples, m: three across a voxel
FRONT, WRIST = (1.35, 0.0, 0.62), (0.39, 0.0, 0.57)  # where the two cameras of configs/sensors/tabletop.yaml look from
LIGHT = np.array([0.3, 0.5, 0.81])

# Outlines (radius, height) in m, from the foot up the outside and, of hollow things, down the inside to the floor's middle.
_ANGLES = np.linspace(-np.pi / 2, np.pi / 2, 13)
OUTLINES = {
    "can": [(0.025, 0.0), (0.025, 0.07), (0.0, 0.07)],
    "ball": [(0.0225 * np.cos(angle), 0.0225 * (1 + np.sin(angle))) for angle in _ANGLES],
    "bowl": [(0.035, 0.0), (0.050, 0.0085), (0.061, 0.023), (0.067, 0.037), (0.070, 0.050), (0.065, 0.050),
             (0.062, 0.037), (0.056, 0.0255), (0.046, 0.0125), (0.032, 0.005), (0.0, 0.005)],
    "plate": [(0.050, 0.0), (0.064, 0.003), (0.080, 0.012), (0.078, 0.016), (0.062, 0.008), (0.050, 0.005), (0.0, 0.005)],
    "mug": [(0.035, 0.0), (0.035, 0.086), (0.031, 0.086), (0.031, 0.007), (0.0, 0.007)],
}  # fmt: skip
BLOCK = 0.04  # a block's edge, m
HEIGHTS = {"block": BLOCK, **{kind: max(z for _, z in outline) for kind, outline in OUTLINES.items()}}


@dataclass(frozen=True, kw_only=True)
class Thing:
    """One thing on the table: kind, colour, where its middle is (x, y in base), what height it stands on, m, turn in rad."""

    kind: str
    colour: str
    xy: tuple[float, float]
    z: float = 0.0
    yaw: float = 0.0
    scale: float = 1.0

    @property
    def height(self) -> float:
        """How tall it is, m."""
        return self.scale * HEIGHTS[self.kind]


def block(colour: str, x: float, y: float, z: float = 0.0, yaw: float = 0.0, scale: float = 1.0) -> Thing:
    """A block; 4 cm at scale 1."""
    return Thing(kind="block", colour=colour, xy=(x, y), z=z, yaw=yaw, scale=scale)


def thing(kind: str, colour: str, x: float, y: float, scale: float = 1.0) -> Thing:
    """Anything else."""
    return Thing(kind=kind, colour=colour, xy=(x, y), scale=scale)


@cache
def robot() -> tuple[RobotModel, Kinematics]:
    """The Panda of configs/robot/panda.yaml."""
    fields = yaml.safe_load((files("configs") / "robot" / "panda.yaml").read_text())
    fields.pop("defaults")
    fields["capsules"] = [CapsuleConfig(**capsule) for capsule in fields["capsules"]]
    fields["simulated"] = SimulatedBodyConfig(**fields["simulated"])
    model = RobotModel.from_config(RobotConfig(**fields))
    return model, Kinematics(model)


def at_home(stamp_ns: int = 0, gripper_width: float = 0.04, attached: Box | None = None) -> RobotState:
    """The robot at rest in its home posture."""
    return standing(robot()[0].home, stamp_ns, gripper_width, attached)


def standing(q: np.ndarray, stamp_ns: int = 0, gripper_width: float = 0.04, attached: Box | None = None) -> RobotState:
    """The robot at rest with these joints (J,)."""
    zeros = np.zeros(len(q))
    return RobotState(
        stamp_ns=stamp_ns, joint_position=np.array(q), joint_velocity=zeros, joint_torque=zeros,
        gripper_width=gripper_width, attached=attached,
    )  # fmt: skip


def observe(
    *things: Thing,
    state: RobotState | None = None,
    eyes: Sequence[tuple[float, float, float]] = (FRONT, WRIST),
    brightness: float = 1.0,
    alive: bool = True,
) -> Observation:
    """What is known of a table with these things, seen from these points, the light so many times as bright."""
    state = at_home() if state is None else state
    return Observation(
        stamp_ns=state.stamp_ns,
        state=state,
        cameras={},
        lidar={},
        imu=ImuWindow(
            stamp_ns=np.zeros(0, np.int64), angular_velocity_imu=np.zeros((0, 3)), specific_force_imu=np.zeros((0, 3))
        ),
        cloud=cloud(things, tuple(eyes), brightness),
        T_odom_base=np.eye(4),
        odom_covariance=np.zeros((6, 6)),
        gravity_base=np.array([0.0, 0.0, -9.81]),
        health={"front": SensorHealth(age_s=0.0, valid=alive, reason="" if alive else "silent for 9.00 s")},
    )


def cloud(things: Sequence[Thing], eyes: tuple[tuple[float, float, float], ...], brightness: float) -> PointCloud:
    """The visible surfaces as fusion keeps them: one point a voxel; the table has none where a thing stands."""
    table = _table(brightness)
    uncovered = np.ones(len(table), bool)
    for each in things:
        reach = 0.5 * each.scale * BLOCK if each.kind == "block" else each.scale * OUTLINES[each.kind][0][0]
        far = np.linalg.norm(table.points_base[:, :2] - each.xy, axis=1) > reach
        uncovered &= far | (each.z > 0.01)
    surfaces = [_seen(each, [other for other in things if other is not each], eyes, brightness) for each in things]
    return thin(join([table.where(uncovered), *surfaces], ("front",)), 0.006)[0]


def _seen(each: Thing, others: Sequence[Thing], eyes: tuple[tuple[float, float, float], ...], brightness: float) -> PointCloud:
    """The points of a thing that face one of the eyes and that no block touches, lit from the side."""
    points, normals = _surface(each.kind)
    turn = np.array([[np.cos(each.yaw), -np.sin(each.yaw), 0], [np.sin(each.yaw), np.cos(each.yaw), 0], [0, 0, 1]])
    points, normals = each.scale * points @ turn.T + [*each.xy, each.z], normals @ turn.T
    facing = np.any([np.einsum("ij,ij->i", normals, np.subtract(eye, points)) > 0 for eye in eyes], axis=0)
    for other in others:
        if other.kind == "block":
            facing &= ~_solid(other).contains(points, margin=0.001)
    light = brightness * (0.55 + 0.45 * np.clip(normals @ LIGHT, 0, 1))
    rgb = np.clip(255 * light[:, None] * PALETTE[each.colour], 0, 255).astype(np.uint8)
    return from_points(points[facing], rgb[facing], 0, ("front",))


def _solid(each: Thing) -> Box:
    """What a block fills."""
    edge = each.scale * BLOCK
    return Box(pose=from_xyz_rpy([*each.xy, each.z + edge / 2], [0.0, 0.0, each.yaw]), size=np.full(3, edge))


@cache
def _table(brightness: float) -> PointCloud:
    """A wooden plane at z = 0 in front of the robot."""
    x, y = np.meshgrid(np.arange(0.1, 0.9, 0.006), np.arange(-0.5, 0.5, 0.006), indexing="ij")
    points = np.stack([x.ravel(), y.ravel(), np.zeros(x.size)], axis=1)
    colour = np.clip(255 * brightness * np.array([0.70, 0.55, 0.40]), 0, 255).astype(np.uint8)
    return from_points(points, np.tile(colour, (len(points), 1)), 0, ("front",))


@cache
def _surface(kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Points and outward normals (N, 3) of a thing's surface, its foot in the origin."""
    parts = _block_faces() if kind == "block" else [_band(*ends) for ends in pairwise(OUTLINES[kind])]
    points, normals = (np.concatenate(each) for each in zip(*parts, strict=True))
    return points, normals


def _block_faces() -> list[tuple[np.ndarray, np.ndarray]]:
    """The top and the four sides of a block."""
    side = np.linspace(-BLOCK / 2, BLOCK / 2, int(BLOCK / SPACING) + 1)
    u, v = (each.ravel() for each in np.meshgrid(side, side))
    flat = np.full(len(u), BLOCK / 2)
    faces = [np.stack(axes, axis=1) for axes in ((u, v, flat), (flat, u, v), (-flat, u, v), (u, flat, v), (u, -flat, v))]
    normals = np.array([[0, 0, 1], [1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0]], dtype=float)
    return [(face + np.array([0, 0, BLOCK / 2]), np.tile(n, (len(u), 1))) for face, n in zip(faces, normals, strict=True)]


def _band(low: tuple[float, float], high: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """One stretch of an outline turned about the vertical."""
    way = np.subtract(high, low)
    length = float(np.linalg.norm(way))
    stations = np.array(low) + np.linspace(0, 1, int(length / SPACING) + 2)[:, None] * way
    rings = []
    for radius, z in stations:
        angle = np.linspace(0, 2 * np.pi, max(1, int(2 * np.pi * radius / SPACING)), endpoint=False)
        spin = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        up = np.full(len(angle), -way[0] / length)
        rings.append((np.column_stack([radius * spin, np.full(len(angle), z)]), np.column_stack([spin * way[1] / length, up])))
    points, normals = (np.concatenate(each) for each in zip(*rings, strict=True))
    return points, normals


def grounder() -> AttributeGrounder:
    """The shipped grounder."""
    return AttributeGrounder(AttributeGrounderConfig())


def phrase(words: str) -> Phrase:
    """The phrase for a thing, as the parser reads it."""
    (step,) = RuleParser().parse(f"pick up {words}").steps
    assert isinstance(step, Pick)
    return step.thing


def place(words: str) -> Place:
    """The place that something is put to, as the parser reads it."""
    (step,) = RuleParser().parse(f"put the red block {words}").steps
    assert isinstance(step, Put)
    return step.place


def seen(words: str, observation: Observation) -> Candidate:
    """The one thing that fits these words."""
    (found,) = grounder().ground(phrase(words), observation)
    return found


def moved(each: Thing, x: float, y: float, z: float = 0.0) -> Thing:
    """The same thing elsewhere."""
    return replace(each, xy=(x, y), z=z)
