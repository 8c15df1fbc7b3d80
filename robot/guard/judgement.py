"""What may be wrong with what reaches the safety filter: each judge raises the ladder and names the cause."""

from math import isfinite, nan

import numpy as np

from robot.guard.ladder import Ladder, Level
from robot.guard.servo import Wanted
from robot.obstacles import Obstacles
from robot.state import RobotState


def judge_time(ladder: Ladder, dt_s: float) -> None:
    """A control period that is no positive fraction of a second."""
    if not 0 < dt_s < 1:
        ladder.raise_to(Level.STOP, "time", f"the control period is {dt_s} s instead of a positive fraction of a second")


def judge_surroundings(ladder: Ladder, obstacles: Obstacles | None, degraded: str) -> None:
    """No data, which is not "no obstacle"; and sensors whose loss allows half speed only."""
    if obstacles is None or not obstacles.protective_ok:
        ladder.raise_to(Level.STOP, "protective", "no protective sensor sees the robot's surroundings")
    if degraded:
        ladder.raise_to(Level.DEGRADED, "degraded", degraded)


def judge_wanted(ladder: Ladder, wanted: Wanted | None, num_joints: int, armed: bool) -> None:
    """A robot that is not armed, and a wanted motion that is no motion of its joints."""
    if not armed:
        ladder.raise_to(Level.HOLD, "disarmed", "the robot is not armed yet")
    if wanted is not None and not _is_finite(wanted, num_joints):
        ladder.raise_to(Level.HOLD, "not_finite", "the wanted motion has a wrong shape or values that are not finite")


def judge_state(
    ladder: Ladder,
    state: RobotState | None,
    num_joints: int,
    stamp_ns: int,
    max_age_ns: float,
    commanded: np.ndarray | None,
    tolerance: float,
) -> bool:
    """A measured state that is missing, old, or far from the commanded position (J,); False only for the last.

    Nothing is compared where there is no commanded position.
    """
    if state is None or len(state.joint_position) != num_joints:
        ladder.raise_to(Level.STOP, "stale_state", "the driver gives no state of the joints")
    elif abs(stamp_ns - state.stamp_ns) > max_age_ns:
        age_ms = (stamp_ns - state.stamp_ns) * 1e-6
        ladder.raise_to(Level.STOP, "stale_state", f"the measured state is {age_ms:.0f} ms old")
    elif commanded is not None:
        off = float(np.abs(state.joint_position - commanded).max())
        if off > tolerance:
            ladder.raise_to(Level.STOP, "tracking", f"a joint is {off:.2f} rad from where it was commanded to be")
            return False
    return True


def _is_finite(wanted: Wanted, num_joints: int) -> bool:
    """Whether every part of it is J finite numbers."""
    parts = (wanted.position, wanted.velocity, wanted.acceleration)
    try:
        right_shape = all(part.shape == (num_joints,) for part in parts)
        squares = sum(part.dot(part) for part in parts) if right_shape else nan  # finite only if every value is
        return right_shape and isfinite(wanted.gripper_width) and (isfinite(squares) or bool(np.isfinite(parts).all()))
    except (AttributeError, TypeError, ValueError):
        return False
