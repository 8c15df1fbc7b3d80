"""Leg: one stretch of motion with a still end; and the makers of legs, through value maps or straight."""

from dataclasses import dataclass, field

import numpy as np

from policies.grounding.grounder import Candidate
from policies.value_maps.grid import Grid
from policies.value_maps.maps import MapsConfig, ValueMaps, compose
from policies.value_maps.planner import cheapest_path, rounded, timed
from policies.value_maps.rules import NO_RULES, Rules
from robot.errors import InstructionRefused
from robot.model import RobotModel
from robot.obstacles import Box
from robot.trajectory import CartesianTrajectory, Contact, JointTrajectory
from robot.transforms import interpolate, transform

SETTLE_S = 0.35


@dataclass(frozen=True, eq=False, kw_only=True)
class Leg:
    """One stretch of motion that ends at rest.

    Attributes:
        saying: what it does, for the user.
        arm: where the tool goes; None for a leg in joints.
        joints: (J,) where the joints go; None for a leg of the tool.
        gripper_width: at the end, m.
        contacts: where the tool may touch.
        attached: box in ee of what is held, or None.
        maps: the value maps that it was planned on, if it was.
        watched: the thing it goes to, as it was seen: the leg ends early if that moves. None if nothing is watched.
    """

    saying: str
    arm: CartesianTrajectory | None = None
    joints: np.ndarray | None = None
    gripper_width: float
    contacts: tuple[Contact, ...] = ()
    attached: Box | None = None
    maps: ValueMaps | None = None
    watched: Candidate | None = None

    @property
    def duration_s(self) -> float:
        """How long it is meant to take."""
        return 3.0 if self.arm is None else float(self.arm.time_s[-1])


@dataclass
class LegsConfig:
    """How legs are drawn; m, m/s."""

    maps: MapsConfig = field(default_factory=MapsConfig)
    grid_lower: list[float] = field(default_factory=lambda: [0.10, -0.55, 0.0])
    grid_upper: list[float] = field(default_factory=lambda: [0.85, 0.55, 0.65])
    spacing: float = 0.03
    corner_radius: float = 0.05
    straight_speed: float = 0.25
    contact_speed: float = 0.12
    contact_margin: float = 0.04


