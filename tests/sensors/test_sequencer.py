"""Whatever the network does to packets, they leave the sequencer once, in order, and the rest is counted."""

import numpy as np
import pytest

from robot.errors import InvalidInput
from sensors.packets import CameraFrame, ImuSample, LidarScan
from sensors.sequencer import Sequencer

LATER = 10**12


def _sample(stamp_ns: int, sensor: str = "imu") -> ImuSample:
    return ImuSample(stamp_ns=stamp_ns, sensor=sensor, angular_velocity_imu=np.zeros(3), specific_force_imu=np.zeros(3))


def _scan(stamp_ns: int, count: int) -> LidarScan:
    return LidarScan(
        stamp_ns=stamp_ns, sensor="lidar", points_lidar=np.ones((count, 3), np.float32),
        point_stamp_ns=np.zeros(count, np.int64), intensity=np.ones(count, np.float32),
    )  # fmt: skip


def _sequencer() -> Sequencer:
    return Sequencer({"imu": ImuSample, "other": ImuSample, "lidar": LidarScan, "front": CameraFrame})


def test_what_comes_out_of_order_in_one_turn_leaves_in_order() -> None:
    packets = [_sample(30), _sample(10), _sample(20, "other"), _sample(20)]
    assert [packet.stamp_ns for packet in _sequencer().order(packets, LATER)] == [10, 20, 20, 30]


def test_double_late_future_and_empty_packets_are_counted() -> None:
    sequencer = _sequencer()
    sequencer.order([_sample(10), _sample(30)], 100)
    assert sequencer.order([_sample(10), _sample(30), _sample(20), _sample(101), _scan(50, 0)], 100) == []
    assert sequencer.dropped["imu"] == {"double": 2, "late": 1, "future": 1}
    assert sequencer.dropped["lidar"] == {"empty": 1}


def test_a_packet_from_the_future_is_news_once_its_time_has_come() -> None:
    sequencer = _sequencer()
    assert sequencer.order([_sample(200)], 100) == []
    assert len(sequencer.order([_sample(200)], 200)) == 1


def test_an_unknown_sensor_or_kind_is_refused_and_nothing_is_handed_on_or_counted() -> None:
    sequencer = _sequencer()
    with pytest.raises(InvalidInput, match=r"sensor: unknown 'wrst'; available: front, imu, lidar, other"):
        sequencer.order([_sample(10), _sample(5), _sample(5), _sample(10, "wrst")], LATER)
    with pytest.raises(InvalidInput, match="lidar: expected a LidarScan, got a ImuSample"):
        sequencer.order([_sample(10), _sample(10, "lidar")], LATER)
    assert not sequencer.dropped
    assert len(sequencer.order([_sample(10)], LATER)) == 1


def _scramble(random: np.random.Generator, count: int) -> tuple[list[int], int]:
    """Stamps as they arrive: doubled, swapped over short ways, some lost; and how many there are."""
    stamps = np.repeat(np.arange(1, count + 1) * 10, random.integers(0, 3, count))
    order = np.argsort(np.arange(len(stamps)) + random.uniform(0, 8, len(stamps)), kind="stable")
    return stamps[order].tolist(), len(stamps)


def _run_scrambled(count: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    sequencer, handed_on, at = _sequencer(), [], 0
    stamps, total = _scramble(random, count)
    while at < total:
        size = int(random.integers(1, 12))
        handed_on += [packet.stamp_ns for packet in sequencer.order([_sample(each) for each in stamps[at : at + size]], LATER)]
        at += size
    assert (np.diff(handed_on) > 0).all(), "a sample was handed on twice, or out of order"
    assert len(handed_on) + sum(sequencer.dropped["imu"].values()) == total, "a packet vanished uncounted"


def test_no_sample_is_ever_handed_on_twice_and_none_vanishes_uncounted() -> None:
    _run_scrambled(10_000, seed=0)


@pytest.mark.slow
def test_no_sample_of_a_million_is_handed_on_twice_or_vanishes_uncounted() -> None:
    _run_scrambled(1_000_000, seed=1)
