"""RobotModel: everything that is fixed about one robot: joints, limits, tool, gripper, collision shapes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Literal

import numpy as np

from robot.arrays import checked, freeze
from robot.errors import InvalidInput, one_of
from robot.transforms import checked_transform, from_xyz_rpy

_UNLIMITED = 1e9


@dataclass
class CapsuleConfig:
    """One collision shape: the points within `radius` m of the segment from `start` to `end`, both in the link's frame."""

    link: str = ""
    start: list[float] = field(default_factory=list)
    end: list[float] = field(default_factory=list)
    radius: float = 0.0
    tool: bool = False


@dataclass
class SimulatedBodyConfig:
    """What a simulator needs to know of a robot beyond its kinematics.

    Attributes:
        urdf: the file with shapes and masses: a path inside pybullet_data or an absolute one.
        finger_joints: one driven joint for each finger; all at the same position.
        finger_links: the links that carry the pads.
        followers: joint → the driven joint that it is geared to, one to one.
        travel_width: rising gripper widths, m.
        travel_joint: the finger joints' positions at those widths, rad or m.
        finger_effort: the most that a finger's motor gives, N·m or N; 0 = what the file says.
        gear_erp: which share of the fingers' difference their gear takes back at every step of the physics, 0 to 1.
    """

    urdf: str = ""
    finger_joints: list[str] = field(default_factory=list)
    finger_links: list[str] = field(default_factory=list)
    followers: dict[str, str] = field(default_factory=dict)
    travel_width: list[float] = field(default_factory=list)
    travel_joint: list[float] = field(default_factory=list)
    finger_effort: float = 0.0
    gear_erp: float = 0.1


@dataclass
class RobotConfig:
    """A robot as its YAML in configs/robot/ describes it; rad, m and s throughout. Sources stand in the YAML."""

    name: str = ""
    urdf: str = ""
    joint_names: list[str] = field(default_factory=list)
    position_lower: list[float] = field(default_factory=list)
    position_upper: list[float] = field(default_factory=list)
    velocity: list[float] = field(default_factory=list)
    acceleration: list[float] = field(default_factory=list)
    jerk: list[float] = field(default_factory=list)
    home: list[float] = field(default_factory=list)
    tool_link: str = ""
    tool_xyz: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    tool_rpy: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    tool_speed: float = 1.0
    gripper_width_max: float = 0.0
    gripper_speed: float = 0.1
    finger_length: float = 0.045
    finger_thickness: float = 0.02
    finger_width: float = 0.024
    hand_size: list[float] = field(default_factory=lambda: [0.07, 0.21, 0.12])
    reach: float = 1.0
    workspace_lower: list[float] = field(default_factory=list)
    workspace_upper: list[float] = field(default_factory=list)
    capsules: list[CapsuleConfig] = field(default_factory=list)
    self_collision_ignore: list[list[str]] = field(default_factory=list)
    control_hz: int = 240
    driver: str = ""
    simulated: SimulatedBodyConfig = field(default_factory=SimulatedBodyConfig)


