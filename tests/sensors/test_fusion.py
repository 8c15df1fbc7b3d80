"""Fusion: what it refuses leaves no trace, any source may go and come back, and nothing that is not finite gets through."""

from dataclasses import replace

import numpy as np
import pytest

from robot.errors import HandsightError, InvalidInput
from robot.transforms import apply, invert
from sensors.calibration import Calibration
from sensors.fusion import Fusion, FusionConfig
from sensors.observation import Observation
from sensors.odometry import Odometry
from sensors.packets import CameraFrame, ImuSample, LidarScan
from tests.sensors.recording import body, fresh_fusion, recording, sensors_config


def _imprint(observation: Observation) -> bytes:
    """All that an observation says, bit for bit."""
    cloud, imu = observation.cloud, observation.imu
    arrays = [cloud.points_base, cloud.rgb, cloud.source, cloud.coloured, imu.stamp_ns, imu.angular_velocity_imu,
              imu.specific_force_imu, observation.gravity_base, *[each.points_base for each in observation.lidar.values()],
              *[each.rgb for each in observation.cameras.values()]]  # fmt: skip
    health = repr([(name, each.age_s, each.valid, each.reason) for name, each in observation.health.items()])
    return b"".join(array.tobytes() for array in arrays) + health.encode()


def _scan(stamp_ns: int, points: np.ndarray, sensor: str = "lidar") -> LidarScan:
    count = len(points)
    return LidarScan(
        stamp_ns=stamp_ns, sensor=sensor, points_lidar=points.astype(np.float32),
        point_stamp_ns=np.full(count, stamp_ns), intensity=np.ones(count, np.float32),
    )  # fmt: skip


def _sample(stamp_ns: int, rates: np.ndarray, sensor: str = "imu") -> ImuSample:
    return ImuSample(stamp_ns=stamp_ns, sensor=sensor, angular_velocity_imu=rates, specific_force_imu=9.81 * np.eye(3)[2])


@pytest.fixture(scope="module")
def undisturbed() -> list[bytes]:
    return [_imprint(each) for each in recording().observe()[:6]]


def test_the_same_packets_give_the_same_bytes(undisturbed: list[bytes]) -> None:
    assert [_imprint(each) for each in recording().observe()[:6]] == undisturbed


def test_packets_that_are_counted_as_dropped_leave_no_trace(undisturbed: list[bytes]) -> None:
    fusion, turns = fresh_fusion(), recording().turns[:6]
    for index, (packets, state, now_ns) in enumerate(turns):
        ahead = [replace(packet, stamp_ns=now_ns + 1) for packet in packets[:2]]
        old = list(turns[index - 1][0]) if index else []
        observation = fusion.observe([*old, *packets[::-1], *packets, *ahead], state, now_ns)
        assert _imprint(observation) == undisturbed[index]
    assert {reason for counts in fusion.dropped.values() for reason in counts} >= {"double", "future"}


def test_an_empty_scan_leaves_no_trace() -> None:
    turns, imprints = recording().turns, []
    for empty in (False, True):
        fusion = fresh_fusion()
        packets, state, now_ns = turns[0]
        fusion.observe(packets, state, now_ns)
        packets, state, now_ns = turns[1]
        others = [packet for packet in packets if packet.sensor != "lidar"]
        last = fusion.observe([*others, *([_scan(now_ns, np.zeros((0, 3)))] if empty else [])], state, now_ns)
        assert fusion.dropped.get("lidar", {}) == ({"empty": 1} if empty else {})
        imprints.append(_imprint(last))
    assert imprints[0] == imprints[1]


@pytest.mark.parametrize("bad", ["unknown sensor", "wrong kind", "wrong joints"])
def test_a_refused_packet_leaves_no_trace(bad: str, undisturbed: list[bytes]) -> None:
    fusion = fresh_fusion()
    for index, (packets, state, now_ns) in enumerate(recording().turns[:6]):
        intruder = {
            "unknown sensor": _sample(now_ns, np.zeros(3), "wrst"),
            "wrong kind": _sample(now_ns, np.zeros(3), "front"),
            "wrong joints": replace(state, joint_position=np.zeros(3), joint_velocity=np.zeros(3), joint_torque=np.zeros(3)),
        }[bad]
        with pytest.raises(InvalidInput, match=r"expected|unknown"):
            fusion.observe([*packets, intruder], state, now_ns)
        assert _imprint(fusion.observe(packets, state, now_ns)) == undisturbed[index]


