"""compared(): two runs side by side, paired by episode, in words and one table."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from robot.errors import InvalidInput
from sim.evaluation.words import chance, percent
from sim.scores import EpisodeResult, paired, plain
from sim.statistics import Pairs, mcnemar, paired_difference

SURE = 0.05


def compared(first: Sequence[EpisodeResult], second: Sequence[EpisodeResult], name_1: str, name_2: str) -> str:
    """Which run did better in the episodes that both played, and how sure that is; Markdown.

    What was perturbed has a table of its own, and is left out of all else.

    Raises:
        InvalidInput: they have no episode in common, or were drawn from different seeds.
    """
    rows_1, rows_2 = ({row.name: row for row in rows} for rows in (first, second))
    common = [name for name in rows_1 if name in rows_2]
    if not common:
        raise InvalidInput(f"compare: {name_1} and {name_2} have no episode in common; expected runs of the same suite")
    seeds = {rows_1[common[0]].seed, rows_2[common[0]].seed}
    if len(seeds) > 1:
        raise InvalidInput(
            f"compare: {name_1} and {name_2} were drawn from different seeds, {' and '.join(map(str, sorted(seeds)))}"
        )
    pairs = [(rows_1[name], rows_2[name]) for name in common]
    unperturbed = [(row, rows_2[row.name]) for row in plain(row for row, _ in pairs)]
    tables = [_table(title, unperturbed, part) for title, part in (("suite", 0), ("task", 1), ("split", 2))]
    tables.append(_table("perturbation", pairs, 3))
    alone = len(rows_1) + len(rows_2) - 2 * len(common)
    left_out = f" Left out are episodes that only one of them played: {alone}." if alone else ""
    legend = f"A is {name_1} ({first[0].policy}), B is {name_2} ({second[0].policy})."
    return "\n\n".join([f"{legend}{left_out}", verdict(paired(unperturbed)), *filter(None, tables)])


def verdict(pairs: Pairs) -> str:
    """What a paired table says, for a person."""
    difference, p = paired_difference(pairs), mcnemar(pairs)
    points = 100 * abs(difference.estimate)
    better = "B" if difference.estimate > 0 else "A"
    limits = f"{100 * difference.lower:+.0f} to {100 * difference.upper:+.0f} points with 95 % confidence"
    split = f"In {pairs.first + pairs.second} of {pairs.count} episodes only one of them succeeded: "
    split += f"A alone in {pairs.first}, B alone in {pairs.second}."
    if pairs.first == pairs.second:
        return f"No difference was seen: both succeeded equally often (B minus A: {limits}; McNemar {chance(p)}). {split}"
    said = f"{better} succeeded {points:.0f} points more often (B minus A: {limits}; McNemar {chance(p)}). {split}"
    if p < SURE:
        return f"{better} is better. {said}"
    return f"Which one is better can't be told from these episodes. {said} More episodes would tell."


def _table(title: str, rows: Iterable[tuple[EpisodeResult, EpisodeResult]], part: int) -> str:
    """One line for each value of a part of the episodes' names; empty where there is only one."""
    ordered = sorted(rows, key=lambda pair: pair[0].name[part])
    groups = [(str(key), paired(group)) for key, group in groupby(ordered, key=lambda pair: pair[0].name[part])]
    if len(groups) == 1 and title != "suite":
        return ""
    lines = [f"| {title} | episodes | A | B | B − A, 95 % | McNemar |", "|---|---|---|---|---|---|"]
    return "\n".join(lines + [_line(key, pairs) for key, pairs in groups])


def _line(key: str, pairs: Pairs) -> str:
    """One line of the table."""
    difference = paired_difference(pairs)
    rates = [percent((pairs.both + own) / pairs.count) for own in (pairs.first, pairs.second)]
    limits = f"{100 * difference.estimate:+.0f} ({100 * difference.lower:+.0f} to {100 * difference.upper:+.0f})"
    return f"| {key} | {pairs.count} | {rates[0]} | {rates[1]} | {limits} | {chance(mcnemar(pairs))} |"
