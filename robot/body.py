"""Body: all that the loop sees of controller, filter and driver."""

from typing import Protocol

from robot.clock import Clock, tick_ns
from robot.controller import Controller
from robot.errors import BodyFault
from robot.obstacles import Obstacles
from robot.records import BodyReport, CommandRecord
from robot.state import RobotState
from robot.trajectory import JointTrajectory

_LONGEST_STOP_S = 3.0


class Body(Protocol):
    """A robot that follows joint trajectories safely, in this process (LocalBody) or in its own (RemoteBody).

    The loop calls, once per policy tick: `state`, `degrade`, `submit`, `advance`. The body goes on with the trajectory it
    has until a newer one comes, holds still at its end, and brakes when the ladder says so.
    """

    def state(self) -> RobotState:
        """The newest measured state, `attached` included."""
        ...

    def submit(self, trajectory: JointTrajectory | None, obstacles: Obstacles) -> None:
        """Hand over what is seen now and, unless None, what to follow from its stamp on; this feeds the dead-man.

        An expired trajectory, or one of an older epoch, is dropped, and `advance` reports why.
        """
        ...

    def advance(self, until_ns: int) -> BodyReport:
        """Let time pass until the clock shows `until_ns`, commanding at every control tick on the way.

        Raises:
            BodyFault: the driver or its process is gone; the robot has braked.
        """
        ...

    def degrade(self, reason: str) -> None:
        """Go at half speed for this reason from the next tick on, at full speed again for an empty one.

        Raises:
            BodyFault: the driver or its process is gone; the robot has braked.
        """
        ...

    def stop(self) -> None:
        """Emergency stop: brake now, latch ESTOP. Idempotent; never raises."""
        ...

    def close(self) -> None:
        """Brake, end the process if there is one, give the hardware back. Idempotent; never raises."""
        ...


class LocalBody:
    """Controller, filter and driver in this process, in lockstep with whoever calls `advance`.

    For simulation, where the clock is the world, and for watching hardware from one's own loop; hardware that must
    brake even when this process hangs wants a RemoteBody.
    """

    def __init__(self, controller: Controller, clock: Clock, *, simulated_time: bool = False) -> None:
        """Arm the controller where the robot stands; in simulated time silence is no fault, so the watchdog is off."""
        self.controller, self.clock = controller, clock
        if simulated_time:
            controller.watchdog_s = None
        self._records: list[CommandRecord] = []
        self._ticking = self._closed = False
        controller.arm()
        self._align()

    def state(self) -> RobotState:
        """The driver's newest measured state, with what is held."""
        return self.controller.state()

    def submit(self, trajectory: JointTrajectory | None, obstacles: Obstacles) -> None:
        """Hand both to the controller."""
        self.controller.accept(trajectory, obstacles)

    def advance(self, until_ns: int) -> BodyReport:
        """Tick at every control period before `until_ns`; ticks that lie in the past already are left out."""
        if self._closed:
            raise BodyFault("the body is closed")
        self._align()
        while tick_ns(self._tick, self._rate_hz) < until_ns:
            self._tick_once()
        self.clock.wait_until(until_ns)
        return self._report()

    def degrade(self, reason: str) -> None:
        """Tell the controller."""
        self.controller.degraded = reason

    def rearm(self) -> None:
        """Leave ESTOP, or start anew after the world was put back: the robot begins where it is measured to be."""
        self.controller.rearm()
        self._records = []
        self._align()

    def stop(self) -> None:
        """Latch ESTOP and brake to standstill before this returns, unless it is called from within a tick."""
        self.controller.stop()
        self._come_to_rest()

    def close(self) -> None:
        """Brake to standstill and give the driver back."""
        if self._closed:
            return
        self.controller.hold("the body is being closed")
        self._come_to_rest()
        self._closed = True
        self.controller.driver.close()

    @property
    def _rate_hz(self) -> int:
        """The control rate."""
        return self.controller.model.control_hz

    def _align(self) -> None:
        """Let the next tick be the first of the grid that is not past."""
        self._tick = -(-self.clock.now_ns() * self._rate_hz // 1_000_000_000)

    def _tick_once(self) -> None:
        """Wait for the next tick of the grid and command."""
        self.clock.wait_until(tick_ns(self._tick, self._rate_hz))
        self._tick += 1
        self._ticking = True
        try:
            self._records.append(self.controller.tick())
        finally:
            self._ticking = False

    def _come_to_rest(self) -> None:
        """Tick until the commanded motion stands; the driver's own stop is the last word."""
        if self._ticking or self._closed:
            return
        try:
            self._align()
            for _ in range(int(_LONGEST_STOP_S * self._rate_hz)):
                self._tick_once()
                if self.controller.filter.still:
                    break
            self.clock.wait_until(tick_ns(self._tick, self._rate_hz))
        except Exception:  # a driver that is gone can't be braked by commands; its own stop follows
            self._ticking = False
        self.controller.driver.stop()

    def _report(self) -> BodyReport:
        """What happened since the last report; why trajectories were dropped stands in it too."""
        records, self._records = tuple(self._records), []
        ladder = self.controller.filter.ladder
        return BodyReport(commands=records, level=ladder.level, reason=ladder.reason or dropped_reason(records))


def dropped_reason(records: tuple[CommandRecord, ...]) -> str:
    """Why a trajectory was not taken, if one was not; the last such sentence, else empty."""
    codes = ("epoch", "expired", "joints")
    return next((each.detail for record in reversed(records) for each in record.interventions if each.code in codes), "")
