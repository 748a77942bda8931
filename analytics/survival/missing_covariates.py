"""Sensitivity to covariates that are not known: as a level of their own, and by multiple imputation.

Belongs here: both models and the pooling of imputations. Does not belong here: the complete-case model (`cox`).
Neither replaces the complete cases: a level mixes people of every value, and imputation takes what is missing to be
explained by what is known.

Sources: White and Royston 2009, Stat Med 28:1982 (imputing covariates of a Cox model from the event and the cumulative
hazard); Rubin 1987, Multiple Imputation, section 3.1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.engine.arrays import FloatArray
from analytics.engine.distributions import t_isf, t_sf
from analytics.errors import TooFewError
from analytics.results.estimator import Estimator, Scale
from analytics.survival.data import SurvivalData, survival_data
from analytics.survival.regression.cox import CoxTerm, cox_regression
from analytics.survival.regression.model import is_categorical

MISSING_AS_LEVEL = Estimator(
    key="cox_missing_as_level",
    label="Hazard ratio, Cox, missing covariates as a level",
    scale=Scale.HAZARD_RATIO,
    heading="Covariates that are not known",
    methods="As sensitivity beside the complete cases: everybody, a missing word as a level of its own and a missing "
    "number as the mean with an indicator; and multiple imputation by chained equations with predictive mean matching "
    "from the other covariates, the group, the event and the cumulative hazard, 20 times, pooled by Rubin's rules.",
    source="White and Royston 2009, Stat Med 28:1982",
    applies="asked for, where a covariate is not known of some",
)
IMPUTED = Estimator(
    key="cox_imputed",
    label="Hazard ratio, Cox, missing covariates imputed",
    scale=Scale.HAZARD_RATIO,
    heading=MISSING_AS_LEVEL.heading,
    methods=MISSING_AS_LEVEL.methods,
    source="Rubin 1987, Multiple Imputation, section 3.1; White and Royston 2009, Stat Med 28:1982",
    applies=MISSING_AS_LEVEL.applies,
)

NOT_KNOWN = "not known"
N_IMPUTATIONS = 20
#: Rounds of chained equations before the first imputation and between two.
N_BURN_IN, N_BETWEEN = 10, 3
SEED = 20161122


@dataclass(frozen=True)
class ImputedHazardRatio:
    """Rubin's pooled log hazard ratio. missing_share: share of people with any covariate imputed; fraction_missing: of
    the information about the coefficient."""

    log_hr: float
    se: float
    ci_low: float
    ci_high: float
    p: float
    missing_share: float
    fraction_missing: float


def with_missing_as_level(frame: pd.DataFrame, covariates: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """The frame with every covariate known, and the terms that stand for them: a missing word is a level of its own, a
    missing number is the mean with an indicator beside it."""
    filled, terms = frame.copy(), []
    for name in covariates:
        values = frame[name]
        terms.append(name)
        if not values.isna().any():
            continue
        if is_categorical(values.dropna()):
            filled[name] = values.astype("object").where(values.notna(), NOT_KNOWN)
            continue
        numbers = pd.to_numeric(values, errors="coerce").astype(float)
        filled[name] = numbers.fillna(numbers.mean())
        filled[f"{name}_{NOT_KNOWN.replace(' ', '_')}"] = numbers.isna().astype(int)
        terms.append(f"{name}_{NOT_KNOWN.replace(' ', '_')}")
    return filled, terms


def imputed_hazard_ratio(
    frame: pd.DataFrame,
    group: str,
    covariates: Sequence[str],
    *,
    strata: Sequence[str] = (),
    cluster: str | None = None,
    n_imputations: int = N_IMPUTATIONS,
    seed: int = SEED,
) -> ImputedHazardRatio:
    """Hazard ratio of ``group`` adjusted for covariates of which some are not known.

    Covariates are imputed by chained equations with predictive mean matching (statsmodels), from each other, the group,
    the event and Nelson and Aalen's cumulative hazard; a Cox model on each of the completed frames, pooled by Rubin's
    rules.

    Raises
    ------
    AnalysisError
        Nothing is missing, a covariate is known of nobody, or the Cox model has no finite estimate.
    """
    data = survival_data(
        frame, complete=[group], strata=strata, carried=[*covariates, *([] if cluster is None else [cluster])]
    )
    rows = data.frame
    lacking = [name for name in covariates if rows[name].isna().any()]
    if not lacking:
        raise TooFewError("No covariate is missing: the adjusted model has everybody.")
    unknown = [name for name in lacking if rows[name].isna().all()]
    if unknown:
        raise TooFewError(
            f"{unknown[0]} is known of nobody and cannot be imputed: take it out of the adjustment."
        )
    codes = {name: _codes(rows[name]) for name in covariates}
    completed = _completed(data, group, codes, n_imputations, seed)
    lines = [_line(rows, group, codes, values, strata, cluster) for values in completed]
    return _rubin(lines, float(rows[lacking].isna().any(axis=1).mean()))


@dataclass(frozen=True, eq=False)
class _Coded:
    """A covariate as numbers (NaN where missing); levels of a word, by their code."""

    values: FloatArray
    levels: tuple[object, ...] = ()


def _codes(values: pd.Series) -> _Coded:
    if not is_categorical(values.dropna()):
        return _Coded(pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=math.nan))
    codes, levels = pd.factorize(values, sort=True)
    return _Coded(np.where(codes < 0, math.nan, codes.astype(float)), tuple(levels))


def _completed(
    people: SurvivalData, group: str, codes: dict[str, _Coded], n_imputations: int, seed: int
) -> list[dict[str, FloatArray]]:
    """Covariates without gaps, once for each imputation. Words are matched by their code: a donor's word is taken."""
    # statsmodels takes a second to import
    from statsmodels.imputation.mice import MICEData

    names = {name: f"x{k}" for k, name in enumerate(codes)}
    data = pd.DataFrame({names[name]: coded.values for name, coded in codes.items()})
    data["in_group"] = people.frame[group].astype(float).to_numpy()
    data["event"] = people.event.astype(float)
    data["hazard"] = _cumulative_hazard(people)
    imputing = MICEData(data, rng=seed)
    imputing.update_all(N_BURN_IN)
    found = []
    for _ in range(n_imputations):
        imputing.update_all(N_BETWEEN)
        found.append({name: imputing.data[short].to_numpy(copy=True) for name, short in names.items()})
    return found


