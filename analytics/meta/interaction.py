"""Does the effect differ? Treatment x biomarker interaction in one trial, ratio of two hazard ratios.

"Significant here and not there" is not a test of a difference (Altman & Bland 2003); these functions are.
What does NOT belong here: pooling of cohorts (`random_effects`) and the words for a reader (`verdict`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.engine.distributions import chi_square_sf, normal_isf, normal_sf
from analytics.errors import (
    EmptyGroupError,
    InvalidColumnError,
    InvalidSettingError,
    MissingColumnError,
    NoRowsError,
    TooFewError,
)
from analytics.survival.regression.cox import CoxResult, cox_regression

SPARSE_EVENTS = 5
PRODUCT = "treatment_x_biomarker"
TREATMENT = "treatment"
BIOMARKER = "biomarker"


@dataclass(frozen=True)
class RatioEstimate:
    """A ratio on its own scale with interval, its log with standard error, and the Wald z and p."""

    ratio: float
    ci_low: float
    ci_high: float
    log_ratio: float
    log_se: float
    z: float
    p: float
    confidence: float


@dataclass(frozen=True)
class InteractionResult:
    """Cox model with treatment, biomarker and their product (Efron ties).

    `interaction` is HR(biomarker, treated) / HR(biomarker, control). `lr_p` is the likelihood-ratio test of
    the product. `cells` has one row per treatment x biomarker with n and events.
    """

    interaction: RatioEstimate
    lr_chi2: float
    lr_p: float
    biomarker_in_treated: RatioEstimate
    biomarker_in_control: RatioEstimate
    treatment_in_mutated: RatioEstimate
    treatment_in_wild_type: RatioEstimate
    n: int
    events: int
    n_left_out: int
    adjusted_for: tuple[str, ...]
    strata: tuple[str, ...]
    cells: pd.DataFrame
    warnings: tuple[str, ...]


def ratio_estimate(log_ratio: float, log_se: float, confidence: float = 0.95) -> RatioEstimate:
    """Wald interval and p of a log ratio. Raises InvalidColumnError unless log_se is above 0 and finite."""
    _check_confidence(confidence)
    if not (np.isfinite(log_ratio) and np.isfinite(log_se) and log_se > 0):
        raise InvalidColumnError(
            f"Log ratio {log_ratio} with standard error {log_se} is not an estimate: both must be finite "
            "and the standard error above 0."
        )
    half = float(normal_isf((1.0 - confidence) / 2.0)) * log_se
    z = log_ratio / log_se
    low, mid, high = (float(np.exp(log_ratio + shift)) for shift in (-half, 0.0, half))
    return RatioEstimate(
        ratio=mid,
        ci_low=low,
        ci_high=high,
        log_ratio=float(log_ratio),
        log_se=float(log_se),
        z=float(z),
        p=float(2.0 * normal_sf(abs(z))),
        confidence=confidence,
    )


def ratio_of_hazard_ratios(
    log_hr: float, se: float, control_log_hr: float, control_se: float, confidence: float = 0.95
) -> RatioEstimate:
    """Hazard ratio in one group of people over that in another, independent one (Altman & Bland 2003).

    The two log hazard ratios differ by d = log_hr - control_log_hr with standard error
    sqrt(se^2 + control_se^2). The same people in both would make that too large: see `person_id`.
    """
    for name, value in (("se", se), ("control_se", control_se)):
        if not (np.isfinite(value) and value > 0):
            raise InvalidColumnError(f"Standard error {name} = {value} is not above 0: give that of log HR.")
    return ratio_estimate(log_hr - control_log_hr, float(np.hypot(se, control_se)), confidence)


def treatment_biomarker_interaction(
    frame: pd.DataFrame,
    *,
    time: str,
    event: str,
    treatment: str,
    biomarker: str,
    covariates: Sequence[str] = (),
    strata: Sequence[str] = (),
    confidence: float = 0.95,
) -> InteractionResult:
    """Cox model of treatment, biomarker and their product, one row of `frame` per person.

    `time` in any one unit (months here), `event`, `treatment` and `biomarker` boolean or 0/1; text
    covariates become indicators against their first level. Rows with a missing value are left out and
    counted. Warns when a treatment x biomarker cell has fewer than 5 events.

    Raises MissingColumnError, InvalidColumnError (a 0/1 column holds something else), NoRowsError,
    EmptyGroupError (nobody in a cell), TooFewError (nobody had the event in a cell: no finite estimate).
    """
    _check_confidence(confidence)
    columns = [time, event, treatment, biomarker, *covariates, *strata]
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise MissingColumnError(
            f"Column '{missing[0]}' is not in the frame: choose one of {', '.join(map(str, frame.columns))}."
        )
    rows = frame[list(dict.fromkeys(columns))].dropna()
    if rows.empty:
        raise NoRowsError("No row has all of " + ", ".join(columns) + ": drop a covariate or fill it in.")
    flags = {name: _flag(rows, name) for name in (event, treatment, biomarker)}
    cells = _cells(flags[treatment], flags[biomarker], flags[event])
    data = _design(rows, flags, time, event, treatment, biomarker, covariates, strata)
    terms = [name for name in data.columns if name not in (time, event, *strata)]
    full = _fit(data, terms, time, event, strata)
    null = _fit(data, [name for name in terms if name != PRODUCT], time, event, strata)
    lr_chi2 = max(0.0, 2.0 * (full.log_likelihood - null.log_likelihood))
    contrast = _Contrast(full, confidence)
    return InteractionResult(
        interaction=contrast(PRODUCT),
        lr_chi2=float(lr_chi2),
        lr_p=float(chi_square_sf(lr_chi2, 1)),
        biomarker_in_treated=contrast(BIOMARKER, PRODUCT),
        biomarker_in_control=contrast(BIOMARKER),
        treatment_in_mutated=contrast(TREATMENT, PRODUCT),
        treatment_in_wild_type=contrast(TREATMENT),
        n=len(rows),
        events=int(flags[event].sum()),
        n_left_out=len(frame) - len(rows),
        adjusted_for=tuple(covariates),
        strata=tuple(strata),
        cells=cells,
        warnings=_sparse_warnings(cells),
    )


class _Contrast:
    """Sums of coefficients of a fitted model with their standard errors from the covariance."""

    def __init__(self, model: CoxResult, confidence: float) -> None:
        self.names = [term.term for term in model.terms]
        self.beta = np.array([term.coef for term in model.terms], dtype=np.float64)
        self.covariance = np.array(model.covariance, dtype=np.float64)
        self.confidence = confidence

    def __call__(self, *terms: str) -> RatioEstimate:
        pick = np.array([name in terms for name in self.names], dtype=np.float64)
        variance = float(pick @ self.covariance @ pick)
        return ratio_estimate(float(pick @ self.beta), float(np.sqrt(variance)), self.confidence)


def _flag(rows: pd.DataFrame, name: str) -> npt.NDArray[np.float64]:
    numbers = pd.to_numeric(rows[name].astype(object).map(lambda v: v), errors="coerce")
    if not bool(numbers.isin([0, 1]).all()):
        seen = ", ".join(map(str, pd.unique(rows[name])[:4]))
        raise InvalidColumnError(f"Column '{name}' holds {seen}: code it as 0/1 or false/true first.")
    return numbers.to_numpy(dtype=np.float64)


def _cells(
    treated: npt.NDArray[np.float64], mutated: npt.NDArray[np.float64], event: npt.NDArray[np.float64]
) -> pd.DataFrame:
    records = []
    for arm in (0, 1):
        for status in (0, 1):
            inside = (treated == arm) & (mutated == status)
            n, events = int(inside.sum()), int(event[inside].sum())
            name = f"{'treated' if arm else 'control'}, biomarker {'present' if status else 'absent'}"
            if n == 0:
                raise EmptyGroupError(f"Nobody is in the cell '{name}': an interaction needs all four cells.")
            if events == 0:
                raise TooFewError(
                    f"Nobody of {n} had the event in the cell '{name}': the interaction has no finite "
                    "estimate, use Firth's penalty or a longer follow-up."
                )
            records.append({"is_treated": bool(arm), "in_group": bool(status), "n": n, "events": events})
    return pd.DataFrame.from_records(records)


def _design(
    rows: pd.DataFrame,
    flags: dict[str, npt.NDArray[np.float64]],
    time: str,
    event: str,
    treatment: str,
    biomarker: str,
    covariates: Sequence[str],
    strata: Sequence[str],
) -> pd.DataFrame:
    treated, mutated = flags[treatment], flags[biomarker]
    # Centred covariates: the likelihood is unchanged and Newton's steps stay well scaled.
    # pandas cannot make dummies of no column at all
    adjust = (
        pd.get_dummies(rows[list(covariates)], drop_first=True).astype(np.float64)
        if covariates
        else pd.DataFrame(index=rows.index)
    )
    adjust = adjust - adjust.mean()
    data = pd.DataFrame(
        {
            time: rows[time],
            event: flags[event],
            TREATMENT: treated,
            BIOMARKER: mutated,
            PRODUCT: treated * mutated,
        },
        index=rows.index,
    )
    return pd.concat([data, adjust, rows[list(strata)]], axis=1)


def _fit(data: pd.DataFrame, terms: Sequence[str], time: str, event: str, strata: Sequence[str]) -> CoxResult:
    """By the fit of every other hazard ratio; entry is that of randomisation, at which everybody is followed."""
    return cox_regression(data, terms, strata=strata, time=time, event=event, entry=None)


def _sparse_warnings(cells: pd.DataFrame) -> tuple[str, ...]:
    sparse = cells[cells["events"] < SPARSE_EVENTS].to_dict("records")
    return tuple(
        f"Only {row['events']} events of {row['n']} {'treated' if row['is_treated'] else 'control'} people "
        f"{'with' if row['in_group'] else 'without'} the biomarker: the interaction is unstable."
        for row in sparse
    )


def _check_confidence(confidence: float) -> None:
    if not 0.0 < confidence < 1.0:
        raise InvalidSettingError(f"Interval level {confidence} is not between 0 and 1: use 0.95 for 95 %.")
