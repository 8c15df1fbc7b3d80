"""Clock: what time it is and how to wait; WallClock for hardware, a simulated world is a Clock of its own."""

import time
from typing import Protocol


class Clock(Protocol):
    """Monotonic time in integer nanoseconds; the only source of time past a program's first line.

    Stamps of one clock compare; stamps of two do not. In simulation waiting is what moves the world on, and
    wall time never enters.
    """

    def now_ns(self) -> int:
        """The present stamp: at least 0, never less than at the call before."""
        ...

    def wait_until(self, stamp_ns: int) -> None:
        """Return once now_ns() >= stamp_ns; at once if that is so already."""
        ...


class WallClock:
    """The machine's monotonic clock, counted from its own start.

    Attributes:
        start_ns: the machine's monotonic time at its start; two processes that share it have comparable stamps.
    """

    def __init__(self, start_ns: int | None = None) -> None:
        """Begin at 0 now, or share the start of another process's clock."""
        self.start_ns = time.monotonic_ns() if start_ns is None else start_ns

    def now_ns(self) -> int:
        """Nanoseconds since the start."""
        return time.monotonic_ns() - self.start_ns

    def wait_until(self, stamp_ns: int) -> None:
        """Sleep until then."""
        while (left_ns := stamp_ns - self.now_ns()) > 0:
            time.sleep(left_ns * 1e-9)


def tick_ns(tick: int, rate_hz: int) -> int:
    """The stamp of the tick-th tick of a rate, rounded down; free of drift because it is not summed up."""
    return tick * 1_000_000_000 // rate_hz
