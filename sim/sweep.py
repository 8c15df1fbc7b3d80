"""Sweep: where everything was at a few instants while a spinning LiDAR turned."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.raycast import RaycastMirror
from sim.world import PHYSICS_HZ, World


@dataclass(frozen=True, eq=False, kw_only=True)
class Instant:
    """One moment of a turn.

    Attributes:
        tick: which physics step, counted from when the sweep began to watch.
        poses: (P, 7) of the mirror's parts.
        T_world_mount: (4, 4) of what the LiDAR is fixed to.
    """

    tick: int
    poses: np.ndarray
    T_world_mount: np.ndarray


class Sweep:
    """Watches a world step by step and remembers the middle of each of the parts that a turn is cut into.

    Attributes:
        count: of the parts.
    """

    def __init__(
        self, world: World, mirror: RaycastMirror, T_world_mount: Callable[[], np.ndarray], rate_hz: int, count: int
    ) -> None:
        """Cut turns at this rate into `count` parts."""
        self._mirror, self._T_world_mount, self.count = mirror, T_world_mount, count
        self._steps = PHYSICS_HZ // rate_hz
        self._middles = {int((2 * part + 1) * self._steps / (2 * count)) for part in range(count)}
        self._tick = 0
        self._instants: list[Instant] = []
        world.on_step.append(self._remember)

    def instants(self) -> list[Instant] | None:
        """The moments of the turn that ends now, oldest first; None if it was not watched whole, or nothing moved in it."""
        past = [each for each in self._instants if each.tick > self._tick - self._steps]
        if len(past) < self.count:
            return None
        now = self._mirror.poses()
        if all(each.poses.shape == now.shape and np.allclose(each.poses, now, rtol=0, atol=1e-4) for each in past):
            return None
        return past[-self.count :]

    def save(self) -> Any:
        """What is remembered."""
        return self._tick, list(self._instants)

    def restore(self, saved: Any) -> None:
        """Remember what was remembered then."""
        self._tick, self._instants = saved[0], list(saved[1])

    def _remember(self) -> None:
        """Look whether this physics step is the middle of a part."""
        self._tick += 1
        if self._tick % self._steps in self._middles:
            instant = Instant(tick=self._tick, poses=self._mirror.poses(), T_world_mount=self._T_world_mount().copy())
            self._instants = [*self._instants[1 - self.count :], instant] if self.count > 1 else [instant]