def test_pictures_of_another_camera_are_marked_and_not_fused() -> None:
    fusion, (_, state, now_ns) = fresh_fusion(), recording().turns[0]
    small = CameraFrame(stamp_ns=now_ns, sensor="front", rgb=np.zeros((9, 9, 3), np.uint8), depth=np.ones((9, 9), np.float32))
    observation = fusion.observe([small], state, now_ns)
    assert not observation.health["front"].valid
    assert "pictures are 9×9, the calibration says 192×144" in observation.health["front"].reason
    assert not len(observation.cloud) and "front" not in observation.cameras


@pytest.mark.parametrize("left", ["front", "wrist", "lidar"])
def test_any_one_source_gives_geometry_alone(left: str) -> None:
    others = [name for name in ("front", "wrist", "lidar", "imu") if name != left]
    last = recording().observe(but=others)[-1]
    assert last.health[left].valid and not any(last.health[name].valid for name in others)
    table = np.abs(last.cloud.points_base[:, 2]) < 0.02
    assert table.sum() > (300 if left == "lidar" else 1000)
    assert last.cloud.coloured.all() == (left != "lidar")


@pytest.mark.parametrize("dark", [["front", "wrist"], ["lidar"]])
def test_without_cameras_the_lidar_gives_geometry_and_without_lidar_the_cameras_do(dark: list[str]) -> None:
    last = recording().observe(but=dark)[-1]
    assert not any(last.health[name].valid for name in dark)
    assert (np.abs(last.cloud.points_base[:, 2]) < 0.02).sum() > (300 if "front" in dark else 1000)


@pytest.mark.parametrize("sensor", ["front", "wrist", "lidar", "imu"])
def test_any_source_may_vanish_and_come_back(sensor: str) -> None:
    fusion, valid = fresh_fusion(), []
    for index, (packets, state, now_ns) in enumerate(recording().turns):
        heard = [packet for packet in packets if packet.sensor != sensor or not 4 <= index < 10]
        observation = fusion.observe(heard, state, now_ns)
        valid.append(observation.health[sensor].valid)
        assert len(observation.cloud) > 1000
    assert valid[3] and not any(valid[6:10]) and all(valid[12:])


def test_no_sample_of_the_imu_is_ever_integrated_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    update = Odometry.update

    def counted(self: Odometry, samples: list[ImuSample], *rest) -> None:
        taken.extend(sample.stamp_ns for sample in samples)
        update(self, samples, *rest)

    monkeypatch.setattr(Odometry, "update", counted)
    fusion, heard, random = fresh_fusion(), [], np.random.default_rng(0)
    for packets, state, now_ns in recording().turns[:8]:
        heard += [packet for packet in packets if isinstance(packet, ImuSample)]
        again = [heard[index] for index in random.integers(0, len(heard), 60)] if heard else []
        fusion.observe([*again, *packets[::-1], *again], state, now_ns)
    assert len(taken) > 100 and (np.diff(taken) > 0).all()


