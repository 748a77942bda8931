"""Which rows of which table of a published version are in a release.

Held back are rows of people, samples, calls and files of owners that may not leave. Statistics stay: an estimate over
people is a result of ours, and no row of anybody's table.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from warehouse.export.disclosure import OLDEST_SHOWN, TOP_CODE, is_coarsened
from warehouse.packing.packed import PACKED

#: A table with one of these has rows of single people or of single lines of a file.
_OF_A_ROW = frozenset({"person_id", "patient_id", "sample_id", "source_row"})
#: Tables that refer to people by a key of their own -> the condition for a row to stay.
_BY_ANOTHER_KEY = {
    "marts.persons": "person_id in (select person_id from build.marts.person_aliases where cohort_id in {owners})",
    "stats.member_rows": (
        "member_id in (select member_id from build.stats.analysis_members where cohort_id in {owners})"
    ),
    "stats.statistic_rows": (
        "member_id in (select member_id from build.stats.analysis_members where cohort_id in {owners})"
    ),
    "stats.set_members": (
        "member_id in (select member_id from build.stats.analysis_members where cohort_id in {owners})"
    ),
}
_FILES = "marts.source_files"


def chosen_rows(con: duckdb.DuckDBPyConnection, owners: Sequence[str]) -> dict[str, str]:
    """``schema.table`` -> the query, over a database attached as ``build``, of its rows that may leave.

    Parameters
    ----------
    con : the published version, under that name.
    owners : cohorts and references that may leave.
    """
    quoted = ", ".join("'" + owner.replace("'", "''") + "'" for owner in owners)
    columns: dict[str, list[tuple[str, str]]] = {}
    for schema, table, column, data_type in con.execute(
        "select c.schema_name, c.table_name, c.column_name, c.data_type from duckdb_columns() as c "
        "left join duckdb_tables() as t using (database_name, schema_name, table_name) "
        "where c.database_name = 'build' and c.schema_name in ('marts', 'stats') "
        "and (t.table_name is not null or list_contains($packed, c.schema_name || '.' || c.table_name)) order by all",
        {"packed": list(PACKED)},
    ).fetchall():
        columns.setdefault(f"{schema}.{table}", []).append((column, data_type))
    return {
        table: f"select {_columns(of)} from build.{table}{_condition(table, of, f'({quoted})')}"
        for table, of in columns.items()
    }


def _columns(columns: Sequence[tuple[str, str]]) -> str:
    """Every column, ages over 89 as 90, also where an age is the value of an attribute."""
    coarser = [
        f'case when "{name}" > {OLDEST_SHOWN} then {TOP_CODE} else "{name}" end as "{name}"'
        for name, data_type in columns
        if data_type in ("DOUBLE", "BIGINT", "INTEGER") and is_coarsened(name, 1)
    ]
    names = {name for name, _ in columns}
    if {"attribute", "value_number"} <= names:
        is_old = f"attribute like 'AGE%' and value_number > {OLDEST_SHOWN}"
        coarser += [
            f"case when {is_old} then {value} else {name} end as {name}"
            for name, value in (
                ("value_number", str(TOP_CODE)),
                ("value_text", f"'{TOP_CODE}'"),
                ("value_raw", f"'{TOP_CODE}'"),
            )
            if name in names
        ]
    return f"* replace ({', '.join(coarser)})" if coarser else "*"


def _condition(table: str, columns: Sequence[tuple[str, str]], owners: str) -> str:
    names = {name for name, _ in columns}
    of_owner = f"list_has_any(cohort_ids, list_value{owners})"
    files = f"(select source_file_id from build.{_FILES} where {of_owner})"
    if table in _BY_ANOTHER_KEY:
        return f" where {_BY_ANOTHER_KEY[table].format(owners=owners)}"
    if table == _FILES:
        return f" where {of_owner}"
    if "cohort_id" in names and names & _OF_A_ROW:
        # without a cohort is what is counted over several, and what a reference brought
        nobody = [
            f"{name} is null"
            for name in sorted(names & {"cohort_id", "person_id", "patient_id", "sample_id"})
        ]
        if "source_file_id" in names:
            nobody.append(f"source_file_id in {files}")
        return f" where cohort_id in {owners} or ({' and '.join(nobody)})"
    if "source_file_id" in names and "cohort_id" not in names:
        return f" where source_file_id in {files}"
    return ""
