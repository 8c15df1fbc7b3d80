"""Keyposes: the waypoints of recorded plans at which gripper, contact or direction changes, and a trajectory from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

import numpy as np

from policies.vla.courses import SAME, Waypoint, course_of, motion_between
from robot.arrays import checked, freeze
from robot.errors import InvalidInput
from robot.trajectory import CartesianTrajectory, Plan
from robot.transforms import checked_transform, interpolate

TURN = np.deg2rad(15.0)  # a change of direction, at once or since the last keypose
GRIPPER_SPEED = 1e-3  # m/s: slower, the fingers count as still
SPACING = 0.03  # between a trajectory's waypoints, m; a turn counts 0.1 m a rad
SHORTEST_S = 0.01
TURNED, CLOSED = 0.01, 0.001  # rad and m: less is rest


@dataclass(frozen=True, eq=False, kw_only=True)
class Keyposes:
    """K keyposes one after another; from each to the next all is straight.

    Attributes:
        T_base_ee: (K, 4, 4) tool poses in base.
        gripper_width: (K,) m.
        contact: (K,) bool, whether the tool may touch something on the way there.
        duration_s: (K,) of the way there.
        pause_s: (K,) how long it rests there before it goes on.
        until_ns: (K,) int64, when it was done with in the record: from then on the next one is the nearest ahead.
    """

    T_base_ee: np.ndarray
    gripper_width: np.ndarray
    contact: np.ndarray
    duration_s: np.ndarray
    pause_s: np.ndarray
    until_ns: np.ndarray

    def __post_init__(self) -> None:
        """Check and freeze."""
        dims: dict[str, int] = {}
        freeze(
            self,
            T_base_ee=checked_transform("T_base_ee", self.T_base_ee, ("K",), dims),
            gripper_width=checked("gripper_width", self.gripper_width, ("K",), dims=dims),
            contact=checked("contact", self.contact, ("K",), bool, dims=dims),
            duration_s=checked("duration_s", self.duration_s, ("K",), dims=dims),
            pause_s=checked("pause_s", self.pause_s, ("K",), dims=dims),
            until_ns=checked("until_ns", self.until_ns, ("K",), np.int64, dims=dims),
        )
        if (self.duration_s < 0).any() or (self.pause_s < 0).any():
            raise InvalidInput("keyposes: expected durations and pauses of 0 s or more")

    def __len__(self) -> int:
        """How many."""
        return len(self.gripper_width)


def keyposes_of(plans: Sequence[tuple[int, Plan]]) -> Keyposes:
    """The keyposes of an episode's plans, each with its step, as `policies.demonstrations.plans_in` gives them.

    Where speed changes on a straight line its mean is kept. A plan's last keypose is done with when the next plan begins,
    however long the robot's limits have stretched it.

    Raises:
        InvalidInput: no plan moves the tool.
    """
    course = course_of([plan for _, plan in plans])
    motions = np.array([motion_between(a, b) for a, b in pairwise(course)])  # (R, 6)
    gripper = np.array([_opening(a, b) for a, b in pairwise(course)])  # (R,)
    rows, rest = [], course[1:]
    duration_s, first = 0.0, 0
    for number, waypoint in enumerate(rest):
        duration_s += waypoint.duration_s
        ahead = number + 1
        if ahead < len(rest) and not waypoint.pause_s and waypoint.contact == rest[ahead].contact:
            turned = max(_angle(motions[number], motions[ahead]), _angle(motions[first], motions[ahead]))
            if gripper[number] == gripper[ahead] and turned <= TURN:
                continue
        rows.append((waypoint, duration_s))
        duration_s, first = 0.0, ahead
    return Keyposes(
        T_base_ee=np.stack([waypoint.T_base_ee for waypoint, _ in rows]),
        gripper_width=np.array([waypoint.gripper_width for waypoint, _ in rows]),
        contact=np.array([waypoint.contact for waypoint, _ in rows]),
        duration_s=np.array([duration_s for _, duration_s in rows]),
        pause_s=np.array([waypoint.pause_s for waypoint, _ in rows]),
        until_ns=np.array([waypoint.until_ns for waypoint, _ in rows], np.int64),
    )


def ahead_of(keyposes: Keyposes, stamp_ns: int, count: int, done_ns: np.ndarray | None = None) -> Keyposes:
    """The next keyposes from a stamp on, at most `count`, fewer near the end; the first with the time that is left for it.

    `done_ns` (K,) says from when on each is no longer the next, where that is before its rest is over.
    """
    first = int(np.searchsorted(keyposes.until_ns if done_ns is None else done_ns, stamp_ns, side="right"))
    part = slice(first, first + count)
    duration_s, pause_s = keyposes.duration_s[part].copy(), keyposes.pause_s[part].copy()
    if len(duration_s):
        left_s = (int(keyposes.until_ns[first]) - stamp_ns) * 1e-9
        duration_s[0] = np.clip(left_s - pause_s[0], 0.0, duration_s[0])
        pause_s[0] = min(pause_s[0], left_s)
    return Keyposes(
        T_base_ee=keyposes.T_base_ee[part], gripper_width=keyposes.gripper_width[part], contact=keyposes.contact[part],
        duration_s=duration_s, pause_s=pause_s, until_ns=keyposes.until_ns[part],
    )  # fmt: skip


def done_with(keyposes: Keyposes, stamps: np.ndarray, joint_position: np.ndarray, gripper_width: np.ndarray) -> np.ndarray:
    """From when on each keypose (K,) is no longer the next, ns: the robot is as it is at its end, and only rests.

    A policy decides at rest. If rests counted to what was just reached, most of what it learns to say there would be to stay.

    Args:
        keyposes: of an episode.
        stamps: (T,) ns of its steps.
        joint_position: (T, J) rad.
        gripper_width: (T,) m.
    """
    done_ns, first = keyposes.until_ns.copy(), 0
    for number, until_ns in enumerate(keyposes.until_ns):
        after = int(np.searchsorted(stamps, until_ns))
        part, end = slice(first, after), min(after, len(stamps) - 1)
        turns = np.abs(joint_position[part] - joint_position[end]).max(axis=1) > TURNED
        moving = np.flatnonzero(turns | (np.abs(gripper_width[part] - gripper_width[end]) > CLOSED))
        if len(moving) and moving[-1] + 1 < after - first:
            done_ns[number] = stamps[first + moving[-1] + 1]
        first = after
    return done_ns


def even_weights(done_ns: np.ndarray, stamp_ns: np.ndarray, often: np.ndarray | None = None) -> np.ndarray:
    """How likely each step (T,) is drawn so that each keypose is equally often the next; 0 behind the last; sum 1.

    `done_ns` (K,) is from when on each keypose is no longer the next; `often` (K + 1,) says how often each keypose is the
    next, relative to the others, and, last, how often there is none left.

    Raises:
        InvalidInput: every step is behind the last keypose, and such steps are never drawn.
    """
    often = np.append(np.ones(len(done_ns)), 0.0) if often is None else often
    ahead = np.searchsorted(done_ns, checked("stamp_ns", stamp_ns, ("T",), np.int64), side="right")
    weights = (often / np.maximum(np.bincount(ahead, minlength=len(done_ns) + 1), 1))[ahead]
    if not weights.any():
        raise InvalidInput("stamp_ns: expected a step before the last keypose, all are behind it")
    return weights / weights.sum()


def trajectory_of(keyposes: Keyposes, stamp_ns: int, T_base_now: np.ndarray, width_now: float) -> CartesianTrajectory:
    """The mirror: from where the tool (4, 4) and the fingers (m) are now, straight from keypose to keypose.

    Waypoints lie evenly between keyposes, at most 3 cm apart; a way of no duration gets 10 ms.

    Raises:
        InvalidInput: there is no keypose.
    """
    if not len(keyposes):
        raise InvalidInput("keyposes: expected at least one to go to, got none")
    now = checked_transform("T_base_now", T_base_now)
    times, poses, widths = [np.zeros(1)], [now[None]], [np.array([width_now])]
    for row, T_next in enumerate(keyposes.T_base_ee):
        here, width, began_s = poses[-1][-1], widths[-1][-1], times[-1][-1]
        count = max(1, ceil(float(np.linalg.norm(motion_between(here, T_next))) / SPACING - SAME))
        fractions = np.arange(1, count + 1) / count
        times.append(began_s + fractions * max(float(keyposes.duration_s[row]), SHORTEST_S))
        poses.append(interpolate(here, T_next, fractions))
        widths.append(width + fractions * (keyposes.gripper_width[row] - width))
        if keyposes.pause_s[row] > 0:
            times.append(times[-1][-1:] + keyposes.pause_s[row])
            poses.append(poses[-1][-1:])
            widths.append(widths[-1][-1:])
    return CartesianTrajectory(
        stamp_ns=stamp_ns, time_s=np.concatenate(times), T_base_ee=np.concatenate(poses), gripper_width=np.concatenate(widths)
    )


def _opening(a: Waypoint, b: Waypoint) -> int:
    """Whether the fingers open (1), close (-1) or rest (0) from one waypoint to the next."""
    change = b.gripper_width - a.gripper_width
    return int(np.sign(change)) if abs(change) > GRIPPER_SPEED * b.duration_s else 0


def _angle(a: np.ndarray, b: np.ndarray) -> float:
    """The angle between two motions (6,); from or to standing still it is the greatest, between two rests none."""
    lengths = np.linalg.norm(a), np.linalg.norm(b)
    if min(lengths) < SAME:
        return 0.0 if max(lengths) < SAME else np.pi
    return float(np.arccos(np.clip(a @ b / (lengths[0] * lengths[1]), -1.0, 1.0)))
