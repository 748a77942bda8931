"""Partial likelihoods of eight genes at a time: exact value, gradient and information, given sparse carriers.

Dense work (every patient's linear predictor, sums over risk sets) runs on lane vectors; what depends on who carries
a gene touches carriers only. What does not belong here: Newton's loop (`lane_newton.py`), Firth's penalty
(`firth_kernels.py`), data preparation.
"""

import math
from typing import NamedTuple

import numpy as np

from analytics.scan import lanes
from analytics.scan.compiled import compiled, compiled_inline
from analytics.scan.frame import FloatArray, IntArray
from analytics.scan.lanes import LANES
from analytics.scan.null_model import NullArrays
from analytics.scan.risk_table import RiskArrays

# How much of the information `evaluate` works out; not plain integers, for which numba compiles a version each.
GENE_INFORMATION, FULL_INFORMATION = np.int64(0), np.int64(1)
RENORMALISE_EVERY = 16  # factors between two extractions of the exponent; each is below e**40, so no overflow


class CarrierArrays(NamedTuple):
    """Carriers of G genes in the rows of one risk table: row[start[g]:start[g+1]], ascending.

    shift (nnz, p) or (0, p): how the covariates of that carrier differ in that gene's model (own mutations removed),
    in the null model's coordinates.
    """

    start: IntArray
    row: IntArray
    shift: FloatArray


class Scratch(NamedTuple):
    """Working memory of one thread; see `allocate`."""

    risk: FloatArray
    hazard: FloatArray
    death_hazard: FloatArray
    gene_sum: FloatArray
    gene_deaths: FloatArray
    s1: FloatArray
    d1: FloatArray
    a1: FloatArray
    b1: FloatArray
    gradient: FloatArray
    information: FloatArray
    log_ratio: FloatArray
    shift_head: IntArray
    shift_next: IntArray
    shift_lane: IntArray


