"""Logistic regression of a response on each gene, eight genes at a time, with or without Firth's penalty.

What does not belong here: survival, tables and reasons (`response_scan.py`).
"""

import math
from typing import NamedTuple

import numpy as np

from analytics.engine.arrays import FloatArray, IntArray
from analytics.engine.compiled import compiled, compiled_inner
from analytics.engine.cox.kernels import CONVERGED, NOT_CONVERGED, ROUNDING, SINGULAR, cholesky_solve
from analytics.engine.lanes import vectors as lanes
from analytics.engine.lanes.likelihood import RENORMALISE_EVERY, add_products
from analytics.engine.lanes.vectors import LANES

MOST_PASSES = 60
LAST_DECREMENT = 1e-7  # in standard errors, for maximum likelihood: the error left is its square
LAST_PENALISED_DECREMENT = 1e-9  # the modified Newton steps shrink linearly
LONGEST_STEP = 3.0


class LogisticArrays(NamedTuple):
    """A fitted null model of m patients: z (m, p) columns (intercept and strata among them) in coordinates of unit
    information, pairs their products, offset (m) the linear predictor, response (m), z_of_responders (p)."""

    z: FloatArray
    pairs: FloatArray
    offset: FloatArray
    response: FloatArray
    z_of_responders: FloatArray


class ResponseCarriers(NamedTuple):
    """Carriers of G genes: row[start[g]:start[g+1]] among the m patients."""

    start: IntArray
    row: IntArray


class LogisticFits(NamedTuple):
    """Results for G genes; log_ratio and held_log_ratio as in Firth's survival fits."""

    coefficient: FloatArray
    standard_error: FloatArray
    log_ratio: FloatArray
    held_log_ratio: FloatArray
    status: IntArray


class LogisticScratch(NamedTuple):
    """Working memory of one thread."""

    mean: FloatArray
    spread: FloatArray
    gradient: FloatArray
    information: FloatArray
    quadratic: FloatArray
    log_ratio: FloatArray


def empty_logistic(n_genes: int) -> LogisticFits:
    """Nothing fitted yet: NaN everywhere, status NOT_CONVERGED."""
    nan = np.full((4, n_genes), np.nan)
    return LogisticFits(nan[0], nan[1], nan[2], nan[3], np.full(n_genes, NOT_CONVERGED))


