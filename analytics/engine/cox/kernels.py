"""Cox's partial likelihood of one dense design, compiled: resampled people, null models, single hard columns.

Strata, delayed entry, case weights, Efron or Breslow ties, and a count per row: a bootstrap sample is the original
rows, sorted once, with how often each was drawn. Copies of one person are tied in time, so that every number equals
that of the table with repeated rows. `likelihood` is the readable form of the same function; thousands of sparse
columns beside the same covariates are the work of `lanes`.

The sum over deaths of the risk-set mean of x x' is X' diag(c) X with one number c per row, so that no p x p matrix is
carried along time. Source: Therneau & Grambsch (2000), Modeling Survival Data, section 3.3; Efron (1977).
"""

import math
from typing import Final

import numpy as np

from analytics.engine.arrays import BoolArray, FloatArray, IntArray
from analytics.engine.compiled import compiled, compiled_inner, compiled_reordered
from analytics.engine.cox.risk_table import RiskArrays

# SINGULAR: at a maximum, but a column carries no information and has kept where it was.
CONVERGED, NOT_CONVERGED, SINGULAR = 0, 1, 2
MOST_STEPS: Final = 40
MOST_HALVINGS: Final = 30
# Square of the last Newton step in standard errors. The step is taken, so that coefficients are off by about this
# fraction of their standard errors; the second is for null models, on which everything else is built.
RESAMPLED, REFERENCE = 1e-11, 1e-14
# Share of a column's information that those before it must leave: below it a resampled level is gone (as R drops it),
# and below the smaller one a column is a combination of others up to rounding.
LEVEL_GONE, ROUNDING = 1e-10, 1e-13


@compiled_inner
def _compensate(total: float, lost: float, term: float) -> tuple[float, float]:
    """total + term, and what rounding has taken from all such sums so far (Neumaier 1974)."""
    new = total + term
    lost += (total - new) + term if abs(total) >= abs(term) else (term - new) + total
    return new, lost


@compiled_inner
def _risk_set_means(
    a: RiskArrays,
    x: FloatArray,
    count: FloatArray,
    weight: FloatArray,
    efron: bool,
    gradient: FloatArray,
    means: FloatArray,
    hazard: FloatArray,
    spared: FloatArray,
) -> tuple[float, int]:
    """One pass from the last time to the first; gives (sum of log denominators, number of steps).

    Fills `means` (steps, p) with the risk-set mean of x that each death meets, times the root of its case weight, and
    takes them from `gradient`; `hazard` and `spared` (times) with the sums over a time's deaths of 1 / denominator and
    of (part already gone) / denominator. weight (m): count x case weight x relative risk.
    """
    p = x.shape[1]
    s1, d1 = np.zeros(p), np.zeros(p)
    s0, logs, lost, row = 0.0, 0.0, 0.0, 0
    for e in range(len(a.group_start) - 2, -1, -1):
        if a.is_last_in_stratum[e]:
            s0 = 0.0
            s1[:] = 0.0
        for t in range(a.leave_start[e], a.leave_start[e + 1]):
            i = a.leave_row[t]
            s0 -= weight[i]
            for k in range(p):
                s1[k] -= weight[i] * x[i, k]
        d0, deaths, mass = 0.0, 0.0, 0.0
        hazard[e] = 0.0
        spared[e] = 0.0
        for i in range(a.group_start[e], a.group_start[e + 1]):
            w = weight[i]
            if w == 0.0:
                continue
            s0 += w
            for k in range(p):
                s1[k] += w * x[i, k]
            if a.is_death[i]:
                if deaths == 0.0:
                    d1[:] = 0.0
                deaths += count[i]
                mass += count[i] * a.weight[i]
                d0 += w
                for k in range(p):
                    d1[k] += w * x[i, k]
                    gradient[k] += count[i] * a.weight[i] * x[i, k]
        for step in range(int(deaths)):
            share = step / deaths if efron else 0.0
            each = mass / deaths  # R's rule for weighted ties: the mean weight of the deaths on every step
            root = math.sqrt(each)
            denominator = s0 - share * d0
            logs, lost = _compensate(logs, lost, each * math.log(denominator))
            hazard[e] += each / denominator
            spared[e] += each * share / denominator
            for k in range(p):
                mean = (s1[k] - share * d1[k]) / denominator
                means[row, k] = root * mean
                gradient[k] -= each * mean
            row += 1
    return logs + lost, row


@compiled_reordered
def _information(
    xt: FloatArray, c: FloatArray, means: FloatArray, steps: int, information: FloatArray
) -> None:
    """X' diag(c) X - means' means, both triangles."""
    p, n = xt.shape
    for k in range(p):
        for j in range(k + 1):
            total = 0.0
            for i in range(n):
                total += c[i] * xt[k, i] * xt[j, i]
            for d in range(steps):
                total -= means[d, k] * means[d, j]
            information[k, j] = total
            information[j, k] = total


