"""Tests that need only sums over a gene's carriers: log-rank and Cox score, for every gene in milliseconds.

Observed minus expected is a sum over carriers of one number per patient; the variance is a sum over carriers plus a
quadratic form of the step function "weight of carriers at risk". What does not belong here: iteration.
"""

import numpy as np

from analytics.engine.arrays import FloatArray, IntArray
from analytics.engine.compiled import compiled, compiled_inner
from analytics.engine.cox.risk_table import RiskArrays
from analytics.engine.lanes.memory import CarrierArrays


@compiled_inner
def _squared_means(
    a: RiskArrays, event: IntArray, change: FloatArray, q0_sum: FloatArray, size: int
) -> float:
    """Sum over events of q0 * S**2, S being the running sum of `change` from the last event of a stratum backwards.

    event, change (size): breakpoints, last event first; q0_sum (T+1): running sum of q0.
    """
    total, s = 0.0, 0.0
    for t in range(size):
        e = event[t]
        s += change[t]
        if t + 1 < size and event[t + 1] == e:
            continue
        low = a.stratum_start[e]
        goes_on = t + 1 < size and event[t + 1] >= low
        if goes_on:
            low = event[t + 1] + 1
        total += s * s * (q0_sum[e + 1] - q0_sum[low])
        if not goes_on:
            s = 0.0
    return total


@compiled
def sparse_scores(
    a: RiskArrays,
    c: CarrierArrays,
    risk: FloatArray,
    expected_of_row: FloatArray,
    variance_of_row: FloatArray,
    q0_sum: FloatArray,
    q1: FloatArray,
    q2: FloatArray,
    first_gene: int,
    stop_gene: int,
    observed: FloatArray,
    expected: FloatArray,
    variance: FloatArray,
) -> None:
    """Per gene of first_gene..stop_gene: observed and expected events, the variance of their difference under the null.

    risk (m): weight x relative risk. expected_of_row, variance_of_row (m): what one carrier adds. q0_sum (T+1), q1,
    q2 (T): see `NullArrays`; q1 and q2 may be empty when the test has no Efron steps (log-rank).
    """
    most = 0
    for g in range(first_gene, stop_gene):
        most = max(most, c.start[g + 1] - c.start[g])
    event = np.empty(2 * most, dtype=np.int64)
    change = np.empty(2 * most)
    has_steps = len(q1) > 0
    is_delayed = len(a.leave_row) > 0
    for g in range(first_gene, stop_gene):
        o, x, v, size = 0.0, 0.0, 0.0, 0
        for t in range(c.start[g + 1] - 1, c.start[g] - 1, -1):
            i = c.row[t]
            if a.is_death[i]:
                o += a.weight[i]
            x += expected_of_row[i]
            v += variance_of_row[i]
            event[size], change[size] = a.row_event[i], risk[i]
            size += 1
            first = a.row_first_event[i]
            if first > a.stratum_start[first]:
                event[size], change[size] = first - 1, -risk[i]
                size += 1
        if is_delayed and size > c.start[g + 1] - c.start[g]:
            order = np.argsort(-event[:size], kind="mergesort")
            event[:size], change[:size] = event[:size][order], change[:size][order]
        v -= _squared_means(a, event, change, q0_sum, size)
        if has_steps:
            v += _tied_deaths(a, c, g, risk, q1, q2, event, change, size)
        observed[g], expected[g], variance[g] = o, x, v


@compiled_inner
def _tied_deaths(
    a: RiskArrays,
    c: CarrierArrays,
    g: int,
    risk: FloatArray,
    q1: FloatArray,
    q2: FloatArray,
    event: IntArray,
    change: FloatArray,
    size: int,
) -> float:
    """2 q1 S D - q2 D**2 over events at which carriers die and deaths are tied (D: their risk, S: all at risk)."""
    total, s, place = 0.0, 0.0, 0
    t = c.start[g + 1] - 1
    while t >= c.start[g]:
        e = a.row_event[c.row[t]]
        d = 0.0
        while t >= c.start[g] and a.row_event[c.row[t]] == e:
            if a.is_death[c.row[t]]:
                d += risk[c.row[t]]
            t -= 1
        while place < size and event[place] >= e:
            if place > 0 and event[place] < a.stratum_start[event[place - 1]]:
                s = 0.0
            s += change[place]
            place += 1
        if a.n_deaths[e] > 1:
            total += 2.0 * q1[e] * s * d - q2[e] * d * d
    return total


@compiled
def sum_over_carriers(c: CarrierArrays, values: FloatArray, out: FloatArray) -> None:
    """out (G, p): per gene the sum of values (m, p) over its carriers, in row order (so no gene depends on another)."""
    for g in range(len(c.start) - 1):
        for t in range(c.start[g], c.start[g + 1]):
            for k in range(values.shape[1]):
                out[g, k] += values[c.row[t], k]
