"""The words of a table's columns, counted, whichever rows the engine reads first."""

from __future__ import annotations

import duckdb

from warehouse.browsing.tables import ABSENT, table


def facets(con: duckdb.DuckDBPyConnection, **kept: str) -> dict[str, list[tuple[object, ...]]]:
    return {one.title: [tuple(row) for row in one.rows] for one in table(con, "marts.calls", kept).facets}


def test_a_column_of_few_words_has_them_counted_though_its_first_rows_have_one() -> None:
    with duckdb.connect() as con:
        con.execute("create schema marts")
        con.execute(
            "create table marts.calls as select 'c' as cohort_id, i as position, 'p' || i as change, "
            "case when i < 25000 then null when i % 2 = 0 then 'PASS' else 'q10' end as filter, i < 25000 as is_early, "
            "case when i < 25000 then 'x' else 'y' || i % 40 end as code from range(30000) as t(i)"
        )
        # constant (cohort_id), as many words as rows (change), 41 words (code) and numbers (position) have none
        assert facets(con) == {
            "filter": [(ABSENT, 25000), ("PASS", 2500), ("q10", 2500)],
            "is_early": [("true", 25000), ("false", 5000)],
        }
        assert facets(con, is_early="false") == {"filter": [("PASS", 2500), ("q10", 2500)]}