@compiled
def cox_derivatives(
    a: RiskArrays,
    x: FloatArray,
    count: FloatArray,
    beta: FloatArray,
    efron: bool,
    gradient: FloatArray,
    information: FloatArray,
) -> float:
    """Log partial likelihood at beta (p); fills gradient (p) and information (p, p).

    x (m, p) and count (m) are in the row order of the risk table.
    """
    m, p = x.shape
    times = len(a.group_start) - 1
    weight, c = np.empty(m), np.empty(m)
    eta = x @ beta
    shift = eta.max() if m else 0.0
    value, lost, deaths = 0.0, 0.0, 0.0
    for i in range(m):
        weight[i] = count[i] * a.weight[i] * math.exp(eta[i] - shift) if count[i] > 0.0 else 0.0
        if a.is_death[i]:
            value, lost = _compensate(value, lost, count[i] * a.weight[i] * (eta[i] - shift))
            deaths += count[i]
    means = np.empty((int(deaths), p))
    hazard, spared = np.empty(times), np.empty(times)
    gradient[:] = 0.0
    logs, steps = _risk_set_means(a, x, count, weight, efron, gradient, means, hazard, spared)
    total = 0.0
    for e in range(times):
        if a.stratum_start[e] == e:
            total = 0.0
        total += hazard[e]
        hazard[e] = total
        for i in range(a.group_start[e], a.group_start[e + 1]):
            at_risk = total - spared[e] if a.is_death[i] else total
            first = a.row_first_event[i]
            if first > a.stratum_start[e]:
                at_risk -= hazard[first - 1]
            c[i] = weight[i] * at_risk
    _information(np.ascontiguousarray(x.T), c, means, steps, information)
    log_likelihood: float = value - logs + lost
    return log_likelihood


@compiled
def cholesky_solve(
    matrix: FloatArray, right: FloatArray, size: int, factor: FloatArray, solution: FloatArray, pivot: float
) -> int:
    """Solve the leading `size` block of a symmetric positive matrix, of which the lower triangle is read.

    A column of which those before it leave less than the share `pivot` gets 0, as R drops it. Returns their number.
    """
    dropped = 0
    for k in range(size):
        for j in range(k + 1):
            total = matrix[k, j]
            for i in range(j):
                total -= factor[k, i] * factor[j, i]
            if k != j:
                factor[k, j] = total / factor[j, j] if factor[j, j] > 0.0 else 0.0
            elif total > pivot * abs(matrix[k, k]):
                factor[k, k] = math.sqrt(total)
            else:
                factor[k, k] = 0.0
                dropped += 1
    for k in range(size):
        total = right[k]
        for i in range(k):
            total -= factor[k, i] * solution[i]
        solution[k] = total / factor[k, k] if factor[k, k] > 0.0 else 0.0
    for k in range(size - 1, -1, -1):
        total = solution[k]
        for i in range(k + 1, size):
            total -= factor[i, k] * solution[i]
        solution[k] = total / factor[k, k] if factor[k, k] > 0.0 else 0.0
    return dropped


@compiled
def maximise_cox(
    a: RiskArrays,
    x: FloatArray,
    count: FloatArray,
    efron: bool,
    beta: FloatArray,
    information: FloatArray,
    last_decrement: float,
    pivot: float,
    keep_information: bool,
) -> tuple[float, int]:
    """Newton-Raphson with step halving from `beta` (p), in place; gives the log-likelihood and a status.

    `last_decrement` is RESAMPLED or REFERENCE, `pivot` LEVEL_GONE or ROUNDING. Without `keep_information` the last step
    is taken unseen: `information` (p, p) is then that of the step before.
    """
    p = x.shape[1]
    gradient, step, trial, factor = np.zeros(p), np.zeros(p), np.zeros(p), np.zeros((p, p))
    value = cox_derivatives(a, x, count, beta, efron, gradient, information)
    for _ in range(MOST_STEPS):
        dropped = cholesky_solve(information, gradient, p, factor, step, pivot)
        decrement = 0.0
        for k in range(p):
            decrement += step[k] * gradient[k]
        is_last = decrement <= last_decrement
        if is_last and not keep_information:
            beta += step
            return value + 0.5 * decrement, SINGULAR if dropped else CONVERGED
        found = False
        for _ in range(MOST_HALVINGS):
            trial[:] = beta + step
            new = cox_derivatives(a, x, count, trial, efron, gradient, information)
            if new >= value - 1e-12 * abs(value) and math.isfinite(new):
                found = True
                break
            step *= 0.5
        if not found:
            return value, NOT_CONVERGED
        beta[:] = trial
        value = new
        if is_last:
            return value, SINGULAR if dropped else CONVERGED
    return value, NOT_CONVERGED


@compiled
def maximise_resamples(
    a: RiskArrays, x: FloatArray, counts: FloatArray, start: FloatArray, efron: bool
) -> tuple[FloatArray, BoolArray]:
    """Coefficients (B, p) of the resamples with `counts` (B, m), each from `start` (p), and which converged (B,).

    A column that does not vary in a resample carries no information: its coefficient is 0, not its start.
    """
    m, p = x.shape
    betas, converged = np.zeros((len(counts), p)), np.zeros(len(counts), dtype=np.bool_)
    information = np.zeros((p, p))
    for b in range(len(counts)):
        betas[b] = start
        for k in range(p):
            low, high = np.inf, -np.inf
            for i in range(m):
                if counts[b, i] > 0.0:
                    low, high = min(low, x[i, k]), max(high, x[i, k])
            if low == high:
                betas[b, k] = 0.0
        fit = maximise_cox(a, x, counts[b], efron, betas[b], information, RESAMPLED, LEVEL_GONE, False)
        converged[b] = fit[1] != NOT_CONVERGED
    return betas, converged


@compiled
def baseline_hazard(
    eta: FloatArray, event: BoolArray, start: IntArray, count: FloatArray, efron: bool
) -> FloatArray:
    """Baseline hazard increments (distinct times) at eta = 0 (Breslow, or Efron's form for tied deaths), no strata."""
    increments = np.zeros(start.shape[0] - 1)
    s0 = 0.0
    for e in range(start.shape[0] - 2, -1, -1):
        d0, deaths = 0.0, 0.0
        for i in range(start[e], start[e + 1]):
            w = count[i] * math.exp(eta[i])
            s0 += w
            if event[i]:
                deaths += count[i]
                d0 += w
        for step in range(int(deaths)):
            share = step / deaths if efron else 0.0
            increments[e] += 1.0 / (s0 - share * d0)
    return increments
