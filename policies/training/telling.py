"""Telling: how a training gets on: a line that renews itself, log.jsonl, and tensorboard where it is installed."""

import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

EVERY = 25  # steps between two lines of the log


class Telling:
    """Counts and tells.

    Attributes:
        seconds: spent on this run, earlier sittings included.
    """

    def __init__(self, out: Path, steps: int, config_yaml: str, episodes: tuple[int, int], quiet: bool) -> None:
        """Begin to count; `episodes` are learnt from, and held out."""
        self._out, self._steps, self._before_s, self._quiet = out, steps, 0.0, quiet
        self._config_yaml, self._episodes = config_yaml, episodes
        self._began_s = self._mark_s = time.monotonic()
        self._waited_s = 0.0
        self._sums: dict[str, torch.Tensor] = {}
        self._samples = self._parts = 0
        self._writer: Any = None

    @property
    def seconds(self) -> float:
        """Spent so far."""
        return self._before_s + time.monotonic() - self._began_s

    def begins(self, learnt: nn.Module, step: int, seconds: float) -> None:
        """Write down what is run, and where it goes on."""
        self._before_s = seconds
        if self._quiet:
            return
        self._out.mkdir(parents=True, exist_ok=True)
        (self._out / "config.yaml").write_text(self._config_yaml)
        _cut(self._out / "log.jsonl", step)
        self._writer = _tensorboard(self._out, step)
        millions, (learning, held) = sum(each.numel() for each in learnt.parameters()) / 1e6, self._episodes
        print(
            f"{millions:.2f} million weights; {learning} episodes to learn from, {held} held out; step {step} of {self._steps}"
        )

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Counts the time in which the logs keep the model waiting."""
        began_s = time.monotonic()
        yield
        self._waited_s += time.monotonic() - began_s

    def counts(self, parts: Mapping[str, torch.Tensor]) -> None:
        """Take the parts of a loss in."""
        self._parts += 1
        for name, part in parts.items():
            self._sums[name] = self._sums.get(name, torch.zeros_like(part)) + part

    def step(self, step: int, samples: int) -> None:
        """One step is done; now and then, tell."""
        self._samples += samples
        if step % EVERY and step != self._steps:
            return
        now_s = time.monotonic()
        passed_s = now_s - self._mark_s
        means = {name: float(value) / self._parts for name, value in self._sums.items()}
        rate, waited = self._samples / passed_s, self._waited_s / passed_s
        left_s = (self._steps - step) * passed_s / (self._samples / samples)
        self._write(step, {**means, "samples_per_s": rate, "waiting_share": waited})
        losses = "  ".join(f"{name} {value:.3f}" for name, value in means.items())
        self._show(f"{step}/{self._steps}  {losses}  {rate:.1f} samples/s  waiting {waited:.0%}  {left_s / 60:.0f} min left")
        self._mark_s, self._waited_s, self._samples, self._parts, self._sums = now_s, 0.0, 0, 0, {}

    def validated(self, step: int, scores: Mapping[str, float]) -> None:
        """Tell how it does on what is held out."""
        self._write(step, {f"validation/{name}": value for name, value in scores.items()})
        self._show(f"step {step}, held out: " + "  ".join(f"{name} {value:.3f}" for name, value in scores.items()), final=True)
        self._mark_s = time.monotonic()
        self._samples, self._waited_s, self._parts, self._sums = 0, 0.0, 0, {}

    def ends(self) -> None:
        """The last line."""
        self._show(f"done in {self.seconds / 60:.1f} min; the best model is {self._out / 'best'}", final=True)

    def _write(self, step: int, values: Mapping[str, float]) -> None:
        """Into the log."""
        if self._quiet:
            return
        with (self._out / "log.jsonl").open("a") as log:
            log.write(json.dumps({"step": step, "seconds": round(self.seconds, 1), **values}) + "\n")
        if self._writer is not None:
            for name, value in values.items():
                self._writer.add_scalar(name, value, step)

    def _show(self, line: str, final: bool = False) -> None:
        """On the terminal, in place of the last line; elsewhere a line of its own."""
        if self._quiet:
            return
        if sys.stdout.isatty():
            print(f"\r\033[K{line}", end="\n" if final else "", flush=True)
        else:
            print(line, flush=True)


def _cut(log: Path, step: int) -> None:
    """Leave out of a log what was told of steps that are done once more, and a line that a kill has torn."""
    if not log.exists():
        return
    part = log.with_name(f".{log.name}.part")
    part.write_text("".join(f"{line}\n" for line in log.read_text().splitlines() if _step_of(line) <= step))
    part.replace(log)


def _step_of(line: str) -> float:
    """Of a line of a log; beyond all of a torn one."""
    try:
        return json.loads(line)["step"]
    except (ValueError, KeyError, TypeError):
        return float("inf")


def _tensorboard(out: Path, step: int) -> Any:
    """A writer, if tensorboard is there."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(out / "tensorboard"), purge_step=step + 1)
