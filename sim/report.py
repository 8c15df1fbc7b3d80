"""write_report(): a run's results as one self-contained HTML page: rates, perturbations, failures, pictures, timing."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

import numpy as np

from sim.evaluation.failures import CRASHED, FAILURES
from sim.evaluation.words import interval, minutes, percent
from sim.scores import PLAIN, Count, EpisodeResult, count, counts, paired, plain
from sim.statistics import paired_difference

if TYPE_CHECKING:
    from sim.evaluation.folder import EvaluationFolder

MOST_PICTURES = 48
REPORT = "report.html"
PAGE = Path(__file__).parent / "assets" / "report.html"


def write_report(folder: "EvaluationFolder", results: Sequence[EpisodeResult]) -> str:
    """Write `report.html` into a run's folder; gives what to say of it on the command line."""
    sections = [
        _headline(results),
        _section("By task", _rates(plain(results), "task")),
        _section("By split", _rates(plain(results), "split"), "Words first, then things; seen or unseen in training."),
        _section("By group", _rates([row for row in plain(results) if row.group], "group")),
        _section("Tasks × splits", _cells(plain(results))),
        _section(
            "By perturbation",
            _perturbations(results),
            "Beside each rate, that of the same episodes unperturbed, and the change.",
        ),
        _section("Sentences in a row", _chain(plain(results))),
        _section("Why episodes failed", _failures(results), "Of all that was played, perturbed or not."),
        _section("Failures", _gallery(folder, results), "The world as the episode left it."),
        _section("Timing", _timing(results)),
        _section("How this was made", _made(folder)),
    ]
    first = results[0]
    title = f"{first.suite} · {first.policy}"
    page = Template(PAGE.read_text()).substitute(title=escape(title), body="\n".join(sections))
    path = folder.path / REPORT
    part = path.with_name(f".{path.name}.part")
    part.write_text(page)
    part.replace(path)
    total = count(plain(results))
    lines = [f"{total.successes} of {total.count} succeeded: {interval(total.rate)}"]
    for name, own, twins in _perturbed(results):
        beside = f", {count(twins).successes} unperturbed" if twins else ""
        lines.append(f"  {name}: {count(own).successes} of {len(own)}{beside}")
    return "\n".join([*lines, f"  {path}"])


def write_jpeg(path: Path, picture: np.ndarray) -> None:
    """Write a picture (H, W, 3) uint8."""
    from matplotlib.image import imsave

    path.parent.mkdir(parents=True, exist_ok=True)
    imsave(path, picture, format="jpg", pil_kwargs={"quality": 82})


def _section(title: str, body: str, note: str = "") -> str:
    """A titled part of the page; nothing if there is nothing in it."""
    said = f'<p class="note">{escape(note)}</p>' if note else ""
    return f"<section><h2>{escape(title)}</h2>{said}{body}</section>" if body else ""


def _headline(results: Sequence[EpisodeResult]) -> str:
    """The suite, the policy, and the one number."""
    total, first = count(plain(results)), results[0]
    rate = total.rate
    tasks, splits = len({row.task for row in results}), len({row.split for row in results})
    cells = f"{tasks} {'task' if tasks == 1 else 'tasks'} · {splits} {'split' if splits == 1 else 'splits'}"
    line = f"{total.successes} of {total.count} episodes · {cells} · seed {first.seed}"
    return (
        f'<header><p class="over">{escape(first.suite)}</p><h1>{escape(first.policy)}</h1>'
        f'<p class="big">{100 * rate.estimate:.0f}<span>%</span></p>'
        f'<p class="range">95 % interval {100 * rate.lower:.0f} to {100 * rate.upper:.0f} %</p>'
        f"{_bar(total)}<p>{escape(line)}</p></header>"
    )


def _bar(total: Count) -> str:
    """A rate as a bar with its interval."""
    rate = total.rate
    low, high = 100 * rate.lower, 100 * rate.upper
    return (
        f'<div class="bar" role="img" aria-label="{escape(interval(rate))}"><i style="width:{100 * rate.estimate:.2f}%"></i>'
        f'<b style="left:{low:.2f}%;width:{high - low:.2f}%"></b></div>'
    )


