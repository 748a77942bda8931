"""Tests of a 2 x 2 table: Fisher's exact with the conditional odds ratio, chi-square with and without Yates.

Belongs here: tests and odds ratios from four counts.
Does not belong here: rates and their differences (`rates`), reading frames (`comparison`).

Tables are ((a, b), (c, d)): rows are the groups (first the one of interest), columns yes and no.
Source: Fisher (1935), JRSS 98:39; Cornfield (1956) for the exact interval, as in R's `fisher.test`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analytics.errors import InvalidSettingError
from analytics.response.rates import check_conf_level

Table = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True)
class FisherExactTest:
    """Two-sided exact p, and the conditional maximum-likelihood odds ratio with its exact interval.

    The interval inverts two one-sided tests, so it can include 1 while p is below 0.05, and the reverse.
    NaN odds ratio and an interval of 0 to infinity when a margin of the table is 0.
    """

    odds_ratio: float
    ci_low: float
    ci_high: float
    p: float
    conf_level: float


@dataclass(frozen=True)
class PearsonTest:
    """Pearson's chi-square on 1 degree of freedom; NaN when a margin is 0."""

    statistic: float
    p: float
    smallest_expected: float


def fisher_exact_test(table: Table, conf_level: float = 0.95) -> FisherExactTest:
    """Fisher's exact test of a 2 x 2 table. Raises InvalidSettingError for impossible counts or levels."""
    counts = _checked(table)
    check_conf_level(conf_level)
    if _has_empty_margin(counts):
        return FisherExactTest(math.nan, 0.0, math.inf, 1.0, conf_level)
    from scipy import stats  # most of a second to load, which a question of survival need not wait for
    from scipy.stats.contingency import odds_ratio

    ratio = odds_ratio(counts, kind="conditional")
    interval = ratio.confidence_interval(confidence_level=conf_level)
    p = float(stats.fisher_exact(counts).pvalue)
    return FisherExactTest(float(ratio.statistic), float(interval.low), float(interval.high), p, conf_level)


def pearson_chi_square_test(table: Table, *, yates: bool = False) -> PearsonTest:
    """Pearson's chi-square test of a 2 x 2 table. Raises InvalidSettingError for counts that cannot be."""
    counts = _checked(table)
    if _has_empty_margin(counts):
        return PearsonTest(math.nan, math.nan, 0.0)
    from scipy import stats

    result = stats.chi2_contingency(counts, correction=yates)
    smallest = float(np.min(result.expected_freq))
    return PearsonTest(float(result.statistic), float(result.pvalue), smallest)


def _checked(table: Table) -> np.ndarray:
    counts = np.asarray(table)
    if (
        counts.shape != (2, 2)
        or (counts < 0).any()
        or (counts != np.floor(counts)).any()
        or counts.sum() == 0
    ):
        raise InvalidSettingError(
            f"The table {table} is not four whole numbers of people: give ((yes, no), (yes, no))."
        )
    return counts.astype(np.int64)


def _has_empty_margin(counts: np.ndarray) -> bool:
    return bool((counts.sum(axis=0) == 0).any() or (counts.sum(axis=1) == 0).any())
