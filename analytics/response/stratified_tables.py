"""Mantel and Haenszel's test and common odds ratio over strata of 2 x 2 tables, and whether the strata differ in it.

Belongs here: many tables held fixed by stratum. One table alone is `tables`; a test for every gene of a scan is
compiled (`analytics.scan`).

Sources: Mantel & Haenszel (1959), JNCI 22:719, without continuity correction; Robins, Breslow & Greenland (1986),
Biometrics 42:311, for the interval.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from analytics.engine.arrays import FloatArray
from analytics.results.estimator import Estimator, Scale

MANTEL_HAENSZEL = Estimator(
    key="mantel_haenszel",
    label="Common odds ratio, Mantel-Haenszel",
    scale=Scale.ODDS_RATIO,
    heading="Mantel-Haenszel test",
    methods="Tables of strata held apart (Mantel and Haenszel 1959, no continuity correction); interval of the common "
    "odds ratio by Robins, Breslow and Greenland (1986).",
    source="Mantel and Haenszel 1959, JNCI 22:719; Robins, Breslow and Greenland 1986, Biometrics 42:311",
    applies="two yes or no within strata",
)
EXACT_CONDITIONAL = Estimator(
    key="exact_conditional",
    label="Exact test within strata",
    scale=Scale.TEST_ONLY,
    heading="Exact test within strata",
    methods="All margins of every stratum held fixed; the outcomes no likelier than the observed one count, as in R's "
    "mantelhaen.test(exact = TRUE). Read beside the Mantel-Haenszel test where few have the property.",
    source="Mehta, Patel and Gray 1985, JASA 80:969",
    applies="two yes or no within strata, few people with one of them",
)
ESTIMATORS = (MANTEL_HAENSZEL, EXACT_CONDITIONAL)


@dataclass(frozen=True)
class MantelHaenszel:
    """Common odds ratio with its interval, two-sided p, expected people with both, and strata that inform.

    The interval is NaN where the odds ratio is 0 or infinite (a cell is empty in every stratum), everything is NaN
    without an informative stratum.
    """

    odds_ratio: float
    ci_low: float
    ci_high: float
    p: float
    expected: float
    n_informative: int


def mantel_haenszel(
    both: FloatArray, n_first: FloatArray, n_second: FloatArray, n: FloatArray, conf_level: float = 0.95
) -> MantelHaenszel:
    """From counts [stratum]: people with both, with the first, with the second, and all.

    Strata in which all or nobody has the first, or the second, say nothing.
    """
    keep = (n > 1) & (n_first > 0) & (n_second > 0) & (n_first < n) & (n_second < n)
    a, n_first, n_second, n = both[keep], n_first[keep], n_second[keep], n[keep]
    nan = float("nan")
    if not len(n):
        return MantelHaenszel(nan, nan, nan, nan, nan, 0)
    b, c = n_first - a, n_second - a
    d = n - n_first - n_second + a
    r, s = a * d / n, b * c / n
    expected = float((n_first * n_second / n).sum())
    variance = float((n_first * n_second * (n - n_first) * (n - n_second) / (n**2 * (n - 1))).sum())
    p = float(
        special.chdtrc(1, (a.sum() - expected) ** 2 / variance)
    )  # what stats.chi2.sf calls, 60 us sooner
    if r.sum() == 0 or s.sum() == 0:
        ratio = 0.0 if r.sum() == 0 else float("inf")
        return MantelHaenszel(ratio, nan, nan, p, expected, len(n))
    ratio = float(r.sum() / s.sum())
    agree, differ = (a + d) / n, (b + c) / n
    log_variance = (
        (agree * r).sum() / (2 * r.sum() ** 2)
        + (agree * s + differ * r).sum() / (2 * r.sum() * s.sum())
        + (differ * s).sum() / (2 * s.sum() ** 2)
    )
    half = float(-special.ndtri((1.0 - conf_level) / 2.0) * np.sqrt(log_variance))
    return MantelHaenszel(ratio, ratio * np.exp(-half), ratio * np.exp(half), p, expected, len(n))


@dataclass(frozen=True)
class EqualOdds:
    """Chi-square with `n_strata` - 1 degrees of freedom, and its p, of the odds ratio being one in all strata."""

    chi2: float
    p: float
    n_strata: int


def breslow_day(
    both: FloatArray, n_first: FloatArray, n_second: FloatArray, n: FloatArray, odds_ratio: float
) -> EqualOdds | None:
    """Whether strata differ in their odds ratio, against a common one; counts [stratum] as of `mantel_haenszel`.

    None where fewer than two strata inform, or the common odds ratio is 0, infinite or missing. Breslow & Day (1980),
    Statistical Methods in Cancer Research I, 4.4, with Tarone's correction (1985, Biometrika 72:91), without which the
    statistic is no chi-square for an odds ratio by Mantel and Haenszel.
    """
    keep = (n_first > 0) & (n_second > 0) & (n_first < n) & (n_second < n)
    a, n_first, n_second, n = both[keep], n_first[keep], n_second[keep], n[keep]
    if len(n) < 2 or not 0.0 < odds_ratio < float("inf"):
        return None
    # people with both whom the common odds ratio expects, all margins held: the root that lies between them
    linear = n - n_first - n_second + odds_ratio * (n_first + n_second)
    product = odds_ratio * n_first * n_second
    expected = 2.0 * product / (linear + np.sqrt(linear**2 + 4.0 * (1.0 - odds_ratio) * product))
    cells = np.stack([expected, n_first - expected, n_second - expected, n - n_first - n_second + expected])
    variance = 1.0 / (1.0 / cells).sum(axis=0)
    beyond = a - expected
    chi2 = float((beyond**2 / variance).sum() - beyond.sum() ** 2 / variance.sum())
    return EqualOdds(chi2, float(special.chdtrc(len(n) - 1, chi2)), len(n))


def exact_conditional_p(both: FloatArray, n_first: FloatArray, n_second: FloatArray, n: FloatArray) -> float:
    """Two-sided exact p that the odds ratio is 1 in every stratum, all margins fixed; for few people with the first.

    The sum of `both` is one of independent hypergeometric numbers; the outcomes no likelier than the observed one count
    (as in R's `mantelhaen.test(exact = TRUE)`).
    """
    from scipy import stats  # most of a second to load, which a question of survival need not wait for

    chance = np.ones(1)
    lowest = 0
    for first, second, size in np.column_stack([n_first, n_second, n]).astype(int).tolist():
        low, high = max(0, first + second - size), min(first, second)
        lowest += low
        chance = np.convolve(chance, stats.hypergeom.pmf(np.arange(low, high + 1), size, first, second))
    observed = chance[int(both.sum()) - lowest]
    return float(min(1.0, chance[chance <= observed * (1 + 1e-7)].sum()))


def strata_counts(
    first: pd.Series, second: pd.Series, strata: pd.Series
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """From two true/false (1/0) columns of people: both, the first, the second, and all, [stratum].

    A missing stratum leaves a person out.
    """
    code, _ = pd.factorize(strata)
    inside = code >= 0
    code, x, y = code[inside], first.to_numpy(dtype=float)[inside], second.to_numpy(dtype=float)[inside]
    both, n_first, n_second, n = (
        np.bincount(code, w).astype(float) for w in (x * y, x, y, np.ones(len(code)))
    )
    return both, n_first, n_second, n
