"""A Cox model made to predict: frozen coefficients, levels and baseline hazard, applied to any new cohort.

`fit_prediction_model` reads a frame of one row per person; the fitted `PredictionModel` needs nothing but a
frame with the same covariates. What does NOT belong here: hazard ratios with their guards
(`analytics.survival`), nomograms, validation.

Source: Cox 1972; Efron 1977 (ties); baseline hazard in the form that belongs to the ties (Therneau &
Grambsch 2000, section 10.2), as R's `survfit` of a `coxph`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from analytics.engine.arrays import BoolArray, FloatArray, IntArray
from analytics.engine.cox.kernels import (
    LEVEL_GONE,
    NOT_CONVERGED,
    RESAMPLED,
    baseline_hazard,
    cox_derivatives,
    maximise_cox,
)
from analytics.engine.cox.risk_table import RiskArrays, one_stratum
from analytics.errors import (
    ConstantCovariateError,
    InvalidColumnError,
    InvalidSettingError,
    NotConvergedError,
    TooFewError,
)
from analytics.survival.data import SurvivalData, require_columns, survival_data

Transform = Literal["identity", "log2_plus_1"]

# Events per coefficient below which a prediction model is known to overfit (Peduzzi 1995).
EVENTS_PER_COEFFICIENT: Final = 10


@dataclass(frozen=True)
class Covariate:
    """One covariate as the model knows it; `levels` is empty for a number, else reference level first.

    `label` is what figures print. `log2_plus_1` models log2(value + 1), for burdens.
    """

    name: str
    label: str
    transform: Transform = "identity"
    levels: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of its columns in the design matrix."""
        if not self.levels:
            return (self.name,)
        return tuple(f"{self.name}={level}" for level in self.levels[1:])


@dataclass(frozen=True, eq=False)
class SortedCohort:
    """People ascending in time, events first within a time: what the kernels need.

    `x` [n, p] is centred; `start` bounds the distinct `times`, `risk` is the same for
    the likelihood; `row` gives each person's place in the
    frame that was passed in.
    """

    x: FloatArray
    time: FloatArray
    event: BoolArray
    start: IntArray
    risk: RiskArrays
    times: FloatArray
    row: IntArray

    @property
    def n(self) -> int:
        return len(self.time)

    def times_until(self, horizon_months: float) -> int:
        """How many distinct times are at or before the horizon."""
        return int(np.searchsorted(self.times, horizon_months, side="right"))

    def times_before(self, horizon_months: float) -> int:
        """How many distinct times are before the horizon."""
        return int(np.searchsorted(self.times, horizon_months, side="left"))


@dataclass(frozen=True, eq=False)
class PredictionModel:
    """Frozen Cox model. `coefficients`, `center` [p] and `covariance` [p, p] are in the order of `columns`.

    `cumulative_hazard` [distinct times] belongs to a person at `center`, as R's centred linear predictor.
    """

    covariates: tuple[Covariate, ...]
    columns: tuple[str, ...]
    coefficients: FloatArray
    covariance: FloatArray
    center: FloatArray
    times_months: FloatArray
    cumulative_hazard: FloatArray
    ties: str
    n: int
    n_events: int
    log_likelihood: float
    log_likelihood_null: float
    ranges: dict[str, tuple[float, float]]
    warnings: tuple[str, ...]

    def linear_predictor(self, frame: pd.DataFrame) -> FloatArray:
        """Centred linear predictor of each row [n]; NaN where a covariate is missing.

        Raises MissingColumnError, and InvalidColumnError for a level that the model was not fitted on.
        """
        x = design_matrix(frame, self.covariates)
        result: FloatArray = (x - self.center) @ self.coefficients
        return result

    def survival(self, frame: pd.DataFrame, horizon_months: float) -> FloatArray:
        """Predicted probability of being event-free at the horizon for each row [n]."""
        hazard = self.hazard_at(horizon_months)
        result: FloatArray = np.exp(-hazard * np.exp(self.linear_predictor(frame)))
        return result

    def hazard_at(self, horizon_months: float) -> float:
        """Cumulative baseline hazard at the horizon.

        Raises InvalidSettingError when the horizon is not within the follow-up of the model's cohort.
        """
        if not 0 < horizon_months <= self.times_months[-1]:
            raise InvalidSettingError(
                f"Horizon {horizon_months:g} months is outside the model's follow-up of "
                f"{self.times_months[-1]:g} months: choose an earlier one."
            )
        place = int(np.searchsorted(self.times_months, horizon_months, side="right"))
        return float(self.cumulative_hazard[place - 1]) if place else 0.0

    def to_frame(self) -> pd.DataFrame:
        """One row per coefficient: covariate, level, coefficient, se, center, transform."""
        rows = []
        se = np.sqrt(np.diag(self.covariance))
        place = 0
        for covariate in self.covariates:
            for level in covariate.levels[1:] or (None,):
                rows.append(
                    {
                        "covariate": covariate.name,
                        "level": level,
                        "reference": covariate.levels[0] if covariate.levels else None,
                        "transform": covariate.transform,
                        "coefficient": float(self.coefficients[place]),
                        "se": float(se[place]),
                        "center": float(self.center[place]),
                    }
                )
                place += 1
        return pd.DataFrame(rows)


