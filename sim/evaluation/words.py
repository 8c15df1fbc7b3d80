"""Rates, times and chances as they are written for a person."""

from sim.statistics import Interval


def percent(share: float) -> str:
    """A share as "83 %"; "<1 %" and ">99 %" where rounding would say none or all."""
    if 0 < share < 0.005:
        return "<1 %"
    if 0.995 <= share < 1:
        return ">99 %"
    return f"{100 * share:.0f} %"


def interval(rate: Interval) -> str:
    """A rate with its limits: "83 % (61–94)"."""
    return f"{percent(rate.estimate)} ({100 * rate.lower:.0f}–{100 * rate.upper:.0f})"


def minutes(seconds: float) -> str:
    """A time as "2 h 05 min", "7 min" or "20 s"."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    whole = round(seconds / 60)
    return f"{whole // 60} h {whole % 60:02d} min" if whole >= 60 else f"{whole} min"


def chance(p: float) -> str:
    """A p-value as "p = 0.031" or "p < 0.001"."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
