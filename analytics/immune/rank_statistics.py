"""Two-sample rank statistics of one feature: Mann-Whitney test, Hodges-Lehmann shift, Cliff's delta.

Pure functions of two one-dimensional float arrays without missing values (`x` the cases, `y` the
reference). What does NOT belong here: tables of many features, families and reasons (`comparisons`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from scipy import stats

from analytics.engine.arrays import FloatArray

# R's wilcox.test is exact below this size in both groups when no value is tied; the same rule here.
EXACT_BELOW: Final = 50
# Below this number of pairs all differences are held at once (16 MB); above, they are searched.
HELD_PAIRS: Final = 2_000_000


@dataclass(frozen=True)
class MannWhitney:
    """U of the cases (pairs in which the case is larger, ties one half), two-sided p, and how p was made."""

    u: float
    p: float
    method: str


@dataclass(frozen=True)
class IntervalEstimate:
    """A point estimate with its confidence interval."""

    estimate: float
    ci_low: float
    ci_high: float


def mann_whitney(x: FloatArray, y: FloatArray) -> MannWhitney:
    """Wilcoxon rank-sum test (Mann & Whitney 1947): exact without ties below 50 per group.

    Otherwise normal with tie and continuity correction. p is 1 when all values are equal.
    """
    exact = _is_exact(x, y)
    if np.ptp(np.concatenate([x, y])) == 0.0:
        return MannWhitney(u=len(x) * len(y) / 2.0, p=1.0, method="constant")
    result = stats.mannwhitneyu(x, y, alternative="two-sided", method="exact" if exact else "asymptotic")
    return MannWhitney(float(result.statistic), float(result.pvalue), "exact" if exact else "asymptotic")


def hodges_lehmann(x: FloatArray, y: FloatArray, confidence: float = 0.95) -> IntervalEstimate:
    """Median of all pairwise differences x - y with the interval that inverts the rank-sum test.

    The bounds are order statistics of the differences (Bauer 1972): exact quantiles of U without ties below
    50 per group, else the normal approximation with tie-corrected variance, rounded outwards
    (Hollander & Wolfe 1999, section 4.3).
    """
    m, n = len(x), len(y)
    pairs = m * n
    tail = (1.0 - confidence) / 2.0
    if _is_exact(x, y):
        below = max(1, int(np.searchsorted(np.cumsum(u_distribution(m, n)), tail)))
    else:
        spread = float(stats.norm.isf(tail)) * np.sqrt(_u_variance(x, y))
        below = max(1, int(np.floor(pairs / 2.0 - spread)))
    ranks = (below, (pairs + 1) // 2, pairs // 2 + 1, pairs + 1 - below)
    low, left, right, high = _order_statistics_of_differences(x, y, ranks)
    return IntervalEstimate((left + right) / 2.0, low, high)


def cliffs_delta(x: FloatArray, y: FloatArray, confidence: float = 0.95) -> IntervalEstimate:
    """P(x > y) - P(x < y), which is also the rank-biserial correlation, from -1 to 1.

    Interval: Cliff's consistent variance with the asymmetric bounds of Feng & Cliff 2004, which stay
    inside [-1, 1]; with complete separation the free bound is (k - z^2) / (k + z^2), k the smaller group.
    """
    m, n = len(x), len(y)
    row, tied_x = _dominance(x, y)
    column, _ = _dominance(y, x)
    delta = float(row.mean())
    z = float(stats.norm.isf((1.0 - confidence) / 2.0))
    if abs(delta) == 1.0:
        free = (min(m, n) - z * z) / (min(m, n) + z * z)
        low, high = sorted((delta, delta * free))
        return IntervalEstimate(delta, low, high)
    if min(m, n) < 2:
        return IntervalEstimate(delta, float("nan"), float("nan"))
    cells = m * n - tied_x - m * n * delta * delta
    row_sum, column_sum = ((row - delta) ** 2).sum(), ((column + delta) ** 2).sum()
    variance = (n * n * row_sum + m * m * column_sum - cells) / (m * n * (m - 1) * (n - 1))
    # Cliff's unbiased variance can fall below what the data can have; this is its floor.
    variance = max(float(variance), (1.0 - delta * delta) / (m * n - 1))
    half = z * np.sqrt(variance) * np.sqrt((1.0 - delta * delta) ** 2 + z * z * variance)
    middle, scale = delta - delta**3, 1.0 - delta * delta + z * z * variance
    return IntervalEstimate(delta, float((middle - half) / scale), float((middle + half) / scale))


@lru_cache(maxsize=512)
def u_distribution(m: int, n: int) -> FloatArray:
    """Null probabilities of U = 0..m*n without ties (Mann & Whitney 1947, recurrence on sizes)."""
    previous = [np.ones(1) for _ in range(n + 1)]
    for i in range(1, m + 1):
        current = [np.ones(1)]
        for j in range(1, n + 1):
            table = np.zeros(i * j + 1)
            # The largest value is from x (it beats all j of y) or from y.
            table[j:] += previous[j] * (i / (i + j))
            table[: i * (j - 1) + 1] += current[j - 1] * (j / (i + j))
            current.append(table)
        previous = current
    return previous[n]


def _is_exact(x: FloatArray, y: FloatArray) -> bool:
    pooled = np.concatenate([x, y])
    return max(len(x), len(y)) < EXACT_BELOW and len(np.unique(pooled)) == len(pooled)


def _u_variance(x: FloatArray, y: FloatArray) -> float:
    m, n = len(x), len(y)
    total = m + n
    _, counts = np.unique(np.concatenate([x, y]), return_counts=True)
    ties = float((counts.astype(np.float64) ** 3 - counts).sum())
    return m * n / 12.0 * (total + 1 - ties / (total * (total - 1)))


def _dominance(x: FloatArray, y: FloatArray) -> tuple[FloatArray, int]:
    """Mean sign of x_i against all of y, shape [m], and the number of tied pairs."""
    ordered = np.sort(y)
    below = np.searchsorted(ordered, x, side="left")
    not_above = np.searchsorted(ordered, x, side="right")
    row = (below - (len(y) - not_above)) / len(y)
    return row.astype(np.float64), int((not_above - below).sum())


def _order_statistics_of_differences(
    x: FloatArray, y: FloatArray, ranks: tuple[int, ...]
) -> tuple[float, ...]:
    """The ranks-th smallest (1-based) of all x_i - y_j."""
    if len(x) * len(y) <= HELD_PAIRS:
        differences = np.subtract.outer(x, y).ravel()
        places = [rank - 1 for rank in ranks]
        ordered = np.partition(differences, sorted(set(places)))
        return tuple(float(ordered[place]) for place in places)
    xs, ys = np.sort(x), np.sort(y)
    return tuple(_search_difference(xs, ys, rank) for rank in ranks)


def _search_difference(xs: FloatArray, ys: FloatArray, rank: int) -> float:
    """Bisection on the value until few differences are left, then an exact pick; O((m) log n) a round."""
    low, high = xs[0] - ys[-1] - 1.0, xs[-1] - ys[0]
    while True:
        middle = low + (high - low) / 2.0
        if middle <= low or middle >= high:
            break
        if _count_at_most(xs, ys, middle) >= rank:
            high = middle
        else:
            low = middle
        if _count_at_most(xs, ys, high) - _count_at_most(xs, ys, low) <= HELD_PAIRS:
            break
    start = np.searchsorted(ys, xs - high, side="left")
    stop = np.searchsorted(ys, xs - low, side="right")
    place = rank - int((len(ys) - stop).sum()) - 1
    near = np.concatenate([x - ys[a:b] for x, a, b in zip(xs, start, stop, strict=True)])
    return float(np.partition(near, place)[place])


def _count_at_most(xs: FloatArray, ys: FloatArray, value: float) -> int:
    return int((len(ys) - np.searchsorted(ys, xs - value, side="left")).sum())
