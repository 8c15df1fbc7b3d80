"""Counts over results."""

import pytest

from sim.scores import count, counts
from tests.sim.results import rows


def test_a_count_is_of_all_rows_and_its_rate_lies_within_its_interval() -> None:
    total = count(rows("++-+"))
    assert (total.successes, total.count) == (3, 4)
    assert total.rate.lower < total.rate.estimate == 0.75 < total.rate.upper


def test_the_mean_score_is_that_of_a_chain() -> None:
    chain = [each for score in (0, 3, 5) for each in rows("+", score=score, num_errands=5)]
    assert count(chain).mean_score == pytest.approx(8 / 3)


def test_groups_add_up_to_the_whole() -> None:
    results = [*rows("+-+", task="pick"), *rows("--", task="stack")]
    groups = counts(results, by=lambda each: each.task)
    assert {name: (each.successes, each.count) for name, each in groups.items()} == {"pick": (2, 3), "stack": (0, 2)}
