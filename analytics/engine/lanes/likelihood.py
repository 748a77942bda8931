"""Partial likelihoods of eight genes at a time: exact value, gradient and information, given sparse carriers.

Dense work (every patient's linear predictor, sums over risk sets) runs on lane vectors; what depends on who carries
a gene touches carriers only. What does not belong here: Newton's loop (`newton`), Firth's penalty
(`firth_penalty`), working memory (`memory`), data preparation.
"""

import math

import numpy as np

from analytics.engine.arrays import FloatArray, IntArray
from analytics.engine.compiled import compiled, compiled_inline, compiled_inner
from analytics.engine.cox.risk_table import RiskArrays
from analytics.engine.lanes import vectors as lanes
from analytics.engine.lanes.memory import CarrierArrays, Scratch
from analytics.engine.lanes.null_model import NullArrays
from analytics.engine.lanes.vectors import LANES

# How much of the information `evaluate` works out; not plain integers, for which numba compiles a version each.
GENE_INFORMATION, FULL_INFORMATION = np.int64(0), np.int64(1)
RENORMALISE_EVERY = 16  # factors between two extractions of the exponent; each is below e**40, so no overflow


@compiled_inner
def relative_risks(
    a: RiskArrays, n: NullArrays, c: CarrierArrays, genes: IntArray, beta: FloatArray, s: Scratch
) -> None:
    """risk[i, lane] = weight * exp(linear predictor), carriers included; carriers' sums per event."""
    m, p = n.z.shape
    z, base, risk, change = lanes.numbers(n.z), lanes.numbers(n.base), lanes.rows(s.risk), lanes.rows(beta)
    for i in range(m):
        eta = lanes.broadcast(0.0)
        for k in range(p):
            eta = eta + lanes.number(z, i * p + k) * lanes.load(change, k)
        if p > 0:
            lanes.store(risk, i, lanes.number(base, i) * lanes.exp(eta))
        else:
            lanes.store(risk, i, lanes.broadcast(lanes.number(base, i)))
    has_shift = len(c.shift) > 0
    for lane in range(LANES):
        g = genes[lane]
        if g < 0:
            continue
        gene_risk = math.exp(beta[p, lane])
        for t in range(c.start[g], c.start[g + 1]):
            i = c.row[t]
            w = s.risk[i, lane] * gene_risk
            if has_shift:
                moved = 0.0
                for k in range(p):
                    moved += c.shift[t, k] * (n.beta[k] + beta[k, lane])
                w *= math.exp(moved)
            s.risk[i, lane] = w
            s.gene_sum[a.row_event[i], lane] += w
            if a.is_death[i]:
                s.gene_deaths[a.row_event[i], lane] += w
            first = a.row_first_event[i]
            if first > a.stratum_start[first]:
                s.gene_sum[first - 1, lane] -= w


@compiled
def link_shifts(a: RiskArrays, c: CarrierArrays, genes: IntArray, s: Scratch) -> None:
    """Lists, per event, of the block's carriers whose own covariates enter (even slots) or leave (odd) the sums."""
    s.shift_head[:] = -1
    if len(c.shift) == 0:
        return
    slot = 0
    for lane in range(LANES):
        g = genes[lane]
        if g < 0:
            continue
        for t in range(c.start[g], c.start[g + 1]):
            i = c.row[t]
            first = a.row_first_event[i]
            events = (2 * a.row_event[i], 2 * (first - 1) + 1 if first > a.stratum_start[first] else -1)
            for event in events:
                if event >= 0:
                    s.shift_lane[slot] = t * LANES + lane
                    s.shift_next[slot] = s.shift_head[event]
                    s.shift_head[event] = slot
                    slot += 1


@compiled_inline
def shift_sums(a: RiskArrays, c: CarrierArrays, s: Scratch, e: int, p: int) -> None:
    for side in range(2):
        slot = s.shift_head[2 * e + side]
        while slot >= 0:
            t, lane = s.shift_lane[slot] // LANES, s.shift_lane[slot] % LANES
            i = c.row[t]
            w = -s.risk[i, lane] if side else s.risk[i, lane]
            for k in range(p):
                s.s1[k, lane] += c.shift[t, k] * w
                if side == 0 and a.is_death[i]:
                    s.d1[k, lane] += c.shift[t, k] * w
            slot = s.shift_next[slot]


