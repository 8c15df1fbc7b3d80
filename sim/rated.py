"""RatedSource: a simulated sensor that speaks at a fixed rate, and latest_tick(), where on its grid it is."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from robot.clock import Clock, tick_ns
from sensors.packets import CameraFrame, LidarScan

P = TypeVar("P", CameraFrame, LidarScan)


def latest_tick(now_ns: int, rate_hz: int) -> int:
    """The number of the last tick of a rate whose stamp, by `tick_ns`, is not after now."""
    return ((now_ns + 1) * rate_hz - 1) // 1_000_000_000


class RatedSource(ABC, Generic[P]):
    """A SensorSource whose packets lie on the grid of its rate: at most one each read, the newest that is due.

    A packet is made when it is read, so it shows the world as it is then and not at its stamp: both are the same where
    reads fall on the grid (policy ticks do), else it is younger than its stamp by less than one period. Packets that
    nobody read are never made.
    """

    def __init__(self, clock: Clock, rate_hz: int) -> None:
        """Stamped by this clock."""
        self._clock, self._rate_hz = clock, rate_hz
        self._last_tick = -1
        self._closed = False

    @abstractmethod
    def packet(self, tick: int, stamp_ns: int) -> P:
        """What is measured of the world as it is now, for this tick of the rate and its stamp."""

    def read(self) -> Sequence[P]:
        """The newest packet that is due and was not read yet, or nothing."""
        tick = latest_tick(self._clock.now_ns(), self._rate_hz)
        if self._closed or tick == self._last_tick:
            return ()
        self._last_tick = tick
        return (self.packet(tick, tick_ns(tick, self._rate_hz)),)

    def save(self) -> Any:
        """Which tick was read last."""
        return self._last_tick

    def restore(self, saved: Any) -> None:
        """Go on behind the tick that was read last when `saved` was made."""
        self._last_tick = saved

    def close(self) -> None:
        """No packets from now on."""
        self._closed = True
