"""ranked(): models of one training side by side, all on the same episodes, the best first."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from robot.errors import InvalidInput
from sim.evaluation.words import chance, interval
from sim.scores import EpisodeResult, count, paired, plain
from sim.statistics import mcnemar, paired_difference


def models_of(run: Path) -> list[Path]:
    """The models that a training run kept, in order of their steps.

    Raises:
        InvalidInput: it kept none.
    """
    found = sorted(path.parent for path in run.glob("checkpoints/[!.]*/config.json"))
    if not found:
        raise InvalidInput(f"rank: no models in {str(run / 'checkpoints')!r}; expected a run of handsight-train with keep=5")
    return found


def ranked(results: Mapping[str, Sequence[EpisodeResult]]) -> str:
    """A line for each model with its rate, and how far it is from the best, by the episodes that all played; Markdown.

    Raises:
        InvalidInput: there is no such episode.
    """
    common = set.intersection(*({row.name for row in each} for each in results.values()))
    if not common:
        raise InvalidInput(f"rank: {' and '.join(results)} have no episode in common; expected runs of the same suite and seed")
    rows = {name: plain(row for row in each if row.name in common) for name, each in results.items()}
    rates = {name: count(each).rate for name, each in rows.items()}
    best, *others = sorted(rows, key=lambda name: -rates[name].estimate)
    lines = ["| model | episodes | success, 95 % | minus the best, 95 % | McNemar |", "|---|---|---|---|---|"]
    lines.append(f"| {best} | {len(rows[best])} | {interval(rates[best])} | – | – |")
    first = {row.name: row for row in rows[best]}
    for name in others:
        pairs = paired((first[row.name], row) for row in rows[name])
        change = paired_difference(pairs)
        limits = f"{100 * change.estimate:+.0f} ({100 * change.lower:+.0f} to {100 * change.upper:+.0f})"
        lines.append(f"| {name} | {len(rows[name])} | {interval(rates[name])} | {limits} | {chance(mcnemar(pairs))} |")
    return "\n".join(lines)
