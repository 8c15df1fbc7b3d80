"""Server: one model for many robots: what they ask at about the same time is read in one pass."""

import multiprocessing
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, Listener, wait
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import numpy as np

from policies.vla.checkpoint import open_config
from policies.vla.mind import LocalMind, Mind
from policies.vla.wire import answered, packed, rows_of, unpacked
from robot.errors import HandsightError, one_of

TURN_S = 0.05  # after so long without a question it looks for new robots
PATIENCE_S = 0.003  # so long it waits for others once one has asked
STARTS_S = 120.0
BACKLOG = 64
LARGEST = 1 << 26  # bytes of a question
Question = dict[str, np.ndarray]


class Server:
    """Answers questions of whoever has come, `most` rows in one pass."""

    def __init__(self, mind: Mind, config: str, most: int) -> None:
        """Read with a mind; `config` is its model's, as JSON, by which robots know that they mean the same."""
        self._mind, self._config, self._most = mind, config, most
        self._robots: list[Connection] = []

    def welcome(self, listener: Listener) -> None:
        """Take in whoever comes, for ever."""
        while True:
            self._robots.append(listener.accept())

    def serve(self) -> None:
        """Answer, for ever."""
        while True:
            self.turn()

    def turn(self) -> int:
        """Wait for a question, and for others a moment longer; answer them. How many there were."""
        questions = self._heard(TURN_S)
        until_s = time.monotonic() + PATIENCE_S
        while 0 < len(questions) < min(self._most, len(self._robots)) and (left_s := until_s - time.monotonic()) > 0:
            questions += self._heard(left_s, [robot for robot, _ in questions])
        together = [each for each in questions if str(each[1].get("kind")) == "said"]
        for begin in range(0, len(together), self._most):
            self._read(together[begin : begin + self._most])
        for robot, question in questions:
            if str(question.get("kind")) != "said":
                self._send(robot, self._alone(question))
        return len(questions)

    def _heard(self, patience_s: float, asked: Sequence[Connection] = ()) -> list[tuple[Connection, Question]]:
        """What robots that have not asked yet ask; those that are gone are forgotten."""
        waiting = [robot for robot in self._robots if robot not in asked]
        if not waiting:
            time.sleep(patience_s)
            return []
        heard = []
        for robot in wait(waiting, timeout=patience_s):
            try:
                heard.append((robot, unpacked(robot.recv_bytes(LARGEST))))  # type: ignore[union-attr]
            except (OSError, EOFError, ValueError):
                self._robots.remove(robot)  # type: ignore[arg-type]
        return heard

    def _read(self, questions: Sequence[tuple[Connection, Question]]) -> None:
        """One pass for several robots."""
        try:
            rows = [rows_of(question) for _, question in questions]
            if not all(prompts for _, prompts in rows):
                raise ValueError("a question without a prompt")
            frames, prompts = [each for row in rows for each in row[0]], [each for row in rows for each in row[1]]
            readings = self._mind.said(frames, prompts)
        except Exception as error:  # somebody asks for nonsense: that one is told so, and the others are read without it
            for each in questions if len(questions) > 1 else ():
                self._read([each])
            if len(questions) == 1:
                self._send(questions[0][0], refused(error))
            return
        for (robot, _), (own, _) in zip(questions, rows, strict=True):
            self._send(robot, answered(readings[: len(own)]))
            readings = readings[len(own) :]

    def _alone(self, question: Question) -> Mapping[str, np.ndarray | str | float]:
        """The answer to what is no matter of slots."""
        try:
            frames, prompts = rows_of(question)
            match str(question.get("kind")):
                case "config" if str(question["config"]) == self._config:
                    return {}
                case "config":
                    raise HandsightError("the server has another checkpoint than this robot")
                case "written":
                    said, likely = self._mind.written(frames[0], prompts[0])
                    return {"said": np.asarray(said, dtype=np.int64), "likely": likely}
                case "attended":
                    return {"shares": self._mind.attended(frames[0], prompts[0], int(question["token"]))}
                case kind:
                    raise one_of("kind", kind, ("config", "said", "written", "attended"))
        except Exception as error:
            return refused(error)

    def _send(self, robot: Connection, answer: Mapping[str, np.ndarray | str | float]) -> None:
        """An answer, if its robot is still there."""
        with suppress(OSError):
            robot.send_bytes(packed(answer))


def refused(error: Exception) -> dict[str, str]:
    """Why there is no answer."""
    return {"refusal": str(error) if isinstance(error, HandsightError) else f"{type(error).__name__}: {error}"}


@contextmanager
def serving(folder: Path, device: str, threads: int, precision: str, most: int) -> Iterator[str]:
    """A server in a process of its own for as long as this lasts; its address, a socket in a folder of this user alone.

    Raises:
        HandsightError: the checkpoint, the device or the precision is not to be had.
    """
    context = multiprocessing.get_context("spawn")
    with TemporaryDirectory() as private:
        address, (ours, theirs) = f"{private}/model", context.Pipe()
        process = context.Process(target=_serve, args=(folder, device, threads, precision, most, address, theirs), daemon=True)
        process.start()
        try:
            why = ours.recv() if ours.poll(STARTS_S) else "it did not start"
            if why:
                raise HandsightError(f"the model's server: {why}")
            yield address
        finally:
            process.kill()
            process.join()


def _serve(folder: Path, device: str, threads: int, precision: str, most: int, address: str, ready: Connection) -> None:
    """What the server's process does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        server = Server(LocalMind(folder, device, threads, precision), open_config(folder).to_json_string(), most)
        listener = Listener(address, "AF_UNIX", backlog=BACKLOG)
    except Exception as error:
        ready.send(str(refused(error)["refusal"]))
        return
    ready.send("")
    Thread(target=server.welcome, args=(listener,), daemon=True).start()
    server.serve()
