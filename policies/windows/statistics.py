"""statistics(): mean, spread and quantiles of what a dataset holds, in one pass that keeps little in memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np

from policies.dataset import Windows
from policies.storage.fields import axes_of
from policies.storage.stored import StoredEpisode

RESERVOIR = 8192  # rows kept for quantiles: the 1 % quantile of so many is within 0.3 % of all rows, with 99 % confidence
ROWS_AT_ONCE = 256
PLACES = ("height", "width", "point", "sample")  # axes along which one kind of number is repeated


@dataclass(frozen=True, eq=False, kw_only=True)
class Statistics:
    """Of the last axis's numbers (D,), over all rows that were there.

    Attributes:
        count: of rows.
        mean: (D,).
        std: (D,), of the population.
        least: (D,).
        most: (D,).
        q01: (D,) 1 % quantile, estimated from a uniform sample of the rows.
        q99: (D,) the same for 99 %.
    """

    count: int
    mean: np.ndarray
    std: np.ndarray
    least: np.ndarray
    most: np.ndarray
    q01: np.ndarray
    q99: np.ndarray


class Pass:
    """Takes rows in; the order of rows decides only which of them the quantiles are estimated from."""

    def __init__(self, seed: int) -> None:
        """Begin with nothing."""
        self._random = np.random.default_rng(seed)
        self._count = 0

    def add(self, rows: np.ndarray) -> None:
        """Take rows (n, D) in."""
        if not len(rows):
            return
        rows = rows.astype(np.float64)
        mean, squares = rows.mean(0), ((rows - rows.mean(0)) ** 2).sum(0)
        if not self._count:
            self._mean, self._squares = np.zeros_like(mean), np.zeros_like(mean)
            self._least, self._most = rows.min(0), rows.max(0)
            self._sample = np.empty((0, rows.shape[1]))
        total = self._count + len(rows)
        delta = mean - self._mean  # Chan, Golub and LeVeque 1979, eq. 2.1
        self._squares = self._squares + squares + delta**2 * (self._count * len(rows) / total)
        self._mean = self._mean + delta * (len(rows) / total)
        self._least, self._most = np.minimum(self._least, rows.min(0)), np.maximum(self._most, rows.max(0))
        self._keep(rows)
        self._count = total

    def result(self) -> Statistics:
        """Of all rows so far."""
        q01, q99 = np.quantile(self._sample, [0.01, 0.99], axis=0)
        std = np.sqrt(self._squares / self._count)
        return Statistics(count=self._count, mean=self._mean, std=std, least=self._least, most=self._most, q01=q01, q99=q99)

    def _keep(self, rows: np.ndarray) -> None:
        """Keep a uniform sample (Vitter 1985, algorithm R)."""
        room = RESERVOIR - len(self._sample)
        self._sample = np.concatenate([self._sample, rows[:room]])
        rest = rows[room:] if room < len(rows) else rows[:0]
        if len(rest):
            places = self._random.integers(0, self._count + max(room, 0) + 1 + np.arange(len(rest)))
            chosen = places < RESERVOIR
            self._sample[places[chosen]] = rest[chosen]


def statistics(windows: Windows, seed: int = 0) -> dict[str, Statistics]:
    """Of every observation and every target of a dataset, by "observations/<path>" and "actions/<name>"; facts have none.

    Rows that were not there, and points behind a cloud's count, are left out.
    """
    passes: dict[str, Pass] = {}
    for number, episode in enumerate(windows.episodes):
        for path in windows.inputs:
            for rows in _rows(episode, path):
                passes.setdefault(path, Pass(seed)).add(rows)
        for key, rows in windows.targets(number).items():
            passes.setdefault(f"actions/{key}", Pass(seed)).add(rows)
    return {path: each.result() for path, each in passes.items()}


def _rows(episode: StoredEpisode, path: str) -> Iterator[np.ndarray]:
    """An array's rows (n, D) that were there, some steps at a time; D are the axes that are no place in a picture or cloud."""
    if path not in episode.manifest.arrays:
        return
    entry, folder = episode.entry(path), path.rpartition("/")[0]
    flag = f"{folder}/{'has_depth' if path.endswith('/depth') else 'valid'}"
    there = episode.array(flag) if flag in episode.manifest.arrays else np.ones(episode.num_steps, bool)
    axes = axes_of(path, len(entry.shape))[1:]
    num_places = sum(axis in PLACES for axis in axes)
    columns = prod(entry.shape[1 + num_places :])
    counted = bool({"point", "sample"} & set(axes)) and f"{folder}/count" in episode.manifest.arrays
    at_once = max(1, min(ROWS_AT_ONCE, entry.rows))
    for start in range(0, episode.num_steps, at_once):
        stop = min(start + at_once, episode.num_steps)
        rows = episode.rows(path, start, stop)
        keep = there[start:stop]
        if counted:
            inside = np.arange(entry.shape[1]) < episode.rows(f"{folder}/count", start, stop)[:, None]
            keep = keep[:, None] & inside
        yield rows[keep].reshape(-1, columns)
