"""``icb cohort add <tables>``: a cohort file proposed from tables of one's own, for a person to complete."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ingestion.catalog.loading import load_catalog
from ingestion.fetching.own_files import local_address
from ingestion.onboarding.proposal import propose
from interfaces.cli.cohort.add import new_cohort_file, write_cohort
from warehouse.settings import Settings


def add_tables(
    sources: Sequence[str], cohort_id: str, settings: Settings, *, is_icb: bool | None, overwrite: bool
) -> tuple[list[dict[str, Any]], tuple[str, ...], Path]:
    """Read the tables and write ``cohorts/<cohort_id>.yaml`` to the site's folder of the catalogue.

    Returns
    -------
    a row a column (column, holds, n_filled, attribute, words, low, high, why), what a person has to say, and the file.

    Raises
    ------
    CatalogError
        No identifier, nobody says whether it is under checkpoint blockade, there is such a file, or a table does not
        lie under the folder of files. ParseError : a table cannot be read.
    """
    tables = {Path(source).resolve(): local_address(Path(source), settings.files) for source in sources}
    path = new_cohort_file(cohort_id, settings, is_icb=is_icb, overwrite=overwrite)
    catalog = load_catalog(settings.catalogs, settings.attributes, strict=False, may_be_empty=True)
    found = propose(cohort_id, tables, catalog, is_icb=bool(is_icb))
    write_cohort(path, found.text)
    rows = [
        {
            "column": c.column,
            "holds": f"date ({c.date_role})" if c.date_role else c.holds,
            "n_filled": c.n_filled,
            "attribute": c.attribute or "",
            "words": "" if c.holds == "number" else ", ".join(f"{word} {n}" for word, n in c.words[:5]),
            "low": c.low,
            "high": c.high,
            "why": c.why,
        }
        for c in found.columns
    ]
    return rows, found.questions, path
