"""Timing: joint knots become a smooth motion within limits of joint velocity, acceleration and jerk, and of tool speed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import ruckig  # pyright: ignore[reportMissingImports]
from scipy.interpolate import BSpline, make_interp_spline

from robot.kinematics import Kinematics

_MAX_ROUNDS = 120
_BULGE_ROUNDS = 40
_EVEN = 1.2
_TOOL_RESERVE = 0.97
_CURVE_SHARE = 0.6
_SPEED_UP_SHARE = 0.5


@dataclass(frozen=True, eq=False, kw_only=True)
class Limits:
    """What a motion may not exceed, each (J,): velocity rad/s, acceleration rad/s², jerk rad/s³."""

    velocity: np.ndarray
    acceleration: np.ndarray
    jerk: np.ndarray

    def at_least(self, v: np.ndarray, a: np.ndarray) -> "Limits":
        """These limits, widened so that a given start (J,) lies within them."""
        velocity = np.maximum(self.velocity, 1.01 * np.abs(v))
        return Limits(velocity=velocity, acceleration=np.maximum(self.acceleration, 1.01 * np.abs(a)), jerk=self.jerk)


@dataclass(frozen=True, eq=False, kw_only=True)
class Knots:
    """Where the joints pass, and what holds on the way.

    Attributes:
        q: (n, J) rad, n at least 5.
        least_s: (n-1,) seconds that each segment takes at least.
        tool_speed: (n-1,) greatest speed of the tool centre point in each segment, m/s.
        stray: how far the tool may leave the straight line between two knots, m.
    """

    q: np.ndarray
    least_s: np.ndarray
    tool_speed: np.ndarray
    stray: float


@dataclass(frozen=True, eq=False, kw_only=True)
class TimedSpline:
    """A motion through knots: twice continuously differentiable, its jerk bounded.

    Attributes:
        knot_s: (n,) when each knot is passed, from 0.
        spline: joint positions over time.
    """

    knot_s: np.ndarray
    spline: BSpline

    @property
    def duration_s(self) -> float:
        """Seconds from the first knot to the last."""
        return float(self.knot_s[-1])

    def sample(self, time_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Positions and velocities (S, J) at times (S,); after the end it rests at the last knot."""
        inside = np.clip(time_s, 0.0, self.duration_s)
        return self.spline(inside), self.spline(inside, 1)


