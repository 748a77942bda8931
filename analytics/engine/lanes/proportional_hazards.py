"""Are a gene's hazards proportional? The score test of a coefficient that changes with time, per gene.

The test of Grambsch & Therneau (1994) in its exact score form (R's cox.zph from survival 3.0 on), for the
stratified model with the gene alone; time enters as 1 - KM(t-), R's default.
What does not belong here: plots of residuals, remedies.
"""

import math

import numpy as np

from analytics.engine.arrays import FloatArray, IntArray
from analytics.engine.compiled import compiled
from analytics.engine.cox.risk_table import FollowUp, RiskArrays, RiskTable
from analytics.engine.lanes.carriers import CarrierRows
from analytics.engine.lanes.log_rank import chi2_p
from analytics.engine.lanes.memory import CarrierArrays
from analytics.engine.threads import run_all

GENES_PER_TASK = 256


def kaplan_meier_time(frame: FollowUp, table: RiskTable) -> FloatArray:
    """(T,) 1 - KM(t-) of all patients of the table together (strata ignored, as R does), at each event of the table.

    Delayed entry counts; case weights count.
    """
    chosen = np.flatnonzero(table.is_patient)
    time, entry, weight = frame.time_months[chosen], frame.entry_months[chosen], frame.weight[chosen]
    is_event = frame.event[chosen]
    times = np.unique(time[is_event])
    by_exit, by_entry = np.argsort(time), np.argsort(entry)
    exits = np.concatenate([[0.0], np.cumsum(weight[by_exit])])
    entries = np.concatenate([[0.0], np.cumsum(weight[by_entry])])
    at_risk = entries[np.searchsorted(entry[by_entry], times)] - exits[np.searchsorted(time[by_exit], times)]
    deaths = np.bincount(
        np.searchsorted(times, time[is_event]), weights=weight[is_event], minlength=len(times)
    )
    survival = np.concatenate([[1.0], np.cumprod(1.0 - deaths / at_risk)[:-1]])
    first_row = table.arrays.group_start[:-1]
    event_time = frame.time_months[table.patient_of_row[first_row]]
    return np.asarray(1.0 - survival[np.searchsorted(times, event_time)], dtype=np.float64)


@compiled
def _score_tests(
    a: RiskArrays,
    c: CarrierArrays,
    at_risk: FloatArray,
    weight_of_deaths: FloatArray,
    time: FloatArray,
    coefficient: FloatArray,
    genes: IntArray,
    chi2: FloatArray,
) -> None:
    n_times = len(a.n_deaths)
    change, deaths = np.zeros(n_times), np.zeros(n_times)
    for g in genes:
        ratio = math.exp(coefficient[g])
        change[:] = 0.0
        deaths[:] = 0.0
        for t in range(c.start[g], c.start[g + 1]):
            i = c.row[t]
            change[a.row_event[i]] += a.weight[i]
            if a.is_death[i]:
                deaths[a.row_event[i]] += a.weight[i]
            first = a.row_first_event[i]
            if first > a.stratum_start[first]:
                change[first - 1] -= a.weight[i]
        carriers, score, level = 0.0, 0.0, 0.0
        v0, v1, v2 = 0.0, 0.0, 0.0
        for e in range(n_times - 1, -1, -1):
            if a.is_last_in_stratum[e]:
                carriers = 0.0
            carriers += change[e]
            if carriers <= 1e-12:
                continue
            residual = deaths[e]
            for step in range(a.n_deaths[e]):
                share = step / a.n_deaths[e]
                mutated = ratio * (carriers - share * deaths[e])
                others = at_risk[e] - carriers - share * (weight_of_deaths[e] - deaths[e])
                mean = mutated / (mutated + others)
                residual -= a.mean_weight[e] * mean
                spread = a.mean_weight[e] * mean * (1.0 - mean)
                v0 += spread
                v1 += time[e] * spread
                v2 += time[e] * time[e] * spread
            score += time[e] * residual
            level += residual
        if v0 > 0.0:
            centre = v1 / v0
            rest = v2 - v1 * centre
            if rest > 1e-12 * v0:
                chi2[g] = (score - centre * level) ** 2 / rest


def proportional_hazards_test(
    frame: FollowUp, table: RiskTable, carriers: CarrierRows, coefficient: FloatArray, n_threads: int
) -> tuple[FloatArray, FloatArray]:
    """Score test of coefficient x (1 - KM(t-)) for each gene, at its univariable stratified estimate.

    coefficient (G'): maximum likelihood estimates, NaN for genes without one (their result is NaN). Returns
    chi-square (1 df) and p, (G',) each.
    """
    a = table.arrays
    weight = a.weight
    leaving = np.zeros(len(a.n_deaths))
    at_risk = np.add.reduceat(weight, a.group_start[:-1]) if len(leaving) else leaving
    np.add.at(leaving, a.row_first_event[a.leave_row] - 1, weight[a.leave_row])
    change = at_risk - leaving
    running = np.cumsum(change[::-1])[::-1]
    after = np.append(running, 0.0)
    last = np.flatnonzero(a.is_last_in_stratum)
    end_of_stratum = last[np.searchsorted(last, np.arange(len(change)))] if len(last) else last
    at_risk = running - after[end_of_stratum + 1]
    chi2 = np.full(len(coefficient), np.nan)
    genes = np.flatnonzero(np.isfinite(coefficient)).astype(np.int64)
    time = kaplan_meier_time(frame, table)
    run_all(
        lambda some: _score_tests(
            a, carriers.arrays, at_risk, a.mean_weight * a.n_deaths, time, coefficient, some, chi2
        ),
        [genes[i : i + GENES_PER_TASK] for i in range(0, len(genes), GENES_PER_TASK)],
        n_threads,
    )
    return chi2, chi2_p(chi2)
