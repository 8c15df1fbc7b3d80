"""A replayed episode is a source: turn by turn, on the live clock, its own joint states included."""

import numpy as np

from robot.state import RobotState
from sensors.devices.replay import Replay
from sensors.packets import CameraFrame, ImuSample, LidarScan
from tests.policies.recorded import PERIOD_NS, packets

START_NS = 50_000_000_000


class SteppedClock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.stamp_ns = START_NS

    def now_ns(self) -> int:
        return self.stamp_ns

    def wait_until(self, stamp_ns: int) -> None:
        self.stamp_ns = max(self.stamp_ns, stamp_ns)

    def pass_time(self) -> None:
        self.stamp_ns += PERIOD_NS


def replayed(num_turns: int = 4) -> tuple[Replay, SteppedClock]:
    clock = SteppedClock()
    return Replay(packets(num_turns), clock), clock


def test_a_read_gives_one_turn_of_every_sensor() -> None:
    replay, clock = replayed()
    for _ in range(4):
        turn = replay.read()
        assert [packet.sensor for packet in turn] == ["imu", "imu", "lidar", "front", "mono", "joints"]
        clock.pass_time()


def test_every_packet_of_the_recording_is_given_out_once_and_in_order() -> None:
    replay, clock = replayed()
    given = []
    for _ in range(4):
        given += replay.read()
        clock.pass_time()
    for ours, theirs in zip(packets(4), given, strict=True):
        assert type(ours) is type(theirs)
        assert theirs.stamp_ns - ours.stamp_ns == START_NS - 1_000_000_000
        if isinstance(ours, CameraFrame) and isinstance(theirs, CameraFrame):
            np.testing.assert_array_equal(ours.rgb, theirs.rgb)
        if isinstance(ours, RobotState) and isinstance(theirs, RobotState):
            np.testing.assert_array_equal(ours.joint_position, theirs.joint_position)
            assert (ours.attached is None) == (theirs.attached is None)


def test_the_end_of_a_turn_is_now_and_nothing_comes_from_the_future() -> None:
    replay, clock = replayed()
    for passed_ns in (0, 37_000_000, 400_000_000):  # however long the live loop took
        clock.stamp_ns += passed_ns
        turn = replay.read()
        assert turn[-1].stamp_ns == clock.now_ns()
        assert max(packet.stamp_ns for packet in turn) == clock.now_ns()


def test_the_time_between_packets_of_a_turn_is_as_recorded() -> None:
    replay, _ = replayed()
    turn = replay.read()
    recorded = packets(4)[: len(turn)]
    assert np.diff([packet.stamp_ns for packet in turn]).tolist() == np.diff([packet.stamp_ns for packet in recorded]).tolist()


def test_a_sweeps_points_move_in_time_with_it() -> None:
    replay, _ = replayed()
    (scan,) = (packet for packet in replay.read() if isinstance(packet, LidarScan))
    assert scan.point_stamp_ns[-1] == scan.stamp_ns


def test_the_last_turn_is_given_again_and_again() -> None:
    replay, clock = replayed(2)
    turns = []
    for _ in range(5):
        turns.append(replay.read())
        clock.pass_time()
    for turn in turns[2:]:
        assert len(turn) == len(turns[1])
        assert turn[-1].stamp_ns > turns[1][-1].stamp_ns
        for ours, theirs in zip(turns[1], turn, strict=True):
            if isinstance(ours, ImuSample) and isinstance(theirs, ImuSample):
                np.testing.assert_array_equal(ours.specific_force_imu, theirs.specific_force_imu)


def test_a_recording_without_joint_states_or_packets_gives_nothing() -> None:
    assert not Replay((), SteppedClock()).read()
    assert not Replay([each for each in packets(2) if not isinstance(each, RobotState)], SteppedClock()).read()


def test_packets_may_be_handed_over_in_any_order() -> None:
    shuffled = [packets(4)[k] for k in np.random.default_rng(0).permutation(len(packets(4)))]
    expected, clock = replayed()
    replay = Replay(shuffled, clock)
    for _ in range(4):
        assert [packet.stamp_ns for packet in replay.read()] == [packet.stamp_ns for packet in expected.read()]
        clock.pass_time()


def test_a_closed_replay_is_silent() -> None:
    replay, _ = replayed()
    replay.close()
    replay.close()
    assert not replay.read()


def test_a_turn_is_given_at_each_read_even_if_no_time_has_passed() -> None:
    replay, _ = replayed()
    first, second = replay.read(), replay.read()
    assert len(first) == len(second)
    assert any(
        not np.array_equal(a.joint_position, b.joint_position)
        for a, b in zip(first, second, strict=True)
        if isinstance(a, RobotState) and isinstance(b, RobotState)
    )
