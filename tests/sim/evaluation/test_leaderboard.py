"""The README's tables from results."""

import pytest

from robot.errors import InvalidInput
from sim.evaluation.leaderboard import leaderboard
from tests.sim.results import rows


def test_each_suite_and_policy_has_its_pooled_line_with_n_interval_seed_and_hours() -> None:
    text = leaderboard([rows("+" * 15 + "-" * 5, cpu_s=1800.0), rows("-" * 20, policy="nothing", cpu_s=90.0)])
    assert "| small | value_maps | 20 | 75 % (53–89) | – | 0 | 10.00 |" in text
    assert "| small | nothing | 20 | 0 % (0–16) | – | 0 | 0.50 |" in text


def test_a_chain_has_its_average_length() -> None:
    text = leaderboard([[*rows("-", score=2, num_errands=5), *rows("+", score=5, num_errands=5, task="other")]])
    assert "3.50 of 5" in text


def test_perturbed_episodes_stand_beside_the_same_ones_unperturbed_only() -> None:
    plain, pushed = rows("++++----"), rows("+-", perturbation="push")
    text = leaderboard([[*plain, *pushed]])
    assert "| small | value_maps | 8 |" in text
    assert "| none | 100 % of 2" in text and "| push | 50 % of 2" in text


def test_cells_of_groups_stand_beside_what_was_published() -> None:
    text = leaderboard([rows("+-", group="object interactions", split="seen-seen")])
    assert "| seen-seen, object interactions | 50 % of 2 (9–91) | 64.0 % |" in text


def test_an_episode_that_two_runs_hold_counts_once_and_must_have_come_out_the_same() -> None:
    assert "| small | value_maps | 4 |" in leaderboard([rows("+-"), rows("+-++")])
    with pytest.raises(InvalidInput, match="different names"):
        leaderboard([rows("+-"), rows("++")])
