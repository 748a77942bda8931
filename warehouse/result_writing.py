"""Result tables written into the ``stats`` schema, with what each column means."""

from __future__ import annotations

import duckdb
import pandas as pd

from analytics.results.schema import arrow_table, create_statement
from analytics.results.tables import RESULT_TABLES, as_result_table


def write_result_table(con: duckdb.DuckDBPyConnection, table: str, frame: pd.DataFrame) -> int:
    """Replace ``stats.<table>``, with the description of every column; gives its number of rows."""
    declared = RESULT_TABLES[table]
    rows = as_result_table(table, frame)
    con.execute(create_statement(declared.columns, f"stats.{table}"))
    con.register("result_rows", arrow_table(declared.columns, rows))
    con.execute(f"insert into stats.{table} select * from result_rows")
    con.unregister("result_rows")
    con.execute(f"comment on table stats.{table} is {_quoted(declared.meaning)}")
    for column, (_, description) in declared.columns.items():
        con.execute(f'comment on column stats.{table}."{column}" is {_quoted(description)}')
    return len(rows)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