def _cumulative_hazard(people: SurvivalData) -> FloatArray:
    """Nelson and Aalen's estimate at each person's own time, over all people, with delayed entry."""
    deaths, died = np.unique(people.time[people.event], return_counts=True)
    at_risk = np.array([((people.time >= t) & (people.entry < t)).sum() for t in deaths])
    steps = np.r_[0.0, np.cumsum(died / at_risk)]
    return np.asarray(steps[np.searchsorted(deaths, people.time, side="right")], dtype=float)


def _line(
    rows: pd.DataFrame,
    group: str,
    codes: dict[str, _Coded],
    values: dict[str, FloatArray],
    strata: Sequence[str],
    cluster: str | None,
) -> CoxTerm:
    filled = rows.copy()
    for name, coded in codes.items():
        own: object = values[name]
        if coded.levels:
            own = [coded.levels[int(code)] for code in values[name]]
        filled[name] = pd.Series(own, index=filled.index)
    return cox_regression(filled, [group, *codes], strata=strata, cluster=cluster).term(group)


def _rubin(lines: Sequence[CoxTerm], missing_share: float) -> ImputedHazardRatio:
    """Rubin's rules: mean of the estimates, within variance + (1 + 1/m) between variance, t."""
    m = len(lines)
    estimates = np.array([line.coef for line in lines])
    within, between = float(np.mean([line.se**2 for line in lines])), float(np.var(estimates, ddof=1))
    added = (1.0 + 1.0 / m) * between
    total = within + added
    df = math.inf if added <= 0.0 else (m - 1) * (total / added) ** 2
    mean, se = float(estimates.mean()), math.sqrt(total)
    half = float(t_isf(0.025, df)) * se
    p = float(2.0 * t_sf(abs(mean / se), df))
    return ImputedHazardRatio(mean, se, mean - half, mean + half, p, missing_share, added / total)
