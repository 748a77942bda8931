"""Rows of hazard ratios: of the group, of one step of a number, with covariates that are not known, with an E-value.
Which of them are asked for is decided in `estimators`."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import pandas as pd

from analytics.errors import ConstantCovariateError
from analytics.results.estimator import Estimator, Scale
from analytics.results.statistic import Model, SurvivalStatistic
from analytics.survival.curves.curve_rows import SurvivalRow, months_of
from analytics.survival.e_value import e_value
from analytics.survival.hazard_ratio import HazardRatio, HazardRatioEstimator, estimate_hazard_ratio
from analytics.survival.missing_covariates import (
    MISSING_AS_LEVEL,
    N_IMPUTATIONS,
    imputed_hazard_ratio,
    with_missing_as_level,
)
from analytics.survival.regression.cox import cox_regression

LOG_RANK_OE = Estimator(
    key="log_rank_oe",
    label="Hazard ratio, log-rank O/E",
    scale=Scale.HAZARD_RATIO,
    heading="Log-rank O/E hazard ratio",
    methods="Ratio of observed to expected events of the two groups with standard error sqrt(1/Ea + 1/Eb), as some "
    "papers report it. It is not a Cox estimate, and is shown to repeat what was published.",
    source="Berry, Kitchin and Mock 1991, Stat Med 10:749",
    applies="only to repeat what was published",
)
COX = Estimator(
    key="cox",
    label="Hazard ratio, Cox",
    scale=Scale.HAZARD_RATIO,
    heading="Cox proportional hazards",
    methods="Partial likelihood with Efron's ties; stratified as named, standard error robust by person where people "
    "of several cohorts are pooled; delayed entry where there is one. Rows without a covariate are left out of that "
    "model alone and counted in a warning; nothing is imputed. A covariate that cannot vary is dropped and named.",
    source="Cox 1972, JRSS B 34:187; Efron 1977, JASA 72:557",
    applies="at least five events in both groups",
)
FIRTH = Estimator(
    key="firth",
    label="Hazard ratio, Firth",
    scale=Scale.HAZARD_RATIO,
    heading="Firth's penalised Cox model",
    methods="Used where a group has fewer than five events: Firth's penalty (Heinze and Schemper 2001) with profile "
    "interval and the p of the penalised likelihood ratio, which belongs to it; where nothing is adjusted for, the p "
    "of the permutation log-rank test stands beside.",
    source="Heinze and Schemper 2001, Biometrics 57:114",
    applies="beside Cox where a group has fewer than five events",
)


def with_hazard_ratio(row: SurvivalRow, found: HazardRatio) -> SurvivalRow:
    """The row with a hazard ratio, its interval, and the p of the same model."""
    estimator = {"cox": COX, "firth": FIRTH}.get(found.estimator, LOG_RANK_OE)
    return replace(
        row,
        estimator=estimator.key,
        model=Model(adjusted_for=found.adjusted_for, strata=found.strata, ties=found.ties),
        estimate=found.hr,
        ci_low=found.ci_low,
        ci_high=found.ci_high,
        p=found.p,
        p_method=found.p_method,
        p_permutation=found.p_permutation,
        standard_error=found.se_log_hr,
        median_in_group_months=months_of(found.median_in_group),
        median_in_reference_months=months_of(found.median_in_reference),
    ).warned(*found.warnings)


class Fit:
    """A hazard ratio of the members, fitted once for every row that is read off it."""

    def __init__(
        self,
        function: HazardRatioEstimator,
        adjust: tuple[str, ...],
        strata: tuple[str, ...],
        cluster: str | None,
    ) -> None:
        self.adjust = adjust
        self._estimate = partial(
            estimate_hazard_ratio, estimator=function, adjust=adjust, strata=strata, cluster=cluster
        )
        self._last: tuple[pd.DataFrame, HazardRatio] | None = None

    def of(self, members: pd.DataFrame) -> HazardRatio:
        """The ratio of these members; raises what the estimator raises."""
        if self._last is None or self._last[0] is not members:
            self._last = (members, self._estimate(members))
        return self._last[1]


def hazard_row(row: SurvivalStatistic, members: pd.DataFrame, fit: Fit) -> SurvivalStatistic:
    row = with_hazard_ratio(row, fit.of(members))
    if "burden" in fit.adjust:
        row = row.warned(f"Burden is the {members['burden_definition'].iloc[0]}.")
    return row


def hazard_same_people_row(
    row: SurvivalStatistic,
    members: pd.DataFrame,
    adjust: tuple[str, ...],
    strata: tuple[str, ...],
    cluster: str | None,
) -> SurvivalStatistic:
    """Unadjusted, on the people of whom everything that is adjusted for is known."""
    found = estimate_hazard_ratio(
        members.dropna(subset=list(adjust)), estimator="cox", strata=strata, cluster=cluster
    )
    return with_hazard_ratio(row, found).warned(
        f"Unadjusted, on the people of whom {', '.join(adjust)} {'is' if len(adjust) == 1 else 'are'} known."
    )


def e_value_row(row: SurvivalStatistic, members: pd.DataFrame, fit: Fit) -> SurvivalStatistic:
    found = fit.of(members)
    value = e_value(found.hr, found.ci_low, found.ci_high, found.events / found.n)
    return replace(
        row,
        model=Model(adjusted_for=found.adjusted_for, strata=found.strata, ties=found.ties),
        estimate=value.of_estimate,
        ci_low=value.of_interval,
    )


def hazard_per_step_row(
    row: SurvivalStatistic,
    members: pd.DataFrame,
    adjust: tuple[str, ...],
    strata: tuple[str, ...],
    cluster: str | None,
) -> SurvivalStatistic:
    found = cox_regression(members, ["value", *adjust], strata=strata, cluster=cluster, on_constant="drop")
    dropped = next((one for one in found.dropped if one.term == "value"), None)
    if dropped is not None:
        raise ConstantCovariateError(
            f"The hazard ratio of one step cannot be estimated because it {dropped.reason}."
        )
    line = found.term("value")
    in_model = {term.covariate for term in found.terms}
    model = Model(
        adjusted_for=tuple(name for name in adjust if name in in_model), strata=strata, ties=found.ties
    )
    row = replace(row, model=model, standard_error=line.se)
    return row.with_wald(line.hr, line.ci_low, line.ci_high, line.p).warned(*found.warnings)


def missing_as_level_row(
    row: SurvivalStatistic,
    members: pd.DataFrame,
    adjust: tuple[str, ...],
    strata: tuple[str, ...],
    cluster: str | None,
) -> SurvivalStatistic:
    filled, terms = with_missing_as_level(members, adjust)
    found = estimate_hazard_ratio(filled, estimator="cox", adjust=terms, strata=strata, cluster=cluster)
    return replace(with_hazard_ratio(row, found), estimator=MISSING_AS_LEVEL.key)


def imputed_row(
    row: SurvivalStatistic,
    members: pd.DataFrame,
    adjust: tuple[str, ...],
    strata: tuple[str, ...],
    cluster: str | None,
) -> SurvivalStatistic:
    found = imputed_hazard_ratio(members, "in_group", adjust, strata=strata, cluster=cluster)
    return replace(
        row,
        model=Model(adjusted_for=adjust, strata=strata, ties="efron"),
        estimate=math.exp(found.log_hr),
        ci_low=math.exp(found.ci_low),
        ci_high=math.exp(found.ci_high),
        p=found.p,
        p_method="t, Rubin",
        standard_error=found.se,
    ).warned(
        f"{100 * found.missing_share:.0f} % of the people have a covariate imputed ({N_IMPUTATIONS} imputations); "
        f"{100 * found.fraction_missing:.0f} % of the information is missing."
    )
