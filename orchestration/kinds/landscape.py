"""How often, how and where one gene is mutated: asks the warehouse for people and calls, calls ``analytics``."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
from pydantic import ValidationError

from analytics.landscape.estimate import LandscapeRows, member_calls
from analytics.landscape.pictures import landscape_pictures
from analytics.landscape.positions import place
from analytics.landscape.spec import LandscapeSpec, Protein
from analytics.questions.selection import select_members
from analytics.results.gathered import AnalysisResult, Gathered, Provenance
from analytics.results.rows import ResultRows
from ingestion.errors import CatalogError
from ingestion.yaml_files import read_mapping
from warehouse.frames.patients import analysis_frame
from warehouse.settings import PROJECT

DOMAINS = PROJECT / "catalog" / "references" / "protein_domains.yaml"

_CALLS = """
select cohort_id, sample_id, variant_classification, hgvsp_short, source_file_id, source_row
from marts.mutations
where is_counted and is_nonsynonymous and hugo_symbol = $gene and list_contains($cohorts, cohort_id)
order by cohort_id, sample_id, source_file_id, source_row
"""
_KNOWN_MISSING = """
select cohort_id, known_missing from marts.cohorts
where list_contains($cohorts, cohort_id) and known_missing is not null order by cohort_id
"""
#: Words of a cohort's known gaps that bear on counts of mutations.
_ABOUT_CALLS = ("call", "mutation", "MAF", "MC3")


def run(con: duckdb.DuckDBPyConnection, spec: LandscapeSpec, provenance: Provenance) -> AnalysisResult:
    """Every variant of a spec on an open warehouse."""
    gathered = Gathered(spec, spec.variants, provenance)
    frame = analysis_frame(con, spec.gene, "OS", spec.cohorts)
    every_call = con.execute(_CALLS, {"gene": spec.gene, "cohorts": list(spec.cohorts)}).df()
    notes = _notes(con, spec)
    protein = load_protein(DOMAINS, spec.gene)
    length = protein.length if protein else 10**9
    for name, variant in spec.variants.items():
        selection = select_members(
            frame, variant, spec.where, icb_only=spec.icb_only, requires_endpoint=False
        )
        rows = ResultRows(spec.analysis_id, name)
        calls = place(member_calls(selection.members, every_call), length)
        table = LandscapeRows(spec, rows, selection.members, " ".join([*selection.warnings, notes]).strip())
        frequency = table.frequency() if len(selection.members) else pd.DataFrame()
        classes = table.classes(calls)
        hotspots = pd.DataFrame(columns=["residue", "n_people", "p", "q"])
        if protein is not None:
            hotspots = table.positions(calls, protein)
        pictures = landscape_pictures(spec, name, frequency, classes, calls, hotspots, protein)
        gathered.figures |= pictures
        gathered.add_members(name, spec.endpoint, selection, rows)
        gathered.add("frequency_stats", table.out, endpoint=spec.endpoint)
    return gathered.result()


def load_protein(path: Path, gene: str) -> Protein | None:
    """The protein of a gene from the file of domains; None where it is not declared.

    Raises
    ------
    CatalogError
        One sentence with file, key and remedy.
    """
    proteins = read_mapping(path, "proteins:").get("proteins") or {}
    if gene not in proteins:
        return None
    try:
        return Protein.model_validate(proteins[gene])
    except ValidationError as exc:
        error = exc.errors()[0]
        key = ".".join(str(part) for part in ("proteins", gene, *error["loc"]))
        message = error["msg"].removeprefix("Value error, ")
        raise CatalogError(f"key '{key}': {message}", where=str(path), remedy="correct the key") from exc


def _notes(con: duckdb.DuckDBPyConnection, spec: LandscapeSpec) -> str:
    """What the cohort files say is missing of the calls, so that a count is read with it."""
    found = con.execute(_KNOWN_MISSING, {"cohorts": list(spec.cohorts)}).fetchall()
    sentences = [
        f"{cohort_id}: {part.strip()}."
        for cohort_id, text in found
        for part in str(text).split("; ")
        if any(word in part for word in _ABOUT_CALLS)
    ]
    return " ".join(sentences)
