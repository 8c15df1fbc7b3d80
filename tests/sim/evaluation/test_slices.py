"""A sliced body loses nothing between two looks, and whoever watches it can end an advance early."""

import numpy as np

from robot.obstacles import Obstacles
from robot.records import BodyReport, CommandRecord, Level
from robot.state import RobotState
from robot.trajectory import JointTrajectory
from sim.evaluation.slices import Slices

TICK_NS, SLICE_NS = 10_000_000, 100_000_000


class Ticking:
    """A clock, and a body that commands at every tick of it."""

    def __init__(self) -> None:
        self._now_ns = 0

    def now_ns(self) -> int:
        return self._now_ns

    def wait_until(self, stamp_ns: int) -> None:
        self._now_ns = stamp_ns

    def state(self) -> RobotState:
        zeros = np.zeros(1)
        return RobotState(
            stamp_ns=self._now_ns, joint_position=zeros, joint_velocity=zeros, joint_torque=zeros, gripper_width=0.0
        )

    def submit(self, trajectory: JointTrajectory | None, obstacles: Obstacles) -> None:
        raise NotImplementedError

    def degrade(self, reason: str) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        raise NotImplementedError

    def close(self) -> None:
        raise AssertionError("the body is its owner's")

    def advance(self, until_ns: int) -> BodyReport:
        stamps = range(self._now_ns, until_ns, TICK_NS)
        self._now_ns = until_ns
        return BodyReport(commands=tuple(command(stamp_ns) for stamp_ns in stamps), level=Level.OK, reason="")


def command(stamp_ns: int) -> CommandRecord:
    zeros = np.zeros(1)
    return CommandRecord(
        stamp_ns=stamp_ns, joint_position=zeros, joint_velocity=zeros, gripper_width=0.0, interventions=(), level=Level.OK
    )


def sliced(end_ns: int) -> tuple[Slices, Ticking, list[int]]:
    """A sliced body that is ended at an instant, its clock, and when whoever ends it was asked."""
    body, asked = Ticking(), []

    def ended(state: RobotState) -> bool:
        asked.append(state.stamp_ns)
        return state.stamp_ns >= end_ns

    return Slices(body, body, SLICE_NS, ended), body, asked


def test_an_advance_gives_every_command_of_all_its_slices_and_asks_between_them() -> None:
    slices, clock, asked = sliced(end_ns=10**12)
    report = slices.advance(450_000_000)
    assert [each.stamp_ns for each in report.commands] == list(range(0, 450_000_000, TICK_NS))
    assert clock.now_ns() == 450_000_000
    assert asked == [100_000_000, 200_000_000, 300_000_000, 400_000_000]


def test_an_advance_ends_where_there_is_something_new_to_do() -> None:
    slices, clock, _ = sliced(end_ns=200_000_000)
    assert len(slices.advance(500_000_000).commands) == 20
    assert clock.now_ns() == 200_000_000


def test_sensors_that_look_seldom_are_told_each_state_in_between_once() -> None:
    slices, _, _ = sliced(end_ns=10**12)
    slices.advance(300_000_000)
    assert [packet.stamp_ns for packet in slices.read()] == [100_000_000, 200_000_000, 300_000_000]
    assert slices.read() == []
    slices.close()
