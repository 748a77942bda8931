"""Measures (burdens, counts, features, expression) by the groups of one biomarker."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analytics.biomarkers.groups import Contrast
from analytics.comparison.estimate import measure_statistics, member_values, unavailable, with_q
from analytics.comparison.figures import measure_picture, picture_stem
from analytics.comparison.source import ComparisonSource, MeasureValues
from analytics.comparison.spec import ComparisonSpec
from analytics.comparison.summaries import annotated, summaries, without_values
from analytics.questions.kind import Kind
from analytics.questions.selection import Selection, select_members
from analytics.results.gathered import AnalysisResult, Gathered, Provenance
from analytics.results.row_sets import RowSets
from analytics.results.statistic import ComparisonStatistic, Scope


def run(source: ComparisonSource, spec: ComparisonSpec, provenance: Provenance) -> AnalysisResult:
    """Every variant and measure of a spec."""
    gathered = Gathered(spec, spec.variants, provenance)
    frame = source.analysis_frame(spec.gene, "OS", spec.cohorts)
    measured = {
        name: source.measure_values(name, measure, spec.gene, spec.cohorts)
        for name, measure in spec.measures.items()
    }
    contrast = Contrast.of_gene(spec.gene)
    for name, variant in spec.variants.items():
        selection = select_members(
            frame, variant, spec.where, icb_only=spec.icb_only, requires_endpoint=False
        )
        scope, sets = Scope(spec.analysis_id, name, spec.endpoint), RowSets()
        of_members = {
            measure: member_values(selection.members, values.frame)
            for measure, values in measured.items()
            if values.unavailable is None
        }
        rows = _statistics(scope, sets, spec, measured, of_members, selection, contrast)
        for measure, by_feature in of_members.items():
            picture = measure_picture(spec, name, measure, selection.members, by_feature, rows, contrast)
            if picture is not None:
                gathered.figures[picture_stem(name, measure)] = picture
        gathered.add_members(scope, selection, sets)
        gathered.add(rows)
        gathered.add(summaries(source, scope, spec, rows, selection.members, contrast))
    return gathered.result()


def _statistics(
    scope: Scope,
    sets: RowSets,
    spec: ComparisonSpec,
    measured: Mapping[str, MeasureValues],
    of_members: Mapping[str, Mapping[str, pd.DataFrame]],
    selection: Selection,
    contrast: Contrast,
) -> list[ComparisonStatistic]:
    """Every row of one way of comparing, with q and what must be said of it."""
    members, rows = selection.members, []
    for name, values in measured.items():
        if values.unavailable is not None:
            rows.append(unavailable(scope, spec, name, values.unavailable))
            continue
        found = measure_statistics(scope, sets, spec, name, members, of_members[name], contrast)
        rows += [annotated(row, values, len(members), contrast) for row in found]
        rows += without_values(scope, spec, name, values, len(members), contrast)
    return [row.warned(*selection.warnings) if ".wilcoxon" in row.key else row for row in with_q(rows)]


KIND = Kind("comparison", ComparisonSpec, run, marts=(
        "burdens", "counted_mutations", "gene_sets", "mutation_class_counts", "patient_expression", "patient_features",
    ),
)  # fmt: skip
