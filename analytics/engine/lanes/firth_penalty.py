"""Firth's penalised partial likelihood for genes with few events, eight genes at a time.

The penalty is half the log determinant of the whole information matrix (Jeffreys' prior), which keeps estimates
finite when no carrier, or every carrier, has an event (Heinze & Schemper 2001, Biometrics 57:114-119; Firth 1993).
What does not belong here: the unpenalised likelihood (`lane_kernels.py`).
"""

from typing import NamedTuple

import numpy as np

from analytics.engine.arrays import FloatArray, IntArray
from analytics.engine.compiled import compiled_inline, compiled_inner
from analytics.engine.cox.risk_table import RiskArrays
from analytics.engine.lanes import vectors as lanes
from analytics.engine.lanes.likelihood import (
    add_products,
    first_moments,
    leave_moments,
    relative_risks,
    risk_sums,
    shift_sums,
)
from analytics.engine.lanes.memory import CarrierArrays, Scratch
from analytics.engine.lanes.null_model import NullArrays
from analytics.engine.lanes.vectors import LANES


class FirthScratch(NamedTuple):
    """Working memory of the penalty: q = p + 1 coefficients, T events, m rows, eight lanes."""

    inverse: FloatArray  # (q*q, 8): inverse information
    quadratic: (
        FloatArray  # (q(q+1)/2, 8): its lower triangle with the off-diagonal doubled, for quadratic forms
    )
    leverage: FloatArray  # (m, 8): x' inverse x
    jump: FloatArray  # (T, 8)
    death_jump: FloatArray  # (T, 8)
    mean_jump: FloatArray  # (T*q, 8)
    mean_death_jump: FloatArray  # (T*q, 8)
    leverage_jump: FloatArray  # (T, 8)
    leverage_death_jump: FloatArray  # (T, 8)
    work: FloatArray  # (q, 8)
    penalty_gradient: FloatArray  # (q, 8)


