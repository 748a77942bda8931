"""``icb cohort add <tables>``: a cohort file proposed from tables of one's own, for a person to complete."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ingestion.catalog.loading import load_catalog
from ingestion.catalog.measurements import FILE_SCHEME
from ingestion.errors import CatalogError
from ingestion.onboarding.proposal import propose
from interfaces.cli.cohort.add import write_cohort
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
    if re.fullmatch(r"[a-z0-9_]+", cohort_id) is None:
        raise CatalogError(
            f"'{cohort_id}' is no identifier of a cohort",
            where="--id",
            remedy="give lower-case letters, digits and _",
        )
    if is_icb is None:
        raise CatalogError(
            f"whether the patients of {cohort_id} got a checkpoint inhibitor is not assumed",
            remedy="give --icb, or --not-icb if they did not",
        )
    path = settings.own_catalog() / "cohorts" / f"{cohort_id}.yaml"
    if path.exists() and not overwrite:
        raise CatalogError(
            "there is a cohort file already", where=str(path), remedy="edit it, or give --overwrite"
        )
    tables = {Path(source).resolve(): _address(Path(source).resolve(), settings.files) for source in sources}
    catalog = load_catalog(settings.catalogs, settings.attributes, strict=False, may_be_empty=True)
    found = propose(cohort_id, tables, catalog, is_icb=is_icb)
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


def _address(path: Path, files: Path) -> str:
    if not path.is_file():
        raise CatalogError("there is no such file", where=str(path), remedy="correct the path")
    if not path.is_relative_to(files):
        raise CatalogError(
            f"the table does not lie under the folder of files, {files}",
            where=str(path),
            remedy=f"set ICB_FILES={path.parent}, or move it there",
        )
    return f"{FILE_SCHEME}{path.relative_to(files).as_posix()}"
