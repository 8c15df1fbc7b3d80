"""RecordingProgress: how a recording gets on: how many, how large, how long still."""

import sys
import time
from typing import TextIO

from sim.evaluation.words import minutes
from sim.suites import EpisodeName
from sim.takes import Take, stem_of

PLAIN_EVERY_S = 15.0


class RecordingProgress:
    """Tells of each episode as it comes, in one line that renews itself on a terminal.

    Attributes:
        num_failed: how many episodes did not succeed, or crashed.
    """

    def __init__(self, wanted: int, stream: TextIO = sys.stderr) -> None:
        """Of so many episodes."""
        self._wanted, self._stream = wanted, stream
        self._began_s, self._said_s = time.monotonic(), -PLAIN_EVERY_S
        self._done = self._kept = self._bytes = self._steps = 0
        self.num_failed = 0

    def add(self, name: EpisodeName, take: Take, kept: bool) -> None:
        """One more, and whether it is in the folder now."""
        if not take.success:
            self.num_failed += 1
            self.say(f"{stem_of(name)}: {take.reason}")
        if kept:
            self._kept, self._bytes, self._steps = self._kept + 1, self._bytes + take.num_bytes, self._steps + take.num_steps
        self._done += 1
        now_s, terminal = time.monotonic(), self._stream.isatty()
        done = self._done == self._wanted
        if terminal or done or now_s - self._said_s >= PLAIN_EVERY_S:
            self._said_s = now_s
            self._stream.write(f"\r\x1b[2K{self.line(now_s)}" if terminal else self.line(now_s) + "\n")
            self._stream.flush()

    def say(self, sentence: str) -> None:
        """Something on a line of its own."""
        self._stream.write(f"\r\x1b[2K{sentence}\n" if self._stream.isatty() else f"{sentence}\n")
        self._stream.flush()

    def close(self) -> None:
        """Leave the line."""
        if self._stream.isatty():
            self._stream.write("\n")

    def line(self, now_s: float) -> str:
        """How many, how fast, how long still."""
        per_s = self._done / max(now_s - self._began_s, 1e-9)
        left = minutes((self._wanted - self._done) / max(per_s, 1e-9))
        return f"{self._done}/{self._wanted}  {self.summary()}  {60 * per_s:.1f} a minute, {left} left"

    def summary(self) -> str:
        """What was kept."""
        each = self._bytes / max(self._kept, 1)
        return f"{self._kept} recorded ({self._bytes / 1e6:.0f} MB, {each / 1e6:.2f} MB each), {self.num_failed} failed"
