"""How tumours escape: pairs of samples, acquired and intrinsic loss, expression over time."""

from __future__ import annotations

from collections.abc import Sequence

from analytics.questions.kind import Kind
from analytics.resistance.acquired.part import acquired
from analytics.resistance.asked import Asked
from analytics.resistance.intrinsic.part import intrinsic
from analytics.resistance.pairs.part import pairs
from analytics.resistance.source import ResistanceSource
from analytics.resistance.spec import GeneSet, ResistanceSpec
from analytics.resistance.time_points.part import time_points
from analytics.results.gathered import AnalysisResult, Gathered, Provenance

_PARTS = {"pairs": pairs, "acquired": acquired, "intrinsic": intrinsic, "time_points": time_points}


def run(source: ResistanceSource, spec: ResistanceSpec, provenance: Provenance) -> AnalysisResult:
    """Every part and variant of a spec."""
    cohorts = (*spec.cohorts, *spec.awaited_cohorts)
    asked = Asked(
        source,
        spec,
        Gathered(spec, spec.variants, provenance),
        cohorts,
        source.patient_frame("PFS", cohorts),
        {name: _genes(source, gene_set) for name, gene_set in spec.gene_sets.items()},
    )
    for name, part in _PARTS.items():
        if name in spec.parts:
            part(asked)
    return asked.gathered.result()


def _genes(source: ResistanceSource, gene_set: GeneSet) -> Sequence[str]:
    """The warehouse's version of the set, else the declared list."""
    found = source.declared_gene_set(gene_set.gene_set_id) if gene_set.gene_set_id else []
    return [g for g in found if g not in gene_set.without] or gene_set.genes


KIND = Kind(
    "resistance",
    ResistanceSpec,
    run,
    marts=(
        "call_sets", "copy_number_segments", "counted_mutations", "gene_places", "gene_sets", "patient_summary",
        "sample_expression", "sample_pairs", "samples",
    ),
)  # fmt: skip
