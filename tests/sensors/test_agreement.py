"""Sensors that are where the calibration says agree about the table and the arm; one that has moved is refused by name."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from robot.configuration import load
from robot.transforms import from_xyz_rpy
from sensors.agreement import AgreementConfig, SensorsDisagree, agreements, refuse_disagreement
from sensors.calibration import Calibration
from sensors.packets import CameraFrame, ImuSample, LidarScan, Packet
from sim.command import SCHEMAS
from sim.stage import Stage

CONFIG = AgreementConfig()
MOVED: dict[str, tuple] = {
    "camera higher": ("cameras", "front", [0.0, -0.015, 0.0], [0.0, 0.0, 0.0]),
    "camera turned": ("cameras", "front", [0.0, 0.0, 0.0], [0.02, 0.0, 0.0]),
    "wrist camera aside": ("cameras", "wrist", [0.05, 0.0, 0.0], [0.0, 0.0, 0.0]),
    "wrist camera turned": ("cameras", "wrist", [0.0, 0.0, 0.0], [0.0, 0.03, 0.0]),
    "LiDAR higher": ("lidars", "lidar", [0.0, 0.0, 0.02], [0.0, 0.0, 0.0]),
    "LiDAR tilted": ("lidars", "lidar", [0.0, 0.0, 0.0], [0.0, 0.02, 0.0]),
    "LiDAR the wrong way round": ("lidars", "lidar", [0.0, 0.0, 0.0], [0.0, 0.0, 0.5]),
}


@pytest.fixture(scope="module")
def start() -> tuple[Sequence[Packet], Calibration, np.ndarray]:
    config, _ = load("command", ["seed=4"], SCHEMAS)
    stage = Stage(config)
    packets = [packet for source in stage.robot.sources for packet in source.read()]
    T_base_ee = stage.kinematics.forward(stage.robot.body.state().joint_position)
    stage.close()
    return packets, Calibration.from_config(config.sensors), T_base_ee


def _moved(calibration: Calibration, kind: str, name: str, xyz: list[float], rpy: list[float]) -> Calibration:
    sensors = dict(getattr(calibration, kind))
    sensors[name] = replace(sensors[name], T_mount_sensor=sensors[name].T_mount_sensor @ from_xyz_rpy(xyz, rpy))
    return replace(calibration, **{kind: sensors})


def test_sensors_in_their_places_agree(start) -> None:
    packets, calibration, T_base_ee = start
    found = refuse_disagreement(packets, calibration, T_base_ee, CONFIG)
    assert {each.pair for each in found} == {("front", "wrist"), ("front", "lidar"), ("wrist", "lidar")}
    assert all(each.passes and each.p90 < 0.003 and each.median <= each.p90 for each in found)


@pytest.mark.parametrize("case", MOVED)
def test_a_sensor_that_has_moved_is_refused_by_name(start, case: str) -> None:
    packets, calibration, T_base_ee = start
    with pytest.raises(SensorsDisagree) as refusal:
        refuse_disagreement(packets, _moved(calibration, *MOVED[case]), T_base_ee, CONFIG)
    message = str(refusal.value)
    assert f"{MOVED[case][1]} is not where the calibration says" in message and "\n" not in message, message


def test_the_disagreement_is_as_large_as_the_error(start) -> None:
    packets, calibration, T_base_ee = start
    lift = np.linalg.inv(calibration.lidars["lidar"].T_mount_sensor[:3, :3]) @ [0.0, 0.0, 0.012]
    found = agreements(packets, _moved(calibration, "lidars", "lidar", list(lift), [0.0] * 3), T_base_ee, CONFIG)
    table = next(each for each in found if each.pair == ("wrist", "lidar"))
    assert abs(table.median - 0.012) < 0.002


def test_a_picture_of_something_else_is_refused(start) -> None:
    packets, calibration, T_base_ee = start
    random = np.random.default_rng(0)

    def garbage(frame: CameraFrame) -> CameraFrame:
        return replace(frame, depth=random.uniform(0.2, 1.5, frame.rgb.shape[:2]).astype(np.float32))

    wrong = [garbage(each) if isinstance(each, CameraFrame) and each.sensor == "front" else each for each in packets]
    with pytest.raises(SensorsDisagree, match="front"):
        refuse_disagreement(wrong, calibration, T_base_ee, CONFIG)


def test_a_sensor_that_sees_nothing_of_the_table_is_told_to_look_there(start) -> None:
    packets, calibration, T_base_ee = start
    away = _moved(calibration, "cameras", "wrist", [0.0, 0.0, -3.0], [0.0, 0.0, 0.0])
    with pytest.raises(SensorsDisagree, match="wrist sees too little"):
        refuse_disagreement(packets, away, T_base_ee, CONFIG)


def test_what_is_missing_is_not_compared(start) -> None:
    packets, calibration, T_base_ee = start
    without_lidar = [each for each in packets if not isinstance(each, LidarScan | ImuSample)]
    assert [each.pair for each in refuse_disagreement(without_lidar, calibration, T_base_ee, CONFIG)] == [("front", "wrist")]
    only_one = [each for each in packets if each.sensor == "front"]
    assert refuse_disagreement(only_one, calibration, T_base_ee, CONFIG) == []