class LegMaker:
    """Makes legs for one robot."""

    def __init__(self, model: RobotModel, config: LegsConfig) -> None:
        """Lay out the grid."""
        self._model, self._config = model, config
        self.grid = Grid(
            lower=np.array(config.grid_lower), upper=np.array(config.grid_upper), resolution=config.maps.resolution
        )

    def through_maps(
        self, stamp_ns: int, T_start: np.ndarray, T_goal: np.ndarray, obstacles_base: np.ndarray, gripper_width: float,
        saying: str, attached: Box | None = None, watched: Candidate | None = None, rules: Rules = NO_RULES,
    ) -> Leg:  # fmt: skip
        """Fly to a pose along the cheapest path through composed value maps, away from all obstacles (N, 3).

        Raises:
            InstructionRefused: no way keeps the rules.
        """
        hanging = 0.0 if attached is None else float(attached.pose[2, 3] + attached.size[2] / 2)
        maps = compose(self.grid, T_goal[:3, 3], obstacles_base, hanging, gripper_width, self._config.maps, rules)
        corners = cheapest_path(maps, T_start[:3, 3], T_goal[:3, 3])
        arm = timed(maps, self._smooth(corners, rules), T_start, T_goal, stamp_ns)
        return Leg(saying=saying, arm=arm, gripper_width=gripper_width, attached=attached, maps=maps, watched=watched)

    def _smooth(self, corners: np.ndarray, rules: Rules) -> np.ndarray:
        """The path (T, 3) through corners (K, 3), rounded as far as the rules leave room, dense where speeds change.

        Where the start breaks a rule, as "staying on the left" does when the tool is on the right, the way may do so
        as well until the rule is first kept.
        """
        spacing = self._config.spacing / 3 if rules.speeds else self._config.spacing
        for share in (1.0, 0.5, 0.25, 0.0):
            path = rounded(corners, spacing, share * self._config.corner_radius)
            spare = rules.spare(rounded(path, 0.005, 0.0))
            first = int(np.argmax(spare >= 0.0))
            if (spare[first:] >= 0.0).all():
                return path
        raise InstructionRefused("I find no way there that keeps to what was said of it.")

    def straight(
        self, stamp_ns: int, T_start: np.ndarray, T_goal: np.ndarray, width: float, saying: str,
        touching: Box | None = None, attached: Box | None = None, watched: Candidate | None = None, rules: Rules = NO_RULES,
    ) -> Leg:  # fmt: skip
        """Go straight to a pose, touching only what is inside the box `touching`, slowly, not even faster on demand."""
        speed = self._config.straight_speed if touching is None else self._config.contact_speed
        length = float(np.linalg.norm(T_goal[:3, 3] - T_start[:3, 3]))
        count = max(2, int(length / self._config.spacing) + 1)
        T_base_ee = interpolate(T_start, T_goal, np.linspace(0, 1, count))
        middles = (T_base_ee[1:, :3, 3] + T_base_ee[:-1, :3, 3]) / 2
        factor = rules.factor(middles) if touching is None else np.minimum(rules.factor(middles), 1.0)
        spans = max(length / speed, 0.2) / (count - 1) / factor  # (T-1,)
        arm = CartesianTrajectory(
            stamp_ns=stamp_ns,
            time_s=np.concatenate([[0.0], np.cumsum(spans)]),
            T_base_ee=T_base_ee,
            gripper_width=np.full(count, width),
        )
        contacts = self._contacts(touching, arm)
        return Leg(saying=saying, arm=arm, gripper_width=width, contacts=contacts, attached=attached, watched=watched)

    def grip(
        self, stamp_ns: int, T_base_ee: np.ndarray, width_from: float, width_to: float, saying: str, touching: Box | None
    ) -> Leg:
        """Stay and bring the fingers to another width, then wait until they have settled."""
        moving_s = max(abs(width_to - width_from) / self._model.gripper_speed, 0.05)
        arm = CartesianTrajectory(
            stamp_ns=stamp_ns,
            time_s=np.array([0.0, moving_s, moving_s + SETTLE_S]),
            T_base_ee=np.stack([T_base_ee] * 3),
            gripper_width=np.array([width_from, width_to, width_to]),
        )
        return Leg(saying=saying, arm=arm, gripper_width=width_to, contacts=self._contacts(touching, arm))

    def in_joints(self, joint_position: np.ndarray, width: float, saying: str, attached: Box | None = None) -> Leg:
        """Go to a posture (J,)."""
        return Leg(saying=saying, joints=joint_position, gripper_width=width, attached=attached)

    def _contacts(self, touching: Box | None, arm: CartesianTrajectory) -> tuple[Contact, ...]:
        """Leave to touch inside a box for a whole leg."""
        if touching is None:
            return ()
        return (Contact(box_base=touching, start_s=0.0, end_s=float(arm.time_s[-1]), speed=self._config.contact_speed),)

    def room(self, T_base_ee: np.ndarray, thing_base: Box | None = None) -> Box:
        """The upright box in base in which the hand at a pose works, and the thing that it takes or sets down lies."""
        spread = self._config.contact_margin + self._model.gripper_width_max / 2 + self._model.finger_thickness
        reach = np.array([spread, spread, self._model.finger_length])
        corners = [T_base_ee[:3, 3] - reach, T_base_ee[:3, 3] + reach]
        if thing_base is not None:
            half = np.abs(thing_base.pose[:3, :3]) @ thing_base.size / 2
            corners += [thing_base.pose[:3, 3] - half - self._config.contact_margin]
            corners += [thing_base.pose[:3, 3] + half + self._config.contact_margin]
        low, high = np.min(corners, axis=0), np.max(corners, axis=0)
        return Box(pose=transform((low + high) / 2), size=high - low)


def joint_leg(leg: Leg, stamp_ns: int, joints_now: np.ndarray, width_now: float, expires_ns: int) -> JointTrajectory:
    """The two-point joint trajectory of a leg in joints; motion gives it its time."""
    assert leg.joints is not None
    return JointTrajectory(
        stamp_ns=stamp_ns,
        time_s=np.array([0.0, leg.duration_s]),
        joint_position=np.stack([joints_now, leg.joints]),
        joint_velocity=np.zeros((2, len(joints_now))),
        gripper_width=np.array([width_now, leg.gripper_width]),
        attached=leg.attached,
        expires_ns=expires_ns,
    )
