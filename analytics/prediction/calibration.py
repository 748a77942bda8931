"""Calibration and Brier score at a horizon: predicted against observed survival, with bootstrap intervals.

Works on any predicted survival probabilities, of this cohort or of an external one. What does NOT belong
here: optimism of a model in its own cohort (`validation`) and drawing (`figures`).

Sources: Harrell 2015, section 20.8 (grouped calibration by Kaplan-Meier); Graf et al. 1999 (Brier score
with inverse probability of censoring weights); Kattan & Gerds 2018 (index of prediction accuracy).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.errors import InvalidColumnError, InvalidSettingError, TooFewError
from analytics.prediction.kernels import brier_score, grouped_kaplan_meier
from analytics.prediction.model import SortedCohort, checked_rows, sort_people
from analytics.prediction.resampling import bootstrap_counts, check_bootstrap, percentile_interval

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

MIN_GROUP: Final = 10
# Share of resamples that must give a value before an interval is printed.
USABLE_SHARE: Final = 0.8


@dataclass(frozen=True)
class BrierScore:
    """IPCW Brier score at a horizon with a bootstrap interval.

    `reference` is the score of the Kaplan-Meier of everybody, `ipa` is 1 - score / reference: 0 is no better
    than knowing nobody's covariates.
    """

    horizon_months: float
    score: float
    ci_low: float
    ci_high: float
    reference: float
    ipa: float
    ipa_ci_low: float
    ipa_ci_high: float
    n: int
    n_bootstrap: int


@dataclass(frozen=True)
class CalibrationCurve:
    """Observed against predicted survival in groups of predicted survival, lowest first.

    `table` columns: group, n, events, predicted_low, predicted_high, predicted (mean), observed
    (Kaplan-Meier), ci_low, ci_high (bootstrap percentiles), n_usable (resamples with a value), reason.
    `mean_absolute_error` is weighted by group size. `group` [row of the frame] is the group of each person, 0 for
    rows that were left out.
    """

    horizon_months: float
    table: pd.DataFrame
    mean_absolute_error: float
    mean_predicted: float
    observed_overall: float
    n_bootstrap: int
    confidence: float
    seed: int | None
    warnings: tuple[str, ...]
    group: IntArray


def calibrate(
    frame: pd.DataFrame,
    predicted_survival: npt.ArrayLike,
    horizon_months: float,
    *,
    n_groups: int = 5,
    n_bootstrap: int = 1000,
    seed: int = 1,
    resamples: IntArray | None = None,
    confidence: float = 0.95,
    time: str = "time_months",
    event: str = "event",
) -> CalibrationCurve:
    """Group people by quantiles of `predicted_survival` [row of frame] and compare with Kaplan-Meier.

    Groups are fixed; resampling people gives the interval of the observed survival. `resamples`
    [n_bootstrap, n] of row indices replaces the seed.

    Raises the errors of `survival_data`, InvalidColumnError (predictions outside 0 to 1 or missing),
    InvalidSettingError (horizon beyond follow-up, fewer than 500 resamples), TooFewError (groups under 10).
    """
    cohort, predicted = _sorted_predictions(frame, predicted_survival, time, event)
    _check_horizon(cohort, horizon_months)
    check_bootstrap(n_bootstrap, resamples, confidence)
    groups = min(n_groups, cohort.n // MIN_GROUP)
    if groups < 2:
        raise TooFewError(
            f"{cohort.n} people cannot be split into calibration groups of {MIN_GROUP}: pool cohorts first."
        )
    edges = np.unique(np.quantile(predicted, np.linspace(0, 1, groups + 1)))
    group = group_by_edges(predicted, edges)
    counts = bootstrap_counts(cohort.row, n_bootstrap, seed, resamples)
    before, last = cohort.times_before(horizon_months), cohort.times_until(horizon_months)
    n_groups_found = len(edges) - 1
    args = (group, n_groups_found, cohort.event, cohort.start)
    observed = grouped_kaplan_meier(*args, np.ones(cohort.n), before, last)
    resampled = np.stack([grouped_kaplan_meier(*args, count, before, last) for count in counts])
    table = _calibration_table(cohort, predicted, group, edges, observed, resampled, confidence)
    known = np.isfinite(observed)
    overall = grouped_kaplan_meier(
        np.zeros(cohort.n, dtype=np.int64), 1, cohort.event, cohort.start, np.ones(cohort.n), before, last
    )
    error = np.abs(table["observed"].to_numpy() - table["predicted"].to_numpy())[known]
    reasons = table["reason"].dropna().tolist()
    return CalibrationCurve(
        horizon_months=float(horizon_months),
        table=table,
        mean_absolute_error=float(np.average(error, weights=table["n"].to_numpy()[known]))
        if known.any()
        else np.nan,
        mean_predicted=float(predicted.mean()),
        observed_overall=float(overall[0]),
        n_bootstrap=len(counts),
        confidence=confidence,
        seed=None if resamples is not None else seed,
        warnings=tuple(reasons),
        group=group_of_rows(cohort, group, len(frame)),
    )


def score_brier(
    frame: pd.DataFrame,
    predicted_survival: npt.ArrayLike,
    horizon_months: float,
    *,
    n_bootstrap: int = 1000,
    seed: int = 1,
    resamples: IntArray | None = None,
    confidence: float = 0.95,
    time: str = "time_months",
    event: str = "event",
) -> BrierScore:
    """Brier score of `predicted_survival` [row of frame] at the horizon, and its index of accuracy.

    Censoring is taken as independent of covariates (Kaplan-Meier of censoring). Raises as `calibrate`.
    """
    cohort, predicted = _sorted_predictions(frame, predicted_survival, time, event)
    _check_horizon(cohort, horizon_months)
    check_bootstrap(n_bootstrap, resamples, confidence)
    before, last = cohort.times_before(horizon_months), cohort.times_until(horizon_months)
    everybody = np.zeros(cohort.n, dtype=np.int64)

    def both(count: FloatArray) -> tuple[float, float]:
        km = grouped_kaplan_meier(everybody, 1, cohort.event, cohort.start, count, before, last)[0]
        flat = np.full(cohort.n, km)
        return (
            brier_score(predicted, cohort.event, cohort.start, count, last),
            brier_score(flat, cohort.event, cohort.start, count, last),
        )

    score, reference = both(np.ones(cohort.n))
    counts = bootstrap_counts(cohort.row, n_bootstrap, seed, resamples)
    drawn = np.array([both(count) for count in counts])
    low, high = percentile_interval(drawn[:, 0], confidence)
    # A resample in which nobody died by the horizon leaves nothing to be better than.
    told = drawn[drawn[:, 1] > 0]
    ipa_low, ipa_high = percentile_interval(1.0 - told[:, 0] / told[:, 1], confidence)
    return BrierScore(
        horizon_months=float(horizon_months),
        score=float(score),
        ci_low=low,
        ci_high=high,
        reference=float(reference),
        ipa=float(1.0 - score / reference) if reference > 0 else float("nan"),
        ipa_ci_low=ipa_low,
        ipa_ci_high=ipa_high,
        n=cohort.n,
        n_bootstrap=len(counts),
    )


def group_of_rows(cohort: SortedCohort, group: IntArray, n_rows: int) -> IntArray:
    """Group number from 1 of each row of the frame that `cohort` was sorted from; 0 for rows left out."""
    rows = np.zeros(n_rows, dtype=np.int64)
    rows[cohort.row] = group + 1
    return rows


def group_by_edges(predicted: FloatArray, edges: FloatArray) -> IntArray:
    """Group 0.. of each prediction: [edge k, edge k + 1), the last one closed; outside goes to the ends."""
    return np.clip(np.searchsorted(edges[1:-1], predicted, side="right"), 0, len(edges) - 2).astype(np.int64)


def _sorted_predictions(
    frame: pd.DataFrame, predicted_survival: npt.ArrayLike, time: str, event: str
) -> tuple[SortedCohort, FloatArray]:
    predicted = np.asarray(predicted_survival, dtype=np.float64)
    if predicted.shape != (len(frame),):
        raise InvalidColumnError(
            f"{predicted.size} predictions for {len(frame)} rows do not pair up: give one per row."
        )
    data, row = checked_rows(frame, (), time, event)
    kept = predicted[row]
    if not ((kept >= 0) & (kept <= 1)).all():
        raise InvalidColumnError(
            "A predicted survival is missing or outside 0 to 1: predict for complete rows and give fractions."
        )
    cohort = sort_people(kept[:, None], data, row)
    return cohort, np.ascontiguousarray(cohort.x[:, 0])


def _check_horizon(cohort: SortedCohort, horizon_months: float) -> None:
    if not 0 < horizon_months <= cohort.times[-1]:
        raise InvalidSettingError(
            f"Horizon {horizon_months:g} months is outside the follow-up of {cohort.times[-1]:g} months: "
            "choose an earlier one."
        )


def _calibration_table(
    cohort: SortedCohort,
    predicted: FloatArray,
    group: IntArray,
    edges: FloatArray,
    observed: FloatArray,
    resampled: FloatArray,
    confidence: float,
) -> pd.DataFrame:
    rows = []
    for k in range(len(edges) - 1):
        inside = group == k
        usable = np.isfinite(resampled[:, k])
        reason = None
        low, high = float("nan"), float("nan")
        if not np.isfinite(observed[k]):
            reason = f"group {k + 1}: nobody is followed to the horizon"
        elif usable.mean() < USABLE_SHARE:
            reason = (
                f"group {k + 1}: only {usable.mean():.0%} of the resamples reach the horizon, no interval"
            )
        else:
            low, high = percentile_interval(resampled[usable, k], confidence)
        rows.append(
            {
                "group": k + 1,
                "n": int(inside.sum()),
                "events": int(cohort.event[inside].sum()),
                "predicted_low": float(predicted[inside].min()),
                "predicted_high": float(predicted[inside].max()),
                "predicted": float(predicted[inside].mean()),
                "observed": float(observed[k]),
                "ci_low": low,
                "ci_high": high,
                "n_usable": int(usable.sum()),
                "reason": reason,
            }
        )
    return pd.DataFrame(rows)
