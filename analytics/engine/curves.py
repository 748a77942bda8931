"""Compiled loops over people sorted by time with multiplicities: concordance, Kaplan-Meier, Brier score.

A bootstrap sample is the original rows, sorted once, with a count per row; no data are copied and nothing is
sorted again. Names, frames and warnings do not belong here: these functions trust their input.

Layout: rows ascend in time; rows of distinct time g are start[g]:start[g + 1], events before censored ones;
`count` (n) holds multiplicities as floats.
"""

import numpy as np

from analytics.engine.arrays import BoolArray, FloatArray, IntArray
from analytics.engine.compiled import compiled, compiled_inner


@compiled_inner
def _add(tree: FloatArray, place: int, amount: float) -> None:
    place += 1
    while place < tree.shape[0]:
        tree[place] += amount
        place += place & -place


@compiled_inner
def _sum_below(tree: FloatArray, place: int) -> float:
    total = 0.0
    while place > 0:
        total += tree[place]
        place -= place & -place
    return total


@compiled
def concordance_counts(
    eta: FloatArray, order: IntArray, event: BoolArray, start: IntArray, count: FloatArray
) -> tuple[float, float]:
    """(favourable pairs, comparable pairs) of Harrell's C; a tie in eta is half favourable.

    `order` sorts eta ascending. People still at risk are kept in a Fenwick tree over the ranks of eta, so
    the cost is n log n. Two deaths at one time are not comparable; a person censored at a death's time is.
    """
    n = eta.shape[0]
    rank = np.zeros(n, dtype=np.int64)
    for k in range(1, n):
        same = eta[order[k]] == eta[order[k - 1]]
        rank[order[k]] = rank[order[k - 1]] + (0 if same else 1)
    tree = np.zeros(rank[order[n - 1]] + 2)
    total, favourable, comparable = 0.0, 0.0, 0.0
    for g in range(start.shape[0] - 2, -1, -1):
        for i in range(start[g], start[g + 1]):
            if count[i] > 0.0 and not event[i]:
                _add(tree, rank[i], count[i])
                total += count[i]
        for i in range(start[g], start[g + 1]):
            if count[i] > 0.0 and event[i]:
                below = _sum_below(tree, rank[i])
                up_to = _sum_below(tree, rank[i] + 1)
                favourable += count[i] * (below + 0.5 * (up_to - below))
                comparable += count[i] * total
        for i in range(start[g], start[g + 1]):
            if count[i] > 0.0 and event[i]:
                _add(tree, rank[i], count[i])
                total += count[i]
    return favourable, comparable


@compiled
def censoring_survival(event: BoolArray, start: IntArray, count: FloatArray) -> FloatArray:
    """Kaplan-Meier of staying uncensored, G(time_g) after each distinct time, shape [distinct times].

    Deaths leave before people censored at the same time, so they are not at risk of censoring there.
    """
    result = np.ones(start.shape[0] - 1)
    at_risk = count.sum()
    value = 1.0
    for g in range(start.shape[0] - 1):
        deaths, censored = 0.0, 0.0
        for i in range(start[g], start[g + 1]):
            if event[i]:
                deaths += count[i]
            else:
                censored += count[i]
        if censored > 0.0:
            value *= 1.0 - censored / (at_risk - deaths)
        at_risk -= deaths + censored
        result[g] = value
    return result


@compiled
def brier_given_censoring(
    survival: FloatArray, event: BoolArray, start: IntArray, count: FloatArray, last: int, g_after: FloatArray
) -> float:
    """`brier_score` with the censoring curve already made."""
    total, n = 0.0, 0.0
    for g in range(start.shape[0] - 1):
        until = min(g, last)
        weight = g_after[until - 1] if until > 0 else 1.0
        alive = 0.0 if g < last else 1.0
        for i in range(start[g], start[g + 1]):
            n += count[i]
            if count[i] == 0.0 or (g < last and not event[i]):
                continue
            if weight <= 0.0:
                return np.nan
            total += count[i] * (alive - survival[i]) ** 2 / weight
    return total / n


@compiled
def brier_score(
    survival: FloatArray, event: BoolArray, start: IntArray, count: FloatArray, last: int
) -> float:
    """Weighted Brier score of predicted `survival` [n] at a horizon; `last` = number of distinct times <= it.

    Graf et al. 1999: deaths up to the horizon are weighted by 1 / G(T-), people beyond it by 1 / G(horizon),
    people censored before it by 0. NaN when nobody is known to be uncensored so far.
    """
    g_after = censoring_survival(event, start, count)
    brier: float = brier_given_censoring(survival, event, start, count, last, g_after)
    return brier


@compiled
def grouped_kaplan_meier(
    group: IntArray,
    n_groups: int,
    event: BoolArray,
    start: IntArray,
    count: FloatArray,
    before: int,
    last: int,
) -> FloatArray:
    """Kaplan-Meier at the horizon in each group [n_groups].

    `before` and `last` count the distinct times before, and up to, the horizon. NaN where the group is
    empty, or where nobody is followed to the horizon and not everybody has died.
    """
    at_risk = np.zeros(n_groups)
    reach = np.full(n_groups, -1)
    for g in range(start.shape[0] - 1):
        for i in range(start[g], start[g + 1]):
            if count[i] > 0.0:
                at_risk[group[i]] += count[i]
                reach[group[i]] = g
    survival = np.where(at_risk > 0.0, 1.0, np.nan)
    deaths, leaving = np.zeros(n_groups), np.zeros(n_groups)
    for g in range(last):
        deaths[:] = 0.0
        leaving[:] = 0.0
        for i in range(start[g], start[g + 1]):
            leaving[group[i]] += count[i]
            if event[i]:
                deaths[group[i]] += count[i]
        for k in range(n_groups):
            if leaving[k] > 0.0:
                survival[k] *= 1.0 - deaths[k] / at_risk[k]
                at_risk[k] -= leaving[k]
    for k in range(n_groups):
        if reach[k] < before and survival[k] > 0.0:
            survival[k] = np.nan
    return survival
