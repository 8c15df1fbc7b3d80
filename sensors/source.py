"""SensorSource: the contract between us and any sensor."""

from collections.abc import Sequence
from typing import Protocol

from sensors.packets import Packet


class SensorSource(Protocol):
    """One device, or several behind one connection, that says what it measured.

    `tests/contracts/source_contract.py` is the test that every source runs.
    """

    def read(self) -> Sequence[Packet]:
        """All packets that came since the last call, in order of arrival; empty if none did. Never blocks.

        Stamps are on the clock that the source was given. A packet may come late, twice or out of order: the
        sequencer sorts that out. A source never invents a packet for one that did not come.

        Raises:
            InvalidInput: the device sends what no packet may hold; the next call goes on behind it.
        """
        ...

    def close(self) -> None:
        """Give the device back. Idempotent; never raises."""
        ...
