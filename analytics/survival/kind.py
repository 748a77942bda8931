"""Survival and response by the groups of one biomarker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from analytics.characteristics.estimate import characteristics
from analytics.meta.pooling import interaction_statistics, meta_statistics, verdict_statistic
from analytics.questions.groups import Contrast
from analytics.questions.kind import Kind
from analytics.questions.selection import Selection, select_members
from analytics.questions.source import PeopleSource
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
from analytics.survival.estimate import endpoint_statistics
from analytics.survival.figures import analysis_figures


@dataclass(frozen=True)
class _Asked:
    """One way of doing the analysis, at one endpoint."""

    spec: AnalysisSpec
    gathered: Gathered
    scope: Scope
    frame: pd.DataFrame
    selection: Selection
    contrast: Contrast


def run(source: PeopleSource, spec: AnalysisSpec, provenance: Provenance) -> AnalysisResult:
    """Every variant and endpoint of a spec."""
    gathered = Gathered(spec, spec.variants, provenance)
    cohorts = (*spec.cohorts, *spec.awaited_cohorts)
    frames = {e: source.analysis_frame(spec.gene, e, cohorts, spec.other_genes()) for e in spec.endpoints}
    selected = {
        name: with_unlike_clocks(
            {
                e: select_members(frame, variant, spec.where, icb_only=spec.icb_only, origin=spec.origin)
                for e, frame in frames.items()
            }
        )
        for name, variant in spec.variants.items()
    }
    for endpoint, frame in frames.items():
        for name in spec.variants:
            scope = Scope(spec.analysis_id, name, endpoint)
            selection = selected[name][endpoint]
            _one_endpoint(_Asked(spec, gathered, scope, frame, selection, Contrast.of_gene(spec.gene)))
    return gathered.result()


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
    variant, is_first, sets = spec.variants[scope.variant], scope.endpoint == spec.endpoints[0], RowSets()
    rows = endpoint_statistics(spec, scope, sets, selection, asked.contrast, with_flow=is_first)
    if is_first:
        gathered.add(characteristics(scope, sets, selection.members, asked.contrast))
    gathered.add_members(scope, selection, sets)
    gathered.add(rows)
    pooled: list[MetaStatistic] = []
    if variant.one_person_once and not variant.allow_mixed_origins:
        pooled = _pool(asked, rows)
    gathered.figures |= analysis_figures(spec, scope, selection, rows, pooled, asked.contrast)
    if is_first and variant.responses:
        _respond(asked)


def _respond(asked: _Asked) -> None:
    spec, variant = asked.spec, asked.spec.variants[asked.scope.variant]
    evaluated = select_members(
        asked.frame,
        variant,
        spec.where,
        icb_only=spec.icb_only,
        requires_endpoint=False,
        reports_response="response_raw",
    )
    scope, sets = replace(asked.scope, endpoint="response"), RowSets()
    rows = response_statistics(scope, sets, evaluated.members, variant.responses, asked.contrast)
    asked.gathered.add_members(scope, evaluated, sets)
    asked.gathered.add(rows)


def _pool(asked: _Asked, rows: Sequence[SurvivalStatistic]) -> list[MetaStatistic]:
    """Two-stage random effects over the cohorts of the pool (returned), and the arm x biomarker interaction of the
    trials, beside the one-stage estimates. A way of doing it that counts people twice or pools unlike origins gets
    neither."""
    spec, gathered, scope = asked.spec, asked.gathered, asked.scope
    key = spec.endpoint_key(scope.endpoint)
    outside = asked.selection.cohorts_outside()
    inside = [row for row in rows if row.cohort_id is not None and row.cohort_id not in outside]
    pooled = meta_statistics(scope, key, inside, asked.contrast)
    gathered.add(pooled)
    if not spec.trials:
        return pooled
    both_arms = select_members(
        asked.frame[asked.frame["cohort_id"].isin(list(spec.trials))],
        spec.variants[scope.variant],
        spec.where,
        icb_only=False,
    )
    of_arms = replace(scope, endpoint=f"{scope.endpoint}, both arms")
    gathered.add_members(of_arms, both_arms, RowSets())
    gathered.add(interaction_statistics(of_arms, spec.trials, key, both_arms.members, asked.contrast))
    return pooled


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
    return table_of(InteractionStatistic, [*interactions, *found])


KIND = Kind("survival", AnalysisSpec, run)
