"""Partial likelihood of one Cox model with dense covariates, by the textbook: for null models and hard genes.

Efron's ties, strata, delayed entry, case weights. Plain and exact rather than fast: it fits the covariates once per
set of patients, it is the fall-back for genes on which the lane kernels do not converge, and tests hold the two
against each other. What does not belong here: sparse genes (`lane_kernels.py`), Firth (`firth_kernels.py`).
"""

import math

import numpy as np

from analytics.scan.compiled import compiled, compiled_inner
from analytics.scan.frame import FloatArray
from analytics.scan.risk_table import RiskArrays

CONVERGED, NOT_CONVERGED, SINGULAR, MONOTONE = 0, 1, 2, 3
MAX_STEPS = 60
DECREMENT_TOLERANCE = (
    1e-14  # squared Newton decrement: the step left is below 1e-7 standard errors, its error 1e-14
)


@compiled_inner
def _add_row(x: FloatArray, row: int, w: float, s1: FloatArray, s2: FloatArray) -> None:
    p = x.shape[1]
    for k in range(p):
        wx = w * x[row, k]
        s1[k] += wx
        for j in range(k + 1):
            s2[k, j] += wx * x[row, j]


@compiled
def partial_likelihood(
    a: RiskArrays, x: FloatArray, beta: FloatArray, gradient: FloatArray, information: FloatArray
) -> float:
    """Log partial likelihood (Efron 1977) at beta (p); fills gradient (p) and information (p, p).

    x (m, p) is in the row order of the risk table. Delayed entry: rows leave the sums as time runs backwards past
    their entry. Weighted ties: R's rule, the mean weight of the deaths on each Efron step (Therneau & Grambsch 2000,
    section 3.3). The sum over steps is compensated (Neumaier 1974).
    """
    m, p = x.shape
    s1, d1, mean = np.zeros(p), np.zeros(p), np.zeros(p)
    s2, d2 = np.zeros((p, p)), np.zeros((p, p))
    gradient[:] = 0.0
    information[:] = 0.0
    risk = np.empty(m)
    for i in range(m):
        eta = 0.0
        for k in range(p):
            eta += x[i, k] * beta[k]
        risk[i] = eta
    loglik, lost, s0 = 0.0, 0.0, 0.0
    for e in range(len(a.n_deaths) - 1, -1, -1):
        if a.is_last_in_stratum[e]:
            s0 = 0.0
            s1[:] = 0.0
            s2[:] = 0.0
        for i in a.leave_row[a.leave_start[e] : a.leave_start[e + 1]]:
            w = a.weight[i] * math.exp(risk[i])
            s0 -= w
            _add_row(x, i, -w, s1, s2)
        d0 = 0.0
        d1[:] = 0.0
        d2[:] = 0.0
        for i in range(a.group_start[e], a.group_start[e + 1]):
            w = a.weight[i] * math.exp(risk[i])
            s0 += w
            _add_row(x, i, w, s1, s2)
            if a.is_death[i]:
                d0 += w
                _add_row(x, i, w, d1, d2)
                term = a.weight[i] * risk[i]
                total = loglik + term
                lost += (loglik - total) + term if abs(loglik) >= abs(term) else (term - total) + loglik
                loglik = total
                for k in range(p):
                    gradient[k] += a.weight[i] * x[i, k]
        for step in range(a.n_deaths[e]):
            share = step / a.n_deaths[e]
            denominator = s0 - share * d0
            term = -a.mean_weight[e] * math.log(denominator)
            total = loglik + term
            lost += (loglik - total) + term if abs(loglik) >= abs(term) else (term - total) + loglik
            loglik = total
            for k in range(p):
                mean[k] = (s1[k] - share * d1[k]) / denominator
                gradient[k] -= a.mean_weight[e] * mean[k]
                for j in range(k + 1):
                    moment = (s2[k, j] - share * d2[k, j]) / denominator
                    information[k, j] += a.mean_weight[e] * (moment - mean[k] * mean[j])
    for k in range(p):
        for j in range(k):
            information[j, k] = information[k, j]
    return loglik + lost


@compiled_inner
def cholesky_solve(
    matrix: FloatArray, right: FloatArray, size: int, factor: FloatArray, solution: FloatArray
) -> bool:
    """Solve the leading `size` block of a symmetric positive matrix; False when a pivot vanishes (collinear)."""
    for k in range(size):
        for j in range(k + 1):
            total = matrix[k, j]
            for i in range(j):
                total -= factor[k, i] * factor[j, i]
            if k == j:
                if not total > 1e-13 * abs(matrix[k, k]):
                    return False
                factor[k, k] = math.sqrt(total)
            else:
                factor[k, j] = total / factor[j, j]
    for k in range(size):
        total = right[k]
        for i in range(k):
            total -= factor[k, i] * solution[i]
        solution[k] = total / factor[k, k]
    for k in range(size - 1, -1, -1):
        total = solution[k]
        for i in range(k + 1, size):
            total -= factor[i, k] * solution[i]
        solution[k] = total / factor[k, k]
    return True


@compiled
def fit_dense(
    a: RiskArrays, x: FloatArray, beta: FloatArray, gradient: FloatArray, information: FloatArray
) -> tuple[float, int]:
    """Newton-Raphson with step halving from beta (p), in place. Returns log likelihood and a status code."""
    p = len(beta)
    factor, step, trial = np.zeros((p, p)), np.zeros(p), np.zeros(p)
    loglik = partial_likelihood(a, x, beta, gradient, information)
    for _ in range(MAX_STEPS):
        if not cholesky_solve(information, gradient, p, factor, step):
            return loglik, SINGULAR
        decrement = 0.0
        for k in range(p):
            decrement += step[k] * gradient[k]
        if decrement < DECREMENT_TOLERANCE:
            beta += step
            return loglik + 0.5 * decrement, CONVERGED
        trial[:] = beta + step
        better = partial_likelihood(a, x, trial, gradient, information)
        halvings = 0
        while not better >= loglik - 1e-10 * abs(loglik) and halvings < 30:
            step *= 0.5
            trial[:] = beta + step
            better = partial_likelihood(a, x, trial, gradient, information)
            halvings += 1
        loglik = better
        beta[:] = trial
    return loglik, NOT_CONVERGED
