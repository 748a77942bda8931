"""Calibration of a model in its own cohort, corrected for optimism by refitting in bootstrap samples.

What does NOT belong here: calibration of given predictions (`calibration`), other performance indices
(`validation`).

Source: Harrell 2015, section 20.8 (grouped Kaplan-Meier calibration with bootstrap overfitting correction),
as rms's `calibrate` for Cox models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from analytics.engine.arrays import BoolArray, FloatArray, IntArray
from analytics.engine.compiled import compiled
from analytics.engine.cox.kernels import baseline_hazard
from analytics.engine.curves import grouped_kaplan_meier
from analytics.errors import InvalidSettingError, TooFewError
from analytics.prediction.fitting.bootstrap_fits import check_failures, fit_resamples
from analytics.prediction.fitting.model import Covariate, SortedCohort, read_cohort
from analytics.prediction.fitting.resampling import bootstrap_counts, check_bootstrap, percentile_interval
from analytics.prediction.performance.calibration import MIN_GROUP, USABLE_SHARE, group_of_rows


@dataclass(frozen=True)
class CorrectedCalibration:
    """Grouped calibration of a model in the people it was fitted on.

    `table` columns: group, n, predicted, observed, ci_low, ci_high (bootstrap percentiles of the observed
    survival of the fixed group), optimism (of observed - predicted), corrected (observed - optimism),
    n_usable, reason. `mean_absolute_error` is that of corrected - predicted, weighted by group size.
    `group` [row of the frame] is the group of each person, 0 for rows that were left out.
    """

    horizon_months: float
    table: pd.DataFrame
    edges: tuple[float, ...]
    mean_absolute_error: float
    n: int
    n_events: int
    n_bootstrap: int
    n_failed: int
    confidence: float
    seed: int | None
    warnings: tuple[str, ...]
    group: IntArray


def calibrate_model(
    frame: pd.DataFrame,
    covariates: Sequence[str | Covariate],
    horizon_months: float,
    *,
    n_groups: int = 5,
    edges: Sequence[float] | None = None,
    n_bootstrap: int = 1000,
    seed: int = 1,
    resamples: IntArray | None = None,
    confidence: float = 0.95,
    ties: Literal["efron", "breslow"] = "efron",
    time: str = "time_months",
    event: str = "event",
    threads: int | None = None,
) -> CorrectedCalibration:
    """Calibration at the horizon with intervals and optimism correction.

    Groups are quantiles of the predicted survival, or `edges` from 0 to 1. In each resample the model is
    refitted; observed - predicted in the resample minus that of the same fit in the original people is the
    optimism. Raises as `bootstrap_optimism`, and TooFewError for fewer than two groups of 10.
    """
    check_bootstrap(n_bootstrap, resamples, confidence)
    cohort, _, _, warnings = read_cohort(frame, covariates, time=time, event=event, ties=ties)
    if not 0 < horizon_months <= cohort.times[-1]:
        raise InvalidSettingError(
            f"Horizon {horizon_months:g} months is outside the follow-up of {cohort.times[-1]:g} months: "
            "choose an earlier one."
        )
    before, last = cohort.times_before(horizon_months), cohort.times_until(horizon_months)
    efron, everyone = ties == "efron", np.ones((1, cohort.n))
    beta, _ = fit_resamples(cohort, everyone, np.zeros(cohort.x.shape[1]), efron, 1)
    predicted = _predict(cohort, beta[0], everyone[0], last, efron)
    bounds = _edges(predicted, edges, n_groups)
    counts = bootstrap_counts(cohort.row, n_bootstrap, seed, resamples)
    betas, converged = fit_resamples(cohort, counts, beta[0], efron, threads)
    warnings += check_failures(converged)
    shape = (cohort.event, cohort.start)
    training, test, fixed = _errors(
        betas[converged] @ cohort.x.T, counts[converged], *shape, bounds, predicted, before, last, efron
    )
    group = np.clip(np.searchsorted(bounds[1:-1], predicted, side="right"), 0, len(bounds) - 2)
    observed = grouped_kaplan_meier(group, len(bounds) - 1, *shape, everyone[0], before, last)
    table = _table(predicted, group, observed, training - test, fixed, confidence)
    return CorrectedCalibration(
        horizon_months=float(horizon_months),
        table=table,
        edges=tuple(float(edge) for edge in bounds),
        mean_absolute_error=_mean_absolute_error(table),
        n=cohort.n,
        n_events=int(cohort.event.sum()),
        n_bootstrap=len(counts),
        n_failed=int((~converged).sum()),
        confidence=confidence,
        seed=None if resamples is not None else seed,
        warnings=(*warnings, *table["reason"].dropna().tolist()),
        group=group_of_rows(cohort, group, len(frame)),
    )


def _edges(predicted: FloatArray, edges: Sequence[float] | None, n_groups: int) -> FloatArray:
    if edges is not None:
        bounds = np.asarray(edges, dtype=np.float64)
        if len(bounds) < 3 or bounds[0] != 0.0 or bounds[-1] != 1.0 or (np.diff(bounds) <= 0).any():
            raise InvalidSettingError(
                "Edges of calibration groups must rise from 0 to 1 with one between them."
            )
        return bounds
    groups = min(n_groups, len(predicted) // MIN_GROUP)
    if groups < 2:
        raise TooFewError(
            f"{len(predicted)} people cannot be split into calibration groups of {MIN_GROUP}: pool cohorts."
        )
    bounds = np.unique(np.quantile(predicted, np.linspace(0, 1, groups + 1)))
    bounds[0], bounds[-1] = 0.0, 1.0
    return bounds


@compiled
def _survival(
    eta: FloatArray, event: BoolArray, start: IntArray, count: FloatArray, last: int, efron: bool
) -> FloatArray:
    hazard = baseline_hazard(eta, event, start, count, efron)[:last].sum()
    survival: FloatArray = np.exp(-hazard * np.exp(eta))
    return survival


def _predict(cohort: SortedCohort, beta: FloatArray, count: FloatArray, last: int, efron: bool) -> FloatArray:
    result: FloatArray = _survival(cohort.x @ beta, cohort.event, cohort.start, count, last, efron)
    return result


@compiled
def _group_error(
    survival: FloatArray,
    event: BoolArray,
    start: IntArray,
    count: FloatArray,
    bounds: FloatArray,
    before: int,
    last: int,
) -> FloatArray:
    """Observed minus mean predicted survival per group of `survival`."""
    groups = bounds.shape[0] - 1
    group = np.minimum(np.searchsorted(bounds[1:-1], survival, side="right"), groups - 1)
    total, weight = np.zeros(groups), np.zeros(groups)
    for i in range(survival.shape[0]):
        total[group[i]] += count[i] * survival[i]
        weight[group[i]] += count[i]
    observed: FloatArray = grouped_kaplan_meier(group, groups, event, start, count, before, last)
    for k in range(groups):
        observed[k] = observed[k] - total[k] / weight[k] if weight[k] > 0.0 else np.nan
    return observed


@compiled
def _errors(
    etas: FloatArray,
    counts: FloatArray,
    event: BoolArray,
    start: IntArray,
    bounds: FloatArray,
    predicted: FloatArray,
    before: int,
    last: int,
    efron: bool,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Per resample and group: error in training, error in test, observed survival of the fixed groups."""
    n_fits, groups = etas.shape[0], bounds.shape[0] - 1
    training, test, fixed = np.empty((n_fits, groups)), np.empty((n_fits, groups)), np.empty((n_fits, groups))
    everyone = np.ones(etas.shape[1])
    group = np.minimum(np.searchsorted(bounds[1:-1], predicted, side="right"), groups - 1)
    for b in range(n_fits):
        survival = _survival(etas[b], event, start, counts[b], last, efron)
        training[b] = _group_error(survival, event, start, counts[b], bounds, before, last)
        test[b] = _group_error(survival, event, start, everyone, bounds, before, last)
        fixed[b] = grouped_kaplan_meier(group, groups, event, start, counts[b], before, last)
    return training, test, fixed


