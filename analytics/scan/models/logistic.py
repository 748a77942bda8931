"""Logistic models of every gene on one set of patients; Firth's penalty where a cell of the table is sparse.

What does not belong here: which patients and genes go together (`response_scan.py`), the compiled loops.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.engine.arrays import BoolArray, FloatArray, IntArray, WordArray
from analytics.engine.cox.kernels import CONVERGED
from analytics.engine.lanes.carriers import CarrierRows
from analytics.engine.lanes.logistic import (
    LogisticArrays,
    LogisticFits,
    ResponseCarriers,
    empty_logistic,
    fit_genes_logistic,
)
from analytics.engine.lanes.null_model import has_maximum, independent_columns
from analytics.engine.lanes.scores import sum_over_carriers
from analytics.engine.lanes.shifted_logistic import fit_shifted
from analytics.engine.threads import blocks_of_genes, over_blocks
from analytics.scan.frame import ScanInputError
from analytics.scan.models.cox import (
    COLLINEAR_SHARE,
    COX_COLUMNS,
    LARGEST_COEFFICIENT,
    LARGEST_ERROR,
    NO_INFORMATION,
    give_up_diverged,
    test_columns,
)
from analytics.scan.models.reasons import (
    COLLINEAR,
    FEW_IN_A_CELL,
    LOGISTIC,
    LOGISTIC_FIRTH,
    NO_MAXIMUM,
    NO_MIXED_STRATUM,
    no_words,
    word_where,
)
from analytics.scan.settings import ScanSettings

MOST_STEPS = 50


@dataclass(frozen=True)
class LogisticNull:
    """Intercept per stratum and covariates, fitted without a gene. mean (m): fitted probabilities of response.
    beta (k): its coefficients in the coordinates of `arrays.z`; transform (p, k): from the covariates to these."""

    arrays: LogisticArrays
    mean: FloatArray
    dropped_names: tuple[str, ...]
    beta: FloatArray
    transform: FloatArray


def fit_logistic_null(
    response: FloatArray, stratum: IntArray, covariates: FloatArray, names: tuple[str, ...]
) -> LogisticNull:
    """Fit m patients: response (m) 0 or 1, stratum codes (m), covariates (m, p).

    Every stratum must have responders and non-responders. A covariate that is constant or a combination of others is
    dropped and named. Raises ScanInputError when the covariates separate responders from the others.
    """
    _, codes = np.unique(stratum, return_inverse=True)
    intercepts = np.zeros((len(response), int(codes.max(initial=0)) + 1))
    intercepts[np.arange(len(response)), codes] = 1.0
    spread = covariates.std(axis=0)
    scaled = (covariates - covariates.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    x = np.column_stack([intercepts, scaled])
    kept = independent_columns(x.T @ x, float(len(response)))
    x = x[:, kept]
    beta = np.zeros(x.shape[1])
    converged = False
    for _ in range(MOST_STEPS):
        mean = 1.0 / (1.0 + np.exp(-(x @ beta)))
        information = (x * (mean * (1.0 - mean))[:, None]).T @ x
        gradient = x.T @ (response - mean)
        if np.linalg.cond(information) > 1e14:
            break
        step = np.linalg.solve(information, gradient)
        beta = beta + step
        if step @ gradient < 1e-18:
            converged = True
            break
    if not has_maximum(x @ beta, converged):
        raise ScanInputError(
            f"The logistic model with the covariates alone ({', '.join(names)}) does not converge on {len(response)} "
            f"patients with {int(response.sum())} responders; drop or merge the covariate with empty levels."
        )
    root = np.linalg.cholesky(information)
    z = np.ascontiguousarray(x @ np.linalg.inv(root).T)
    lower = np.tril_indices(z.shape[1])
    arrays = LogisticArrays(
        z=z,
        pairs=np.ascontiguousarray(z[:, lower[0]] * z[:, lower[1]]),
        offset=x @ beta,
        response=response,
        z_of_responders=response @ z,
    )
    first = intercepts.shape[1]
    into_x = np.zeros((first + len(names), len(names)))
    into_x[first:] = np.diag(1.0 / np.where(spread > 0, spread, 1.0))
    return LogisticNull(
        arrays=arrays,
        mean=mean,
        dropped_names=tuple(name for k, name in enumerate(names) if first + k not in kept),
        beta=root.T @ beta,
        transform=into_x[kept].T @ np.linalg.inv(root).T,
    )


def fit_logistic(
    null: LogisticNull, carriers: CarrierRows, eligible: BoolArray, settings: ScanSettings
) -> pd.DataFrame:
    """One row per gene of `carriers` (G'), columns COX_COLUMNS with log odds ratios in the place of log hazard ratios.

    Wald, score and likelihood-ratio tests have 1 df. Firth (1993; Heinze & Schemper 2002, Stat Med 21:2409) where a
    cell of gene by response has fewer than settings.firth_below_events patients; its interval is Wald's at the
    penalised estimate, its likelihood-ratio test that of the penalised likelihood. Carriers with covariates of their
    own (`with_shift`) keep them in the model without the gene, too, with which the tests compare.
    """
    arrays = ResponseCarriers(carriers.arrays.start, carriers.arrays.row)
    n_genes = len(eligible)
    n, hits = len(null.mean), int(null.arrays.response.sum())
    sums = np.zeros((n_genes, null.arrays.z.shape[1] + 3))
    spread = null.mean * (1.0 - null.mean)
    per_row = np.column_stack([null.arrays.response, null.mean, spread, spread[:, None] * null.arrays.z])
    sum_over_carriers(carriers.arrays, np.ascontiguousarray(per_row), sums)
    observed, expected, variance, cross = sums[:, 0], sums[:, 1], sums[:, 2], sums[:, 3:]
    rest = variance - (cross**2).sum(axis=1)
    inside = np.diff(carriers.arrays.start)
    present = eligible & (inside > 0) & (inside < n)
    separate = present & (rest > max(COLLINEAR_SHARE, NO_INFORMATION) * variance)
    cells = np.stack([observed, inside - observed, hits - observed, n - hits - inside + observed])
    few = separate & (cells.min(axis=0) < settings.firth_below_events)
    genes = np.flatnonzero(separate & ~few)

    has_shift = len(carriers.arrays.shift) > 0
    shifted_score = np.full(n_genes, np.nan)

    def fit_these(chosen: IntArray, is_penalised: bool) -> LogisticFits:
        if not has_shift:
            return _fit(null, arrays, chosen, inside, is_penalised, settings.n_threads)
        out = empty_logistic(n_genes)
        given = (null.arrays.z, null.arrays.response, null.beta, carriers.arrays)
        fit_shifted(*given, chosen, is_penalised, out, shifted_score)
        return out

    fit = fit_these(genes, False)
    unbounded = (np.abs(fit.coefficient) > LARGEST_COEFFICIENT) | (fit.standard_error > LARGEST_ERROR)
    no_maximum = np.zeros(n_genes, dtype=np.bool_)
    no_maximum[genes] = unbounded[genes] | (fit.status[genes] != CONVERGED)
    penalised = np.flatnonzero(few | no_maximum)
    second = fit_these(penalised, True)
    for kept, other in zip(fit, second, strict=True):
        kept[penalised] = other[penalised]
    with np.errstate(divide="ignore", invalid="ignore"):
        score = np.where(separate, (observed - expected) ** 2 / rest, np.nan)
    if has_shift:
        score = shifted_score
    lr_chi2 = 2.0 * (fit.log_ratio - fit.held_log_ratio)
    columns = test_columns(fit.coefficient, fit.standard_error, lr_chi2, score, settings.confidence)
    columns |= _method_columns(fit.status == CONVERGED, few, no_maximum, settings)
    reason = no_words(n_genes)
    reason[present & ~separate] = COLLINEAR
    reason[eligible & ~present] = NO_MIXED_STRATUM
    columns["reason"] = reason
    give_up_diverged(columns, separate)
    return pd.DataFrame(columns, columns=list(COX_COLUMNS))


def _method_columns(
    done: BoolArray, few: BoolArray, no_maximum: BoolArray, settings: ScanSettings
) -> dict[str, WordArray]:
    """By which model each gene was fitted, and why with a penalty."""
    method, because = word_where(done, LOGISTIC), no_words(len(done))
    method[done & (few | no_maximum)] = LOGISTIC_FIRTH
    because[no_maximum] = NO_MAXIMUM
    because[few] = FEW_IN_A_CELL.format(n=settings.firth_below_events)
    return {"method": method, "firth_because": because}


def _fit(
    null: LogisticNull,
    carriers: ResponseCarriers,
    genes: IntArray,
    size: IntArray,
    penalised: bool,
    n_threads: int,
) -> LogisticFits:
    out = empty_logistic(len(carriers.start) - 1)
    over_blocks(
        lambda blocks: fit_genes_logistic(null.arrays, carriers, blocks, penalised, out),
        blocks_of_genes(genes, size.astype(np.float64)),
        n_threads,
    )
    return out
