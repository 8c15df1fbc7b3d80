"""CommandRecord and BodyReport: what a body did, for observers; unlike a SafeCommand they can move nothing."""

from dataclasses import dataclass

import numpy as np

from robot.guard.ladder import Intervention, Level


@dataclass(frozen=True, eq=False, kw_only=True)
class CommandRecord:
    """What was commanded at one control tick, for observers; unlike a SafeCommand it can move nothing.

    Attributes:
        stamp_ns: the tick at which the command was given.
        joint_position: (J,) rad, commanded.
        joint_velocity: (J,) rad/s, commanded.
        gripper_width: m, commanded.
        interventions: what the filter changed, and why.
        level: where the safety ladder stood.
    """

    stamp_ns: int
    joint_position: np.ndarray
    joint_velocity: np.ndarray
    gripper_width: float
    interventions: tuple[Intervention, ...]
    level: Level


@dataclass(frozen=True, eq=False, kw_only=True)
class BodyReport:
    """What the body did during one advance.

    Attributes:
        commands: one record per control tick, in order.
        level: where the safety ladder stands at the end.
        reason: why it is not at OK, a sentence; empty at OK.
    """

    commands: tuple[CommandRecord, ...]
    level: Level
    reason: str
