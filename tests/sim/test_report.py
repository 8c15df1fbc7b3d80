"""The report: one page that needs nothing beside it, whose numbers are those of the results."""

import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from shutil import which

import numpy as np
import pytest
from matplotlib.image import imread

from sim.evaluation.folder import EvaluationFolder
from sim.evaluation.words import percent
from sim.report import MOST_PICTURES, write_report
from sim.scores import EpisodeResult, count
from sim.statistics import Pairs, paired_difference
from tests.sim.results import drawn_rows, row, rows

BROWSER = which("chromium") or which("chromium-browser") or which("google-chrome")
SMALLEST_WINDOW = 500  # px: Chromium makes none narrower
FACTS = {"command": "handsight-evaluate suite=<small>", "seed": 0, "weights": ""}


def reported(folder: Path, results: list[EpisodeResult], pictures: bool = True) -> str:
    place = EvaluationFolder(folder, "seed: 0\n", FACTS)
    picture = np.random.default_rng(0).integers(0, 255, (24, 32, 3), dtype=np.uint8)
    for each in results if pictures else []:
        if not each.success:
            place.keep_picture(each, picture)
    write_report(place, results)
    return (folder / "report.html").read_text()


def test_the_page_needs_no_other_file_and_its_tags_fit(tmp_path: Path) -> None:
    page = reported(tmp_path, drawn_rows(120))
    assert not re.findall(r'(?:src|href)="(?!data:)', page) and "http" not in page
    Nesting().feed(page)


def test_every_rate_is_there_with_its_interval(tmp_path: Path) -> None:
    results = drawn_rows(120)
    page = reported(tmp_path, results)
    for task in ("task_0", "task_1", "task_2"):
        own = count(each for each in results if each.task == task and each.perturbation == "none")
        rate = own.rate
        assert f"{100 * rate.lower:.0f}–{100 * rate.upper:.0f}</td><td class=num>{own.successes}/{own.count}" in page
        assert percent(rate.estimate) in page
    pushed = count(each for each in results if each.perturbation == "push")
    assert f"{pushed.successes}/{pushed.count}" in page


def test_a_perturbation_stands_beside_the_same_episodes_without_it_with_the_paired_change(tmp_path: Path) -> None:
    results = [*rows("+++-"), *rows("+--", perturbation="front_blanked"), *rows("--", perturbation="push", task="other")]
    page = reported(tmp_path, results, pictures=False)
    change = paired_difference(Pairs(both=1, first=2, second=0, neither=0))
    limits = f"-67 ({100 * change.lower:+.0f} to {100 * change.upper:+.0f})"
    assert f"1/3</td><td class=num>100 %</td><td class=num>{limits}</td>" in page
    assert "0/2</td><td class=num>–</td><td class=num>–</td>" in page
    said = write_report(EvaluationFolder(tmp_path, "seed: 0\n", FACTS), results).splitlines()
    assert said[0].startswith("3 of 4 succeeded") and said[1:3] == ["  front_blanked: 1 of 3, 3 unperturbed", "  push: 0 of 2"]


def test_the_command_that_made_it_is_there_as_it_was_typed(tmp_path: Path) -> None:
    page = reported(tmp_path, rows("+-"))
    assert "<code>handsight-evaluate suite=&lt;small&gt;</code>" in page and "seed 0" in page and "weights" not in page


def test_failures_are_counted_by_stage_and_shown_with_what_was_said(tmp_path: Path) -> None:
    page = reported(tmp_path, rows("+--"))
    assert page.count("data:image/jpeg;base64,") == 2
    assert "not seen" in page and "I do not see a red block." in page and "pick up the red block" in page


def test_no_more_pictures_than_a_page_can_carry(tmp_path: Path) -> None:
    page = reported(tmp_path, rows("-" * (MOST_PICTURES + 5)), pictures=False)
    assert page.count("<figure>") == MOST_PICTURES and "5 more are in results.jsonl" in page


def test_what_was_said_can_not_become_markup(tmp_path: Path) -> None:
    page = reported(tmp_path, [row(0, False, instruction="<script>alert(1)</script>", reason="<b>", policy="<i>")])
    assert "<script>" not in page and "<b>" not in page.partition("<body>")[2].replace("<b style", "")


def test_a_chain_is_told_by_how_many_in_a_row(tmp_path: Path) -> None:
    chain = [row(index, score == 5, score=score, num_errands=5) for index, score in enumerate((5, 3, 0))]
    page = reported(tmp_path, chain, pictures=False)
    assert "Average length 2.67 of 5" in page and "67 % (21–94)" in page


class Nesting(HTMLParser):
    """Fails where a tag is closed that is not open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes something else"


@pytest.mark.slow
@pytest.mark.skipif(not BROWSER, reason="needs chromium")
@pytest.mark.parametrize("width", [420, 1200])
def test_a_browser_draws_the_page_and_nothing_reaches_beyond_its_edge(tmp_path: Path, width: int) -> None:
    page = reported(tmp_path, drawn_rows(120)) + "<script>document.title = document.documentElement.scrollWidth</script>"
    (tmp_path / "page.html").write_text(page)
    size, picture = f"--window-size={width},3000", tmp_path / "page.png"
    drawn = browse(tmp_path / "page.html", size, "--dump-dom")
    assert int(re.findall(r"<title>(\d+)</title>", drawn)[0]) <= max(width, SMALLEST_WINDOW)
    browse(tmp_path / "page.html", size, f"--screenshot={picture}")
    pixels = imread(picture)
    assert pixels.shape[1] >= width and len(np.unique((255 * pixels[..., :3]).astype(int).reshape(-1, 3), axis=0)) > 50


def browse(page: Path, *words: str) -> str:
    """What headless Chromium says of a page."""
    quiet = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={page.parent / 'browser'}"]
    done = subprocess.run([BROWSER, *quiet, *words, page.as_uri()], capture_output=True, text=True, timeout=120)  # type: ignore[list-item]
    assert done.returncode == 0, done.stderr[-500:]
    return done.stdout
