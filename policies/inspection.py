"""Inspection: what a log holds, in short tables for a person: counts, rates, gaps, statistics, health, sentences."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from policies.demonstrations import StoredEpisode
from policies.storage.fields import attributes_of

MOST_LINES = 20
GAP = 1.5  # periods: a longer one is a gap
SUMMED = ("observations/state/joint_position", "observations/state/gripper_width", "actions/values", "commands/gripper_width")


class Inspection:
    """Takes episodes in, one after another; `lines` says what was found."""

    def __init__(self, folder: Path) -> None:
        """Begin with nothing."""
        self._folder = folder
        self._rows: list[tuple[str, ...]] = []
        self._remarks: list[str] = []
        self._arrays: dict[str, tuple[str, str, int]] = {}
        self._tallies: dict[str, _Tally] = {}
        self._names: dict[str, list[str]] = {}
        self._sentences: Counter[str] = Counter()
        self._absent: Counter[str] = Counter()
        self._kinds: Counter[str] = Counter()
        self._health: dict[str, Counter[str]] = {}
        self._steps, self._seconds, self._bytes, self._raw, self._gaps = 0, 0.0, 0, 0, 0

    def add(self, episode: StoredEpisode) -> None:
        """Take one episode in; only its small arrays are read."""
        if episode.manifest.schema == 1:
            self._rows.append((episode.name, "?", "?", "?", "?", "?", "version 1: handsight-log import writes it anew"))
            return
        attributes = episode.attributes
        stamps = episode.array("observations/stamp_ns") if "observations/stamp_ns" in episode.paths else np.zeros(0)
        seconds, rate_hz, gaps = _timing(stamps)
        success = {True: "yes", False: "no"}.get(attributes.get("success"), "?")  # type: ignore[call-overload]
        sentence = str(attributes.get("instruction", ""))
        self._rows.append(
            (episode.name, str(episode.num_steps), f"{seconds:.1f}", f"{rate_hz:.1f}", str(gaps), success, sentence)
        )
        self._sentences[sentence] += 1
        self._absent.update(map(str, attributes.get("absent", [])))
        if "action" in attributes:
            self._kinds[str(attributes["action"].get("kind"))] += 1
        self._steps += episode.num_steps
        self._seconds += seconds
        self._gaps += gaps
        self._bytes += episode.manifest.size
        self._add_arrays(episode)
        self._add_health(episode)

    def lines(self) -> list[str]:
        """All of it."""
        size = f"{self._bytes / 1e6:.1f} MB, {self._raw / 1e6:.1f} MB unpacked"
        head = (
            f"{self._folder}: {len(self._rows)} episodes, {self._steps} steps, {self._seconds:.1f} s, {self._gaps} gaps, {size}"
        )
        told = [row[5] for row in self._rows]
        counts = f"succeeded: {told.count('yes')}, failed: {told.count('no')}, unknown: {told.count('?')}"
        actions = [f"actions: {kind} in {count} episodes" for kind, count in self._kinds.items()]
        absent = [f"absent: {', '.join(f'{name} ({n})' for name, n in self._absent.items())}"] if self._absent else []
        return [
            head, counts, *actions, *absent, *self._remarks, "",
            *table(("episode", "steps", "s", "Hz", "gaps", "success", "sentence"), self._rows), "",
            *table(("array", "a row", "type", "unit", "episodes"), self._array_rows()), "",
            *table(("number", "least", "mean", "spread", "most"), self._number_rows()), "",
            *table(("sensor", "what was found"), self._health_rows()), "",
            *table(("times", "sentence"), [(str(n), sentence or "(none)") for sentence, n in self._sentences.most_common()]),
        ]  # fmt: skip

    def _add_arrays(self, episode: StoredEpisode) -> None:
        """Shapes, and the numbers of state and actions."""
        for path, entry in episode.manifest.arrays.items():
            shape = " × ".join(map(str, entry.shape[1:])) or "1"
            self._arrays[path] = (shape, entry.dtype, self._arrays.get(path, ("", "", 0))[2] + 1)
            self._raw += int(np.prod(entry.shape)) * np.dtype(entry.dtype).itemsize
        for path in SUMMED:
            if path in episode.paths and episode.entry(path).shape[0]:
                rows = episode.array(path)
                tally = self._tallies.setdefault(path, _Tally(rows.reshape(len(rows), -1).shape[1]))
                if not tally.add(rows.reshape(len(rows), -1).astype(np.float64)):
                    self._remarks.append(f"! {episode.name}: {path} has {rows.shape[1:]} numbers, unlike the episodes before")
        self._names["observations/state/joint_position"] = episode.attributes.get("robot", {}).get("joint_names", [])
        self._names["actions/values"] = episode.attributes.get("action", {}).get("names", [])

    def _add_health(self, episode: StoredEpisode) -> None:
        """Pictures that are missing or the same again, and what the sensors' health said."""
        reasons = episode.attributes.get("reasons", [""])
        for path in episode.paths:
            parts = path.split("/")
            if parts[:2] == ["observations", "cameras"] and parts[3] == "valid":
                self._count(parts[2], "pictures missing", int((~episode.array(path)).sum()))
            elif parts[:2] == ["observations", "cameras"] and parts[3] == "rgb":
                self._count(parts[2], "pictures", episode.num_steps)
                self._count(parts[2], "pictures the same as the one before", _repeated(episode, path))
            elif parts[:2] == ["observations", "health"] and parts[3] == "reason":
                said = Counter(episode.array(path).tolist())
                for number, times in said.items():
                    reason = reasons[number] if 0 <= number < len(reasons) else "?"
                    self._count(parts[2], reason, times if reason else 0)

    def _count(self, sensor: str, what: str, times: int) -> None:
        """Count something of a sensor."""
        self._health.setdefault(sensor, Counter())[what] += times

    def _array_rows(self) -> list[tuple[str, ...]]:
        """Path, row, type, unit, in how many episodes."""
        return [
            (path, shape, dtype, attributes_of(path).get("unit", ""), str(count))
            for path, (shape, dtype, count) in sorted(self._arrays.items())
        ]

    def _number_rows(self) -> list[tuple[str, ...]]:
        """Every number of state and actions."""
        rows = []
        for path, tally in self._tallies.items():
            names = self._names.get(path, [])
            short = path.removeprefix("observations/state/").removesuffix("/values")
            for index, values in enumerate(zip(tally.least, tally.mean, tally.spread, tally.most, strict=True)):
                name = f" {names[index]}" if index < len(names) else f" {index}" if len(tally.least) > 1 else ""
                rows.append((short + name, *(f"{value:.4g}" for value in values)))
        return rows

    def _health_rows(self) -> list[tuple[str, ...]]:
        """What was found of each sensor, the most frequent first."""
        return [
            (sensor, "; ".join(f"{times} {what}" for what, times in found.most_common() if times))
            for sensor, found in self._health.items()
        ]


