"""A measure at two times in the same patients: the paired change with its signed-rank test and interval.

Belongs here: one measure in one group. Which samples are a pair is the caller's.

Sources: Wilcoxon (1945); Hodges & Lehmann (1963); the interval is made of the Walsh averages whose ranks the
signed-rank distribution gives (Hollander & Wolfe 1999, section 3.3), as R's ``wilcox.test(paired = TRUE)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import stats

from analytics.engine.arrays import FloatArray

#: R's wilcox.test is exact below this number of pairs when no difference is tied or zero; the same rule here.
EXACT_BELOW: Final = 50
#: With fewer pairs than this no p can be below 0.05 (2 / 2^5 = 0.0625).
MIN_PAIRS: Final = 6


@dataclass(frozen=True)
class PairedChange:
    """Second less first, over `n` pairs. `reason` says why there is no test; numbers are NaN then."""

    n: int
    median_first: float
    median_second: float
    change: float
    ci_low: float
    ci_high: float
    statistic: float
    p: float
    method: str
    reason: str | None = None


def paired_change(first: npt.ArrayLike, second: npt.ArrayLike, confidence: float = 0.95) -> PairedChange:
    """Hodges-Lehmann change (median of the Walsh averages of second - first) with interval and two-sided p.

    `first` and `second` have shape [n pairs]; pairs with a missing value are left out. Zero differences are dropped
    from the test, as R does. Under six pairs, or when nothing changes, there is no test and a `reason`.
    """
    one, other = np.asarray(first, np.float64), np.asarray(second, np.float64)
    known = np.isfinite(one) & np.isfinite(other)
    one, other = one[known], other[known]
    n = len(one)
    medians = (float(np.median(one)), float(np.median(other))) if n else (np.nan, np.nan)
    difference = other - one
    nonzero = difference[difference != 0.0]
    if n < MIN_PAIRS or not len(nonzero):
        reason = (
            f"{n} pairs: at least {MIN_PAIRS} are needed" if n < MIN_PAIRS else "nothing changes in any pair"
        )
        change = float(np.median(difference)) if n else np.nan
        return PairedChange(n, *medians, change, np.nan, np.nan, np.nan, np.nan, "", reason)
    ranks = stats.rankdata(np.abs(nonzero))
    statistic = float(ranks[nonzero > 0].sum())
    is_exact = len(nonzero) == n and n < EXACT_BELOW and len(np.unique(np.abs(nonzero))) == n
    tail = (1.0 - confidence) / 2.0
    walsh = _walsh_averages(difference if is_exact else nonzero)
    m = len(nonzero)
    if is_exact:
        probabilities = signed_rank_distribution(m)
        below = probabilities[: int(statistic) + 1].sum()
        above = probabilities[int(statistic) :].sum()
        p = min(1.0, 2.0 * float(min(below, above)))
        place = max(1, int(np.searchsorted(np.cumsum(probabilities), tail)))
    else:
        _, ties = np.unique(ranks, return_counts=True)
        variance = m * (m + 1) * (2 * m + 1) / 24.0 - float((ties.astype(float) ** 3 - ties).sum()) / 48.0
        distance = statistic - m * (m + 1) / 4.0
        z = (distance - np.sign(distance) * 0.5) / np.sqrt(variance)
        p = min(1.0, 2.0 * float(stats.norm.sf(abs(z))))
        place = max(1, int(np.floor(m * (m + 1) / 4.0 - stats.norm.isf(tail) * np.sqrt(variance))))
    return PairedChange(
        n, *medians, float(np.median(walsh)), float(walsh[place - 1]), float(walsh[len(walsh) - place]),
        statistic, p, "signed rank, exact" if is_exact else "signed rank, normal with continuity correction",
    )  # fmt: skip


@lru_cache(maxsize=64)
def signed_rank_distribution(n: int) -> FloatArray:
    """Null probabilities of the sum of positive ranks 0..n(n+1)/2 without ties."""
    counts = np.ones(1)
    for rank in range(1, n + 1):
        grown = np.zeros(len(counts) + rank)
        grown[: len(counts)] += counts
        grown[rank:] += counts
        counts = grown / 2.0
    return counts


def _walsh_averages(difference: FloatArray) -> FloatArray:
    i, j = np.triu_indices(len(difference))
    return np.sort((difference[i] + difference[j]) / 2.0)
