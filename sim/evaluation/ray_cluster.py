"""RayCluster: a crew of Ray actors, on a local cluster or on one that runs already."""

import os
import pickle
import sys
from collections.abc import Sequence
from typing import Any

from robot.errors import HandsightError
from sim.evaluation.crew import THREADS, Make, News


class RayCluster:
    """A crew over a Ray cluster, one core a worker; it needs the extra `ray`."""

    def __init__(self, make: Make, size: int, address: str = "") -> None:
        """Join the cluster at an address ("auto" finds the one of this machine), or start a local one.

        Raises:
            HandsightError: Ray is not installed, or no cluster answers.
        """
        try:
            import ray  # pyright: ignore[reportMissingImports]
        except ImportError:
            raise HandsightError('launcher: ray is not installed; install it with pip install "handsight[ray]"') from None
        self._ray, self.size = ray, size
        os.environ.setdefault("RAY_worker_niceness", "0")  # Ray's own 15 starves workers beside anything else that runs
        local: dict[str, Any] = {"num_cpus": size, "include_dashboard": False} if not address else {}
        environment = {"env_vars": {**THREADS, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}}
        try:
            ray.init(address=address or "local", log_to_driver=False, runtime_env=environment, **local)
        except ConnectionError as error:
            raise HandsightError(f"launcher: no Ray cluster answers at {address!r}: {error}") from None
        self._actor = ray.remote(num_cpus=1, max_restarts=0)(RayWorker)
        self._made = ray.put(pickle.dumps(make))
        self._pending: dict[Any, Any] = {}

    def hire(self) -> Any:
        """A new actor; it sets itself up while its first job waits."""
        return self._actor.remote(self._made)

    def give(self, worker: Any, job: Any) -> None:
        """Send a job."""
        self._pending[worker] = worker.play.remote(job)

    def news(self, busy: Sequence[Any]) -> list[tuple[Any, News, Any]]:
        """Who has answered or died."""
        by_answer = {self._pending[worker]: worker for worker in busy}
        ready, _ = self._ray.wait(list(by_answer), num_returns=1, timeout=1.0)
        return [(by_answer[answer], *self._heard(answer)) for answer in ready]

    def dismiss(self, worker: Any) -> None:
        """End the actor."""
        self._pending.pop(worker, None)
        self._ray.kill(worker)

    def close(self) -> None:
        """Leave the cluster; a local one ends."""
        self._ray.shutdown()

    def _heard(self, answer: Any) -> tuple[News, Any]:
        """An actor's message, or that it is gone."""
        try:
            kind, payload = self._ray.get(answer)
        except self._ray.exceptions.RayError as error:
            return News.LOST, f"its worker is gone: {' '.join(str(error).split())[:300]}"
        return News(kind), payload


class RayWorker:
    """What an actor does: the same as a worker process; see `sim.evaluation.processes`."""

    def __init__(self, made: bytes) -> None:
        """Hold to one core until the first job is done, so that thread pools are made for one."""
        from sim.evaluation.processes import set_up

        self._cores: list[int] | None = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, self._cores[:1])
        self._unfit, self._play = "", None
        try:
            self._play = set_up(made)
        except Exception as error:
            self._unfit = str(error) if isinstance(error, HandsightError) else f"{type(error).__name__}: {error}"

    def play(self, job: Any) -> tuple[str, Any]:
        """A kind of news, and the answer or the reason."""
        from sim.evaluation.processes import roam

        if self._play is None:
            return News.UNFIT.value, self._unfit
        try:
            message = (News.DONE.value, self._play(job))
        except Exception as error:
            message = (News.FAILED.value, f"{type(error).__name__}: {error}")
        if self._cores is not None:
            roam(self._cores)
            self._cores = None
        return message
