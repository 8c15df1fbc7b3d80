"""The controller: sampling, the watchdog, expiry, epochs, the black box, a driver that fails."""

import numpy as np
import pytest

from robot.clock import tick_ns
from robot.control_process import make_controller
from robot.controller import Controller
from robot.drivers.perfect import PerfectDriver
from robot.errors import BodyFault
from robot.following import sample
from robot.model import RobotModel
from robot.obstacles import Obstacles
from robot.safety import Level, SafeCommand, SafetyConfig
from robot.state import RobotState
from robot.trajectory import JointTrajectory
from tests.robot.arms import panda
from tests.robot.test_contracts import SteppedClock


class _Failing(PerfectDriver):
    """A driver that loses its connection when told to."""

    lost_state = lost_command = stopped = False

    def state(self) -> RobotState:
        if self.lost_state:
            raise BodyFault("no answer")
        return super().state()

    def command(self, command: SafeCommand) -> None:
        if self.lost_command:
            raise OSError("broken wire")
        super().command(command)

    def stop(self) -> None:
        self.stopped = True
        super().stop()


def _made() -> tuple[Controller, _Failing, SteppedClock, RobotModel]:
    """An armed controller on stepped time."""
    model, clock = panda(), SteppedClock()
    driver = _Failing(model, clock)
    controller = make_controller(model, SafetyConfig(), driver, clock)
    controller.arm()
    return controller, driver, clock, model


def _turn(
    model: RobotModel, clock: SteppedClock, step: float = 0.4, duration_s: float = 1.0, **given: object
) -> JointTrajectory:
    """A smooth turn of the last joint from home."""
    s = np.linspace(0, 1, 100)
    way = np.zeros(model.num_joints)
    way[-1] = step
    fields = {"stamp_ns": clock.now_ns(), "expires_ns": clock.now_ns() + 10_000_000_000, **given}
    return JointTrajectory(
        time_s=duration_s * s,
        joint_position=model.home + (10 * s**3 - 15 * s**4 + 6 * s**5)[:, None] * way,
        joint_velocity=(30 * s**2 - 60 * s**3 + 30 * s**4)[:, None] * way / duration_s,
        gripper_width=np.linspace(0.08, 0.04, 100),
        **fields,  # type: ignore[arg-type]
    )


