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

#: Marts that an analysis frame reads.
FRAME_MARTS = (
    "cohorts", "patients", "persons", "person_aliases", "treatments", "samples", "profiling", "gene_panels",
    "mutations", "undetermined_genes", "survival_outcomes", "response_outcomes", "burdens",
)  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """One kind of analysis. ``marts`` : what it reads beside :data:`FRAME_MARTS`."""

    spec: type[Question]
    run: Callable[[duckdb.DuckDBPyConnection, Any, Provenance], AnalysisResult]
    marts: tuple[str, ...] = ()


#: The word after ``kind:`` in a file of catalog/analyses -> what it means. Without the word: survival.
KINDS: dict[str, Kind] = {
    "survival": Kind(AnalysisSpec, survival.run),
    "comparison": Kind(ComparisonSpec, comparison.run, ("expression", "immune_features", "gene_sets")),
    "comutation": Kind(ComutationSpec, comutation.run),
    "enrichment": Kind(EnrichmentSpec, enrichment.run, ("expression", "gene_sets")),
    "landscape": Kind(LandscapeSpec, landscape.run),
    "nomogram": Kind(NomogramSpec, nomogram.run),
    "resistance": Kind(
        ResistanceSpec,
        resistance.run,
        ("sample_pairs", "copy_number_segments", "expression", "gene_sets"),
    ),
    "signatures": Kind(
        SignatureSpec,
        signatures.run,
        ("mutation_spectra", "published_exposures", "signature_profiles", "signature_samples"),
    ),
}
