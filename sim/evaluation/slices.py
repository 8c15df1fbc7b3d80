"""Slices: a body whose advances are cut into short ones, so that somebody can watch and end one early between two looks."""

from collections.abc import Callable
from dataclasses import replace

from robot.body import Body
from robot.clock import Clock
from robot.obstacles import Obstacles
from robot.records import BodyReport, CommandRecord
from robot.state import RobotState
from robot.trajectory import JointTrajectory
from sensors.packets import Packet


class Slices:
    """A Body and, for the sensors that look only when an advance is over, a SensorSource of the states in between.

    An advance lasts as long as it was asked to unless `ended`, which is asked after every slice but the last, says that
    there is something new to be done.
    """

    def __init__(self, body: Body, clock: Clock, slice_ns: int, ended: Callable[[RobotState], bool]) -> None:
        """Cut the advances of this body."""
        self._body, self._clock, self._slice_ns, self._ended = body, clock, slice_ns, ended
        self._states: list[RobotState] = []

    def state(self) -> RobotState:
        """As the body."""
        return self._body.state()

    def submit(self, trajectory: JointTrajectory | None, obstacles: Obstacles) -> None:
        """As the body."""
        self._body.submit(trajectory, obstacles)

    def advance(self, until_ns: int) -> BodyReport:
        """Slice by slice, until then or until it is ended; what was done in all of them."""
        commands: list[CommandRecord] = []
        while True:
            report = self._body.advance(min(self._clock.now_ns() + self._slice_ns, until_ns))
            commands += report.commands
            self._states.append(self._body.state())
            if self._clock.now_ns() >= until_ns or self._ended(self._states[-1]):
                return replace(report, commands=tuple(commands))

    def degrade(self, reason: str) -> None:
        """As the body."""
        self._body.degrade(reason)

    def stop(self) -> None:
        """As the body."""
        self._body.stop()

    def read(self) -> list[Packet]:
        """The states at the ends of all slices since the last call."""
        states, self._states = self._states, []
        return list(states)

    def close(self) -> None:
        """Nothing: the body is its owner's."""
