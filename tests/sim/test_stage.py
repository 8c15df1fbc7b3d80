"""Before anything moves a new stage sees whether its sensors are where its calibration says; looking leaves no trace."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from policies.rollout import Step, rollout
from robot.configuration import load
from robot.errors import InvalidInput
from robot.guard.ladder import Level
from robot.trajectory import JointTrajectory, Plan
from robot.transforms import from_xyz_rpy
from sensors.agreement import SensorsDisagree
from sensors.calibration import Calibration
from sensors.calibration_file import save
from sensors.observation import Observation
from sim.command import SCHEMAS
from sim.stage import Stage, StageConfig

ROOT = Path(__file__).parent.parent.parent


def config(*overrides: str) -> StageConfig:
    return load("command", list(overrides), SCHEMAS)[0]


def calibration_file(folder: Path, name: str, xyz: list[float], distortion: float = 0.0) -> str:
    """A file that says of one camera that it is so far from where it is, with such a lens; an override that names it."""
    nominal = Calibration.from_config(config().sensors)
    camera = nominal.cameras[name]
    said = replace(
        camera,
        T_mount_sensor=camera.T_mount_sensor @ from_xyz_rpy(xyz, [0.0] * 3),
        distortion=np.array([distortion, 0, 0, 0, 0]),
    )
    save(folder / "calibration.yaml", replace(nominal, cameras={**nominal.cameras, name: said}))
    return f"sensors.calibration={folder / 'calibration.yaml'}"


def test_a_calibration_file_is_what_fusion_believes(tmp_path: Path) -> None:
    stage = Stage(config(calibration_file(tmp_path, "wrist", [0.001, 0.0, 0.0])))
    believed = stage.robot.fusion.calibration.cameras["wrist"].T_mount_sensor  # type: ignore[attr-defined]
    nominal = Calibration.from_config(config().sensors).cameras["wrist"].T_mount_sensor
    assert np.linalg.norm(believed[:3, 3] - nominal[:3, 3]) == pytest.approx(0.001)
    stage.close()


def test_a_camera_that_is_elsewhere_is_refused_unless_nobody_shall_look(tmp_path: Path) -> None:
    elsewhere = calibration_file(tmp_path, "wrist", [0.05, 0.0, 0.0])
    with pytest.raises(SensorsDisagree, match="wrist is not where the calibration says"):
        Stage(config(elsewhere))
    Stage(config(elsewhere, "agreement=null")).close()


def test_looking_leaves_no_trace() -> None:
    assert _begun("seed=3") == _begun("seed=3", "agreement=null")


def _begun(*overrides: str) -> list[bytes]:
    """The first packets and the world after them, bit for bit."""
    stage, found = Stage(config(*overrides)), []
    for turn in range(1, 4):
        packets = [packet for source in stage.robot.sources for packet in source.read()]
        found += [repr((packet.stamp_ns, packet.sensor)).encode() + _bits(packet) for packet in packets]
        stage.robot.body.advance(turn * 100_000_000)
        found.append(stage.world.fingerprint())
    stage.close()
    return found


def _bits(packet: object) -> bytes:
    """All numbers of a packet."""
    return b"".join(value.tobytes() for value in vars(packet).values() if isinstance(value, np.ndarray))


def test_a_simulated_camera_refuses_a_lens(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"front has the distortion \[-0.1, .*simulated camera is a pinhole"):
        Stage(config(calibration_file(tmp_path, "front", [0.0] * 3, distortion=-0.1)))


def test_handsight_command_ends_with_one_sentence_and_code_two(tmp_path: Path) -> None:
    elsewhere = calibration_file(tmp_path, "wrist", [0.05, 0.0, 0.0])
    arguments = [sys.executable, "-m", "sim.command", "point at the red block", elsewhere, f"out={tmp_path / 'run'}"]
    ran = subprocess.run(arguments, capture_output=True, text=True, cwd=ROOT, check=False, timeout=300)
    assert ran.returncode == 2 and "wrist is not where the calibration says" in ran.stderr, ran.stdout + ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1 and not (tmp_path / "run").exists()


class Turning:
    """A policy that turns the first joint for a long while."""

    def reset(self) -> None: ...

    def plan(self, observation: Observation, instruction: str) -> Plan | None:
        if observation.stamp_ns > 0:
            return None
        q, share = observation.state.joint_position, np.linspace(0, 1, 60)[:, None]
        way = np.eye(len(q))[0] * 0.8
        smooth = 10 * share**3 - 15 * share**4 + 6 * share**5
        speed = (30 * share**2 - 60 * share**3 + 30 * share**4) / 6
        motion = JointTrajectory(
            stamp_ns=0,
            time_s=share[:, 0] * 6,
            joint_position=q + smooth * way,
            joint_velocity=speed * way,
            gripper_width=np.full(60, observation.state.gripper_width),
            expires_ns=10_000_000_000,
        )
        return Plan(joints=motion, observation_stamp_ns=0, expires_ns=10_000_000_000)

    def explain(self) -> None: ...


def levels_when_gone(*sensors: str) -> tuple[list[Level], list[float]]:
    """The ladder, and how fast the joints were told to go (rad/s), turn by turn; these sensors fall silent after 0.5 s."""
    faults = ", ".join(f"{{sensor: {name}, mode: 'off', start_s: 0.55}}" for name in sensors)
    stage, levels, speeds = Stage(config("agreement=null", f"sensors.faults=[{faults}]")), [], []

    def until(step: Step) -> str | None:
        levels.append(step.report.level)
        speeds.append(max(float(np.abs(command.joint_velocity).max()) for command in step.commands))
        return "enough" if len(levels) == 20 else None

    rollout(stage.robot, Turning(), "turn", [], until)
    stage.close()
    return levels, speeds


def test_faults_come_on_the_schedule_that_the_config_asks_for() -> None:
    schedule = "{every_s: 0.4, duration_s: 0.2, sensors: [imu], modes: ['off']}"
    stage, counts = Stage(config("agreement=null", f"sensors.fault_schedule={schedule}")), []
    for _ in range(20):
        stage.robot.body.advance(stage.world.now_ns() + stage.robot.period_ns)
        counts.append(len(stage.robot.sources[-1].read()))
    stage.close()
    assert counts.count(0) > 3 and counts.count(24) > 3, counts


def test_the_arm_stops_when_the_last_protective_sensor_is_gone() -> None:
    levels, speeds = levels_when_gone("front", "wrist", "lidar")
    assert levels[5] == Level.OK and speeds[5] > 0.02
    assert Level.STOP in levels[6:9] and speeds[-1] == 0.0
