"""Rules that must be kept on the way to a goal: distance, side, region and speed; each says its tolerance."""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from policies.language.program import Relation
from sim.objects import SceneObject
from sim.tasks.placement import SIDES, in_region
from sim.tasks.truth import Truth

DISTANCE_TOLERANCE = 0.005
SIDE_TOLERANCE = 0.01
SHOVED = 0.01
MOVING = 0.03
LEAST_TIMES = 10
WATCH_HZ = 30  # one look for each centimetre at 0.3 m/s
USUAL = 75.0

Zone = Callable[[Truth], bool]
"""Whether the tool is in some part of space now."""


class Rule(Protocol):
    """Something that must hold all the way; made when the task begins."""

    def watch(self, truth: Truth) -> None:
        """See the world, `WATCH_HZ` times a second."""
        ...

    def broken(self) -> str:
        """How it was broken, a clause; empty if it was kept."""
        ...


class KeptAway:
    """The tool centre point stays at least so far (m) from a thing's surface, an upright cylinder; 5 mm less are forgiven."""

    def __init__(self, thing: SceneObject, distance: float) -> None:
        """From what, and how far."""
        self._thing, self._distance, self._least = thing, distance, np.inf

    def watch(self, truth: Truth) -> None:
        """Note the least distance."""
        self._least = min(self._least, distance_to(self._thing, truth))

    def broken(self) -> str:
        """Whether it came nearer."""
        kept = self._least >= self._distance - DISTANCE_TOLERANCE
        return "" if kept else f"the tool came within {self._least:.3f} m of the {self._thing.name}, not {self._distance:.2f} m"


class Undisturbed:
    """A thing stays where it was, within 1 cm, and the robot never presses on it."""

    def __init__(self, thing: SceneObject, truth: Truth) -> None:
        """Note where it lies."""
        self._thing, self._start, self._how = thing, truth.position(thing), ""

    def watch(self, truth: Truth) -> None:
        """Note the first disturbance."""
        if not self._how and truth.pressed_by_robot(self._thing):
            self._how = f"the robot touched the {self._thing.name}"
        elif not self._how and np.linalg.norm(truth.position(self._thing) - self._start) > SHOVED:
            self._how = f"the {self._thing.name} was moved"

    def broken(self) -> str:
        """How it was disturbed first."""
        return self._how


class StayedOnSide:
    """The tool stays on one side of a thing's middle: at most 1 cm across the plane through it."""

    def __init__(self, thing: SceneObject, side: Relation, truth: Truth) -> None:
        """Which side, as `SIDES` has it."""
        self._thing, self._side, self._middle = thing, side, truth.position(thing)[:2]
        self._least = np.inf

    def watch(self, truth: Truth) -> None:
        """Note how far on the side the tool is."""
        self._least = min(self._least, float((truth.tool()[:2, 3] - self._middle) @ SIDES[self._side]))

    def broken(self) -> str:
        """Whether it went across."""
        kept = self._least >= -SIDE_TOLERANCE
        return "" if kept else f"the tool was not always {self._side} the {self._thing.name}"


class StayedInRegion:
    """A thing's middle never leaves a part of the table, give or take what `in_region` forgives."""

    def __init__(self, thing: SceneObject, region: str) -> None:
        """What must stay where."""
        self._thing, self._region, self._left = thing, region, False

    def watch(self, truth: Truth) -> None:
        """Note whether it left."""
        self._left = self._left or not in_region(self._region, truth.position(self._thing)[:2], truth.scene.config)

    def broken(self) -> str:
        """Whether it ever left."""
        return f"the {self._thing.name} left the {self._region} of the table" if self._left else ""


class ToolSpeed:
    """How fast the tool moves, from where it was a look ago."""

    def __init__(self) -> None:
        """Nothing seen yet."""
        self._last: np.ndarray | None = None

    def now(self, truth: Truth) -> float:
        """Its speed since the last look, m/s; 0 at the first."""
        last, self._last = self._last, truth.tool()[:3, 3]
        return 0.0 if last is None else float(np.linalg.norm(self._last - last)) * WATCH_HZ


class SpeedInZone:
    """Inside a zone the tool moves at some times its speed outside, at least half the way from 1 to that ratio.

    Compared are the speeds below which the tool stays three quarters of the time that it moves at all (faster than
    3 cm/s). With less than a third of a second of motion on either side there is nothing to compare and the rule is kept.
    """

    def __init__(self, zone: Zone, ratio: float) -> None:
        """Where, and how many times as fast."""
        self._zone, self._ratio, self._speed = zone, ratio, ToolSpeed()
        self._speeds: dict[bool, list[float]] = {True: [], False: []}

    def watch(self, truth: Truth) -> None:
        """Note the speed now, and on which side."""
        if (speed := self._speed.now(truth)) > MOVING:
            self._speeds[self._zone(truth)].append(speed)

    def broken(self) -> str:
        """Whether the two speeds differ by too little."""
        inside, outside = self._speeds[True], self._speeds[False]
        if min(len(inside), len(outside)) < LEAST_TIMES:
            return ""
        return _off_speed(usual(inside) / usual(outside), self._ratio, "its speed elsewhere")


class SpeedOverall:
    """All the way the tool moves at some times the normal speed (m/s), at least half the way from 1 to that ratio.

    Judged is the speed below which it stays three quarters of the time that it moves at all (faster than 3 cm/s).
    """

    def __init__(self, ratio: float, normal: float) -> None:
        """How many times as fast as what."""
        self._ratio, self._normal, self._speed = ratio, normal, ToolSpeed()
        self._speeds: list[float] = []

    def watch(self, truth: Truth) -> None:
        """Note the speed now."""
        if (speed := self._speed.now(truth)) > MOVING:
            self._speeds.append(speed)

    def broken(self) -> str:
        """Whether it was not so."""
        if not self._speeds:
            return "the tool never moved"
        return _off_speed(usual(self._speeds) / self._normal, self._ratio, "the normal speed")


def usual(speeds: list[float]) -> float:
    """The speed that is not exceeded three quarters of the time."""
    return float(np.percentile(speeds, USUAL))


def distance_to(thing: SceneObject, truth: Truth) -> float:
    """From the tool centre point to the surface of the upright cylinder that holds a thing, m; 0 inside."""
    away = truth.tool()[:3, 3] - truth.position(thing)
    across = max(float(np.linalg.norm(away[:2])) - thing.radius, 0.0)
    return float(np.hypot(across, max(abs(float(away[2])) - thing.half_height, 0.0)))


def _off_speed(reached: float, ratio: float, of_what: str) -> str:
    """Why a speed is not as asked for; empty if it is."""
    wanted = (1 + ratio) / 2
    kept = reached <= wanted if ratio < 1 else reached >= wanted
    return "" if kept else f"the tool moved at {reached:.2f} times {of_what}, asked for was {ratio:g}"
