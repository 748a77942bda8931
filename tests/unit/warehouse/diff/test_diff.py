"""Two published files compared: what was planted is found, and nothing else."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
import yaml
from typer.testing import CliRunner

from interfaces.cli.main import app
from warehouse.diff.changes import claim_differences, rows_by_cohort, source_differences
from warehouse.diff.statistics import statistic_differences
from warehouse.diff.table_keys import likely_keys
from warehouse.diff.tables import (
    DiffError,
    TableDifference,
    both_open,
    comparison_of,
    row_differences,
    table_differences,
)
from warehouse.settings import PROJECT

_TABLES = """
create schema marts; create schema stats;
create table marts.patients as
    select 'c' as cohort_id, 'P' || i as patient_id, case when i = 3 then null else 40.5 + i end as age_years
    from range(1, 6) as t(i);
create table marts.rejected_rows as select 'short_row' as rule_id, 7 as source_row from range(3);
create table stats.survival_stats (
    stat_id varchar, estimate double, ci_low double, ci_high double, p double, note varchar);
insert into stats.survival_stats values
    ('a/hr', 0.8, 0.6, 1.1, 0.2, 'x'), ('b/hr', 1.5, 1.1, 2.0, 0.01, 'x'), ('c/hr', null, null, null, null, 'none');
create table stats.claim_checks as
    select 'C1' as claim_id, 'agrees' as verdict, 0.8 as computed_estimate, 'a/hr' as stat_id;
