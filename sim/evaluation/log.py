"""ResultLog: the results of a run, one JSON object a line, appended as they come; what a kill leaves can be read again."""

import fcntl
import json
import os
from dataclasses import MISSING, asdict, fields
from pathlib import Path
from types import TracebackType

from robot.errors import HandsightError, InvalidInput
from sim.evaluation.failures import CRASHED
from sim.scores import EpisodeResult

FILE = "results.jsonl"
Name = tuple[str, str, str, str, int]
_TYPES = {
    field.name: {"str": str, "int": int, "float": (int, float), "bool": bool}[str(field.type.__name__)]
    for field in fields(EpisodeResult)
}  # type: ignore[union-attr]
_NEEDED = [field.name for field in fields(EpisodeResult) if field.default is MISSING]


class ResultLog:
    """The results of one run, open for appending; one process at a time.

    A line counts once it ends: a last line that a kill has torn is cut off when the log is opened again, and its episode
    is played anew.
    """

    def __init__(self, folder: Path) -> None:
        """Open or begin `folder/results.jsonl`.

        Raises:
            InvalidInput: a line of it is no result, or an episode is there twice.
            HandsightError: another process is writing it.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._file = (folder / FILE).open("a+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise HandsightError(
                f"out: {str(folder)!r} is being written by another evaluation; wait, or name another"
            ) from None
        self._file.seek(0)
        contents = self._file.read()
        whole = contents[: contents.rfind(b"\n") + 1]
        self._results = _parsed(whole, folder / FILE)
        if len(whole) < len(contents):
            self._file.truncate(len(whole))

    @property
    def results(self) -> list[EpisodeResult]:
        """So far, one for each episode."""
        return list(self._results.values())

    def append(self, result: EpisodeResult) -> None:
        """Add a result; it is on the disk when this returns."""
        self._file.write(json.dumps(asdict(result), ensure_ascii=False).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self._results[result.name] = result

    def close(self) -> None:
        """Let another process write."""
        self._file.close()

    def __enter__(self) -> "ResultLog":
        """The log itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close it."""
        self.close()


def read_results(folder: Path) -> list[EpisodeResult]:
    """The results of a run, in order of their names; a torn last line is left out.

    Raises:
        InvalidInput: there is no such run, it has no results, a line is no result, or an episode is there twice.
    """
    path = folder / FILE
    if not path.is_file():
        raise InvalidInput(f"run: no {FILE} in {str(folder)!r}; expected a folder that handsight-evaluate has written")
    contents = path.read_bytes()
    results = sorted(_parsed(contents[: contents.rfind(b"\n") + 1], path).values(), key=lambda row: row.name)
    if not results:
        raise InvalidInput(f"run: {str(path)!r} holds no result yet")
    return results


def _parsed(contents: bytes, path: Path) -> dict[Name, EpisodeResult]:
    """Each line as a result by its episode; that of one that crashed gives way to a later one."""
    known: dict[Name, EpisodeResult] = {}
    for number, line in enumerate(contents.splitlines(), start=1):
        result = _result(line, f"{path}, line {number}")
        if result.name in known and known[result.name].failure != CRASHED:
            raise InvalidInput(f"{path}, line {number}: episode {result.name} is there twice; remove one of the lines")
        known[result.name] = result
    return known


def _result(line: bytes, where: str) -> EpisodeResult:
    """One line as a result."""
    try:
        record = json.loads(line)
    except (UnicodeDecodeError, json.JSONDecodeError):
        raise InvalidInput(f"{where}: expected a JSON object, got {line[:40]!r}; remove the line and run again") from None
    if not isinstance(record, dict):
        raise InvalidInput(f"{where}: expected a JSON object, got {line[:40]!r}; remove the line and run again")
    wrong = [name for name in _NEEDED if name not in record] + [name for name in record if name not in _TYPES]
    wrong += [name for name, value in record.items() if name in _TYPES and not _fits(value, name)]
    if wrong:
        raise InvalidInput(f"{where}: {wrong[0]!r} is missing, unknown or of a wrong type; expected {', '.join(_TYPES)}")
    return EpisodeResult(**record)


def _fits(value: object, name: str) -> bool:
    """Whether a value is of its field's type; True is no number."""
    return isinstance(value, _TYPES[name]) and (_TYPES[name] is bool or not isinstance(value, bool))
