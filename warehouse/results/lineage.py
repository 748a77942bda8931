"""From a statistic back to files and rows: the walk that `icb lineage` prints, over the views of ``lineage_views``.

statistic -> spec -> members -> mart rows -> source file and row -> address and sha256; and the run that made it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb

from analytics.results.schema import rows_of
from analytics.results.statistic import AnyStatistic
from ingestion.errors import IngestionError
from warehouse.tables import frame_of


class UnknownStatisticError(IngestionError):
    """No statistic has that name."""


def every_statistic(con: duckdb.DuckDBPyConnection) -> list[AnyStatistic]:
    """All statistics of an open file."""
    return rows_of(AnyStatistic, frame_of(con.execute("select * from stats.every_stat")))


@dataclass(frozen=True)
class Lineage:
    """One statistic with everything behind it. ``files`` has one row a file and role: address, sha256, rows."""

    statistic: dict[str, Any]
    spec: dict[str, Any]
    flow: list[dict[str, Any]]
    files: list[dict[str, Any]]
    rows: list[dict[str, Any]]
    run: dict[str, Any]


def walk(con: duckdb.DuckDBPyConnection, stat_id: str) -> Lineage:
    """Follow one statistic back to rows of files.

    Raises
    ------
    UnknownStatisticError
        With the names that look most like the one asked for.
    """
    statistic = _rows(con, "select * from stats.every_stat where stat_id = ?", stat_id)
    if not statistic:
        near = _rows(
            con,
            "select stat_id from stats.every_stat order by jaro_winkler_similarity(stat_id, ?) desc, stat_id limit 3",
            stat_id,
        )
        raise UnknownStatisticError(
            f"no statistic is named '{stat_id}'",
            where="stats.every_stat",
            remedy="did you mean " + " or ".join(row["stat_id"] for row in near)
            if near
            else "the catalogue has no analysis that computes any",
        )
    found = statistic[0]
    keys = (found["analysis_id"], found["variant"])
    specs = _rows(con, "select * from stats.analysis_specs where analysis_id = ? and variant = ?", *keys)
    return Lineage(
        statistic=found,
        spec=specs[0],
        flow=_rows(
            con,
            "select step_number, step, n, n_left_out, reason from stats.analysis_flow "
            "where analysis_id = ? and variant = ? and endpoint = ? order by step_number",
            *keys,
            found["endpoint"],
        ),
        files=_rows(
            con,
            "select role, mart, address, member, sha256, count(*) as n_rows, min(source_row) as first_row, "
            "max(source_row) as last_row from stats.lineage where stat_id = ? "
            "group by role, mart, address, member, sha256 order by role, address, member",
            stat_id,
        ),
        rows=_rows(
            con,
            "select cohort_id, patient_id, person_id, status, role, mart, address, member, source_row "
            "from stats.lineage where stat_id = ? order by cohort_id, patient_id, role, source_row",
            stat_id,
        ),
        run=(_rows(con, "select * from stats.runs where run_id = ?", specs[0]["run_id"]) or [{}])[0],
    )


def _rows(con: duckdb.DuckDBPyConnection, query: str, *values: Any) -> list[dict[str, Any]]:
    cursor = con.execute(query, list(values))
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