def _rates(results: Sequence[EpisodeResult], field: str) -> str:
    """A table of rates for the values of one field; nothing if it has none."""
    groups = counts(sorted(results, key=lambda row: str(getattr(row, field))), by=lambda row: str(getattr(row, field)))
    if not groups or list(groups) == [""]:
        return ""
    head = "<tr><th></th><th class=wide></th><th>success</th><th>95 % interval</th><th>n</th></tr>"
    rows = [
        f"<tr><th scope=row>{escape(name)}</th><td class=wide>{_bar(each)}</td>"
        f"<td class=num>{percent(each.rate.estimate)}</td>"
        f"<td class=num>{100 * each.rate.lower:.0f}–{100 * each.rate.upper:.0f}</td>"
        f"<td class=num>{each.successes}/{each.count}</td></tr>"
        for name, each in groups.items()
    ]
    return f"<table>{head}{''.join(rows)}</table>"


def _cells(results: Sequence[EpisodeResult]) -> str:
    """Tasks down, splits across."""
    splits, tasks = sorted({row.split for row in results}), sorted({row.task for row in results})
    if len(splits) < 2 or len(tasks) < 2:
        return ""
    table = counts(results, by=lambda row: (row.task, row.split))
    head = "".join(f"<th>{escape(split)}</th>" for split in splits)
    rows = [
        f"<tr><th scope=row>{escape(task)}</th>{''.join(_cell(table.get((task, split))) for split in splits)}</tr>"
        for task in tasks
    ]
    return f"<table class=cells><tr><th></th>{head}</tr>{''.join(rows)}</table>"


def _cell(each: Count | None) -> str:
    """One cell, the darker the better."""
    if each is None:
        return "<td class=num>–</td>"
    rate = each.rate
    tip = f"{each.successes} of {each.count}, {100 * rate.lower:.0f} to {100 * rate.upper:.0f} %"
    return f'<td class="num heat" style="--heat:{rate.estimate:.2f}" title="{tip}">{percent(rate.estimate)}</td>'


def _perturbations(results: Sequence[EpisodeResult]) -> str:
    """Each perturbation's rate, that of the same episodes without it, and the difference, paired."""
    head = "<tr><th></th><th class=wide></th><th>success</th><th>95 % interval</th><th>n</th><th>unperturbed</th>"
    rows = []
    for name, own, twins in _perturbed(results):
        beside, apart, total = "–", "–", count(own)
        if twins:
            change = paired_difference(paired(zip(twins, own, strict=True)))
            beside = percent(count(twins).rate.estimate)
            apart = f"{100 * change.estimate:+.0f} ({100 * change.lower:+.0f} to {100 * change.upper:+.0f})"
        rows.append(
            f"<tr><th scope=row>{escape(name)}</th><td class=wide>{_bar(total)}</td>"
            f"<td class=num>{percent(total.rate.estimate)}</td>"
            f"<td class=num>{100 * total.rate.lower:.0f}–{100 * total.rate.upper:.0f}</td>"
            f"<td class=num>{total.successes}/{total.count}</td><td class=num>{beside}</td>"
            f"<td class=num>{apart}</td></tr>"
        )
    return f"<table>{head}<th>points, 95 %</th></tr>{''.join(rows)}</table>" if rows else ""


def _perturbed(results: Sequence[EpisodeResult]) -> Iterator[tuple[str, list[EpisodeResult], list[EpisodeResult]]]:
    """Each perturbation, what was played with it, and the same episodes without it; none unless all of those were played."""
    known = {(row.task, row.split, row.index): row for row in results if row.perturbation == PLAIN}
    for name in sorted({row.perturbation for row in results} - {PLAIN}):
        own = [row for row in results if row.perturbation == name]
        twins = [known[key] for row in own if (key := (row.task, row.split, row.index)) in known]
        yield name, own, twins if len(twins) == len(own) else []


def _chain(results: Sequence[EpisodeResult]) -> str:
    """How many sentences were done in a row; nothing if every episode has one only."""
    longest = max(row.num_errands for row in results)
    if longest < 2:
        return ""
    rows = [row for row in results if row.num_errands == longest]
    head = "<tr><th></th><th class=wide></th><th>share</th></tr>"
    lines = []
    for least in range(1, longest + 1):
        total = Count(count=len(rows), successes=sum(row.score >= least for row in rows), mean_score=0.0)
        row = f"<th scope=row>{least} or more</th><td class=wide>{_bar(total)}</td><td class=num>{interval(total.rate)}</td>"
        lines.append(f"<tr>{row}</tr>")
    mean = sum(row.score for row in rows) / len(rows)
    return f"<p>Average length {mean:.2f} of {longest}.</p><table>{head}{''.join(lines)}</table>"


