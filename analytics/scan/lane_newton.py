"""Newton-Raphson for eight genes at a time; each lane stops, and is recorded, by its own convergence.

What does not belong here: derivatives (`lane_kernels.py`), threads and tables (`cox.py`).
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from analytics.scan.dense_kernels import CONVERGED, NOT_CONVERGED, SINGULAR, cholesky_solve
from analytics.scan.frame import FloatArray, IntArray
from analytics.scan.lane_kernels import (
    FULL_INFORMATION,
    GENE_INFORMATION,
    CarrierArrays,
    Scratch,
    allocate,
    evaluate,
    link_shifts,
)
from analytics.scan.lanes import LANES
from analytics.scan.null_model import NullArrays
from analytics.scan.risk_table import RiskArrays

MOST_APPROACHES, MOST_PASSES = 6, 25
# Newton decrement (steps in standard errors) below which the last exact pass is the answer: the step still taken is
# under 1e-6 standard errors, so the coefficient is off by about 1e-12 and the standard error by under 1e-7 of itself.
LAST_DECREMENT = 1e-6
CLOSE_DECREMENT = (
    3e-5  # the approximate information then leaves under 1e-6: a cheap pass gains about 100-fold
)
LONGEST_STEP = 3.0  # in standard errors; a longer Newton step is shortened to this


class FitArrays(NamedTuple):
    """Results for G genes: coefficient, standard error, log likelihood minus the null model's, score test with the
    gene held at zero, passes, status. Filled by `fit_genes`."""

    coefficient: FloatArray
    standard_error: FloatArray
    log_ratio: FloatArray
    score_chi2: FloatArray
    passes: IntArray
    status: IntArray


def empty_fit(n_genes: int) -> FitArrays:
    """Nothing fitted yet: NaN everywhere, status NOT_CONVERGED."""
    nan = np.full((4, n_genes), np.nan)
    return FitArrays(
        nan[0], nan[1], nan[2], nan[3], np.zeros(n_genes, np.int64), np.full(n_genes, NOT_CONVERGED)
    )


@njit(cache=True, nogil=True)
def _unpack(s: Scratch, lane: int, q: int, matrix: FloatArray, right: FloatArray) -> None:
    row = 0
    for k in range(q):
        right[k] = s.gradient[k, lane]
        for j in range(k + 1):
            matrix[k, j] = s.information[row, lane]
            row += 1


@njit(cache=True, nogil=True)
def _score_chi2(matrix: FloatArray, factor: FloatArray, right: FloatArray, p: int) -> float:
    """Score test of the gene at a fit of the covariates: squared gradient over what information they leave."""
    rest = matrix[p, p]
    work = np.zeros(p)
    for k in range(p):
        total = matrix[p, k]
        for j in range(k):
            total -= factor[k, j] * work[j]
        work[k] = total / factor[k, k]
        rest -= work[k] * work[k]
    return right[p] * right[p] / rest if rest > 0.0 else np.nan


@njit(cache=True, nogil=True)
def _chord_step(s: Scratch, lane: int, p: int, cross: FloatArray, hold_gene: bool, step: FloatArray) -> float:
    """Step with the gene's own information exact, the covariates' that of the null model (the identity here) and
    their cross terms the null model's in proportion (`cross`, p). Returns the squared decrement, negative if the
    gene is so close to the covariates that this is no guide."""
    gene = p * (p + 1) // 2 + p
    own = s.information[gene, lane]
    rest, score, decrement = own, s.gradient[p, lane], 0.0
    for k in range(p):
        rest -= (own * cross[k]) ** 2
        score -= own * cross[k] * s.gradient[k, lane]
    step[p] = 0.0
    if not hold_gene:
        if not rest > 0.1 * own:
            return -1.0
        step[p] = score / rest
    for k in range(p):
        step[k] = s.gradient[k, lane] - own * cross[k] * step[p]
        decrement += step[k] * s.gradient[k, lane]
    return decrement + step[p] * s.gradient[p, lane]


@njit(cache=True, nogil=True)
def _approach(
    a: RiskArrays,
    n: NullArrays,
    c: CarrierArrays,
    genes: IntArray,
    cross: FloatArray,
    beta: FloatArray,
    hold_gene: bool,
    s: Scratch,
    out: FitArrays,
) -> None:
    """Cheap passes with the exact gradient and an approximate information, until the last exact pass can follow.

    A lane that is close enough, or on which the approximation does not gain, waits for the others unchanged."""
    p = n.z.shape[1]
    step = np.zeros(p + 1)
    open_lane = genes >= 0
    last = np.full(LANES, np.inf)
    for _ in range(MOST_APPROACHES):
        if not open_lane.any():
            return
        evaluate(a, n, c, genes, beta, s, GENE_INFORMATION)
        for lane in range(LANES):
            if not open_lane[lane]:
                continue
            decrement = _chord_step(s, lane, p, cross[genes[lane]], hold_gene, step)
            if not 0.0 <= decrement < 0.25 * last[lane]:
                open_lane[lane] = False
                continue
            last[lane] = decrement
            out.passes[genes[lane]] += 1
            shorten = min(1.0, LONGEST_STEP / math.sqrt(decrement)) if decrement > 0.0 else 1.0
            for k in range(p + 1):
                beta[k, lane] += shorten * step[k]
            if decrement < CLOSE_DECREMENT * CLOSE_DECREMENT:
                open_lane[lane] = False


@njit(cache=True, nogil=True)
def _finish(
    a: RiskArrays,
    n: NullArrays,
    c: CarrierArrays,
    genes: IntArray,
    beta: FloatArray,
    hold_gene: bool,
    s: Scratch,
    out: FitArrays,
) -> None:
    """Exact Newton steps, halved where the likelihood falls, until each lane has converged."""
    p = n.z.shape[1]
    q = p + 1
    size = p if hold_gene else q
    matrix, factor, right, step = np.zeros((q, q)), np.zeros((q, q)), np.zeros(q), np.zeros(q)
    previous, best = beta.copy(), np.full(LANES, -np.inf)
    open_lane = genes >= 0
    for _ in range(MOST_PASSES):
        if not open_lane.any():
            return
        evaluate(a, n, c, genes, beta, s, FULL_INFORMATION)
        for lane in range(LANES):
            if not open_lane[lane]:
                continue
            g, value = genes[lane], s.log_ratio[0, lane]
            out.passes[g] += 1
            if not value >= best[lane] - 1e-9 * max(1.0, abs(value)):
                for k in range(q):
                    beta[k, lane] = 0.5 * (beta[k, lane] + previous[k, lane])
                continue
            best[lane] = value
            _unpack(s, lane, q, matrix, right)
            if not cholesky_solve(matrix, right, size, factor, step):
                out.status[g] = SINGULAR
                open_lane[lane] = False
                continue
            decrement = 0.0
            for k in range(size):
                decrement += step[k] * right[k]
            shorten = min(1.0, LONGEST_STEP / math.sqrt(decrement)) if decrement > 0.0 else 1.0
            for k in range(size):
                previous[k, lane] = beta[k, lane]
                beta[k, lane] += shorten * step[k]
            if decrement < LAST_DECREMENT * LAST_DECREMENT:
                out.status[g] = CONVERGED
                out.coefficient[g] = beta[p, lane]
                out.log_ratio[g] = value + 0.5 * decrement
                if hold_gene:
                    out.score_chi2[g] = _score_chi2(matrix, factor, right, p)
                else:
                    out.standard_error[g] = 1.0 / factor[p, p]
                open_lane[lane] = False


@njit(cache=True, nogil=True)
def fit_genes(
    a: RiskArrays,
    n: NullArrays,
    c: CarrierArrays,
    blocks: IntArray,
    start: FloatArray,
    cross: FloatArray,
    hold_gene: bool,
    out: FitArrays,
) -> None:
    """Fit the genes of `blocks` (n_blocks, 8; -1 = empty lane) from `start` (G, p+1).

    cross (G, p): information of gene and covariates under the null model, over the gene's own. hold_gene keeps the
    genes' coefficients at 0 and gives the score test instead of a standard error.
    """
    m, p = n.z.shape
    most = 0
    for b in range(len(blocks)):
        carriers = 0
        for g in blocks[b]:
            if g >= 0:
                carriers += c.start[g + 1] - c.start[g]
        most = max(most, carriers)
    s = allocate(m, len(a.n_deaths), p, most)
    beta = np.zeros((p + 1, LANES))
    for b in range(len(blocks)):
        for lane in range(LANES):
            for k in range(p + 1):
                beta[k, lane] = start[blocks[b, lane], k] if blocks[b, lane] >= 0 else 0.0
        link_shifts(a, c, blocks[b], s)
        _approach(a, n, c, blocks[b], cross, beta, hold_gene, s, out)
        _finish(a, n, c, blocks[b], beta, hold_gene, s, out)
