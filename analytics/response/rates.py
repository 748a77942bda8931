"""Rates with exact intervals, and the difference of two rates with Newcombe's interval.

Belongs here: estimates from counts of yes among n.
Does not belong here: tests (`tables`), reading frames (`comparison`).

Sources: Clopper & Pearson (1934), Biometrika 26:404; Wilson (1927), JASA 22:209; Newcombe (1998), Statist
Med 17:873, method 10 (hybrid score, no continuity correction).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from analytics.engine.distributions import normal_isf
from analytics.errors import InvalidSettingError


@dataclass(frozen=True)
class Rate:
    """`n_yes` of `n` as a proportion (0-1) with its Clopper-Pearson interval."""

    n_yes: int
    n: int
    rate: float
    ci_low: float
    ci_high: float
    conf_level: float


@dataclass(frozen=True)
class RateDifference:
    """First rate minus second (-1 to 1) with Newcombe's hybrid-score interval."""

    difference: float
    ci_low: float
    ci_high: float
    conf_level: float


def exact_rate(n_yes: int, n: int, conf_level: float = 0.95) -> Rate:
    """Proportion with its Clopper-Pearson exact interval. Raises InvalidSettingError if impossible."""
    _check(n_yes, n, conf_level)
    tail = (1.0 - conf_level) / 2.0
    from scipy import stats  # most of a second to load, which a question of survival need not wait for

    low = float(stats.beta.ppf(tail, n_yes, n - n_yes + 1)) if n_yes > 0 else 0.0
    high = float(stats.beta.isf(tail, n_yes + 1, n - n_yes)) if n_yes < n else 1.0
    return Rate(n_yes, n, n_yes / n, low, high, conf_level)


def wilson_interval(n_yes: int, n: int, conf_level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of a proportion, without continuity correction."""
    _check(n_yes, n, conf_level)
    z = float(normal_isf((1.0 - conf_level) / 2.0))
    rate = n_yes / n
    middle = rate + z * z / (2.0 * n)
    half = z * math.sqrt(rate * (1.0 - rate) / n + z * z / (4.0 * n * n))
    shrink = 1.0 + z * z / n
    # At 0 and at n one limit is the boundary itself; rounding would leave 1e-18 of it.
    low = 0.0 if n_yes == 0 else (middle - half) / shrink
    high = 1.0 if n_yes == n else (middle + half) / shrink
    return low, high


def newcombe_difference(
    n_yes: int, n: int, n_yes_other: int, n_other: int, conf_level: float = 0.95
) -> RateDifference:
    """First rate minus the other's, with the interval made of the two Wilson intervals (method 10)."""
    low, high = wilson_interval(n_yes, n, conf_level)
    low_other, high_other = wilson_interval(n_yes_other, n_other, conf_level)
    rate, rate_other = n_yes / n, n_yes_other / n_other
    difference = rate - rate_other
    return RateDifference(
        difference=difference,
        ci_low=difference - math.hypot(rate - low, high_other - rate_other),
        ci_high=difference + math.hypot(high - rate, rate_other - low_other),
        conf_level=conf_level,
    )


def check_conf_level(conf_level: float) -> None:
    """Raise InvalidSettingError unless 0 < conf_level < 1."""
    if not 0.0 < conf_level < 1.0:
        raise InvalidSettingError(
            f"Confidence level {conf_level:g} is not between 0 and 1: write 95 % as 0.95."
        )


def _check(n_yes: int, n: int, conf_level: float) -> None:
    check_conf_level(conf_level)
    if n < 1 or not 0 <= n_yes <= n:
        raise InvalidSettingError(f"{n_yes} of {n} is not a rate: give 0 to n of n, with n at least 1.")
