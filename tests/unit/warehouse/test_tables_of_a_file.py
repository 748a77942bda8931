"""A file has the tables and views of its own, and none of those that lie in a file attached to it."""

from __future__ import annotations

import duckdb

from warehouse.tables import has_table


def test_tables_and_views_of_the_file_count_and_those_of_an_attached_one_do_not() -> None:
    with duckdb.connect() as con:
        con.execute("create schema stats; create table stats.runs (run_id varchar)")
        con.execute("create view stats.latest as select * from stats.runs")
        con.execute(
            "attach ':memory:' as other; create schema other.stats; create table other.stats.claims (i int)"
        )
        assert has_table(con, "stats", "runs") and has_table(con, "stats", "latest")
        assert not has_table(con, "stats", "claims")
        assert not has_table(con, "main", "runs")
