"""Pooled evidence beside the one-stage models: two-stage random effects over cohorts, arm x biomarker interaction in
trials, and the ratio of hazard ratios against people without checkpoint blockade, with the verdict in fixed words.

The estimators are in the modules beside this one; which rows they get, and the rows they become, is decided here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from analytics.biomarkers.groups import Contrast
from analytics.errors import AnalysisError
from analytics.meta.interaction import (
    InteractionResult,
    RatioEstimate,
    ratio_estimate,
    treatment_biomarker_interaction,
)
from analytics.meta.random_effects import RandomEffectsResult, fit_random_effects
from analytics.meta.verdict import Evidence, decide_verdict
from analytics.questions.specs import AnalysisSpec
from analytics.results.estimator import Estimator, Scale
from analytics.results.statistic import Counts, InteractionStatistic, MetaStatistic, Scope, SurvivalStatistic

RANDOM_EFFECTS = Estimator(
    key="random_effects",
    label="Hazard ratio, random effects over cohorts",
    scale=Scale.HAZARD_RATIO,
    heading="Random effects over cohorts",
    methods="Two-stage: one log hazard ratio a cohort, pooled with the variance between cohorts estimated by "
    "restricted maximum likelihood and the interval of Hartung and Knapp (2001), never narrower than the plain one; "
    "I\u00b2 with interval, prediction interval for a new cohort, and each cohort left out in turn.",
    source="Hartung and Knapp 2001, Stat Med 20:3875; Rover 2015, BMC Med Res Methodol 15:99",
    applies="at least two cohorts with an estimate",
)
INTERACTION = Estimator(
    key="cox_interaction",
    label="Interaction of treatment and biomarker, Cox stratified by trial",
    scale=Scale.RATIO_OF_HAZARD_RATIOS,
    heading="Interaction of treatment and biomarker",
    methods="Cox model with arm, group and their product, stratified by trial, on both arms of the randomised trials.",
    source="Ballman 2015, J Clin Oncol 33:3968",
    applies="randomised cohorts with a control arm",
)
IN_ARM = Estimator(
    key="cox_in_arm",
    label="Hazard ratio in one arm, from the interaction model",
    scale=Scale.HAZARD_RATIO,
    heading=INTERACTION.heading,
    methods=INTERACTION.methods,
    source=INTERACTION.source,
    applies=INTERACTION.applies,
)
RATIO_OF_HAZARD_RATIOS = Estimator(
    key="ratio_of_hazard_ratios",
    label="Ratio of hazard ratios, with against without checkpoint blockade",
    scale=Scale.RATIO_OF_HAZARD_RATIOS,
    heading="Ratio of hazard ratios",
    methods="The difference of two independent log hazard ratios with its interval (Altman and Bland, BMJ "
    "2003;326:219). The verdict follows a fixed rule: predictive takes a randomised interaction or a ratio whose "
    "interval excludes 1; an effect that is merely not significant without checkpoint blockade never makes it.",
    source="Altman and Bland 2003, BMJ 326:219",
    applies="an analysis that names its control",
)
ESTIMATORS = (RANDOM_EFFECTS, INTERACTION, IN_ARM, RATIO_OF_HAZARD_RATIOS)

#: The per-cohort estimate that is pooled, and the one-stage estimate that the verdict rests on.
POOLED_KEY = "cox_univariable"
#: Few cohorts often agree more than chance lets them (q < 1), and Hartung-Knapp then gives an interval shorter than
#: that without any heterogeneity: the variance is not scaled down (max(1, q); Rover 2015, BMC Med Res Methodol 15:99).
GUARD = True


def meta_statistics(
    scope: Scope, endpoint_key: str, per_cohort: Sequence[SurvivalStatistic], contrast: Contrast | None
) -> list[MetaStatistic]:
    """Random effects (REML, Hartung-Knapp) over the per-cohort Cox estimates, and leave-one-out.

    Parameters
    ----------
    per_cohort : statistics of the cohorts of the pool, of every estimator.

    Cohorts whose likelihood is monotone (a group without events) have no estimate and are named in the warnings.
    Fewer than two cohorts give no row.
    """
    suffix = contrast.suffix if contrast else ""
    rows = [
        row for row in per_cohort if row.cohort_id is not None and row.key.endswith(f".{POOLED_KEY}{suffix}")
    ]
    usable = [row for row in rows if _is_usable(row)]
    if len(usable) < 2:
        return []
    without = sorted({str(row.cohort_id) for row in rows} - {str(row.cohort_id) for row in usable})
    note = f"No estimate from {', '.join(without)}." if without else ""
    key = f"{endpoint_key}.random_effects{suffix}"
    found = [_pooled(scope, key, usable, contrast).warned(note)]
    if len(usable) > 2:
        for left_out in usable:
            others = [row for row in usable if row is not left_out]
            row = _pooled(scope, f"{key}.without.{left_out.cohort_id}", others, contrast)
            found.append(replace(row, left_out=left_out.cohort_id).warned(note))
    return found


def _is_usable(row: SurvivalStatistic) -> bool:
    error = row.standard_error
    is_empty = row.counts.events_in_group == 0
    return row.estimate is not None and bool(error and error > 0) and not is_empty


def _pooled(
    scope: Scope, key: str, rows: Sequence[SurvivalStatistic], contrast: Contrast | None
) -> MetaStatistic:
    result: RandomEffectsResult = fit_random_effects(
        np.log(np.array([row.estimate for row in rows], dtype=float)),
        np.array([row.standard_error for row in rows], dtype=float),
        labels=[str(row.cohort_id) for row in rows],
        guard=GUARD,
    )
    ratio = result.ratio()
    return MetaStatistic(
        name=scope.name(key),
        estimator=RANDOM_EFFECTS.key,
        scale=RANDOM_EFFECTS.scale,
        row_set=f"members{contrast.row_set_suffix if contrast else ''}",
        counts=_sum(rows),
        n_cohorts=result.k,
        cohorts=tuple(result.labels),
        estimate=ratio.ratio,
        ci_low=ratio.ci_low,
        ci_high=ratio.ci_high,
        p=result.p,
        p_method="t, Hartung-Knapp",
        prediction_low=ratio.prediction_low,
        prediction_high=ratio.prediction_high,
        tau2=result.tau2,
        i2_percent=result.i2_percent,
        i2_ci_low_percent=result.i2_ci_low_percent,
        i2_ci_high_percent=result.i2_ci_high_percent,
        q_p=result.q_p,
    ).warned(*result.warnings)


def _sum(rows: Sequence[SurvivalStatistic]) -> Counts:
    def total(of: Callable[[Counts], int | None]) -> int | None:
        known = [of(row.counts) for row in rows]
        return None if None in known else sum(n for n in known if n is not None)

    return replace(
        rows[0].counts,
        n=total(lambda counts: counts.n),
        n_in_group=total(lambda counts: counts.n_in_group),
        events=total(lambda counts: counts.events),
        events_in_group=total(lambda counts: counts.events_in_group),
    )


def interaction_statistics(
    scope: Scope, trials: Sequence[str], endpoint_key: str, members: pd.DataFrame, contrast: Contrast
) -> list[InteractionStatistic]:
    """Arm x biomarker interaction (Cox, stratified by trial) on people of both arms of the trials.

    Parameters
    ----------
    members : with ``is_icb_treated`` and ``in_group``, both arms.
    """
    rows = members.assign(arm=members["is_icb_treated"].astype(int), group=members["in_group"].astype(int))
    blank = InteractionStatistic(
        name=scope.name(f"{endpoint_key}.arm_x_gene{contrast.suffix}"),
        estimator=INTERACTION.key,
        scale=INTERACTION.scale,
        row_set=f"members{contrast.row_set_suffix}",
        counts=Counts(
            group_label=contrast.group.label, reference_label=contrast.reference.label, n=len(rows)
        ),
        compared_with=", ".join(trials),
    )
    try:
        result = treatment_biomarker_interaction(
            rows, time="time_months", event="event", treatment="arm", biomarker="group", strata=("cohort_id",)
        )
    except AnalysisError as exc:
        return [blank.warned(str(exc))]
    counted = replace(blank, counts=replace(blank.counts, n=result.n, events=result.events)).warned(
        *result.warnings
    )
    return [
        replace(
            _with_ratio(counted, estimate),
            name=scope.name(f"{endpoint_key}.{key}{contrast.suffix}"),
            estimator=estimator.key,
            scale=estimator.scale,
        )
        for key, estimator, estimate in _arms(result)
    ]


def _arms(result: InteractionResult) -> list[tuple[str, Estimator, RatioEstimate]]:
    return [
        ("arm_x_gene", INTERACTION, result.interaction),
        ("gene_in_icb_arm", IN_ARM, result.biomarker_in_treated),
        ("gene_in_control_arm", IN_ARM, result.biomarker_in_control),
    ]


def _with_ratio(row: InteractionStatistic, estimate: RatioEstimate) -> InteractionStatistic:
    return replace(
        row,
        estimate=estimate.ratio,
        ci_low=estimate.ci_low,
        ci_high=estimate.ci_high,
        p=estimate.p,
        p_method="wald",
    )


def verdict_statistic(
    spec: AnalysisSpec,
    scope: Scope,
    stats: Sequence[SurvivalStatistic],
    interactions: Sequence[InteractionStatistic],
) -> InteractionStatistic | None:
    """Predictive or prognostic? The effect under ICB against that of the control analysis, by the rules of
    ``meta.verdict``. None when the spec names no control analysis.

    Parameters
    ----------
    stats : the survival statistics of every analysis. interactions : those of :func:`interaction_statistics`.
    """
    if spec.control_analysis is None:
        return None
    key = spec.endpoint_key(scope.endpoint)
    row = InteractionStatistic(
        name=scope.name(f"{key}.ratio_of_hazard_ratios"),
        estimator=RATIO_OF_HAZARD_RATIOS.key,
        scale=RATIO_OF_HAZARD_RATIOS.scale,
        row_set="members",
        compared_with=spec.control_analysis,
    )
    icb = _evidence(stats, scope)
    if icb is None:
        return replace(row, verdict="undetermined", reason="no estimate under checkpoint blockade")
    control = _evidence(stats, replace(scope, analysis_id=spec.control_analysis))
    decided = decide_verdict(icb, control, _trial_interaction(interactions, scope, key))
    if decided.ratio_of_hazard_ratios is not None:
        row = _with_ratio(row, decided.ratio_of_hazard_ratios)
    return replace(row, verdict=decided.verdict, reason=f"{decided.reason} (decided by: {decided.basis})")


def _evidence(stats: Sequence[SurvivalStatistic], scope: Scope) -> Evidence | None:
    for row in stats:
        name = row.name
        if (
            (name.analysis_id, name.variant, name.endpoint)
            == (scope.analysis_id, scope.variant, scope.endpoint)
            and name.cohort_id is None
            and row.key.endswith(f".{POOLED_KEY}")
            and row.estimate is not None
        ):
            if not row.standard_error or row.standard_error <= 0:
                return None
            estimate = ratio_estimate(math.log(row.estimate), row.standard_error)
            return Evidence(hazard_ratio=estimate, carrier_events=row.counts.events_in_group or 0)
    return None


def _trial_interaction(
    interactions: Sequence[InteractionStatistic], scope: Scope, endpoint_key: str
) -> RatioEstimate | None:
    for row in interactions:
        name = row.name
        if (
            (name.analysis_id, name.variant) == (scope.analysis_id, scope.variant)
            and row.key == f"{endpoint_key}.arm_x_gene"
            and row.estimate is not None
            and row.ci_low is not None
            and row.ci_high is not None
        ):
            log_se = (math.log(row.ci_high) - math.log(row.ci_low)) / (2 * 1.959963984540054)
            return ratio_estimate(math.log(row.estimate), log_se)
    return None
