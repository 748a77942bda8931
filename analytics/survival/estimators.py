"""The estimators of survival analyses: what each is, and how it fills a statistic.

To add one: its function here (or in a module beside), a line in :data:`ESTIMATORS` and its branch in
:func:`requests_of` (in :func:`number_requests`, too, if it is of a number); ``analytics.estimators`` lists those of
every room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import assert_never

import pandas as pd

from analytics.biomarkers.groups import Contrast, Group
from analytics.errors import AnalysisError
from analytics.questions.specs import Variant
from analytics.results.estimator import Estimator, Scale
from analytics.results.statistic import SurvivalStatistic
from analytics.survival.curves.cumulative_incidence import COMPETING, INCIDENCE, INCIDENCE_DIFFERENCE
from analytics.survival.curves.curve_rows import (
    incidence_difference_row,
    incidence_row,
    log_rank_row,
    median_row,
    restricted_mean_row,
    schoenfeld_row,
)
from analytics.survival.e_value import E_VALUE
from analytics.survival.hazard_ratio import MIN_EVENTS_PER_GROUP, HazardRatioEstimator
from analytics.survival.hazard_rows import (
    COX,
    FIRTH,
    LOG_RANK_OE,
    Fit,
    e_value_row,
    hazard_per_step_row,
    hazard_row,
    hazard_same_people_row,
    imputed_row,
    missing_as_level_row,
)
from analytics.survival.missing_covariates import IMPUTED, MISSING_AS_LEVEL

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
            compute = partial(hazard_per_step_row, adjust=adjust, strata=strata, cluster=cluster)
            complete = ("value", *adjust, *([cluster] if cluster else []))
            yield Request(COX, name, compute, None, complete, strata, is_of_number=True)


def _hazard_request(
    estimator: Estimator,
    key: str,
    function: HazardRatioEstimator,
    *,
    adjust: tuple[str, ...] = (),
    strata: tuple[str, ...] = (),
    cluster: str | None = None,
) -> Request:
    fit = Fit(function, adjust, strata, cluster)
    return Request(
        estimator, key, partial(hazard_row, fit=fit), None, (*adjust, *([cluster] if cluster else [])), strata
    )


def _regressions(
    name: str, adjust: tuple[str, ...], strata: tuple[str, ...], robust: bool, usable: Usable
) -> Iterator[Request]:
    """Cox; and Firth beside it when a group has too few events for Cox among the rows that can be used."""
    cluster = "person_id" if robust else None
    fit = Fit("cox", adjust, strata, cluster)
    complete = (*adjust, *([cluster] if cluster else []))
    cox = Request(COX, f"cox_{name}", partial(hazard_row, fit=fit), None, complete, strata)
    yield cox
    if adjust:
        compute = partial(hazard_same_people_row, adjust=adjust, strata=strata, cluster=cluster)
        yield Request(COX, f"cox_{name}_same_people", compute, None, complete, strata)
        yield Request(E_VALUE, f"e_value_{name}", partial(e_value_row, fit=fit), None, complete, strata)
    try:
        rows = usable(cox)
    except AnalysisError:
        return  # nobody can be analysed: Cox's row says why
    event, inside = rows["event"].to_numpy(dtype=bool), rows["in_group"].to_numpy(dtype=bool)
    fewest = min(int(event[inside].sum()), int(event[~inside].sum()))
    if inside.any() and not inside.all() and fewest < MIN_EVENTS_PER_GROUP:
        yield _hazard_request(FIRTH, f"firth_{name}", "auto", adjust=adjust, strata=strata, cluster=cluster)


def _sensitivity_request(name: str, variant: Variant, strata: tuple[str, ...]) -> Request:
    cluster = "person_id" if variant.robust else None
    compute = missing_as_level_row if name == MISSING_AS_LEVEL.key else imputed_row
    estimator = MISSING_AS_LEVEL if name == MISSING_AS_LEVEL.key else IMPUTED
    filled = partial(compute, adjust=variant.covariates, strata=strata, cluster=cluster)
    return Request(estimator, name, filled, None, (cluster,) if cluster else (), strata)
