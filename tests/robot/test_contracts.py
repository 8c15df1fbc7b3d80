"""The contracts of clock, driver and body, run on every implementation in robot/."""

from robot.body import Body, LocalBody
from robot.clock import Clock, WallClock
from robot.control_process import make_controller
from robot.driver import Driver
from robot.drivers.perfect import PerfectDriver
from robot.model import RobotModel
from robot.remote_body import RemoteBody
from robot.safety import SafetyConfig
from tests.contracts.body_contract import BodyContract
from tests.contracts.clock_contract import ClockContract
from tests.contracts.driver_contract import DriverContract
from tests.robot.arms import panda


class SteppedClock:
    """Time that passes only while somebody waits, as in a simulated world."""

    def __init__(self) -> None:
        self._now_ns = 0

    def now_ns(self) -> int:
        return self._now_ns

    def wait_until(self, stamp_ns: int) -> None:
        self._now_ns = max(self._now_ns, stamp_ns)


class TestWallClock(ClockContract):
    def make_clock(self) -> Clock:
        return WallClock()


class TestSteppedClock(ClockContract):
    def make_clock(self) -> Clock:
        return SteppedClock()


class TestPerfectDriver(DriverContract):
    tracking = 1e-4

    def make_driver(self) -> tuple[Driver, RobotModel, Clock]:
        model, clock = panda(), SteppedClock()
        return PerfectDriver(model, clock), model, clock


class TestLocalBody(BodyContract):
    def make_body(self) -> tuple[Body, RobotModel, Clock]:
        model, clock = panda(), SteppedClock()
        controller = make_controller(model, SafetyConfig(), PerfectDriver(model, clock), clock)
        return LocalBody(controller, clock, simulated_time=True), model, clock


class TestRemoteBody(BodyContract):
    def make_body(self) -> tuple[Body, RobotModel, Clock]:
        model, clock = panda(), WallClock()
        return RemoteBody(model, SafetyConfig(), PerfectDriver, clock), model, clock


def test_two_wall_clocks_of_one_start_agree() -> None:
    first = WallClock()
    second = WallClock(first.start_ns)
    between = [first.now_ns(), second.now_ns(), first.now_ns()]
    assert between == sorted(between)
