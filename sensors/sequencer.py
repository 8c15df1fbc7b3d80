"""Sequencer: packets that come late, twice or out of order leave it once and in order, or are counted as dropped."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from robot.errors import InvalidInput
from sensors.packets import Packet


class Sequencer:
    """Puts packets of all sensors in order of their stamps.

    `dropped` counts, per sensor and reason, what was refused: "double" (a stamp seen before), "late" (older than
    what was already handed on) and "future" (a stamp ahead of the clock).
    """

    def __init__(self, sensors: Iterable[str]) -> None:
        """Begin with nothing seen of these sensors."""
        self._handed_on_ns = {sensor: -1 for sensor in sensors}
        self.dropped: dict[str, Counter[str]] = defaultdict(Counter)

    def order(self, packets: Iterable[Packet], now_ns: int) -> list[Packet]:
        """The packets that are news, oldest first; the others are counted.

        Raises:
            InvalidInput: a packet of a sensor that the set-up does not have; nothing was handed on.
        """
        packets = list(packets)
        for packet in packets:
            if packet.sensor not in self._handed_on_ns:
                raise InvalidInput(f"sensor: unknown {packet.sensor!r}; available: {', '.join(sorted(self._handed_on_ns))}")
        ordered: list[Packet] = []
        for packet in sorted(packets, key=lambda packet: packet.stamp_ns):
            reason = self._refusal(packet, now_ns)
            if reason:
                self.dropped[packet.sensor][reason] += 1
            else:
                self._handed_on_ns[packet.sensor] = packet.stamp_ns
                ordered.append(packet)
        return ordered

    def _refusal(self, packet: Packet, now_ns: int) -> str:
        """Why a packet is not news, or an empty string."""
        newest_ns = self._handed_on_ns[packet.sensor]
        if packet.stamp_ns > now_ns:
            return "future"
        if packet.stamp_ns == newest_ns:
            return "double"
        return "late" if packet.stamp_ns < newest_ns else ""
