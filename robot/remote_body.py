"""RemoteBody: the same controller in a process of its own, so that a policy that hangs or dies can't delay braking."""

import multiprocessing
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from robot.body import dropped_reason
from robot.clock import Clock, WallClock, tick_ns
from robot.control_process import run_control_process
from robot.driver import Driver
from robot.errors import BodyFault
from robot.guard.ladder import Level
from robot.model import RobotModel
from robot.obstacles import Obstacles
from robot.records import BodyReport, CommandRecord
from robot.safety import SafetyConfig
from robot.state import RobotState
from robot.trajectory import JointTrajectory

_START_S = 60.0
_GRACE_S = 2.0


class RemoteBody:
    """A Body whose controller, filter and driver live in a child process behind a pipe.

    When this process dies, however it does, the command stream is lost: the child's next command brakes, one control
    period later at most, and once the robot stands it stops the driver and ends. When this process lives but hangs, its
    plans are merely late: the child follows the one it has and brakes when nothing was submitted for `watchdog_ms`.
    Interrupts from the keyboard don't reach the child.
    """

    def __init__(
        self,
        model: RobotModel,
        safety: SafetyConfig,
        make_driver: Callable[[RobotModel, Clock], Driver],
        clock: WallClock,
        *,
        last_words: Path | None = None,
    ) -> None:
        """Start the child and wait until its driver has given a first state.

        Args:
            model: the robot.
            safety: the filter's configuration.
            make_driver: an importable function or class (it is sent by its name) that connects to the hardware.
            clock: this process's clock; the child shares its start, so stamps compare.
            last_words: where the child writes its black box at its end, if anywhere.
        """
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        arguments = (theirs, model, safety, make_driver, clock.start_ns, last_words)
        self._process = context.Process(target=run_control_process, args=arguments, name="handsight-body", daemon=False)
        self._process.start()
        theirs.close()
        self._model, self._clock = model, clock
        self._state: RobotState | None = None
        self._records: list[CommandRecord] = []
        self._level, self._reason, self._fault = Level.OK, "", ""
        self._last_ns = -1
        self._wait(lambda: self._state is not None, _START_S, "the body's process did not start")

    def state(self) -> RobotState:
        """The newest state that the child has sent."""
        self._receive(0.0)
        if self._state is None:
            raise BodyFault("the body's process has sent no state")
        return self._state

    def submit(self, trajectory: JointTrajectory | None, obstacles: Obstacles) -> None:
        """Send both to the child; this feeds its watchdog."""
        self._send("submit", trajectory, obstacles)

    def advance(self, until_ns: int) -> BodyReport:
        """Wait until the child has commanded every tick before `until_ns`, and report those not reported yet."""
        last = -(-until_ns * self._model.control_hz // 1_000_000_000) - 1  # the last tick before until_ns
        due_ns = tick_ns(last, self._model.control_hz)
        timeout_s = max(until_ns - self._clock.now_ns(), 0) * 1e-9 + _GRACE_S
        self._wait(lambda: self._last_ns >= due_ns, timeout_s, "the body's process has stopped reporting")
        self._clock.wait_until(until_ns)
        records, self._records = tuple(self._records), []
        return BodyReport(commands=records, level=self._level, reason=self._reason or dropped_reason(records))

    def rearm(self) -> None:
        """Leave ESTOP: the child starts anew from where the robot is."""
        self._send("rearm")

    def degrade(self, reason: str) -> None:
        """Go at half speed for this reason, at full speed again for an empty one."""
        self._send("degrade", reason)

    def stop(self) -> None:
        """Tell the child to brake now and to latch ESTOP; it brakes as well if it can't be told."""
        with suppress(BodyFault):
            self._send("stop")

    def close(self) -> None:
        """Close the pipe: the child brakes, gives the hardware back and ends."""
        if self._pipe.closed:
            return
        with suppress(BodyFault):
            self._send("close")
        deadline = time.monotonic() + _GRACE_S * 4
        while self._process.is_alive() and time.monotonic() < deadline:
            with suppress(BodyFault):
                self._receive(0.05)
            self._process.join(0.05)
        self._pipe.close()
        self._process.join(_GRACE_S)

    @property
    def process_id(self) -> int:
        """The child's process id."""
        return int(self._process.pid or 0)

    def _wait(self, done: Callable[[], bool], timeout_s: float, complaint: str) -> None:
        """Receive until it is so."""
        deadline = time.monotonic() + timeout_s
        while not done():
            self._receive(0.02)
            if not done() and time.monotonic() > deadline:
                raise BodyFault(complaint)

    def _send(self, *message: object) -> None:
        """Send one message, or say that the child is gone."""
        try:
            self._pipe.send(message)
        except (OSError, ValueError) as error:
            raise BodyFault(self._fault or "the body's process is gone; the robot has braked") from error

    def _receive(self, timeout_s: float) -> None:
        """Take in everything that the child has sent; wait that long if there is nothing."""
        try:
            while self._pipe.poll(timeout_s):
                kind, *content = self._pipe.recv()
                self._take(kind, content)
                timeout_s = 0.0
        except (EOFError, OSError) as error:
            raise BodyFault(self._fault or "the body's process is gone; the robot has braked") from error

    def _take(self, kind: str, content: list) -> None:
        """Remember one message: a report, or why the child has ended."""
        if kind == "fault":
            self._fault = content[0]
            return
        self._state, records, self._level, self._reason = content
        self._records += records
        self._last_ns = records[-1].stamp_ns if records else self._last_ns
