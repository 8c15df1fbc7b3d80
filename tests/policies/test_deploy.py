"""handsight-deploy looks before it arms: a sensor that is not where its calibration says is refused; lenses are undone."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

import policies.deploy
from policies.deploy import SCHEMAS, deploy, look
from robot.clock import WallClock
from robot.configuration import load
from robot.transforms import from_xyz_rpy
from sensors.agreement import AgreementConfig, SensorsDisagree
from sensors.calibration import Calibration, MountedCamera
from sensors.calibration_file import save
from sensors.devices.replay import Replay
from sensors.packets import CameraFrame, Packet
from tests.sensors.recording import body, recording

LENS = np.array([-0.12, 0.02, 0.001, -0.001, 0.0])


def recorded(num_turns: int = 3) -> list[Packet]:
    """The first turns of the recording as a log holds them, joint states included."""
    turns = recording().turns[:num_turns]
    return [packet for packets, state, now_ns in turns for packet in (*packets, replace(state, stamp_ns=now_ns))]


def seen_through(frame: CameraFrame, camera: MountedCamera) -> CameraFrame:
    """What a lens makes of a pinhole's picture: each of its pixels takes the nearest that lies on the same ray."""
    v, u = np.mgrid[: camera.height, : camera.width]
    pixels = np.stack([u, v], -1).reshape(-1, 1, 2).astype(float)
    K_opencv = camera.K - np.array([[0, 0, 0.5], [0, 0, 0.5], [0, 0, 0]])
    rays = cv2.undistortPoints(pixels, K_opencv, LENS, P=K_opencv).reshape(camera.height, camera.width, 2).astype(np.float32)
    rgb = cv2.remap(frame.rgb, rays[..., 0], rays[..., 1], cv2.INTER_NEAREST)
    assert frame.depth is not None
    depth = cv2.remap(frame.depth, rays[..., 0], rays[..., 1], cv2.INTER_NEAREST, borderValue=np.nan)
    return replace(frame, rgb=rgb, depth=depth)


def looked(packets: list[Packet], calibration: Calibration) -> None:
    """What handsight-deploy does before the first motion."""
    clock = WallClock(WallClock().start_ns - 10_000_000_000)  # the body's process takes seconds to start
    robot: Any = SimpleNamespace(sources=[Replay(packets, clock)], clock=clock)
    look(robot, calibration, body()[0], AgreementConfig())


def moved_wrist() -> Calibration:
    """The recording's calibration, but for a wrist camera that is 5 cm off."""
    true = recording().calibration
    wrist = true.cameras["wrist"]
    elsewhere = replace(wrist, T_mount_sensor=wrist.T_mount_sensor @ from_xyz_rpy([0.05, 0.0, 0.0], [0.0] * 3))
    return replace(true, cameras={**true.cameras, "wrist": elsewhere})


def test_the_true_calibration_passes_and_a_moved_camera_does_not() -> None:
    looked(recorded(), recording().calibration)
    with pytest.raises(SensorsDisagree, match="wrist is not where the calibration says"):
        looked(recorded(), moved_wrist())


def test_a_sensor_that_is_silent_is_waited_for_no_longer_than_it_takes() -> None:
    looked([packet for packet in recorded(8) if packet.sensor != "lidar"], recording().calibration)


def test_a_lens_is_undone_by_its_calibration_and_refused_without() -> None:
    pinholes = recording().calibration
    front = pinholes.cameras["front"]
    bent = [
        seen_through(each, front) if isinstance(each, CameraFrame) and each.sensor == "front" else each for each in recorded()
    ]
    looked(bent, replace(pinholes, cameras={**pinholes.cameras, "front": replace(front, distortion=LENS)}))
    with pytest.raises(SensorsDisagree, match="front"):
        looked(bent, pinholes)


def test_the_program_refuses_to_arm(tmp_path, monkeypatch) -> None:
    save(tmp_path / "calibration.yaml", moved_wrist())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(policies.deploy, "open_sources", lambda _, clock: [Replay(recorded(), clock)])
    config, sentence = load("deploy", ["go home", "sensors.calibration=calibration.yaml"], SCHEMAS)
    with pytest.raises(SensorsDisagree, match="wrist is not where the calibration says"):
        deploy(config, sentence)
    assert [path.name for path in tmp_path.iterdir()] == ["calibration.yaml"]
