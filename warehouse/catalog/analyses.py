"""Analyses: the files of ``catalog/analyses``, each one question of one kind."""

from __future__ import annotations

from pathlib import Path

import duckdb

from analytics.questions.kind import Kind, kinds
from analytics.questions.specs import Question
from analytics.results.gathered import AnalysisResult, Provenance
from ingestion.errors import CatalogError
from ingestion.yaml_files import read_yaml
from warehouse.catalog.spec_files import validated
from warehouse.catalog.without_cohorts import cohorts_of, run_without, say_without, skipped_analysis
from warehouse.source import WarehouseSource


def load_analysis(path: Path) -> Question:
    """Read and validate one spec.

    Raises
    ------
    CatalogError
        One sentence with file, key and remedy.
    """
    content = read_yaml(path)
    word = content.get("kind", "survival") if isinstance(content, dict) else "survival"
    known = kinds()
    if not isinstance(word, str) or word not in known:
        raise CatalogError(
            f"key 'kind': there is no kind '{word}'", where=str(path), remedy=f"use one of {', '.join(known)}"
        )
    return validated(path, content, known[word].spec, "analysis_id")


def kind_of(spec: Question) -> Kind:
    """The kind of a spec."""
    return next(kind for kind in kinds().values() if kind.spec is type(spec))


def run_analysis(
    con: duckdb.DuckDBPyConnection,
    spec: Question,
    *,
    spec_sha256: str,
    run_id: str,
    reference_genome: Path | None = None,
) -> AnalysisResult:
    """Every variant of a spec on an open warehouse. Cohorts that were left out of the version it does without, and says
    so. A kind that does not say that it reads the reference genome is not given it."""
    kind = kind_of(spec)
    provenance = Provenance(spec_sha256, run_id, reference_genome if kind.reads_genome else None)
    result, left = run_without(
        con,
        cohorts_of(spec),
        lambda: kind.run(WarehouseSource(con), spec, provenance),
        lambda sentence: skipped_analysis(spec, provenance, sentence),
    )
    say_without(result.tables, left, flow="analysis_flow")
    return result
