"""Which cohorts the landscape of a question shows."""

from __future__ import annotations

import duckdb
import pytest

from warehouse.reports.dossier import cohorts_of_landscape


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("create schema marts")
    con.execute(
        "create table marts.cohorts as select * from (values ('trial', true), ('control', true), ('rows_only', false)) "
        "as t(cohort_id, is_linkable)"
    )
    return con


def test_a_cohort_without_identifiers_is_in_no_landscape_with_those_whose_people_it_may_hold(
    con: duckdb.DuckDBPyConnection,
) -> None:
    assert cohorts_of_landscape(con, ["trial"]) == ["control", "trial"]


def test_of_a_cohort_without_identifiers_the_landscape_is_its_own(con: duckdb.DuckDBPyConnection) -> None:
    assert cohorts_of_landscape(con, ["rows_only"]) == ["rows_only"]