@compiled_inline
def first_moments(z, p, risk, s1, d1, first, n_deaths, stop) -> None:  # type: ignore[no-untyped-def]
    """Add the rows first..stop to the covariates' s1 (all at risk); d1 becomes their deaths, if tied. Addresses."""
    if n_deaths > 1:
        for k in range(p):
            deaths = lanes.broadcast(0.0)
            for i in range(first, first + n_deaths):
                deaths = deaths + lanes.number(z, i * p + k) * lanes.load(risk, i)
            lanes.store(d1, k, deaths)
    for k in range(p):
        total = lanes.load(s1, k)
        for i in range(first, stop):
            total = total + lanes.number(z, i * p + k) * lanes.load(risk, i)
        lanes.store(s1, k, total)


@compiled_inline
def leave_moments(z, p, risk, s1, i) -> None:  # type: ignore[no-untyped-def]
    """Take row i, who enters later, out of the covariates' s1. Addresses."""
    w = lanes.load(risk, i)
    for k in range(p):
        lanes.store(s1, k, lanes.load(s1, k) - lanes.number(z, i * p + k) * w)


@compiled_inline
def risk_sums(risk, first, n_deaths, stop, s0):  # type: ignore[no-untyped-def]
    """s0 plus the risk of rows first..stop, and the risk of the deaths among them. An address."""
    d0 = lanes.broadcast(0.0)
    for i in range(first, first + n_deaths):
        d0 = d0 + lanes.load(risk, i)
    s0 = s0 + d0
    for i in range(first + n_deaths, stop):
        s0 = s0 + lanes.load(risk, i)
    return s0, d0


@compiled_inline
def _efron_sums(s0, d0, n_deaths):  # type: ignore[no-untyped-def]
    """Sums over Efron's steps: 1 / denominator, the same times 1 - share, and share**k / denominator**2, k = 0..2."""
    jump, death_jump = lanes.broadcast(0.0), lanes.broadcast(0.0)
    q0, q1, q2 = lanes.broadcast(0.0), lanes.broadcast(0.0), lanes.broadcast(0.0)
    for step in range(n_deaths):
        share = step / n_deaths
        inverse = 1.0 / (s0 - share * d0)
        jump, death_jump = jump + inverse, death_jump + (1.0 - share) * inverse
        square = inverse * inverse
        q0, q1, q2 = q0 + square, q1 + share * square, q2 + (share * share) * square
    return jump, death_jump, q0, q1, q2


@compiled_inline
def _multiply_ratio(null_inverse, place, s0, d0, n_deaths, ratio, powers):  # type: ignore[no-untyped-def]
    """ratio * 2**powers times the event's denominators over those of the null model. An address."""
    for step in range(n_deaths):
        ratio = ratio * ((s0 - (step / n_deaths) * d0) * lanes.number(null_inverse, place + step))
        if (place + step) % RENORMALISE_EVERY == 0:
            powers = powers + lanes.exponent(ratio)
            ratio = lanes.mantissa(ratio)
    return ratio, powers


@compiled_inner
def _add_logs(log_ratio: FloatArray, ratio: FloatArray, weight: float) -> None:
    """log_ratio += weight (log of the first row of `ratio` + its second row x log 2)."""
    for lane in range(LANES):
        log_ratio[0, lane] += weight * (math.log(ratio[0, lane]) + ratio[1, lane] * math.log(2.0))


@compiled_inline
def _subtract_squares(information, s1, d1, q, n_deaths, q0, q1, q2) -> None:  # type: ignore[no-untyped-def]
    """information -= sum over Efron's steps of (s1 - share d1)(s1 - share d1)' / denominator**2."""
    row = 0
    for k in range(q):
        left = q0 * lanes.load(s1, k)
        if n_deaths == 1:
            for j in range(k + 1):
                lanes.store(information, row, lanes.load(information, row) - left * lanes.load(s1, j))
                row += 1
        else:
            left = left - q1 * lanes.load(d1, k)
            right = q2 * lanes.load(d1, k) - q1 * lanes.load(s1, k)
            for j in range(k + 1):
                moved = lanes.load(information, row) - left * lanes.load(s1, j)
                lanes.store(information, row, moved - right * lanes.load(d1, j))
                row += 1


