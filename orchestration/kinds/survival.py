"""Survival and response by the status of one gene: asks the warehouse for the frame, calls ``analytics``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import duckdb
import pandas as pd

from analytics.characteristics.estimate import characteristics_rows
from analytics.estimates import estimate_cohorts, estimate_flow, estimate_survival, pool_warnings
from analytics.pictures import analysis_figures
from analytics.pooling import interaction_rows, meta_rows, verdict_row
from analytics.questions.selection import Selection, select_members
from analytics.questions.specs import AnalysisSpec
from analytics.response_estimates import estimate_response
from analytics.results.gathered import AnalysisResult, Gathered, Provenance
from analytics.results.rows import ResultRows
from analytics.results.tables import as_result_table
from warehouse.frames.patients import analysis_frame


def run(con: duckdb.DuckDBPyConnection, spec: AnalysisSpec, provenance: Provenance) -> AnalysisResult:
    """Every variant and endpoint of a spec on an open warehouse."""
    gathered = Gathered(spec, spec.variants, provenance)
    cohorts = (*spec.cohorts, *spec.awaited_cohorts)
    other_genes = spec.other_genes()
    frames = {e: analysis_frame(con, spec.gene, e, cohorts, other_genes) for e in spec.endpoints}
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
            _one_endpoint(gathered, spec, name, endpoint, frame, selected[name][endpoint])
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


def _one_endpoint(
    gathered: Gathered,
    spec: AnalysisSpec,
    name: str,
    endpoint: str,
    frame: pd.DataFrame,
    selection: Selection,
) -> None:
    variant, is_first = spec.variants[name], endpoint == spec.endpoints[0]
    rows = estimate_endpoint(spec, name, endpoint, selection, with_flow=is_first)
    if is_first:
        of_people = characteristics_rows(rows, selection.members)
        gathered.add("characteristics", of_people, endpoint=endpoint)
    _gather(gathered, name, endpoint, selection, rows)
    pooled: list[dict[str, Any]] = []
    if variant.one_person_once and not variant.allow_mixed_origins:
        pooled = _pool(gathered, spec, name, endpoint, frame, selection, rows)
    gathered.figures |= analysis_figures(spec, name, endpoint, selection, rows, pooled)
    if is_first and variant.responses:
        evaluated = select_members(
            frame,
            variant,
            spec.where,
            icb_only=spec.icb_only,
            requires_endpoint=False,
            reports_response="response_raw",
        )
        responses = ResultRows(spec.analysis_id, name)
        estimate_response(responses, evaluated.members, variant)
        _gather(gathered, name, "response", evaluated, responses)


def _pool(
    gathered: Gathered,
    spec: AnalysisSpec,
    variant_name: str,
    endpoint: str,
    frame: pd.DataFrame,
    selection: Selection,
    rows: ResultRows,
) -> list[dict[str, Any]]:
    """Two-stage random effects over the cohorts of the pool (returned), and the arm x gene interaction of the trials,
    beside the one-stage estimates. A way of doing it that counts people twice or pools unlike origins gets neither."""
    stats = as_result_table("survival_stats", rows.survival)
    stats = stats[~stats["cohort_id"].isin(list(selection.cohorts_outside())).fillna(False)]
    pooled = meta_rows(spec, variant_name, endpoint, stats)
    gathered.add("meta_stats", pooled)
    if not spec.trials:
        return pooled
    both_arms = select_members(
        frame[frame["cohort_id"].isin(list(spec.trials))],
        spec.variants[variant_name],
        spec.where,
        icb_only=False,
    )
    label = f"{endpoint}, both arms"
    _gather(gathered, variant_name, label, both_arms, ResultRows(spec.analysis_id, variant_name))
    interactions = interaction_rows(spec, variant_name, endpoint, both_arms.members)
    gathered.add("interaction_stats", interactions, endpoint=label)
    return pooled


def verdict_rows(
    specs: Sequence[AnalysisSpec], stats: pd.DataFrame, interactions: pd.DataFrame
) -> list[dict[str, Any]]:
    """Predictive or prognostic, for every analysis that names its control; needs the rows of every analysis."""
    found = [
        verdict_row(spec, name, endpoint, stats, interactions)
        for spec in specs
        for name, variant in spec.variants.items()
        if variant.one_person_once and not variant.allow_mixed_origins
        for endpoint in spec.endpoints
    ]
    return [row for row in found if row is not None]


def _gather(
    gathered: Gathered, variant_name: str, endpoint: str, selection: Selection, rows: ResultRows
) -> None:
    gathered.add_members(variant_name, endpoint, selection, rows)
    gathered.add("survival_stats", rows.survival, endpoint=endpoint)
    gathered.add("response_stats", rows.response, endpoint=endpoint)


def estimate_endpoint(
    spec: AnalysisSpec, variant_name: str, endpoint: str, selection: Selection, *, with_flow: bool
) -> ResultRows:
    """Result rows of one variant and endpoint: all members, then each cohort by itself when there are several, also
    those whose clock is not that of the pool."""
    variant = spec.variants[variant_name]
    key = spec.endpoint_names.get(endpoint, endpoint.lower())  # type: ignore[call-overload]
    rows = ResultRows(spec.analysis_id, variant_name)
    members = selection.members
    if with_flow:
        estimate_flow(rows, members, spec)
    estimate_survival(rows, members, variant, key)
    warnings = pool_warnings(selection)
    for row in rows.survival:
        if not row["estimate_key"].startswith("flow."):
            row["warnings"] = " ".join([str(row.get("warnings") or ""), *warnings]).strip()
    estimate_cohorts(rows, selection, variant, key)
    return rows
