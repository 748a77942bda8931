"""Newton-Raphson for eight genes at a time, in stages between which genes are put into new blocks.

Each gene moves from stage to stage, and is recorded, by its own convergence: its numbers do not depend on its block.

What does not belong here: derivatives (`lane_kernels.py`), threads and tables (`cox.py`).
"""

import math
from typing import NamedTuple

import numpy as np

from analytics.engine.arrays import BoolArray, FloatArray, IntArray
from analytics.engine.compiled import compiled, compiled_inner
from analytics.engine.cox.kernels import CONVERGED, NOT_CONVERGED, ROUNDING, SINGULAR, cholesky_solve
from analytics.engine.cox.risk_table import RiskArrays
from analytics.engine.lanes.curvature import CurvatureScratch, allocate_curvature, information_along
from analytics.engine.lanes.likelihood import FULL_INFORMATION, GENE_INFORMATION, evaluate, link_shifts
from analytics.engine.lanes.memory import CarrierArrays, Scratch, allocate, most_carriers
from analytics.engine.lanes.null_model import NullArrays
from analytics.engine.lanes.vectors import LANES

MOST_PASSES = 25
# Newton decrement (steps in standard errors) at which an exact pass is the last: the step still taken is under 1e-6
# standard errors, so the coefficient is off by about 1e-12 and the standard error by under 3e-7 of itself.
LAST_DECREMENT = 1e-6
LAST_HELD_DECREMENT = 1e-8  # a score test moves with the step itself, not with its square
CLOSE_DECREMENT = (
    2e-4  # a cheap pass gains 100-fold (1,000-fold in large cohorts), so an exact pass may follow
)
# Share of the gene's information by which the curvature along one direction may be off: SE to 5e-8 of itself.
LARGEST_CURVATURE_ERROR = 1e-7
APPROACH, CURVED, EXACT = np.int64(0), np.int64(1), np.int64(2)
LONGEST_STEP = 3.0  # in standard errors; a longer Newton step is shortened to this


class FitArrays(NamedTuple):
    """Results for G genes: coefficient, standard error, log likelihood minus the null model's, score test with the
    gene held at zero, passes, status. Filled by `run_stage`."""

    coefficient: FloatArray
    standard_error: FloatArray
    log_ratio: FloatArray
    score_chi2: FloatArray
    passes: IntArray
    status: IntArray


class FitState(NamedTuple):
    """Where G genes are between stages: beta (G, p+1), the square of the last decrement (G), close enough (G)."""

    beta: FloatArray
    last: FloatArray
    is_close: BoolArray


def empty_fit(n_genes: int) -> FitArrays:
    """Nothing fitted yet: NaN everywhere, status NOT_CONVERGED."""
    nan = np.full((4, n_genes), np.nan)
    none = np.zeros(n_genes, np.int64)
    return FitArrays(nan[0], nan[1], nan[2], nan[3], none, np.full(n_genes, NOT_CONVERGED))


def state_at(start: FloatArray) -> FitState:
    """All genes at their starting points (G, p+1)."""
    return FitState(start.copy(), np.full(len(start), np.inf), np.zeros(len(start), dtype=np.bool_))


@compiled_inner
def _unpack(s: Scratch, lane: int, q: int, matrix: FloatArray, right: FloatArray) -> None:
    row = 0
    for k in range(q):
        right[k] = s.gradient[k, lane]
        for j in range(k + 1):
            matrix[k, j] = s.information[row, lane]
            row += 1


@compiled_inner
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


@compiled_inner
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
    whole: float = decrement + step[p] * s.gradient[p, lane]
    return whole


@compiled_inner
def _cheap_step(
    s: Scratch,
    lane: int,
    p: int,
    cross: FloatArray,
    hold_gene: bool,
    beta: FloatArray,
    g: int,
    state: FitState,
) -> None:
    """One lane's step with the approximate information. It is close when the step is small, or when the approximation
    does not gain, so that the exact passes should take over."""
    step = np.zeros(p + 1)
    decrement = _chord_step(s, lane, p, cross, hold_gene, step)
    if not 0.0 <= decrement < 0.25 * state.last[g]:
        state.is_close[g] = True
        return
    state.last[g] = decrement
    state.is_close[g] = decrement < CLOSE_DECREMENT * CLOSE_DECREMENT
    shorten = min(1.0, LONGEST_STEP / math.sqrt(decrement)) if decrement > 0.0 else 1.0
    for k in range(p + 1):
        beta[k, lane] += shorten * step[k]


