"""What a changed catalogue or project leaves behind: tables that nothing makes any more, results of analyses that are
gone. dbt never drops, and whatever stays in a public schema or among the figures would be published for ever.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

import duckdb


def drop_unknown(con: duckdb.DuckDBPyConnection, known: Mapping[str, Collection[str]]) -> list[str]:
    """Drop every table and view of the given schemas that is not among its names; gives what was dropped."""
    relations = con.execute(
        "select schema_name, table_name, 'table' as kind from duckdb_tables() "
        "where database_name = current_database() and not internal "
        "union all select schema_name, view_name, 'view' from duckdb_views() "
        "where database_name = current_database() and not internal order by all"
    ).fetchall()
    dropped = []
    for schema, name, kind in relations:
        if schema in known and name not in known[schema]:
            con.execute(f'drop {kind} "{schema}"."{name}"')
            dropped.append(f"{schema}.{name}")
    return dropped


def remove_unknown(folder: Path, known: Collection[str]) -> None:
    """Remove the subfolders of ``folder`` that are not among the names."""
    for entry in folder.iterdir() if folder.exists() else ():
        if entry.is_dir() and entry.name not in known:
            shutil.rmtree(entry)