def _failures(results: Sequence[EpisodeResult]) -> str:
    """How many failed at which stage, per task."""
    failed = [row for row in results if not row.success]
    if not failed:
        return ""
    stages = [stage for stage in FAILURES if any(row.failure == stage for row in failed)]
    head = "".join(f"<th>{escape(stage)}</th>" for stage in stages)
    lines = []
    for task in ["all", *sorted({row.task for row in failed})]:
        own = [row for row in failed if task in ("all", row.task)]
        numbers = [sum(row.failure == stage for row in own) for stage in stages]
        cells = "".join(
            f'<td class="num heat bad" style="--heat:{number / len(own):.2f}">{number or "·"}</td>' for number in numbers
        )
        lines.append(f"<tr><th scope=row>{escape(task)}</th>{cells}<td class=num>{len(own)}</td></tr>")
    return f"<table class=cells><tr><th></th>{head}<th>failed</th></tr>{''.join(lines)}</table>"


def _gallery(folder: "EvaluationFolder", results: Sequence[EpisodeResult]) -> str:
    """A picture of the end of each failure, up to so many, every task's first failures first."""
    failed = [row for row in results if not row.success]
    nth = {row.name: sum(other.task == row.task for other in failed[:place]) for place, row in enumerate(failed)}
    shown = sorted(failed, key=lambda row: nth[row.name])[:MOST_PICTURES]
    figures = "".join(_figure(folder, row) for row in shown)
    more = f'<p class="note">{len(failed) - len(shown)} more are in results.jsonl.</p>' if len(failed) > len(shown) else ""
    return f'<div class="gallery">{figures}</div>{more}' if figures else ""


def _figure(folder: "EvaluationFolder", row: EpisodeResult) -> str:
    """One failure."""
    picture, video = folder.picture(row), folder.video(row)
    image = ""
    if picture.is_file():
        data = base64.b64encode(picture.read_bytes()).decode()
        image = f'<img loading="lazy" alt="the end of the episode" src="data:image/jpeg;base64,{data}">'
    film = f' <a href="videos/{escape(video.name)}">video</a>' if video.is_file() else ""
    where = " · ".join([row.task, row.split, *([] if row.perturbation == PLAIN else [row.perturbation]), f"#{row.index}"])
    return (
        f'<figure>{image}<figcaption><span class="stage">{escape(row.failure)}</span> {escape(row.instruction)}'
        f"<small>{escape(row.reason)}</small><small>{escape(where)}{film}</small></figcaption></figure>"
    )


def _timing(results: Sequence[EpisodeResult]) -> str:
    """What it cost."""
    cpu = np.array([row.cpu_s for row in results])
    simulated = sum(row.duration_s for row in results)
    retried, crashed = sum(row.attempts > 1 for row in results), sum(row.failure == CRASHED for row in results)
    facts = {
        "CPU time": f"{cpu.sum() / 3600:.2f} hours, {np.median(cpu):.1f} s an episode (median)",
        "Episodes a minute per core": f"{60 / max(cpu.mean(), 1e-9):.1f}",
        "Simulated time": minutes(simulated),
        "Begun more than once": str(retried),
        "Crashed": str(crashed),
        "Ticks changed by the safety filter": f"{sum(row.num_interventions for row in results)}",
    }
    return _list(facts)


def _made(folder: "EvaluationFolder") -> str:
    """Command, seed, weights, versions."""
    facts = dict(folder.facts())
    command = str(facts.pop("command", "handsight-evaluate"))
    said = " · ".join(f"{name} {value}" for name, value in facts.items() if value != "")
    again = "The resolved configuration is beside this page in config.yaml."
    if folder.batch > 1:
        again += f" Decisions were read in batches of up to {folder.batch}: not the same bit for bit when played again."
    return f"<p><code>{escape(command)}</code></p><p class=note>{escape(said)}</p><p class=note>{again}</p>"


def _list(facts: Mapping[str, str]) -> str:
    """Names and values."""
    rows = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts.items())
    return f"<dl>{rows}</dl>"
