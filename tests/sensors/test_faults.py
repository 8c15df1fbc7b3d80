"""Every fault of every sensor is noticed in time, touches nobody else, and is over when it is over."""

import numpy as np
import pytest

from robot.errors import InvalidInput
from sensors.faults import MODES, FaultConfig, FaultScheduleConfig, FaultySource, refuse_unknown, scheduled, with_faults
from tests.contracts.source_contract import source_contract
from tests.sensors.recording import LOOP_NS, recording

SENSORS = ("front", "wrist", "lidar", "imu")
FIRST, LAST = 4, 10  # the turns that are spoiled; every one before and after is sound
IN_TIME = {"stuck": 3}  # periods; 2 for the others


@pytest.fixture(scope="module", autouse=True)
def recorded() -> None:
    recording()  # made once, before any test


def _fault(mode: str, sensor: str) -> FaultConfig:
    start_ns = recording().turns[FIRST - 1][2] + 1_000_000
    return FaultConfig(sensor=sensor, mode=mode, start_s=start_ns * 1e-9, duration_s=(LAST - FIRST) * LOOP_NS * 1e-9)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("sensor", SENSORS)
@pytest.mark.parametrize("mode", MODES)
def test_a_fault_is_noticed_in_time_and_over_when_it_is_over(mode: str, sensor: str, seed: int) -> None:
    observations = recording().observe([_fault(mode, sensor)], seed)
    valid = [observation.health[sensor].valid for observation in observations]
    assert all(valid[:FIRST])
    assert not all(valid[FIRST : FIRST + IN_TIME.get(mode, 2)]), f"{mode} of {sensor}: not noticed in time"
    assert all(valid[LAST + 3 :]), observations[-1].health[sensor].reason
    assert all(each.health[name].valid for each in observations for name in SENSORS if name != sensor)
    assert all(each.health[sensor].reason for each in observations if not each.health[sensor].valid)


@pytest.mark.parametrize("sensor", ["front", "wrist", "lidar"])
@pytest.mark.parametrize("mode", ["garbage", "wrong"])
def test_what_a_broken_sensor_says_is_not_fused(mode: str, sensor: str) -> None:
    spoiled = recording().observe([_fault(mode, sensor)])[LAST - 1].cloud.points_base
    sound = recording().observe([_fault("off", sensor)])[LAST - 1].cloud.points_base
    np.testing.assert_array_equal(spoiled, sound)


def test_the_same_seed_spoils_the_same_way() -> None:
    once, again, other = (_garbled(seed) for seed in (3, 3, 4))
    assert once == again != other


def _garbled(seed: int) -> bytes:
    played = recording()
    played.turn = FIRST
    source = FaultySource(played, played, [_fault("garbage", "front")], played.calibration.cameras, np.random.default_rng(seed))
    return next(packet.rgb.tobytes() for packet in source.read() if packet.sensor == "front")  # type: ignore[union-attr]


def test_a_spoiled_source_keeps_the_contract_of_sources() -> None:
    played = recording()
    played.turn, turns = 0, list(played.turns)
    camera = type(played)(played.calibration, [(tuple(p for p in t[0] if p.sensor == "front"), *t[1:]) for t in turns])
    reads: list[int] = []

    class Once:
        """Each turn's frame once."""

        def read(self):
            new = camera.turn not in reads
            reads.append(camera.turn)
            return camera.read() if new and camera.turns else ()

        def close(self):
            camera.turns = [((), *turn[1:]) for turn in turns]

    def pass_time() -> None:
        camera.turn += 1

    fault = [_fault("garbage", "front")]
    source_contract(
        FaultySource(Once(), camera, fault, played.calibration.cameras, np.random.default_rng(0)), camera, pass_time
    )


def test_without_faults_a_source_is_not_wrapped() -> None:
    played, random = recording(), np.random.default_rng(0)
    assert with_faults([], "front", played, played, {}, random) is played
    assert with_faults([_fault("off", "wrist")], "front", played, played, {}, random) is played


def test_unknown_modes_and_sensors_are_refused_by_name() -> None:
    played = recording()
    with pytest.raises(InvalidInput, match=r"faults.mode: unknown 'broken'; available: off, stuck"):
        FaultySource(played, played, [FaultConfig(sensor="front", mode="broken")], {}, np.random.default_rng(0))
    with pytest.raises(InvalidInput, match=r"faults\.sensor: unknown 'wrst'; available: front, wrist"):
        refuse_unknown([FaultConfig(sensor="wrst")], ["front", "wrist"])


def _schedule(seed: int, **changes) -> list[FaultConfig]:
    config = FaultScheduleConfig(**{"every_s": 10.0, "duration_s": 2.0, "until_s": 600.0, **changes})
    return scheduled(config, SENSORS, np.random.default_rng(seed))


def test_a_schedule_is_seeded_and_its_faults_do_not_overlap() -> None:
    faults = _schedule(5)
    assert faults == _schedule(5) != _schedule(6)
    assert 50 < len(faults) < 70 and len({(fault.mode, fault.sensor) for fault in faults}) > 15
    starts = np.array([fault.start_s for fault in faults])
    assert (np.diff(starts) > 2).all() and starts[-1] < 600


def test_a_schedule_keeps_to_its_sensors_and_modes_and_is_off_by_default() -> None:
    assert {(each.sensor, each.mode) for each in _schedule(5, sensors=["imu"], modes=["stuck"])} == {("imu", "stuck")}
    assert scheduled(FaultScheduleConfig(), SENSORS, np.random.default_rng(0)) == []


def test_a_schedule_that_can_not_be_kept_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"fault_schedule.every_s: expected more than duration_s = 2.0, got 1.0"):
        _schedule(0, every_s=1.0)
    with pytest.raises(InvalidInput, match=r"fault_schedule.modes: unknown 'broken'; available: off, stuck"):
        _schedule(0, modes=["broken"])
