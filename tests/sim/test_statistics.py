"""Intervals and tests against published values, and against what they promise."""

import pytest
from scipy.stats import binom

from robot.errors import InvalidInput
from sim.statistics import Pairs, mcnemar, paired_difference, wilson


# Newcombe, "Two-sided confidence intervals for the single proportion", Stat. Med. 17:857 (1998), table I, method 3.
@pytest.mark.parametrize(
    ("successes", "count", "lower", "upper"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_is_that_of_newcombes_table(successes: int, count: int, lower: float, upper: float) -> None:
    rate = wilson(successes, count)
    assert (round(rate.lower, 4), round(rate.upper, 4)) == (lower, upper)


def test_wilsons_interval_is_the_mirror_of_that_of_the_failures() -> None:
    rate, other = wilson(3, 17), wilson(14, 17)
    assert rate.lower == pytest.approx(1 - other.upper) and rate.upper == pytest.approx(1 - other.lower)


def test_wilsons_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    for truth in (0.5, 0.8, 0.95):
        held = sum(binom.pmf(successes, 100, truth) for successes in range(101) if _within(truth, successes, 100))
        assert 0.92 < held < 0.98, truth


@pytest.mark.parametrize(("successes", "count"), [(0, 0), (3, 2), (-1, 5)])
def test_a_rate_of_nothing_is_refused(successes: int, count: int) -> None:
    with pytest.raises(InvalidInput, match="successes"):
        wilson(successes, count)


# Two media for tubercle bacilli, Armitage and Berry, "Statistical methods in medical research" (1994), p. 127: P = 0.0129.
# Airway hyper-responsiveness, Bentur et al. (2009), in Fagerland et al., BMC Med. Res. Methodol. 13:91 (2013): 0.070.
@pytest.mark.parametrize(
    ("pairs", "p"),
    [
        (Pairs(both=20, first=12, second=2, neither=16), 0.0129),
        (Pairs(both=1, first=1, second=7, neither=12), 0.0703),
    ],
)
def test_mcnemars_exact_test_gives_the_published_chances(pairs: Pairs, p: float) -> None:
    assert mcnemar(pairs) == pytest.approx(p, abs=5e-5)


# Altman et al., "Statistics with confidence" (2000), table 6.2: 0.011 to 0.226. Bentur as above, in Fagerland et al.,
# "Statistical analysis of contingency tables" (2017), chapter 8: 0.026 to 0.507.
@pytest.mark.parametrize(
    ("pairs", "lower", "upper"),
    [
        (Pairs(both=14, first=0, second=5, neither=22), 0.011, 0.226),
        (Pairs(both=1, first=1, second=7, neither=12), 0.026, 0.507),
    ],
)
def test_the_paired_difference_has_newcombes_interval(pairs: Pairs, lower: float, upper: float) -> None:
    difference = paired_difference(pairs)
    assert (round(difference.lower, 3), round(difference.upper, 3)) == (lower, upper)


def test_swapping_the_players_turns_the_difference_around() -> None:
    one, other = Pairs(both=9, first=4, second=1, neither=6), Pairs(both=9, first=1, second=4, neither=6)
    there, back = paired_difference(one), paired_difference(other)
    assert (there.lower, there.upper) == pytest.approx((-back.upper, -back.lower))
    assert mcnemar(one) == mcnemar(other)


def test_equal_players_can_not_be_told_apart() -> None:
    for pairs in (Pairs(both=5, first=0, second=0, neither=5), Pairs(both=0, first=3, second=3, neither=0)):
        difference = paired_difference(pairs)
        assert mcnemar(pairs) == pytest.approx(1.0)
        assert difference.lower <= 0.0 <= difference.upper


def _within(truth: float, successes: int, count: int) -> bool:
    rate = wilson(successes, count)
    return rate.lower <= truth <= rate.upper
