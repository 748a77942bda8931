"""Kaplan-Meier curves per group, with delayed entry, and what is read off them.

Belongs here: the product-limit estimate and what is read off it. Does not belong here: tests between groups
(`log_rank`), areas under it (`restricted_mean`), drawing (`figures`).

Own code rather than lifelines' KaplanMeierFitter (0.30.3): it has no log-transformed interval, its table
counts a person who enters at t as at risk at t (entries 0, 0, 1, 0 with deaths at 2, 1, 2, 3: 4 at risk at
time 1 where R and the partial likelihood have 3), and it raises where one entry equals its time.

Sources: Kaplan & Meier (1958), JASA 53:457; Greenwood's variance; Brookmeyer & Crowley (1982), Biometrics
38:29 for the interval of the median; Klein & Moeschberger (2003), Survival Analysis, section 4.6 for left
truncation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from analytics.engine.arrays import BoolArray, FloatArray, IntArray
from analytics.engine.inference import normal_quantile
from analytics.errors import InvalidSettingError
from analytics.survival.data import SurvivalData, count_of, survival_data

ConfidenceTransform = Literal["log-log", "log"]
EVERYBODY = "all"


@dataclass(frozen=True)
class MedianSurvival:
    """Median in months with its Brookmeyer-Crowley interval; NaN with a flag where not reached."""

    months: float
    ci_low: float
    ci_high: float
    median_reached: bool
    ci_high_reached: bool


@dataclass(frozen=True, eq=False)
class Steps:
    """A curve at its distinct times (t,); `log_se` is the standard error of the log of the survival."""

    time_months: FloatArray
    n_at_risk: IntArray
    n_events: FloatArray
    n_leaving: IntArray
    survival: FloatArray
    log_se: FloatArray
    ci_low: FloatArray
    ci_high: FloatArray


@dataclass(frozen=True, eq=False)
class KaplanMeierCurve:
    """One group's curve.

    `entry_months` and `exit_months` are the group's own times, from which numbers at risk are counted.
    """

    group: str
    n: int
    n_events: int
    steps: Steps
    median: MedianSurvival
    transform: ConfidenceTransform
    conf_level: float
    entry_months: FloatArray
    exit_months: FloatArray
    has_delayed_entry: bool

    @property
    def last_month(self) -> float:
        """The longest follow-up."""
        return float(self.steps.time_months[-1])

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per distinct time (end of follow-up of somebody): time_months, n_at_risk, n_events, n_censored,
        survival, standard_error (Greenwood, of the survival), ci_low, ci_high.

        The interval is NaN where its transform does not exist: at survival 0, and for log-log also at survival 1, as in
        R. Made when it is asked for: of most curves an answer reads the median alone.
        """
        steps, n_events = self.steps, self.steps.n_events.astype(int)
        with np.errstate(invalid="ignore"):
            standard_error = steps.survival * steps.log_se
        return pd.DataFrame(
            {
                "time_months": steps.time_months,
                "n_at_risk": steps.n_at_risk.astype(int),
                "n_events": n_events,
                "n_censored": steps.n_leaving - n_events,
                "survival": steps.survival,
                "standard_error": standard_error,
                "ci_low": steps.ci_low,
                "ci_high": steps.ci_high,
            }
        )

    def n_at_risk(self, months: Sequence[float]) -> tuple[int, ...]:
        """People at risk just before each time (at 0: at the start): entered before it and not yet gone."""
        entry, exit_ = self.entry_months, self.exit_months
        return tuple(int(((exit_ >= t) & ((entry < t) | ((t == 0) & (entry <= 0)))).sum()) for t in months)

    def survival_at(self, months: Sequence[float]) -> pd.DataFrame:
        """Survival at fixed months: months, n_at_risk, survival, standard_error, ci_low, ci_high.

        NaN beyond the last follow-up, where nothing is known, unless the curve has reached 0.
        """
        table = self.table
        times = table["time_months"].to_numpy()
        at = np.searchsorted(times, np.asarray(months, dtype=float), side="right") - 1
        rows = []
        for t, i in zip(months, at, strict=True):
            unknown = t > times[-1] and table["survival"].iloc[-1] > 0
            if unknown:
                values = [math.nan] * 4
            elif i < 0:
                values = (
                    [1.0, 0.0, math.nan, math.nan] if self.transform == "log-log" else [1.0, 0.0, 1.0, 1.0]
                )
            else:
                values = list(table[["survival", "standard_error", "ci_low", "ci_high"]].iloc[i])
            rows.append([float(t), self.n_at_risk([t])[0], *values])
        return pd.DataFrame(
            rows, columns=["months", "n_at_risk", "survival", "standard_error", "ci_low", "ci_high"]
        )


@dataclass(frozen=True)
class KaplanMeierResult:
    """The curves of an analysis frame, in the order of the group labels, and what was left out."""

    curves: tuple[KaplanMeierCurve, ...]
    warnings: tuple[str, ...]

    def curve(self, group: str | bool) -> KaplanMeierCurve:
        """The curve of a group. Raises KeyError when there is none."""
        for one in self.curves:
            if one.group == str(group):
                return one
        raise KeyError(
            f"There is no group '{group}': there are {', '.join(one.group for one in self.curves)}."
        )


