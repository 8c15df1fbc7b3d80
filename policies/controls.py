"""Controls: a keyboard or a gamepad as a person's hand on the tool.

    keyboard                                     gamepad (as the kernel numbers an Xbox pad)
    w s   forward, back (+x, -x of base)         hold LB: nothing moves without it
    a d   left, right (+y, -y)                   left stick: forward, back, left, right
    r f   up, down (+z, -z)                      right stick: up, down, turn about the vertical
    q e   turn about the vertical                hat: tilt
    i k j l   tilt forward, back, left, right    A closes, B opens the gripper
    o c   open, close the gripper                start: done, back: given up
    1 2 3     slow, half, full speed
    Enter: done    x: given up

Nothing moves unless it is asked for at this very moment: a key that is not heard again, a pad that is let go of and one
that is pulled out all mean to hold.
"""

import atexit
import os
import re
import select
import struct
import termios
import time
import tty
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from robot.errors import InvalidInput

HELP = (__doc__ or "").partition("\n\n")[2].rstrip()
HEARD_S = 0.15  # s that a key counts as held after it was heard: terminals repeat 11 to 40 times a second
KEYS: dict[str, tuple[int, ...]] = {  # translation and turn in base, gripper
    "w": (1, 0, 0, 0, 0, 0, 0), "s": (-1, 0, 0, 0, 0, 0, 0),
    "a": (0, 1, 0, 0, 0, 0, 0), "d": (0, -1, 0, 0, 0, 0, 0),
    "r": (0, 0, 1, 0, 0, 0, 0), "f": (0, 0, -1, 0, 0, 0, 0),
    "q": (0, 0, 0, 0, 0, 1, 0), "e": (0, 0, 0, 0, 0, -1, 0),
    "i": (0, 0, 0, 0, 1, 0, 0), "k": (0, 0, 0, 0, -1, 0, 0),
    "j": (0, 0, 0, -1, 0, 0, 0), "l": (0, 0, 0, 1, 0, 0, 0),
    "o": (0, 0, 0, 0, 0, 0, 1), "c": (0, 0, 0, 0, 0, 0, -1),
}  # fmt: skip
ENDINGS = {"\n": True, "\r": True, "x": False}
SPEEDS = {"1": 0.2, "2": 0.5, "3": 1.0}
SEQUENCE = re.compile(r"\x1b(\[[0-9;]*[A-Za-z~]|O.)?")  # arrows and the like: one key, several characters

EVENT = struct.Struct("=IhBB")  # linux/joystick.h: time in ms, value, type, number
BUTTON, AXIS, INITIAL = 0x01, 0x02, 0x80
FULL = 32767.0
DEAD_ZONE = 0.12  # worn sticks do not come back to 0
AXES = {1: (0, -1), 0: (1, -1), 4: (2, -1), 3: (5, -1), 7: (4, -1), 6: (3, 1)}  # number → entry of a wish, sign
HELD, CLOSES, OPENS, GIVEN_UP, DONE = 4, 0, 1, 6, 7  # buttons


@dataclass(frozen=True, eq=False, kw_only=True)
class Wish:
    """What a person's hand asks for at this moment.

    Attributes:
        motion: (7,) translation and turn in base and the opening of the gripper, shares of their greatest speeds in [-1, 1].
        held: whether anything is asked for; if not, the robot holds.
        ended: True: it is done; False: given up; None: it goes on.
    """

    motion: np.ndarray
    held: bool = False
    ended: bool | None = None


class Control(Protocol):
    """A device in a person's hand."""

    def wish(self) -> Wish:
        """What is asked for now; never waits."""
        ...

    def close(self) -> None:
        """Give the device back as it was. Idempotent."""
        ...


