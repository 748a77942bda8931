"""Survival and response by the groups of one biomarker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from analytics.biomarkers.groups import Contrast, Group
from analytics.characteristics.estimate import characteristics
from analytics.meta.pooling import interaction_statistics, meta_statistics, name_arm_sets
from analytics.meta.predictive import verdict_statistic, with_trial_verdict
from analytics.meta.trials import treatment_statistics
from analytics.questions.clock import first_of, immortal_groups
from analytics.questions.kind import Kind
from analytics.questions.selection import Selection, select_members
from analytics.questions.source import AskedPeople, PeopleSource
from analytics.questions.specs import AnalysisSpec
from analytics.response.estimate import response_statistics
from analytics.results.gathered import AnalysisResult, Gathered, Provenance
from analytics.results.row_sets import RowSets
from analytics.results.schema import rows_of, table_of
from analytics.results.statistic import (
    InteractionStatistic,
    MetaStatistic,
    Scope,
    SurvivalStatistic,
)
from analytics.survival.estimate import endpoint_statistics, flow_statistics, number_statistics
from analytics.survival.figures import contrast_figures, flow_figure


@dataclass(frozen=True)
class _Asked:
    """One way of doing the analysis, at one endpoint."""

    spec: AnalysisSpec
    gathered: Gathered
    scope: Scope
    people: AskedPeople
    selection: Selection


def run(source: PeopleSource, spec: AnalysisSpec, provenance: Provenance) -> AnalysisResult:
    """Every variant and endpoint of a spec."""
    cohorts = (*spec.cohorts, *spec.awaited_cohorts)
    people = {e: _people(source, spec, e, cohorts) for e in spec.endpoints}
    gathered = Gathered(spec, spec.variants, provenance, next(iter(people.values())).genes)
    selected = {
        name: with_unlike_clocks(
            {
                e: select_members(
                    asked.frame,
                    variant,
                    spec.where,
                    icb_only=spec.icb_only,
                    origin=spec.origin,
                    biomarker=None if asked.is_gene else asked.label,
                    time_rules=variant.time,
                )
                for e, asked in people.items()
            }
        )
        for name, variant in spec.variants.items()
    }
    for endpoint, asked in people.items():
        for name in spec.variants:
            scope = Scope(spec.analysis_id, name, endpoint)
            _one_endpoint(_Asked(spec, gathered, scope, asked, selected[name][endpoint]))
    return gathered.result()


def _people(source: PeopleSource, spec: AnalysisSpec, endpoint: str, cohorts: Sequence[str]) -> AskedPeople:
    """People with an endpoint of the sources, or with the first event of several."""
    custom = spec.custom_endpoints.get(endpoint)
    if custom is None:
        return source.people(spec.biomarker, endpoint, cohorts, spec.other_genes())
    parts = {e: source.people(spec.biomarker, e, cohorts, spec.other_genes()) for e in custom.first_of}
    whole = parts[custom.first_of[0]]
    return replace(whole, frame=first_of({e: part.frame for e, part in parts.items()}))


def with_unlike_clocks(selected: Mapping[str, Selection]) -> dict[str, Selection]:
    """The selections of one way of doing it by endpoint; with a warning where endpoints are pooled over unlike clocks,
    hence over other cohorts."""
    clocks = {endpoint: s.clock for endpoint, s in selected.items() if s.clock is not None}
    if len(set(clocks.values())) < 2:
        return dict(selected)
    words = ", ".join(f"{endpoint} over clocks of {clock}" for endpoint, clock in clocks.items())
    said = f"The endpoints are pooled over other cohorts, whose clocks are unlike: {words}."
    return {e: replace(s, warnings=(*s.warnings, said)) for e, s in selected.items()}


def _one_endpoint(asked: _Asked) -> None:
    spec, gathered, scope, selection = asked.spec, asked.gathered, asked.scope, asked.selection
    is_first, sets, label = scope.endpoint == spec.endpoints[0], RowSets(), asked.people.label
    groups = _groups(asked)
    rows = flow_statistics(scope, sets, selection, spec, groups) if is_first else []
    gathered.figures |= flow_figure(spec, scope, selection, groups)
    for contrast in asked.people.contrasts:
        own = selection.among(contrast)
        found = endpoint_statistics(spec, scope, sets.within(contrast.row_set_suffix), own, contrast)
        if is_first and not contrast.is_one_of_several:
            gathered.add(characteristics(scope, sets, own.members, contrast))
        pooled = _pool(asked, contrast, found)
        gathered.figures |= contrast_figures(spec, scope, own, found, pooled, contrast, label)
        rows += found
    if asked.people.unit is not None:
        found = number_statistics(spec, scope, sets, selection, f"{label}, {asked.people.unit}")
        _pool_of(asked, found)
        rows += found
    gathered.add_members(scope, selection, sets)
    rules = spec.variants[scope.variant].time
    notes = (*asked.people.notes, *immortal_groups(asked.people.biomarker, rules))
    gathered.add(row if row.key.startswith("flow.") else row.warned(*notes) for row in rows)
    if is_first and spec.variants[scope.variant].responses:
        _respond(asked)


def _groups(asked: _Asked) -> dict[Group, pd.Series]:
    """Every group with who of the members is in it."""
    status = asked.selection.members["status"]
    contrasts = asked.people.contrasts
    groups = [*(contrast.group for contrast in contrasts), *(c.reference for c in contrasts[:1])]
    return {group: status == group.key for group in groups}


def _respond(asked: _Asked) -> None:
    spec, variant, people = asked.spec, asked.spec.variants[asked.scope.variant], asked.people
    evaluated = select_members(
        people.frame,
        variant,
        spec.where,
        icb_only=spec.icb_only,
        requires_endpoint=False,
        reports_response=variant.responses,
        biomarker=None if people.is_gene else people.label,
    )
    scope, sets = replace(asked.scope, endpoint="response"), RowSets()
    rows = [
        row
        for contrast in people.contrasts
        for row in response_statistics(
            scope,
            sets.within(contrast.row_set_suffix),
            contrast.of(evaluated.members),
            variant.responses,
            contrast,
        )
    ]
    asked.gathered.add_members(scope, evaluated, sets)
    asked.gathered.add(rows)


def _pool(asked: _Asked, contrast: Contrast, rows: Sequence[SurvivalStatistic]) -> list[MetaStatistic]:
    """Two-stage random effects over the cohorts of the pool (returned), and the arm x biomarker interaction of the
    trials, beside the one-stage estimates. A way of doing it that counts people twice or pools unlike origins gets
    neither."""
    spec, gathered, scope = asked.spec, asked.gathered, asked.scope
    pooled = _pool_of(asked, rows, contrast)
    if not spec.trials or not _is_pooled(asked):
        return pooled
    frame = asked.people.frame
    both_arms = select_members(
        frame[frame["cohort_id"].isin(list(spec.trials))],
        spec.variants[scope.variant],
        spec.where,
        icb_only=False,
        biomarker=None if asked.people.is_gene else asked.people.label,
        time_rules=spec.variants[scope.variant].time,
    )
    of_arms, key = replace(scope, endpoint=f"{scope.endpoint}, both arms"), spec.endpoint_key(scope.endpoint)
    if contrast == asked.people.contrasts[0]:
        sets, everyone = RowSets(), both_arms.members
        for each in asked.people.contrasts:
            name_arm_sets(sets, each.of(everyone), each)
        gathered.add_members(of_arms, both_arms, sets)
        _treat(asked, key)
    members = contrast.of(both_arms.members)
    gathered.add(interaction_statistics(of_arms, spec.trials, key, members, contrast))
    return pooled


def _treat(asked: _Asked, endpoint_key: str) -> None:
    """The effect of treatment among everybody randomised, whether the biomarker was looked at or not."""
    spec, frame = asked.spec, asked.people.frame
    randomised = select_members(
        frame[frame["cohort_id"].isin(list(spec.trials))],
        spec.variants[asked.scope.variant],
        spec.where,
        icb_only=False,
        requires_status=False,
        time_rules=spec.variants[asked.scope.variant].time,
    )
    if randomised.members.empty:
        return
    scope, sets = replace(asked.scope, endpoint=f"{asked.scope.endpoint}, all randomised"), RowSets()
    sets.named("members", randomised.members.index, randomised.members.index)
    asked.gathered.add_members(scope, randomised, sets)
    asked.gathered.add(treatment_statistics(scope, spec.trials, endpoint_key, randomised.members))


def _pool_of(
    asked: _Asked, rows: Sequence[SurvivalStatistic], contrast: Contrast | None = None
) -> list[MetaStatistic]:
    if not _is_pooled(asked):
        return []
    outside = asked.selection.cohorts_outside()
    inside = [row for row in rows if row.cohort_id is not None and row.cohort_id not in outside]
    pooled = meta_statistics(asked.scope, asked.spec.endpoint_key(asked.scope.endpoint), inside, contrast)
    asked.gathered.add(pooled)
    return pooled


def _is_pooled(asked: _Asked) -> bool:
    variant = asked.spec.variants[asked.scope.variant]
    return variant.one_person_once and not variant.allow_mixed_origins


def verdict_statistics(
    specs: Sequence[AnalysisSpec],
    stats: Sequence[SurvivalStatistic],
    interactions: Sequence[InteractionStatistic],
) -> list[InteractionStatistic]:
    """Predictive or prognostic, for every analysis that names its control; needs the statistics of every analysis."""
    found = [
        verdict_statistic(spec, Scope(spec.analysis_id, name, endpoint), stats, interactions)
        for spec in specs
        for name, variant in spec.variants.items()
        if variant.one_person_once and not variant.allow_mixed_origins
        for endpoint in spec.endpoints
    ]
    return [row for row in found if row is not None]


def with_verdicts(
    specs: Sequence[AnalysisSpec], survival_stats: pd.DataFrame, interaction_stats: pd.DataFrame
) -> pd.DataFrame:
    """The table of interactions with the verdicts of :func:`verdict_statistics` below."""
    stats = rows_of(SurvivalStatistic, survival_stats)
    interactions = rows_of(InteractionStatistic, interaction_stats)
    found = verdict_statistics(specs, stats, interactions)
    of = {spec.analysis_id: spec for spec in specs}
    judged = [
        with_trial_verdict(of[row.name.analysis_id], row, interactions) if row.name.analysis_id in of else row
        for row in interactions
    ]
    return table_of(InteractionStatistic, [*judged, *found])


KIND = Kind("survival", AnalysisSpec, run)
