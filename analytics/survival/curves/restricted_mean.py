"""Restricted mean survival time: months lived up to a horizon tau, their difference and ratio.

Belongs here: areas under Kaplan-Meier curves.
Does not belong here: the curves (`kaplan_meier`).

Source: Royston & Parmar (2013), BMC Med Res Methodol 13:152; Klein & Moeschberger (2003), section 4.5 for
the variance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.engine.inference import normal_quantile, two_sided_p
from analytics.errors import EmptyGroupError, InvalidSettingError, TooFewError
from analytics.survival.curves.kaplan_meier import KaplanMeierCurve, KaplanMeierResult, kaplan_meier
from analytics.survival.data import count_of


@dataclass(frozen=True)
class RestrictedMean:
    """One group's restricted mean survival time in months, with its standard error and normal interval."""

    group: str
    n: int
    n_events: int
    rmst_months: float
    se_months: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True)
class Contrast:
    """A comparison of the second group with the first: estimate, interval, two-sided p."""

    estimate: float
    se: float
    ci_low: float
    ci_high: float
    p: float


@dataclass(frozen=True)
class RestrictedMeanComparison:
    """Restricted means up to `tau_months`. `difference` (months) and `ratio` are second group against first;
    `se` of the ratio is that of its log. None unless there are exactly two groups."""

    tau_months: float
    groups: tuple[RestrictedMean, ...]
    difference: Contrast | None
    ratio: Contrast | None
    conf_level: float
    warnings: tuple[str, ...]


def restricted_mean_survival(
    frame: pd.DataFrame,
    group: str | None = "in_group",
    *,
    tau_months: float | None = None,
    conf_level: float = 0.95,
    time: str = "time_months",
    event: str = "event",
    entry: str | None = "entry_months",
) -> RestrictedMeanComparison:
    """Restricted mean survival time per group up to tau (default: the shorter of the last follow-ups).

    Raises the errors of `survival_data`, InvalidSettingError when tau is not above 0 or beyond the
    follow-up of a group (its curve is unknown there), EmptyGroupError when `group` has one value only.
    """
    curves = kaplan_meier(frame, group, conf_level=conf_level, time=time, event=event, entry=entry)
    return restricted_means(curves, group, tau_months=tau_months, conf_level=conf_level)


def restricted_means(
    curves: KaplanMeierResult, group: str | None, *, tau_months: float | None = None, conf_level: float = 0.95
) -> RestrictedMeanComparison:
    """The same of curves that are there already, of the values of ``group``; raises as `restricted_mean_survival`."""
    z = normal_quantile(conf_level)
    if group is not None and len(curves.curves) < 2:
        raise EmptyGroupError(
            f"Column '{group}' has the single value {curves.curves[0].group}: compare two "
            "groups, or pass group=None."
        )
    tau = _horizon(curves.curves, tau_months)
    means = tuple(_restricted_mean(curve, tau, z) for curve in curves.curves)
    difference = ratio = None
    if len(means) == 2:
        difference, ratio = _difference(means[0], means[1], z), _ratio(means[0], means[1], z)
    return RestrictedMeanComparison(tau, means, difference, ratio, conf_level, curves.warnings)


def _last_known(curve: KaplanMeierCurve) -> float:
    """The last time at which the curve is known: the longest follow-up, or for ever once it has reached 0."""
    return math.inf if curve.steps.survival[-1] == 0.0 else curve.last_month


def _horizon(curves: tuple[KaplanMeierCurve, ...], tau_months: float | None) -> float:
    if tau_months is None:
        return min(curve.last_month for curve in curves)
    if not tau_months > 0:
        raise InvalidSettingError(f"The horizon tau is {tau_months:g} months: it must be above 0.")
    for curve in curves:
        if tau_months > _last_known(curve):
            raise InvalidSettingError(
                f"The horizon tau of {tau_months:g} months is beyond the last follow-up of group "
                f"{curve.group} "
                f"({_last_known(curve):g} months): choose a tau within every group's follow-up."
            )
    return float(tau_months)


def _restricted_mean(curve: KaplanMeierCurve, tau: float, z: float) -> RestrictedMean:
    known = curve.steps.time_months <= tau
    edges = np.r_[0.0, curve.steps.time_months[known], tau]
    steps = np.diff(edges) * np.r_[1.0, curve.steps.survival[known]]
    # Area still to come after each death time, which is what that death takes away.
    remaining = np.cumsum(steps[1:][::-1])[::-1]
    deaths, at_risk = curve.steps.n_events[known], curve.steps.n_at_risk[known].astype(float)
    survivors = at_risk - deaths
    hazard_variance = np.divide(deaths, at_risk * survivors, out=np.zeros(deaths.size), where=survivors > 0)
    mean, se = float(steps.sum()), math.sqrt(float(remaining**2 @ hazard_variance))
    return RestrictedMean(curve.group, curve.n, curve.n_events, mean, se, mean - z * se, mean + z * se)


def _difference(first: RestrictedMean, second: RestrictedMean, z: float) -> Contrast:
    estimate, se = second.rmst_months - first.rmst_months, math.hypot(first.se_months, second.se_months)
    if se == 0.0:
        raise TooFewError(
            f"Neither group has an event before tau ({count_of(first.n + second.n, 'person')}): "
            "choose a later tau."
        )
    return Contrast(estimate, se, estimate - z * se, estimate + z * se, two_sided_p(estimate / se))


def _ratio(first: RestrictedMean, second: RestrictedMean, z: float) -> Contrast:
    log_ratio = math.log(second.rmst_months / first.rmst_months)
    se = math.hypot(first.se_months / first.rmst_months, second.se_months / second.rmst_months)
    return Contrast(
        math.exp(log_ratio),
        se,
        math.exp(log_ratio - z * se),
        math.exp(log_ratio + z * se),
        two_sided_p(log_ratio / se),
    )