def kaplan_meier(
    frame: pd.DataFrame,
    group: str | None = "in_group",
    *,
    transform: ConfidenceTransform = "log-log",
    conf_level: float = 0.95,
    time: str = "time_months",
    event: str = "event",
    entry: str | None = "entry_months",
) -> KaplanMeierResult:
    """Kaplan-Meier curve of each value of `group` (of everybody when None), at risk on (entry, time].

    A group without events is a curve at 1, not an error. Group labels are the values as text, sorted.
    Raises the errors of `survival_data`, and InvalidSettingError for an unknown transform.
    """
    if transform not in ("log-log", "log"):
        raise InvalidSettingError(f"Interval transform '{transform}' is unknown: choose 'log-log' or 'log'.")
    complete = [] if group is None else [group]
    data = survival_data(frame, complete=complete, time=time, event=event, entry=entry, require_events=False)
    labels = (
        np.full(data.n, EVERYBODY) if group is None else data.frame[group].astype(str).to_numpy(dtype=str)
    )
    curves, warnings = [], list(data.warnings)
    for label in np.unique(labels):
        curve = kaplan_meier_curve(data, labels == label, str(label), transform, conf_level)
        curves.append(curve)
        warnings.extend(_early_zero(curve))
    return KaplanMeierResult(tuple(curves), tuple(warnings))


def kaplan_meier_curve(
    data: SurvivalData,
    rows: BoolArray,
    label: str,
    transform: ConfidenceTransform = "log-log",
    conf_level: float = 0.95,
) -> KaplanMeierCurve:
    """The curve of the chosen rows of checked data."""
    time, event, entry = data.time[rows], data.event[rows], data.entry[rows]
    times, at = np.unique(time, return_inverse=True)
    n_events = np.asarray(np.bincount(at, event.astype(float), times.size), dtype=float)
    n_leaving = np.bincount(at, minlength=times.size)
    n_at_risk = number_at_risk(times, time, entry)
    survival = np.cumprod(1.0 - n_events / n_at_risk, dtype=np.float64)
    survivors = n_at_risk - n_events
    hazard_variance = np.divide(
        n_events, n_at_risk * survivors, out=np.zeros(times.size), where=survivors > 0
    )
    # When nobody is left the variance of log survival is infinite, and R reports no standard error from
    # there on.
    log_se = np.sqrt(np.cumsum(np.where(survivors > 0, hazard_variance, np.inf)))
    ci_low, ci_high = survival_interval(survival, log_se, transform, normal_quantile(conf_level))
    return KaplanMeierCurve(
        group=label,
        n=int(rows.sum()),
        n_events=int(event.sum()),
        steps=Steps(times, n_at_risk, n_events, n_leaving, survival, log_se, ci_low, ci_high),
        median=_median(times, survival, ci_low, ci_high),
        transform=transform,
        conf_level=conf_level,
        entry_months=np.where(np.isfinite(entry), entry, 0.0),
        exit_months=time,
        has_delayed_entry=data.has_delayed_entry,
    )


def number_at_risk(times: FloatArray, time: FloatArray, entry: FloatArray) -> IntArray:
    """At each of ``times`` who entered before it, minus who is gone before it; -inf entries count at every time."""
    entered = np.searchsorted(np.sort(entry), times, side="left")
    at_risk: IntArray = entered - np.searchsorted(np.sort(time), times, side="left")
    return at_risk


def survival_interval(
    survival: FloatArray, log_se: FloatArray, transform: ConfidenceTransform, z: float
) -> tuple[FloatArray, FloatArray]:
    """Ends of the interval of a share with the standard error of its log; NaN where the transform has none."""
    low, high = np.full(survival.size, np.nan), np.full(survival.size, np.nan)
    inside = (survival > 0) & (survival < 1) if transform == "log-log" else survival > 0
    s, se = survival[inside], log_se[inside]
    if transform == "log-log":
        half = z * se / np.log(s)
        low[inside], high[inside] = np.exp(np.log(s) * np.exp(-half)), np.exp(np.log(s) * np.exp(half))
    else:
        low[inside], high[inside] = s * np.exp(-z * se), np.minimum(s * np.exp(z * se), 1.0)
    return low, high


def _median(times: FloatArray, survival: FloatArray, low: FloatArray, high: FloatArray) -> MedianSurvival:
    months = first_time_at_half(times, survival)
    ci_high = first_time_at_half(times, high)
    return MedianSurvival(
        months, first_time_at_half(times, low), ci_high, not math.isnan(months), not math.isnan(ci_high)
    )


def first_time_at_half(times: FloatArray, survival: FloatArray) -> float:
    """First time at which `survival` is 0.5 or less, the middle of a step at 0.5; NaN if never.

    The middle, because every time on a step at exactly one half is a median; R does the same
    (`print.survfit`).
    """
    tolerance = math.sqrt(np.finfo(float).eps)
    known = ~np.isnan(survival) & (survival < 0.5 + tolerance)
    if not known.any():
        return math.nan
    t, s = times[known], survival[known]
    lower = np.flatnonzero(s < s[0])
    if abs(s[0] - 0.5) < tolerance and lower.size:
        return float((t[0] + t[lower[0]]) / 2.0)
    return float(t[0])


def _early_zero(curve: KaplanMeierCurve) -> list[str]:
    """A risk set can empty while people are still to enter; the curve is then 0 for good."""
    zero = np.flatnonzero(curve.steps.survival == 0.0)
    if not curve.has_delayed_entry or not zero.size:
        return []
    months = float(curve.steps.time_months[zero[0]])
    n_later = int((curve.exit_months > months).sum())
    if n_later == 0:
        return []
    return [
        f"The curve of group {curve.group} falls to 0 at {months:g} months because the last one "
        "then at risk had the "
        f"event, although {count_of(n_later, 'person')} entered later: begin the curve at a later time."
    ]
