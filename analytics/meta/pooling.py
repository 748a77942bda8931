"""Pooled evidence beside the one-stage models: two-stage random effects over cohorts, arm x biomarker interaction in
trials. The estimators are in the modules beside this one; which rows they get, and the rows they become, is decided
here. The ratio against people without checkpoint blockade and the verdict are in `predictive`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from analytics.biomarkers.groups import Contrast
from analytics.errors import AnalysisError
from analytics.meta.interaction import (
    SPARSE_EVENTS,
    InteractionResult,
    RatioEstimate,
    treatment_biomarker_interaction,
)
from analytics.meta.random_effects import RandomEffectsResult, fit_random_effects
from analytics.meta.trials import ESTIMATORS as TRIAL_ESTIMATORS
from analytics.meta.trials import TREATED, TREATMENT_IN_GROUP, UNTREATED, months_statistic
from analytics.results.estimator import Estimator, Scale
from analytics.results.row_sets import RowSets
from analytics.results.statistic import Counts, InteractionStatistic, MetaStatistic, Scope, SurvivalStatistic
from analytics.survival.data import count_of

RANDOM_EFFECTS = Estimator(
    key="random_effects",
    label="Hazard ratio, random effects over cohorts",
    scale=Scale.HAZARD_RATIO,
    heading="Random effects over cohorts",
    methods="Two-stage: one log hazard ratio a cohort (Firth's where a group of the cohort has fewer than five events, "
    "else Cox's), pooled with the variance between cohorts estimated by restricted maximum likelihood and the interval "
    "of Hartung and Knapp (2001), never narrower than the plain one; I\u00b2 with interval, from three cohorts on a "
    "prediction interval for a new cohort, and each cohort left out in turn.",
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
ESTIMATORS = (RANDOM_EFFECTS, INTERACTION, IN_ARM, *TRIAL_ESTIMATORS)

#: Row sets of the people of one arm of the trials.
_ICB_ARM, _CONTROL_ARM = "members under checkpoint blockade", "members in the control arm"

#: The per-cohort estimate that is pooled, and the one-stage estimate that the verdict rests on.
POOLED_KEY = "cox_univariable"
#: What stands in for it in a cohort with fewer than five events in a group.
SPARSE_KEY = "firth_univariable"
#: A prediction interval takes so many cohorts: of two it says nothing.
FEWEST_FOR_PREDICTION = 3
#: Cohorts -> how often in 100 the 95 % prediction interval holds the effect of a new cohort; measured, see
#: benchmarks/meta/prediction_interval.py (tau 0.3).
PREDICTION_COVERAGE = {3: 95, 4: 90, 5: 88, 6: 87, 8: 88, 10: 89, 15: 90}
#: Few cohorts often agree more than chance lets them (q < 1), and Hartung-Knapp then gives an interval shorter than
#: that without any heterogeneity: the variance is not scaled down (max(1, q); Rover 2015, BMC Med Res Methodol 15:99).
GUARD = True


def meta_statistics(
    scope: Scope,
    endpoint_key: str,
    per_cohort: Sequence[SurvivalStatistic],
    contrast: Contrast | None,
    *,
    leave_one_out: bool = True,
) -> list[MetaStatistic]:
    """Random effects (REML, Hartung-Knapp) over the per-cohort Cox estimates, and leave-one-out.

    Parameters
    ----------
    per_cohort : statistics of the cohorts of the pool, of every estimator.
    leave_one_out : a row without each of the cohorts, too, where more than two have an estimate.

    In a cohort with fewer than five events in a group the estimate is Firth's. A cohort without either is named in the
    warnings with the reason. One cohort gives no row; several of which fewer than two have an estimate give one
    without.
    """
    suffix = contrast.suffix if contrast else ""
    chosen = [_of_cohort(own) for own in _by_cohort(per_cohort, suffix)]
    if len(chosen) < 2:
        return []
    usable = [row for row in chosen if _is_usable(row)]
    notes = (_sparse_note(usable), _without_note([row for row in chosen if not _is_usable(row)]))
    key = f"{endpoint_key}.random_effects{suffix}"
    if len(usable) < 2:
        said = "Random effects need two cohorts with an estimate."
        return [_blank(scope, key, chosen, contrast).warned(said, *notes)]
    found = [_pooled(scope, key, usable, contrast).warned(*notes)]
    if leave_one_out and len(usable) > 2:
        for left_out in usable:
            others = [row for row in usable if row is not left_out]
            row = _pooled(scope, f"{key}.without.{left_out.cohort_id}", others, contrast)
            found.append(replace(row, left_out=left_out.cohort_id).warned(*notes))
    return found


def _by_cohort(rows: Sequence[SurvivalStatistic], suffix: str) -> list[dict[str, SurvivalStatistic]]:
    """Each cohort's estimates that can be pooled, by the end of their key."""
    found: dict[str, dict[str, SurvivalStatistic]] = {}
    for row in rows:
        for kind in (POOLED_KEY, SPARSE_KEY):
            if row.cohort_id is not None and row.key.endswith(f".{kind}{suffix}"):
                found.setdefault(row.cohort_id, {})[kind] = row
    return list(found.values())


