"""Enrichment of gene sets by the groups of one biomarker."""

from __future__ import annotations

from analytics.biomarkers.groups import Contrast
from analytics.enrichment.estimate import enrich
from analytics.enrichment.figures import enrichment_pictures
from analytics.enrichment.source import EnrichmentSource
from analytics.enrichment.spec import EnrichmentSpec
from analytics.questions.kind import Kind
from analytics.questions.selection import select_members
from analytics.results.gathered import AnalysisResult, Gathered, Provenance
from analytics.results.row_sets import RowSets
from analytics.results.statistic import Scope


def run(source: EnrichmentSource, spec: EnrichmentSpec, provenance: Provenance) -> AnalysisResult:
    """Every variant of a spec."""
    gathered = Gathered(spec, spec.variants, provenance)
    frame = source.analysis_frame(spec.gene, "OS", spec.cohorts)
    matrices = {cohort: source.expression_matrix(cohort) for cohort in spec.cohorts}
    known = {cohort: matrix for cohort, matrix in matrices.items() if len(matrix)}
    gene_sets = source.gene_sets((), spec.collection)
    contrast = Contrast.of_gene(spec.gene)
    for name, variant in spec.variants.items():
        selection = select_members(
            frame, variant, spec.where, icb_only=spec.icb_only, requires_endpoint=False
        )
        scope, sets = Scope(spec.analysis_id, name, spec.endpoint), RowSets()
        found = enrich(scope, sets, spec, selection.members, known, gene_sets, contrast)
        gathered.figures |= enrichment_pictures(spec, name, found.result, contrast)
        gathered.add_members(scope, selection, sets)
        gathered.add(row.warned(*selection.warnings) for row in found.rows)
    return gathered.result()


KIND = Kind("enrichment", EnrichmentSpec, run, marts=("gene_sets", "patient_expression", "patient_features"))