@compiled_inner
def sum_over_risk_sets(a: RiskArrays, n: NullArrays, c: CarrierArrays, s: Scratch, level: int) -> None:
    """Backwards through time: hazard jumps, log of the ratio of denominators, minus the squared means."""
    q = n.z.shape[1] + 1
    zero, one = lanes.broadcast(0.0), lanes.broadcast(1.0)
    risk, information, s1, d1 = (
        lanes.rows(s.risk),
        lanes.rows(s.information),
        lanes.rows(s.s1),
        lanes.rows(s.d1),
    )
    gene_sum, gene_deaths, z = lanes.rows(s.gene_sum), lanes.rows(s.gene_deaths), lanes.numbers(n.z)
    null_inverse, has_shift = lanes.numbers(n.inverse_denominator), len(c.shift) > 0
    for row in range(q * (q + 1) // 2):
        lanes.store(information, row, zero)
    s.log_ratio[:] = 0.0
    s0, ratio, powers, g1, gene = zero, one, zero, zero, zero
    for e in range(len(a.n_deaths) - 1, -1, -1):
        n_deaths, weight = a.n_deaths[e], a.mean_weight[e]
        if a.is_last_in_stratum[e]:
            s0, g1 = zero, zero
            for k in range(q):
                lanes.store(s1, k, zero)
        for t in range(a.leave_start[e], a.leave_start[e + 1]):
            s0 = s0 - lanes.load(risk, a.leave_row[t])
            leave_moments(z, q - 1, risk, s1, a.leave_row[t])
        s0, d0 = risk_sums(risk, a.group_start[e], n_deaths, a.group_start[e + 1], s0)
        jump, death_jump, q0, q1, q2 = _efron_sums(s0, d0, n_deaths)
        lanes.store(s.hazard, e, weight * jump)
        lanes.store(s.death_hazard, e, weight * death_jump)
        if weight == 1.0:
            ratio, powers = _multiply_ratio(null_inverse, a.death_start[e], s0, d0, n_deaths, ratio, powers)
        else:
            alone, none = _multiply_ratio(null_inverse, a.death_start[e], s0, d0, n_deaths, one, zero)
            lanes.store(s.work, 0, alone)
            lanes.store(s.work, 1, none)
            _add_logs(s.log_ratio, s.work, weight)
        if level == FULL_INFORMATION:
            first_moments(z, q - 1, risk, s1, d1, a.group_start[e], n_deaths, a.group_start[e + 1])
            lanes.store(s1, q - 1, lanes.load(s1, q - 1) + lanes.load(gene_sum, e))
            lanes.store(d1, q - 1, lanes.load(gene_deaths, e))
            if has_shift:
                shift_sums(a, c, s, e, q - 1)
            _subtract_squares(information, s1, d1, q, n_deaths, weight * q0, weight * q1, weight * q2)
        else:
            lanes.store(s.q0, e, weight * q0)
            lanes.store(s.q1, e, weight * q1)
            lanes.store(s.q2, e, weight * q2)
            g1, gd = g1 + lanes.load(gene_sum, e), lanes.load(gene_deaths, e)
            gene = gene - weight * (g1 * (q0 * g1 - q1 * gd) + gd * (q2 * gd - q1 * g1))
        lanes.store(gene_sum, e, zero)
        lanes.store(gene_deaths, e, zero)
    if level != FULL_INFORMATION:
        lanes.store(information, q * (q + 1) // 2 - 1, gene)
    lanes.store(s.work, 0, ratio)
    lanes.store(s.work, 1, powers)
    _add_logs(s.log_ratio, s.work, 1.0)


@compiled_inner
def _expected_events(a: RiskArrays, s: Scratch) -> None:
    """Forwards through time: expected[i] = risk x cumulative hazard over the row's time at risk."""
    total = lanes.broadcast(0.0)
    is_delayed = len(a.leave_row) > 0
    risk, expected = lanes.rows(s.risk), lanes.rows(s.expected)
    hazard_sum, death_hazard = lanes.rows(s.hazard), lanes.rows(s.death_hazard)
    for e in range(len(a.n_deaths)):
        if a.stratum_start[e] == e:
            total = lanes.broadcast(0.0)
        at_death = total + lanes.load(death_hazard, e)
        total = total + lanes.load(hazard_sum, e)
        lanes.store(hazard_sum, e, total)
        last_death = a.group_start[e] + a.n_deaths[e]
        for i in range(a.group_start[e], a.group_start[e + 1]):
            hazard = at_death if i < last_death else total
            if is_delayed and a.row_first_event[i] > a.stratum_start[e]:
                hazard = hazard - lanes.load(hazard_sum, a.row_first_event[i] - 1)
            lanes.store(expected, i, lanes.load(risk, i) * hazard)


@compiled_inner
def add_products(table: FloatArray, values: FloatArray, out: FloatArray, sign: float) -> None:
    """out[k] += sign * sum over rows of table[row, k] * values[row], with out and values lane rows."""
    m, columns = table.shape
    x, w, sums = lanes.numbers(table), lanes.rows(values), lanes.rows(out)
    whole = m - m % 4
    for i in range(0, whole, 4):
        w0, w1 = sign * lanes.load(w, i), sign * lanes.load(w, i + 1)
        w2, w3 = sign * lanes.load(w, i + 2), sign * lanes.load(w, i + 3)
        for k in range(columns):
            total = lanes.load(sums, k) + lanes.number(x, i * columns + k) * w0
            total = total + lanes.number(x, (i + 1) * columns + k) * w1
            total = total + lanes.number(x, (i + 2) * columns + k) * w2
            lanes.store(sums, k, total + lanes.number(x, (i + 3) * columns + k) * w3)
    for i in range(whole, m):
        w0 = sign * lanes.load(w, i)
        for k in range(columns):
            lanes.store(sums, k, lanes.load(sums, k) + lanes.number(x, i * columns + k) * w0)


@compiled_inner
def _carrier_terms(
    a: RiskArrays, n: NullArrays, c: CarrierArrays, genes: IntArray, beta: FloatArray, s: Scratch
) -> None:
    """The gene's rows of gradient and information, and what own covariates change in the others."""
    p = n.z.shape[1]
    gene_row = p * (p + 1) // 2
    has_shift = len(c.shift) > 0
    for lane in range(LANES):
        g = genes[lane]
        if g < 0:
            continue
        for t in range(c.start[g], c.start[g + 1]):
            i = c.row[t]
            expected = s.expected[i, lane]
            observed = a.weight[i] if a.is_death[i] else 0.0
            s.gradient[p, lane] += observed - expected
            s.information[gene_row + p, lane] += expected
            for k in range(p):
                s.information[gene_row + k, lane] += expected * n.z[i, k]
            if not has_shift:
                continue
            for k in range(p):
                shift = c.shift[t, k]
                s.gradient[k, lane] += shift * (observed - expected)
                s.information[gene_row + k, lane] += expected * shift
                s.log_ratio[0, lane] += observed * shift * (n.beta[k] + beta[k, lane])
                for j in range(k + 1):
                    change = n.z[i, k] * c.shift[t, j] + shift * (n.z[i, j] + c.shift[t, j])
                    s.information[k * (k + 1) // 2 + j, lane] += expected * change


@compiled
def evaluate(
    a: RiskArrays,
    n: NullArrays,
    c: CarrierArrays,
    genes: IntArray,
    beta: FloatArray,
    s: Scratch,
    level: int,
) -> None:
    """Fill s.gradient (p+1, 8), s.information (lower triangle, 8) and s.log_ratio (8) at beta (p+1, 8).

    genes (8): gene numbers, -1 for an empty lane. Row p of beta is the gene's coefficient, rows 0..p-1 the change of
    the covariates' coefficients from the null model. log_ratio is the log partial likelihood minus that of the null
    model with covariates as given: the two large sums are never formed, their terms' ratios are multiplied.
    `link_shifts` must have been called for these genes. Efron (1977) ties, Therneau & Grambsch (2000) section 3.3.
    """
    p = n.z.shape[1]
    relative_risks(a, n, c, genes, beta, s)
    sum_over_risk_sets(a, n, c, s, level)
    for lane in range(LANES):
        s.log_ratio[0, lane] = -s.log_ratio[0, lane]
        s.gradient[p, lane] = 0.0
        for k in range(p):
            s.gradient[k, lane] = n.z_of_deaths[k]
            s.log_ratio[0, lane] += beta[k, lane] * n.z_of_deaths[k]
    _expected_events(a, s)
    add_products(n.z, s.expected, s.gradient, -1.0)
    if level == FULL_INFORMATION:
        add_products(n.pairs, s.expected, s.information, 1.0)
    _carrier_terms(a, n, c, genes, beta, s)
    for lane in range(LANES):
        observed = 0.0
        g = genes[lane]
        if g >= 0:
            for t in range(c.start[g], c.start[g + 1]):
                if a.is_death[c.row[t]]:
                    observed += a.weight[c.row[t]]
        s.log_ratio[0, lane] += beta[p, lane] * observed
