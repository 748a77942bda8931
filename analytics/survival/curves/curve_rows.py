"""Rows of curves and tests: medians, log-rank, restricted means, proportional hazards. Which of them are asked for is
decided in `estimators`."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from analytics.errors import EmptyGroupError
from analytics.results.statistic import Model, SurvivalStatistic
from analytics.survival.curves.kaplan_meier import MedianSurvival, kaplan_meier
from analytics.survival.curves.log_rank import log_rank_test
from analytics.survival.curves.restricted_mean import restricted_mean_survival
from analytics.survival.regression.proportional_hazards import schoenfeld_test

_NOT_PROPORTIONAL = "Hazards are not proportional: read the restricted mean beside the hazard ratio."


def months_of(median: MedianSurvival) -> float | None:
    return median.months if median.median_reached else None


def median_row(row: SurvivalStatistic, members: pd.DataFrame) -> SurvivalStatistic:
    result = kaplan_meier(members, group=None)
    median = result.curves[0].median
    return replace(
        row,
        estimate=months_of(median),
        ci_low=median.ci_low,
        ci_high=median.ci_high,
    ).warned(*result.warnings, "" if median.median_reached else "The median is not reached.")


def log_rank_row(row: SurvivalStatistic, members: pd.DataFrame, strata: tuple[str, ...]) -> SurvivalStatistic:
    result = log_rank_test(members, strata=strata)
    return replace(
        row,
        model=Model(strata=strata),
        statistic=result.test.statistic,
        p=result.test.p,
        p_method="log-rank",
    ).warned(*result.warnings)


def restricted_mean_row(row: SurvivalStatistic, members: pd.DataFrame) -> SurvivalStatistic:
    result = restricted_mean_survival(members)
    difference = result.difference
    if difference is None:
        raise EmptyGroupError("The restricted mean needs people of both groups: there is one group only.")
    return replace(
        row,
        estimate=difference.estimate,
        ci_low=difference.ci_low,
        ci_high=difference.ci_high,
        standard_error=difference.se,
        p=difference.p,
        p_method="wald",
    ).warned(f"Months gained up to {result.tau_months:.1f} months.", *result.warnings)


def schoenfeld_row(
    row: SurvivalStatistic, members: pd.DataFrame, strata: tuple[str, ...]
) -> SurvivalStatistic:
    result = schoenfeld_test(members, ["in_group"], strata=strata)
    return replace(
        row,
        model=Model(strata=strata),
        statistic=result.overall.statistic,
        p=result.overall.p,
        p_method="score test, Kaplan-Meier transform",
    ).warned(_NOT_PROPORTIONAL if result.overall.p < 0.05 else "", *result.warnings)
