"""The test that every SensorSource runs: call source_contract with a source, its clock and a way to let time pass."""

from collections.abc import Callable, Sequence

from robot.clock import Clock
from robot.state import RobotState
from sensors.packets import CameraFrame, ImuSample, LidarScan
from sensors.source import SensorSource

PACKETS = (CameraFrame, LidarScan, ImuSample, RobotState)


def source_contract(source: SensorSource, clock: Clock, pass_time: Callable[[], None], num_reads: int = 5) -> None:
    """Check what `SensorSource` promises of a source without faults.

    Args:
        source: freshly made; closed afterwards.
        clock: the one it was given.
        pass_time: moves the clock on by at least one period of the source.
        num_reads: how often time passes.
    """
    last_stamp_ns: dict[str, int] = {}
    num_packets = _read_and_check(source, clock, last_stamp_ns)
    for _ in range(num_reads):
        assert _read_and_check(source, clock, last_stamp_ns) == 0, "new packets although no time has passed"
        pass_time()
        num_packets += _read_and_check(source, clock, last_stamp_ns)
    assert num_packets >= num_reads, "fewer packets than periods"
    source.close()
    source.close()
    pass_time()
    assert len(source.read()) == 0, "packets from a closed source"


def _read_and_check(source: SensorSource, clock: Clock, last_stamp_ns: dict[str, int]) -> int:
    """Read once and check each packet; how many there were."""
    packets = source.read()
    assert isinstance(packets, Sequence)
    for packet in packets:
        assert isinstance(packet, PACKETS)
        sensor = getattr(packet, "sensor", "state")
        assert packet.stamp_ns <= clock.now_ns(), f"{sensor}: a stamp after now"
        assert packet.stamp_ns >= last_stamp_ns.get(sensor, 0), f"{sensor}: stamps go back"
        last_stamp_ns[sensor] = packet.stamp_ns
    return len(packets)
