"""The control process: what a RemoteBody runs in its child: pipe in, ticks on the grid, reports out."""

import json
import os
import queue
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from robot.clock import Clock, WallClock, tick_ns
from robot.collision import CollisionShapes
from robot.controller import Controller
from robot.driver import Driver
from robot.errors import BodyFault
from robot.kinematics import Kinematics
from robot.model import RobotModel
from robot.records import CommandRecord
from robot.safety import SafetyConfig, SafetyFilter

_REPORT_HZ = 60
_LONGEST_STOP_S = 3.0
_GONE = "the process that commands the robot is gone"
_QUEUE = 1000  # reports that wait for a parent that does not read; older ones are dropped


def run_control_process(
    pipe: Connection,
    model: RobotModel,
    safety: SafetyConfig,
    make_driver: Callable[[RobotModel, Clock], Driver],
    start_ns: int,
    last_words: Path | None,
) -> None:
    """Control the robot until the other end of the pipe says close, or is gone; leave it standing."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    outbox = Outbox(pipe)
    try:
        clock = WallClock(start_ns)
        controller = make_controller(model, safety, make_driver(model, clock), clock)
        ControlProcess(pipe, outbox, controller, clock).run(last_words)
    except Exception as error:
        outbox.put(("fault", f"the body's process has failed: {error}"))
    outbox.close()


def make_controller(model: RobotModel, safety: SafetyConfig, driver: Driver, clock: Clock) -> Controller:
    """Filter and controller of one robot, with its kinematics if it has any; still disarmed."""
    kinematics = Kinematics(model) if model.kind == "arm" else None
    shapes = CollisionShapes(model, kinematics) if kinematics is not None else None
    return Controller(model, SafetyFilter(model, kinematics, shapes, safety), driver, clock, safety)


class Outbox:
    """Sends from a thread of its own, because a pipe whose reader hangs would block the control loop."""

    def __init__(self, pipe: Connection) -> None:
        """Start the thread."""
        self._pipe = pipe
        self._queue: queue.Queue[tuple | None] = queue.Queue(_QUEUE)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def put(self, message: tuple | None) -> None:
        """Queue a message; drop the oldest if nobody reads."""
        while True:
            try:
                return self._queue.put_nowait(message)
            except queue.Full:
                with suppress(queue.Empty):
                    self._queue.get_nowait()

    def close(self) -> None:
        """Send what is queued, as long as somebody reads."""
        self.put(None)
        self._thread.join(1.0)

    def _run(self) -> None:
        """Send until told to end or nobody is there."""
        with suppress(OSError, ValueError):
            while (message := self._queue.get()) is not None:
                self._pipe.send(message)


class ControlProcess:
    """The loop of the child.

    Two different things may go wrong with whoever commands it. The stream is lost: the other end of the pipe is closed,
    or the process that held it is gone; every tick looks for both before it commands, so the first command after the
    loss brakes already, one period later at most. Or a plan is late while the stream stands, because the process hangs
    or thinks: then the trajectory at hand goes on until the watchdog or its own expiry ends it.
    """

    def __init__(self, pipe: Connection, outbox: Outbox, controller: Controller, clock: Clock) -> None:
        """Control through this controller, hear and report through this pipe."""
        self._pipe, self._outbox, self._controller, self._clock = pipe, outbox, controller, clock
        self._parent = os.getppid()
        self._rate_hz = controller.model.control_hz
        self._records: list[CommandRecord] = []
        self._ended = ""

    def run(self, last_words: Path | None) -> None:
        """Tick on the grid until the other end is gone and the robot stands."""
        controller = self._controller
        try:
            controller.arm()
            self._tick_until(lambda: bool(self._ended))
            deadline_ns = self._clock.now_ns() + int(_LONGEST_STOP_S * 1e9)
            self._tick_until(lambda: controller.filter.still or self._clock.now_ns() > deadline_ns)
        except BodyFault as error:
            self._outbox.put(("fault", str(error)))
        finally:
            controller.driver.stop()
            if last_words is not None:
                write_last_words(last_words, controller, self._ended)
            controller.driver.close()

    def _tick_until(self, done: Callable[[], bool]) -> None:
        """Tick and report, at every tick of the grid; ticks that were missed are left out."""
        every = max(1, self._rate_hz // _REPORT_HZ)
        while not done():
            tick = -(-self._clock.now_ns() * self._rate_hz // 1_000_000_000)
            self._clock.wait_until(tick_ns(tick, self._rate_hz))
            self._records.append(self.tick())
            if len(self._records) >= every:
                self._report()

    def tick(self) -> CommandRecord:
        """Hear what the other end has to say, then command; brake if there is no other end any more."""
        self._listen()
        if self._ended:
            self._controller.hold(self._ended)
        return self._controller.tick()

    def _listen(self) -> None:
        """Do what the other end has sent; if it is gone, the end has come.

        A process forked from the other end keeps the pipe open after its death, so the parent is looked for as well.
        """
        try:
            while not self._ended and self._pipe.poll():
                self._obey(*self._pipe.recv())
        except (EOFError, OSError):
            self._ended = _GONE
        if not self._ended and os.getppid() != self._parent:
            self._ended = _GONE

    def _obey(self, kind: str, *content: object) -> None:
        """Carry out one message."""
        match kind:
            case "submit":
                self._controller.accept(*content)  # type: ignore[arg-type]
            case "stop":
                self._controller.stop()
            case "rearm":
                self._controller.rearm()
            case "degrade":
                self._controller.degraded = str(content[0])
            case _:
                self._ended = "the body is being closed"

    def _report(self) -> None:
        """Send the newest state, the commands since the last report, and where the ladder stands."""
        state = self._controller.trace[-1][0]
        if state is not None:
            ladder = self._controller.filter.ladder
            self._outbox.put(("report", state, self._records, ladder.level, ladder.reason))
            self._records = []


def write_last_words(path: Path, controller: Controller, reason: str) -> None:
    """The last states and commands as JSON, in place only when complete."""
    ticks = [
        {
            "stamp_ns": record.stamp_ns,
            "commanded_position": record.joint_position.tolist(),
            "commanded_velocity": record.joint_velocity.tolist(),
            "measured_position": None if state is None else state.joint_position.tolist(),
            "level": record.level.name,
            "interventions": [each.code for each in record.interventions],
        }
        for state, record in controller.trace
    ]
    words = {"reason": reason, "still": controller.filter.still, "ticks": ticks}
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(words, indent=1))
    partial.replace(path)
