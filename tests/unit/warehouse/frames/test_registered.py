"""Frames under a name, whatever the connection was asked before."""

import duckdb
import pandas as pd

from warehouse.frames.compact import registered


def test_a_frame_is_registered_though_rows_of_the_last_query_are_unread() -> None:
    with duckdb.connect() as con:
        assert con.execute("select unnest(range(3))").fetchone() == (0,)
        with registered(con, people=pd.DataFrame({"patient_id": ["A", "B"]})):
            assert con.execute("select count(*) from people").fetchone() == (2,)
            assert con.execute("select unnest(range(3))").fetchone() == (0,)
        assert con.execute("select view_name from duckdb_views() where view_name = 'people'").fetchall() == []
