"""Sequencer: packets that come late, twice or out of order leave it once and in order, or are counted as dropped."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping

from robot.errors import InvalidInput
from sensors.packets import LidarScan, Packet

REMEMBERED = 64  # stamps a sensor: a packet that comes again later than that counts as late, not as double


class Sequencer:
    """Puts packets of all sensors in order of their stamps.

    `dropped` counts, per sensor and reason, what was refused: "double" (a stamp that was handed on before), "late" (older
    than what was handed on), "future" (a stamp ahead of the clock) and "empty" (a sweep without a point).
    """

    def __init__(self, kinds: Mapping[str, type]) -> None:
        """Begin with nothing seen of these sensors, each of which sends one kind of packet."""
        self._kinds = dict(kinds)
        self._handed_on_ns = {sensor: deque([-1], maxlen=REMEMBERED) for sensor in kinds}
        self.dropped: dict[str, Counter[str]] = defaultdict(Counter)

    def order(self, packets: Iterable[Packet], now_ns: int) -> list[Packet]:
        """The packets that are news, oldest first; the others are counted.

        Raises:
            InvalidInput: a packet of a sensor that the set-up does not have, or of another kind than that sensor sends;
                nothing was handed on and nothing counted.
        """
        packets = list(packets)
        for packet in packets:
            self._refuse_foreign(packet)
        ordered: list[Packet] = []
        for packet in sorted(packets, key=lambda packet: (packet.stamp_ns, packet.sensor)):
            reason = self._refusal(packet, now_ns)
            if reason:
                self.dropped[packet.sensor][reason] += 1
            else:
                self._handed_on_ns[packet.sensor].append(packet.stamp_ns)
                ordered.append(packet)
        return ordered

    def _refuse_foreign(self, packet: Packet) -> None:
        """Refuse what no sensor of this set-up sends."""
        kind = self._kinds.get(packet.sensor)
        if kind is None:
            raise InvalidInput(f"sensor: unknown {packet.sensor!r}; available: {', '.join(sorted(self._kinds))}")
        if not isinstance(packet, kind):
            raise InvalidInput(f"{packet.sensor}: expected a {kind.__name__}, got a {type(packet).__name__}")

    def _refusal(self, packet: Packet, now_ns: int) -> str:
        """Why a packet is not news, or an empty string."""
        handed_on_ns = self._handed_on_ns[packet.sensor]
        if packet.stamp_ns > now_ns:
            return "future"
        if packet.stamp_ns <= handed_on_ns[-1]:
            return "double" if packet.stamp_ns in handed_on_ns else "late"
        return "empty" if isinstance(packet, LidarScan) and not len(packet.points_lidar) else ""