create table stats.runs as select 'first' as run_id, timestamp '2026-01-01' as started_at, 'abc' as commit_sha;
create table stats.analysis_specs as select 'a' as analysis_id, 'default' as variant, 'first' as run_id;
create view stats.every_stat as select stat_id, estimate from stats.survival_stats;
"""

Changed = Callable[..., tuple[Path, Path]]


@pytest.fixture
def changed(tmp_path: Path) -> Changed:
    """Two files with the same tables; the statements are carried out on the second."""

    def make(*statements: str) -> tuple[Path, Path]:
        paths = tmp_path / "before.duckdb", tmp_path / "after.duckdb"
        for path, more in zip(paths, ("", ";".join(statements)), strict=True):
            path.unlink(missing_ok=True)
            with duckdb.connect(str(path)) as con:
                con.execute(_TABLES + more)
        return paths

    return make


def differences(paths: tuple[Path, Path], tolerance: float = 1e-12) -> dict[str, TableDifference]:
    with both_open(*paths) as con:
        return {d.table: d for d in table_differences(con, tolerance) if d.state != "same"}


def test_two_runs_with_the_same_results_differ_in_nothing(changed: Changed) -> None:
    paths = changed(
        "update stats.runs set run_id = 'second', started_at = timestamp '2026-02-02', commit_sha = 'def'",
        "update stats.analysis_specs set run_id = 'second'",
    )
    assert differences(paths) == {}


def test_the_order_of_rows_is_no_difference(changed: Changed) -> None:
    again = "create or replace table marts.patients as select * from marts.patients order by patient_id desc"
    assert differences(changed(again)) == {}


def test_tables_and_columns_of_one_file_only_are_named(changed: Changed) -> None:
    found = differences(
        changed(
            "create table marts.contradictions as select 1 as x from range(4)",
            "drop table marts.rejected_rows",
            "alter table marts.patients add column sex varchar",
            "alter table stats.survival_stats drop column note",
        )
    )
    assert {name: d.state for name, d in found.items()} == {
        "marts.contradictions": "added",
        "marts.rejected_rows": "removed",
        "marts.patients": "changed",
        "stats.survival_stats": "changed",
    }
    assert (found["marts.contradictions"].rows_before, found["marts.contradictions"].rows_added) == (None, 4)
    assert (found["marts.rejected_rows"].rows_after, found["marts.rejected_rows"].rows_removed) == (None, 3)
    assert found["marts.patients"].columns_added == ("sex",)
    assert found["stats.survival_stats"].columns_removed == ("note",)


def test_rows_are_added_removed_and_changed_by_key(changed: Changed) -> None:
    found = differences(
        changed(
            "delete from marts.patients where patient_id = 'P1'",
            "insert into marts.patients values ('c', 'P9', 70), ('d', 'P2', 71)",
            "update marts.patients set age_years = 60 where patient_id in ('P4', 'P5')",
            "update marts.patients set age_years = 33 where patient_id = 'P3'",
        )
    )
    patients = found.pop("marts.patients")
    assert not found
    assert (patients.rows_before, patients.rows_after) == (5, 6)
    assert (patients.rows_added, patients.rows_removed, patients.rows_changed) == (2, 1, 3)
    assert patients.columns_changed == (("age_years", 3),)
    assert patients.key == ("cohort_id", "patient_id")


@pytest.mark.parametrize(
    ("value", "tolerance", "differs"),
    [
        ("0.8 * (1 + 1e-14)", 1e-12, False),
        ("0.8 * (1 + 1e-9)", 1e-12, True),
        ("0.8 * (1 + 1e-9)", 1e-6, False),
        ("null", 1e-6, True),
        ("'inf'::double", 1e-6, True),
        ("'nan'::double", 1e-6, True),
        ("-0.8", 1e-6, True),
    ],
)
def test_a_number_has_moved_when_it_moved_by_more_than_the_tolerance(
    changed: Changed, value: str, tolerance: float, differs: bool
) -> None:
    paths = changed(f"update stats.survival_stats set estimate = {value} where stat_id = 'a/hr'")
    assert ("stats.survival_stats" in differences(paths, tolerance)) is differs


def test_without_a_key_rows_are_counted_as_often_as_they_stand(changed: Changed) -> None:
    rows = differences(changed("insert into marts.rejected_rows values ('short_row', 7), ('missing_key', 8)"))
    found = rows["marts.rejected_rows"]
    assert (found.rows_added, found.rows_removed, found.rows_changed, found.key) == (2, 0, None, ())


def test_a_key_that_names_two_rows_is_no_key(changed: Changed) -> None:
    rows = differences(changed("insert into marts.patients values ('c', 'P2', 50)"))
    assert (rows["marts.patients"].rows_added, rows["marts.patients"].rows_changed) == (1, None)


def test_a_column_of_another_type_is_compared_as_text(changed: Changed) -> None:
    same = "alter table marts.rejected_rows alter source_row type varchar"
    assert differences(changed(same, "update marts.rejected_rows set source_row = '7'")) == {}
    found = differences(changed(same, "update marts.rejected_rows set source_row = '7.0'"))
    assert found["marts.rejected_rows"].rows_added == 3


def test_a_list_that_took_the_place_of_a_sentence_is_compared_as_text(changed: Changed) -> None:
    a_list = (
        "create or replace table marts.rejected_rows as select [rule_id, 'x'] as rule_id, source_row from {}"
    )
    paths = changed(a_list.format("marts.rejected_rows"))
    found = differences(paths)["marts.rejected_rows"]
    assert found.rows_added == found.rows_removed == found.rows_before == found.rows_after


def test_the_rows_of_one_table_are_listed_with_each_value_old_and_new(changed: Changed) -> None:
    paths = changed(
        "delete from marts.patients where patient_id = 'P1'",
        "update marts.patients set age_years = 60 where patient_id = 'P3'",
    )
    with both_open(*paths) as con:
        columns, rows = row_differences(con, comparison_of(con, "patients"))
        found = [tuple(row.values()) for row in rows]
    assert columns == ["change", "cohort_id", "patient_id", "column", "before", "after"]
    assert found == [
        ("changed", "c", "P3", "age_years", None, "60.0"),
        ("removed", "c", "P1", None, "age_years=41.5", None),
    ]


def test_every_estimate_that_moved_is_listed_and_no_other(changed: Changed) -> None:
    paths = changed(
        "update stats.survival_stats set estimate = 0.9, note = 'y' where stat_id = 'a/hr'",
        "update stats.survival_stats set note = 'only the note' where stat_id = 'b/hr'",
        "update stats.survival_stats set p = 0.5 where stat_id = 'c/hr'",
        "insert into stats.survival_stats values ('d/hr', 2, 1, 4, 0.05, 'new')",
        "update stats.claim_checks set verdict = 'differs'",
    )
    with both_open(*paths) as con:
        rows = list(statistic_differences(con))
    assert [(r["table"], r["stat_id"], r["change"]) for r in rows] == [
        ("stats.claim_checks", "C1", "moved"),
        ("stats.survival_stats", "a/hr", "moved"),
        ("stats.survival_stats", "c/hr", "moved"),
        ("stats.survival_stats", "d/hr", "added"),
    ]
    assert (rows[0]["verdict_before"], rows[0]["verdict_after"]) == ("agrees", "differs")
    assert (rows[1]["estimate_before"], rows[1]["estimate_after"], rows[1]["p_after"]) == (0.8, 0.9, 0.2)
    assert (rows[2]["p_before"], rows[2]["p_after"]) == (None, 0.5)
    assert (rows[3]["estimate_before"], rows[3]["ci_high_after"]) == (None, 4.0)


_SOURCES = """
create or replace table marts.source_files as select * from (values
    ('https://a/study.tar.gz', 'clinical.txt', 'c', {study}, {clinical}),
    ('https://a/study.tar.gz', 'calls.txt', 'c', {study}, 'calls-1'),
    ({table}, null, 'd', 'table-1', null)
) as t(address, member, cohort_ids, sha256, member_sha256)
"""


def test_a_source_is_told_when_its_own_content_has_changed(tmp_path: Path) -> None:
    """A new archive in which one of two members is as it was: that member has not changed."""
    paths = []
    for name, study, clinical, table in (
        ("before", "'study-1'", "'clinical-1'", "'https://a/old.csv'"),
        ("after", "'study-2'", "'clinical-2'", "'https://a/new.csv'"),
    ):
        paths.append(tmp_path / f"{name}.duckdb")
        with duckdb.connect(str(paths[-1])) as con:
            con.execute("create schema marts")
            con.execute(_SOURCES.format(study=study, clinical=clinical, table=table))
    with both_open(*paths) as con:
        found = [tuple(row.values()) for row in source_differences(con)]
    assert found == [
        ("added", "https://a/new.csv", None, "d", None, "table-1"),
        ("changed", "https://a/study.tar.gz", "clinical.txt", "c", "clinical-1", "clinical-2"),
        ("removed", "https://a/old.csv", None, "d", "table-1", None),
    ]


def test_claims_with_another_verdict_are_told_and_no_others(changed: Changed) -> None:
    paths = changed(
        "update stats.claim_checks set computed_estimate = 0.9",
        "insert into stats.claim_checks values ('C2', 'differs', 1.0, 'b/hr')",
    )
    with both_open(*paths) as con:
        (row,) = claim_differences(con)
    assert (row["claim_id"], row["verdict_before"], row["verdict_after"]) == ("C2", None, "differs")
    with both_open(*changed("update stats.claim_checks set verdict = 'differs'")) as con:
        (row,) = claim_differences(con)
    assert (row["claim_id"], row["verdict_before"], row["verdict_after"]) == ("C1", "agrees", "differs")


def test_rows_are_counted_by_table_and_cohort(changed: Changed) -> None:
    paths = changed(
        "insert into marts.patients values ('d', 'P1', 50), ('d', 'P2', 51)",
        "delete from marts.patients where patient_id = 'P1' and cohort_id = 'c'",
        "delete from marts.rejected_rows",
    )
    with both_open(*paths) as con:
        found = [tuple(row.values()) for row in rows_by_cohort(con)]
    assert found == [("marts.patients", "c", 5, 4), ("marts.patients", "d", 0, 2)]


def test_one_question_is_answered_at_a_time(changed: Changed) -> None:
    before, after = (str(path) for path in changed("update stats.claim_checks set verdict = 'differs'"))
    run = CliRunner()
    told = run.invoke(app, ["diff", before, after, "--claims", "--format", "csv"])
    assert told.exit_code == 1 and told.stdout.splitlines()[1].startswith("C1,")
    assert "Claims with another verdict" in run.invoke(app, ["diff", before, after]).stdout
    assert run.invoke(app, ["diff", before, after, "--claims", "--cohorts"]).exit_code == 2


def test_the_exit_code_says_whether_anything_differs(changed: Changed, tmp_path: Path) -> None:
    run = CliRunner()
    before, after = (str(path) for path in changed())
    assert run.invoke(app, ["diff", before, after]).exit_code == 0
    before, after = (str(path) for path in changed("update stats.claim_checks set verdict = 'differs'"))
    assert run.invoke(app, ["diff", before, after]).exit_code == 1
    assert run.invoke(app, ["diff", before, after, "--table", "patients"]).exit_code == 0
    assert run.invoke(app, ["diff", before, str(tmp_path / "none")]).exit_code == 2


def test_the_answer_can_be_read_by_a_program(changed: Changed) -> None:
    paths = [str(path) for path in changed("update stats.claim_checks set verdict = 'differs'")]
    lines = json.loads(CliRunner().invoke(app, ["diff", *paths, "--format", "json"]).stdout)
    assert [line["table"] for line in lines if line["state"] != "same"] == ["stats.claim_checks"]
    assert len(lines) == 6, "one line a table; views are none"
    text = CliRunner().invoke(app, ["diff", *paths, "--statistics", "--format", "csv"]).stdout
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["stat_id"], row["verdict_before"], row["verdict_after"]) == ("C1", "agrees", "differs")


def test_a_folder_stands_for_the_published_file_in_it(changed: Changed, tmp_path: Path) -> None:
    before, after = changed("drop table marts.patients")
    (tmp_path / "data" / "published").mkdir(parents=True)
    after.rename(tmp_path / "data" / "published" / "icb.duckdb")
    assert set(differences((before, tmp_path / "data"))) == {"marts.patients"}


def test_what_cannot_be_compared_is_said_in_one_sentence(changed: Changed, tmp_path: Path) -> None:
    before, after = changed("create table stats.patients as select 1 as x")
    (tmp_path / "text.duckdb").write_text("no database")
    for pair, words in (
        ((before, tmp_path / "none.duckdb"), "there is no published file"),
        ((before, before), "both are the same file"),
        ((before, tmp_path / "text.duckdb"), "cannot be opened"),
    ):
        with pytest.raises(DiffError, match=words), both_open(*pair):
            pass
    with both_open(before, after) as con:
        for table, words in (
            ("nowhere", "in neither file"),
            ("patients", "marts.patients or stats.patients"),
            ("stats.patients", "not that before the change"),
        ):
            with pytest.raises(DiffError, match=words):
                comparison_of(con, table)


def test_the_keys_are_those_that_dbt_holds_unique() -> None:
    tested = {}
    for path in sorted((PROJECT / "dbt_project" / "models" / "marts").rglob("*.yml")):
        for model in yaml.safe_load(path.read_text()).get("models", []):
            for test in model.get("data_tests", []):
                if isinstance(test, dict) and "unique_key" in test:
                    tested[f"marts.{model['name']}"] = tuple(test["unique_key"]["arguments"]["columns"])
    wrong = {
        name: key for name, key in tested.items() if (likely_keys(name, frozenset(key)) or ((),))[0] != key
    }
    assert not wrong, "correct warehouse/diff/table_keys.py"
    assert len(tested) > 20


def test_a_table_of_one_name_and_no_common_column_is_all_removed_and_all_added(changed: Changed) -> None:
    files = changed(
        "drop table marts.rejected_rows; create table marts.rejected_rows as select 1 as n from range(2)"
    )
    with both_open(*files) as con:
        found = next(d for d in table_differences(con) if d.table == "marts.rejected_rows")
        assert (found.state, found.rows_removed, found.rows_added) == ("changed", 3, 2)
        with pytest.raises(DiffError, match=r"no column of .marts\.rejected_rows. in common"):
            row_differences(con, comparison_of(con, "rejected_rows"))


def test_a_cohort_table_that_one_file_lacks_has_no_row_of_any_cohort_there(changed: Changed) -> None:
    with both_open(*changed("drop table marts.patients")) as con:
        assert list(rows_by_cohort(con)) == [
            {"table": "marts.patients", "cohort_id": "c", "rows_before": 5, "rows_after": 0}
        ]
