"""Reference: the motion that is commanded, and the verified brake that it can fall back on at any tick."""

from dataclasses import dataclass

import numpy as np

from robot.guard.brake import Brake, Motion, peak_velocity, plan_brake
from robot.guard.outline import Outline, Outliner
from robot.model import RobotModel

_BLENDS = np.linspace(0.125, 1.0, 8)[:, None]  # from the wanted jerk to the jerk of the brake


@dataclass(frozen=True, eq=False, kw_only=True)
class Path:
    """One tick and the brake after it.

    Attributes:
        now: the state before the tick.
        next: the state after it.
        brake: from the state after the tick to standstill.
        tick_s: the tick, s.
        lowest: (J,) least position on the way, rad.
        highest: (J,) greatest position on the way.
        fastest: (J,) greatest |velocity| on the way, rad/s.
    """

    now: Motion
    next: Motion
    brake: Brake
    tick_s: float
    lowest: np.ndarray
    highest: np.ndarray
    fastest: np.ndarray

    def samples(self, count: int) -> tuple[Motion, float]:
        """The present state, then `count` from the tick's end to standstill, as one Motion of (count + 1, J) arrays.

        Also the greatest time between two of them, s.
        """
        stop_s = float(self.brake.duration_s.max())
        ahead = self.brake.at(np.linspace(0.0, stop_s, count)[:, None])
        both = Motion(
            position=np.concatenate([self.now.position[None], ahead.position]),
            velocity=np.concatenate([self.now.velocity[None], ahead.velocity]),
            acceleration=np.concatenate([self.now.acceleration[None], ahead.acceleration]),
        )
        return both, max(self.tick_s, stop_s / (count - 1))


class Reference:
    """The commanded state of every joint in continuous time; each tick of it has been verified together with its brake.

    The invariant: from `now` the brake stops every joint within all limits. A step is taken only if a brake from where
    it leads does so too; otherwise the next tick of the present brake is taken. Where a step was verified by its
    outline, the brake inside that outline is planned when it is first asked for.
    """

    def __init__(self, model: RobotModel, scale: float) -> None:
        """Keep this part of the model's limits, so that rounding never breaks them; stand at home, unverified."""
        middle, half = (model.position_lower + model.position_upper) / 2, (model.position_upper - model.position_lower) / 2
        self.lower, self.upper = middle - scale * half, middle + scale * half
        self.velocity, self.acceleration, self.jerk = scale * model.velocity, scale * model.acceleration, scale * model.jerk
        self._outliners: dict[float, Outliner] = {}
        self.reset(model.home, np.zeros(model.num_joints), model.period_s)

    @property
    def brake(self) -> Brake:
        """From where `now` is to standstill, within all limits."""
        if self._brake is None:
            self._brake = plan_brake(self.now, self._tick_s, self.acceleration, self.jerk)
        return self._brake

    def reset(self, position: np.ndarray, velocity: np.ndarray, tick_s: float) -> None:
        """Begin anew at a measured position and velocity (J,), with the shortest brake there is from them."""
        self.now = Motion(position=np.array(position), velocity=np.array(velocity), acceleration=np.zeros_like(position))
        self._brake, self._tick_s = None, tick_s

    def outline(self, jerk: np.ndarray, tick_s: float) -> Outline | None:
        """What surely contains the path of one tick with this jerk (J,); None if it may leave the limits of the joints."""
        outliner = self._outliners.get(tick_s)
        if outliner is None:
            limits = (self.lower, self.upper, self.velocity, self.acceleration, self.jerk)
            outliner = self._outliners[tick_s] = Outliner(*limits, tick_s)
        return outliner.outline(self.now, jerk)

    def lead(self, jerk: np.ndarray, tick_s: float) -> tuple[Path, np.ndarray]:
        """The path of one tick with this jerk (J,), joint by joint changed towards the brake until it keeps the limits.

        Also which joints (J,) were changed. Joints for which no blend keeps the limits go on with the stored brake.
        """
        path = self._path(jerk, tick_s)
        good = self._keeps_limits(path)
        if good.all():
            return path, ~good
        braked = self._braked(tick_s)
        stored = (braked.next.acceleration - self.now.acceleration) / tick_s
        blends = self._path(jerk + _BLENDS * (stored - jerk), tick_s)  # (8, J)
        allowed = self._keeps_limits(blends)
        first = np.argmax(allowed, axis=0)[None]
        chosen = jerk + _BLENDS[first[0], 0] * (stored - jerk)
        path = self._path(np.where(good, jerk, chosen), tick_s)
        return _merged(~good & ~allowed.any(axis=0), braked, path), ~good

    def take(self, path: Path | Outline) -> None:
        """Make one step along a path that was verified, itself or by its outline."""
        self.now, self._tick_s = path.next, path.tick_s
        self._brake = path.brake if isinstance(path, Path) else None

    def brake_on(self, tick_s: float) -> None:
        """Make one step along the stored brake."""
        self.take(self._braked(tick_s))

    @property
    def still(self) -> bool:
        """Whether every joint stands."""
        return not (self.now.velocity.any() or self.now.acceleration.any())

    def _path(self, jerk: np.ndarray, tick_s: float) -> Path:
        """The path of one tick with this jerk (..., J), and how far it reaches.

        Within the tick the position lies in the hull of its cubic's Bézier points (Farin, "Curves and Surfaces for
        CAGD", 2002, section 4.3).
        """
        now, after = self.now, self.now.after(jerk, tick_s)
        brake = plan_brake(after, tick_s, self.acceleration, self.jerk)
        lowest, highest, fastest = brake.extremes()
        hull = now.position + now.velocity * tick_s / 3, after.position - after.velocity * tick_s / 3
        return Path(
            now=now,
            next=after,
            brake=brake,
            tick_s=tick_s,
            lowest=np.minimum(np.minimum(lowest, now.position), np.minimum(*hull)),
            highest=np.maximum(np.maximum(highest, now.position), np.maximum(*hull)),
            fastest=np.maximum(fastest, peak_velocity(now.velocity, now.acceleration, after.acceleration, jerk)),
        )

    def _braked(self, tick_s: float) -> Path:
        """The path of the stored brake, which was verified when it was stored."""
        lowest, highest, fastest = self.brake.extremes()
        later = self.brake.later(tick_s)
        return Path(
            now=self.now, next=later.at(0.0), brake=later, tick_s=tick_s, lowest=lowest, highest=highest, fastest=fastest
        )

    def _keeps_limits(self, path: Path) -> np.ndarray:
        """Which joints (..., J) keep position, velocity and acceleration; what is outside already may not go farther out."""
        lower, upper = np.minimum(self.lower, self.now.position), np.maximum(self.upper, self.now.position)
        fast = np.maximum(self.velocity, np.abs(self.now.velocity))
        steep = np.abs(path.next.acceleration) <= self.acceleration * (1 + 1e-9)
        return (path.lowest >= lower) & (path.highest <= upper) & (path.fastest <= fast) & steep


def _merged(mask: np.ndarray, one: Path, other: Path) -> Path:
    """The one path for the joints (J,) of the mask, the other for the rest."""
    return Path(
        now=one.now,
        next=one.next.where(mask, other.next),
        brake=one.brake.where(mask, other.brake),
        tick_s=one.tick_s,
        lowest=np.where(mask, one.lowest, other.lowest),
        highest=np.where(mask, one.highest, other.highest),
        fastest=np.where(mask, one.fastest, other.fastest),
    )
