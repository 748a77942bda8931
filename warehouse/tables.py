"""Which tables an open file has."""

from __future__ import annotations

import duckdb

_FOUND = """
select count(*) from information_schema.tables
where table_catalog = current_database() and table_schema = ? and table_name = ?
"""


def has_table(con: duckdb.DuckDBPyConnection, schema: str, table: str) -> bool:
    """Whether the open file itself, not one attached to it, has a table or view of that name."""
    ((found,),) = con.execute(
        _FOUND, [schema, table]
    ).fetchall()  # all rows: no result stands open on the connection
    return bool(found)