class Rest:
    """Standing still for a while."""

    def __init__(self, q: np.ndarray, knot_s: np.ndarray) -> None:
        """At joints (J,), passing knots that are all the same at times (n,) from 0."""
        self.knot_s = knot_s
        self.duration_s = float(knot_s[-1])
        self._q = q

    def sample(self, time_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Positions and velocities (S, J) at times (S,)."""
        q = np.tile(self._q, (len(time_s), 1))
        return q, np.zeros_like(q)


class Brake:
    """The quickest way to rest, each joint for itself, within the limits of acceleration and jerk."""

    def __init__(self, q: np.ndarray, v: np.ndarray, a: np.ndarray, limits: Limits) -> None:
        """From position, velocity and acceleration (J,)."""
        limits = limits.at_least(v, a)
        request = ruckig.InputParameter(len(q))
        request.control_interface = ruckig.ControlInterface.Velocity
        request.current_position, request.current_velocity, request.current_acceleration = list(q), list(v), list(a)
        request.target_velocity = request.target_acceleration = [0.0] * len(q)
        request.max_acceleration, request.max_jerk = list(limits.acceleration), list(limits.jerk)
        self._trajectory = ruckig.Trajectory(len(q))
        ruckig.Ruckig(len(q)).calculate(request, self._trajectory)
        self.duration_s = float(self._trajectory.duration)
        self.knot_s = np.array([0.0, self.duration_s])

    def sample(self, time_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Positions and velocities (S, J) at times (S,); after the end it rests."""
        states = [self._trajectory.at_time(float(t)) for t in np.clip(time_s, 0.0, self.duration_s)]
        return np.array([state[0] for state in states]), np.array([state[1] for state in states])


@dataclass(frozen=True, eq=False, kw_only=True)
class Course:
    """Legs in order, and the policy's time and the gripper's width at their knots: what a trajectory is sampled from."""

    legs: Sequence[TimedSpline | Rest | Brake]
    wanted_s: np.ndarray
    gripper_width: np.ndarray

    @property
    def knot_s(self) -> np.ndarray:
        """When each knot (N,) is passed; consecutive legs share one."""
        times = [0.0]
        for leg in self.legs:
            times.extend(times[-1] + leg.knot_s[1:])
        return np.array(times)

    def sample(self, time_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Positions and velocities (S, J) at rising times (S,)."""
        starts = np.cumsum([0.0] + [leg.duration_s for leg in self.legs])
        which = np.clip(np.searchsorted(starts, time_s, side="right") - 1, 0, len(self.legs) - 1)
        parts = [leg.sample(time_s[which == i] - starts[i]) for i, leg in enumerate(self.legs) if (which == i).any()]
        return np.concatenate([q for q, _ in parts]), np.concatenate([v for _, v in parts])


def time_knots(kinematics: Kinematics, knots: Knots, limits: Limits, v: np.ndarray, a: np.ndarray) -> TimedSpline | None:
    """The motion through the knots from velocity and acceleration (J,) to rest; None if no timing fits that start.

    Begins with the fastest speeds along the path that a forward and a backward pass allow, fits a spline through
    the knots, and stretches the segments that break a limit, and the neighbours of those that bulge, until none does.
    """
    fit = _Fit(kinematics, knots, limits.at_least(v, a), v, a)
    durations = fit.first_durations()
    for attempt in range(_MAX_ROUNDS):
        spline = fit.interpolate(durations)
        excess = np.maximum(fit.joint_excess(spline), fit.tool_excess(spline, durations))  # (n-1,)
        bulge = fit.bulge(spline, durations) if attempt < _BULGE_ROUNDS else np.ones_like(excess)  # (n-1,)
        if excess.max() <= 1.0 and bulge.max() <= 1.0:
            return TimedSpline(knot_s=_times(durations), spline=spline)
        durations = durations * _growth(excess, bulge)
    if np.abs(v).max() > 0 or np.abs(a).max() > 0:
        return None
    durations = durations * excess.max()  # from rest to rest every excess falls in proportion
    return TimedSpline(knot_s=_times(durations), spline=fit.interpolate(durations))


class _Fit:
    """Splines through one leg's knots, and how well they keep its limits."""

    def __init__(self, kinematics: Kinematics, knots: Knots, limits: Limits, v: np.ndarray, a: np.ndarray) -> None:
        """From velocity and acceleration (J,) to rest."""
        self._kinematics, self._knots, self._limits, self._v, self._a = kinematics, knots, limits, v, a
        self._jacobians = np.array([kinematics.jacobian(q)[:3] for q in knots.q])  # (n, 3, J)
        self._tool = np.array([kinematics.forward(q)[:3, 3] for q in knots.q])  # (n, 3)
        self._tool_steps = np.diff(self._tool, axis=0)  # (n-1, 3)
        self._tool_speed = _TOOL_RESERVE * knots.tool_speed  # (n-1,)

    def first_durations(self) -> np.ndarray:
        """Segment durations (n-1,) of a path run at the greatest speeds that curvature, speeding up and braking leave.

        The path's parameter u grows by the seconds that the robot's limits alone would allow each segment, so its
        rate w is at most 1; a forward and a backward pass bound w² as in Bobrow, Dubowsky and Gibson, "Time-optimal
        control of robotic manipulators along specified paths", IJRR 4(3), 1985.
        """
        steps, lengths = np.diff(self._knots.q, axis=0), np.linalg.norm(self._tool_steps, axis=1)
        slowest = np.max(np.abs(steps) / self._limits.velocity, axis=1)
        du = np.maximum(np.maximum(slowest, lengths / self._tool_speed.max()), 1e-4)
        least_s = np.maximum(np.maximum(self._knots.least_s, lengths / self._tool_speed), du)
        slopes = steps / du[:, None]  # dq/du (n-1, J)
        bends = np.abs(np.diff(slopes, axis=0)) / ((du[1:] + du[:-1]) / 2)[:, None]  # |d²q/du²| (n-2, J)
        curve = np.min(_CURVE_SHARE * self._limits.acceleration / np.maximum(bends, 1e-9), axis=1)
        wanted = (du / least_s) ** 2
        start = np.clip(slopes[0] @ self._v / max(slopes[0] @ slopes[0], 1e-9), 0.0, 1.0) ** 2
        squares = np.concatenate([[start], np.minimum(np.minimum(wanted[1:], wanted[:-1]), curve), [0.0]])  # w² (n,)
        gains = 2 * du * np.min(_SPEED_UP_SHARE * self._limits.acceleration / np.maximum(np.abs(slopes), 1e-9), axis=1)
        for i in range(len(gains)):
            squares[i + 1] = min(squares[i + 1], squares[i] + gains[i])
        for i in range(len(gains) - 1, 0, -1):
            squares[i] = min(squares[i], squares[i + 1] + gains[i])
        rates = np.sqrt(squares)
        return np.maximum(2 * du / np.maximum(rates[1:] + rates[:-1], 1e-3), least_s)

    def interpolate(self, durations: np.ndarray) -> BSpline:
        """The cubic spline through the knots from the start's velocity and acceleration to rest in both.

        The two further conditions at each end take one further breakpoint each, in the middle of the first and of the
        last segment: Biagiotti and Melchiorri, "Trajectory Planning for Automatic Machines and Robots", 2008, 4.4.4.
        """
        times = _times(durations)
        inner = np.concatenate([[times[1] / 2], times[1:-1], [(times[-2] + times[-1]) / 2]])
        breaks = np.concatenate([np.zeros(4), inner, np.full(4, times[-1])])
        rest = np.zeros_like(self._v)
        ends = ([(1, self._v), (2, self._a)], [(1, rest), (2, rest)])
        return make_interp_spline(times, self._knots.q, k=3, t=breaks, bc_type=ends)

    def joint_excess(self, spline: BSpline) -> np.ndarray:
        """By which factor each segment (n-1,) is too short for the joints' limits: 1 where exactly at one."""
        breaks = spline.t[3:-3]  # (n+2,)
        v, a = spline(breaks, 1), spline(breaks, 2)
        spans = np.diff(breaks)[:, None]
        jerk = np.diff(a, axis=0) / spans  # (n+1, J): constant on each piece
        until_peak = np.clip(-a[:-1] / np.where(jerk == 0.0, 1.0, jerk), 0.0, spans)
        peaks = v[:-1] + until_peak * (a[:-1] + jerk * until_peak / 2)
        v_share = np.maximum.reduce([np.abs(v[:-1]), np.abs(v[1:]), np.abs(peaks)]) / self._limits.velocity
        a_share = np.maximum(np.abs(a[:-1]), np.abs(a[1:])) / self._limits.acceleration
        j_share = np.abs(jerk) / self._limits.jerk
        pieces = np.maximum.reduce([v_share, np.sqrt(a_share), np.cbrt(j_share)]).max(axis=1)  # (n+1,)
        return np.concatenate([[pieces[:2].max()], pieces[2:-2], [pieces[-2:].max()]])  # both ends have two pieces

    def tool_excess(self, spline: BSpline, durations: np.ndarray) -> np.ndarray:
        """By which factor each segment (n-1,) is too short for the tool's speed, judged at its ends and its middle."""
        times = _times(durations)
        middles = (times[1:] + times[:-1]) / 2
        middle_jacobians = np.array([self._kinematics.jacobian(q)[:3] for q in spline(middles)])
        at_knots = np.linalg.norm(np.einsum("nij,nj->ni", self._jacobians, spline(times, 1)), axis=1)
        at_middles = np.linalg.norm(np.einsum("nij,nj->ni", middle_jacobians, spline(middles, 1)), axis=1)
        at_knots[0] = 0.0  # given by the start
        return np.maximum.reduce([at_knots[1:], at_knots[:-1], at_middles]) / self._tool_speed

    def bulge(self, spline: BSpline, durations: np.ndarray) -> np.ndarray:
        """Factors (n-1,) to stretch segments by because the tool leaves its straight line in a slower one next to them.

        A slow segment between fast ones bulges: what it passes its ends with carries it off. From a moving start
        nothing is judged, because it leads where it leads.
        """
        if np.abs(self._v).max() > 0:
            return np.ones_like(durations)
        times = _times(durations)
        middles = np.array([self._kinematics.forward(q)[:3, 3] for q in spline((times[1:] + times[:-1]) / 2)])
        offsets = middles - self._tool[:-1]  # (n-1, 3)
        squares = np.maximum(np.einsum("ni,ni->n", self._tool_steps, self._tool_steps), 1e-12)
        along = np.clip(np.einsum("ni,ni->n", offsets, self._tool_steps) / squares, 0.0, 1.0)
        strays = np.linalg.norm(offsets - along[:, None] * self._tool_steps, axis=1) / self._knots.stray
        speeds = np.sqrt(squares) / durations
        faster = speeds[1:] / speeds[:-1]  # (n-2,): at most so much is a neighbour slowed that it stays the faster one
        factors = np.ones_like(durations)
        factors[1:] = np.where(faster > _EVEN, np.minimum(strays[:-1], faster), 1.0)
        factors[:-1] = np.maximum(factors[:-1], np.where(1 / faster > _EVEN, np.minimum(strays[1:], 1 / faster), 1.0))
        return factors


def _growth(excess: np.ndarray, bulge: np.ndarray) -> np.ndarray:
    """Factors (n-1,) to stretch segments by: what is too short grows and draws its neighbours half along."""
    grow = np.clip(excess, 1.0, 1.5)
    padded = np.pad(grow, 1, mode="edge")
    grow = np.maximum(grow, 1.0 + 0.5 * (np.maximum(padded[:-2], padded[2:]) - 1.0))
    grow = np.maximum(grow, np.clip(bulge, 1.0, 1.5))
    return np.where(grow > 1.0, grow**0.6 + 1e-3, 1.0)


def _times(durations: np.ndarray) -> np.ndarray:
    """When each knot (n,) is passed, from segment durations (n-1,)."""
    return np.concatenate([[0.0], np.cumsum(durations)])
