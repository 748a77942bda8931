"""Piecewise hazard ratios: one per interval of follow-up, for hazards that are not proportional.

Belongs here: splitting follow-up at cut points and the Cox regression with one group term per interval.
Does not belong here: choosing the cut points (they belong to the analysis' specification).

Source: Therneau & Grambsch (2000), section 6.5; Klein & Moeschberger (2003), section 9.2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd

from analytics.engine.arrays import IntArray
from analytics.engine.cox_likelihood import Ties
from analytics.engine.inference import ChiSquareTest, chi_square_test, normal_quantile
from analytics.engine.newton import maximise
from analytics.errors import EmptyGroupError, InvalidSettingError
from analytics.survival.cox import CoxTerm, fit_warnings, term_table
from analytics.survival.data import SurvivalData, count_of, survival_data
from analytics.survival.model import cox_model
from analytics.survival.variance import cluster_codes, model_variance, sandwich_variance


@dataclass(frozen=True)
class IntervalHazardRatio:
    """The group's hazard ratio in (from_months, to_months]; NaN where `estimable` is False."""

    from_months: float
    to_months: float
    n_at_risk: int
    events: int
    events_mutated: int
    coef: float
    se: float
    hr: float
    ci_low: float
    ci_high: float
    p: float
    estimable: bool


@dataclass(frozen=True)
class PiecewiseHazardRatio:
    """Hazard ratios per interval, and the likelihood-ratio test that they are all equal."""

    intervals: tuple[IntervalHazardRatio, ...]
    equality: ChiSquareTest
    adjusted_for: tuple[str, ...]
    strata: tuple[str, ...]
    ties: Ties
    conf_level: float
    warnings: tuple[str, ...]


def piecewise_hazard_ratio(
    frame: pd.DataFrame,
    cut_months: Sequence[float],
    group: str = "is_mutated",
    *,
    adjust: Sequence[str] = (),
    strata: Sequence[str] = (),
    cluster: str | None = None,
    ties: Ties = "efron",
    conf_level: float = 0.95,
    time: str = "time_months",
    event: str = "event",
    entry: str | None = "entry_months",
) -> PiecewiseHazardRatio:
    """Hazard ratio of a yes/no `group` in each interval between the cut points; covariates act alike in all.

    Raises the errors of `survival_data` and `cox_model`, InvalidSettingError unless the cut points are
    positive and rise, EmptyGroupError when a group has nobody.
    """
    cuts = _checked_cuts(cut_months)
    normal_quantile(conf_level)
    complete = [*adjust, *([] if cluster is None else [cluster])]
    data = survival_data(
        frame, yes_no=[group], complete=complete, strata=strata, time=time, event=event, entry=entry
    )
    if data.frame[group].nunique() < 2:
        raise EmptyGroupError(
            f"Column '{group}' does not vary in {count_of(data.n, 'row')}: compare two groups."
        )
    split, interval = split_follow_up(data, cuts)
    names = [f"{group} in interval {k + 1}" for k in range(len(cuts) + 1)]
    for k, name in enumerate(names):
        split.frame[name] = np.where(interval == k, split.frame[group], 0.0)
    model = cox_model(split, [*names, *adjust], ties=ties)
    fit = maximise(model.likelihood)
    variance = model_variance(fit)
    if cluster is not None:
        variance = sandwich_variance(
            model.likelihood, fit, cluster_codes(split.frame.loc[model.used, cluster])
        )
    lines = {line.term: line for line in term_table(model, fit, variance, conf_level)}
    common = maximise(cox_model(split, [group, *adjust], ties=ties).likelihood)
    df = sum(name in lines for name in names) - 1
    return PiecewiseHazardRatio(
        intervals=tuple(
            _interval(split, interval == k, group, lines.get(names[k]), k, cuts) for k in range(len(names))
        ),
        equality=chi_square_test(2.0 * (fit.log_likelihood - common.log_likelihood), df),
        adjusted_for=tuple(name for name in adjust if name in {term.covariate for term in model.terms}),
        strata=tuple(strata),
        ties=ties,
        conf_level=conf_level,
        warnings=(*data.warnings, *fit_warnings(model, fit)),
    )


def _checked_cuts(cut_months: Sequence[float]) -> list[float]:
    cuts = [float(cut) for cut in cut_months]
    if not cuts or min(cuts) <= 0 or any(b <= a for a, b in pairwise(cuts)):
        raise InvalidSettingError(
            f"Cut points {cuts} must be positive months in rising order: name at least one."
        )
    return cuts


def split_follow_up(data: SurvivalData, cuts: Sequence[float]) -> tuple[SurvivalData, IntArray]:
    """Cut every follow-up at `cuts`; the rows of the pieces, and the number of the interval of each."""
    starts, stops = [-math.inf, *cuts], [*cuts, math.inf]
    pieces, numbers = [], []
    for k, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        rows = np.flatnonzero((data.time > start) & (data.entry < stop))
        pieces.append((rows, np.maximum(data.entry[rows], start), np.minimum(data.time[rows], stop)))
        numbers.append(np.full(rows.size, k))
    rows = np.concatenate([piece[0] for piece in pieces])
    time = np.concatenate([piece[2] for piece in pieces])
    split = replace(
        data,
        frame=data.frame.iloc[rows].reset_index(drop=True),
        time=time,
        entry=np.concatenate([piece[1] for piece in pieces]),
        event=data.event[rows] & (time == data.time[rows]),
        strata=data.strata[rows],
        has_delayed_entry=True,
    )
    return split, np.concatenate(numbers).astype(np.int64)


def _interval(
    split: SurvivalData, rows: np.ndarray, group: str, line: CoxTerm | None, k: int, cuts: Sequence[float]
) -> IntervalHazardRatio:
    members = split.frame[group].to_numpy() == 1.0
    values = (line.coef, line.se, line.hr, line.ci_low, line.ci_high, line.p) if line else (math.nan,) * 6
    coef, se, hr, ci_low, ci_high, p = values
    return IntervalHazardRatio(
        from_months=0.0 if k == 0 else cuts[k - 1],
        to_months=cuts[k] if k < len(cuts) else math.inf,
        n_at_risk=int(rows.sum()),
        events=int((split.event & rows).sum()),
        events_mutated=int((split.event & rows & members).sum()),
        coef=coef,
        se=se,
        hr=hr,
        ci_low=ci_low,
        ci_high=ci_high,
        p=p,
        estimable=not math.isnan(coef),
    )
