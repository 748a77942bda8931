"""What treatment does in a randomised trial: to everybody, within each group of a biomarker, and in months.

Belongs here: the rows of a trial. Does not belong here: the interaction model itself (`interaction`), the word that
follows (`analytics.verdicts`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from analytics.biomarkers.groups import Contrast
from analytics.engine.inference import normal_quantile, two_sided_p
from analytics.errors import AnalysisError, TooFewError
from analytics.results.estimator import Estimator, Scale
from analytics.results.statistic import Counts, InteractionStatistic, Scope
from analytics.survival.curves.kaplan_meier import KaplanMeierResult, kaplan_meier
from analytics.survival.curves.restricted_mean import restricted_means
from analytics.survival.regression.cox import cox_regression

TREATMENT_EFFECT = Estimator(
    key="treatment_effect",
    label="Hazard ratio of treatment, Cox stratified by trial",
    scale=Scale.HAZARD_RATIO,
    heading="Effect of treatment in the trials",
    methods="Checkpoint blockade against the control arm among everybody who was randomised, whether the biomarker was "
    "looked at or not: Cox model with the arm alone, stratified by trial, and each trial by itself.",
    source="Cox 1972, JRSS B 34:187",
    applies="randomised cohorts with a control arm",
)
TREATMENT_IN_GROUP = Estimator(
    key="treatment_in_group",
    label="Hazard ratio of treatment in one group, from the interaction model",
    scale=Scale.HAZARD_RATIO,
    heading="Effect of treatment in each group",
    methods="Within the group and within the others: the arm's coefficient of the model with arm, group and their "
    "product.",
    source="Ballman 2015, J Clin Oncol 33:3968",
    applies="randomised cohorts with a control arm",
)
INTERACTION_IN_MONTHS = Estimator(
    key="restricted_mean_interaction",
    label="Interaction of treatment and biomarker, restricted means",
    scale=Scale.DIFFERENCE_IN_MONTHS,
    heading="Interaction of treatment and biomarker in months",
    methods="On the scale of months: the difference of restricted means between the groups under checkpoint blockade "
    "less that in the control arm, up to the shortest follow-up of the four (of all trials); over several trials the "
    "mean weighted by inverse variance.",
    source="Royston and Parmar 2013, BMC Med Res Methodol 13:152",
    applies="randomised cohorts with a control arm",
)
ESTIMATORS = (TREATMENT_EFFECT, TREATMENT_IN_GROUP, INTERACTION_IN_MONTHS)

#: Up to the end of one short curve BRCA2 had a difference of 0.0 (0.0 to 0.0) months.
_SHORTEST_MONTHS = 3.0
TREATED, UNTREATED = "checkpoint blockade", "control arm"


def treatment_statistics(
    scope: Scope, trials: Sequence[str], endpoint_key: str, everyone: pd.DataFrame
) -> list[InteractionStatistic]:
    """Checkpoint blockade against control among everybody randomised: over the trials, and each where they are several.

    Parameters
    ----------
    everyone : one row a person of both arms, with ``is_icb_treated``, also those of whom the biomarker is not known.
    """
    present = [trial for trial in trials if (everyone["cohort_id"] == trial).any()]
    parts: list[tuple[Scope, pd.DataFrame]] = [(scope, everyone)]
    if len(present) > 1:
        parts += [(scope.of_cohort(trial), everyone[everyone["cohort_id"] == trial]) for trial in present]
    return [_treatment(own, endpoint_key, trials, rows) for own, rows in parts]


def _treatment(
    scope: Scope, endpoint_key: str, trials: Sequence[str], rows: pd.DataFrame
) -> InteractionStatistic:
    arm = rows["is_icb_treated"].astype(bool)
    event = rows["event"].fillna(False).astype(bool)
    strata = ("cohort_id",) if rows["cohort_id"].nunique() > 1 else ()
    blank = InteractionStatistic(
        name=scope.name(f"{endpoint_key}.treatment_effect"),
        estimator=TREATMENT_EFFECT.key,
        scale=TREATMENT_EFFECT.scale,
        row_set="members",
        counts=Counts(
            group_label=TREATED,
            reference_label=UNTREATED,
            n=len(rows),
            n_in_group=int(arm.sum()),
            events=int(event.sum()),
            events_in_group=int((event & arm).sum()),
        ),
        compared_with=(scope.cohort_id,) if scope.cohort_id else tuple(trials),
    )
    try:
        found = cox_regression(rows.assign(arm=arm.astype(int)), ["arm"], strata=strata)
    except AnalysisError as exc:
        return blank.warned(str(exc))
    line = found.term("arm")
    return blank.with_wald(line.hr, line.ci_low, line.ci_high, line.p).warned(*found.warnings)


@dataclass(frozen=True)
class MonthsInteraction:
    """Difference between arms of the difference of restricted means between groups, in months up to tau_months."""

    estimate: float
    se: float
    ci_low: float
    ci_high: float
    p: float
    tau_months: float


def months_interaction(members: pd.DataFrame, conf_level: float = 0.95) -> MonthsInteraction:
    """(group less others under treatment) less (the same in the control arm), over the trials of ``members``.

    Parameters
    ----------
    members : one row a person with cohort_id, is_icb_treated, in_group and follow-up.

    Raises
    ------
    AnalysisError
        Nobody, or nobody with an event, in one of the cells of a trial; a curve that ends before three months.
    """
    trials = [_curves_of_arms(rows) for _, rows in members.groupby("cohort_id", sort=True)]
    tau = min(_last_month(curves) for arms in trials for curves in arms.values())
    if tau < _SHORTEST_MONTHS:
        raise TooFewError(
            f"The shortest curve of an arm ends at {tau:.1f} months: means up to there say nothing."
        )
    found = [_months(arms, tau) for arms in trials]
    weight = [1.0 / variance for _, variance in found]
    estimate = sum(w * value for w, (value, _) in zip(weight, found, strict=True)) / sum(weight)
    se = math.sqrt(1.0 / sum(weight))
    half = normal_quantile(conf_level) * se
    return MonthsInteraction(estimate, se, estimate - half, estimate + half, two_sided_p(estimate / se), tau)


def _curves_of_arms(rows: pd.DataFrame) -> dict[bool, KaplanMeierResult]:
    """The curves of both groups in each arm of a trial."""
    return {bool(arm): kaplan_meier(people, "in_group") for arm, people in rows.groupby("is_icb_treated")}


def _last_month(curves: KaplanMeierResult) -> float:
    """The last time up to which the curves of an arm are known."""
    return min(curve.last_month for curve in curves.curves)


def _months(arms: Mapping[bool, KaplanMeierResult], tau: float) -> tuple[float, float]:
    """Estimate and variance of one trial."""
    differences = {}
    for is_treated, curves in arms.items():
        difference = restricted_means(curves, "in_group", tau_months=tau).difference
        if difference is None:
            raise TooFewError("An arm has one group only: the interaction needs all four cells.")
        differences[is_treated] = difference
    if len(differences) < 2:
        raise TooFewError("There is one arm only: the interaction needs all four cells.")
    with_icb, without = differences[True], differences[False]
    return with_icb.estimate - without.estimate, with_icb.se**2 + without.se**2


def months_statistic(
    blank: InteractionStatistic, scope: Scope, endpoint_key: str, members: pd.DataFrame, contrast: Contrast
) -> InteractionStatistic:
    """The interaction in months as a row beside that of hazard ratios."""
    row = replace(
        blank,
        name=scope.name(f"{endpoint_key}.arm_x_gene_months{contrast.suffix}"),
        estimator=INTERACTION_IN_MONTHS.key,
        scale=INTERACTION_IN_MONTHS.scale,
    )
    try:
        found = months_interaction(members)
    except AnalysisError as exc:
        return row.warned(str(exc))
    return row.with_wald(found.estimate, found.ci_low, found.ci_high, found.p).warned(
        f"Months gained up to {found.tau_months:.1f} months."
    )
