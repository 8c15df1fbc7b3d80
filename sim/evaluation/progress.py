"""Progress: how a run gets on, in one line that renews itself on a terminal, in a plain line now and then elsewhere."""

import sys
import time
from typing import TextIO

from sim.evaluation.words import minutes, percent
from sim.scores import EpisodeResult, count, counts, plain

PLAIN_EVERY_S = 15.0
SHOWN_TASKS = 4


class Progress:
    """Tells of each result as it comes."""

    def __init__(self, wanted: int, before: list[EpisodeResult], stream: TextIO = sys.stderr) -> None:
        """Of so many episodes, some of which were played before."""
        self._wanted, self._stream = wanted, stream
        self._results = list(before)
        self._began_s, self._before = time.monotonic(), len(before)
        self._said_s = -PLAIN_EVERY_S

    def add(self, result: EpisodeResult) -> None:
        """One more."""
        self._results.append(result)
        now_s = time.monotonic()
        if self._stream.isatty():
            self._stream.write(f"\r\x1b[2K{self.line(now_s)}")
        elif now_s - self._said_s >= PLAIN_EVERY_S or len(self._results) == self._wanted:
            self._said_s = now_s
            self._stream.write(self.line(now_s) + "\n")
        self._stream.flush()

    def say(self, sentence: str) -> None:
        """Something that is not the run's own course, on a line of its own."""
        self._stream.write(f"\r\x1b[2K{sentence}\n" if self._stream.isatty() else f"{sentence}\n")
        self._stream.flush()

    def close(self) -> None:
        """Leave the line."""
        if self._stream.isatty() and len(self._results) > self._before:
            self._stream.write("\n")

    def line(self, now_s: float) -> str:
        """How many, how well, how fast, how long still."""
        done, new = len(self._results), len(self._results) - self._before
        total = count(plain(self._results))
        per_s = new / max(1e-9, now_s - self._began_s)
        rates = counts(self._results[-200:], by=lambda row: row.task)
        tasks = ", ".join(f"{task} {percent(each.rate.estimate)}" for task, each in list(rates.items())[:SHOWN_TASKS])
        left = f"{60 * per_s:.1f} a minute, {minutes((self._wanted - done) / max(per_s, 1e-9))} left" if new else ""
        rate = total.rate
        return (
            f"{done}/{self._wanted}  {percent(rate.estimate)} ({percent(rate.lower)} to {percent(rate.upper)})  {left}  {tasks}"
        )
