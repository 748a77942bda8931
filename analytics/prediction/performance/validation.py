"""How much of a model's performance is optimism, and how it does in people it has never seen.

`bootstrap_optimism` repeats the whole fit in resamples (Harrell); `validate_external` applies a frozen
model to another cohort. What does NOT belong here: fitting for its own sake (`model`), cut-offs.

Sources: Harrell, Lee & Mark 1996 (optimism); Harrell 1982 (C-index); Graf 1999 (Brier score); van
Houwelingen 2000 (calibration slope in survival); Steyerberg 2019, chapters 5 and 15.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from analytics.engine.arrays import BoolArray, FloatArray, IntArray
from analytics.engine.compiled import compiled
from analytics.engine.cox.kernels import LEVEL_GONE, NOT_CONVERGED, RESAMPLED, baseline_hazard, maximise_cox
from analytics.engine.cox.risk_table import RiskArrays
from analytics.engine.curves import (
    brier_given_censoring,
    censoring_survival,
    concordance_counts,
)
from analytics.engine.threads import usable_threads
from analytics.errors import InvalidSettingError
from analytics.prediction.fitting.bootstrap_fits import check_failures, fit_resamples
from analytics.prediction.fitting.model import (
    Covariate,
    PredictionModel,
    SortedCohort,
    checked_rows,
    read_cohort,
    sort_people,
)
from analytics.prediction.fitting.resampling import bootstrap_counts, check_bootstrap, percentile_interval
from analytics.prediction.performance.calibration import (
    BrierScore,
    CalibrationCurve,
    calibrate,
    score_brier,
)


@dataclass(frozen=True)
class OptimismResult:
    """Apparent and optimism-corrected performance.

    `table` has one row per index (c_index, dxy, calibration_slope, brier_<t>_months): apparent, training,
    test, optimism (training - test), corrected (apparent - optimism), n_resamples. `corrected_slope` below 1
    says by how much predictions are too extreme; multiplying the linear predictor by it shrinks them.
    """

    table: pd.DataFrame
    corrected_c_index: float
    corrected_slope: float
    n: int
    n_events: int
    n_bootstrap: int
    n_failed: int
    seed: int | None
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class ExternalValidation:
    """A frozen model in another cohort; intervals are bootstrap percentiles over its people.

    `calibration_slope` is the Cox coefficient of the model's linear predictor (1 is right, below 1 too
    extreme). `observed_expected` [horizon] is observed over mean predicted mortality.
    """

    n: int
    n_events: int
    c_index: float
    c_index_ci: tuple[float, float]
    dxy: float
    calibration_slope: float
    calibration_slope_ci: tuple[float, float]
    observed_expected: dict[float, float]
    brier: tuple[BrierScore, ...]
    calibration: tuple[CalibrationCurve, ...]
    n_bootstrap: int
    warnings: tuple[str, ...]


def bootstrap_optimism(
    frame: pd.DataFrame,
    covariates: Sequence[str | Covariate],
    *,
    horizons_months: Sequence[float] = (12.0, 24.0),
    n_bootstrap: int = 1000,
    seed: int = 1,
    resamples: IntArray | None = None,
    ties: Literal["efron", "breslow"] = "efron",
    time: str = "time_months",
    event: str = "event",
    threads: int | None = None,
) -> OptimismResult:
    """Refit the model in every bootstrap sample and subtract the mean optimism from its performance.

    `resamples` [n_bootstrap, n] of row indices replaces the seed. The answer does not depend on `threads`.
    A level that a resample lacks gets coefficient 0 there; a fit that does not converge is left out and
    counted. With few events per coefficient some optimism stays (Iba et al. 2021): models of pure noise
    with six covariates and 70 events come out at C 0.62 apparent and 0.53 corrected.

    Raises as `fit_prediction_model`, InvalidSettingError (fewer than 500 resamples, horizon beyond the
    follow-up), NotConvergedError when over 5 % of the resamples cannot be fitted.
    """
    check_bootstrap(n_bootstrap, resamples, 0.95)
    cohort, _, _, warnings = read_cohort(frame, covariates, time=time, event=event, ties=ties)
    lasts = np.array([_last_time(cohort, horizon) for horizon in horizons_months], dtype=np.int64)
    counts = bootstrap_counts(cohort.row, n_bootstrap, seed, resamples)
    efron, everyone = ties == "efron", np.ones((1, cohort.n))
    beta, _ = fit_resamples(cohort, everyone, np.zeros(cohort.x.shape[1]), efron, 1)
    apparent = _measure_all(cohort, beta, everyone, lasts, efron, 1)[0]
    betas, converged = fit_resamples(cohort, counts, beta[0], efron, threads)
    warnings += check_failures(converged)
    drawn = _measure_all(cohort, betas[converged], counts[converged], lasts, efron, threads)
    table = _optimism_table(apparent, drawn, horizons_months)
    corrected = table.set_index("index")["corrected"]
    return OptimismResult(
        table=table,
        corrected_c_index=float(corrected["c_index"]),
        corrected_slope=float(corrected["calibration_slope"]),
        n=cohort.n,
        n_events=int(cohort.event.sum()),
        n_bootstrap=len(counts),
        n_failed=int((~converged).sum()),
        seed=None if resamples is not None else seed,
        warnings=tuple(warnings),
    )


def validate_external(
    model: PredictionModel,
    frame: pd.DataFrame,
    *,
    horizons_months: Sequence[float] = (12.0, 24.0),
    n_groups: int = 5,
    n_bootstrap: int = 1000,
    seed: int = 1,
    resamples: IntArray | None = None,
    time: str = "time_months",
    event: str = "event",
) -> ExternalValidation:
    """Discrimination, calibration and Brier score of a frozen model in a cohort it was not fitted on.

    Complete rows only. A horizon beyond this cohort's follow-up is left out with a warning. Raises the
    errors of `survival_data` and `PredictionModel.linear_predictor`, InvalidSettingError for fewer than 500
    resamples.
    """
    check_bootstrap(n_bootstrap, resamples, 0.95)
    names = [covariate.name for covariate in model.covariates]
    data, row = checked_rows(frame, names, time, event)
    eta = model.linear_predictor(data.frame)
    cohort = sort_people(eta[:, None], data, row)
    usable = [h for h in horizons_months if h <= min(cohort.times[-1], model.times_months[-1])]
    warnings = [*data.warnings, *_range_warnings(model, data.frame)]
    warnings += [
        f"{h:g} months lies beyond the follow-up and is left out." for h in horizons_months if h not in usable
    ]
    counts = bootstrap_counts(cohort.row, n_bootstrap, seed, resamples)
    drawn = np.array([_external_indices(cohort, count) for count in counts])
    c_index, slope = _external_indices(cohort, np.ones(cohort.n))
    own = None if resamples is None else np.searchsorted(row, resamples)
    settings = {"n_bootstrap": n_bootstrap, "seed": seed, "resamples": own, "time": time, "event": event}
    predicted = {h: model.survival(data.frame, h) for h in usable}
    curves = tuple(calibrate(data.frame, predicted[h], h, n_groups=n_groups, **settings) for h in usable)  # type: ignore[arg-type]
    scores = tuple(score_brier(data.frame, predicted[h], h, **settings) for h in usable)  # type: ignore[arg-type]
    return ExternalValidation(
        n=cohort.n,
        n_events=int(cohort.event.sum()),
        c_index=c_index,
        c_index_ci=percentile_interval(drawn[:, 0], 0.95),
        dxy=2.0 * c_index - 1.0,
        calibration_slope=slope,
        calibration_slope_ci=percentile_interval(drawn[:, 1], 0.95),
        observed_expected={
            curve.horizon_months: (1.0 - curve.observed_overall) / (1.0 - curve.mean_predicted)
            for curve in curves
        },
        brier=scores,
        calibration=curves,
        n_bootstrap=len(counts),
        warnings=tuple(dict.fromkeys([*warnings, *(w for curve in curves for w in curve.warnings)])),
    )


def _last_time(cohort: SortedCohort, horizon: float) -> int:
    if not 0 < horizon <= cohort.times[-1]:
        raise InvalidSettingError(
            f"Horizon {horizon:g} months is outside the follow-up of {cohort.times[-1]:g} months: "
            "choose an earlier one."
        )
    return cohort.times_until(horizon)


def _external_indices(cohort: SortedCohort, count: FloatArray) -> tuple[float, float]:
    eta = np.ascontiguousarray(cohort.x[:, 0])
    slope, hessian = np.ones(1), np.zeros((1, 1))
    centred = cohort.x - cohort.x.mean()
    fit = maximise_cox(cohort.risk, centred, count, True, slope, hessian, RESAMPLED, LEVEL_GONE, True)
    return _concordance(eta, cohort, count), float(slope[0]) if fit[1] != NOT_CONVERGED else float("nan")


def _concordance(eta: FloatArray, cohort: SortedCohort, count: FloatArray) -> float:
    order = np.argsort(eta, kind="stable")
    favourable, comparable = concordance_counts(eta, order, cohort.event, cohort.start, count)
    return favourable / comparable if comparable > 0 else float("nan")


def _range_warnings(model: PredictionModel, frame: pd.DataFrame) -> list[str]:
    found = []
    for name, (low, high) in model.ranges.items():
        outside = int(((frame[name] < low) | (frame[name] > high)).sum())
        if outside:
            found.append(
                f"{outside} people have {name} outside the {low:g} to {high:g} the model was fitted on."
            )
    return found


def _measure_all(
    cohort: SortedCohort,
    betas: FloatArray,
    counts: FloatArray,
    lasts: IntArray,
    efron: bool,
    threads: int | None,
) -> FloatArray:
    """Per fit: C in training and test, slope in test, then Brier in training and test per horizon."""

    def run(pair: tuple[FloatArray, FloatArray]) -> FloatArray:
        eta = pair[0] @ cohort.x.T
        order = np.argsort(eta, axis=1)
        found: FloatArray = _measure_block(
            cohort.risk, eta, order, cohort.event, cohort.start, pair[1], lasts, efron
        )
        return found

    blocks = max(1, len(counts) // 50)
    pairs = zip(np.array_split(betas, blocks), np.array_split(counts, blocks), strict=True)
    with ThreadPoolExecutor(usable_threads(threads)) as pool:
        return np.concatenate(list(pool.map(run, pairs)))


@compiled
def _measure_block(
    risk: RiskArrays,
    etas: FloatArray,
    orders: IntArray,
    event: BoolArray,
    start: IntArray,
    counts: FloatArray,
    lasts: IntArray,
    efron: bool,
) -> FloatArray:
    n = etas.shape[1]
    everyone = np.ones(n)
    g_test = censoring_survival(event, start, everyone)
    result = np.empty((etas.shape[0], 3 + 2 * lasts.shape[0]))
    slope, hessian, column = np.ones(1), np.zeros((1, 1)), np.empty((n, 1))
    relative, survival = np.empty(n), np.empty(n)
    for b in range(etas.shape[0]):
        eta, count = etas[b], counts[b]
        train = concordance_counts(eta, orders[b], event, start, count)
        test = concordance_counts(eta, orders[b], event, start, everyone)
        result[b, 0] = train[0] / train[1] if train[1] > 0.0 else np.nan
        result[b, 1] = test[0] / test[1] if test[1] > 0.0 else np.nan
        column[:, 0] = eta
        slope[0] = 1.0
        fit = maximise_cox(risk, column, everyone, efron, slope, hessian, RESAMPLED, LEVEL_GONE, False)
        result[b, 2] = slope[0] if fit[1] != NOT_CONVERGED else np.nan
        increments = baseline_hazard(eta, event, start, count, efron)
        g_train = censoring_survival(event, start, count)
        for i in range(n):
            relative[i] = np.exp(eta[i])
        for h in range(lasts.shape[0]):
            hazard = increments[: lasts[h]].sum()
            for i in range(n):
                survival[i] = np.exp(-hazard * relative[i])
            result[b, 3 + 2 * h] = brier_given_censoring(survival, event, start, count, lasts[h], g_train)
            result[b, 4 + 2 * h] = brier_given_censoring(survival, event, start, everyone, lasts[h], g_test)
    return result


def _optimism_table(apparent: FloatArray, drawn: FloatArray, horizons: Sequence[float]) -> pd.DataFrame:
    c_rows = [("c_index", apparent[0], drawn[:, 0], drawn[:, 1])]
    c_rows.append(("dxy", 2 * apparent[0] - 1, 2 * drawn[:, 0] - 1, 2 * drawn[:, 1] - 1))
    # The slope of a fit in its own sample is 1 by construction.
    c_rows.append(("calibration_slope", 1.0, np.ones(len(drawn)), drawn[:, 2]))
    for h, horizon in enumerate(horizons):
        place = 3 + 2 * h
        name = f"brier_{horizon:g}_months"
        c_rows.append((name, apparent[place], drawn[:, place], drawn[:, place + 1]))
    rows = []
    for name, own, training, test in c_rows:
        usable = np.isfinite(training) & np.isfinite(test)
        mean_training, mean_test = float(training[usable].mean()), float(test[usable].mean())
        rows.append(
            {
                "index": name,
                "apparent": float(own),
                "training": mean_training,
                "test": mean_test,
                "optimism": mean_training - mean_test,
                "corrected": float(own) - (mean_training - mean_test),
                "n_resamples": int(usable.sum()),
            }
        )
    return pd.DataFrame(rows)