def fit_prediction_model(
    frame: pd.DataFrame,
    covariates: Sequence[str | Covariate],
    *,
    time: str = "time_months",
    event: str = "event",
    ties: Literal["efron", "breslow"] = "efron",
) -> PredictionModel:
    """Fit the Cox model of `covariates` on complete rows of `frame`, right-censored from time zero.

    Text, categorical and yes/no columns get levels (category order, else sorted; the first is the
    reference), numbers are linear or log2(x + 1).

    Raises the errors of `survival_data`, InvalidColumnError, ConstantCovariateError (a covariate does not
    vary or repeats others), TooFewError (fewer events than coefficients), NotConvergedError (a level
    without events, so that its coefficient runs away).
    """
    cohort, terms, center, warnings = read_cohort(frame, covariates, time=time, event=event, ties=ties)
    columns = tuple(column for term in terms for column in term.columns)
    beta, information = np.zeros(len(columns)), np.zeros((len(columns), len(columns)))
    one, efron = np.ones(cohort.n), ties == "efron"
    null = _null_log_likelihood(cohort, efron)
    value, status = maximise_cox(
        cohort.risk, cohort.x, one, efron, beta, information, RESAMPLED, LEVEL_GONE, True
    )
    _check_fit(information, beta, cohort, columns, status != NOT_CONVERGED)
    eta = cohort.x @ beta
    increments = baseline_hazard(eta, cohort.event, cohort.start, one, efron)
    n_events = int(cohort.event.sum())
    if n_events < EVENTS_PER_COEFFICIENT * len(columns):
        warnings.append(
            f"{n_events} events for {len(columns)} coefficients (fewer than {EVENTS_PER_COEFFICIENT} each): "
            "the model will look better here than in new people; read the optimism-corrected numbers."
        )
    return PredictionModel(
        covariates=terms,
        columns=columns,
        coefficients=beta,
        covariance=np.asarray(np.linalg.inv(information), dtype=np.float64),
        center=center,
        times_months=cohort.times,
        cumulative_hazard=np.cumsum(increments),
        ties=ties,
        n=cohort.n,
        n_events=n_events,
        log_likelihood=float(value),
        log_likelihood_null=null,
        ranges=_ranges(frame.iloc[cohort.row], terms),
        warnings=tuple(warnings),
    )


def read_cohort(
    frame: pd.DataFrame,
    covariates: Sequence[str | Covariate],
    *,
    time: str = "time_months",
    event: str = "event",
    ties: str = "efron",
) -> tuple[SortedCohort, tuple[Covariate, ...], FloatArray, list[str]]:
    """Sorted people with centred design, the covariates with their levels, the centre, and warnings."""
    if ties not in ("efron", "breslow"):
        raise InvalidSettingError(f"Tie method '{ties}' is unknown: choose 'efron' or 'breslow'.")
    if not covariates:
        raise InvalidSettingError("A prediction model needs at least one covariate: name one.")
    names = [item.name if isinstance(item, Covariate) else item for item in covariates]
    if len(set(names)) < len(names):
        raise InvalidSettingError(f"The covariates ({', '.join(names)}) name one twice: name each once.")
    require_columns(frame, names)
    data, row = checked_rows(frame, names, time, event)
    terms = tuple(_complete(item, data.frame) for item in covariates)
    x = design_matrix(data.frame, terms)
    center = x.mean(axis=0)
    warnings = [*data.warnings, *_entry_warning(data.frame)]
    return sort_people(x - center, data, row), terms, center, warnings


def checked_rows(
    frame: pd.DataFrame, complete: Sequence[str], time: str, event: str
) -> tuple[SurvivalData, IntArray]:
    """`survival_data` without delayed entry, and the place of each kept row in `frame`."""
    data = survival_data(
        frame, complete=complete, carried=("entry_months",), time=time, event=event, entry=None
    )
    return data, np.flatnonzero(data.is_kept)


def sort_people(x: FloatArray, data: SurvivalData, row: IntArray) -> SortedCohort:
    """Order people for the kernels: time ascending, events first."""
    order = np.lexsort((~data.event, data.time))
    times, first = np.unique(data.time[order], return_index=True)
    event, start = data.event[order], np.append(first, len(order)).astype(np.int64)
    return SortedCohort(
        x=np.ascontiguousarray(x[order]),
        time=data.time[order],
        event=event,
        start=start,
        risk=one_stratum(event, start),
        times=times,
        row=row[order],
    )


