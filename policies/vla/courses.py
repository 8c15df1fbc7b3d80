"""The course of an episode: the waypoints of all its plans one after another, each as far as it came."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from robot.errors import InvalidInput
from robot.trajectory import CartesianTrajectory, Plan
from robot.transforms import interpolate, invert, to_rotation_vector

SAME = 1e-4  # m: closer waypoints are one
REACH = 0.1  # m a rad: what a turn counts beside a way, about the length of a hand


@dataclass(frozen=True, eq=False, kw_only=True)
class Waypoint:
    """One waypoint of a course.

    Attributes:
        T_base_ee: (4, 4) the tool's pose in base.
        gripper_width: m.
        contact: whether the tool may touch something on the way there.
        duration_s: of the way there.
        pause_s: how long it rests there.
        until_ns: when it is over, the rest included.
    """

    T_base_ee: np.ndarray
    gripper_width: float
    contact: bool
    duration_s: float
    pause_s: float = 0.0
    until_ns: int


def course_of(plans: Sequence[Plan]) -> list[Waypoint]:
    """Where the tool began, then every waypoint; contacts that begin or end between two make one there.

    A plan that comes before another is over ends it where it was; its own first waypoint, at time 0, is then where the tool
    is already. Plans that do not move the tool only end others.

    Raises:
        InvalidInput: no plan moves the tool.
    """
    begins_ns = [plan.observation_stamp_ns if plan.arm is None else plan.arm.stamp_ns for plan in plans]
    course: list[Waypoint] = []
    for plan, end_ns in zip(plans, [*begins_ns[1:], None], strict=False):
        if plan.arm is not None:
            ahead = _ahead(plan, plan.arm, end_ns)
            course += ahead if course else [_origin(plan.arm), *ahead]
    if len(course) < 2:
        raise InvalidInput("plans: expected at least one that moves the tool along a trajectory in base, got none")
    return _without_rests(course)


def motion_between(a: Waypoint | np.ndarray, b: Waypoint | np.ndarray) -> np.ndarray:
    """The way (3,) in base and the turn about base's axes (3,), both in m, from one pose (4, 4) to another."""
    T_a, T_b = (each.T_base_ee if isinstance(each, Waypoint) else each for each in (a, b))
    turn = to_rotation_vector(T_b[:3, :3] @ invert(T_a)[:3, :3])
    return np.concatenate([T_b[:3, 3] - T_a[:3, 3], REACH * turn])


def _origin(arm: CartesianTrajectory) -> Waypoint:
    """Where the tool was when the first plan began, as far as it says."""
    width = float(arm.gripper_width[0])
    return Waypoint(T_base_ee=arm.T_base_ee[0], gripper_width=width, contact=False, duration_s=0.0, until_ns=arm.stamp_ns)


def _ahead(plan: Plan, arm: CartesianTrajectory, end_ns: int | None) -> list[Waypoint]:
    """The waypoints of one plan after its time 0; the last is over when the next plan begins, `end_ns`."""
    last_s = float(arm.time_s[-1])
    cut_s = last_s if end_ns is None else min(last_s, (end_ns - arm.stamp_ns) * 1e-9)
    edges = [cut_s, *(edge for each in plan.contacts for edge in (each.start_s, each.end_s))]
    times = np.concatenate([[0.0], arm.time_s, [edge for edge in edges if arm.time_s[0] < edge]])
    stamps = np.unique(np.rint(1e9 * times[times <= cut_s]).astype(np.int64))  # whole nanoseconds: edges meet waypoints
    result = [
        _waypoint(plan, arm, begin_ns * 1e-9, time_ns * 1e-9, arm.stamp_ns + int(time_ns))
        for begin_ns, time_ns in pairwise(stamps)
    ]
    if result and end_ns is not None:
        result[-1] = replace(result[-1], until_ns=end_ns)
    return result


def _waypoint(plan: Plan, arm: CartesianTrajectory, begin_s: float, time_s: float, until_ns: int) -> Waypoint:
    """The waypoint at a time, the one before it being at `begin_s`."""
    middle_s = (begin_s + time_s) / 2
    return Waypoint(
        T_base_ee=_pose_at(arm, time_s),
        gripper_width=float(np.interp(time_s, arm.time_s, arm.gripper_width)),
        contact=any(each.start_s <= middle_s <= each.end_s for each in plan.contacts),
        duration_s=time_s - begin_s,
        until_ns=until_ns,
    )


def _pose_at(arm: CartesianTrajectory, time_s: float) -> np.ndarray:
    """The tool's pose (4, 4) at a time; before the first waypoint and after the last, theirs."""
    after = int(np.searchsorted(arm.time_s, time_s))
    if after in (0, len(arm.time_s)):
        return arm.T_base_ee[min(after, len(arm.time_s) - 1)]
    begin_s, end_s = arm.time_s[after - 1 : after + 1]
    share = np.array([(time_s - begin_s) / (end_s - begin_s)])
    return interpolate(arm.T_base_ee[after - 1], arm.T_base_ee[after], share)[0]


def _without_rests(course: Sequence[Waypoint]) -> list[Waypoint]:
    """The course in which a rest is no waypoint of its own but a pause at the one before; what is first is never one."""
    result = list(course[:2])
    for waypoint in course[2:]:
        last = result[-1]
        still = (
            np.linalg.norm(motion_between(last, waypoint)) < SAME and abs(waypoint.gripper_width - last.gripper_width) < SAME
        )
        if still and waypoint.contact == last.contact:
            result[-1] = replace(last, pause_s=last.pause_s + waypoint.duration_s, until_ns=waypoint.until_ns)
        else:
            result.append(waypoint)
    return result
