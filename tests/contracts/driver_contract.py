"""DriverContract: what every Driver must keep; subclass it and say how to make yours."""

from abc import ABC, abstractmethod

import numpy as np
import pytest

from robot.clock import Clock, tick_ns
from robot.control_process import make_controller
from robot.driver import Driver
from robot.errors import BodyFault
from robot.model import RobotModel
from robot.obstacles import Obstacles
from robot.safety import SafetyConfig
from robot.trajectory import JointTrajectory


class DriverContract(ABC):
    """Subclass as `TestMyDriver(DriverContract)` with `make_driver`.

    Attributes:
        tracking: how far a joint may be from its command after the motion, rad.
    """

    tracking = 0.02

    @abstractmethod
    def make_driver(self) -> tuple[Driver, RobotModel, Clock]:
        """A fresh driver at rest, its robot, and the clock that was given to it."""

    def test_a_state_has_the_models_joints_and_a_fresh_stamp(self) -> None:
        driver, model, clock = self.make_driver()
        state = driver.state()
        assert state.joint_position.shape == state.joint_velocity.shape == (model.num_joints,)
        assert 0 <= clock.now_ns() - state.stamp_ns <= 100_000_000
        assert (state.joint_position >= model.position_lower - 1e-3).all()
        assert (state.joint_position <= model.position_upper + 1e-3).all()
        assert 0 <= state.gripper_width <= model.gripper_width_max + 1e-3
        driver.close()

    def test_reading_the_state_never_moves_the_robot(self) -> None:
        driver, _, _ = self.make_driver()
        states = [driver.state().joint_position for _ in range(20)]
        assert np.ptp(states, axis=0).max() < 1e-6
        driver.close()

    def test_it_follows_commands_and_holds(self) -> None:
        driver, model, clock = self.make_driver()
        goal = self._move(driver, model, clock, 0.1)
        assert np.abs(driver.state().joint_position - goal).max() < self.tracking
        assert np.abs(driver.state().joint_velocity).max() < 0.05
        driver.close()

    def test_it_accepts_nothing_but_a_safe_command(self) -> None:
        driver, model, _ = self.make_driver()
        with pytest.raises((TypeError, AttributeError)):
            driver.command(model.home)  # type: ignore[arg-type]
        driver.close()

    def test_stop_twice_and_close_twice_raise_nothing(self) -> None:
        driver, model, clock = self.make_driver()
        self._move(driver, model, clock, 0.05)
        for action in (driver.stop, driver.stop, driver.close, driver.close):
            action()

    def test_a_closed_driver_says_so(self) -> None:
        driver, _, _ = self.make_driver()
        driver.close()
        with pytest.raises(BodyFault):
            driver.state()

    def _move(self, driver: Driver, model: RobotModel, clock: Clock, step: float) -> np.ndarray:
        """Move the last joint a little within half a second; where it shall be then."""
        controller = make_controller(model, SafetyConfig(), driver, clock)
        controller.arm()
        goal = np.array(driver.state().joint_position)
        goal[-1] += step
        now = clock.now_ns()
        trajectory = JointTrajectory(
            stamp_ns=now,
            time_s=np.array([0.0]),
            joint_position=goal[None],
            joint_velocity=np.zeros((1, model.num_joints)),
            gripper_width=np.array([0.04]),
            expires_ns=now + 10_000_000_000,
        )
        first = -(-now * model.control_hz // 1_000_000_000)
        for tick in range(first, first + int(0.6 * model.control_hz)):
            clock.wait_until(tick_ns(tick, model.control_hz))
            controller.accept(trajectory if tick == first else None, Obstacles.none(clock.now_ns()))
            controller.tick()
        clock.wait_until(tick_ns(first + int(0.6 * model.control_hz), model.control_hz))
        return goal
