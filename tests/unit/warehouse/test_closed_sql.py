"""A query of a stranger: what it can ask, and that it can reach and change nothing else."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
import pytest

from warehouse.closed_sql import SqlRefusedError, closed_file, one_statement


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A published file with one table, in a data folder of its own."""
    path = tmp_path / "data" / "published" / "icb.duckdb"
    path.parent.mkdir(parents=True)
    with duckdb.connect(str(path)) as con:
        con.execute("create schema marts; create table marts.cohorts as select 'a' as cohort_id, 7 as n")
    monkeypatch.setenv("ICB_DATA", str(tmp_path / "data"))
    return path


def asked(query: str, *, allow_files: bool = False) -> list[tuple[object, ...]]:
    with closed_file(allow_files=allow_files) as con:
        try:
            return con.execute(one_statement(con, query, allow_files=allow_files)).fetchall()
        except duckdb.Error as exc:  # outside of the block it would be told as a fault of the file
            fault = exc
    raise fault


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("select n from marts.cohorts", [(7,)]),
        ("-- who is there?\nfrom marts.cohorts select n;;", [(7,)]),
        ("pivot marts.cohorts on cohort_id using sum(n)", [(7,)]),
        ("with c as (from marts.cohorts) select 'é; copy' as é from c", [("é; copy",)]),
    ],
)
def test_a_statement_that_asks_is_answered(file: Path, query: str, answer: list[tuple[object, ...]]) -> None:
    assert asked(query) == answer


@pytest.mark.parametrize("query", ["show all tables", "describe marts.cohorts", "pragma database_list",
                                   "explain select 1", "explain analyze select n from marts.cohorts"])  # fmt: skip
def test_what_tells_of_the_tables_is_answered(file: Path, query: str) -> None:
    assert asked(query)


@pytest.mark.parametrize(
    "query",
    [
        "copy (select 1) to '{file}'",
        "copy (select 1) to '{file}' (use_tmp_file false)",
        "copy (select 1) to '{file}.wal' (use_tmp_file false)",
        "explain analyze copy (select 1) to '{file}' (use_tmp_file false)",
        "explain (analyze, format json) copy (select 1) to '{file}' (use_tmp_file false)",
        "/* a question */ explain analyze /* of */ copy (select 1) to '{file}' (use_tmp_file false)",
        "copy (pivot marts.cohorts on cohort_id using sum(n)) to '{file}' (use_tmp_file false)",
        "explain analyze copy (pivot marts.cohorts on cohort_id using sum(n)) to '{file}' (use_tmp_file false)",
        "export database '{folder}'",
        "attach '{folder}/other.duckdb'",
        "delete from marts.cohorts",
        "with c as (select 1) insert into marts.cohorts select 'b', 2",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "reset lock_configuration",
        "create temp table t as select 1",
        "prepare p as select 1",
        "update extensions",
    ],
)
def test_a_statement_that_would_do_something_is_refused_and_nothing_has_changed(
    file: Path, tmp_path: Path, query: str
) -> None:
    before, there = digest(file), sorted(tmp_path.rglob("*"))
    with pytest.raises((SqlRefusedError, duckdb.Error)):
        asked(query.format(file=file, folder=tmp_path))
    assert digest(file) == before and sorted(tmp_path.rglob("*")) == there


@pytest.mark.parametrize(
    "query",
    [
        "select content from read_text('/etc/hostname')",
        "select * from read_csv('/etc/passwd')",
        "from '{folder}/secret.csv'",
        "select * from glob('/*')",
        "select * from read_parquet('https://example.org/x.parquet')",
        "pragma import_database('{folder}')",
    ],
)
def test_no_other_file_and_no_network_can_be_read(file: Path, tmp_path: Path, query: str) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n", encoding="utf-8")
    with pytest.raises(duckdb.PermissionException):
        asked(query.format(folder=tmp_path))


def test_a_query_sees_no_variable_of_the_program(file: Path) -> None:
    with pytest.raises(duckdb.CatalogException, match="con"):
        asked("select * from con")


def test_of_two_statements_none_is_carried_out(file: Path) -> None:
    with pytest.raises(SqlRefusedError, match=r"2 statements.*one at a time"):
        asked("select 1; select 2")


def test_with_allow_files_a_query_writes_a_file_of_its_own_but_not_what_is_published(
    file: Path, tmp_path: Path
) -> None:
    before = digest(file)
    asked(f"copy marts.cohorts to '{tmp_path}/mine.csv'", allow_files=True)
    assert (tmp_path / "mine.csv").read_text(encoding="utf-8") == "cohort_id,n\na,7\n"
    with pytest.raises(SqlRefusedError, match="what is published"):
        asked(f"copy marts.cohorts to '{file}' (use_tmp_file false)", allow_files=True)
    with pytest.raises(SqlRefusedError, match="INSERT"):
        asked("insert into marts.cohorts select 'b', 2", allow_files=True)
    assert digest(file) == before
