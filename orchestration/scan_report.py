"""The answer to ``icb scan``: the leading genes of a published scan, with what speaks against believing them."""

from __future__ import annotations

from typing import Any

import duckdb

from ingestion.errors import IngestionError

COLUMNS = (
    "gene", "n_profiled", "n_carriers", "events_carriers", "hr", "hr_adjusted", "p", "q", "hr_burden_adjusted",
    "p_burden_null", "burden_verdict", "warnings",
)  # fmt: skip

_TOP = """
select
    gene,
    cast(n_profiled as bigint) as n_profiled,
    cast(n_carriers as bigint) as n_carriers,
    cast(events_carriers as bigint) as events_carriers,
    exp(uni_coef) as hr,
    exp(adj_coef) as hr_adjusted,
    primary_p as p,
    primary_q as q,
    exp(burden_coef) as hr_burden_adjusted,
    null_p_two_sided as p_burden_null,
    burden_verdict,
    warnings
from stats.scan_results
where scan_id = $scan and ($gene is null or upper(gene) = upper($gene))
order by primary_p nulls last, gene
limit $top
"""


class UnknownScanError(IngestionError):
    """There is no such scan, or the gene is not in it."""


def scan_report(
    con: duckdb.DuckDBPyConnection, scan_id: str | None, *, top: int, gene: str | None
) -> list[dict[str, Any]]:
    """Rows under :data:`COLUMNS`, best primary p first.

    Raises
    ------
    UnknownScanError
        One sentence with the scans there are.
    """
    known = [
        str(row[0]) for row in con.execute("select scan_id from stats.scan_specs order by scan_id").fetchall()
    ]
    if scan_id not in known:
        raise UnknownScanError(
            f"no scan is named '{scan_id}'" if scan_id else "name a scan",
            where="stats.scan_specs",
            remedy=f"there are {', '.join(known) or 'none: run icb run'}",
        )
    cursor = con.execute(_TOP, {"scan": scan_id, "gene": gene, "top": top})
    names = [column[0] for column in cursor.description or []]
    rows = [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
    if not rows:
        raise UnknownScanError(
            f"gene '{gene}' has no carrier in the scan",
            where=scan_id or "",
            remedy="check the symbol, or ask icb gene",
        )
    return rows
