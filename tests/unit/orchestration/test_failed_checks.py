"""Failed dbt tests are laid to the cohorts that their rows name; what names none is an error of the whole run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.assets.failed_checks import leave_out_failing
from warehouse.left_out import left_out_cohorts, write_left_out


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect()
    made.execute("create schema raw")
    made.execute("create table raw.cohorts as select unnest(['good', 'bad']) as cohort_id")
    made.execute("create table raw.mutations as select unnest(['good', 'bad', 'bad']) as cohort_id, 1 as n")
    made.execute("create table raw.gene_panels as select 'X' as panel_id")
    made.execute("create schema marts")
    made.execute(
        "create table marts.t as select unnest(['good', 'bad']) as cohort_id, unnest([1, null]) as person_id"
    )
    write_left_out(made, (), "run")
    return made


def target(folder: Path, *failed: tuple[str, str, dict[str, Any]], engine: str = "duckdb") -> Path:
    """dbt's target folder after a run in which these nodes (name, status, more of the manifest) failed."""
    results = [
        {"unique_id": f"test.icb.{name}", "status": status, "message": "x"} for name, status, _ in failed
    ]
    results.append({"unique_id": "model.icb.fine", "status": "success", "message": "ok"})
    nodes = {f"test.icb.{name}": {"name": name, "description": ""} | more for name, _, more in failed}
    nodes["model.icb.t"] = {"schema": "marts", "alias": "t"}
    (folder / "run_results.json").write_text(json.dumps({"results": results}))
    (folder / "manifest.json").write_text(json.dumps({"metadata": {"adapter_type": engine}, "nodes": nodes}))
    return folder


_BAD = "select 'bad' as cohort_id, 1 as x"
NAMES_A_COHORT = ("polarity", "fail", {"compiled_code": _BAD, "description": "Wrong way."})
NAMES_NONE = ("one_person", "fail", {"compiled_code": "select 1 as person_id"})


def test_a_cohort_that_a_failed_test_names_is_taken_out_of_every_raw_table_and_written_down(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    (found,) = leave_out_failing(con, target(tmp_path, NAMES_A_COHORT), "run")
    assert found.cohort_id == "bad"
    assert found.sentence.startswith("it fails the check polarity in 1 row (Wrong way);")
    assert con.execute("select cohort_id from raw.cohorts").fetchall() == [("good",)]
    assert con.execute("select cohort_id from raw.mutations").fetchall() == [("good",)]
    assert con.execute("select count(*) from raw.gene_panels").fetchone() == (1,)
    assert left_out_cohorts(con) == (found,)


def test_what_the_failing_rows_say_in_words_is_the_sentence(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    sql = "select 'bad' as cohort_id, 'Calls meet nobody.' as words"
    (found,) = leave_out_failing(con, target(tmp_path, ("receipts", "fail", {"compiled_code": sql})), "run")
    assert found.sentence.startswith("it fails the check receipts in 1 row (Calls meet nobody);")


def test_nulls_of_a_column_are_laid_to_the_cohorts_of_their_rows(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    more = {
        "compiled_code": "select person_id from marts.t where person_id is null",
        "test_metadata": {"name": "not_null", "kwargs": {"column_name": "person_id"}},
        "attached_node": "model.icb.t",
    }
    (found,) = leave_out_failing(con, target(tmp_path, ("not_null_t_person_id", "fail", more)), "run")
    assert found.cohort_id == "bad"


@pytest.mark.parametrize(
    "failed",
    [
        (NAMES_NONE,),
        (NAMES_A_COHORT, NAMES_NONE),
        (NAMES_A_COHORT, ("a_model", "error", {"compiled_code": "select 'bad' as cohort_id"})),
        (("everyone", "fail", {"compiled_code": "select unnest(['good', 'bad']) as cohort_id"}),),
        (("nobody", "fail", {"compiled_code": "select null as cohort_id"}),),
    ],
    ids=[
        "no cohort is named",
        "one of two names none",
        "a model failed",
        "no cohort would be left",
        "a null cohort",
    ],
)
def test_what_cannot_be_laid_to_some_of_the_cohorts_changes_nothing(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, failed: tuple[tuple[str, str, dict[str, Any]], ...]
) -> None:
    assert leave_out_failing(con, target(tmp_path, *failed), "run") == ()
    assert con.execute("select count(*) from raw.mutations").fetchone() == (3,)
    assert left_out_cohorts(con) == ()


def test_rows_that_failed_a_test_on_spark_are_found_in_the_build_file(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    sql = "select cohort_id from marts.t where cohort_id rlike '^b.d\\\\z'"
    failed = ("polarity", "fail", {"compiled_code": sql, "description": "Wrong way."})
    (found,) = leave_out_failing(con, target(tmp_path, failed, engine="spark"), "run")
    assert (found.cohort_id, "in 1 row" in found.sentence) == ("bad", True)
