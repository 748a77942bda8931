"""The stratified log-rank test of every gene, from two numbers per patient.

Observed minus expected is a sum over carriers of each patient's martingale residual under the null; the variance is
a sum over carriers minus a quadratic form (Mantel 1966; hypergeometric variance, as in R's survdiff).
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from analytics.engine.arrays import FloatArray
from analytics.engine.compiled import compiled
from analytics.engine.cox.risk_table import RiskArrays, RiskTable
from analytics.engine.lanes.carriers import CarrierRows
from analytics.engine.lanes.scores import sparse_scores
from analytics.engine.threads import over_genes

NO_VARIANCE = (
    1e-10  # a variance below this share of the expected events is rounding: no stratum compares anybody
)


@dataclass(frozen=True)
class LogRankTerms:
    """What the test needs of a risk table (m rows, T events): per row the expected events and the linear part of the
    variance; quadratic (T+1), the running sum of the coefficients of the squared number at risk."""

    expected_of_row: FloatArray
    variance_of_row: FloatArray
    quadratic: FloatArray


@dataclass(frozen=True)
class LogRank:
    """Per gene (G'): observed and expected events among carriers, variance; z, chi2 (1 df) and p, NaN if no variance.

    z is positive when carriers have more events than expected.
    """

    observed: FloatArray
    expected: FloatArray
    variance: FloatArray
    z: FloatArray
    chi2: FloatArray
    p: FloatArray


@compiled
def _row_terms(a: RiskArrays, hazard: FloatArray, linear: FloatArray, quadratic: FloatArray) -> None:
    n_times = len(a.n_deaths)
    jump, spread = np.zeros(n_times), np.zeros(n_times)
    at_risk = 0
    for e in range(n_times - 1, -1, -1):
        if a.is_last_in_stratum[e]:
            at_risk = 0
        at_risk += a.group_start[e + 1] - a.group_start[e] - (a.leave_start[e + 1] - a.leave_start[e])
        d = a.n_deaths[e]
        jump[e] = d / at_risk
        if at_risk > 1:
            spread[e] = d * (at_risk - d) / (at_risk - 1) / at_risk
        quadratic[e + 1] = spread[e] / at_risk
    for e in range(n_times):
        quadratic[e + 1] += quadratic[e]
        if a.stratum_start[e] < e:
            jump[e] += jump[e - 1]
            spread[e] += spread[e - 1]
    for i in range(len(hazard)):
        e, first = a.row_event[i], a.row_first_event[i]
        hazard[i], linear[i] = jump[e], spread[e]
        if first > a.stratum_start[e]:
            hazard[i] -= jump[first - 1]
            linear[i] -= spread[first - 1]


def log_rank_terms(table: RiskTable) -> LogRankTerms:
    """The log-rank numbers of each patient; computed once for all genes."""
    m, n_times = len(table.patient_of_row), len(table.arrays.n_deaths)
    hazard, linear, quadratic = np.zeros(m), np.zeros(m), np.zeros(n_times + 1)
    _row_terms(table.arrays, hazard, linear, quadratic)
    return LogRankTerms(hazard, linear, quadratic)


def log_rank(table: RiskTable, terms: LogRankTerms, carriers: CarrierRows, n_threads: int = 1) -> LogRank:
    """Stratified log-rank test of every gene in `carriers` against the other patients of the table."""
    n_genes = len(carriers.arrays.start) - 1
    observed, expected, variance = np.zeros((3, n_genes))
    none, ones = np.zeros(0), np.ones(len(table.patient_of_row))
    a, c = table.arrays, carriers.arrays
    rows, linear, quadratic = terms.expected_of_row, terms.variance_of_row, terms.quadratic
    over_genes(
        lambda first, stop: sparse_scores(
            a, c, ones, rows, linear, quadratic, none, none, first, stop, observed, expected, variance
        ),
        n_genes,
        n_threads,
    )
    usable = variance > NO_VARIANCE * np.maximum(expected, 1e-300)
    z = np.where(usable, (observed - expected) / np.sqrt(np.where(usable, variance, 1.0)), np.nan)
    chi2 = z * z
    return LogRank(observed, expected, variance, z, chi2, chi2_p(chi2))


def chi2_p(chi2: FloatArray) -> FloatArray:
    """Upper tail of chi-square with 1 df, which is that of the normal distribution taken twice."""
    return np.asarray(special.erfc(np.sqrt(0.5 * chi2)), dtype=np.float64)
