"""Fits, likelihood-ratio tests and profile intervals under Firth's penalty, eight genes at a time.

What does not belong here: derivatives (`lane_kernels.py`, `firth_kernels.py`), threads and tables (`cox.py`).
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from analytics.scan.dense_kernels import CONVERGED, NOT_CONVERGED, SINGULAR, cholesky_solve
from analytics.scan.firth_kernels import FirthScratch, allocate_penalty, penalty_gradient
from analytics.scan.frame import BoolArray, FloatArray, IntArray
from analytics.scan.lane_kernels import (
    FULL_INFORMATION,
    CarrierArrays,
    Scratch,
    allocate,
    evaluate,
    link_shifts,
)
from analytics.scan.lanes import LANES
from analytics.scan.null_model import NullArrays
from analytics.scan.risk_table import RiskArrays

FREE, HELD, LOWER, UPPER = 0, 1, 2, 3  # the gene's coefficient: fitted, kept at 0, an end of its interval
MOST_PASSES = 60
LAST_DECREMENT = 1e-8  # in standard errors; the steps shrink at least three-fold each, mostly far more
LONGEST_STEP = 2.0  # in standard errors


class FirthArrays(NamedTuple):
    """Results for G genes. log_ratio, held_log_ratio: penalised log likelihood, with the gene free and held at 0, up
    to one constant per gene, so that twice their difference is the likelihood-ratio test. status: see dense_kernels."""

    coefficient: FloatArray
    standard_error: FloatArray
    log_ratio: FloatArray
    held_log_ratio: FloatArray
    ci_low: FloatArray
    ci_high: FloatArray
    status: IntArray


def empty_firth(n_genes: int) -> FirthArrays:
    """Nothing fitted yet: NaN everywhere, status NOT_CONVERGED."""
    nan = np.full((6, n_genes), np.nan)
    return FirthArrays(nan[0], nan[1], nan[2], nan[3], nan[4], nan[5], np.full(n_genes, NOT_CONVERGED))


@njit(cache=True, nogil=True)
def _invert(s: Scratch, f: FirthScratch, lane: int, q: int, matrix: FloatArray, factor: FloatArray) -> float:
    """Fill the lane's inverse information; returns its log determinant, NaN when it is singular."""
    row = 0
    for k in range(q):
        for j in range(k + 1):
            matrix[k, j] = matrix[j, k] = s.information[row, lane]
            row += 1
    unit, column = np.zeros(q), np.zeros(q)
    log_determinant = 0.0
    for k in range(q):
        unit[:] = 0.0
        unit[k] = 1.0
        if not cholesky_solve(matrix, unit, q, factor, column):
            return np.nan
        for j in range(q):
            f.inverse[k * q + j, lane] = column[j]
        for j in range(k + 1):
            f.quadratic[k * (k + 1) // 2 + j, lane] = column[j] if j == k else 2.0 * column[j]
        log_determinant += 2.0 * math.log(factor[k, k])
    return log_determinant


@njit(cache=True, nogil=True)
def _interval_step(
    matrix: FloatArray,
    score: FloatArray,
    p: int,
    short: float,
    kind: int,
    factor: FloatArray,
    step: FloatArray,
) -> float:
    """Step towards the point of the profile that is `short` above the present one (Venzon & Moolgavkar 1988).

    Returns the square of what is left, in standard errors."""
    inner, slope = np.zeros(p), np.zeros(p)
    gain, profile_score, rest = 0.0, score[p], matrix[p, p]
    if p:
        cholesky_solve(matrix, score, p, factor, inner)
        cholesky_solve(matrix, matrix[p], p, factor, slope)
    for k in range(p):
        gain += 0.5 * score[k] * inner[k]
        profile_score -= matrix[p, k] * inner[k]
        rest -= matrix[p, k] * slope[k]
    unit = 1.0 / math.sqrt(rest)
    outward = -1.0 if kind == LOWER else 1.0
    if profile_score * outward < 0.0:
        move = (short - gain) / profile_score
        move = max(-LONGEST_STEP * unit, min(LONGEST_STEP * unit, move))
    else:
        move = outward * unit  # on the wrong side of the top: walk out
    for k in range(p):
        step[k] = inner[k] - slope[k] * move
    step[p] = move
    return (move / unit) ** 2 + 2.0 * gain


@njit(cache=True, nogil=True)
def _invert_open(s: Scratch, f: FirthScratch, q: int, open_lane: BoolArray, now: FloatArray) -> None:
    """Inverse information of the lanes still at work; now: their penalised log likelihoods, NaN when singular."""
    matrix, factor = np.zeros((q, q)), np.zeros((q, q))
    for lane in range(LANES):
        if open_lane[lane]:
            now[lane] = s.log_ratio[0, lane] + 0.5 * _invert(s, f, lane, q, matrix, factor)


@njit(cache=True, nogil=True)
def _firth_step(
    s: Scratch, f: FirthScratch, lane: int, p: int, short: float, kind: int, step: FloatArray
) -> float:
    """The next step of one lane; returns the square of what is left, in standard errors."""
    q = p + 1
    matrix, factor, score = np.zeros((q, q)), np.zeros((q, q)), np.zeros(q)
    row, left = 0, 0.0
    for k in range(q):
        score[k] = s.gradient[k, lane] + 0.5 * f.penalty_gradient[k, lane]
        for j in range(k + 1):
            matrix[k, j] = matrix[j, k] = s.information[row, lane]
            row += 1
    if kind > HELD:
        return _interval_step(matrix, score, p, short, kind, factor, step)
    size = q if kind == FREE else p
    step[p] = 0.0
    cholesky_solve(matrix, score, size, factor, step)
    for k in range(size):
        left += step[k] * score[k]
    if left > LONGEST_STEP * LONGEST_STEP:
        for k in range(size):
            step[k] *= LONGEST_STEP / math.sqrt(left)
    return left


@njit(cache=True, nogil=True)
def climb(
    a: RiskArrays,
    n: NullArrays,
    c: CarrierArrays,
    genes: IntArray,
    beta: FloatArray,
    kind: int,
    target: FloatArray,
    s: Scratch,
    f: FirthScratch,
    value: FloatArray,
    error: FloatArray,
    status: IntArray,
) -> None:
    """Maximise the penalised likelihood of eight genes from beta (q, 8), in place, or find where it is `target`.

    value (8): penalised log likelihood reached; error (8): standard error of the gene. The modified score of Firth
    (1993) with the information as the derivative; steps are halved where the penalised likelihood falls."""
    p = n.z.shape[1]
    step, previous = np.zeros(p + 1), beta.copy()
    best, now = np.full(LANES, -np.inf), np.zeros(LANES)
    open_lane = genes >= 0
    status[:] = NOT_CONVERGED
    for _ in range(MOST_PASSES):
        if not open_lane.any():
            return
        evaluate(a, n, c, genes, beta, s, FULL_INFORMATION)
        _invert_open(s, f, p + 1, open_lane, now)
        penalty_gradient(a, n, c, genes, beta, s, f)
        for lane in range(LANES):
            if not open_lane[lane]:
                continue
            if not math.isfinite(now[lane]):
                status[lane] = SINGULAR
                open_lane[lane] = False
                continue
            if kind <= HELD and now[lane] < best[lane] - 1e-9:
                beta[:, lane] = 0.5 * (beta[:, lane] + previous[:, lane])
                continue
            best[lane] = now[lane]
            left = _firth_step(s, f, lane, p, target[lane] - now[lane], kind, step)
            previous[:, lane] = beta[:, lane]
            beta[:, lane] += step
            if left < LAST_DECREMENT * LAST_DECREMENT:
                status[lane] = CONVERGED
                value[lane] = now[lane]
                error[lane] = math.sqrt(f.inverse[p * (p + 1) + p, lane])
                open_lane[lane] = False


@njit(cache=True, nogil=True)
def _fit_block(
    a: RiskArrays,
    n: NullArrays,
    c: CarrierArrays,
    genes: IntArray,
    beta: FloatArray,
    half_chi2: float,
    s: Scratch,
    f: FirthScratch,
    out: FirthArrays,
) -> None:
    q = n.z.shape[1] + 1
    value, held, error, ignored = np.zeros(LANES), np.zeros(LANES), np.zeros(LANES), np.zeros(LANES)
    status, held_status = np.zeros(LANES, dtype=np.int64), np.zeros(LANES, dtype=np.int64)
    link_shifts(a, c, genes, s)
    at_zero = beta.copy()
    at_zero[q - 1] = 0.0
    climb(a, n, c, genes, at_zero, HELD, ignored, s, f, held, error, held_status)
    climb(a, n, c, genes, beta, FREE, ignored, s, f, value, error, status)
    for lane in range(LANES):
        g = genes[lane]
        if g < 0:
            continue
        out.status[g] = max(status[lane], held_status[lane])
        if out.status[g] == CONVERGED:
            out.coefficient[g], out.standard_error[g] = beta[q - 1, lane], error[lane]
            out.log_ratio[g], out.held_log_ratio[g] = value[lane], held[lane]
    if not half_chi2 > 0.0:
        return
    fitted = np.where(status == CONVERGED, genes, -1)
    covariance = f.inverse[(q - 1) * q :].copy()
    for kind in (LOWER, UPPER):
        end = beta.copy()
        for lane in range(LANES):
            if fitted[lane] >= 0:
                distance = math.sqrt(2.0 * half_chi2) / error[lane] * (-1.0 if kind == LOWER else 1.0)
                for k in range(q):
                    end[k, lane] += distance * covariance[k, lane]
        climb(a, n, c, fitted, end, kind, value - half_chi2, s, f, held, ignored, held_status)
        for lane in range(LANES):
            if fitted[lane] >= 0 and held_status[lane] == CONVERGED:
                if kind == LOWER:
                    out.ci_low[genes[lane]] = end[q - 1, lane]
                else:
                    out.ci_high[genes[lane]] = end[q - 1, lane]


@njit(cache=True, nogil=True)
def fit_genes_firth(
    a: RiskArrays,
    n: NullArrays,
    c: CarrierArrays,
    blocks: IntArray,
    half_chi2: float,
    out: FirthArrays,
) -> None:
    """Fit the genes of `blocks` (n_blocks, 8; -1 = empty lane), starting from the null model.

    half_chi2: half the chi-square quantile of the profile interval; 0 for no interval."""
    m, p = n.z.shape
    most = 0
    for b in range(len(blocks)):
        carriers = 0
        for g in blocks[b]:
            if g >= 0:
                carriers += c.start[g + 1] - c.start[g]
        most = max(most, carriers)
    s = allocate(m, len(a.n_deaths), p, most)
    f = allocate_penalty(m, len(a.n_deaths), p + 1)
    for b in range(len(blocks)):
        _fit_block(a, n, c, blocks[b], np.zeros((p + 1, LANES)), half_chi2, s, f, out)
