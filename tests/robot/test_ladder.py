"""The ladder by itself: the worst wins, it latches, and only what the rules say brings it down."""

from robot.guard.ladder import Ladder, Level


def test_the_ladder_takes_the_worst_and_latches() -> None:
    ladder = Ladder()
    ladder.raise_to(Level.DEGRADED, "degraded", "a camera is gone")
    ladder.raise_to(Level.STOP, "protective", "blind")
    assert (ladder.level, ladder.reason) == (Level.STOP, "blind")
    ladder.close_tick()
    ladder.close_tick()
    assert ladder.level == Level.STOP  # the cause is gone, no new trajectory has come
    ladder.renew()
    ladder.close_tick()
    assert (ladder.level, ladder.reason) == (Level.OK, "")


def test_a_new_trajectory_does_not_clear_a_cause_that_is_present() -> None:
    ladder = Ladder()
    for _ in range(3):
        ladder.raise_to(Level.HOLD, "watchdog", "silence")
        ladder.renew()
        ladder.close_tick()
        assert ladder.level == Level.HOLD


def test_estop_pressed_in_the_middle_of_a_tick_is_not_lost() -> None:
    ladder = Ladder()
    ladder.raise_to(Level.HOLD, "watchdog", "silence")
    ladder.raise_to(Level.ESTOP, "estop", "pressed")
    for _ in range(3):
        ladder.renew()
        ladder.close_tick()
        assert (ladder.level, ladder.reason) == (Level.ESTOP, "pressed")
        assert ladder.causes[-1].code == "estop"
    ladder.rearm()
    assert ladder.level == Level.OK
