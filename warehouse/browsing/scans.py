"""Scans: which there are, and of one the genes with the smallest p first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import duckdb
import pandas as pd

from analytics.engine.numbers import p_relation, ratio
from warehouse.browsing.listing import PAGE, Listing, listing, of_records
from warehouse.browsing.marks import marks_of
from warehouse.questions.scans.answer import (
    PublishedScan,
    leading_rows,
    published_scan,
    shown_columns,
    warning_lines,
)
from warehouse.versions.layout import version_of


def scans(con: duckdb.DuckDBPyConnection) -> Listing:
    """The scans of the catalogue."""
    return listing(
        con,
        "scans",
        "Scans: which genes predict benefit, and which only look as if they did",
        "select scan_id, title, endpoint, definition, n, n_genes, family_size, primary_test, covariates, strata, "
        "registered_on from stats.scan_specs order by scan_id",
    )


def scan_listings(
    con: duckdb.DuckDBPyConnection, scan_id: str, *, gene: str | None = None, page: int = 1
) -> tuple[PublishedScan, tuple[Listing, ...]]:
    """A scan with its genes, a page of them, and who is counted.

    Raises
    ------
    UnknownScanError
        One sentence with the scans there are, or that the gene has no carrier in it.
    """
    found = published_scan(con, scan_id)
    rows = leading_rows(found.result, top=PAGE, gene=gene, where=scan_id, after=PAGE * (page - 1))
    n_all = 1 if gene else len(found.result.table)
    columns = [*shown_columns(found.result, for_people=True), "warnings"]
    genes = of_records("genes", "Genes, smallest p first", columns, rows, note=" ".join(warning_lines(rows)))
    steps = tuple(found.flow[["step", "n", "reason"]].itertuples(index=False, name=None))
    flow = Listing("flow", "Who is counted", ("step", "n", "reason"), steps)
    return found, (Listing(genes.name, genes.title, genes.columns, genes.rows, n_all=n_all), flow)


def leading_genes(found: PublishedScan, scan_id: str, *, gene: str | None, top: int) -> pd.DataFrame:
    """Rows of the results of the genes with the smallest p, or of one gene, with every column.

    Raises
    ------
    UnknownScanError
        The gene has no carrier in the scan.
    """
    names = [row["gene"] for row in leading_rows(found.result, top=top, gene=gene, where=scan_id)]
    return found.result.table.set_index("gene", drop=False).loc[names]


@dataclass(frozen=True)
class GeneMark:
    """A gene's point of the volcano, in the units of the picture's ``viewBox``, with a sentence on it."""

    gene: str
    sentence: str
    x: float
    y: float


def gene_marks(
    con: duckdb.DuckDBPyConnection, scan_id: str, found: PublishedScan
) -> tuple[str, tuple[GeneMark, ...]]:
    """``viewBox`` of the published volcano and its points that stand for one gene, smallest p first; no points where
    there is none, or where an older version drew it."""
    marks = marks_of(version_of(con).figures / f"scan_{scan_id}" / "volcano.svg")
    if marks is None:
        return "", ()
    table = found.result.table
    drawn = table[table["gene"].isin(marks.places.keys())]
    rows = leading_rows(replace(found.result, table=drawn), top=len(drawn), gene=None, where=scan_id)
    return marks.box, tuple(GeneMark(row["gene"], _said(row), *marks.places[row["gene"]]) for row in rows)


def _said(row: dict[str, Any]) -> str:
    kind, name = ("hazard ratio", "hr") if "hr" in row else ("odds ratio", "or")
    adjusted, plain = row[f"{name}_adjusted"], row[name]
    effect = f"adjusted {kind} {ratio(adjusted)}" if adjusted is not None else f"{kind} {ratio(plain)}"
    words = [f"{effect}, p {p_relation(row['p'])}", f"q {p_relation(row['q'])}", row["burden_verdict"]]
    return f"{row['gene']}: {'; '.join(word for word in words if word)}"


def scan_figures(con: duckdb.DuckDBPyConnection, scan_id: str) -> list[tuple[str, str, str, str]]:
    """(folder, figure, title, alt) of the published figures of a scan, the volcano first."""
    rows = con.execute(
        "select analysis_id, figure, title, alt from stats.figures where analysis_id = ? "
        "order by figure <> 'volcano', figure",
        [f"scan_{scan_id}"],
    ).fetchall()
    return [(str(a), str(b), str(c), str(d)) for a, b, c, d in rows]
