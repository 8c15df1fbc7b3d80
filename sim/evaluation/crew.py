"""play_all(): many episodes on a crew of workers; an episode whose worker is lost is played again by another one."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from robot.errors import HandsightError

ATTEMPTS = 2
THREADS = {
    name: "1"
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS", "RAYON_NUM_THREADS")
}
"""What keeps the numerical libraries of a worker to one thread each, set before they are imported."""


class News(StrEnum):
    """What a worker has to say."""

    DONE = "done"
    FAILED = "failed"  # the episode ended with an error
    LOST = "lost"  # the worker is gone
    UNFIT = "unfit"  # it can't even be set up: no use in trying others


@dataclass(frozen=True, eq=False, kw_only=True)
class Outcome:
    """What came of one job.

    Attributes:
        job: which.
        answer: what the worker made of it; None if no attempt came to an end.
        attempts: how often it was begun.
        error: why the last attempt that came to none did, a sentence; empty if the first came to an answer.
    """

    job: Any
    answer: Any
    attempts: int
    error: str


class Crew(Protocol):
    """Workers, each with one job at a time; a worker is whatever the crew says it is."""

    size: int

    def hire(self) -> Any:
        """A new worker, not yet busy."""
        ...

    def give(self, worker: Any, job: Any) -> None:
        """A job for a worker that has none; if it is gone, `news` says so."""
        ...

    def news(self, busy: Sequence[Any]) -> list[tuple[Any, News, Any]]:
        """What at least one of the busy workers has to say: worker, kind, and the answer or the reason; may wait a while."""
        ...

    def dismiss(self, worker: Any) -> None:
        """Let a worker go, busy or not. Idempotent."""
        ...

    def close(self) -> None:
        """Nobody is hired from now on."""
        ...


Make = Callable[[], Callable[[Any], Any]]
"""What a worker calls once, in its own process, for that which plays its jobs; it travels pickled."""


def play_all(crew: Crew, jobs: Sequence[Any]) -> Iterator[Outcome]:
    """Each job's outcome as it comes; the order is nobody's promise, and no outcome may depend on it.

    Raises:
        HandsightError: a worker can't be set up at all.
    """
    waiting = deque((job, 1, "") for job in jobs)
    idle = [crew.hire() for _ in range(min(crew.size, len(waiting)))]
    busy: dict[Any, tuple[Any, int, str]] = {}
    try:
        while waiting or busy:
            while waiting and idle:
                worker = idle.pop()
                busy[worker] = waiting.popleft()
                crew.give(worker, busy[worker][0])
            for worker, kind, payload in crew.news(list(busy)):
                job, attempt, error = busy.pop(worker)
                if kind is News.DONE:
                    idle.append(worker)
                    yield Outcome(job=job, answer=payload, attempts=attempt, error=error)
                    continue
                if kind is News.UNFIT:
                    raise HandsightError(str(payload))
                crew.dismiss(worker)
                if attempt < ATTEMPTS:
                    waiting.appendleft((job, attempt + 1, str(payload)))
                else:
                    yield Outcome(job=job, answer=None, attempts=attempt, error=str(payload))
                if waiting:
                    idle.append(crew.hire())
    finally:
        for worker in [*idle, *busy]:
            crew.dismiss(worker)
        crew.close()
