"""Predictive or prognostic, from result rows: the ratio of hazard ratios against people without checkpoint blockade,
the rows of the trials, and the verdict that follows. The words are `analytics.verdicts`' to decide.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from analytics.meta.interaction import RatioEstimate, ratio_of_hazard_ratios
from analytics.meta.pooling import POOLED_KEY, with_ratio
from analytics.questions.specs import AnalysisSpec
from analytics.results.estimator import Estimator, Scale
from analytics.results.statistic import InteractionStatistic, Scope, SurvivalStatistic
from analytics.verdicts import Effect, PredictiveEvidence, predictive_verdict
from analytics.verdicts.burden import FEW

RATIO_OF_HAZARD_RATIOS = Estimator(
    key="ratio_of_hazard_ratios",
    label="Ratio of hazard ratios, with against without checkpoint blockade",
    scale=Scale.RATIO_OF_HAZARD_RATIOS,
    heading="Ratio of hazard ratios",
    methods="The difference of two independent log hazard ratios with its interval (Altman and Bland, BMJ "
    "2003;326:219). The verdict follows a fixed rule: predictive takes a randomised interaction whose interval "
    "excludes 1, consistent with predictive a ratio that does and no trial against it; an effect that is merely not "
    "significant without checkpoint blockade makes neither.",
    source="Altman and Bland 2003, BMJ 326:219",
    applies="an analysis that names its control",
)
ESTIMATORS = (RATIO_OF_HAZARD_RATIOS,)


def verdict_statistic(
    spec: AnalysisSpec,
    scope: Scope,
    stats: Sequence[SurvivalStatistic],
    interactions: Sequence[InteractionStatistic],
) -> InteractionStatistic | None:
    """Predictive or prognostic? The effect under ICB against that of the control analysis, and the trials', by the
    rules of ``analytics.verdicts``. None when the spec names no control analysis.

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
        compared_with=(spec.control_analysis,),
    )
    icb = _pooled_row(stats, scope)
    control = _pooled_row(stats, replace(scope, analysis_id=spec.control_analysis))
    ratio = external_ratio(icb, control)
    if ratio is not None:
        row = with_ratio(row, ratio)
    return _judged(row, predictive_evidence(scope, key, _label(icb, spec), icb, control, interactions))


def with_trial_verdict(
    spec: AnalysisSpec, row: InteractionStatistic, interactions: Sequence[InteractionStatistic]
) -> InteractionStatistic:
    """The interaction of an analysis that names trials and no control analysis, with its verdict; others as they
    are."""
    name = row.name
    endpoint = str(name.endpoint).split(",")[0]
    key = spec.endpoint_key(endpoint)
    if spec.control_analysis is not None or row.key != f"{key}.arm_x_gene":
        return row
    scope = Scope(name.analysis_id, name.variant, endpoint)
    evidence = predictive_evidence(
        scope, key, row.counts.group_label or spec.biomarker, None, None, interactions
    )
    return _judged(row, evidence)


def _judged(row: InteractionStatistic, evidence: PredictiveEvidence) -> InteractionStatistic:
    verdict = predictive_verdict(evidence)
    said = verdict.sentence.removeprefix(f"{evidence.biomarker}: {verdict.word}. ")
    return replace(row, verdict=str(verdict.word), reason=f"{said} Against it: {verdict.against}")


def predictive_evidence(
    scope: Scope,
    endpoint_key: str,
    biomarker: str,
    icb: SurvivalStatistic | None,
    control: SurvivalStatistic | None,
    interactions: Sequence[InteractionStatistic],
) -> PredictiveEvidence:
    """The evidence of result rows: pooled effects with and without checkpoint blockade, and rows of the trials."""

    def of_trial(kind: str) -> Effect | None:
        for row in interactions:
            name = row.name
            if (name.analysis_id, name.variant, row.key) == (
                scope.analysis_id, scope.variant, f"{endpoint_key}.{kind}",
            ):  # fmt: skip
                return Effect.of(row)
        return None

    external = external_ratio_effect(icb, control)
    return PredictiveEvidence(
        biomarker=biomarker,
        under_icb=Effect.of(icb),
        without_icb=Effect.of(control) if control is not None and _has_events(control) else None,
        control_arm=of_trial("gene_in_control_arm"),
        randomised=of_trial("arm_x_gene"),
        randomised_months=of_trial("arm_x_gene_months"),
        external=external,
        why_no_external=""
        if external is not None
        else f"fewer than {FEW} events among carriers with or without checkpoint blockade, or no estimate",
    )


def external_ratio_effect(icb: SurvivalStatistic | None, control: SurvivalStatistic | None) -> Effect | None:
    """:func:`external_ratio` as an effect."""
    ratio = external_ratio(icb, control)
    if ratio is None:
        return None
    return Effect(
        estimate=ratio.ratio,
        ci_low=ratio.ci_low,
        ci_high=ratio.ci_high,
        p=ratio.p,
        scale=Scale.RATIO_OF_HAZARD_RATIOS,
    )


def external_ratio(icb: SurvivalStatistic | None, control: SurvivalStatistic | None) -> RatioEstimate | None:
    """The hazard ratio under checkpoint blockade over that without it, of other people; None with fewer than five
    events among carriers on either side."""
    if icb is None or control is None or not (_has_events(icb) and _has_events(control)):
        return None
    if (
        icb.estimate is None
        or control.estimate is None
        or not icb.standard_error
        or not control.standard_error
    ):
        return None
    return ratio_of_hazard_ratios(
        math.log(icb.estimate), icb.standard_error, math.log(control.estimate), control.standard_error
    )


def _has_events(row: SurvivalStatistic) -> bool:
    """Enough of them among carriers; of a number, which nobody carries, among all."""
    of_number = row.counts.n_in_group is None
    return ((row.counts.events if of_number else row.counts.events_in_group) or 0) >= FEW


def _label(icb: SurvivalStatistic | None, spec: AnalysisSpec) -> str:
    return (icb.counts.group_label if icb is not None else None) or spec.biomarker


def _pooled_row(stats: Sequence[SurvivalStatistic], scope: Scope) -> SurvivalStatistic | None:
    for row in stats:
        name = row.name
        if (
            (name.analysis_id, name.variant, name.endpoint)
            == (scope.analysis_id, scope.variant, scope.endpoint)
            and name.cohort_id is None
            and row.key.endswith(f".{POOLED_KEY}")
            and row.estimate is not None
        ):
            return row
    return None
