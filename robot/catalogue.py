"""The one `match` that finds a hardware driver by its name."""

from collections.abc import Callable

from robot.clock import Clock
from robot.driver import Driver
from robot.drivers.perfect import PerfectDriver, PerfectGraspDriver
from robot.errors import one_of
from robot.model import RobotModel

DRIVERS = ("perfect", "perfect_grasp")


def driver_maker(name: str) -> Callable[[RobotModel, Clock], Driver]:
    """What connects to the hardware of that name; importable, so that it can be called in the body's own process."""
    match name:
        case "perfect":
            return PerfectDriver
        case "perfect_grasp":
            return PerfectGraspDriver
    raise one_of("robot.driver", name, DRIVERS)
