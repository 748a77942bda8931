"""What a run of a site's own catalogue depends on."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import duckdb
import pytest

from orchestration import inputs
from orchestration.inputs import (
    forget_tables,
    input_fingerprint,
    note_tables,
    tables_are_current,
    tables_fingerprint,
)
from warehouse.settings import Settings


def test_data_that_lie_in_the_folder_of_the_catalogue_are_no_part_of_it(tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "cohorts").mkdir(parents=True)
    (site / "cohorts" / "clinic.yaml").write_text("cohort_id: clinic")
    settings = Settings(data=site / "data", catalog=site, mirror=None, demo=False)
    before = input_fingerprint(settings)
    # dbt names a folder so
    (site / "data" / "build" / "dbt_target" / "dbt_project.yml").mkdir(parents=True)
    assert input_fingerprint(settings) == before
    (site / "cohorts" / "clinic.yaml").write_text("cohort_id: other")
    assert input_fingerprint(settings) != before


def test_tables_are_those_of_the_folders_private_cohorts_and_engine_that_are_asked_for(
    tmp_path: Path,
) -> None:
    plain = Settings(data=tmp_path, catalog=tmp_path / "site", mirror=None, demo=False)
    for other in (
        replace(plain, private_cohorts=("clinic",)),
        replace(plain, more_catalogs=(tmp_path / "public",)),
        replace(plain, engine="spark"),
    ):
        assert tables_fingerprint(other) != tables_fingerprint(plain)
        assert input_fingerprint(other) != input_fingerprint(plain)


def test_the_smallest_count_that_reports_show_is_no_matter_of_tables(tmp_path: Path) -> None:
    plain = Settings(data=tmp_path, catalog=tmp_path / "site", mirror=None, demo=False)
    coarse = replace(plain, smallest_cell=10)
    assert input_fingerprint(coarse) != input_fingerprint(plain)
    assert tables_fingerprint(coarse) == tables_fingerprint(plain)


def test_a_package_that_is_installed_in_another_version_starts_a_run_though_the_lock_file_says_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Settings(data=tmp_path, catalog=tmp_path / "site", mirror=None, demo=False)
    before = input_fingerprint(plain)
    monkeypatch.setattr(inputs, "version", lambda name: "0.0.1" if name == "scipy" else version(name))
    assert input_fingerprint(plain) != before
    monkeypatch.setattr(inputs, "version", version)
    assert input_fingerprint(plain) == before


def test_how_many_processes_threads_and_gigabytes_a_run_takes_starts_none(tmp_path: Path) -> None:
    plain = Settings(data=tmp_path, catalog=tmp_path / "site", mirror=None, demo=False)
    larger = replace(plain, workers=16, threads=32, memory_gb=64.0)
    assert input_fingerprint(larger) == input_fingerprint(plain)
    assert tables_fingerprint(larger) == tables_fingerprint(plain)


def test_tables_are_current_until_one_step_begins_anew(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, catalog=tmp_path / "site", mirror=None, demo=False)
    settings.build.mkdir(parents=True)
    now = tables_fingerprint(settings)
    with duckdb.connect(str(settings.build_file)) as con:
        for step in ("raw", "marts"):
            note_tables(con, now, step)
    assert tables_are_current(settings)
    with duckdb.connect(str(settings.build_file)) as con:
        forget_tables(con, "marts")
    assert not tables_are_current(settings)
    with duckdb.connect(str(settings.build_file)) as con:
        note_tables(con, now, "marts")
    assert tables_are_current(settings)
    with duckdb.connect(str(settings.build_file)) as con:
        forget_tables(con)
        assert con.execute("select count(*) from main.made_of").fetchall() == [(0,)]
