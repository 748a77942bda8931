"""Exact information along one direction per gene, from what an evaluation of the likelihood has left behind.

A standard error needs one number of the inverse information, not the whole matrix. With a direction v close to the
gene's row of the inverse, v' I v and I v give it with an error of third order in the distance, at a third of the cost
of the matrix. What does not belong here: the evaluation (`lane_kernels.py`), the decision (`lane_newton.py`).
"""

from typing import NamedTuple

import numpy as np

from analytics.engine.arrays import FloatArray, IntArray
from analytics.engine.compiled import compiled_inner
from analytics.engine.cox.risk_table import RiskArrays
from analytics.engine.lanes import vectors as lanes
from analytics.engine.lanes.likelihood import add_products
from analytics.engine.lanes.memory import CarrierArrays, Scratch
from analytics.engine.lanes.null_model import NullArrays
from analytics.engine.lanes.vectors import LANES


class CurvatureScratch(NamedTuple):
    """Working memory: q = p + 1 coefficients, T events, m rows, eight lanes."""

    direction: FloatArray  # (q, 8): v, the gene last
    product: FloatArray  # (q, 8): information x v
    along: FloatArray  # (m, 8): covariates x v
    jump: FloatArray  # (T, 8)
    death_jump: FloatArray  # (T, 8)


@compiled_inner
def allocate_curvature(m: int, n_times: int, q: int) -> CurvatureScratch:
    """Working memory for m rows, n_times events and q coefficients."""
    return CurvatureScratch(
        np.zeros((q, LANES)),
        np.zeros((q, LANES)),
        np.zeros((m, LANES)),
        np.zeros((n_times, LANES)),
        np.zeros((n_times, LANES)),
    )


@compiled_inner
def _project(n: NullArrays, c: CarrierArrays, genes: IntArray, k: CurvatureScratch) -> None:
    """along[i] = covariates of row i x direction, with the gene and carriers' own covariates."""
    m, p = n.z.shape
    z, along, direction = lanes.numbers(n.z), lanes.rows(k.along), lanes.rows(k.direction)
    for i in range(m):
        total = lanes.broadcast(0.0)
        for j in range(p):
            total = total + lanes.number(z, i * p + j) * lanes.load(direction, j)
        lanes.store(along, i, total)
    for lane in range(LANES):
        g = genes[lane]
        if g < 0:
            continue
        for t in range(c.start[g], c.start[g + 1]):
            k.along[c.row[t], lane] += k.direction[p, lane]
            if len(c.shift) > 0:
                for j in range(p):
                    k.along[c.row[t], lane] += c.shift[t, j] * k.direction[j, lane]


@compiled_inner
def _jumps(a: RiskArrays, s: Scratch, k: CurvatureScratch) -> None:
    """Backwards through time: what each event takes from the information of those at risk."""
    zero = lanes.broadcast(0.0)
    risk, along, s1 = lanes.rows(s.risk), lanes.rows(k.along), zero
    for e in range(len(a.n_deaths) - 1, -1, -1):
        if a.is_last_in_stratum[e]:
            s1 = zero
        for t in range(a.leave_start[e], a.leave_start[e + 1]):
            s1 = s1 - lanes.load(risk, a.leave_row[t]) * lanes.load(along, a.leave_row[t])
        d1, last_death = zero, a.group_start[e] + a.n_deaths[e]
        for i in range(a.group_start[e], last_death):
            d1 = d1 + lanes.load(risk, i) * lanes.load(along, i)
        s1 = s1 + d1
        for i in range(last_death, a.group_start[e + 1]):
            s1 = s1 + lanes.load(risk, i) * lanes.load(along, i)
        q0, q1, q2 = lanes.load(s.q0, e), lanes.load(s.q1, e), lanes.load(s.q2, e)
        lanes.store(k.jump, e, q0 * s1 - q1 * d1)
        lanes.store(k.death_jump, e, (q0 - q1) * s1 - (q1 - q2) * d1)


@compiled_inner
def information_along(
    a: RiskArrays, n: NullArrays, c: CarrierArrays, genes: IntArray, s: Scratch, k: CurvatureScratch
) -> None:
    """k.product (q, 8) = information x k.direction, right after `evaluate` with GENE_INFORMATION at the same beta.

    The derivative of the score along the direction, written as a sum over rows of risk x (hazard x own projection -
    what the risk sets' means have taken), in the manner of Pearlmutter (1994, Neural Computation 6:147)."""
    p = n.z.shape[1]
    _project(n, c, genes, k)
    _jumps(a, s, k)
    risk, expected, along, jumps = (
        lanes.rows(s.risk),
        lanes.rows(s.expected),
        lanes.rows(k.along),
        lanes.rows(k.jump),
    )
    total = lanes.broadcast(0.0)
    for e in range(len(a.n_deaths)):
        if a.stratum_start[e] == e:
            total = lanes.broadcast(0.0)
        at_death = total + lanes.load(k.death_jump, e)
        total = total + lanes.load(jumps, e)
        lanes.store(jumps, e, total)
        last_death = a.group_start[e] + a.n_deaths[e]
        for i in range(a.group_start[e], a.group_start[e + 1]):
            taken = at_death if i < last_death else total
            if a.row_first_event[i] > a.stratum_start[e]:
                taken = taken - lanes.load(jumps, a.row_first_event[i] - 1)
            own = lanes.load(expected, i) * lanes.load(along, i)
            lanes.store(along, i, own - lanes.load(risk, i) * taken)
    for j in range(p + 1):
        lanes.store(k.product, j, lanes.broadcast(0.0))
    add_products(n.z, k.along, k.product, 1.0)
    for lane in range(LANES):
        g = genes[lane]
        if g < 0:
            continue
        for t in range(c.start[g], c.start[g + 1]):
            k.product[p, lane] += k.along[c.row[t], lane]
            if len(c.shift) > 0:
                for j in range(p):
                    k.product[j, lane] += c.shift[t, j] * k.along[c.row[t], lane]
