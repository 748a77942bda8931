"""The model without genes: covariates only, fitted once per set of patients, and what the genes' tests need of it.

Covariates are centred, scaled and turned so that their information under the null model is the identity; a gene's
coefficient and standard error do not depend on that choice of coordinates, but Newton's steps do.
What does not belong here: carriers.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from analytics.engine.arrays import FloatArray
from analytics.engine.compiled import compiled, compiled_inner
from analytics.engine.cox.kernels import CONVERGED, REFERENCE, ROUNDING, cox_derivatives, maximise_cox
from analytics.engine.cox.risk_table import RiskArrays, RiskTable
from analytics.errors import NotConvergedError

# A covariate whose information, given those before it, keeps less than this share is a combination of them.
COLLINEAR_SHARE = 1e-11
# Two people whose linear predictors differ by more than this (hazards or odds 7e10 times as large) were told apart by
# a covariate that separates the outcomes: the likelihood has no maximum. Newton's steps get to 32 before they are too
# small to go on, or break off on the way there by a rounding that is not the same on every processor.
LARGEST_PREDICTOR_RANGE = 25.0


class NullArrays(NamedTuple):
    """What the compiled kernels read of the null model: m rows, p covariates, T event times, D Efron steps.

    z (m, p): covariates in coordinates of unit information. pairs (m, p(p+1)/2): their products, lower triangle.
    base (m): case weight x exp(linear predictor). hazard (m): cumulative hazard over the row's time at risk, with
    Efron's share at its own death. slope (m, p): derivative of `base * hazard` sums with respect to the covariates.
    q0, q1, q2 (T): sums over Efron's steps of share**k / denominator**2. inverse_denominator (D): of Efron's steps.
    z_of_deaths (p): weighted sum of z over deaths. beta (p): the fitted coefficients in these coordinates.
    """

    z: FloatArray
    pairs: FloatArray
    base: FloatArray
    hazard: FloatArray
    slope: FloatArray
    q0: FloatArray
    q1: FloatArray
    q2: FloatArray
    inverse_denominator: FloatArray
    z_of_deaths: FloatArray
    beta: FloatArray


@dataclass(frozen=True)
class NullModel:
    """A fitted null model. transform (p_given, p): covariates as given -> columns of z (apart from the centring)."""

    arrays: NullArrays
    transform: FloatArray
    dropped_names: tuple[str, ...]
    log_likelihood: float


@compiled
def _null_moments(
    a: RiskArrays, z: FloatArray, base: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    m, p = z.shape
    n_times = len(a.n_deaths)
    q = np.zeros((3, n_times))
    inverse = np.empty(a.death_start[n_times])
    jump, death_jump = np.zeros(n_times), np.zeros(n_times)
    jump_z, death_jump_z = np.zeros((n_times, p)), np.zeros((n_times, p))
    s0, s1, d1 = 0.0, np.zeros(p), np.zeros(p)
    for e in range(n_times - 1, -1, -1):
        if a.is_last_in_stratum[e]:
            s0 = 0.0
            s1[:] = 0.0
        for i in a.leave_row[a.leave_start[e] : a.leave_start[e + 1]]:
            s0 -= base[i]
            s1 -= base[i] * z[i]
        d0 = 0.0
        d1[:] = 0.0
        for i in range(a.group_start[e], a.group_start[e + 1]):
            s0 += base[i]
            s1 += base[i] * z[i]
            if a.is_death[i]:
                d0 += base[i]
                d1 += base[i] * z[i]
        for step in range(a.n_deaths[e]):
            share = step / a.n_deaths[e]
            c = 1.0 / (s0 - share * d0)
            inverse[a.death_start[e] + step] = c
            jump[e] += a.mean_weight[e] * c
            death_jump[e] += a.mean_weight[e] * c * (1.0 - share)
            q[0, e] += a.mean_weight[e] * c * c
            q[1, e] += a.mean_weight[e] * c * c * share
            q[2, e] += a.mean_weight[e] * c * c * share * share
        for k in range(p):
            jump_z[e, k] = q[0, e] * s1[k] - q[1, e] * d1[k]
            death_jump_z[e, k] = (q[0, e] - q[1, e]) * s1[k] - (q[1, e] - q[2, e]) * d1[k]
    hazard, slope = np.zeros(m), np.zeros((m, p))
    _integrate(a, z, base, jump, death_jump, jump_z, death_jump_z, hazard, slope)
    return q[0], q[1], q[2], inverse, hazard, slope


@compiled_inner
def _integrate(
    a: RiskArrays,
    z: FloatArray,
    base: FloatArray,
    jump: FloatArray,
    death_jump: FloatArray,
    jump_z: FloatArray,
    death_jump_z: FloatArray,
    hazard: FloatArray,
    slope: FloatArray,
) -> None:
    """Sums over each row's time at risk; at its own death Efron's share of the jump."""
    n_times, p = jump_z.shape
    before = np.zeros(n_times + 1)
    before_z = np.zeros((n_times + 1, p))
    for e in range(n_times):
        if a.stratum_start[e] == e:
            before[e] = 0.0
            before_z[e] = 0.0
        before[e + 1] = before[e] + jump[e]
        before_z[e + 1] = before_z[e] + jump_z[e]
        # the next stratum resets its own start; entries below read `before[first]` of their own stratum only
        for i in range(a.group_start[e], a.group_start[e + 1]):
            first = a.row_first_event[i]
            start = 0.0 if first == a.stratum_start[first] else before[first]
            hazard[i] = before[e] + (death_jump[e] if a.is_death[i] else jump[e]) - start
            for k in range(p):
                start_z = 0.0 if first == a.stratum_start[first] else before_z[first, k]
                own = death_jump_z[e, k] if a.is_death[i] else jump_z[e, k]
                slope[i, k] = base[i] * (z[i, k] * hazard[i] - (before_z[e, k] + own - start_z))


def independent_columns(information: FloatArray, unit: float) -> list[int]:
    """Columns that add information given those before them, in the order given (as R's coxph keeps the first).

    unit: information of a column of variance 1 that nothing explains; rounding leaves a constant one 1e-14 of it.
    """
    kept: list[int] = []
    for k in range(len(information)):
        own = information[k, k]
        if not own > COLLINEAR_SHARE * unit:
            continue
        block = information[np.ix_(kept, kept)]
        cross = information[kept, k]
        rest = own - (cross @ np.linalg.solve(block, cross) if kept else 0.0)
        if rest > COLLINEAR_SHARE * own:
            kept.append(k)
    return kept


def _derivatives(table: RiskTable, x: FloatArray) -> FloatArray:
    p = x.shape[1]
    information = np.zeros((p, p))
    cox_derivatives(table.arrays, x, np.ones(len(x)), np.zeros(p), True, np.zeros(p), information)
    return information


def has_maximum(predictor: FloatArray, has_converged: bool) -> bool:
    """Whether a fit with linear predictors (m,) found a maximum: whatever a diverging one leaves (nan, inf, huge
    coefficients, or a last step that looks like convergence), it is none."""
    with np.errstate(invalid="ignore"):
        return has_converged and bool(np.ptp(predictor) <= LARGEST_PREDICTOR_RANGE)


def fit_null_model(table: RiskTable, covariates: FloatArray, names: tuple[str, ...]) -> NullModel:
    """Fit the covariates (n, p_given; finite for everyone in the table) without any gene.

    A covariate that is constant within strata, or a combination of the ones before it, is dropped and named.
    Raises NotConvergedError when the fit does not converge (a covariate that separates events completely).
    """
    given = covariates[table.patient_of_row]
    weight = table.arrays.weight
    centre = np.average(given, axis=0, weights=weight) if len(given) else np.zeros(given.shape[1])
    spread = np.sqrt(np.maximum(((given - centre) ** 2).mean(axis=0), 0.0)) if len(given) else centre
    scale = np.where(spread > 0, spread, 1.0)
    x = np.ascontiguousarray((given - centre) / scale)
    kept = independent_columns(_derivatives(table, x), float(weight[table.arrays.is_death].sum()))
    x = np.ascontiguousarray(x[:, kept])
    p = len(kept)
    beta, information, ones = np.zeros(p), np.zeros((p, p)), np.ones(len(x))
    log_likelihood, status = maximise_cox(
        table.arrays, x, ones, True, beta, information, REFERENCE, ROUNDING, False
    )
    if p and not has_maximum(x @ beta, status == CONVERGED):
        raise NotConvergedError(
            f"The Cox model with the covariates alone ({', '.join(names[k] for k in kept)}) does not converge on "
            f"{table.n_patients} patients with {table.n_events} events; drop or merge the covariate with empty levels."
        )
    factor = np.linalg.cholesky(information) if p else np.zeros((0, 0))
    turn = np.linalg.inv(factor).T if p else np.zeros((0, 0))
    transform = np.zeros((covariates.shape[1], p))
    transform[kept] = turn / scale[kept][:, None]
    z = np.ascontiguousarray(x @ turn)
    base = weight * np.exp(x @ beta)
    q0, q1, q2, inverse, hazard, slope = _null_moments(table.arrays, z, base)
    lower = np.tril_indices(p)
    deaths = table.arrays.is_death
    arrays = NullArrays(
        z=z,
        pairs=np.ascontiguousarray(z[:, lower[0]] * z[:, lower[1]]),
        base=base,
        hazard=hazard,
        slope=slope,
        q0=q0,
        q1=q1,
        q2=q2,
        inverse_denominator=inverse,
        z_of_deaths=weight[deaths] @ z[deaths],
        beta=factor.T @ beta if p else beta,
    )
    return NullModel(
        arrays=arrays,
        transform=transform,
        dropped_names=tuple(name for k, name in enumerate(names) if k not in kept),
        log_likelihood=float(log_likelihood),
    )
