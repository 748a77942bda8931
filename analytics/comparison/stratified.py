"""Rank statistics that compare people with people of their own stratum only: shift, effect size, what burden leaves.

They go with van Elteren's test (``burden.van_elteren``) and use its weights, 1 / (N_s + 1) for a rank sum.
Pure functions of arrays without missing values; ``strata`` are codes 0..S-1. Tables and names do not belong here.

Sources: van Elteren 1960; Hodges & Lehmann 1963 (shift by inverting the test); Cliff 1993, Feng & Cliff 2004
(asymmetric interval); DeLong 1988 (variance from placements); Quade 1967, Koch et al. 1982 (rank analysis of
covariance).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from analytics.immune.rank_statistics import IntervalEstimate

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

#: Variance of a placement under the null (uniform on -1 to 1), for strata that all have a single carrier.
NULL_VARIANCE = 1.0 / 3.0
#: Gumbel numbers held at once while drawing.
HELD_DRAWS = 4_000_000


@dataclass(frozen=True)
class BeyondChance:
    """Observed Cliff's delta against draws of carriers with probability proportional to burden.

    ``excess`` is the observed delta less the mean of the draws, its interval what the draws' 2.5 and 97.5 % quantiles
    leave; ``p`` is two-sided, (1 + draws as far out) / (draws + 1) on the nearer side, doubled.
    """

    observed: float
    expected: float
    excess: float
    ci_low: float
    ci_high: float
    p: float
    draws: int


@dataclass(frozen=True)
class AdjustedRanks:
    """Rank analysis of covariance: ``delta`` on the scale of Cliff's delta, with the score test's z and p."""

    delta: float
    ci_low: float
    ci_high: float
    z: float
    p: float


def stratified_shift(values: FloatArray, status: BoolArray, strata: IntArray) -> IntervalEstimate:
    """The shift that makes van Elteren's statistic zero: the weighted median of all differences within strata.

    The interval inverts the test with its tie-corrected variance. With one stratum it is the Hodges-Lehmann shift
    with the large-sample interval.
    """
    differences, weights, variance = [], [], 0.0
    for x, y in _informative(values, status, strata):
        total = len(x) + len(y)
        differences.append(np.subtract.outer(x, y).ravel())
        weights.append(np.full(len(x) * len(y), 1.0 / (total + 1.0)))
        rank = stats.rankdata(np.concatenate([x, y]))
        variance += len(x) * len(y) * rank.var(ddof=1) / total / (total + 1.0) ** 2
    if not differences:
        return IntervalEstimate(float("nan"), float("nan"), float("nan"))
    d, w = np.concatenate(differences), np.concatenate(weights)
    order = np.argsort(d, kind="stable")
    d, below = d[order], np.cumsum(w[order])
    spread = float(stats.norm.isf(0.025)) * np.sqrt(variance)
    half = below[-1] / 2.0

    def at(mass: float) -> float:
        return float(d[min(int(np.searchsorted(below, mass, side="left")), len(d) - 1)])

    slack = 1e-9 * half  # where the mass is met exactly, the median lies between two differences
    middle = (at(half - slack) + at(half + slack)) / 2.0
    return IntervalEstimate(middle, at(max(half - spread, 0.0)), at(half + spread))


def stratified_delta(values: FloatArray, status: BoolArray, strata: IntArray) -> IntervalEstimate:
    """Cliff's delta averaged over strata with van Elteren's weights m n / (N + 1).

    Variance from placements (the share of the other group that a value beats), pooled within strata so that a
    stratum with a single carrier counts; bounds by Feng & Cliff, which stay inside -1 to 1.
    """
    parts = [
        (_placements(x, y), _placements(y, x), len(x) * len(y) / (len(x) + len(y) + 1.0))
        for x, y in _informative(values, status, strata)
    ]
    if not parts:
        return IntervalEstimate(float("nan"), float("nan"), float("nan"))
    total = sum(weight for _, _, weight in parts)
    delta = float(sum(weight * of_x.mean() for of_x, _, weight in parts) / total)
    spread_x = _pooled_variance([of_x for of_x, _, _ in parts])
    spread_y = _pooled_variance([of_y for _, of_y, _ in parts])
    variance = sum(
        weight**2 * (spread_x / len(of_x) + spread_y / len(of_y)) for of_x, of_y, weight in parts
    ) / (total**2)
    n_pairs = sum(len(of_x) * len(of_y) for of_x, of_y, _ in parts)
    variance = max(float(variance), (1.0 - delta * delta) / max(n_pairs - 1, 1))
    smaller = min(sum(len(of_x) for of_x, _, _ in parts), sum(len(of_y) for _, of_y, _ in parts))
    return _feng_cliff(delta, variance, smaller)


def adjusted_ranks(
    values: FloatArray, covariate: FloatArray, status: BoolArray, strata: IntArray
) -> AdjustedRanks:
    """Rank analysis of covariance within strata: what is left of a difference when burden is taken out of the ranks.

    Ranks of values and of the covariate are centred within their stratum and scaled by N + 1; the values' ranks less
    their regression on the covariate's (one slope) are compared as in van Elteren's test, whose z it equals where the
    covariate is constant. ``delta`` is twice the difference of mean adjusted ranks.
    """
    y, x, keep = (np.zeros(len(values)) for _ in range(3))
    for code in np.unique(strata):
        inside = strata == code
        total = int(inside.sum())
        if status[inside].all() or not status[inside].any() or np.ptp(values[inside]) == 0.0:
            continue
        keep[inside] = 1.0
        middle = (total + 1) / 2.0
        y[inside] = (stats.rankdata(values[inside]) - middle) / (total + 1.0)
        x[inside] = (stats.rankdata(covariate[inside]) - middle) / (total + 1.0)
    slope = float(x @ y / (x @ x)) if (x @ x) > 0 else 0.0
    residual = y - slope * x
    above = variance = weights = 0.0
    for code in np.unique(strata[keep > 0]):
        inside = strata == code
        m, total = int(status[inside].sum()), int(inside.sum())
        above += float(residual[inside & status].sum())
        variance += m * (total - m) * float(residual[inside].var(ddof=1)) / total
        weights += m * (total - m) / (total + 1.0)
    if variance <= 0.0:
        return AdjustedRanks(*(float("nan"),) * 5)
    z = above / np.sqrt(variance)
    # Half the pairs' weight is what complete separation would add up to.
    half = float(stats.norm.isf(0.025)) * np.sqrt(variance)
    scale = 2.0 / weights
    return AdjustedRanks(
        scale * above,
        scale * (above - half),
        scale * (above + half),
        float(z),
        float(2 * stats.norm.sf(abs(z))),
    )


def beyond_chance(
    values: FloatArray, burden: FloatArray, status: BoolArray, strata: IntArray, draws: int, seed: int = 1
) -> BeyondChance:
    """Is the mutated people's burden higher than that of people whom mutations hit in proportion to their burden?

    In each stratum as many carriers are drawn without replacement as the gene has there, with probability
    proportional to ``burden`` (0 counts as half the smallest positive one), ``draws`` times: the null of field notes,
    "a mutated gene is a shadow of mutation burden".
    """
    rng = np.random.default_rng(seed)
    positive = burden[burden > 0]
    smallest = float(positive.min()) / 2.0 if len(positive) else 1.0
    observed, total, drawn = 0.0, 0.0, np.zeros(draws)
    for code in np.unique(strata):
        inside = strata == code
        m, n = int(status[inside].sum()), int((~status[inside]).sum())
        if min(m, n) == 0 or np.ptp(values[inside]) == 0.0:
            continue
        rank = stats.rankdata(values[inside])
        weight = 1.0 / (m + n + 1.0)
        centre = m * (m + n + 1) / 2.0
        observed += 2 * weight * (float(rank[status[inside]].sum()) - centre)
        total += weight * m * n
        log_weight = np.log(np.maximum(burden[inside], smallest))
        drawn += 2 * weight * (_drawn_rank_sums(rng, log_weight, rank, m, draws) - centre)
    if total == 0.0 or draws == 0:
        return BeyondChance(*(float("nan"),) * 6, draws)
    observed, drawn = observed / total, drawn / total
    low, high = np.quantile(drawn, [0.025, 0.975])
    slack = 1e-12
    tails = min((drawn >= observed - slack).sum(), (drawn <= observed + slack).sum())
    return BeyondChance(
        observed=float(observed),
        expected=float(drawn.mean()),
        excess=float(observed - drawn.mean()),
        ci_low=float(observed - high),
        ci_high=float(observed - low),
        p=float(min(1.0, 2 * (1 + tails) / (draws + 1))),
        draws=draws,
    )


def _drawn_rank_sums(
    rng: np.random.Generator, log_weight: FloatArray, rank: FloatArray, m: int, draws: int
) -> FloatArray:
    """Rank sums of ``m`` people drawn by Gumbel top-m, which is drawing in proportion to weight."""
    sums = np.empty(draws)
    block = max(1, HELD_DRAWS // len(rank))
    for start in range(0, draws, block):
        size = min(block, draws - start)
        keys = rng.gumbel(size=(size, len(rank))) + log_weight
        first = np.argpartition(-keys, m - 1, axis=1)[:, :m]
        sums[start : start + size] = rank[first].sum(axis=1)
    return sums


def _informative(
    values: FloatArray, status: BoolArray, strata: IntArray
) -> Iterator[tuple[FloatArray, FloatArray]]:
    """(mutated, other) of each stratum that has both and unequal values."""
    for code in np.unique(strata):
        inside = strata == code
        x, y = values[inside & status], values[inside & ~status]
        if len(x) and len(y) and np.ptp(values[inside]) > 0.0:
            yield x, y


def _placements(x: FloatArray, y: FloatArray) -> FloatArray:
    """For each of ``x`` the share of ``y`` below less the share above, -1 to 1."""
    ordered = np.sort(y)
    below = np.searchsorted(ordered, x, side="left")
    above = len(y) - np.searchsorted(ordered, x, side="right")
    return (below - above) / len(y)


def _pooled_variance(parts: list[FloatArray]) -> float:
    squares = sum(float(((part - part.mean()) ** 2).sum()) for part in parts)
    freedom = sum(len(part) - 1 for part in parts)
    return squares / freedom if freedom else NULL_VARIANCE


def _feng_cliff(delta: float, variance: float, smaller: int) -> IntervalEstimate:
    z = float(stats.norm.isf(0.025))
    if abs(delta) == 1.0:  # complete separation: the free bound depends on the smaller group only
        low, high = sorted((delta, delta * (smaller - z * z) / (smaller + z * z)))
        return IntervalEstimate(delta, low, high)
    half = z * np.sqrt(variance) * np.sqrt((1.0 - delta * delta) ** 2 + z * z * variance)
    middle, scale = delta - delta**3, 1.0 - delta * delta + z * z * variance
    return IntervalEstimate(delta, float((middle - half) / scale), float((middle + half) / scale))
