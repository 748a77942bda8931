"""Compiled loops over people sorted by time with multiplicities: Cox, concordance, Kaplan-Meier, Brier.

A bootstrap sample is the original rows, sorted once, with a count per row; no data are copied and nothing is
sorted again. Copies of one person are tied in time, as they would be in the resampled table, so that every
number equals that of the table with repeated rows.
What does NOT belong here: names, frames, warnings; these functions trust their input.

Layout: rows ascend in time; rows of distinct time g are start[g]:start[g + 1], events before censored ones;
`count` [n] holds multiplicities as floats.
"""

from __future__ import annotations

from typing import Final

import numba
import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

MAX_ITERATIONS: Final = 40
MAX_HALVINGS: Final = 30
# Newton decrement at which the last step is taken: the error left in the coefficients is about this
# fraction of their standard errors.
DECREMENT_TOLERANCE: Final = 1e-11
PIVOT_TOLERANCE: Final = 1e-10


# Sums may be reordered, so that they run in vector registers.
_FAST: Final = {"reassoc", "contract", "nsz", "arcp"}


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _risk_set_means(
    x: FloatArray,
    event: BoolArray,
    start: IntArray,
    count: FloatArray,
    weight: FloatArray,
    efron: bool,
    gradient: FloatArray,
    means: FloatArray,
    inverse: FloatArray,
    share: FloatArray,
) -> tuple[float, int]:
    """One pass from the last time to the first; gives (sum of log denominators, number of deaths).

    Fills `means` [death, p] with the risk-set mean of x that each death meets and takes them from `gradient`;
    `inverse` and `share` [distinct times] with the sums over a time's deaths of 1 / denominator and of
    (part already gone) / denominator.
    """
    p = x.shape[1]
    s1, d1 = np.zeros(p), np.zeros(p)
    s0, logs, row = 0.0, 0.0, 0
    for g in range(start.shape[0] - 2, -1, -1):
        d0, deaths = 0.0, 0.0
        inverse[g] = 0.0
        share[g] = 0.0
        for i in range(start[g], start[g + 1]):
            w = weight[i]
            if w == 0.0:
                continue
            s0 += w
            for a in range(p):
                s1[a] += w * x[i, a]
            if event[i]:
                if deaths == 0.0:
                    d1[:] = 0.0
                deaths += count[i]
                d0 += w
                for a in range(p):
                    d1[a] += w * x[i, a]
                    gradient[a] += count[i] * x[i, a]
        for step in range(int(deaths)):
            part = step / deaths if efron else 0.0
            denominator = s0 - part * d0
            logs += np.log(denominator)
            inverse[g] += 1.0 / denominator
            share[g] += part / denominator
            for a in range(p):
                mean = (s1[a] - part * d1[a]) / denominator
                means[row, a] = mean
                gradient[a] -= mean
            row += 1
    return logs, row


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _information(xt: FloatArray, c: FloatArray, means: FloatArray, deaths: int, hessian: FloatArray) -> None:
    """X' diag(c) X - means' means, lower triangle."""
    p, n = xt.shape
    for a in range(p):
        for b in range(a + 1):
            total = 0.0
            for i in range(n):
                total += c[i] * xt[a, i] * xt[b, i]
            for d in range(deaths):
                total -= means[d, a] * means[d, b]
            hessian[a, b] = total


@numba.njit(cache=True, nogil=True, error_model="numpy")
def cox_derivatives(
    x: FloatArray,
    event: BoolArray,
    start: IntArray,
    count: FloatArray,
    beta: FloatArray,
    efron: bool,
    gradient: FloatArray,
    hessian: FloatArray,
) -> float:
    """Log partial likelihood; fills gradient [p] and the information [p, p] (lower triangle).

    With d deaths at one time (counting copies), Efron's l-th term (l = 0..d-1) takes l / d of the tied
    deaths out of the risk set (Therneau & Grambsch 2000, section 3.3). The sum over deaths of the risk-set
    mean of x x' is X' diag(c) X with one number c per person, so that no p x p matrix is carried along.
    """
    n, p = x.shape
    times = start.shape[0] - 1
    weight, c = np.empty(n), np.empty(n)
    eta = x @ beta
    shift = eta.max()
    value, deaths = 0.0, 0.0
    for i in range(n):
        weight[i] = count[i] * np.exp(eta[i] - shift) if count[i] > 0.0 else 0.0
        if event[i]:
            value += count[i] * (eta[i] - shift)
            deaths += count[i]
    means = np.empty((int(deaths), p))
    inverse, share = np.empty(times), np.empty(times)
    gradient[:] = 0.0
    logs, rows = _risk_set_means(x, event, start, count, weight, efron, gradient, means, inverse, share)
    so_far = 0.0
    for g in range(times):
        so_far += inverse[g]
        for i in range(start[g], start[g + 1]):
            c[i] = weight[i] * (so_far - share[g] if event[i] else so_far)
    _information(np.ascontiguousarray(x.T), c, means, rows, hessian)
    return value - logs