@compiled_inner
def allocate_penalty(m: int, n_times: int, q: int) -> FirthScratch:
    return FirthScratch(
        np.zeros((q * q, LANES)),
        np.zeros((q * (q + 1) // 2, LANES)),
        np.zeros((m, LANES)),
        np.zeros((n_times, LANES)),
        np.zeros((n_times, LANES)),
        np.zeros((n_times * q, LANES)),
        np.zeros((n_times * q, LANES)),
        np.zeros((n_times, LANES)),
        np.zeros((n_times, LANES)),
        np.zeros((q, LANES)),
        np.zeros((q, LANES)),
    )


@compiled_inner
def _leverages(n: NullArrays, c: CarrierArrays, genes: IntArray, f: FirthScratch) -> None:
    """x' inverse x of every row, carriers with their own covariates and the gene."""
    m, p = n.z.shape
    pairs, quadratic, leverage = n.pairs, f.quadratic, f.leverage
    for i in range(m):
        total = lanes.broadcast(0.0)
        for row in range(pairs.shape[1]):
            total = total + pairs[i, row] * lanes.load(quadratic, row)
        lanes.store(leverage, i, total)
    x = np.ones(p + 1)
    for lane in range(LANES):
        g = genes[lane]
        if g < 0:
            continue
        for t in range(c.start[g], c.start[g + 1]):
            for k in range(p):
                x[k] = n.z[c.row[t], k] + (c.shift[t, k] if len(c.shift) > 0 else 0.0)
            total_here, row = 0.0, 0
            for k in range(p + 1):
                for j in range(k + 1):
                    total_here += f.quadratic[row, lane] * x[k] * x[j]
                    row += 1
            f.leverage[c.row[t], lane] = total_here


@compiled_inline
def _cube_of_mean(s1, d1, quadratic, work, out, q, share, inverse, weight) -> None:  # type: ignore[no-untyped-def]
    """One Efron step: out += 2 weight (mean' inverse-information mean) mean."""
    spread, row = lanes.broadcast(0.0), 0
    for k in range(q):
        mean = inverse * (lanes.load(s1, k) - share * lanes.load(d1, k))
        lanes.store(work, k, mean)
        for j in range(k + 1):
            spread = spread + lanes.load(quadratic, row) * mean * lanes.load(work, j)
            row += 1
    spread = (2.0 * weight) * spread
    for k in range(q):
        lanes.store(out, k, lanes.load(out, k) + spread * lanes.load(work, k))


@compiled_inline
def _leverage_sums(risk, leverage, first, n_deaths, stop, sh):  # type: ignore[no-untyped-def]
    """sh plus risk x leverage of rows first..stop, and that of the deaths among them. Addresses."""
    dh = lanes.broadcast(0.0)
    for i in range(first, first + n_deaths):
        dh = dh + lanes.load(risk, i) * lanes.load(leverage, i)
    sh = sh + dh
    for i in range(first + n_deaths, stop):
        sh = sh + lanes.load(risk, i) * lanes.load(leverage, i)
    return sh, dh


@compiled_inner
def _penalty_sums(a: RiskArrays, n: NullArrays, c: CarrierArrays, s: Scratch, f: FirthScratch) -> None:
    """Backwards through time: what each event adds to the third moments."""
    q = n.z.shape[1] + 1
    zero = lanes.broadcast(0.0)
    has_shift = len(c.shift) > 0
    z, risk, s1, d1, leverage = (
        lanes.numbers(n.z),
        lanes.rows(s.risk),
        lanes.rows(s.s1),
        lanes.rows(s.d1),
        lanes.rows(f.leverage),
    )
    gene_sum, gene_deaths, out = (
        lanes.rows(s.gene_sum),
        lanes.rows(s.gene_deaths),
        lanes.rows(f.penalty_gradient),
    )
    quadratic, work = lanes.rows(f.quadratic), lanes.rows(f.work)
    mean_jump, mean_death_jump = lanes.rows(f.mean_jump), lanes.rows(f.mean_death_jump)
    for k in range(q):
        lanes.store(out, k, zero)
    s0, sh = zero, zero
    for e in range(len(a.n_deaths) - 1, -1, -1):
        n_deaths, weight = a.n_deaths[e], a.mean_weight[e]
        if a.is_last_in_stratum[e]:
            s0, sh = zero, zero
            for k in range(q):
                lanes.store(s1, k, zero)
        for t in range(a.leave_start[e], a.leave_start[e + 1]):
            i = a.leave_row[t]
            s0, sh = s0 - lanes.load(risk, i), sh - lanes.load(risk, i) * lanes.load(leverage, i)
            leave_moments(z, q - 1, risk, s1, i)
        s0, d0 = risk_sums(risk, a.group_start[e], n_deaths, a.group_start[e + 1], s0)
        sh, dh = _leverage_sums(risk, leverage, a.group_start[e], n_deaths, a.group_start[e + 1], sh)
        first_moments(z, q - 1, risk, s1, d1, a.group_start[e], n_deaths, a.group_start[e + 1])
        lanes.store(s1, q - 1, lanes.load(s1, q - 1) + lanes.load(gene_sum, e))
        lanes.store(d1, q - 1, lanes.load(gene_deaths, e))
        if has_shift:
            shift_sums(a, c, s, e, q - 1)
        jump, death_jump, h_jump, h_death_jump, q0, q1, q2 = zero, zero, zero, zero, zero, zero, zero
        for step in range(n_deaths):
            share = step / n_deaths
            inverse = 1.0 / (s0 - share * d0)
            square = weight * inverse * inverse
            jump, death_jump = jump + weight * inverse, death_jump + (weight * (1.0 - share)) * inverse
            q0, q1, q2 = q0 + square, q1 + share * square, q2 + (share * share) * square
            pulled = square * (sh - share * dh)
            h_jump, h_death_jump = h_jump + pulled, h_death_jump + (1.0 - share) * pulled
            _cube_of_mean(s1, d1, quadratic, work, out, q, share, inverse, weight)
        lanes.store(f.jump, e, jump)
        lanes.store(f.death_jump, e, death_jump)
        lanes.store(f.leverage_jump, e, h_jump)
        lanes.store(f.leverage_death_jump, e, h_death_jump)
        for k in range(q):
            sums, deaths = lanes.load(s1, k), lanes.load(d1, k)
            lanes.store(mean_jump, e * q + k, q0 * sums - q1 * deaths)
            lanes.store(mean_death_jump, e * q + k, (q0 - q1) * sums - (q1 - q2) * deaths)
        lanes.store(gene_sum, e, zero)
        lanes.store(gene_deaths, e, zero)


@compiled_inner
def _accumulate_jumps(a: RiskArrays, f: FirthScratch, q: int) -> None:
    """Forwards through time: jumps become sums up to and including their event (for deaths: with Efron's share)."""
    zero = lanes.broadcast(0.0)
    inverse, work = lanes.rows(f.inverse), lanes.rows(f.work)
    mean_jump, mean_death_jump = lanes.rows(f.mean_jump), lanes.rows(f.mean_death_jump)
    for e in range(len(a.n_deaths)):
        goes_on = a.stratum_start[e] < e
        before = lanes.load(f.jump, e - 1) if goes_on else zero
        before_h = lanes.load(f.leverage_jump, e - 1) if goes_on else zero
        lanes.store(f.jump, e, before + lanes.load(f.jump, e))
        lanes.store(f.death_jump, e, before + lanes.load(f.death_jump, e))
        lanes.store(f.leverage_jump, e, before_h + lanes.load(f.leverage_jump, e))
        lanes.store(f.leverage_death_jump, e, before_h + lanes.load(f.leverage_death_jump, e))
        for deaths in range(2):
            jumps = mean_death_jump if deaths == 0 else mean_jump
            for k in range(q):
                total = lanes.load(mean_jump, (e - 1) * q + k) if goes_on else zero
                for j in range(q):
                    total = total + lanes.load(inverse, k * q + j) * lanes.load(jumps, e * q + j)
                lanes.store(work, k, total)
            for k in range(q):
                lanes.store(jumps, e * q + k, lanes.load(work, k))


@compiled_inner
def _third_moments(
    a: RiskArrays, n: NullArrays, c: CarrierArrays, genes: IntArray, s: Scratch, f: FirthScratch
) -> None:
    """Add every row's part to the penalty's gradient; leverage[i] becomes that part."""
    p = n.z.shape[1]
    q = p + 1
    z, risk, leverage = lanes.numbers(n.z), lanes.rows(s.risk), lanes.rows(f.leverage)
    mean_jump, mean_death_jump = lanes.rows(f.mean_jump), lanes.rows(f.mean_death_jump)
    for e in range(len(a.n_deaths)):
        last_death = a.group_start[e] + a.n_deaths[e]
        for i in range(a.group_start[e], a.group_start[e + 1]):
            dies = i < last_death
            hazard = lanes.load(f.death_jump, e) if dies else lanes.load(f.jump, e)
            shared = lanes.load(f.leverage_death_jump, e) if dies else lanes.load(f.leverage_jump, e)
            jumps = mean_death_jump if dies else mean_jump
            pull = lanes.broadcast(0.0)
            for k in range(p):
                pull = pull + lanes.number(z, i * p + k) * lanes.load(jumps, e * q + k)
            before = a.row_first_event[i] - 1
            if before >= a.stratum_start[e]:
                hazard = hazard - lanes.load(f.jump, before)
                shared = shared - lanes.load(f.leverage_jump, before)
                for k in range(p):
                    pull = pull - lanes.number(z, i * p + k) * lanes.load(mean_jump, before * q + k)
            part = hazard * lanes.load(leverage, i) - shared - 2.0 * pull
            lanes.store(leverage, i, lanes.load(risk, i) * part)
    for lane in range(LANES):
        g = genes[lane]
        if g < 0:
            continue
        for t in range(c.start[g], c.start[g + 1]):
            i = c.row[t]
            e, before = a.row_event[i], a.row_first_event[i] - 1
            jumps = f.mean_death_jump if a.is_death[i] else f.mean_jump
            for k in range(q):
                own = 1.0 if k == p else (c.shift[t, k] if len(c.shift) > 0 else 0.0)
                pull_here = jumps[e * q + k, lane]
                if before >= a.stratum_start[e]:
                    pull_here -= f.mean_jump[before * q + k, lane]
                f.leverage[i, lane] -= 2.0 * s.risk[i, lane] * own * pull_here
            for k in range(q):
                own = 1.0 if k == p else (c.shift[t, k] if len(c.shift) > 0 else 0.0)
                f.penalty_gradient[k, lane] += own * f.leverage[i, lane]
    add_products(n.z, f.leverage, f.penalty_gradient, 1.0)


@compiled_inner
def penalty_gradient(
    a: RiskArrays,
    n: NullArrays,
    c: CarrierArrays,
    genes: IntArray,
    beta: FloatArray,
    s: Scratch,
    f: FirthScratch,
) -> None:
    """f.penalty_gradient (q, 8): derivative of log det(information), given its inverse in f.inverse, f.quadratic.

    The derivative by coefficient r is the trace of inverse information x third central moments (Firth 1993, section
    3). Writing the third moments as sums over patients needs one more backward and forward pass, not q**3 sums.
    """
    relative_risks(a, n, c, genes, beta, s)
    _leverages(n, c, genes, f)
    _penalty_sums(a, n, c, s, f)
    _accumulate_jumps(a, f, n.z.shape[1] + 1)
    _third_moments(a, n, c, genes, s, f)
