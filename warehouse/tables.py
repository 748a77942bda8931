"""What is read of an open file: which tables it has, and frames of its rows."""

from __future__ import annotations

import duckdb
import pandas as pd

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


def frame_of(found: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """The rows of a query as a frame in which words are text.

    The published file has ENUMs where the build has text, and pandas would make ordered categories of them: a word of
    which there is no row would then be a group, and ``fillna('none')`` an error. Frames of both files are the same.
    """
    frame = found.df()
    for name in frame.columns[[isinstance(kind, pd.CategoricalDtype) for kind in frame.dtypes]]:
        words = frame[name].astype("object")
        frame[name] = words.where(words.notna(), None)
    return frame
