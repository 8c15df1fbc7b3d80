"""The bodies: lockstep in this process, and a process of its own that brakes when it is left alone."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from robot.body import LocalBody
from robot.clock import WallClock, tick_ns
from robot.control_process import ControlProcess, Outbox, make_controller
from robot.drivers.perfect import PerfectDriver
from robot.obstacles import Obstacles
from robot.remote_body import RemoteBody
from robot.safety import Level, SafetyConfig
from robot.trajectory import JointTrajectory
from tests.robot.arms import panda
from tests.robot.limit_checker import at_1khz, joint_excess
from tests.robot.test_contracts import SteppedClock


def _far_turn(start: np.ndarray, now_ns: int) -> JointTrajectory:
    """Two seconds at 0.8 rad/s with the first joint, after a smooth start."""
    t = np.linspace(0, 2.4, 120)
    speed = 0.8 * np.clip(t / 0.4, 0, 1) ** 2 * (3 - 2 * np.clip(t / 0.4, 0, 1))
    position = np.tile(start, (120, 1))
    position[:, 0] += np.concatenate([[0.0], np.cumsum((speed[1:] + speed[:-1]) / 2 * np.diff(t))])
    velocity = np.zeros_like(position)
    velocity[:, 0] = speed
    return JointTrajectory(
        stamp_ns=now_ns,
        time_s=t,
        joint_position=position,
        joint_velocity=velocity,
        gripper_width=np.full(120, 0.04),
        expires_ns=now_ns + 10_000_000_000,
    )


def test_the_local_body_ticks_on_the_grid_without_drift() -> None:
    model, clock = panda(), SteppedClock()
    body = LocalBody(make_controller(model, SafetyConfig(), PerfectDriver(model, clock), clock), clock, simulated_time=True)
    records = [record for k in range(1, 13) for record in body.advance(tick_ns(k, 10)).commands]
    assert [record.stamp_ns for record in records] == [tick_ns(k, model.control_hz) for k in range(288)]


def test_the_same_submissions_give_the_same_commands_bit_for_bit() -> None:
    runs = []
    for _ in range(2):
        model, clock = panda(), SteppedClock()
        body = LocalBody(make_controller(model, SafetyConfig(), PerfectDriver(model, clock), clock), clock, simulated_time=True)
        body.submit(_far_turn(model.home, 0), Obstacles.none(0))
        runs.append(np.array([record.joint_position for record in body.advance(800_000_000).commands]).tobytes())
    assert runs[0] == runs[1]


def test_stop_of_a_local_body_returns_when_it_stands() -> None:
    model, clock = panda(), SteppedClock()
    body = LocalBody(make_controller(model, SafetyConfig(), PerfectDriver(model, clock), clock), clock, simulated_time=True)
    body.submit(_far_turn(model.home, 0), Obstacles.none(0))
    moving = body.advance(800_000_000).commands[-1].joint_velocity[0]
    assert moving > 0.7
    body.stop()
    assert not body.state().joint_velocity.any()
    assert clock.now_ns() < 800_000_000 + int((moving / model.acceleration[0] * 1.05 + 6 * model.period_s) * 1e9)
    assert body.advance(clock.now_ns() + 10_000_000).level == Level.ESTOP
    body.rearm()
    assert body.advance(clock.now_ns() + 10_000_000).level == Level.OK


def test_a_silent_policy_makes_the_remote_body_brake() -> None:
    model, clock = panda(), WallClock()
    body = RemoteBody(model, SafetyConfig(watchdog_ms=100.0), PerfectDriver, clock)
    try:
        heard_ns = clock.now_ns()
        body.submit(_far_turn(body.state().joint_position, heard_ns), Obstacles.none(heard_ns))
        report = body.advance(clock.now_ns() + 800_000_000)
    finally:
        body.close()
    first = next(record for record in report.commands if any(each.code == "watchdog" for each in record.interventions))
    assert (first.stamp_ns - heard_ns) * 1e-9 >= 0.1
    assert report.level == Level.HOLD
    assert not report.commands[-1].joint_velocity.any()
    assert any(record.joint_velocity[0] > 0 for record in report.commands)


def test_a_hung_reader_does_not_hold_up_the_control_loop(tmp_path: Path) -> None:
    model, clock = panda(), WallClock()
    body = RemoteBody(model, SafetyConfig(), PerfectDriver, clock, last_words=tmp_path / "words.json")
    clock.wait_until(clock.now_ns() + 1_500_000_000)  # nobody reads: the pipe fills up
    body.close()
    words = json.loads((tmp_path / "words.json").read_text())
    assert len(words["ticks"]) == 50
    stamps = np.array([tick["stamp_ns"] for tick in words["ticks"]])
    assert np.median(np.diff(stamps)) < 2e9 * model.period_s


_PARENT = """
    import sys
    import numpy as np
    from pathlib import Path
    from robot.clock import WallClock
    from robot.drivers.perfect import PerfectDriver
    from robot.obstacles import Obstacles
    from robot.remote_body import RemoteBody
    from robot.safety import SafetyConfig
    from tests.robot.arms import panda
    from tests.robot.test_body import _far_turn

    if __name__ == "__main__":
        clock = WallClock()
        body = RemoteBody(panda(), SafetyConfig(), PerfectDriver, clock, last_words=Path(sys.argv[1]))
        now = clock.now_ns()
        body.submit(_far_turn(body.state().joint_position, now), Obstacles.none(now))
        while True:
            body.advance(clock.now_ns() + 50_000_000)
            body.submit(None, Obstacles.none(clock.now_ns()))
            print(body.state().joint_velocity[0], flush=True)
