"""Parquet files that Spark left become tables of Delta Lake or Apache Iceberg, without jars and without a copy."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import duckdb
import pytest

from warehouse.build.lake_tables import asked_format, register_tables
from warehouse.settings import SettingsError

pytestmark = pytest.mark.skipif(
    find_spec("deltalake") is None and os.environ.get("ICB_REQUIRE_SPARK") != "1",
    reason="'make setup-spark' installs the libraries of both formats",
)
#: Two files of one table, as two partitions of Spark leave them, and a table without rows.
FILES = {
    ("marts", "patients"): (
        "select 'P1' as patient_id, 61.5::double as age_years",
        "select 'P2', null::double",
    ),
    ("stats", "nothing"): ("select 1::bigint as n where false",),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for (schema, table), parts in FILES.items():
        place = tmp_path / "tables" / f"{schema}.db" / table
        place.mkdir(parents=True)
        (place / "_SUCCESS").touch()
        for i, sql in enumerate(parts):
            columns = "" if i == 0 else " as t(patient_id, age_years)"
            duckdb.execute(
                f"copy (select * from ({sql}){columns}) to '{place}/part-{i:05}.parquet' (format parquet)"
            )
    return tmp_path


def parquet_files(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in (folder / "tables").rglob("part-*.parquet")}


def test_as_delta_a_table_has_the_rows_of_its_files_which_stay_as_they_are(folder: Path) -> None:
    from deltalake import DeltaTable

    before = parquet_files(folder)
    register_tables(folder, FILES, "delta")
    patients = DeltaTable(str(folder / "tables" / "marts.db" / "patients")).to_pyarrow_table().to_pylist()
    assert sorted(row["patient_id"] for row in patients) == ["P1", "P2"]
    nothing = DeltaTable(str(folder / "tables" / "stats.db" / "nothing")).to_pyarrow_table()
    assert (nothing.num_rows, nothing.column_names) == (0, ["n"])
    assert parquet_files(folder) == before


def test_as_iceberg_a_catalogue_knows_every_table_and_its_files_stay_as_they_are(folder: Path) -> None:
    from pyiceberg.catalog.sql import SqlCatalog

    before = parquet_files(folder)
    register_tables(folder, FILES, "iceberg")
    catalog = SqlCatalog(
        "icb", uri=f"sqlite:///{folder}/iceberg/catalog.sqlite", warehouse=f"file://{folder}/iceberg"
    )
    patients = catalog.load_table("marts.patients").scan().to_arrow().to_pylist()
    assert sorted((row["patient_id"], row["age_years"]) for row in patients) == [("P1", 61.5), ("P2", None)]
    assert catalog.load_table("stats.nothing").scan().to_arrow().num_rows == 0
    catalog.close()
    assert parquet_files(folder) == before


def test_as_parquet_nothing_is_written(folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    register_tables(folder, FILES, "parquet")
    assert sorted(folder.rglob("*")) == before


def test_a_format_that_there_is_not_is_told_with_those_that_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ICB_SPARK_FORMAT", raising=False)
    assert asked_format() == "parquet"
    monkeypatch.setenv("ICB_SPARK_FORMAT", "hudi")
    with pytest.raises(SettingsError, match="'hudi' is no table format"):
        asked_format()
