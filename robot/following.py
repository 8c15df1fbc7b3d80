"""Following: where on its trajectory the robot is, and what it shall do one tick from there."""

import numpy as np

from robot.guard.servo import Wanted
from robot.obstacles import Box
from robot.trajectory import Contact, JointTrajectory


class Following:
    """The present trajectory, the one that comes after it, and the time reached within the present one.

    The trajectory's own time runs with the clock; at reduced speed it runs slower, so that the robot stays on its path.
    """

    def __init__(self, tick_s: float) -> None:
        """Follow nothing yet."""
        self._tick_s = tick_s
        self._now: JointTrajectory | None = None
        self._next: JointTrajectory | None = None
        self._reached_s = 0.0
        self._rate = 1.0

    @property
    def contacts(self) -> tuple[Contact, ...]:
        """Where the tool may touch at this time; what holds at the trajectory's end goes on holding while it stands there."""
        if self._now is None:
            return ()
        reached_s = min(self._reached_s, self._now.duration_s)
        return tuple(each for each in self._now.contacts if each.start_s <= reached_s <= each.end_s + self._tick_s)

    @property
    def attached(self) -> Box | None:
        """What the tool holds, as the trajectory says."""
        return None if self._now is None else self._now.attached

    def accept(self, trajectory: JointTrajectory) -> None:
        """Follow this one from its stamp on; until then the present one."""
        self._next = trajectory

    def expire(self, stamp_ns: int) -> bool:
        """Drop what has expired by this stamp; True if it was not at its end yet."""
        if self._next is not None and stamp_ns >= self._next.expires_ns:
            self._next = None
        if self._now is None or stamp_ns < self._now.expires_ns:
            return False
        unfinished = self._reached_s < self._now.duration_s
        self._now = None
        return unfinished

    def advance(self, stamp_ns: int, rate: float) -> Wanted | None:
        """What to be at one tick after this stamp; None if there is nothing to follow.

        The rate of the trajectory's own time approaches the given one, by 2 per second at most.
        """
        step = 2.0 * self._tick_s
        self._rate += min(max(rate - self._rate, -step), step)
        if self._next is not None and stamp_ns >= self._next.stamp_ns:
            self._now, self._next = self._next, None
            self._reached_s = (stamp_ns - self._now.stamp_ns) * 1e-9
        if self._now is None:
            return None
        self._reached_s += self._tick_s * self._rate
        return sample(self._now, self._reached_s, self._rate)


def sample(trajectory: JointTrajectory, time_s: float, rate: float = 1.0) -> Wanted:
    """The trajectory at one time of its own, by cubic Hermite interpolation; before it and after it, standing.

    With a rate its own time runs slower than the clock: velocities shrink by it, accelerations by its square.
    """
    times, q, v, widths = trajectory.time_s, trajectory.joint_position, trajectory.joint_velocity, trajectory.gripper_width
    if time_s < times[0] or time_s > times[-1] or len(times) == 1:
        end, still = (0 if time_s < times[0] else -1), np.zeros(q.shape[1])
        return Wanted(position=q[end], velocity=still, acceleration=still, gripper_width=float(widths[end]))
    i = min(int(times.searchsorted(time_s, side="right")) - 1, len(times) - 2)
    begin, end = times[i : i + 2].tolist()
    h = end - begin
    s = (time_s - begin) / h
    position, velocity, acceleration = _hermite(s, h, rate) @ np.array([q[i], q[i + 1], v[i], v[i + 1]])
    width, next_width = widths[i : i + 2].tolist()
    return Wanted(
        position=position, velocity=velocity, acceleration=acceleration, gripper_width=width + s * (next_width - width)
    )


def _hermite(s: float, h: float, rate: float) -> np.ndarray:
    """What both ends' positions and velocities weigh in position, velocity and acceleration at s of an interval: (3, 4)."""
    r, per_s = 1.0 - s, rate / h
    return np.array(
        [
            [(1 + 2 * s) * r * r, (1 + 2 * r) * s * s, h * s * r * r, -h * s * s * r],
            [-6 * s * r * per_s, 6 * s * r * per_s, rate * r * (1 - 3 * s), rate * s * (3 * s - 2)],
            [(12 * s - 6) * per_s**2, (6 - 12 * s) * per_s**2, rate * per_s * (6 * s - 4), rate * per_s * (6 * s - 2)],
        ]
    )
