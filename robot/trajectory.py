"""Plan and the trajectories it may carry: what the mind asks of the body."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from robot.arrays import checked, freeze
from robot.errors import InvalidInput
from robot.obstacles import Box
from robot.transforms import checked_transform


class PlanStatus(StrEnum):
    """How a policy stands to the instruction."""

    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    ASKS = "asks"


@dataclass(frozen=True, eq=False, kw_only=True)
class Contact:
    """A region where the tool, and what it holds, may touch things; nowhere else, and no other part of the robot.

    Attributes:
        box_base: the region, its pose in base.
        start_s: from when, in seconds of the trajectory's own time.
        end_s: until when.
        speed: the tool's greatest speed inside the box, m/s.
        force: the greatest force to press with, N.
    """

    box_base: Box
    start_s: float
    end_s: float
    speed: float = 0.15
    force: float = 30.0


@dataclass(frozen=True, eq=False, kw_only=True)
class CartesianTrajectory:
    """Where the tool shall be, and when: motion stretches the times where the robot's limits demand it.

    Attributes:
        stamp_ns: when it begins.
        time_s: (T,) seconds from stamp_ns, strictly increasing; T_base_ee[0] at time_s[0] >= 0.
        T_base_ee: (T, 4, 4) tool poses in base.
        gripper_width: (T,) wanted width at each waypoint, m.
    """

    stamp_ns: int
    time_s: np.ndarray
    T_base_ee: np.ndarray
    gripper_width: np.ndarray

    def __post_init__(self) -> None:
        """Check and freeze."""
        dims: dict[str, int] = {}
        freeze(
            self,
            time_s=checked_times(self.time_s, dims),
            T_base_ee=checked_transform("T_base_ee", self.T_base_ee, ("T",), dims),
            gripper_width=checked("gripper_width", self.gripper_width, ("T",), dims=dims),
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class BaseTrajectory:
    """Where a driving base shall be, and when.

    Attributes:
        stamp_ns: when it begins.
        time_s: (T,) seconds from stamp_ns, strictly increasing.
        T_odom_base: (T, 4, 4) base poses in odom.
    """

    stamp_ns: int
    time_s: np.ndarray
    T_odom_base: np.ndarray

    def __post_init__(self) -> None:
        """Check and freeze."""
        dims: dict[str, int] = {}
        freeze(
            self,
            time_s=checked_times(self.time_s, dims),
            T_odom_base=checked_transform("T_odom_base", self.T_odom_base, ("T",), dims),
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class JointTrajectory:
    """Joint motion within the robot's limits: what the controller samples at every tick.

    Attributes:
        stamp_ns: when it begins.
        time_s: (T,) seconds from stamp_ns, strictly increasing.
        joint_position: (T, J) rad.
        joint_velocity: (T, J) rad/s.
        gripper_width: (T,) m.
        contacts: where the tool may touch, in this trajectory's time.
        attached: box in `ee` of what the tool holds while this runs, or None.
        expires_ns: nothing of it is executed after this stamp.
        epoch: rises at each new instruction or re-arm; an older one is refused.
        request_id: which request this answers, within its epoch.
    """

    stamp_ns: int
    time_s: np.ndarray
    joint_position: np.ndarray
    joint_velocity: np.ndarray
    gripper_width: np.ndarray
    contacts: tuple[Contact, ...] = ()
    attached: Box | None = None
    expires_ns: int
    epoch: int = 0
    request_id: int = 0

    def __post_init__(self) -> None:
        """Check and freeze."""
        dims: dict[str, int] = {}
        freeze(
            self,
            time_s=checked_times(self.time_s, dims),
            joint_position=checked("joint_position", self.joint_position, ("T", "J"), dims=dims),
            joint_velocity=checked("joint_velocity", self.joint_velocity, ("T", "J"), dims=dims),
            gripper_width=checked("gripper_width", self.gripper_width, ("T",), dims=dims),
        )

    @property
    def duration_s(self) -> float:
        """Seconds from the stamp to the last sample."""
        return float(self.time_s[-1])


@dataclass(frozen=True, eq=False, kw_only=True)
class Plan:
    """What a policy answers: at most one arm part, a base part, and where it stands.

    Attributes:
        arm: where the tool shall go; motion finds the joints.
        joints: joint motion, for policies that speak it; at most one of arm and joints.
        base: where a driving base shall go.
        contacts: the only places where the tool may touch, in the trajectory's own time.
        attached: box in `ee` of what the tool holds while the plan runs, or None.
        status: running, done, refused or asks.
        reason: a sentence for the user: what it does now, or why it does nothing.
        observation_stamp_ns: the observation it answers.
        expires_ns: nothing of it is executed after this stamp.
        epoch: rises at each new instruction or re-arm.
        request_id: which request it answers, within its epoch.
    """

    arm: CartesianTrajectory | None = None
    joints: JointTrajectory | None = None
    base: BaseTrajectory | None = None
    contacts: tuple[Contact, ...] = ()
    attached: Box | None = None
    status: PlanStatus = PlanStatus.RUNNING
    reason: str = ""
    observation_stamp_ns: int
    expires_ns: int
    epoch: int = 0
    request_id: int = 0

    def __post_init__(self) -> None:
        """Refuse a plan that asks for two things of one arm."""
        if self.arm is not None and self.joints is not None:
            raise InvalidInput("plan: expected arm or joints, got both")


def checked_times(time_s: object, dims: dict[str, int]) -> np.ndarray:
    """Times (T,) that begin at 0 or later and strictly increase, T at least 1."""
    times = checked("time_s", time_s, ("T",), dims=dims)
    if not len(times) or times[0] < 0 or (np.diff(times) <= 0).any():
        raise InvalidInput("time_s: expected at least one time, each later than the one before, from 0 s")
    return times
