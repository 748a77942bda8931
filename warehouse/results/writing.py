"""Result tables written into the ``stats`` schema, with what each column means."""

from __future__ import annotations

import duckdb
import pandas as pd

from analytics.results.schema import arrow_table, create_statement
from analytics.results.tables import RESULT_TABLES, as_result_table
from warehouse.frames.compact import registered


def write_result_table(con: duckdb.DuckDBPyConnection, table: str, frame: pd.DataFrame) -> int:
    """Replace ``stats.<table>``, with the description of every column; gives its number of rows."""
    declared = RESULT_TABLES[table]
    with registered(con, result_rows=arrow_table(declared.columns, as_result_table(table, frame))):
        return write_result_query(con, table, "select * from result_rows")


def write_result_query(con: duckdb.DuckDBPyConnection, table: str, query: str) -> int:
    """Replace ``stats.<table>`` by what a query of the same columns finds; gives its number of rows."""
    declared = RESULT_TABLES[table]
    con.execute(create_statement(declared.columns, f"stats.{table}"))
    con.execute(f"insert into stats.{table} {query}")
    con.execute(f"comment on table stats.{table} is {quoted(declared.meaning)}")
    for column, (_, description) in declared.columns.items():
        con.execute(f'comment on column stats.{table}."{column}" is {quoted(description)}')
    ((n_rows,),) = con.execute(f"select count(*) from stats.{table}").fetchall()
    return int(n_rows)


def quoted(text: str) -> str:
    """A text as a literal of SQL, for statements that take no parameters."""
    return "'" + text.replace("'", "''") + "'"