@dataclass(frozen=True, eq=False, kw_only=True)
class RobotModel:
    """One robot, its limits already the tighter of datasheet and URDF.

    Attributes:
        name: how the user calls it.
        kind: "arm" has kinematics; "box" is the virtual body of a foreign world: bounds and nothing else.
        urdf: the file with its kinematics; None for a box.
        joint_names: J names, the order of every joint array.
        position_lower: (J,) rad.
        position_upper: (J,) rad.
        velocity: (J,) greatest |joint velocity|, rad/s.
        acceleration: (J,) rad/s².
        jerk: (J,) rad/s³.
        home: (J,) the posture to start from and to return to, rad.
        tool_link: the URDF link that carries the tool.
        T_tool_link_ee: (4, 4) tool centre point, between the finger pads, z out of the hand, y along the fingers' motion.
        tool_speed: greatest speed of the tool centre point, m/s.
        gripper_width_max: m; 0 if there is no gripper.
        gripper_speed: how fast the width changes at most, m/s.
        finger_length: how far the fingers reach out of the hand to the tool centre point, m.
        finger_thickness: of one finger, along the fingers' motion, m.
        finger_width: of one finger, across the fingers' motion, m.
        hand_size: (3,) of the hand above the fingers: across their motion, along it, and out of the hand, m.
        reach: how far from the base's axis the tool can pick things off the table, m.
        workspace_lower: (3,) the box in base that the tool centre point never leaves, m.
        workspace_upper: (3,) m.
        capsules: collision shapes; those marked `tool` may touch inside a Contact.
        self_collision_ignore: pairs of links that always touch or never can.
        control_hz: the rate of controller, filter and driver.
        simulated: what a simulator needs to know beyond this.
        command: what a joint command's numbers are: positions, or for some boxes velocities or changes of position.
    """

    name: str
    kind: Literal["arm", "box"]
    urdf: Path | None
    joint_names: tuple[str, ...]
    position_lower: np.ndarray
    position_upper: np.ndarray
    velocity: np.ndarray
    acceleration: np.ndarray
    jerk: np.ndarray
    home: np.ndarray
    tool_link: str
    T_tool_link_ee: np.ndarray
    tool_speed: float
    gripper_width_max: float
    gripper_speed: float
    finger_length: float
    finger_thickness: float
    finger_width: float
    hand_size: np.ndarray
    reach: float
    workspace_lower: np.ndarray
    workspace_upper: np.ndarray
    capsules: tuple[CapsuleConfig, ...]
    self_collision_ignore: tuple[tuple[str, str], ...]
    control_hz: int
    simulated: SimulatedBodyConfig = field(default_factory=SimulatedBodyConfig)
    command: Literal["position", "velocity", "delta"] = "position"

    def __post_init__(self) -> None:
        """Check the limits against each other and freeze them; inverted limits are refused."""
        dims = {"J": len(self.joint_names)}
        names = ("position_lower", "position_upper", "velocity", "acceleration", "jerk", "home")
        freeze(self, **{name: checked(f"{self.name}.{name}", getattr(self, name), ("J",), dims=dims) for name in names})
        freeze(
            self,
            T_tool_link_ee=checked_transform(f"{self.name}.T_tool_link_ee", self.T_tool_link_ee),
            hand_size=checked(f"{self.name}.hand_size", self.hand_size, (3,)),
            workspace_lower=checked(f"{self.name}.workspace_lower", self.workspace_lower, (3,)),
            workspace_upper=checked(f"{self.name}.workspace_upper", self.workspace_upper, (3,)),
        )
        self._refuse_impossible_limits()

    def _refuse_impossible_limits(self) -> None:
        """Limits that no motion can satisfy are an error of the description, not of the motion."""
        if (self.position_lower >= self.position_upper).any() or (self.workspace_lower >= self.workspace_upper).any():
            raise InvalidInput(f"{self.name}: expected every lower limit below its upper limit")
        if min(self.velocity.min(), self.acceleration.min(), self.jerk.min(), self.tool_speed, self.control_hz) <= 0:
            raise InvalidInput(f"{self.name}: expected positive velocity, acceleration, jerk, tool speed and control rate")
        if (self.home < self.position_lower).any() or (self.home > self.position_upper).any():
            raise InvalidInput(f"{self.name}.home: expected within the position limits")

    @property
    def num_joints(self) -> int:
        """J."""
        return len(self.joint_names)

    @property
    def period_s(self) -> float:
        """One control period in seconds."""
        return 1.0 / self.control_hz

    @staticmethod
    def from_config(config: RobotConfig) -> "RobotModel":
        """The robot that a YAML describes; a relative URDF path is looked for in `robot/models/`."""
        urdf = Path(str(files("robot") / "models")) / config.urdf
        if not urdf.is_file():
            raise InvalidInput(f"robot.urdf: no file {config.urdf!r}; expected a URDF's path")
        return RobotModel(
            name=config.name,
            kind="arm",
            urdf=urdf,
            joint_names=tuple(config.joint_names),
            position_lower=np.array(config.position_lower),
            position_upper=np.array(config.position_upper),
            velocity=np.array(config.velocity),
            acceleration=np.array(config.acceleration),
            jerk=np.array(config.jerk),
            home=np.array(config.home),
            tool_link=config.tool_link,
            T_tool_link_ee=from_xyz_rpy(config.tool_xyz, config.tool_rpy),
            tool_speed=config.tool_speed,
            gripper_width_max=config.gripper_width_max,
            gripper_speed=config.gripper_speed,
            finger_length=config.finger_length,
            finger_thickness=config.finger_thickness,
            finger_width=config.finger_width,
            hand_size=np.array(config.hand_size),
            reach=config.reach,
            workspace_lower=np.array(config.workspace_lower),
            workspace_upper=np.array(config.workspace_upper),
            capsules=tuple(config.capsules),
            self_collision_ignore=tuple((a, b) for a, b in config.self_collision_ignore),
            control_hz=config.control_hz,
            simulated=config.simulated,
        )

    @staticmethod
    def from_box(
        names: Sequence[str], low: Sequence[float], high: Sequence[float], kind: str = "position", control_hz: int = 10
    ) -> "RobotModel":
        """The virtual body of a foreign world: its "joints" are action dimensions, within bounds and free of other limits."""
        if kind not in (kinds := ("position", "velocity", "delta")):
            raise one_of("box.kind", kind, kinds)
        lower, upper, free = np.array(low, float), np.array(high, float), np.full(len(names), _UNLIMITED)
        return RobotModel(
            name="box",
            kind="box",
            urdf=None,
            joint_names=tuple(names),
            position_lower=lower,
            position_upper=upper,
            **dict.fromkeys(("velocity", "acceleration", "jerk"), free),
            home=np.clip(np.zeros(len(names)), lower, upper),
            tool_link="",
            T_tool_link_ee=np.eye(4),
            **dict.fromkeys(("tool_speed", "gripper_speed"), _UNLIMITED),
            **dict.fromkeys(("gripper_width_max", "finger_length", "finger_thickness", "finger_width"), 0.0),
            hand_size=np.zeros(3),
            reach=_UNLIMITED,
            workspace_lower=np.full(3, -_UNLIMITED),
            workspace_upper=np.full(3, _UNLIMITED),
            **dict.fromkeys(("capsules", "self_collision_ignore"), ()),
            control_hz=control_hz,
            command=kind,
        )
