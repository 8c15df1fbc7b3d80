"""Processes: a crew of worker processes on this machine, each kept to one thread of every numerical library."""

import multiprocessing
import os
import pickle
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from robot.errors import HandsightError
from sim.evaluation.crew import THREADS, Make, News

PATIENCE_S = 3600.0  # of wall time for one job; a worker that takes longer hangs
_NEWS = {news.value: news for news in News}


@dataclass(eq=False)
class _Worker:
    """One process, this end of its pipe, and since when it is busy."""

    process: Any
    pipe: Connection
    since_s: float = 0.0


class Processes:
    """A crew of spawned processes.

    Embree and Open3D size their thread pools by the cores that a process may run on when they first need one: each worker
    begins on one core and may go to all others once its first job is done.
    """

    def __init__(self, make: Make, size: int) -> None:
        """Hold what each worker begins with."""
        self.size = size
        self._made = pickle.dumps(make)
        self._context = multiprocessing.get_context("spawn")
        self._hired = 0

    def hire(self) -> _Worker:
        """Start a process; it sets itself up while its first job waits in its pipe."""
        ours, theirs = self._context.Pipe()
        cores = sorted(os.sched_getaffinity(0))
        kept = {name: os.environ.get(name) for name in THREADS}
        process = self._context.Process(target=serve, args=(theirs, self._made, cores), daemon=True)
        try:
            os.environ.update(THREADS)
            os.sched_setaffinity(0, {cores[self._hired % len(cores)]})
            process.start()
        finally:
            os.sched_setaffinity(0, cores)
            for name, value in kept.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})
        theirs.close()
        self._hired += 1
        return _Worker(process=process, pipe=ours)

    def give(self, worker: _Worker, job: Any) -> None:
        """Send a job."""
        worker.since_s = time.monotonic()
        with suppress(OSError):  # it is gone, and its pipe's end will say so
            worker.pipe.send(job)

    def news(self, busy: Sequence[_Worker]) -> list[tuple[_Worker, News, Any]]:
        """Who has answered, died, or kept silent for too long."""
        by_pipe = {worker.pipe: worker for worker in busy}
        heard = [(by_pipe[pipe], *self._heard(by_pipe[pipe])) for pipe in wait(list(by_pipe), timeout=1.0)]  # type: ignore[index]
        now_s = time.monotonic()
        for worker in busy:
            if now_s - worker.since_s > PATIENCE_S and worker not in [each[0] for each in heard]:
                heard.append((worker, News.LOST, f"its worker did not answer for {PATIENCE_S:.0f} s"))
        return heard

    def dismiss(self, worker: _Worker) -> None:
        """End the process, whatever it does."""
        worker.pipe.close()
        if worker.process.is_alive():
            worker.process.kill()
        worker.process.join()

    def close(self) -> None:
        """Nothing is left to close."""

    def _heard(self, worker: _Worker) -> tuple[News, Any]:
        """A worker's message; the end of its pipe means that it is gone."""
        try:
            kind, payload = worker.pipe.recv()
        except (EOFError, OSError):
            worker.process.join()
            return News.LOST, f"its worker ended with exit code {worker.process.exitcode}"
        return _NEWS[kind], payload


def serve(pipe: Connection, made: bytes, cores: list[int]) -> None:
    """What a worker process does: set itself up, then answer one job after another until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        play = set_up(made)
    except Exception as error:
        pipe.send((News.UNFIT.value, str(error) if isinstance(error, HandsightError) else f"{type(error).__name__}: {error}"))
        return
    first = True
    while True:
        try:
            job = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            message = (News.DONE.value, play(job))
        except Exception as error:  # the episode counts as crashed, whatever it was
            message = (News.FAILED.value, f"{type(error).__name__}: {error}")
        try:
            pipe.send(message)
        except OSError:
            return
        if first:
            first = False
            roam(cores)


def set_up(made: bytes) -> Any:
    """That which plays jobs, made in this process."""
    return pickle.loads(made)()


def roam(cores: list[int]) -> None:
    """Let every thread of this process run on all of these cores."""
    for thread in Path("/proc/self/task").iterdir():
        os.sched_setaffinity(int(thread.name), cores)