@compiled
def allocate(m: int, n_times: int, p: int, most_carriers: int) -> Scratch:
    """Working memory for tables of m rows and n_times events, p covariates, most_carriers in any block of genes."""
    q = p + 1
    return Scratch(
        np.zeros((m, LANES)),
        np.zeros((n_times + 1, LANES)),
        np.zeros((n_times, LANES)),
        np.zeros((n_times, LANES)),
        np.zeros((n_times, LANES)),
        np.zeros((q, LANES)),
        np.zeros((q, LANES)),
        np.zeros((q, LANES)),
        np.zeros((q, LANES)),
        np.zeros((q, LANES)),
        np.zeros((q * (q + 1) // 2, LANES)),
        np.zeros((1, LANES)),
        np.full(2 * n_times + 1, -1, dtype=np.int64),
        np.zeros(2 * most_carriers + 1, dtype=np.int64),
        np.zeros(2 * most_carriers + 1, dtype=np.int64),
    )


@compiled
def most_carriers(c: CarrierArrays, blocks: IntArray) -> int:
    """Carriers in the block (row of `blocks`) that has most."""
    most = 0
    for b in range(len(blocks)):
        carriers = 0
        for g in blocks[b]:
            if g >= 0:
                carriers += c.start[g + 1] - c.start[g]
        most = max(most, carriers)
    return most


@compiled
def relative_risks(
    a: RiskArrays, n: NullArrays, c: CarrierArrays, genes: IntArray, beta: FloatArray, s: Scratch
) -> None:
    """risk[i, lane] = weight * exp(linear predictor), carriers included; carriers' sums per event."""
    m, p = n.z.shape
    for i in range(m):
        eta = lanes.broadcast(0.0)
        for k in range(p):
            eta = eta + n.z[i, k] * lanes.load(beta, k)
        lanes.store(s.risk, i, n.base[i] * lanes.exp(eta))
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
def first_moments(a, n, c, s, e) -> None:  # type: ignore[no-untyped-def]
    """Bring s1 (all at risk at e) and d1 (the deaths at e) up to date; the gene is the last row."""
    p = n.z.shape[1]
    start, stop, n_deaths = a.group_start[e], a.group_start[e + 1], a.n_deaths[e]
    if a.is_last_in_stratum[e]:
        for k in range(p + 1):
            lanes.store(s.s1, k, lanes.broadcast(0.0))
    for t in range(a.leave_start[e], a.leave_start[e + 1]):
        i = a.leave_row[t]
        w = lanes.load(s.risk, i)
        for k in range(p):
            lanes.store(s.s1, k, lanes.load(s.s1, k) - n.z[i, k] * w)
    if n_deaths > 1:
        for k in range(p):
            deaths = lanes.broadcast(0.0)
            for i in range(start, start + n_deaths):
                deaths = deaths + n.z[i, k] * lanes.load(s.risk, i)
            lanes.store(s.d1, k, deaths)
    for k in range(p):
        total = lanes.load(s.s1, k)
        for i in range(start, stop):
            total = total + n.z[i, k] * lanes.load(s.risk, i)
        lanes.store(s.s1, k, total)
    lanes.store(s.s1, p, lanes.load(s.s1, p) + lanes.load(s.gene_sum, e))
    lanes.store(s.d1, p, lanes.load(s.gene_deaths, e))


@compiled_inline
def _sums_at(a, s, e, s0):  # type: ignore[no-untyped-def]
    """Total risk at event e (from that at the next one) and the risk of those who die there."""
    for t in range(a.leave_start[e], a.leave_start[e + 1]):
        s0 = s0 - lanes.load(s.risk, a.leave_row[t])
    d0 = lanes.broadcast(0.0)
    for i in range(a.group_start[e], a.group_start[e] + a.n_deaths[e]):
        d0 = d0 + lanes.load(s.risk, i)
    s0 = s0 + d0
    for i in range(a.group_start[e] + a.n_deaths[e], a.group_start[e + 1]):
        s0 = s0 + lanes.load(s.risk, i)
    return s0, d0


@compiled_inline
def _add_weighted_log(s, factor, weight) -> None:  # type: ignore[no-untyped-def]
    lanes.store(s.a1, 0, factor)
    for lane in range(LANES):
        s.log_ratio[0, lane] += weight * math.log(s.a1[0, lane])


@compiled
def sum_over_risk_sets(a: RiskArrays, n: NullArrays, c: CarrierArrays, s: Scratch, level: int) -> None:
    """Backwards through time: hazard jumps, log of the ratio of denominators, minus the squared means."""
    q = n.z.shape[1] + 1
    for row in range(q * (q + 1) // 2):
        lanes.store(s.information, row, lanes.broadcast(0.0))
    for lane in range(LANES):
        s.log_ratio[0, lane] = 0.0
    zero = lanes.broadcast(0.0)
    has_shift = len(c.shift) > 0
    g1, gene = zero, zero
    s0, ratio, powers, factors = zero, lanes.broadcast(1.0), zero, 0
    for e in range(len(a.n_deaths) - 1, -1, -1):
        if a.is_last_in_stratum[e]:
            s0, g1 = zero, zero
        n_deaths, weight = a.n_deaths[e], a.mean_weight[e]
        s0, d0 = _sums_at(a, s, e, s0)
        jump, death_jump, q0, q1, q2 = zero, zero, zero, zero, zero
        for step in range(n_deaths):
            share = step / n_deaths
            denominator = s0 - share * d0
            inverse = 1.0 / denominator
            jump = jump + inverse
            death_jump = death_jump + (1.0 - share) * inverse
            square = inverse * inverse
            q0 = q0 + square
            q1 = q1 + share * square
            q2 = q2 + (share * share) * square
            factor = denominator * n.inverse_denominator[a.death_start[e] + step]
            if weight == 1.0:
                ratio = ratio * factor
                factors += 1
                if factors % RENORMALISE_EVERY == 0:
                    powers = powers + lanes.exponent(ratio)
                    ratio = lanes.mantissa(ratio)
            else:
                _add_weighted_log(s, factor, weight)
        lanes.store(s.hazard, e, weight * jump)
        lanes.store(s.death_hazard, e, weight * death_jump)
        if level == FULL_INFORMATION:
            first_moments(a, n, c, s, e)
            if has_shift:
                shift_sums(a, c, s, e, q - 1)
            _subtract_squared_means(s, q, n_deaths, weight * q0, weight * q1, weight * q2)
        else:
            g1, gd = g1 + lanes.load(s.gene_sum, e), lanes.load(s.gene_deaths, e)
            gene = gene - weight * (g1 * (q0 * g1 - q1 * gd) + gd * (q2 * gd - q1 * g1))
        lanes.store(s.gene_sum, e, zero)
        lanes.store(s.gene_deaths, e, zero)
    if level != FULL_INFORMATION:
        lanes.store(s.information, q * (q + 1) // 2 - 1, gene)
    lanes.store(s.a1, 0, ratio)
    lanes.store(s.b1, 0, powers)
    for lane in range(LANES):
        s.log_ratio[0, lane] += math.log(s.a1[0, lane]) + s.b1[0, lane] * math.log(2.0)


@compiled_inline
def _subtract_squared_means(s, q, n_deaths, q0, q1, q2) -> None:  # type: ignore[no-untyped-def]
    """information -= sum over Efron's steps of (s1 - share d1)(s1 - share d1)' / denominator**2, all rows."""
    row = 0
    for k in range(q):
        left = q0 * lanes.load(s.s1, k)
        if n_deaths == 1:
            for j in range(k + 1):
                lanes.store(s.information, row, lanes.load(s.information, row) - left * lanes.load(s.s1, j))
                row += 1
        else:
            d1 = lanes.load(s.d1, k)
            left = left - q1 * d1
            right = q2 * d1 - q1 * lanes.load(s.s1, k)
            for j in range(k + 1):
                moved = lanes.load(s.information, row) - left * lanes.load(s.s1, j)
                lanes.store(s.information, row, moved - right * lanes.load(s.d1, j))
                row += 1


@compiled
def _expected_events(a: RiskArrays, s: Scratch) -> None:
    """Forwards through time: risk[i] becomes risk x cumulative hazard over the row's time at risk."""
    total = lanes.broadcast(0.0)
    is_delayed = len(a.leave_row) > 0
    for e in range(len(a.n_deaths)):
        if a.stratum_start[e] == e:
            total = lanes.broadcast(0.0)
        at_death = total + lanes.load(s.death_hazard, e)
        total = total + lanes.load(s.hazard, e)
        lanes.store(s.hazard, e, total)
        n_deaths = a.n_deaths[e]
        for i in range(a.group_start[e], a.group_start[e + 1]):
            hazard = at_death if i < a.group_start[e] + n_deaths else total
            if is_delayed and a.row_first_event[i] > a.stratum_start[e]:
                hazard = hazard - lanes.load(s.hazard, a.row_first_event[i] - 1)
            lanes.store(s.risk, i, lanes.load(s.risk, i) * hazard)


@compiled
def add_products(table: FloatArray, values: FloatArray, out: FloatArray, sign: float) -> None:
    """out[k] += sign * sum over rows of table[row, k] * values[row], with out and values lane rows."""
    m, columns = table.shape
    whole = m - m % 4
    for i in range(0, whole, 4):
        w0, w1 = sign * lanes.load(values, i), sign * lanes.load(values, i + 1)
        w2, w3 = sign * lanes.load(values, i + 2), sign * lanes.load(values, i + 3)
        for k in range(columns):
            total = lanes.load(out, k) + table[i, k] * w0
            total = total + table[i + 1, k] * w1
            total = total + table[i + 2, k] * w2
            lanes.store(out, k, total + table[i + 3, k] * w3)
    for i in range(whole, m):
        w0 = sign * lanes.load(values, i)
        for k in range(columns):
            lanes.store(out, k, lanes.load(out, k) + table[i, k] * w0)


@compiled
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
            expected = s.risk[i, lane]
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
    add_products(n.z, s.risk, s.gradient, -1.0)
    if level == FULL_INFORMATION:
        add_products(n.pairs, s.risk, s.information, 1.0)
    _carrier_terms(a, n, c, genes, beta, s)
    for lane in range(LANES):
        observed = 0.0
        g = genes[lane]
        if g >= 0:
            for t in range(c.start[g], c.start[g + 1]):
                if a.is_death[c.row[t]]:
                    observed += a.weight[c.row[t]]
        s.log_ratio[0, lane] += beta[p, lane] * observed
