"""Checks that keep a draft back: each finds the rows that it is for, in a file of a few tables."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import duckdb
import pytest

from orchestration.checks.draft import draft_checks
from orchestration.resources import Warehouse
from warehouse.settings import Settings

SOUND = """
create schema marts; create schema stats;
create table marts.patients as select * from (values ('c', 'p1', 'P1'), ('c', 'p2', 'P2')) as t(cohort_id, patient_id, person_id);
create table stats.runs as select 'run' as run_id;
create table stats.analysis_specs as select 'a' as analysis_id, 'default' as variant, 'run' as run_id;
create table stats.every_stat as
    select 's' as stat_id, 'a' as analysis_id, 'default' as variant, 'OS' as endpoint, 2 as n;
create table stats.analysis_members as
    select 'a' as analysis_id, 'default' as variant, 'OS' as endpoint, cohort_id, patient_id, person_id, true as is_member
    from marts.patients;
create table marts.source_files as select 'f' as source_file_id;
create table stats.member_rows as select 1 as member_id, 'patient' as role, 'marts.patients' as mart, 'f' as source_file_id;
create table stats.statistic_rows as select 's' as stat_id, * from stats.member_rows;
"""  # noqa: E501


def outcome(folder: Path, check: str, change: str) -> dg.AssetCheckResult:
    settings = Settings(data=folder / "data", catalog=folder, mirror=None, demo=False)
    draft = settings.published / ".20261129T120000Z-aaaaaaaa.draft"
    draft.mkdir(parents=True)
    with duckdb.connect(str(draft / "icb.duckdb")) as con:
        con.execute(SOUND + change)
    (found,) = [one for one in draft_checks() if next(iter(one.check_keys)).name == check]
    result = found(Warehouse.of(settings))
    assert isinstance(result, dg.AssetCheckResult)
    return result


@pytest.mark.parametrize(
    ("check", "change"),
    [
        ("one_person_once", "insert into stats.analysis_members values ('a', 'default', 'OS', 'd', 'p9', 'P1', true)"),
        ("statistics_can_be_walked_back", "delete from stats.runs"),
        ("every_member_has_a_row", "delete from marts.patients where patient_id = 'p2'"),
        ("every_member_has_a_row", "update marts.patients set person_id = 'P7' where patient_id = 'p2'"),
        ("every_statistic_has_its_members", "update stats.analysis_members set endpoint = 'PFS'"),
        ("every_row_has_its_file", "update stats.member_rows set source_file_id = 'g'"),
        ("every_row_has_its_file", "update stats.statistic_rows set source_file_id = null"),
    ],
    ids=["a person twice", "no run", "a member without a row", "a member who is another person", "no members",
         "a row of a file that is not there", "a row of no file"],
)  # fmt: skip
def test_a_draft_with_such_a_row_does_not_pass_and_one_without_does(
    tmp_path: Path, check: str, change: str
) -> None:
    assert outcome(tmp_path / "sound", check, "").passed
    broken = outcome(tmp_path / "broken", check, change)
    assert not broken.passed
    assert broken.metadata["rows"].value
