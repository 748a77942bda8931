"""Why a run would make each table and compute each analysis and scan, or that it takes what is kept. Nothing is
fetched, built or computed for it: what a source says now is known only after it was read.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from ingestion.catalog.loading import files_of
from orchestration.assets.invalid_files import SpecLoader
from orchestration.assets.scans import computed_scan
from orchestration.assets.statistics import computed_analysis
from orchestration.inputs import tables_are_current
from orchestration.reuse.computed import Computed, why_computed
from orchestration.reuse.shelf import Shelf
from warehouse.catalog.analyses import load_analysis
from warehouse.questions.scans.registered import load_scan
from warehouse.settings import Settings

#: Columns of the answer.
COLUMNS = ("asset", "does", "why")


def explained(settings: Settings) -> list[dict[str, str]]:
    """A row an asset: its name, what a run does with it, and why."""
    current = tables_are_current(settings)
    tables = {
        "asset": "raw tables and marts",
        "does": "kept" if current else "built",
        "why": "sources as they were last read, cohort files, models and code are those of the build"
        if current
        else "there is no build of these sources, cohort files, models and code",
    }
    results = list(results_of(settings))
    if not settings.build_file.exists():
        nothing = {"does": "computed", "why": "there is no build yet"}
        return [tables, *({"asset": name, **nothing} for name, _ in results)]
    shelf = Shelf(settings.shelf)
    with duckdb.connect(str(settings.build_file), read_only=True) as con:
        whys = [
            (name, why_computed(shelf, asset.name, asset.made_of(con, settings))) for name, asset in results
        ]
    return [tables, *(_row(name, why, current) for name, why in whys)]


def results_of(settings: Settings) -> Iterator[tuple[str, Computed]]:
    """Name, and what it is made of, of every analysis and scan of the catalogue."""
    loader = SpecLoader(tolerant=False)
    for path, analysis in loader.load(files_of(settings.catalogs, "analyses"), load_analysis).items():
        yield f"analyses/{analysis.analysis_id}", computed_analysis(path, analysis)
    for path, scan in loader.load(files_of(settings.catalogs, "scans"), load_scan).items():
        yield f"scans/{scan.scan_id}", computed_scan(path, scan)


def _row(name: str, why: str | None, tables_are_there: bool) -> dict[str, str]:
    if why is not None:
        return {"asset": name, "does": "computed", "why": why}
    if tables_are_there:
        return {"asset": name, "does": "kept", "why": "nothing that it is made of has changed"}
    return {
        "asset": name,
        "does": "kept or computed",
        "why": "its rows are compared when the marts are built",
    }