def _of_cohort(own: dict[str, SurvivalStatistic]) -> SurvivalStatistic:
    """Firth's estimate where it was made, which says that a group has too few events for Cox's."""
    sparse = own.get(SPARSE_KEY)
    return (
        sparse
        if sparse is not None and _is_usable(sparse)
        else own.get(POOLED_KEY) or next(iter(own.values()))
    )


def _sparse_note(rows: Sequence[SurvivalStatistic]) -> str:
    sparse = [str(row.cohort_id) for row in rows if f".{SPARSE_KEY}" in row.key]
    return f"Firth's estimate, for few events, of {', '.join(sparse)}." if sparse else ""


def _without_note(rows: Sequence[SurvivalStatistic]) -> str:
    cohorts: dict[str, list[str]] = {}
    for row in rows:
        cohorts.setdefault(_why(row), []).append(str(row.cohort_id))
    said = [f"{', '.join(names)} ({why})" for why, names in cohorts.items()]
    return f"No estimate from {', '.join(said)}." if said else ""


def _why(row: SurvivalStatistic) -> str:
    if row.counts.n_in_group == 0:
        return "nobody in the group"
    if row.counts.n_in_group == row.counts.n:
        return "nobody in the reference"
    if row.estimate is None and row.warnings:
        return row.warnings[0].rstrip(".")
    return "no event in a group" if row.counts.events_in_group == 0 else "no finite standard error"


def _is_usable(row: SurvivalStatistic) -> bool:
    error = row.standard_error
    is_empty = row.counts.events_in_group == 0 and f".{SPARSE_KEY}" not in row.key
    return row.estimate is not None and bool(error and error > 0) and not is_empty


def _blank(
    scope: Scope, key: str, rows: Sequence[SurvivalStatistic], contrast: Contrast | None
) -> MetaStatistic:
    return MetaStatistic(
        name=scope.name(key),
        estimator=RANDOM_EFFECTS.key,
        scale=RANDOM_EFFECTS.scale,
        row_set=f"members{contrast.row_set_suffix if contrast else ''}",
        counts=_sum(rows),
        n_cohorts=len([row for row in rows if _is_usable(row)]),
    )


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
    has_prediction = result.k >= FEWEST_FOR_PREDICTION
    return replace(
        _blank(scope, key, rows, contrast),
        cohorts=tuple(result.labels),
        estimate=ratio.ratio,
        ci_low=ratio.ci_low,
        ci_high=ratio.ci_high,
        p=result.p,
        p_method="t, Hartung-Knapp",
        prediction_low=ratio.prediction_low if has_prediction else None,
        prediction_high=ratio.prediction_high if has_prediction else None,
        tau2=result.tau2,
        i2_percent=result.i2_percent,
        i2_ci_low_percent=result.i2_ci_low_percent,
        i2_ci_high_percent=result.i2_ci_high_percent,
        q_p=result.q_p,
    ).warned(*result.warnings, _coverage_note(result.k) if has_prediction else "")


def _coverage_note(k: int) -> str:
    known = max(size for size in PREDICTION_COVERAGE if size <= k)
    return (
        f"The 95 % prediction interval of so few cohorts ({k}) holds the effect of a new one in about "
        f"{PREDICTION_COVERAGE[known]} of 100 cases (measured at tau 0.3)."
    )


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


