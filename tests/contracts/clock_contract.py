"""ClockContract: what every Clock must keep; subclass it and say how to make yours."""

from abc import ABC, abstractmethod

from robot.clock import Clock


class ClockContract(ABC):
    """Subclass as `TestMyClock(ClockContract)` with `make_clock`."""

    @abstractmethod
    def make_clock(self) -> Clock:
        """A fresh clock."""

    def test_time_is_an_integer_that_never_runs_back(self) -> None:
        clock = self.make_clock()
        stamps = [clock.now_ns() for _ in range(100)]
        assert all(isinstance(stamp, int) for stamp in stamps)
        assert stamps[0] >= 0
        assert stamps == sorted(stamps)

    def test_waiting_reaches_the_stamp(self) -> None:
        clock = self.make_clock()
        for step_ns in (1, 4_166_667, 10_000_000):
            goal = clock.now_ns() + step_ns
            clock.wait_until(goal)
            assert clock.now_ns() >= goal

    def test_waiting_for_the_past_moves_nothing_back(self) -> None:
        clock = self.make_clock()
        clock.wait_until(clock.now_ns() + 5_000_000)
        before = clock.now_ns()
        clock.wait_until(0)
        assert clock.now_ns() >= before
