"""People without identifiers are never pooled with a cohort that may hold the same people."""

from __future__ import annotations

import duckdb
import pytest

from warehouse.frames.patients import OverlappingCohortsError, patient_frame


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("create schema marts")
    con.execute(
        "create table marts.cohorts (cohort_id text, is_linkable boolean, may_overlap text[], overlap_evidence text)"
    )
    con.execute(
        "insert into marts.cohorts values "
        "('rows_only', false, ['trial', 'other'], 'a third of the dead meet one there'), "
        "('trial', true, null, null), ('elsewhere', true, null, null)"
    )
    return con


def test_a_pool_with_a_cohort_that_may_hold_the_same_people_is_refused_in_one_sentence(
    con: duckdb.DuckDBPyConnection,
) -> None:
    with pytest.raises(OverlappingCohortsError) as refused:
        patient_frame(con, "OS", ["trial", "rows_only"])
    assert str(refused.value) == (
        "cohorts: rows_only has no identifiers of people and may hold those of trial (a third of the dead meet one "
        "there); ask of them one by one."
    )


def test_a_pool_with_other_cohorts_gets_as_far_as_the_people(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(duckdb.Error, match="analysis_frame"):
        patient_frame(con, "OS", ["elsewhere", "rows_only"])
