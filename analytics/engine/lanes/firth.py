"""Fits, likelihood-ratio tests and profile intervals under Firth's penalty, eight genes at a time.

What does not belong here: derivatives (`lane_kernels.py`, `firth_kernels.py`), threads and tables (`cox.py`).
"""

import math
from typing import NamedTuple

import numpy as np

from analytics.engine.arrays import BoolArray, FloatArray, IntArray
from analytics.engine.compiled import compiled, compiled_inner
from analytics.engine.cox.kernels import CONVERGED, NOT_CONVERGED, ROUNDING, SINGULAR, cholesky_solve
from analytics.engine.cox.risk_table import RiskArrays
from analytics.engine.lanes.firth_penalty import FirthScratch, allocate_penalty, penalty_gradient
from analytics.engine.lanes.likelihood import FULL_INFORMATION, evaluate, link_shifts
from analytics.engine.lanes.memory import CarrierArrays, Scratch, allocate, most_carriers
from analytics.engine.lanes.null_model import NullArrays
from analytics.engine.lanes.vectors import LANES

# What becomes of the gene's coefficient: fitted, kept at 0, an end of its interval. Not plain integers, for which
# numba compiles a version each.
FREE, HELD, LOWER, UPPER = np.int64(0), np.int64(1), np.int64(2), np.int64(3)
STAGES = np.array([HELD, FREE, LOWER, UPPER])
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


@compiled_inner
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
        if cholesky_solve(matrix, unit, q, factor, column, ROUNDING):
            return np.nan
        for j in range(q):
            f.inverse[k * q + j, lane] = column[j]
        for j in range(k + 1):
            f.quadratic[k * (k + 1) // 2 + j, lane] = column[j] if j == k else 2.0 * column[j]
        log_determinant += 2.0 * math.log(factor[k, k])
    return log_determinant


@compiled_inner
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
        cholesky_solve(matrix, score, p, factor, inner, ROUNDING)
        cholesky_solve(matrix, matrix[p], p, factor, slope, ROUNDING)
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
    decrement: float = (move / unit) ** 2 + 2.0 * gain
    return decrement


@compiled_inner
def _invert_open(s: Scratch, f: FirthScratch, q: int, open_lane: BoolArray, now: FloatArray) -> None:
    """Inverse information of the lanes still at work; now: their penalised log likelihoods, NaN when singular."""
    matrix, factor = np.zeros((q, q)), np.zeros((q, q))
    for lane in range(LANES):
        if open_lane[lane]:
            now[lane] = s.log_ratio[0, lane] + 0.5 * _invert(s, f, lane, q, matrix, factor)


@compiled_inner
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
        at_end: float = _interval_step(matrix, score, p, short, kind, factor, step)
        return at_end
    size = q if kind == FREE else p
    step[p] = 0.0
    cholesky_solve(matrix, score, size, factor, step, ROUNDING)
    for k in range(size):
        left += step[k] * score[k]
    if left > LONGEST_STEP * LONGEST_STEP:
        for k in range(size):
            step[k] *= LONGEST_STEP / math.sqrt(left)
    return left


@compiled_inner
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


@compiled_inner
def _enter_stage(kind: int, genes: IntArray, beta: FloatArray, fit: FloatArray, half_chi2: float) -> IntArray:
    """Set beta (q, 8) to where a stage starts; returns the genes (8) that take part.

    fit (q + 2, 8): covariances with the gene at the free fit, then its standard error and its likelihood (NaN where
    there is no fit). The free fit starts where the held one ended."""
    q = len(beta)
    if kind == HELD:
        beta[:] = 0.0
    if kind <= HELD:
        return genes
    active = np.full(LANES, -1, dtype=np.int64)
    for lane in range(LANES):
        if genes[lane] < 0 or math.isnan(fit[q + 1, lane]):
            continue
        active[lane] = genes[lane]
        distance = math.sqrt(2.0 * half_chi2) / fit[q, lane]
        for k in range(q):
            beta[k, lane] = fit[q + 2 + k, lane] + (-distance if kind == LOWER else distance) * fit[k, lane]
    return active


@compiled_inner
def _leave_stage(
    kind: int,
    genes: IntArray,
    beta: FloatArray,
    value: FloatArray,
    error: FloatArray,
    status: IntArray,
    f: FirthScratch,
    fit: FloatArray,
    out: FirthArrays,
) -> None:
    """Record what a stage has found."""
    q = len(beta)
    for lane in range(LANES):
        g = genes[lane]
        if g < 0 or status[lane] != CONVERGED:
            continue
        if kind == HELD:
            out.held_log_ratio[g] = value[lane]
        elif kind == FREE and not math.isnan(out.held_log_ratio[g]):
            out.status[g] = CONVERGED
            out.coefficient[g], out.standard_error[g] = beta[q - 1, lane], error[lane]
            out.log_ratio[g] = value[lane]
            fit[q, lane], fit[q + 1, lane] = error[lane], value[lane]
            for k in range(q):
                fit[k, lane] = f.inverse[(q - 1) * q + k, lane]
                fit[q + 2 + k, lane] = beta[k, lane]
        elif kind == LOWER:
            out.ci_low[g] = beta[q - 1, lane]
        elif kind == UPPER:
            out.ci_high[g] = beta[q - 1, lane]


@compiled
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
    q = p + 1
    s = allocate(m, len(a.n_deaths), p, most_carriers(c, blocks))
    f = allocate_penalty(m, len(a.n_deaths), q)
    beta, fit = np.zeros((q, LANES)), np.zeros((2 * q + 2, LANES))
    value, error, status = np.zeros(LANES), np.zeros(LANES), np.zeros(LANES, dtype=np.int64)
    stages = 4 if half_chi2 > 0.0 else 2
    for b in range(len(blocks)):
        fit[:] = np.nan
        link_shifts(a, c, blocks[b], s)
        for stage in range(stages):
            kind = STAGES[stage]
            active = _enter_stage(kind, blocks[b], beta, fit, half_chi2)
            climb(a, n, c, active, beta, kind, fit[q + 1] - half_chi2, s, f, value, error, status)
            _leave_stage(kind, active, beta, value, error, status, f, fit, out)
