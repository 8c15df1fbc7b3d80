"""leaderboard(): the README's tables from the results of many runs, in Markdown."""

from collections.abc import Iterable, Sequence

from robot.errors import InvalidInput
from sim.evaluation.words import interval, percent
from sim.scores import PLAIN, Count, EpisodeResult, count, counts

# Huang et al., "VoxPoser", CoRL 2023: success in percent on their simulated table, by cell and group of tasks.
PUBLISHED = {
    ("seen-seen", "object interactions"): 64.0,
    ("seen-seen", "spatial composition"): 77.5,
    ("seen-unseen", "object interactions"): 60.0,
    ("seen-unseen", "spatial composition"): 58.8,
    ("unseen-unseen", "object interactions"): 65.0,
    ("unseen-unseen", "spatial composition"): 76.7,
}


def leaderboard(runs: Sequence[Sequence[EpisodeResult]]) -> str:
    """Pooled per suite, then per task of each suite, then per perturbation; policies stand beside each other.

    Raises:
        InvalidInput: two runs say different things of the same policy's same episode.
    """
    rows = _once(row for run in runs for row in run)
    plain = [row for row in rows if row.perturbation == PLAIN]
    sections = [_pooled(plain)] if plain else []
    for suite in _unique(row.suite for row in rows):
        own = [row for row in plain if row.suite == suite]
        if own:
            sections.append(_by_task(suite, own))
            grouped = _by_group(suite, own)
            sections += [grouped] if grouped else []
        harder = [row for row in rows if row.suite == suite]
        if any(row.perturbation != PLAIN for row in harder):
            sections.append(_by_perturbation(suite, harder))
    return "\n\n".join(sections)


def _once(rows: Iterable[EpisodeResult]) -> list[EpisodeResult]:
    """Each policy's each episode once, though several runs hold it."""
    known: dict[tuple, EpisodeResult] = {}
    for row in rows:
        first = known.setdefault((row.policy, row.seed, *row.name), row)
        if first.success != row.success:
            episode = " ".join(map(str, row.name))
            raise InvalidInput(
                f"leaderboard: of {row.policy}'s episode {episode} one run says success and another failure; give "
                "policies that differ different names, such as policy.name=mine"
            )
    return list(known.values())


def _pooled(rows: Sequence[EpisodeResult]) -> str:
    """One line for each suite and policy."""
    lines = ["| suite | policy | n | success, 95 % | sentences in a row | seed | CPU hours |", "|---|---|---|---|---|---|---|"]
    for suite, policy in _unique((row.suite, row.policy) for row in rows):
        own = [row for row in rows if (row.suite, row.policy) == (suite, policy)]
        total, seeds = count(own), ", ".join(_unique(str(row.seed) for row in own))
        several = max(row.num_errands for row in own)
        in_a_row = f"{total.mean_score:.2f} of {several}" if several > 1 else "–"
        hours = sum(row.cpu_s for row in own) / 3600
        lines.append(f"| {suite} | {policy} | {total.count} | {interval(total.rate)} | {in_a_row} | {seeds} | {hours:.2f} |")
    return "\n".join(lines)


def _by_task(suite: str, rows: Sequence[EpisodeResult]) -> str:
    """One line for each task, one column for each policy."""
    policies = _unique(row.policy for row in rows)
    table = counts(rows, by=lambda row: (row.task, row.policy))
    lines = _head(suite, "task", policies)
    for task in _unique(row.task for row in rows):
        lines.append(_line(task, [table.get((task, policy)) for policy in policies]))
    return "\n".join(lines)


def _by_group(suite: str, rows: Sequence[EpisodeResult]) -> str:
    """One line for each split and group of tasks, with what was published beside it; empty where there are no groups."""
    if not any(row.group for row in rows):
        return ""
    policies = _unique(row.policy for row in rows)
    table = counts(rows, by=lambda row: (row.split, row.group, row.policy))
    lines = [line + end for line, end in zip(_head(suite, "cell", policies), (" VoxPoser, published |", "---|"), strict=True)]
    for split, group in _unique((row.split, row.group) for row in rows):
        published = PUBLISHED.get((split, group))
        theirs = "–" if published is None else f"{published:.1f} %"
        line = _line(f"{split}, {group}", [table.get((split, group, policy)) for policy in policies])
        lines.append(f"{line} {theirs} |")
    return "\n".join(lines)


def _by_perturbation(suite: str, rows: Sequence[EpisodeResult]) -> str:
    """One line for each perturbation, over the episodes that were also perturbed."""
    policies = _unique(row.policy for row in rows)
    mixed = {(row.policy, *row.name[:3], row.index) for row in rows if row.perturbation != PLAIN}
    fair = [row for row in rows if (row.policy, *row.name[:3], row.index) in mixed]
    table = counts(fair, by=lambda row: (row.perturbation, row.policy))
    lines = _head(suite, "perturbation", policies)
    for each in _unique(row.perturbation for row in fair):
        lines.append(_line(each, [table.get((each, policy)) for policy in policies]))
    return "\n".join(lines)


def _head(suite: str, what: str, policies: Sequence[str]) -> list[str]:
    """The first two lines of a table."""
    return [f"| {suite}: {what} | {' | '.join(policies)} |", "|---" * (len(policies) + 1) + "|"]


def _line(name: str, cells: Sequence[Count | None]) -> str:
    """One line of a table."""
    shown = ["–" if each is None else f"{percent(each.rate.estimate)} of {each.count} {_limits(each)}" for each in cells]
    return f"| {name} | {' | '.join(shown)} |"


def _limits(each: Count) -> str:
    """The interval alone."""
    return f"({100 * each.rate.lower:.0f}–{100 * each.rate.upper:.0f})"


def _unique(values: Iterable) -> list:
    """Each value once, in the order of its first appearance."""
    return list(dict.fromkeys(values))
