"""Replay: a recorded episode's packets as a sensor source, stamped anew on the live clock."""

from collections.abc import Sequence
from dataclasses import replace

from robot.clock import Clock
from robot.state import RobotState
from sensors.packets import LidarScan, Packet


class Replay:
    """Gives out the packets of an episode, one loop turn's worth a read, joint states included.

    A read hands out what was recorded in one period, however long the live loop took for its turn, so that the
    recording waits while a policy thinks. Its own joint states say where the recorded robot was, which is what its
    cameras saw. After the end the last turn is given again and again.
    """

    def __init__(self, packets: Sequence[Packet], clock: Clock, period_ns: int = 100_000_000) -> None:
        """Cut the packets into turns at the recorded joint states, one of which begins each turn."""
        self._clock = clock
        self._turns: list[list[Packet]] = []
        ordered = sorted(packets, key=lambda packet: packet.stamp_ns)
        starts = [packet.stamp_ns for packet in ordered if isinstance(packet, RobotState)]
        until = 0
        for start_ns in starts:
            turn = []
            while until < len(ordered) and ordered[until].stamp_ns <= start_ns:
                turn.append(ordered[until])
                until += 1
            self._turns.append(turn)
        self._starts = starts
        self._next = 0

    def read(self) -> Sequence[Packet]:
        """The next turn's packets, its last instant moved to now."""
        if not self._turns:
            return ()
        turn = min(self._next, len(self._turns) - 1)
        self._next += 1
        shift_ns = self._clock.now_ns() - self._starts[turn]
        return tuple(_shifted(packet, shift_ns) for packet in self._turns[turn])

    def close(self) -> None:
        """No packets from now on."""
        self._turns = []


def _shifted(packet: Packet, shift_ns: int) -> Packet:
    """The same packet at another time."""
    moved = replace(packet, stamp_ns=packet.stamp_ns + shift_ns)
    if isinstance(moved, LidarScan):
        return replace(moved, point_stamp_ns=moved.point_stamp_ns + shift_ns)
    return moved
