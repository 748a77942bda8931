"""Rows of curves and tests: medians, log-rank, restricted means, proportional hazards. Which of them are asked for is
decided in `estimators`."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import pandas as pd

from analytics.errors import EmptyGroupError
from analytics.results.statistic import Model, SurvivalStatistic
from analytics.survival.curves.cumulative_incidence import (
    Incidence,
    cumulative_incidence,
    difference_of_incidence,
)
from analytics.survival.curves.kaplan_meier import MedianSurvival, kaplan_meier
from analytics.survival.curves.log_rank import log_rank_test
from analytics.survival.curves.restricted_mean import restricted_mean_survival
from analytics.survival.regression.proportional_hazards import schoenfeld_test

SurvivalRow = TypeVar("SurvivalRow", bound=SurvivalStatistic)

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


def log_rank_row(
    row: SurvivalRow, members: pd.DataFrame, strata: tuple[str, ...], group: str = "in_group"
) -> SurvivalRow:
    result = log_rank_test(members, group, strata=strata)
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
    row = row.with_wald(difference.estimate, difference.ci_low, difference.ci_high, difference.p)
    return replace(row, standard_error=difference.se).warned(
        f"Months gained up to {result.tau_months:.1f} months.", *result.warnings
    )


def incidence_row(row: SurvivalStatistic, members: pd.DataFrame) -> SurvivalStatistic:
    found, warnings = cumulative_incidence(members)
    low, high = found.interval()
    return replace(row, estimate=found.share, standard_error=found.se, ci_low=low, ci_high=high).warned(
        f"By {found.months:g} months; {_of_other_causes(found)}.", *warnings
    )


def incidence_difference_row(row: SurvivalStatistic, members: pd.DataFrame) -> SurvivalStatistic:
    found, warnings = difference_of_incidence(members)
    one, other, counts = found.in_group, found.reference, row.counts
    row = row.with_wald(found.estimate, found.ci_low, found.ci_high, found.p)
    return replace(row, standard_error=found.se).warned(
        f"By {one.months:g} months {one.share:.1%} ({counts.group_label}) and {other.share:.1%} "
        f"({counts.reference_label}) had the event; {_of_other_causes(one)} and {_of_other_causes(other)}.",
        *warnings,
    )


def _of_other_causes(found: Incidence) -> str:
    return f"{found.competing_share:.1%} ({found.n_competing} of {found.n} in all) died of other causes"


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