def name_arm_sets(sets: RowSets, members: pd.DataFrame, contrast: Contrast) -> None:
    """Name in ``sets`` the people behind each row of :func:`interaction_statistics`: all, each arm, each group.

    Parameters
    ----------
    members : as there.
    """
    of_contrast = sets.within(contrast.row_set_suffix)
    is_treated, in_group = members["is_icb_treated"].astype(bool), members["in_group"].astype(bool)
    of_contrast.named("members", members.index, members.index)
    for name, kept in (
        (_ICB_ARM, is_treated),
        (_CONTROL_ARM, ~is_treated),
        (contrast.group.key, in_group),
        (contrast.reference.key, ~in_group),
    ):
        of_contrast.named(name, members.index[kept], members.index)


def interaction_statistics(
    scope: Scope, trials: Sequence[str], endpoint_key: str, members: pd.DataFrame, contrast: Contrast
) -> list[InteractionStatistic]:
    """Arm x biomarker interaction (Cox, stratified by trial) on people of both arms of the trials. The row sets are
    those of :func:`name_arm_sets`.

    Parameters
    ----------
    members : with ``is_icb_treated`` and ``in_group``, both arms.

    Returns
    -------
    One row without an estimate where a group has fewer than five events in an arm: with one person in each the ratio
    was 8.1 (0.5 to 134) and the difference 0.0 (-0.1 to 0.0) months, as if so much were known.
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
        compared_with=tuple(trials),
    )
    try:
        result = treatment_biomarker_interaction(
            rows, time="time_months", event="event", treatment="arm", biomarker="group", strata=("cohort_id",)
        )
    except AnalysisError as exc:
        return [blank.warned(str(exc))]
    if (fewest := int(result.cells["events"].min())) < SPARSE_EVENTS:
        return [
            blank.warned(
                f"A group has {count_of(fewest, 'event')} in one arm, fewer than {SPARSE_EVENTS}: the "
                "interaction cannot be judged."
            )
        ]
    counted = replace(blank, counts=replace(blank.counts, n=result.n, events=result.events))
    found = [
        replace(
            with_ratio(counted, estimate),
            name=scope.name(f"{endpoint_key}.{key}{contrast.suffix}"),
            estimator=estimator.key,
            scale=estimator.scale,
            row_set=f"{row_set}{contrast.row_set_suffix}",
            counts=counts,
        )
        for key, estimator, estimate, counts, row_set in _arms(result, contrast)
    ]
    return [*found, months_statistic(counted, scope, endpoint_key, members, contrast)]


def _arms(
    result: InteractionResult, contrast: Contrast
) -> list[tuple[str, Estimator, RatioEstimate, Counts, str]]:
    group, others = contrast.group.label, contrast.reference.label

    def in_arm(is_treated: bool) -> Counts:
        return _counts(result.cells, "is_treated", is_treated, "in_group", group, others)

    def in_group(is_group: bool) -> Counts:
        label = f"{TREATED}, {group if is_group else others}"
        return _counts(result.cells, "in_group", is_group, "is_treated", label, UNTREATED)

    everyone = Counts(group_label=group, reference_label=others, n=result.n, events=result.events)
    return [
        ("arm_x_gene", INTERACTION, result.interaction, everyone, "members"),
        ("gene_in_icb_arm", IN_ARM, result.biomarker_in_treated, in_arm(True), _ICB_ARM),
        ("gene_in_control_arm", IN_ARM, result.biomarker_in_control, in_arm(False), _CONTROL_ARM),
        (
            "treatment_in_group",
            TREATMENT_IN_GROUP,
            result.treatment_in_mutated,
            in_group(True),
            contrast.group.key,
        ),
        (
            "treatment_in_reference",
            TREATMENT_IN_GROUP,
            result.treatment_in_wild_type,
            in_group(False),
            contrast.reference.key,
        ),
    ]


def _counts(
    cells: pd.DataFrame, of: str, value: bool, compared: str, group_label: str, reference_label: str
) -> Counts:
    """People and events of the cells where column ``of`` is ``value``, and of them those where ``compared`` holds."""
    own = cells[cells[of] == value]
    inside = own[own[compared]]
    return Counts(
        group_label=group_label,
        reference_label=reference_label,
        n=int(own["n"].sum()),
        n_in_group=int(inside["n"].sum()),
        events=int(own["events"].sum()),
        events_in_group=int(inside["events"].sum()),
    )


def with_ratio(row: InteractionStatistic, estimate: RatioEstimate) -> InteractionStatistic:
    return row.with_wald(estimate.ratio, estimate.ci_low, estimate.ci_high, estimate.p)