@compiled_inner
def _aim(s: Scratch, k: CurvatureScratch, p: int, genes: IntArray, cross: FloatArray) -> None:
    """Directions that would be the genes' rows of the inverse information, were the approximate information exact."""
    for lane in range(LANES):
        own = s.information[p * (p + 1) // 2 + p, lane]
        k.direction[p, lane] = 1.0
        for j in range(p):
            k.direction[j, lane] = -own * cross[genes[lane], j] if genes[lane] >= 0 else 0.0


@compiled_inner
def _curved_step(
    s: Scratch, k: CurvatureScratch, lane: int, p: int, beta: FloatArray, g: int, out: FitArrays
) -> None:
    """Record the lane from its information along one direction v, unless that is not exact enough.

    With I v = (residual, product of the gene), the information that the covariates leave the gene is v' I v minus
    residual' (covariates' information)^-1 residual. Taking the identity for that matrix errs by about
    |residual|**3 / |v|, because the residual is itself (its distance from the identity) x v."""
    left, residual, length = k.product[p, lane], 0.0, 0.0
    score, decrement = s.gradient[p, lane], 0.0
    for j in range(p):
        left += k.direction[j, lane] * k.product[j, lane]
        residual += k.product[j, lane] ** 2
        length += k.direction[j, lane] ** 2
        score += k.direction[j, lane] * s.gradient[j, lane]
        decrement += s.gradient[j, lane] ** 2
    left -= residual
    if not (left > 0.0 and residual**1.5 <= LARGEST_CURVATURE_ERROR * left * math.sqrt(length)):
        return
    step = score / left
    decrement += step * score
    if not decrement < LAST_DECREMENT * LAST_DECREMENT:
        return
    out.status[g] = CONVERGED
    out.coefficient[g] = beta[p, lane] + step
    out.log_ratio[g] = s.log_ratio[0, lane] + 0.5 * decrement
    out.standard_error[g] = 1.0 / math.sqrt(left)


@compiled_inner
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
    if cholesky_solve(matrix, right, size, factor, step, ROUNDING):
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


@compiled_inner
def _stage_of_block(
    stage: int,
    a: RiskArrays,
    n: NullArrays,
    c: CarrierArrays,
    genes: IntArray,
    cross: FloatArray,
    hold_gene: bool,
    beta: FloatArray,
    s: Scratch,
    k: CurvatureScratch,
    state: FitState,
    out: FitArrays,
) -> None:
    p = n.z.shape[1]
    previous, best = beta.copy(), np.full(LANES, -np.inf)
    open_lane = genes >= 0
    link_shifts(a, c, genes, s)
    for _ in range(MOST_PASSES if stage == EXACT else 1):
        evaluate(a, n, c, genes, beta, s, FULL_INFORMATION if stage == EXACT else GENE_INFORMATION)
        if stage == CURVED:
            _aim(s, k, p, genes, cross)
            information_along(a, n, c, genes, s, k)
        for lane in range(LANES):
            g = genes[lane]
            if not open_lane[lane]:
                continue
            out.passes[g] += 1
            if stage == APPROACH:
                _cheap_step(s, lane, p, cross[g], hold_gene, beta, g, state)
            elif stage == CURVED:
                _curved_step(s, k, lane, p, beta, g, out)
            else:
                open_lane[lane] = _exact_step(s, lane, p, hold_gene, beta, previous, best, g, out)
        if not open_lane.any():
            return


@compiled
def run_stage(
    stage: int,
    a: RiskArrays,
    n: NullArrays,
    c: CarrierArrays,
    blocks: IntArray,
    cross: FloatArray,
    hold_gene: bool,
    state: FitState,
    out: FitArrays,
) -> None:
    """One stage for the genes of `blocks` (n_blocks, 8; -1 = empty lane).

    APPROACH: one cheap pass (exact gradient, approximate information) that moves state.beta and sets state.is_close.
    CURVED: one pass with the exact information along the gene's direction, which records genes that it settles.
    EXACT: Newton passes with the whole information until every lane is recorded.
    cross (G, p): information of gene and covariates under the null model, over the gene's own. hold_gene keeps the
    genes' coefficients at 0 and gives the score test instead of a standard error.
    """
    m, p = n.z.shape
    s = allocate(m, len(a.n_deaths), p, most_carriers(c, blocks))
    k = allocate_curvature(m, len(a.n_deaths), p + 1)
    beta = np.zeros((p + 1, LANES))
    for b in range(len(blocks)):
        for lane in range(LANES):
            g = blocks[b, lane]
            for j in range(p + 1):
                beta[j, lane] = state.beta[g, j] if g >= 0 else 0.0
        _stage_of_block(stage, a, n, c, blocks[b], cross, hold_gene, beta, s, k, state, out)
        for lane in range(LANES):
            g = blocks[b, lane]
            if g >= 0:
                state.beta[g] = beta[:, lane]
