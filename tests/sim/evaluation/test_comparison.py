"""Comparing two runs: paired by episode, in words that say what can be said."""

import pytest

from robot.errors import InvalidInput
from sim.evaluation.comparison import compared, verdict
from sim.statistics import Pairs
from tests.sim.results import rows


def test_a_clear_winner_is_named_with_its_interval() -> None:
    text = compared(rows("+" * 4 + "-" * 16), rows("+" * 18 + "--", policy="other"), "runs/a", "runs/b")
    assert "B is better. B succeeded 70 points more often" in text and "p < 0.001" in text
    assert "A is runs/a (value_maps), B is runs/b (other)." in text


def test_what_may_be_chance_is_called_so() -> None:
    text = verdict(Pairs(both=10, first=1, second=4, neither=5))
    assert text.startswith("Which one is better can't be told") and "p = 0.375" in text and "B succeeded 15 points" in text


def test_the_winner_is_the_same_whoever_is_named_first() -> None:
    good, bad = rows("+" * 18 + "--"), rows("+" * 4 + "-" * 16)
    assert "A is better" in compared(good, bad, "a", "b") and "B is better" in compared(bad, good, "a", "b")


def test_only_common_episodes_count_and_the_others_are_counted() -> None:
    text = compared(rows("+++-"), rows("++-"), "a", "b")
    assert "In 1 of 3 episodes" in text and "only one of them played: 1." in text


def test_there_is_a_line_for_each_suite_and_each_task() -> None:
    first = [*rows("++", task="pick"), *rows("+-", task="stack")]
    text = compared(first, [*rows("+-", task="pick"), *rows("--", task="stack")], "a", "b")
    assert (
        "| small | 4 | 75 % | 25 % |" in text and "| pick | 2 | 100 % | 50 % |" in text and "| stack | 2 | 50 % | 0 % |" in text
    )


def test_what_was_perturbed_has_a_line_of_its_own_and_counts_for_nothing_else() -> None:
    first = [*rows("++"), *rows("++", perturbation="front_off")]
    text = compared(first, [*rows("++"), *rows("--", perturbation="front_off")], "a", "b")
    assert "No difference was seen" in text and "| pick | 2" not in text and "| small | 2 | 100 % | 100 % |" in text
    assert "| front_off | 2 | 100 % | 0 % |" in text


def test_runs_that_can_not_be_paired_are_refused() -> None:
    with pytest.raises(InvalidInput, match="no episode in common"):
        compared(rows("+"), rows("+", task="other"), "a", "b")
    with pytest.raises(InvalidInput, match="different seeds, 0 and 7"):
        compared(rows("+"), rows("+", seed=7), "a", "b")
