"""BodyContract: what every Body must keep; subclass it and say how to make yours."""

from abc import ABC, abstractmethod
from collections.abc import Iterator

import numpy as np
import pytest

from robot.body import Body
from robot.clock import Clock
from robot.errors import BodyFault
from robot.model import RobotModel
from robot.obstacles import Obstacles
from robot.records import BodyReport
from robot.safety import Level
from robot.trajectory import JointTrajectory

_PERIOD_NS = 100_000_000


class BodyContract(ABC):
    """Subclass as `TestMyBody(BodyContract)` with `make_body`."""

    @abstractmethod
    def make_body(self) -> tuple[Body, RobotModel, Clock]:
        """A fresh body at rest, its robot and its clock."""

    @pytest.fixture
    def made(self) -> Iterator[tuple[Body, RobotModel, Clock]]:
        """A body that is closed after the test."""
        made = self.make_body()
        yield made
        made[0].close()

    def test_it_follows_a_trajectory_and_holds_at_its_end(self, made: tuple[Body, RobotModel, Clock]) -> None:
        body, _, clock = made
        trajectory = _move(body, clock, 0.1)
        body.submit(trajectory, Obstacles.none(clock.now_ns()))
        reports = _let_pass(body, clock, 0.8)
        assert np.abs(body.state().joint_position - trajectory.joint_position[-1]).max() < 0.02
        assert np.abs(reports[-1].commands[-1].joint_velocity).max() < 1e-3
        assert {report.level for report in reports} == {Level.OK}
        assert reports[-1].reason == ""

    def test_it_goes_slower_while_something_is_lost(self, made: tuple[Body, RobotModel, Clock]) -> None:
        body, _, clock = made
        body.degrade("front: nothing has come for 0.3 s")
        reports = _let_pass(body, clock, 0.3)
        assert reports[-1].level == Level.DEGRADED and "front" in reports[-1].reason
        body.degrade("")
        assert _let_pass(body, clock, 0.3)[-1].level == Level.OK

    def test_it_commands_at_every_control_tick(self, made: tuple[Body, RobotModel, Clock]) -> None:
        body, model, clock = made
        reports = _let_pass(body, clock, 0.5)
        stamps = [record.stamp_ns for report in reports for record in report.commands]
        assert stamps == sorted(set(stamps))
        assert len(stamps) >= 0.5 * model.control_hz * 0.8  # a busy machine may lose ticks of a process of its own

    def test_a_trajectory_of_an_older_epoch_is_dropped_and_says_why(self, made: tuple[Body, RobotModel, Clock]) -> None:
        body, _, clock = made
        body.submit(_move(body, clock, 0.05, epoch=2), Obstacles.none(clock.now_ns()))
        _let_pass(body, clock, 0.6)
        before = body.state().joint_position
        body.submit(_move(body, clock, 0.3, epoch=1), Obstacles.none(clock.now_ns()))
        reports = _let_pass(body, clock, 0.4)
        assert np.abs(body.state().joint_position - before).max() < 1e-2
        assert any("epoch" in report.reason for report in reports)

    def test_an_expired_trajectory_is_never_executed(self, made: tuple[Body, RobotModel, Clock]) -> None:
        body, _, clock = made
        trajectory = _move(body, clock, 0.3, lives_s=1e-9)
        before = body.state().joint_position
        clock.wait_until(clock.now_ns() + 5_000_000)
        body.submit(trajectory, Obstacles.none(clock.now_ns()))
        reports = _let_pass(body, clock, 0.3)
        assert np.abs(body.state().joint_position - before).max() < 1e-3
        assert any("expir" in report.reason for report in reports)

    def test_no_protective_sensor_means_stop(self, made: tuple[Body, RobotModel, Clock]) -> None:
        body, _, clock = made
        blind = Obstacles(stamp_ns=0, points_base=np.zeros((0, 3), np.float32), radius=0.0, protective_ok=False)
        body.submit(_move(body, clock, 0.3), blind)
        before = body.state().joint_position
        report = body.advance(clock.now_ns() + _PERIOD_NS)
        assert report.level == Level.STOP
        assert "protective" in report.reason
        assert np.abs(body.state().joint_position - before).max() < 1e-3

    def test_stop_latches_estop_and_brakes(self, made: tuple[Body, RobotModel, Clock]) -> None:
        body, _, clock = made
        body.submit(_move(body, clock, 0.3), Obstacles.none(clock.now_ns()))
        _let_pass(body, clock, 0.2)
        body.stop()
        body.stop()
        _let_pass(body, clock, 0.3)
        stood = body.state().joint_position
        body.submit(_move(body, clock, 0.3), Obstacles.none(clock.now_ns()))
        reports = _let_pass(body, clock, 0.3)
        assert reports[-1].level == Level.ESTOP
        assert np.abs(body.state().joint_position - stood).max() < 2e-3

    def test_close_is_idempotent_and_final(self) -> None:
        body, _, clock = self.make_body()
        body.close()
        body.close()
        body.stop()
        with pytest.raises(BodyFault):
            body.advance(clock.now_ns() + _PERIOD_NS)


def _move(body: Body, clock: Clock, step: float, epoch: int = 0, lives_s: float = 5.0) -> JointTrajectory:
    """A smooth half second of the last joint, from where the body is now."""
    start, now = body.state().joint_position, clock.now_ns()
    s = np.linspace(0, 1, 60)
    way = np.zeros_like(start)
    way[-1] = step
    return JointTrajectory(
        stamp_ns=now,
        time_s=0.5 * s,
        joint_position=start + (10 * s**3 - 15 * s**4 + 6 * s**5)[:, None] * way,
        joint_velocity=(30 * s**2 - 60 * s**3 + 30 * s**4)[:, None] * way / 0.5,
        gripper_width=np.full(60, 0.04),
        expires_ns=now + max(int(lives_s * 1e9), 1),
        epoch=epoch,
    )


def _let_pass(body: Body, clock: Clock, seconds: float) -> list[BodyReport]:
    """Advance in policy ticks, feeding the dead-man."""
    reports = []
    for _ in range(round(seconds * 10)):
        reports.append(body.advance(clock.now_ns() + _PERIOD_NS))
        body.submit(None, Obstacles.none(clock.now_ns()))
    return reports
