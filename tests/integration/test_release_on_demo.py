"""`icb release`: what licences allow of a version, whole, described and with checksums; here of the generated cohorts,
of which one is put under a licence that forbids it and one under none."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from pathlib import Path

import duckdb
import pytest
import yaml
from graph_runs import Run

from warehouse.release.licences import ReleaseError
from warehouse.release.write import Release, write_release
from warehouse.versions.layout import Version, version_in_force

FORBIDDEN, UNKNOWN, OTHER = "demo_melanoma_a", "demo_melanoma_b", "demo_melanoma_c"
#: Tables of single people, samples, calls and lines of files.
ROWS = ("person_id", "patient_id", "sample_id", "source_row")


@pytest.fixture(scope="module")
def version(demo: Run, tmp_path_factory: pytest.TempPathFactory) -> Version:
    """The demo's version with three other licences, one person of 95 years, and what it says of itself."""
    folder = tmp_path_factory.mktemp("published") / version_in_force(demo.settings.published).name
    shutil.copytree(version_in_force(demo.settings.published).folder, folder)
    with duckdb.connect(str(folder / "icb.duckdb")) as con:
        con.execute("update marts.cohorts set licence = 'CC BY-NC-ND 4.0' where cohort_id = ?", [FORBIDDEN])
        con.execute(
            "update marts.cohorts set licence = 'not stated' where cohort_id in (?, ?)", [UNKNOWN, OTHER]
        )
        con.execute(
            "update marts.patients set age_years = 95 where cohort_id = ? and age_years is not null", [OTHER]
        )
    return Version(folder)


@pytest.fixture(scope="module")
def released(version: Version, tmp_path_factory: pytest.TempPathFactory) -> Release:
    return write_release(
        version, tmp_path_factory.mktemp("release") / "out", {OTHER: "a letter of the authors"}
    )


def test_no_row_of_a_person_of_a_cohort_that_may_not_leave_is_in_any_table(
    released: Release, version: Version
) -> None:
    with (
        duckdb.connect(str(released.folder / "icb.duckdb"), read_only=True) as out,
        duckdb.connect(str(version.file), read_only=True) as all_of_it,
    ):
        columns = out.execute(
            "select schema_name || '.' || table_name, list(column_name) from duckdb_columns() "
            "where schema_name in ('marts', 'stats') group by all"
        ).fetchall()
        of_people = [table for table, names in columns if "cohort_id" in names and {*names} & {*ROWS}]
        assert len(of_people) > 25
        for table in of_people:
            inside = {row[0] for row in out.execute(f"select distinct cohort_id from {table}").fetchall()}
            assert not inside & {FORBIDDEN, UNKNOWN}, table
            if table == "stats.lineage":  # walking every statistic takes a minute
                continue
            kept = "cohort_id is null or cohort_id not in (?, ?)"
            expected = all_of_it.execute(
                f"select count(*) from {table} where {kept}", [FORBIDDEN, UNKNOWN]
            ).fetchone()
            assert out.execute(f"select count(*) from {table}").fetchone() == expected, table
        people = out.execute("select person_id from marts.persons").fetchall()
        assert {*people} == {*out.execute("select person_id from marts.person_aliases").fetchall()}
        members = (
            "select count(*) from {} where member_id not in (select member_id from stats.analysis_members)"
        )
        for table in ("stats.member_rows", "stats.statistic_rows", "stats.set_members"):
            assert out.execute(members.format(table)).fetchone() == (0,), table


def test_results_and_who_was_held_back_are_in_it(released: Release, version: Version) -> None:
    with (
        duckdb.connect(str(released.folder / "icb.duckdb"), read_only=True) as out,
        duckdb.connect(str(version.file), read_only=True) as all_of_it,
    ):
        for table in ("stats.survival_stats", "stats.claim_checks", "marts.cohorts"):
            count = f"select count(*) from {table}"
            assert out.execute(count).fetchone() == all_of_it.execute(count).fetchone(), table
    with (released.folder / "licences.csv").open(encoding="utf-8") as file:
        found = {row["owner_id"]: row for row in csv.DictReader(file)}
    assert found[FORBIDDEN]["may_leave"] == found[UNKNOWN]["may_leave"] == "False"
    assert found[OTHER] == {
        "owner_id": OTHER,
        "licence": "not stated",
        "may_leave": "True",
        "why": "Included by hand: a letter of the authors.",
    }


def test_an_age_over_89_leaves_as_90(released: Release) -> None:
    with duckdb.connect(str(released.folder / "icb.duckdb"), read_only=True) as out:
        oldest = out.execute(
            "select max(age_years) from marts.patients where cohort_id = ?", [OTHER]
        ).fetchone()
    assert oldest == (90,)


def test_parquet_holds_what_the_file_holds_and_every_column_is_described(released: Release) -> None:
    with (
        duckdb.connect(str(released.folder / "icb.duckdb"), read_only=True) as out,
        (released.folder / "data_dictionary.csv").open(encoding="utf-8") as file,
    ):
        described = {
            f"{row['schema_name']}.{row['table_name']}.{row['column_name']}" for row in csv.DictReader(file)
        }
        for table, n in released.rows.items():
            schema, name = table.split(".")
            path = released.folder / "tables" / schema / f"{name}.parquet"
            read = duckdb.execute(f"select count(*) from '{path}'").fetchone()
            assert read == out.execute(f"select count(*) from {table}").fetchone() == (n,), table
            columns = duckdb.execute(f"select * from '{path}' limit 0").description or []
            assert {f"{table}.{column[0]}" for column in columns} <= described


def test_the_manifest_names_every_file_with_its_checksum(released: Release, version: Version) -> None:
    said = json.loads((released.folder / "manifest.json").read_text(encoding="utf-8"))
    there = {p.relative_to(released.folder).as_posix() for p in released.folder.rglob("*") if p.is_file()}
    assert {file["path"] for file in said["files"]} == there - {"manifest.json"}
    for file in said["files"]:
        content = (released.folder / file["path"]).read_bytes()
        assert (file["bytes"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert said["version"] == version.name


def test_the_citation_has_the_version_and_the_papers_of_what_is_in_it(
    released: Release, version: Version
) -> None:
    citation = yaml.safe_load((released.folder / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0" and citation["type"] == "dataset"
    assert citation["version"] == version.name
    assert citation["date-released"] == f"{version.name[:4]}-{version.name[4:6]}-{version.name[6:8]}"
    assert len(citation["references"]) == 13 - len((FORBIDDEN, UNKNOWN))
    assert FORBIDDEN in (released.folder / "README.md").read_text(encoding="utf-8")


def test_a_version_with_a_private_cohort_is_not_released(version: Version, tmp_path: Path) -> None:
    private = Version(tmp_path / version.folder.name)
    private.folder.mkdir()
    said = json.loads(version.manifest.read_text(encoding="utf-8")) | {"private_cohorts": [OTHER]}
    private.manifest.write_text(json.dumps(said), encoding="utf-8")
    with pytest.raises(ReleaseError, match=f"holds private cohorts \\({OTHER}\\)"):
        write_release(private, tmp_path / "out", {})
    assert not (tmp_path / "out").exists()


def test_the_command_writes_into_a_new_folder_only(demo: Run, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine", encoding="utf-8")
    said = demo.icb("release", str(tmp_path))
    assert said.returncode == 1 and "it is there already; name a new folder" in said.stderr
    assert "Traceback" not in said.stderr and (tmp_path / "note.txt").read_text(encoding="utf-8") == "mine"
    assert "write 'cohort: reason'" in demo.icb("release", "out", "--include", "demo_melanoma_a").stderr
