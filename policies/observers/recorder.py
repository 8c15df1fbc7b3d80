"""Recorder: writes a rollout down as one episode while it runs, beside the control loop and never in its way."""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Any

from policies.demonstrations import EpisodeWriter, Sizes
from policies.rollout import Rollout, Step
from robot.errors import HandsightError
from robot.state import RobotState

QUEUED_STEPS = 32  # three seconds of the loop: a disk that hangs for longer ends the recording
PATIENCE_S = 0.02  # how long the writer listens before it looks whether the rollout is over
Truth = Callable[[], Mapping[str, Any]]


def say(sentence: str) -> None:
    """One line on the standard error."""
    print(sentence, file=sys.stderr, flush=True)


class Recorder:
    """An observer that writes `<folder>/<name>.zarr.zip` and its manifest from a thread of its own.

    A disk that is full or too slow, and whatever can't be written, ends the recording with one sentence; the robot goes on.

    Attributes:
        manifest: of the committed episode; None before the end, and where nothing moved or the recording failed.
        failure: why the recording ended early, a sentence; empty if it did not.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        attributes: Mapping[str, Any],
        *,
        sizes: Sizes | None = None,
        leave_out: Sequence[str] = (),
        streams: bool = True,
        facts: Truth | None = None,
        at_end: Callable[[], Mapping[str, Any]] = dict,
        taken_over: Callable[[], bool] = lambda: False,
        tell: Callable[[str], None] = say,
    ) -> None:
        """Say where the episode goes and what stands in its attributes.

        Args:
            folder: where to.
            name: of the episode.
            attributes: sentence, seed, policy, config and the like.
            sizes: how long what varies is made.
            leave_out: what of an observation is not kept, such as "cloud".
            streams: whether raw packets are kept too.
            facts: asked at each step, in the loop's thread, for the truth by path below `facts/`; its key "attributes" holds
                the names that the axes refer to.
            at_end: asked at the end for more attributes, such as the success.
            taken_over: asked at each step whether a person has taken over.
            tell: where the sentence of a failure goes.
        """
        self._folder, self._name, self._attributes = folder, name, dict(attributes)
        self._sizes, self._leave_out = sizes, leave_out
        self._streams, self._facts, self._at_end, self._taken_over, self._tell = streams, facts, at_end, taken_over, tell
        self._queue: Queue[tuple[Step, bool, Mapping[str, Any]]] = Queue(QUEUED_STEPS)
        self._given_up, self._ended = Event(), Event()
        self._thread: Thread | None = None
        self._writer: EpisodeWriter | None = None
        self._num_commands = 0
        self.manifest: Path | None = None
        self.failure = ""

    def on_step(self, step: Step) -> None:
        """Hand the step to the writer's thread; never waits."""
        if self._given_up.is_set():
            return
        if self._thread is None:
            self._thread = Thread(target=self._write_all, name=f"recorder of {self._name}", daemon=True)
            self._thread.start()
        try:
            self._queue.put_nowait((step, self._taken_over(), {} if self._facts is None else self._facts()))
        except Full:
            self._fail(f"the disk is {QUEUED_STEPS} steps behind")

    def on_end(self, rollout: Rollout) -> None:
        """Wait for the writer and commit; nothing is left of a rollout in which nothing moved."""
        if self._thread is None:
            return
        self._ended.set()
        self._thread.join()
        if self._writer is None:
            return
        try:
            if rollout.moved and self._num_commands and not self.failure:
                ended = {"ended": rollout.reason, "num_steps": rollout.num_steps, **self._at_end()}
                self.manifest = self._writer.commit({**self._attributes, **ended})
        except HandsightError as error:
            self._fail(str(error))
        finally:
            self._writer.abort()

    def _write_all(self) -> None:
        """What the thread does: one step after another, until the end or a failure."""
        try:
            self._writer = EpisodeWriter(self._folder, self._name, self._sizes, self._leave_out)
            while not self._given_up.is_set():
                try:
                    self._write(*self._queue.get(timeout=PATIENCE_S))
                except Empty:
                    if self._ended.is_set():
                        return
        except Exception as error:  # whatever it is, it is no reason to stop a robot
            self._fail(str(error) or type(error).__name__)

    def _write(self, step: Step, taken_over: bool, facts: Mapping[str, Any]) -> None:
        """One step into the file."""
        assert self._writer is not None
        self._writer.add_facts({key: rows for key, rows in facts.items() if key != "attributes"}, facts.get("attributes"))
        packets = step.packets
        if not any(isinstance(packet, RobotState) for packet in packets):
            packets = (step.observation.state, *packets)  # so that a replay knows where the robot was
        self._writer.add_step(
            step.observation, packets if self._streams else (), step.plan, step.instruction, taken_over=taken_over
        )
        self._writer.add_commands(step.commands)
        self._num_commands += len(step.commands)

    def _fail(self, why: str) -> None:
        """End the recording, once, and say so."""
        if not self._given_up.is_set():
            self._given_up.set()
            self.failure = f"recording stopped: {why}; the robot goes on"
            self._tell(self.failure)