def design_matrix(frame: pd.DataFrame, covariates: Sequence[Covariate]) -> FloatArray:
    """Design [n, p] of fitted covariates: numbers transformed, levels as 0/1 against the reference."""
    require_columns(frame, [covariate.name for covariate in covariates])
    parts: list[FloatArray] = []
    for covariate in covariates:
        values = frame[covariate.name]
        if not covariate.levels:
            parts.append(transform_values(values, covariate)[:, None])
            continue
        text = _as_text(values)
        unknown = sorted(set(text.dropna()) - set(covariate.levels))
        if unknown:
            raise InvalidColumnError(
                f"Covariate '{covariate.name}' has the level '{unknown[0]}', which the model was not fitted "
                f"on ({', '.join(covariate.levels)}): map it to one of these or leave those rows out."
            )
        indicator = pd.DataFrame({level: text == level for level in covariate.levels[1:]}).astype(np.float64)
        indicator[text.isna()] = np.nan
        parts.append(indicator.to_numpy())
    return np.concatenate(parts, axis=1)


def transform_values(values: pd.Series, covariate: Covariate) -> FloatArray:
    """A numeric covariate on the scale of the model. Raises InvalidColumnError for text or log of < 0."""
    try:
        numbers = pd.to_numeric(values).to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as problem:
        raise InvalidColumnError(
            f"Covariate '{covariate.name}' is not numeric ({problem}): convert it."
        ) from problem
    if covariate.transform == "identity":
        return np.asarray(numbers, dtype=np.float64)
    if (numbers < 0).any():
        raise InvalidColumnError(
            f"Covariate '{covariate.name}' is below 0, so it has no log2(x + 1): correct it."
        )
    result: FloatArray = np.log2(numbers + 1.0)
    return result


def _as_text(values: pd.Series) -> pd.Series:
    return values.astype(object).map(str, na_action="ignore")


def _complete(item: str | Covariate, frame: pd.DataFrame) -> Covariate:
    """Fill in the levels of a covariate from the rows it is fitted on."""
    given = item if isinstance(item, Covariate) else Covariate(item, item.replace("_", " "))
    if given.levels:
        return given
    values = frame[given.name]
    if isinstance(values.dtype, pd.CategoricalDtype):
        used = set(_as_text(values))
        levels = tuple(str(level) for level in values.cat.categories if str(level) in used)
    elif pd.api.types.is_bool_dtype(values) or not pd.api.types.is_numeric_dtype(values):
        levels = tuple(sorted(set(_as_text(values))))
    else:
        return given
    if len(levels) < 2:
        raise ConstantCovariateError(
            f"Covariate '{given.name}' is '{levels[0]}' for everybody: leave it out."
        )
    return Covariate(given.name, given.label, given.transform, levels)


def _null_log_likelihood(cohort: SortedCohort, efron: bool) -> float:
    nothing, none = np.zeros((cohort.n, 1)), np.zeros(1)
    return float(
        cox_derivatives(cohort.risk, nothing, np.ones(cohort.n), none, efron, none, np.zeros((1, 1)))
    )


def _check_fit(
    information: FloatArray, beta: FloatArray, cohort: SortedCohort, columns: tuple[str, ...], converged: bool
) -> None:
    if cohort.event.sum() < len(columns):
        raise TooFewError(
            f"{int(cohort.event.sum())} events cannot carry {len(columns)} coefficients: drop covariates."
        )
    spread = cohort.x.std(axis=0)
    scaled = information / np.outer(np.where(spread > 0, spread, 1.0), np.where(spread > 0, spread, 1.0))
    flat = [name for name, s in zip(columns, spread, strict=True) if s == 0.0]
    # exp(15 standard deviations) is no hazard ratio: the likelihood rises for ever in that direction.
    runaway = [
        name for name, b, s in zip(columns, beta, spread, strict=True) if abs(b) * s > 15.0 or abs(b) > 25
    ]
    if flat:
        raise ConstantCovariateError(f"Covariate '{flat[0]}' does not vary: leave it out.")
    if not converged or runaway:
        raise NotConvergedError(
            f"The Cox model has no finite maximum in {', '.join(runaway) or ', '.join(columns)}: a level "
            "without events cannot be a predictor; merge it with another level."
        )
    if np.linalg.cond(scaled) > 1e12:
        raise ConstantCovariateError(
            f"The covariates ({', '.join(columns)}) repeat each other: leave one of them out."
        )


def _ranges(frame: pd.DataFrame, terms: tuple[Covariate, ...]) -> dict[str, tuple[float, float]]:
    numbers = [term for term in terms if not term.levels]
    return {term.name: (float(frame[term.name].min()), float(frame[term.name].max())) for term in numbers}


def _entry_warning(frame: pd.DataFrame) -> list[str]:
    if "entry_months" not in frame.columns:
        return []
    late = int((pd.to_numeric(frame["entry_months"], errors="coerce") > 0).sum())
    if late == 0:
        return []
    return [
        f"{late} people entered after time zero; a prediction from time zero takes them as followed from it."
    ]
