"""Itinerary: a plan's waypoints made dense, and parted into legs that begin and end at rest."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from robot.trajectory import Contact
from robot.transforms import angle_between, interpolate

_SAME_PLACE = 1e-4
_SAME_ANGLE = 1e-3
_SHARP = 0.5
_TOO_SHORT_TO_TURN = 5e-3
_FEWEST = 4
_NEAR_END = 0.25


@dataclass(frozen=True, eq=False, kw_only=True)
class Itinerary:
    """N dense waypoints, the start first, and the N - 1 segments between them.

    Attributes:
        wanted_s: (N,) the policy's time at each, never falling.
        gripper_width: (N,) m.
        place: (N, ...) tool poses (4, 4) in base, or joint positions (J,).
        still: (N,) bool: the place is the one before.
        least_s: (N-1,) seconds that each segment takes at least, for the policy's and for the gripper's sake.
        leg: (N-1,) which leg each segment belongs to; between legs the robot rests.
    """

    wanted_s: np.ndarray
    gripper_width: np.ndarray
    place: np.ndarray
    still: np.ndarray
    least_s: np.ndarray
    leg: np.ndarray

    def legs(self) -> list[slice]:
        """The dense waypoints of each leg; the last one of a leg is the first one of the next."""
        ends = [*(np.flatnonzero(np.diff(self.leg)) + 1), len(self.leg)]
        return [slice(int(start), int(end) + 1) for start, end in pairwise([0, *ends])]


def through_poses(
    T_base_ee: np.ndarray,
    wanted_s: np.ndarray,
    gripper_width: np.ndarray,
    gripper_speed: float,
    step: float,
    turn: float,
    moving: bool,
) -> Itinerary:
    """From tool poses (T, 4, 4): straight between them, at most `step` m and `turn` rad from one dense waypoint to the next.

    `moving`: the start is not at rest.
    """
    moves = np.diff(T_base_ee[:, :3, 3], axis=0)  # (T-1, 3)
    lengths = np.linalg.norm(moves, axis=1)
    angles = np.array([angle_between(a, b) for a, b in pairwise(T_base_ee)])
    still = (lengths < _SAME_PLACE) & (angles < _SAME_ANGLE)
    counts = np.ceil(np.maximum(lengths / step, angles / turn)).astype(int)
    interval, fraction, leg = _subdivide(counts, still, moves, moving)
    places = [interpolate(T_base_ee[i], T_base_ee[i + 1], fraction[interval == i]) for i in range(len(moves))]
    dense = np.concatenate([T_base_ee[:1], *places])
    return _assemble(interval, fraction, leg, dense, still, wanted_s, gripper_width, gripper_speed)


def through_joints(
    q: np.ndarray, wanted_s: np.ndarray, gripper_width: np.ndarray, gripper_speed: float, turn: float, moving: bool
) -> Itinerary:
    """From joint positions (T, J): straight between them, at most `turn` rad from one dense waypoint to the next.

    `moving`: the start is not at rest.
    """
    moves = np.diff(q, axis=0)  # (T-1, J)
    still = np.abs(moves).max(axis=1) < _SAME_PLACE
    counts = np.ceil(np.abs(moves).max(axis=1) / turn).astype(int)
    interval, fraction, leg = _subdivide(counts, still, moves, moving)
    dense = np.concatenate([q[:1], q[interval] + fraction[:, None] * moves[interval]])
    return _assemble(interval, fraction, leg, dense, still, wanted_s, gripper_width, gripper_speed)


def _subdivide(
    counts: np.ndarray, still: np.ndarray, moves: np.ndarray, moving: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For every dense segment (N-1,): its interval between waypoints, the fraction of it at its end, its leg.

    A new leg begins where standing and moving alternate and where the path turns by more than 60°: a smooth motion
    that does not rest there would leave the path. A moving leg consists of four segments at least, and its first
    and its last are parted once more near where it rests, so that a spline has room to speed up and brake there.
    """
    lengths = np.linalg.norm(moves, axis=1)
    long = (lengths[1:] > _TOO_SHORT_TO_TURN) & (lengths[:-1] > _TOO_SHORT_TO_TURN)
    turns = long & (np.einsum("td,td->t", moves[1:], moves[:-1]) < _SHARP * lengths[1:] * lengths[:-1])
    changes = (still[1:] != still[:-1]) | turns
    leg_of = np.concatenate([[0], np.cumsum(changes)])
    counts = np.where(still, 1, np.maximum(counts, 1))
    for leg in range(leg_of[-1] + 1):
        counts[leg_of == leg] *= 1 if still[leg_of == leg][0] else -(-_FEWEST // counts[leg_of == leg].sum())
    first = np.concatenate([[not moving], changes]) & ~still
    last = np.concatenate([changes, [True]]) & ~still
    parts = [_fractions(int(counts[i]), bool(first[i]), bool(last[i])) for i in range(len(counts))]
    interval = np.repeat(np.arange(len(counts)), [len(part) for part in parts])
    return interval, np.concatenate(parts), leg_of[interval]


def _fractions(count: int, first: bool, last: bool) -> np.ndarray:
    """The ends of an interval's segments, as fractions of it: even, but for a short one where a leg begins or ends."""
    even = np.arange(1, count + 1) / count
    return np.concatenate([[_NEAR_END / count] * first, even[:-1], [1.0 - _NEAR_END / count] * last, even[-1:]])


def _assemble(
    interval: np.ndarray,
    fraction: np.ndarray,
    leg: np.ndarray,
    dense: np.ndarray,
    still: np.ndarray,
    wanted_s: np.ndarray,
    gripper_width: np.ndarray,
    gripper_speed: float,
) -> Itinerary:
    """Times and widths at the dense waypoints, linear between the waypoints."""
    spans, openings = np.diff(wanted_s), np.diff(gripper_width)
    least_s = np.maximum(spans, np.abs(openings) / gripper_speed)  # (T-1,)
    before = np.where(np.diff(interval, prepend=-1) > 0, 0.0, np.concatenate([[0.0], fraction[:-1]]))  # (N-1,)
    return Itinerary(
        wanted_s=np.concatenate([wanted_s[:1], wanted_s[interval] + fraction * spans[interval]]),
        gripper_width=np.concatenate([gripper_width[:1], gripper_width[interval] + fraction * openings[interval]]),
        place=dense,
        still=np.concatenate([[True], still[interval]]),
        least_s=least_s[interval] * (fraction - before),
        leg=leg,
    )


def tool_speeds(wanted_s: np.ndarray, contacts: tuple[Contact, ...], tool_speed: float) -> np.ndarray:
    """The tool's greatest speed in each segment (N-1,): the robot's, or that of the slowest contact whose span it meets."""
    caps = np.full(len(wanted_s) - 1, tool_speed)
    for contact in contacts:
        meets = (wanted_s[1:] >= contact.start_s) & (wanted_s[:-1] <= contact.end_s)
        caps[meets] = np.minimum(caps[meets], contact.speed)
    return caps


def stretched(contact: Contact, wanted_s: np.ndarray, knot_s: np.ndarray) -> Contact:
    """A contact whose span follows the motion's times instead of the policy's; beyond the ends nothing is stretched."""

    def moved(time_s: float) -> float:
        return float(np.interp(time_s, wanted_s, knot_s)) + max(0.0, time_s - wanted_s[-1]) + min(0.0, time_s - wanted_s[0])

    return replace(contact, start_s=moved(contact.start_s), end_s=moved(contact.end_s))