class Keyboard:
    """A terminal whose keys are heard one by one, without echo, until it is closed or the program ends."""

    def __init__(self, fd: int = 0, now_s: Callable[[], float] = time.monotonic) -> None:
        """Listen to a terminal, by default standard input.

        Raises:
            InvalidInput: that is no terminal.
        """
        if not os.isatty(fd):
            raise InvalidInput("device: keyboard wants a terminal, and standard input is none; expected one, or /dev/input/js0")
        self._fd, self._now_s = fd, now_s
        self._before = termios.tcgetattr(fd)
        tty.setcbreak(fd)  # Ctrl-C still interrupts
        atexit.register(self.close)
        self._heard_s = dict.fromkeys(KEYS, -np.inf)
        self._speed = SPEEDS["3"]
        self._open = True

    def wish(self) -> Wish:
        """All keys that are held, added up."""
        typed, now_s = SEQUENCE.sub("", self._typed()), self._now_s()
        for key in typed:
            self._speed = SPEEDS.get(key, self._speed)
            if key in KEYS:
                self._heard_s[key] = now_s
        held = [KEYS[key] for key, heard_s in self._heard_s.items() if now_s - heard_s < HEARD_S]
        motion = np.clip(np.sum(held, axis=0), -1, 1) if held else np.zeros(7)
        motion = motion * np.array([self._speed] * 6 + [1.0])
        return Wish(motion=motion, held=bool(held), ended=next((ENDINGS[key] for key in typed if key in ENDINGS), None))

    def close(self) -> None:
        """Let the terminal be as it was."""
        if self._open:
            self._open = False
            atexit.unregister(self.close)
            termios.tcsetattr(self._fd, termios.TCSANOW, self._before)

    def _typed(self) -> str:
        """What was typed since the last look; nothing once the terminal is gone."""
        try:
            return _waiting(self._fd).decode("ascii", "ignore")
        except (OSError, EOFError):
            return ""


class Gamepad:
    """A joystick device of Linux, read as the kernel writes it: 8 bytes an event."""

    def __init__(self, device: str | Path) -> None:
        """Open it.

        Raises:
            InvalidInput: there is no such device, or it may not be read.
        """
        try:
            self._fd = os.open(device, os.O_RDONLY | os.O_NONBLOCK)
        except OSError as error:
            wanted = "keyboard, or a gamepad such as /dev/input/js0"
            raise InvalidInput(f"device: can't open {str(device)!r}: {error.strerror}; expected {wanted}") from None
        self._rest = b""
        self._forget()

    def wish(self) -> Wish:
        """Where sticks and buttons are; nothing once the pad is gone."""
        ended = None
        for value, kind, number in self._events():
            if kind & ~INITIAL == AXIS:
                self._axes[number] = value / FULL
            elif kind == BUTTON:  # a button that was down before anybody listened is not believed
                self._down = self._down | {number} if value else self._down - {number}
                ended = {DONE: True, GIVEN_UP: False}.get(number, ended) if value else ended
        motion = np.zeros(7)
        for number, (entry, sign) in AXES.items():
            share = float(np.clip(self._axes.get(number, 0.0), -1.0, 1.0))
            motion[entry] = sign * np.copysign(max(0.0, abs(share) - DEAD_ZONE) / (1 - DEAD_ZONE), share)
        motion[6] = (OPENS in self._down) - (CLOSES in self._down)
        held = HELD in self._down
        return Wish(motion=motion * held, held=held and bool(motion.any()), ended=ended)

    def close(self) -> None:
        """Give it back."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _events(self) -> list[tuple[int, int, int]]:
        """Value, type and number of each event since the last look; a pad that is gone is let go of."""
        try:
            data = self._rest + (b"" if self._fd < 0 else _waiting(self._fd))
        except (OSError, EOFError):  # it was pulled out
            self.close()
            self._forget()
            return []
        whole = len(data) // EVENT.size * EVENT.size
        self._rest = data[whole:]
        return [(value, kind, number) for _, value, kind, number in EVENT.iter_unpack(data[:whole])]

    def _forget(self) -> None:
        """Every stick is in the middle and no button is down."""
        self._axes: dict[int, float] = {}
        self._down: frozenset[int] = frozenset()


def open_control(device: str) -> Control:
    """The control of that name: "keyboard", or a joystick device's path.

    Raises:
        InvalidInput: there is none.
    """
    return Keyboard() if device == "keyboard" else Gamepad(device)


def _waiting(fd: int) -> bytes:
    """What can be read without waiting, 64 KiB at most; EOFError at the end."""
    data = b""
    while len(data) < 1 << 16 and select.select([fd], [], [], 0)[0]:
        piece = os.read(fd, 4096)
        if not piece:
            raise EOFError
        data += piece
    return data