class _Tally:
    """Least, mean, spread and most of some numbers."""

    def __init__(self, width: int) -> None:
        """Begin with nothing."""
        self._count, self._sum, self._squares = 0, np.zeros(width), np.zeros(width)
        self.least, self.most = np.full(width, np.inf), np.full(width, -np.inf)

    def add(self, rows: np.ndarray) -> bool:
        """Take rows (n, D) in; False, and nothing is taken, if they are not as wide as those before."""
        if rows.shape[1] != len(self._sum):
            return False
        self._count += len(rows)
        self._sum += rows.sum(0)
        self._squares += (rows**2).sum(0)
        self.least, self.most = np.minimum(self.least, rows.min(0)), np.maximum(self.most, rows.max(0))
        return True

    @property
    def mean(self) -> np.ndarray:
        """(D,)."""
        return self._sum / max(self._count, 1)

    @property
    def spread(self) -> np.ndarray:
        """Standard deviation (D,)."""
        return np.sqrt(np.maximum(self._squares / max(self._count, 1) - self.mean**2, 0.0))


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Rows under their heads, in columns as wide as they need; nothing where there are no rows."""
    shown = list(rows)
    more = [f"… and {len(shown) - MOST_LINES} more"] if len(shown) > MOST_LINES else []
    if not shown:
        return []
    cells = [list(heads), *shown[:MOST_LINES]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells] + more


def _timing(stamps: np.ndarray) -> tuple[float, float, int]:
    """Seconds, steps a second, and how many gaps."""
    gaps = np.diff(stamps)
    if not len(gaps):
        return 0.0, 0.0, 0
    period = float(np.median(gaps))
    return float(stamps[-1] - stamps[0]) * 1e-9, 1e9 / period, int((gaps > GAP * period).sum())


def _repeated(episode: StoredEpisode, path: str) -> int:
    """How many pictures are the one before again, by the checksums of their chunks: none is unpacked."""
    entry = episode.entry(path)
    if entry.rows != 1:
        rows = episode.array(path)
        return sum(bool(np.array_equal(*pair)) for pair in pairwise(rows))
    chunks = list(zip(entry.crc32c, entry.size, strict=True))
    return sum(this == before for this, before in pairwise(chunks))
