"""The receipt of a cohort on the pages of its files and raw tables: what was lost, who was not met, what is less."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import duckdb
import pytest

from ingestion.catalog.cohorts import Catalog
from ingestion.catalog.loading import load_catalog
from orchestration.checks.receipts import COUNTS_KEPT, HOLDS, ROWS_KEPT, holds, keeps, receipt_checks
from orchestration.resources import Warehouse
from warehouse.build.steps import complete
from warehouse.reports.receipt_changes import compared, counted, published_counts
from warehouse.settings import PROJECT, Settings

RECEIPTS = """
create schema marts;
create table marts.cohort_receipts as select * from (values
    ('ours', 1, 'raw rows', 'mutations', 900, null, null, false),
    ('ours', 2, 'people', 'patients', 100, null, null, false),
    ('ours', 3, 'endpoints', 'OS', 90, 40.0, 'from the start', false),
    ('ours', 4, 'two routes', 'samples of the calls that meet a person', 60, 0.75, 'share', false),
    ('theirs', 1, 'people', 'patients', 50, null, null, false)
) as t(cohort_id, line_number, section, item, n, value, words, is_failure);
create table marts.rejected_rows as select * from (values
    ('ours', 'calls', 'unknown_sample', true, 30), ('ours', 'calls', 'no_gene', true, 5),
    ('ours', 'calls', 'no_status', false, 7), ('ours', 'clinical', 'unknown_patient', true, 2),
    ('theirs', 'calls', 'unknown_sample', true, 11)
) as t(cohort_id, source_file_id, rule_id, is_lost, n_rows);
"""
CALLS = dg.AssetKey(["sources", "ours", "calls"])


@pytest.fixture
def build() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute(RECEIPTS)
    return con


def shown(result: dg.AssetCheckResult) -> dict[str, object]:
    return {name: value.value for name, value in result.metadata.items()}


def test_a_file_shows_the_rows_that_it_lost_by_rule_and_the_samples_that_meet_no_person(
    build: duckdb.DuckDBPyConnection,
) -> None:
    result = holds(build, CALLS, "ours")
    assert result.passed
    assert shown(result) == {
        "rows lost": 35,
        "lost: unknown_sample": 30,
        "lost: no_gene": 5,
        "samples of the calls that meet no person": 20,  # 60 are three in four of 80
    }


def test_what_speaks_against_a_cohort_fails_the_check_of_its_files(build: duckdb.DuckDBPyConnection) -> None:
    build.execute(
        "insert into marts.cohort_receipts values "
        "('ours', 0, 'failures', 'calls, and nobody is mutated', 80, null, 'see the lines of calls', true)"
    )
    result = holds(build, CALLS, "ours")
    assert not result.passed and result.severity is dg.AssetCheckSeverity.ERROR
    assert shown(result)["against it: calls, and nobody is mutated"] == "80: see the lines of calls"
    assert holds(build, CALLS, "theirs").passed


def version(folder: Path, change: str) -> Path:
    """The file of a published version."""
    path = folder / "published.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute(RECEIPTS + change)
    return path


@pytest.mark.parametrize(
    ("before", "passed"), [(100, True), (125, True), (126, False), (80, True)],
    ids=["the same", "a fifth fewer", "more than a fifth fewer", "more"],
)  # fmt: skip
def test_more_than_a_fifth_fewer_people_than_in_the_published_version_is_a_warning(
    tmp_path: Path, build: duckdb.DuckDBPyConnection, before: int, passed: bool
) -> None:
    published = version(tmp_path, f"update marts.cohort_receipts set n = {before} where item = 'patients'")
    of_ours = [
        one for one in compared(counted(build), published_counts(published)) if one.cohort_id == "ours"
    ]
    result = keeps(CALLS, COUNTS_KEPT, {one.item: one for one in of_ours})
    assert result.passed is passed and result.severity is dg.AssetCheckSeverity.WARN
    assert shown(result)["patients now"] == 100
    assert ("fewer: patients" in shown(result)) is not passed


def test_a_cohort_whose_rows_are_gone_is_named_on_the_page_of_the_raw_table(
    tmp_path: Path, build: duckdb.DuckDBPyConnection
) -> None:
    published = version(tmp_path, "")
    build.execute("delete from marts.cohort_receipts where section = 'raw rows'")
    lines = [one for one in compared(counted(build), published_counts(published)) if one.item == "mutations"]
    result = keeps(dg.AssetKey(["raw", "mutations"]), ROWS_KEPT, {one.cohort_id: one for one in lines})
    assert not result.passed and shown(result)["fewer: ours"] == "900 -> 0"


def test_a_cohort_that_is_new_or_has_left_is_compared_with_nothing(
    tmp_path: Path, build: duckdb.DuckDBPyConnection
) -> None:
    published = version(tmp_path, "delete from marts.cohort_receipts where cohort_id = 'theirs'")
    assert {one.cohort_id for one in compared(counted(build), published_counts(published))} == {"ours"}
    assert published_counts(tmp_path / "none.duckdb") == {}


def results_of(settings: Settings) -> dict[tuple[str, str], bool]:
    """File or table, and check -> whether it passed, after the step of all of them."""
    cohort = load_catalog(PROJECT / "catalog" / "demo", PROJECT / "catalog" / "attributes.yaml").cohorts[0]
    catalog = Catalog(
        attributes={}, cohorts=(cohort.model_copy(update={"cohort_id": "ours"}),), references=()
    )
    checks = receipt_checks(catalog)
    graph = dg.Definitions(
        asset_checks=[checks],
        jobs=[dg.define_asset_job("late", dg.AssetSelection.checks(checks))],
        resources={"warehouse": Warehouse.of(settings)},
    )
    with dg.instance_for_test() as instance:
        result = graph.resolve_job_def("late").execute_in_process(instance=instance)
    assert result.success
    return {
        (one.asset_key.path[0], one.check_name): one.passed for one in result.get_asset_check_evaluations()
    }


def test_the_step_tells_of_every_file_and_raw_table_and_of_none_before_anything_was_built(
    tmp_path: Path,
) -> None:
    settings = Settings(data=tmp_path / "data", catalog=tmp_path, mirror=None, demo=False)
    kinds = {("sources", HOLDS), ("sources", COUNTS_KEPT), ("raw", ROWS_KEPT)}
    assert results_of(settings) == dict.fromkeys(kinds, False), "not known is not passed"
    settings.build_file.parent.mkdir(parents=True)
    with duckdb.connect(str(settings.build_file)) as con:
        con.execute(RECEIPTS)
        complete(con, {"marts/cohort_receipts": ()}, "a run")
    assert results_of(settings) == dict.fromkeys(kinds, True)
