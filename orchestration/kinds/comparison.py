"""Measures by the status of one gene: asks the warehouse for members and values, calls ``analytics.comparison``."""

from __future__ import annotations

from typing import Any

import duckdb

from analytics.comparison.estimate import add_q, estimate_measure, member_values, unavailable
from analytics.comparison.pictures import measure_picture, picture_stem
from analytics.comparison.spec import ComparisonSpec
from analytics.questions.selection import select_members
from analytics.results.gathered import AnalysisResult, Gathered, Provenance
from analytics.results.rows import ResultRows
from orchestration.kinds.immune_comparison import annotate, summaries
from warehouse.frames.measures import MeasureUnavailableError, measure_frame
from warehouse.frames.patients import analysis_frame


def _add_note(rows: list[dict[str, Any]], note: str | None) -> None:
    """What was measured, on every row that is over all members."""
    for row in rows:
        if note and row.get("stratum") is None:
            row["warnings"] = " ".join(part for part in (row.get("warnings"), note) if part)


def run(con: duckdb.DuckDBPyConnection, spec: ComparisonSpec, provenance: Provenance) -> AnalysisResult:
    """Every variant and measure of a spec on an open warehouse."""
    gathered = Gathered(spec, spec.variants, provenance)
    frame = analysis_frame(con, spec.gene, "OS", spec.cohorts)
    frames: dict[str, Any] = {}
    reasons: dict[str, str] = {}
    for name, measure in spec.measures.items():
        try:
            frames[name] = measure_frame(con, name, measure, spec.gene, spec.cohorts)
        except MeasureUnavailableError as exc:
            reasons[name] = str(exc)
    for variant_name, variant in spec.variants.items():
        selection = select_members(
            frame, variant, spec.where, icb_only=spec.icb_only, requires_endpoint=False
        )
        rows = ResultRows(spec.analysis_id, variant_name)
        out: list[dict[str, Any]] = []
        values = {name: member_values(selection.members, found) for name, found in frames.items()}
        for name in spec.measures:
            if name in reasons:
                unavailable(rows, out, name, reasons[name])
            else:
                done = len(out)
                estimate_measure(rows, out, spec, name, selection.members, values[name])
                _add_note(out[done:], frames[name].attrs.get("note"))
        for name, found in frames.items():
            annotate(rows, out, name, spec.measures[name], found, len(selection.members))
        add_q(out)
        for row in out:
            if selection.warnings and ".wilcoxon" in row["estimate_key"]:
                row["warnings"] = " ".join([row.get("warnings") or "", *selection.warnings]).strip()
        for name, found in values.items():
            picture = measure_picture(spec, variant_name, name, selection.members, found, out)
            if picture is not None:
                gathered.figures[picture_stem(variant_name, name)] = picture
        gathered.add_members(variant_name, spec.endpoint, selection, rows)
        gathered.add("comparison_stats", out, endpoint=spec.endpoint)
        gathered.add(
            "frequency_stats", summaries(con, spec, rows, out, selection.members), endpoint=spec.endpoint
        )
    return gathered.result()
