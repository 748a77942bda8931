"""Scans: which there are, and of one the genes with the smallest p first."""

from __future__ import annotations

import duckdb
import pandas as pd

from warehouse.browsing.listing import PAGE, Listing, listing, of_records
from warehouse.questions.scans.answer import (
    PublishedScan,
    leading_rows,
    published_scan,
    shown_columns,
    warning_lines,
)


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
    every = leading_rows(found.result, top=len(found.result.table), gene=gene, where=scan_id)
    rows = every[PAGE * (page - 1) : PAGE * page]
    columns = [*shown_columns(found.result, for_people=True), "warnings"]
    genes = of_records("genes", "Genes, smallest p first", columns, rows, note=" ".join(warning_lines(rows)))
    steps = tuple(found.flow[["step", "n", "reason"]].itertuples(index=False, name=None))
    flow = Listing("flow", "Who is counted", ("step", "n", "reason"), steps)
    return found, (Listing(genes.name, genes.title, genes.columns, genes.rows, n_all=len(every)), flow)


def leading_genes(found: PublishedScan, scan_id: str, *, gene: str | None, top: int) -> pd.DataFrame:
    """Rows of the results of the genes with the smallest p, or of one gene, with every column.

    Raises
    ------
    UnknownScanError
        The gene has no carrier in the scan.
    """
    names = [row["gene"] for row in leading_rows(found.result, top=top, gene=gene, where=scan_id)]
    return found.result.table.set_index("gene", drop=False).loc[names]


def scan_figures(con: duckdb.DuckDBPyConnection, scan_id: str) -> list[tuple[str, str, str, str]]:
    """(folder, figure, title, alt) of the published figures of a scan, the volcano first."""
    rows = con.execute(
        "select analysis_id, figure, title, alt from stats.figures where analysis_id = ? "
        "order by figure <> 'volcano', figure",
        [f"scan_{scan_id}"],
    ).fetchall()
    return [(str(a), str(b), str(c), str(d)) for a, b, c, d in rows]
