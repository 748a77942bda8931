"""Types of columns that can hold a few words: read by what must not wait for libraries of tables to load."""

from __future__ import annotations

import duckdb


def is_enum(kind: str) -> bool:
    """Whether a type, as DuckDB names it, is an ENUM."""
    return kind.startswith("ENUM(")


def words_of_enum(con: duckdb.DuckDBPyConnection, kind: str) -> tuple[str, ...]:
    """The words of an ENUM, as DuckDB names the type."""
    ((words,),) = con.execute(f"select enum_range(null::{kind})").fetchall()
    return tuple(words)
