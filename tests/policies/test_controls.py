"""A person's controls: keys over a pseudo-terminal, a pad's events over a pipe; what is let go of asks for nothing."""

import os
import pty
import struct
import termios
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from policies.controls import (
    AXIS,
    BUTTON,
    CLOSES,
    DONE,
    FULL,
    GIVEN_UP,
    HEARD_S,
    HELD,
    INITIAL,
    Gamepad,
    Keyboard,
    open_control,
)
from robot.errors import InvalidInput


class Hands:
    """The other end of a terminal, and a clock."""

    def __init__(self) -> None:
        self.theirs, self.ours = pty.openpty()
        self.time_s = 10.0
        self.keyboard = Keyboard(self.ours, lambda: self.time_s)

    def type(self, text: str) -> None:
        os.write(self.theirs, text.encode())


@pytest.fixture
def hands() -> Iterator[Hands]:
    made = Hands()
    yield made
    made.keyboard.close()
    os.close(made.theirs)
    os.close(made.ours)


def test_no_key_means_hold(hands: Hands) -> None:
    wish = hands.keyboard.wish()
    assert not wish.held and not wish.motion.any() and wish.ended is None


def test_a_key_is_heard_without_enter_and_lasts_no_longer_than_it_is_heard(hands: Hands) -> None:
    hands.type("w")
    assert hands.keyboard.wish().motion.tolist() == [1, 0, 0, 0, 0, 0, 0]
    hands.time_s += 0.9 * HEARD_S
    assert hands.keyboard.wish().held
    hands.time_s += 0.2 * HEARD_S
    assert not hands.keyboard.wish().held


def test_keys_add_up_and_opposites_cancel(hands: Hands) -> None:
    hands.type("wwwaco")
    assert hands.keyboard.wish().motion.tolist() == [1, 1, 0, 0, 0, 0, 0]


def test_a_digit_sets_the_speed_but_not_the_grippers(hands: Hands) -> None:
    hands.type("2ro")
    assert hands.keyboard.wish().motion.tolist() == [0, 0, 0.5, 0, 0, 0, 1]


@pytest.mark.parametrize(("text", "ended"), [("\n", True), ("\r", True), ("x", False), ("w", None)])
def test_a_key_ends_the_episode_as_success_or_failure(hands: Hands, text: str, ended: bool | None) -> None:
    hands.type(text)
    assert hands.keyboard.wish().ended is ended


def test_arrows_and_unknown_keys_move_nothing(hands: Hands) -> None:
    hands.type("\x1b[A\x1b[1;5d\x1bOd?ZW\x1b")
    assert not hands.keyboard.wish().held


def test_the_terminal_is_given_back_as_it_was() -> None:
    theirs, ours = pty.openpty()
    before = termios.tcgetattr(ours)
    keyboard = Keyboard(ours)
    assert not termios.tcgetattr(ours)[3] & (termios.ECHO | termios.ICANON)
    assert termios.tcgetattr(ours)[3] & termios.ISIG  # Ctrl-C still interrupts
    keyboard.close()
    keyboard.close()
    assert termios.tcgetattr(ours) == before
    os.close(theirs)
    os.close(ours)


def test_a_terminal_that_is_gone_asks_for_nothing() -> None:
    theirs, ours = pty.openpty()
    keyboard = Keyboard(ours)
    os.write(theirs, b"w")
    os.close(theirs)
    assert not keyboard.wish().held
    os.close(ours)
    with pytest.raises(termios.error):
        keyboard.close()


def test_what_is_no_terminal_is_refused_by_name() -> None:
    reads, writes = os.pipe()
    with pytest.raises(InvalidInput, match=r"terminal.*js0"):
        Keyboard(reads)
    os.close(reads)
    os.close(writes)


class Pad:
    """A pad's device file, a named pipe."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "js0"
        os.mkfifo(self.path)
        self.gamepad = open_control(str(self.path))
        self.fd = os.open(self.path, os.O_WRONLY)

    def says(self, *events: tuple[int, int, int]) -> None:
        """Each a type, a number and a value."""
        for kind, number, value in events:
            os.write(self.fd, struct.pack("=IhBB", 123456, value, kind, number))


@pytest.fixture
def pad(tmp_path: Path) -> Iterator[Pad]:
    made = Pad(tmp_path)
    yield made
    made.gamepad.close()
    os.close(made.fd)


def test_a_pad_moves_only_while_the_dead_man_is_held(pad: Pad) -> None:
    assert isinstance(pad.gamepad, Gamepad)
    pad.says((AXIS, 1, -32767), (AXIS, 0, 0))
    assert not pad.gamepad.wish().held
    pad.says((BUTTON, HELD, 1))
    wish = pad.gamepad.wish()
    assert wish.held and wish.motion.tolist() == [1, 0, 0, 0, 0, 0, 0]
    pad.says((BUTTON, HELD, 0))
    assert not pad.gamepad.wish().held and not pad.gamepad.wish().motion.any()


def test_a_stick_near_its_middle_rests_and_half_way_is_slower(pad: Pad) -> None:
    pad.says((BUTTON, HELD, 1), (AXIS, 1, 2000))
    assert not pad.gamepad.wish().held
    pad.says((AXIS, 1, int(-FULL / 2)))
    assert 0.3 < pad.gamepad.wish().motion[0] < 0.5


def test_buttons_work_the_gripper_and_end_the_episode(pad: Pad) -> None:
    pad.says((BUTTON, HELD, 1), (BUTTON, CLOSES, 1))
    assert pad.gamepad.wish().motion[6] == -1
    pad.says((BUTTON, DONE, 1))
    assert pad.gamepad.wish().ended is True
    assert pad.gamepad.wish().ended is None
    pad.says((BUTTON, GIVEN_UP, 1))
    assert pad.gamepad.wish().ended is False


def test_a_dead_man_that_was_down_before_anybody_listened_does_not_count(pad: Pad) -> None:
    pad.says((BUTTON | INITIAL, HELD, 1), (AXIS | INITIAL, 1, -32767))
    assert not pad.gamepad.wish().held
    pad.says((BUTTON, HELD, 0), (BUTTON, HELD, 1))
    assert pad.gamepad.wish().held


def test_an_event_that_comes_in_two_pieces_is_one_event(pad: Pad) -> None:
    pad.says((BUTTON, HELD, 1))
    event = struct.pack("=IhBB", 5, -32767, AXIS, 1)
    os.write(pad.fd, event[:3])
    assert not pad.gamepad.wish().held
    os.write(pad.fd, event[3:])
    assert pad.gamepad.wish().held


def test_a_pad_that_is_pulled_out_asks_for_nothing(tmp_path: Path) -> None:
    pad = Pad(tmp_path)
    pad.says((BUTTON, HELD, 1), (AXIS, 1, -32767))
    assert pad.gamepad.wish().held
    os.close(pad.fd)
    wish = pad.gamepad.wish()
    assert not wish.held and not np.any(wish.motion)
    pad.gamepad.close()


def test_a_device_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match=r"nowhere.*keyboard.*js0"):
        open_control("/nowhere/js0")