def _run(controller: Controller, clock: SteppedClock, seconds: float, *, feed: bool = True) -> list:
    """Ticks on the grid, fed every tenth of a second unless the policy is silent."""
    records, rate_hz = [], controller.model.control_hz
    first = -(-clock.now_ns() * rate_hz // 1_000_000_000)
    for tick in range(first, first + int(seconds * rate_hz)):
        clock.wait_until(tick_ns(tick, rate_hz))
        if feed and tick % (rate_hz // 10) == 0:
            controller.accept(None, Obstacles.none(clock.now_ns()))
        records.append(controller.tick())
    clock.wait_until(tick_ns(first + int(seconds * rate_hz), rate_hz))
    return records


def test_a_sampled_trajectory_is_the_cubic_through_its_samples() -> None:
    model, clock = panda(), SteppedClock()
    trajectory = _turn(model, clock)
    for index in (0, 7, 99):
        wanted = sample(trajectory, float(trajectory.time_s[index]))
        assert np.abs(wanted.position - trajectory.joint_position[index]).max() < 1e-12
    t, h = 0.3217, 1e-5
    before, at, after = (sample(trajectory, t + each) for each in (-h, 0.0, h))
    assert np.abs((after.position - before.position) / (2 * h) - at.velocity).max() < 1e-6
    assert np.abs((after.velocity - before.velocity) / (2 * h) - at.acceleration).max() < 1e-4
    assert not sample(trajectory, 99.0).velocity.any()


def test_it_follows_within_a_tenth_of_a_milliradian() -> None:
    controller, _, clock, model = _made()
    trajectory = _turn(model, clock)
    controller.accept(trajectory, Obstacles.none(0))
    for record in _run(controller, clock, 1.2):
        wanted = sample(trajectory, record.stamp_ns * 1e-9 + model.period_s)
        assert np.abs(record.joint_position - wanted.position).max() < 1e-4
        assert not record.interventions


def test_silence_of_the_policy_brakes_within_a_period_after_the_watchdog() -> None:
    controller, _, clock, model = _made()
    controller.accept(_turn(model, clock, 1.0), Obstacles.none(0))
    records = _run(controller, clock, 1.0, feed=False)
    codes = [{each.code for each in record.interventions} for record in records]
    first = next(i for i, each in enumerate(codes) if "watchdog" in each)
    assert 0.2 <= records[first].stamp_ns * 1e-9 <= 0.2 + 2 * model.period_s
    assert records[first].level == Level.HOLD
    assert not records[-1].joint_velocity.any()
    controller.accept(None, Obstacles.none(0))
    assert _run(controller, clock, 0.1)[-1].level == Level.HOLD  # heard again, but no new trajectory
    controller.accept(_turn(model, clock), Obstacles.none(0))
    assert _run(controller, clock, 0.1)[-1].level == Level.OK


def test_after_its_expiry_nothing_of_a_trajectory_is_executed() -> None:
    controller, _, clock, model = _made()
    controller.accept(_turn(model, clock, 1.0, expires_ns=400_000_000), Obstacles.none(0))
    records = _run(controller, clock, 1.0)
    speeds = np.array([np.abs(record.joint_velocity).max() for record in records])
    expired = next(i for i, record in enumerate(records) if any(each.code == "expired" for each in record.interventions))
    assert records[expired].stamp_ns >= 400_000_000
    assert records[expired - 1].stamp_ns < 400_000_000
    assert (np.diff(speeds[expired + 1 :]) <= 1e-9).all()
    assert speeds[-1] == 0


def test_a_finished_trajectory_may_expire_without_a_fault() -> None:
    controller, _, clock, model = _made()
    controller.accept(_turn(model, clock, 0.2, 0.5, expires_ns=700_000_000), Obstacles.none(0))
    assert _run(controller, clock, 1.0)[-1].level == Level.OK


def test_an_older_epoch_is_refused_and_the_present_trajectory_goes_on() -> None:
    controller, _, clock, model = _made()
    controller.accept(_turn(model, clock, 0.3, epoch=3), Obstacles.none(0))
    _run(controller, clock, 0.2)
    controller.accept(_turn(model, clock, -0.3, epoch=2), Obstacles.none(0))
    records = _run(controller, clock, 1.2)
    assert any(each.code == "epoch" for each in records[0].interventions)
    assert abs(records[-1].joint_position[-1] - model.home[-1] - 0.3) < 1e-4


def test_a_trajectory_for_other_joints_is_refused() -> None:
    controller, _, clock, model = _made()
    zeros = np.zeros((1, 3))
    alien = JointTrajectory(
        stamp_ns=0,
        time_s=np.zeros(1),
        joint_position=zeros,
        joint_velocity=zeros,
        gripper_width=np.zeros(1),
        expires_ns=10**12,
    )
    controller.accept(alien, Obstacles.none(0))
    record = _run(controller, clock, 0.01)[0]
    assert [each.code for each in record.interventions] == ["joints"]
    assert (record.joint_position == model.home).all()


def test_a_trajectory_of_the_future_waits_for_its_stamp() -> None:
    controller, _, clock, model = _made()
    controller.accept(_turn(model, clock, 0.3, stamp_ns=300_000_000), Obstacles.none(0))
    records = _run(controller, clock, 0.6)
    assert not np.abs([record.joint_velocity for record in records if record.stamp_ns < 290_000_000]).max()
    assert np.abs(records[-1].joint_velocity).max() > 0.1


def test_degraded_goes_slower_along_the_same_path() -> None:
    controller, _, clock, model = _made()
    controller.degraded = "a camera is gone"
    controller.accept(_turn(model, clock, 1.0), Obstacles.none(0))
    records = _run(controller, clock, 2.6)
    speeds = np.abs([record.joint_velocity[-1] for record in records])
    assert 0.9 < speeds.max() < 1.1  # half of the peak 1.875 rad/s of the trajectory, a little more while it slows down
    assert abs(records[-1].joint_position[-1] - model.home[-1] - 1.0) < 1e-3
    assert {record.level for record in records} == {Level.DEGRADED}


def test_every_fault_leaves_a_black_box() -> None:
    controller, _, clock, model = _made()
    controller.accept(_turn(model, clock), Obstacles.none(0))
    _run(controller, clock, 0.5)
    assert controller.black_box is None
    controller.stop()
    record = _run(controller, clock, 0.01)[0]
    assert controller.black_box is not None
    assert controller.black_box.stamp_ns == record.stamp_ns
    assert len(controller.black_box.states) == len(controller.black_box.commands) == 50
    assert "emergency" in controller.black_box.reason


def test_a_driver_without_state_makes_the_robot_brake() -> None:
    controller, driver, clock, model = _made()
    controller.accept(_turn(model, clock, 1.0), Obstacles.none(0))
    _run(controller, clock, 0.4)
    driver.lost_state = True
    records = _run(controller, clock, 0.5)
    assert records[0].level == Level.STOP
    assert not records[-1].joint_velocity.any()


def test_a_driver_that_refuses_a_command_is_stopped_and_latches_estop() -> None:
    controller, driver, clock, _ = _made()
    driver.lost_command = True
    with pytest.raises(BodyFault, match="broken wire"):
        controller.tick()
    assert driver.stopped
    driver.lost_command = False
    assert controller.tick().level == Level.ESTOP
    controller.rearm()
    assert controller.tick().level == Level.OK
    assert clock.now_ns() == 0