def test_a_lidar_on_the_arm_is_straightened_by_the_gyroscope_beside_it() -> None:
    """The last joint speeds up within one sweep; its angle is known at the sweep's ends only."""
    kinematics, shapes = body()
    config = sensors_config()
    config.lidars["lidar"].mount, config.lidars["lidar"].xyz = "ee", [0.0, 0.0, -0.1]
    calibration = Calibration.from_config(config)
    T_ee_lidar, end_ns = calibration.lidars["lidar"].T_mount_sensor, 100_000_000
    state = recording().turns[0][1]
    home = state.joint_position

    def joints(time_s: float) -> np.ndarray:
        return home + np.eye(len(home))[-1] * 8.0 * time_s**2

    stamps_ns = np.linspace(1, end_ns, 400).astype(np.int64)
    points_base = np.random.default_rng(0).uniform([0.3, -0.5, 0.0], [0.9, 0.5, 0.2], (400, 3))
    poses = [kinematics.forward(joints(stamp_ns * 1e-9)) @ T_ee_lidar for stamp_ns in stamps_ns]
    points_lidar = np.array([apply(invert(pose), point) for pose, point in zip(poses, points_base, strict=True)])
    scan = LidarScan(
        stamp_ns=end_ns, sensor="lidar", points_lidar=points_lidar.astype(np.float32), point_stamp_ns=stamps_ns,
        intensity=np.ones(400, np.float32),
    )  # fmt: skip
    times_s = np.arange(1, 25) / 240
    axis_ee = kinematics.jacobian(home)[3:, -1] @ kinematics.forward(home)[:3, :3]  # of the last joint; the IMU's axes are ee's
    upright = kinematics.forward(home)[:3, :3].T @ [0.0, 0.0, 9.80665]  # the joint's axis is the vertical: it stays so
    samples = [
        replace(_sample(int(1e9 * time_s), 16.0 * (time_s - 0.5 / 240) * axis_ee), specific_force_imu=upright)
        for time_s in times_s
    ]
    errors = {}
    for heard in ("gyroscope", "joints alone"):
        fusion = Fusion(calibration, kinematics, shapes, FusionConfig())
        fusion.observe([_sample(0, np.zeros(3))], replace(state, stamp_ns=0), 0)
        packets = [scan, *(samples if heard == "gyroscope" else [])]
        seen = fusion.observe(packets, replace(state, stamp_ns=end_ns, joint_position=joints(0.1)), end_ns)
        errors[heard] = np.linalg.norm(seen.lidar["lidar"].points_base - points_base, axis=1).max()
    assert errors["gyroscope"] < 0.002 < 0.008 < errors["joints alone"], errors


def test_fused_table_is_flat_to_three_millimetres_with_noise_on() -> None:
    points = recording().observe()[-1].cloud.points_base
    inside = np.abs(points - [0.5, 0.0, 0.0]) < [0.3, 0.4, 0.006]
    assert np.median(np.abs(points[inside.all(axis=1), 2])) < 0.003


def test_gravity_is_felt_where_it_is() -> None:
    last = recording().observe()[-1]
    np.testing.assert_allclose(last.gravity_base, [0, 0, -9.81], atol=0.1)
    assert not last.contact


def _fuzzed(random: np.random.Generator, now_ns: int):
    """A packet of anything, from anywhere; raises if its class refuses it."""
    stamp_ns = int(now_ns + random.normal(0, 1e8)) if random.random() < 0.9 else -5
    kind = random.random()
    scale = 10.0 ** random.uniform(-3, 40)
    if kind < 0.7:
        rates = random.normal(0, scale, 3)
        rates[random.random(3) < 0.1] = random.choice([np.nan, np.inf, -np.inf])
        return _sample(stamp_ns, rates, "imu" if random.random() < 0.99 else "nobody")
    if kind < 0.95:
        points = np.clip(random.normal(0, min(scale, 1e30), (random.integers(0, 20), 3)), -1e38, 1e38)
        points[random.random(points.shape) < 0.01] = np.nan
        return _scan(stamp_ns, points)
    shape = (144, 192) if random.random() < 0.2 else (int(random.integers(1, 30)), 20)
    depth = (random.random(shape) * min(scale, 1e30)).astype(np.float32)
    rgb = random.integers(0, 256, (*shape, 3), dtype=np.uint8)
    return CameraFrame(stamp_ns=stamp_ns, sensor="front", rgb=rgb, depth=depth)


def _fuzz(count: int, batch: int, seed: int) -> None:
    random, fusion, (_, state, now_ns) = np.random.default_rng(seed), fresh_fusion(), recording().turns[0]
    refused = 0
    for _ in range(count // batch):
        now_ns += 100_000_000
        packets = []
        for _ in range(batch):
            try:
                packets.append(_fuzzed(random, now_ns))
            except HandsightError:
                refused += 1
        known = [packet for packet in packets if packet.sensor != "nobody"]
        if len(known) < len(packets):
            with pytest.raises(InvalidInput, match="unknown 'nobody'"):
                fusion.observe(packets, state, now_ns)
        observation = fusion.observe(known, replace(state, stamp_ns=now_ns), now_ns)
        for array in (observation.cloud.points_base, observation.gravity_base, observation.imu.angular_velocity_imu):
            assert np.isfinite(array).all()
    assert 0.1 * count < refused < 0.95 * count


def test_nothing_that_is_not_finite_gets_through() -> None:
    _fuzz(20_000, 200, seed=0)


@pytest.mark.slow
def test_nothing_that_is_not_finite_gets_through_in_a_million_packets() -> None:
    _fuzz(1_000_000, 1000, seed=1)