"""


def test_killing_the_parent_ends_in_a_brake_within_limits(tmp_path: Path) -> None:
    words_path, program = tmp_path / "words.json", tmp_path / "parent.py"
    program.write_text(textwrap.dedent(_PARENT))
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, str(program), str(words_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    ) as parent:
        assert parent.stdout is not None
        speed = next(float(line) for line in parent.stdout if float(line) > 0.75)
        os.kill(parent.pid, signal.SIGKILL)
    for _ in range(200):
        if words_path.exists():
            break
        time.sleep(0.05)
    words, model = json.loads(words_path.read_text()), panda()
    positions = np.array([tick["commanded_position"] for tick in words["ticks"]])
    velocities = np.array([tick["commanded_velocity"] for tick in words["ticks"]])
    assert speed > 0.75
    assert words["still"]
    assert "gone" in words["reason"]
    assert words["ticks"][-1]["level"] == "HOLD"
    assert velocities[:, 0].max() > 0.7
    assert not velocities[-1].any()
    excess = joint_excess(model, at_1khz(positions, velocities, model.period_s), 1e-3)
    assert max(excess.values()) <= 1.0, excess


@pytest.mark.parametrize("num_moving", range(50, 74))
def test_after_a_loss_of_the_stream_the_next_command_brakes(num_moving: int) -> None:
    model, clock = panda(), SteppedClock()
    controller = make_controller(model, SafetyConfig(), PerfectDriver(model, clock), clock)
    controller.arm()
    ours, theirs = multiprocessing.Pipe()
    process, records = ControlProcess(theirs, Outbox(theirs), controller, clock), []
    ours.send(("submit", _far_turn(model.home, 0), Obstacles.none(0)))
    for tick in range(num_moving + 80):
        clock.wait_until(tick_ns(tick, model.control_hz))
        if tick % 24 == 0 and tick < num_moving:
            ours.send(("submit", None, Obstacles.none(clock.now_ns())))
        if tick == num_moving:  # in the middle of anything: between two ticks is all that the child can tell
            ours.close()
        records.append(process.tick())
    assert {record.level for record in records[:num_moving]} == {Level.OK}
    assert {record.level for record in records[num_moving:]} == {Level.HOLD}
    speeds = np.array([record.joint_velocity[0] for record in records])
    falls = -np.diff(speeds[num_moving - 1 :]) * model.control_hz  # rad/s², the first by the first command after the loss
    assert falls[0] > 0.3 * model.acceleration[0]  # a ramp to full braking, half of it on average; less if it sped up before
    assert falls[1] > 0.85 * model.acceleration[0]
    assert not speeds[-1]


def test_a_process_forked_from_the_commanding_one_does_not_hide_its_death(monkeypatch: pytest.MonkeyPatch) -> None:
    model, clock = panda(), SteppedClock()
    controller = make_controller(model, SafetyConfig(), PerfectDriver(model, clock), clock)
    controller.arm()
    ours, theirs = multiprocessing.Pipe()
    process = ControlProcess(theirs, Outbox(theirs), controller, clock)
    assert process.tick().level == Level.OK
    monkeypatch.setattr(os, "getppid", lambda: 1)  # adopted by init, while a worker of the dead one still holds `ours`
    assert process.tick().level == Level.HOLD
    ours.close()
