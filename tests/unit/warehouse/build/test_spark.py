"""A build on Spark: what it needs, what goes out to it, and what comes back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from warehouse.build import spark
from warehouse.settings import Settings, SettingsError


def node(schema: str, name: str, *tags: str, **columns: str) -> dict[str, Any]:
    return {
        "resource_type": "model", "schema": schema, "alias": name, "tags": list(tags), "description": f"The {name}'s",
        "columns": {column: {"description": said} for column, said in columns.items()},
    }  # fmt: skip


def made(folder: Path, schema: str, table: str, sql: str) -> None:
    """A table as Spark leaves it: parts in a folder of the schema."""
    place = folder / "tables" / f"{schema}.db" / table
    place.mkdir(parents=True)
    duckdb.execute(f"copy ({sql}) to '{place}/part-00000.parquet' (format parquet)")


def test_the_engine_is_duckdb_unless_the_environment_says_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ICB_ENGINE", raising=False)
    assert Settings.from_environment().engine == "duckdb"
    monkeypatch.setenv("ICB_ENGINE", "spark")
    assert Settings.from_environment().engine == "spark"


def test_an_engine_that_there_is_not_is_told_with_those_that_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ICB_ENGINE", "flink")
    with pytest.raises(SettingsError, match="'flink' is no engine") as told:
        Settings.from_environment()
    assert "duckdb or spark" in str(told.value)


def test_without_java_the_sentence_says_which_java_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark, "find_spec", lambda name: object())
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(spark.SparkError, match="openjdk-17-jre-headless"):
        spark.require_spark()


@pytest.mark.parametrize(
    ("remote", "target"),
    [("sc://127.0.0.1:15002", "spark_connect"), ("thrift://cluster.example.org:10000", "spark_thrift")],
)
def test_where_spark_is_a_server_no_java_is_needed_here_and_dbt_is_its_client(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, remote: str, target: str
) -> None:
    monkeypatch.setattr(spark, "find_spec", lambda name: object())
    monkeypatch.delenv("ICB_SPARK_REMOTE", raising=False)
    assert spark.spark_environment(tmp_path)["ICB_DBT_TARGET"] == "spark"
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("ICB_SPARK_REMOTE", remote)
    spark.require_spark()
    assert spark.spark_environment(tmp_path)["ICB_DBT_TARGET"] == target


@pytest.mark.parametrize(
    "remote", ["thrift://cluster.example.org", "cluster.example.org:10000", "http://x:1"]
)
def test_an_address_that_is_no_servers_is_told_with_those_that_are(
    monkeypatch: pytest.MonkeyPatch, remote: str
) -> None:
    monkeypatch.setattr(spark, "find_spec", lambda name: object())
    monkeypatch.setenv("ICB_SPARK_REMOTE", remote)
    with pytest.raises(spark.SparkError, match="is no address of a Spark server") as told:
        spark.require_spark()
    assert "thrift://host:10000" in str(told.value)


def test_without_the_packages_the_sentence_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark, "find_spec", lambda name: None)
    with pytest.raises(spark.SparkError, match="make setup-spark"):
        spark.require_spark()


def test_raw_tables_go_out_a_folder_a_table_and_what_an_earlier_build_left_is_gone(tmp_path: Path) -> None:
    folder = tmp_path / "spark"
    made(folder, "marts", "of_before", "select 1 as n")
    with duckdb.connect(str(tmp_path / "icb.duckdb")) as con:
        con.execute(
            "create schema raw; create table raw.calls as select 'KRAS' as gene, null::varchar as note"
        )
        con.execute("create table raw.nobody (name varchar)")
        spark.write_raw(con, folder)
    assert sorted(path.name for path in (folder / "raw").iterdir()) == ["calls", "nobody"]
    assert duckdb.execute(f"from '{folder}/raw/calls/*.parquet'").fetchall() == [("KRAS", None)]
    assert duckdb.execute(f"describe from '{folder}/raw/nobody/*.parquet'").fetchall()[0][:2] == (
        "name",
        "VARCHAR",
    )
    assert not (folder / "tables").exists()


def test_what_spark_made_comes_back_with_its_descriptions(tmp_path: Path) -> None:
    made(tmp_path, "marts", "patients", "select 'P1' as patient_id, 61.5::double as age_years")
    manifest = {"nodes": {"a": node("marts", "patients", age_years="Age, in years; the source's own")}}
    with duckdb.connect() as con:
        assert spark.read_tables(con, manifest, tmp_path) == []
        assert con.execute("from marts.patients").fetchall() == [("P1", 61.5)]
        assert con.execute("select comment from duckdb_tables()").fetchall() == [("The patients's",)]
        said = dict(
            con.execute(
                "select column_name, comment from duckdb_columns() where schema_name = 'marts'"
            ).fetchall()
        )
    assert said == {"patient_id": None, "age_years": "Age, in years; the source's own"}


def test_a_table_that_spark_did_not_make_is_named_and_not_that_of_an_earlier_build(tmp_path: Path) -> None:
    with duckdb.connect() as con:
        con.execute("create schema marts; create table marts.patients as select 'old' as patient_id")
        assert spark.read_tables(con, {"nodes": {"a": node("marts", "patients")}}, tmp_path) == [
            "marts.patients"
        ]
        assert con.execute("select count(*) from duckdb_tables()").fetchone() == (0,)


def test_a_view_of_the_build_file_is_left_to_dbt_on_duckdb(tmp_path: Path) -> None:
    made(tmp_path, "staging", "stg_calls", "select 1 as n")
    with duckdb.connect() as con:
        assert (
            spark.read_tables(con, {"nodes": {"a": node("staging", "stg_calls", spark.VIEW)}}, tmp_path) == []
        )
        assert con.execute("select count(*) from duckdb_tables()").fetchone() == (0,)
