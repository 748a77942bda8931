"""Result tables written into the ``stats`` schema, with what each column means."""

from __future__ import annotations

import duckdb
import pandas as pd

from analytics.results.meanings import RESULT_MEANINGS
from analytics.results.tables import RESULT_TABLES, as_result_table, create_statement


def write_result_table(con: duckdb.DuckDBPyConnection, table: str, frame: pd.DataFrame) -> int:
    """Replace ``stats.<table>``, with the description of every column; gives its number of rows."""
    rows = as_result_table(table, frame)
    con.execute(create_statement(table, f"stats.{table}"))
    con.execute(f"insert into stats.{table} select * from rows")
    con.execute(f"comment on table stats.{table} is {_quoted(RESULT_MEANINGS[table])}")
    for column, (_, description) in RESULT_TABLES[table].items():
        con.execute(f'comment on column stats.{table}."{column}" is {_quoted(description)}')
    return len(rows)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
