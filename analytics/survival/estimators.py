"""The estimators of survival analyses: what each is, and how it fills a statistic.

To add one: its function here (or in a module beside), a line in :data:`ESTIMATORS` and its branch in
:func:`requests_of` (in :func:`number_requests`, too, if it is of a number); ``analytics.estimators`` lists those of
every room.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import assert_never

import pandas as pd

from analytics.biomarkers.groups import Contrast, Group
from analytics.errors import AnalysisError, ConstantCovariateError
from analytics.questions.specs import Variant
from analytics.results.estimator import Estimator, Scale
from analytics.results.statistic import Model, SurvivalStatistic
from analytics.survival.curves.cumulative_incidence import COMPETING, INCIDENCE, INCIDENCE_DIFFERENCE
from analytics.survival.curves.curve_rows import (
    SurvivalRow,
    incidence_difference_row,
    incidence_row,
    log_rank_row,
    median_row,
    months_of,
    restricted_mean_row,
    schoenfeld_row,
)
from analytics.survival.e_value import E_VALUE, e_value
from analytics.survival.hazard_ratio import (
    MIN_EVENTS_PER_GROUP,
    HazardRatio,
    HazardRatioEstimator,
    estimate_hazard_ratio,
)
from analytics.survival.missing_covariates import (
    IMPUTED,
    MISSING_AS_LEVEL,
    N_IMPUTATIONS,
    imputed_hazard_ratio,
    with_missing_as_level,
)
from analytics.survival.regression.cox import cox_regression

COUNT = Estimator(
    key="count",
    label="Count",
    scale=Scale.COUNT,
    heading="Counts",
    methods="Numbers of people or rows; each is walked back to exactly these.",
    source="",
    applies="always",
)
DEFINITION = Estimator(
    key="definition",
    label="Definition",
    scale=Scale.VALUE,
    heading="Definitions",
    methods="Numbers that the spec declares and that the others rest on; nothing is estimated.",
    source="",
    applies="where a claim or a reader asks for a setting",
)
PROPORTION = Estimator(
    key="proportion",
    label="Share",
    scale=Scale.SHARE,
    heading="Rates",
    methods="Share with the exact (Clopper-Pearson) 95 % interval. Evaluable: people whose response is known. By "
    "intention to treat: everybody of the cohorts that report response, the unknown as non-responders.",
    source="Clopper and Pearson 1934, Biometrika 26:404",
    applies="counts of people over those who could have the property",
)
KAPLAN_MEIER = Estimator(
    key="kaplan_meier",
    label="Median, Kaplan-Meier",
    scale=Scale.MONTHS,
    heading="Kaplan-Meier",
    methods="Product-limit estimate with delayed entry where people enter late; medians with the interval of "
    "Brookmeyer and Crowley (1982), log-log transformed. A median that the curve does not reach is said not to be "
    "reached.",
    source="Kaplan and Meier 1958, JASA 53:457; Brookmeyer and Crowley 1982, Biometrics 38:29",
    applies="survival of each group",
)
LOG_RANK = Estimator(
    key="log_rank",
    label="Log-rank test",
    scale=Scale.TEST_ONLY,
    heading="Log-rank test",
    methods="Mantel's test, stratified where strata are named; two-sided.",
    source="Mantel 1966, Cancer Chemother Rep 50:163",
    applies="two groups",
)
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
RESTRICTED_MEAN = Estimator(
    key="restricted_mean",
    label="Difference of restricted means",
    scale=Scale.DIFFERENCE_IN_MONTHS,
    heading="Restricted mean survival",
    methods="Difference of the areas under the two Kaplan-Meier curves up to a common horizon, which a note gives.",
    source="Royston and Parmar 2013, BMC Med Res Methodol 13:152",
    applies="two groups; where hazards are not proportional it is read first",
)
SCHOENFELD = Estimator(
    key="schoenfeld",
    label="Test of proportional hazards",
    scale=Scale.TEST_ONLY,
    heading="Proportional hazards",
    methods="Score test on the scaled Schoenfeld residuals against the Kaplan-Meier transform of time (Grambsch and "
    "Therneau 1994, as R's cox.zph 3 computes it).",
    source="Grambsch and Therneau 1994, Biometrika 81:515",
    applies="beside every Cox estimate",
)
ESTIMATORS = (
    COUNT, DEFINITION, PROPORTION, KAPLAN_MEIER, LOG_RANK, LOG_RANK_OE, COX, MISSING_AS_LEVEL, IMPUTED, E_VALUE, FIRTH,
    RESTRICTED_MEAN, INCIDENCE, INCIDENCE_DIFFERENCE, SCHOENFELD,
)  # fmt: skip


@dataclass(frozen=True)
class Request:
    """One estimate to make: by which estimator, under which key, of whom, and what a row needs to be in it.

    Attributes
    ----------
    key : of the estimate, without the endpoint.
    estimate : fills a statistic that has its name and counts from the rows that are asked.
    group : the one group that is asked; None asks both.
    complete, strata : columns that must be known.
    is_of_number : the biomarker is a number, in ``value``.
    """

    estimator: Estimator
    key: str
    estimate: Callable[[SurvivalStatistic, pd.DataFrame], SurvivalStatistic]
    group: Group | None = None
    complete: tuple[str, ...] = ()
    strata: tuple[str, ...] = ()
    is_of_number: bool = False


#: The rows of a request that its estimator can use.
Usable = Callable[[Request], pd.DataFrame]


def requests_of(
    variant: Variant, members: pd.DataFrame, usable: Usable, contrast: Contrast
) -> Iterator[Request]:
    """The estimates that a variant asks for, in its order."""
    strata = tuple(c for c in variant.strata if c in members and members[c].notna().any())
    for name in variant.estimators:
        match name:
            case "kaplan_meier":
                for group in contrast.alone:
                    yield Request(KAPLAN_MEIER, f"median.{group.key}", median_row, group)
            case "log_rank":
                yield Request(LOG_RANK, "log_rank", partial(log_rank_row, strata=strata), strata=strata)
            case "log_rank_oe":
                yield _hazard_request(LOG_RANK_OE, "logrank_oe", "log_rank_oe", strata=strata)
            case "restricted_mean":
                yield Request(RESTRICTED_MEAN, "restricted_mean_difference", restricted_mean_row)
            case "cumulative_incidence":
                yield from _incidences(members, contrast)
            case "schoenfeld":
                yield Request(SCHOENFELD, "schoenfeld", partial(schoenfeld_row, strata=strata), strata=strata)
            case "cox_missing_as_level" | "cox_imputed":
                yield _sensitivity_request(name, variant, strata)
            case "cox_univariable" | "cox_adjusted" | "cox_burden_adjusted":
                adjust = _adjusted_by(name, variant)
                yield from _regressions(name.removeprefix("cox_"), adjust, strata, variant.robust, usable)
            case _:
                assert_never(name)  # an estimator without a branch would be another's number under its name


def _incidences(members: pd.DataFrame, contrast: Contrast) -> Iterator[Request]:
    if COMPETING not in members or members[COMPETING].isna().all():
        return  # OS and PFS count every death: nothing competes with them
    for group in contrast.alone:
        yield Request(INCIDENCE, f"cumulative_incidence.{group.key}", incidence_row, group, (COMPETING,))
    key = "cumulative_incidence_difference"
    yield Request(INCIDENCE_DIFFERENCE, key, incidence_difference_row, None, (COMPETING,))


def _adjusted_by(name: str, variant: Variant) -> tuple[str, ...]:
    return {"cox_adjusted": variant.covariates, "cox_burden_adjusted": ("burden",)}.get(name, ())


def number_requests(variant: Variant, members: pd.DataFrame) -> Iterator[Request]:
    """The estimates that a variant asks for, of a biomarker that is a number: Cox's, with and without covariates. A
    number has no groups, hence neither medians nor a log-rank test."""
    strata = tuple(c for c in variant.strata if c in members and members[c].notna().any())
    cluster = "person_id" if variant.robust else None
    for name in variant.estimators:
        if name in ("cox_univariable", "cox_adjusted", "cox_burden_adjusted"):
            adjust = _adjusted_by(name, variant)
            compute = partial(_hazard_per_step, adjust=adjust, strata=strata, cluster=cluster)
            complete = ("value", *adjust, *([cluster] if cluster else []))
            yield Request(COX, name, compute, None, complete, strata, is_of_number=True)


def _hazard_per_step(
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


def _hazard_request(
    estimator: Estimator,
    key: str,
    function: HazardRatioEstimator,
    *,
    adjust: tuple[str, ...] = (),
    strata: tuple[str, ...] = (),
    cluster: str | None = None,
) -> Request:
    fit = _Fit(function, adjust, strata, cluster)
    return Request(
        estimator, key, partial(_hazard, fit=fit), None, (*adjust, *([cluster] if cluster else [])), strata
    )


class _Fit:
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


def _regressions(
    name: str, adjust: tuple[str, ...], strata: tuple[str, ...], robust: bool, usable: Usable
) -> Iterator[Request]:
    """Cox; and Firth beside it when a group has too few events for Cox among the rows that can be used."""
    cluster = "person_id" if robust else None
    fit = _Fit("cox", adjust, strata, cluster)
    complete = (*adjust, *([cluster] if cluster else []))
    cox = Request(COX, f"cox_{name}", partial(_hazard, fit=fit), None, complete, strata)
    yield cox
    if adjust:
        compute = partial(_hazard_same_people, adjust=adjust, strata=strata, cluster=cluster)
        yield Request(COX, f"cox_{name}_same_people", compute, None, complete, strata)
        yield Request(E_VALUE, f"e_value_{name}", partial(_e_value, fit=fit), None, complete, strata)
    try:
        rows = usable(cox)
    except AnalysisError:
        return  # nobody can be analysed: Cox's row says why
    event, inside = rows["event"].to_numpy(dtype=bool), rows["in_group"].to_numpy(dtype=bool)
    fewest = min(int(event[inside].sum()), int(event[~inside].sum()))
    if inside.any() and not inside.all() and fewest < MIN_EVENTS_PER_GROUP:
        yield _hazard_request(FIRTH, f"firth_{name}", "auto", adjust=adjust, strata=strata, cluster=cluster)


def _hazard(row: SurvivalStatistic, members: pd.DataFrame, fit: _Fit) -> SurvivalStatistic:
    row = with_hazard_ratio(row, fit.of(members))
    if "burden" in fit.adjust:
        row = row.warned(f"Burden is the {members['burden_definition'].iloc[0]}.")
    return row


def _hazard_same_people(
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


def _e_value(row: SurvivalStatistic, members: pd.DataFrame, fit: _Fit) -> SurvivalStatistic:
    found = fit.of(members)
    value = e_value(found.hr, found.ci_low, found.ci_high, found.events / found.n)
    return replace(
        row,
        model=Model(adjusted_for=found.adjusted_for, strata=found.strata, ties=found.ties),
        estimate=value.of_estimate,
        ci_low=value.of_interval,
    )


def _sensitivity_request(name: str, variant: Variant, strata: tuple[str, ...]) -> Request:
    cluster = "person_id" if variant.robust else None
    compute = _missing_as_level if name == MISSING_AS_LEVEL.key else _imputed
    estimator = MISSING_AS_LEVEL if name == MISSING_AS_LEVEL.key else IMPUTED
    filled = partial(compute, adjust=variant.covariates, strata=strata, cluster=cluster)
    return Request(estimator, name, filled, None, (cluster,) if cluster else (), strata)


def _missing_as_level(
    row: SurvivalStatistic,
    members: pd.DataFrame,
    adjust: tuple[str, ...],
    strata: tuple[str, ...],
    cluster: str | None,
) -> SurvivalStatistic:
    filled, terms = with_missing_as_level(members, adjust)
    found = estimate_hazard_ratio(filled, estimator="cox", adjust=terms, strata=strata, cluster=cluster)
    return replace(with_hazard_ratio(row, found), estimator=MISSING_AS_LEVEL.key)


def _imputed(
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