@compiled_inner
def _evaluate(
    n: LogisticArrays, c: ResponseCarriers, genes: IntArray, beta: FloatArray, s: LogisticScratch
) -> None:
    """mean and spread of every row, gradient, information (lower triangle, gene last) and log_ratio at beta."""
    m, p = n.z.shape
    z, offset, all_means, spreads = n.z, n.offset, s.mean, s.spread
    for i in range(m):
        eta = lanes.broadcast(offset[i])
        for k in range(p):
            eta = eta + z[i, k] * lanes.load(beta, k)
        lanes.store(all_means, i, eta)
    for lane in range(LANES):
        if genes[lane] >= 0:
            for t in range(c.start[genes[lane]], c.start[genes[lane] + 1]):
                s.mean[c.row[t], lane] += beta[p, lane]
    ratio, powers = lanes.broadcast(1.0), lanes.broadcast(0.0)
    for i in range(m):
        odds = lanes.exp(lanes.load(all_means, i))
        inverse = 1.0 / (1.0 + odds)
        mean = odds * inverse
        lanes.store(all_means, i, mean)
        lanes.store(spreads, i, mean * inverse)
        ratio = ratio * ((1.0 + odds) * (1.0 / (1.0 + math.exp(offset[i]))))
        if i % RENORMALISE_EVERY == 0:
            powers = powers + lanes.exponent(ratio)
            ratio = lanes.mantissa(ratio)
    lanes.store(s.gradient, 0, ratio)
    lanes.store(s.information, 0, powers)
    for lane in range(LANES):
        s.log_ratio[0, lane] = -math.log(s.gradient[0, lane]) - s.information[0, lane] * math.log(2.0)
        for k in range(p):
            s.log_ratio[0, lane] += beta[k, lane] * n.z_of_responders[k]
            s.gradient[k, lane] = n.z_of_responders[k]
    for row in range((p + 1) * (p + 2) // 2):
        lanes.store(s.information, row, lanes.broadcast(0.0))
    lanes.store(s.gradient, p, lanes.broadcast(0.0))
    add_products(n.z, s.mean, s.gradient, -1.0)
    add_products(n.pairs, s.spread, s.information, 1.0)
    _carrier_terms(n, c, genes, beta, s)


@compiled_inner
def _carrier_terms(
    n: LogisticArrays, c: ResponseCarriers, genes: IntArray, beta: FloatArray, s: LogisticScratch
) -> None:
    p = n.z.shape[1]
    gene_row = p * (p + 1) // 2
    for lane in range(LANES):
        if genes[lane] < 0:
            continue
        for t in range(c.start[genes[lane]], c.start[genes[lane] + 1]):
            i = c.row[t]
            s.gradient[p, lane] += n.response[i] - s.mean[i, lane]
            s.log_ratio[0, lane] += beta[p, lane] * n.response[i]
            s.information[gene_row + p, lane] += s.spread[i, lane]
            for k in range(p):
                s.information[gene_row + k, lane] += s.spread[i, lane] * n.z[i, k]


@compiled_inner
def _penalise(n: LogisticArrays, c: ResponseCarriers, genes: IntArray, s: LogisticScratch) -> None:
    """Add half the gradient of log det(information): sum of leverage x (1/2 - mean) x covariates (Firth 1993, 3.4).

    s.quadratic: inverse information, off-diagonal doubled. Overwrites s.spread.
    """
    m, p = n.z.shape
    gene_row = p * (p + 1) // 2
    pairs, quadratic, means, spreads = n.pairs, s.quadratic, s.mean, s.spread
    for i in range(m):
        leverage = lanes.broadcast(0.0)
        for row in range(gene_row):
            leverage = leverage + pairs[i, row] * lanes.load(quadratic, row)
        pull = lanes.load(spreads, i) * (0.5 - lanes.load(means, i))
        lanes.store(spreads, i, leverage * pull)
        lanes.store(means, i, pull)
    for lane in range(LANES):
        if genes[lane] < 0:
            continue
        for t in range(c.start[genes[lane]], c.start[genes[lane] + 1]):
            i = c.row[t]
            extra = s.quadratic[gene_row + p, lane]
            for k in range(p):
                extra += s.quadratic[gene_row + k, lane] * n.z[i, k]
            s.spread[i, lane] += extra * s.mean[i, lane]
            s.gradient[p, lane] += s.spread[i, lane]
    add_products(n.z, s.spread, s.gradient, 1.0)


@compiled_inner
def _invert(s: LogisticScratch, lane: int, q: int, matrix: FloatArray, factor: FloatArray) -> float:
    """Fill the lane's quadratic form; returns log det(information), NaN when singular."""
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
        for j in range(k + 1):
            s.quadratic[k * (k + 1) // 2 + j, lane] = column[j] if j == k else 2.0 * column[j]
        log_determinant += 2.0 * math.log(factor[k, k])
    return log_determinant


@compiled_inner
def _newton_step(s: LogisticScratch, lane: int, q: int, size: int, step: FloatArray) -> float:
    """Newton's step of the first `size` coefficients; returns its square in standard errors, before shortening."""
    matrix, factor, score = np.zeros((q, q)), np.zeros((q, q)), np.zeros(q)
    row, left = 0, 0.0
    for k in range(q):
        score[k] = s.gradient[k, lane]
        for j in range(k + 1):
            matrix[k, j] = s.information[row, lane]
            row += 1
    step[q - 1] = 0.0
    cholesky_solve(matrix, score, size, factor, step, ROUNDING)
    for k in range(size):
        left += step[k] * score[k]
    if left > LONGEST_STEP * LONGEST_STEP:
        for k in range(size):
            step[k] *= LONGEST_STEP / math.sqrt(left)
    return left


@compiled_inner
def _climb(
    n: LogisticArrays,
    c: ResponseCarriers,
    genes: IntArray,
    hold_gene: bool,
    penalised: bool,
    s: LogisticScratch,
    out: LogisticFits,
) -> None:
    """Maximise eight (penalised) likelihoods from the null model; each lane is recorded when it has converged."""
    q = n.z.shape[1] + 1
    size = q - 1 if hold_gene else q
    beta, previous, step = np.zeros((q, LANES)), np.zeros((q, LANES)), np.zeros(q)
    matrix, factor = np.zeros((q, q)), np.zeros((q, q))
    best, now = np.full(LANES, -np.inf), np.zeros(LANES)
    open_lane = genes >= 0
    last = LAST_PENALISED_DECREMENT if penalised else LAST_DECREMENT
    for _ in range(MOST_PASSES):
        if not open_lane.any():
            return
        _evaluate(n, c, genes, beta, s)
        for lane in range(LANES):
            if open_lane[lane]:
                log_determinant = _invert(s, lane, q, matrix, factor)
                now[lane] = s.log_ratio[0, lane] + (0.5 if penalised else 0.0) * log_determinant
        if penalised:
            _penalise(n, c, genes, s)
        for lane in range(LANES):
            g = genes[lane]
            if not open_lane[lane]:
                continue
            if not math.isfinite(now[lane]):
                out.status[g] = SINGULAR
                open_lane[lane] = False
                continue
            if now[lane] < best[lane] - 1e-9:
                beta[:, lane] = 0.5 * (beta[:, lane] + previous[:, lane])
                continue
            best[lane] = now[lane]
            left = _newton_step(s, lane, q, size, step)
            previous[:, lane] = beta[:, lane]
            beta[:, lane] += step
            if left < last * last:
                open_lane[lane] = False
                if hold_gene:
                    out.held_log_ratio[g] = now[lane]
                    continue
                out.status[g] = CONVERGED
                out.coefficient[g], out.log_ratio[g] = beta[q - 1, lane], now[lane]
                out.standard_error[g] = math.sqrt(s.quadratic[q * (q + 1) // 2 - 1, lane])


@compiled
def fit_genes_logistic(
    n: LogisticArrays, c: ResponseCarriers, blocks: IntArray, penalised: bool, out: LogisticFits
) -> None:
    """Fit the genes of `blocks` (n_blocks, 8; -1 = empty lane). Without a penalty the held likelihood is the null's."""
    m, p = n.z.shape
    q = p + 1
    pairs = q * (q + 1) // 2
    s = LogisticScratch(
        np.zeros((m, LANES)),
        np.zeros((m, LANES)),
        np.zeros((q, LANES)),
        np.zeros((pairs, LANES)),
        np.zeros((pairs, LANES)),
        np.zeros((1, LANES)),
    )
    for b in range(len(blocks)):
        if penalised:
            _climb(n, c, blocks[b], True, True, s, out)
        else:
            for g in blocks[b]:
                if g >= 0:
                    out.held_log_ratio[g] = 0.0
        _climb(n, c, blocks[b], False, penalised, s, out)