def _table(
    predicted: FloatArray,
    group: IntArray,
    observed: FloatArray,
    optimism: FloatArray,
    fixed: FloatArray,
    confidence: float,
) -> pd.DataFrame:
    rows = []
    for k in range(len(observed)):
        inside = group == k
        usable = np.isfinite(optimism[:, k]) & np.isfinite(fixed[:, k])
        row: dict[str, object] = {
            "group": k + 1,
            "n": int(inside.sum()),
            "predicted": float(predicted[inside].mean()) if inside.any() else np.nan,
            "observed": float(observed[k]),
            **dict.fromkeys(("ci_low", "ci_high", "optimism", "corrected"), np.nan),
            "n_usable": int(usable.sum()),
            "reason": None,
        }
        if not np.isfinite(observed[k]):
            row["reason"] = f"group {k + 1}: nobody is followed to the horizon"
        elif usable.mean() < USABLE_SHARE:
            row["reason"] = f"group {k + 1}: only {usable.mean():.0%} of the resamples reach the horizon"
        else:
            mean = float(optimism[np.isfinite(optimism[:, k]), k].mean())
            row["ci_low"], row["ci_high"] = percentile_interval(fixed[:, k], confidence)
            row["optimism"], row["corrected"] = mean, float(observed[k]) - mean
        rows.append(row)
    return pd.DataFrame(rows)


def _mean_absolute_error(table: pd.DataFrame) -> float:
    known = table[table["corrected"].notna()]
    error = (known["corrected"] - known["predicted"]).abs()
    return float(np.average(error, weights=known["n"])) if len(known) else np.nan
