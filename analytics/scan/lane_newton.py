"""Newton-Raphson for eight genes at a time; each lane stops, and is recorded, by its own convergence.

What does not belong here: derivatives (`lane_kernels.py`), threads and tables (`cox.py`).
"""

import math
from typing import NamedTuple

import numpy as np

from analytics.scan.compiled import compiled
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
    most_carriers,
)
from analytics.scan.lanes import LANES
from analytics.scan.null_model import NullArrays
from analytics.scan.risk_table import RiskArrays

MOST_APPROACHES, MOST_PASSES = 6, 25
# Newton decrement (steps in standard errors) below which the last exact pass is the answer: the step still taken is
# under 1e-6 standard errors, so the coefficient is off by about 1e-12 and the standard error by under 1e-7 of itself.
LAST_DECREMENT = 1e-6
# the approximate information then leaves under 1e-6: a cheap pass gains about 100-fold
CLOSE_DECREMENT = 3e-5
# a score test moves with the step itself, not with its square
LAST_HELD_DECREMENT = 1e-8
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


@compiled
def _unpack(s: Scratch, lane: int, q: int, matrix: FloatArray, right: FloatArray) -> None:
    row = 0
    for k in range(q):
        right[k] = s.gradient[k, lane]
        for j in range(k + 1):
            matrix[k, j] = s.information[row, lane]
            row += 1


@compiled
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


@compiled
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


@compiled
def _cheap_step(
    s: Scratch, lane: int, p: int, cross: FloatArray, hold_gene: bool, beta: FloatArray, last: FloatArray
) -> bool:
    """One lane's step with the approximate information. False when the exact passes should take over: the lane is
    close enough, or the approximation does not gain."""
    step = np.zeros(p + 1)
    decrement = _chord_step(s, lane, p, cross, hold_gene, step)
    if not 0.0 <= decrement < 0.25 * last[lane]:
        return False
    last[lane] = decrement
    shorten = min(1.0, LONGEST_STEP / math.sqrt(decrement)) if decrement > 0.0 else 1.0
    for k in range(p + 1):
        beta[k, lane] += shorten * step[k]
    return decrement >= CLOSE_DECREMENT * CLOSE_DECREMENT


@compiled
def _exact_step(
    s: Scratch,
    lane: int,
    p: int,
    hold_gene: bool,
    beta: FloatArray,
    previous: FloatArray,
    best: FloatArray,
    g: int,
    out: FitArrays,
) -> bool:
    """One lane's Newton step, halved where the likelihood has fallen. False when the lane is done and recorded."""
    q = p + 1
    size = p if hold_gene else q
    value, last = s.log_ratio[0, lane], LAST_HELD_DECREMENT if hold_gene else LAST_DECREMENT
    if not value >= best[lane] - 1e-9 * max(1.0, abs(value)):
        for k in range(q):
            beta[k, lane] = 0.5 * (beta[k, lane] + previous[k, lane])
        return True
    best[lane] = value
    matrix, factor, right, step = np.zeros((q, q)), np.zeros((q, q)), np.zeros(q), np.zeros(q)
    _unpack(s, lane, q, matrix, right)
    if not cholesky_solve(matrix, right, size, factor, step):
        out.status[g] = SINGULAR
        return False
    decrement = 0.0
    for k in range(size):
        decrement += step[k] * right[k]
    shorten = min(1.0, LONGEST_STEP / math.sqrt(decrement)) if decrement > 0.0 else 1.0
    for k in range(size):
        previous[k, lane] = beta[k, lane]
        beta[k, lane] += shorten * step[k]
    if decrement >= last * last:
        return True
    out.status[g] = CONVERGED
    out.coefficient[g] = beta[p, lane]
    out.log_ratio[g] = value + 0.5 * decrement
    if hold_gene:
        out.score_chi2[g] = _score_chi2(matrix, factor, right, p)
    else:
        out.standard_error[g] = 1.0 / factor[p, p]
    return False


@compiled
def _fit_block(
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
    """Cheap passes (exact gradient, approximate information) until every lane is close, then exact Newton passes.

    A lane that is close waits for the others unchanged, so that its numbers do not depend on them."""
    p = n.z.shape[1]
    previous, best = beta.copy(), np.full(LANES, -np.inf)
    last = np.full(LANES, np.inf)
    open_lane = genes >= 0
    exact = False
    link_shifts(a, c, genes, s)
    for number in range(MOST_APPROACHES + MOST_PASSES):
        if not exact and (number == MOST_APPROACHES or not open_lane.any()):
            exact = True
            open_lane = genes >= 0
            previous[:] = beta
        if not open_lane.any():
            return
        evaluate(a, n, c, genes, beta, s, FULL_INFORMATION if exact else GENE_INFORMATION)
        for lane in range(LANES):
            g = genes[lane]
            if not open_lane[lane]:
                continue
            out.passes[g] += 1
            if exact:
                open_lane[lane] = _exact_step(s, lane, p, hold_gene, beta, previous, best, g, out)
            else:
                open_lane[lane] = _cheap_step(s, lane, p, cross[g], hold_gene, beta, last)


@compiled
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
    s = allocate(m, len(a.n_deaths), p, most_carriers(c, blocks))
    beta = np.zeros((p + 1, LANES))
    for b in range(len(blocks)):
        for lane in range(LANES):
            for k in range(p + 1):
                beta[k, lane] = start[blocks[b, lane], k] if blocks[b, lane] >= 0 else 0.0
        _fit_block(a, n, c, blocks[b], cross, beta, hold_gene, s, out)
