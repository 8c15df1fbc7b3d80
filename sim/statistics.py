"""Statistics of successes: Wilson's interval of a rate, and McNemar's test and Newcombe's interval of a paired difference."""

from dataclasses import dataclass
from math import sqrt

from scipy.stats import binomtest

from robot.errors import InvalidInput

LEVEL = 0.95


@dataclass(frozen=True, kw_only=True)
class Interval:
    """An estimate between its limits.

    Attributes:
        estimate: the value that was observed.
        lower: limit of the confidence interval.
        upper: the other limit.
    """

    estimate: float
    lower: float
    upper: float


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """How two players did in the same episodes.

    Attributes:
        both: episodes in which both succeeded.
        first: in which only the first did.
        second: in which only the second did.
        neither: in which none did.
    """

    both: int
    first: int
    second: int
    neither: int

    @property
    def count(self) -> int:
        """How many episodes."""
        return self.both + self.first + self.second + self.neither


def wilson(successes: int, count: int, level: float = LEVEL) -> Interval:
    """A rate of successes with its score interval (Wilson 1927; method 3 of Newcombe, Stat. Med. 17:857, 1998).

    Raises:
        InvalidInput: no trials, or more successes than trials.
    """
    if not 0 <= successes <= count or count == 0:
        raise InvalidInput(f"rate: expected 0 to {count} successes of at least one trial, got {successes} of {count}")
    limits = binomtest(successes, count).proportion_ci(level, method="wilson")
    return Interval(estimate=successes / count, lower=float(limits.low), upper=float(limits.high))


def mcnemar(pairs: Pairs) -> float:
    """The two-sided exact p-value of McNemar's test: a fair coin decides which of two equal players wins a split pair."""
    split = pairs.first + pairs.second
    return 1.0 if split == 0 else float(binomtest(pairs.first, split).pvalue)


def paired_difference(pairs: Pairs, level: float = LEVEL) -> Interval:
    """The second player's rate minus the first's, with its interval (method 10 of Newcombe, Stat. Med. 17:2635, 1998).

    Raises:
        InvalidInput: no pairs.
    """
    first = wilson(pairs.both + pairs.first, pairs.count, level)
    second = wilson(pairs.both + pairs.second, pairs.count, level)
    phi = _correlation(pairs)
    down_1, up_1 = first.estimate - first.lower, first.upper - first.estimate
    down_2, up_2 = second.estimate - second.lower, second.upper - second.estimate
    difference = second.estimate - first.estimate
    return Interval(
        estimate=difference,
        lower=difference - sqrt(max(0.0, down_2**2 - 2 * phi * down_2 * up_1 + up_1**2)),
        upper=difference + sqrt(max(0.0, up_2**2 - 2 * phi * up_2 * down_1 + down_1**2)),
    )


def _correlation(pairs: Pairs) -> float:
    """Newcombe's phi of a paired table, corrected for continuity where positive; 0 where a margin is empty."""
    won_1, lost_1 = pairs.both + pairs.first, pairs.second + pairs.neither
    won_2, lost_2 = pairs.both + pairs.second, pairs.first + pairs.neither
    product = won_1 * lost_1 * won_2 * lost_2
    if product == 0:
        return 0.0
    excess = pairs.both * pairs.neither - pairs.first * pairs.second
    if excess > 0:
        excess = max(0.0, excess - pairs.count / 2)
    return excess / sqrt(product)
