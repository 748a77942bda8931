"""The kinds of analyses: which spec a kind has, what runs it, which marts it reads. One module a kind, each with
``run(con, spec, provenance) -> AnalysisResult``; what a number means belongs to ``analytics``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import duckdb

from analytics.comparison.spec import ComparisonSpec
from analytics.comutation.spec import ComutationSpec
from analytics.enrichment.spec import EnrichmentSpec
from analytics.landscape.spec import LandscapeSpec
from analytics.prediction.spec import NomogramSpec
from analytics.questions.specs import AnalysisSpec, Question
from analytics.resistance.spec import ResistanceSpec
from analytics.results.gathered import AnalysisResult, Provenance
from analytics.signatures.spec import SignatureSpec
from orchestration.kinds import (
    comparison,
    comutation,
    enrichment,
    landscape,
    nomogram,
    resistance,
    signatures,
    survival,
)

#: Marts that an analysis reads to know its people and who is mutated; ``gene_status`` is a macro over the last four.
FRAME_MARTS = ("cohorts", "analysis_frame", "profiling", "gene_panels", "gene_names", "gene_calls")


@dataclass(frozen=True)
class Kind:
    """One kind of analysis. ``marts`` : what it reads beside :data:`FRAME_MARTS`."""

    spec: type[Question]
    run: Callable[[duckdb.DuckDBPyConnection, Any, Provenance], AnalysisResult]
    marts: tuple[str, ...] = ()


#: The word after ``kind:`` in a file of catalog/analyses -> what it means. Without the word: survival.
KINDS: dict[str, Kind] = {
    "survival": Kind(AnalysisSpec, survival.run),
    "comparison": Kind(
        ComparisonSpec,
        comparison.run,
        (
            "burdens",
            "counted_mutations",
            "gene_sets",
            "mutation_class_counts",
            "patient_expression",
            "patient_features",
        ),
    ),
    "comutation": Kind(ComutationSpec, comutation.run),
    "enrichment": Kind(
        EnrichmentSpec, enrichment.run, ("gene_sets", "patient_expression", "patient_features")
    ),
    "landscape": Kind(LandscapeSpec, landscape.run, ("counted_mutations",)),
    "nomogram": Kind(NomogramSpec, nomogram.run),
    "resistance": Kind(
        ResistanceSpec,
        resistance.run,
        (
            "call_sets",
            "copy_number_segments",
            "counted_mutations",
            "gene_places",
            "gene_sets",
            "patient_summary",
            "sample_expression",
            "sample_pairs",
            "samples",
        ),
    ),
    "signatures": Kind(
        SignatureSpec,
        signatures.run,
        (
            "call_sets",
            "counted_mutations",
            "mutation_spectra",
            "published_exposures",
            "signature_profiles",
            "signature_samples",
        ),
    ),
}