@numba.njit(cache=True, nogil=True, error_model="numpy")
def solve_information(hessian: FloatArray, gradient: FloatArray, step: FloatArray) -> None:
    """step = hessian^-1 gradient by Cholesky; a column without information gets 0, as R drops it."""
    p = gradient.shape[0]
    factor = np.zeros((p, p))
    for j in range(p):
        pivot = hessian[j, j]
        for k in range(j):
            pivot -= factor[j, k] ** 2
        if pivot <= PIVOT_TOLERANCE * hessian[j, j] or hessian[j, j] <= 0.0:
            continue
        factor[j, j] = np.sqrt(pivot)
        for i in range(j + 1, p):
            total = hessian[i, j]
            for k in range(j):
                total -= factor[i, k] * factor[j, k]
            factor[i, j] = total / factor[j, j]
    for j in range(p):
        total = gradient[j]
        for k in range(j):
            total -= factor[j, k] * step[k]
        step[j] = total / factor[j, j] if factor[j, j] > 0.0 else 0.0
    for j in range(p - 1, -1, -1):
        total = step[j]
        for k in range(j + 1, p):
            total -= factor[k, j] * step[k]
        step[j] = total / factor[j, j] if factor[j, j] > 0.0 else 0.0


@numba.njit(cache=True, nogil=True, error_model="numpy")
def cox_newton(
    x: FloatArray,
    event: BoolArray,
    start: IntArray,
    count: FloatArray,
    efron: bool,
    beta: FloatArray,
    hessian: FloatArray,
    keep_information: bool = True,
) -> tuple[float, bool]:
    """Maximise from `beta` (changed in place); gives the log-likelihood and whether it converged.

    Without `keep_information` the last step is taken unseen: `hessian` is then that of the step before.
    """
    p = x.shape[1]
    gradient, step, trial = np.zeros(p), np.zeros(p), np.zeros(p)
    value = cox_derivatives(x, event, start, count, beta, efron, gradient, hessian)
    for _ in range(MAX_ITERATIONS):
        step[:] = 0.0
        solve_information(hessian, gradient, step)
        decrement = 0.0
        for a in range(p):
            decrement += step[a] * gradient[a]
        last = decrement <= DECREMENT_TOLERANCE
        if last and not keep_information:
            beta += step
            return value + 0.5 * decrement, True
        found = False
        for _ in range(MAX_HALVINGS):
            trial[:] = beta + step
            new = cox_derivatives(x, event, start, count, trial, efron, gradient, hessian)
            if new >= value - 1e-12 * abs(value) and np.isfinite(new):
                found = True
                break
            step *= 0.5
        if not found:
            return value, False
        beta[:] = trial
        value = new
        if last:
            return value, True
    return value, False


@numba.njit(cache=True, nogil=True, error_model="numpy")
def cumulative_baseline_hazard(
    eta: FloatArray, event: BoolArray, start: IntArray, count: FloatArray, efron: bool
) -> FloatArray:
    """Baseline hazard increments [distinct times] at eta = 0 (Breslow, or Efron's form for tied deaths)."""
    increments = np.zeros(start.shape[0] - 1)
    s0 = 0.0
    for g in range(start.shape[0] - 2, -1, -1):
        d0, deaths = 0.0, 0.0
        for i in range(start[g], start[g + 1]):
            w = count[i] * np.exp(eta[i])
            s0 += w
            if event[i]:
                deaths += count[i]
                d0 += w
        for step in range(int(deaths)):
            part = step / deaths if efron else 0.0
            increments[g] += 1.0 / (s0 - part * d0)
    return increments


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _add(tree: FloatArray, place: int, amount: float) -> None:
    place += 1
    while place < tree.shape[0]:
        tree[place] += amount
        place += place & -place


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _sum_below(tree: FloatArray, place: int) -> float:
    total = 0.0
    while place > 0:
        total += tree[place]
        place -= place & -place
    return total


@numba.njit(cache=True, nogil=True, error_model="numpy")
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


@numba.njit(cache=True, nogil=True, error_model="numpy")
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


@numba.njit(cache=True, nogil=True, error_model="numpy")
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


@numba.njit(cache=True, nogil=True, error_model="numpy")
def brier_score(
    survival: FloatArray, event: BoolArray, start: IntArray, count: FloatArray, last: int
) -> float:
    """Weighted Brier score of predicted `survival` [n] at a horizon; `last` = number of distinct times <= it.

    Graf et al. 1999: deaths up to the horizon are weighted by 1 / G(T-), people beyond it by 1 / G(horizon),
    people censored before it by 0. NaN when nobody is known to be uncensored so far.
    """
    g_after = censoring_survival(event, start, count)
    return brier_given_censoring(survival, event, start, count, last, g_after)


@numba.njit(cache=True, nogil=True, error_model="numpy")
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
