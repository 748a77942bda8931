"""One set of raw tables, built by dbt on DuckDB and by the graph on Spark, and the two compared."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from graph_runs import ROOT, clean_environment

from warehouse.build.dbt_results import DBT
from warehouse.build.spark import parquet_of
from warehouse.settings import Settings

PROJECT = ROOT / "dbt_project"
#: Spark for small tables: most of its time on them is compiling, not computing.
SMALL = {
    "ICB_SPARK_MASTER": "local[2]",
    "ICB_SPARK_MEMORY": "1g",
    "ICB_SPARK_PARTITIONS": "2",
    "ICB_SPARK_CODEGEN": "false",
    "ICB_SPARK_JAVA_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}
#: Largest relative difference of two doubles that count as one: sums are taken in another order.
RELATIVE = 1e-12


@dataclass(frozen=True)
class TwoEngines:
    """What both made of the same raw tables."""

    folder: Path

    @property
    def file(self) -> Path:
        """The build file, whose tables DuckDB made."""
        return self.folder / "icb.duckdb"

    @property
    def settings(self) -> Settings:
        """Of the run on Spark."""
        return Settings(
            data=self.folder / "data",
            catalog=ROOT / "catalog" / "demo",
            mirror=None,
            demo=True,
            engine="spark",
        )

    @property
    def spark(self) -> Path:
        """Where Spark's tables are."""
        return self.settings.spark

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Of dbt's run on Spark."""
        found: dict[str, Any] = json.loads((self.settings.dbt_target / "manifest.json").read_text("utf-8"))
        return found

    @property
    def tables(self) -> list[tuple[str, str]]:
        """Schema and name of every seed and model."""
        nodes = self.manifest["nodes"].values()
        return sorted((n["schema"], n["alias"]) for n in nodes if n["resource_type"] in ("seed", "model"))

    def ask(self, sql: str) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        """The rows of a query over one table, written ``{schema.table}``: DuckDB's, and those of what Spark made."""
        before, name, after = sql.replace("}", "{").split("{")
        with duckdb.connect(str(self.file), read_only=True) as con:
            spark = parquet_of(self.spark, *name.split("."))
            return con.execute(before + name + after).fetchall(), con.execute(
                before + spark + after
            ).fetchall()

    def differences(self, schema: str, table: str) -> list[str]:
        """In words, what is not the same in a table; empty when it is one table."""
        sources = f'"{schema}"."{table}"', parquet_of(self.spark, schema, table)
        with duckdb.connect(str(self.file), read_only=True) as con:
            columns = [
                [(row[0], row[1]) for row in con.execute(f"describe select * from {source}").fetchall()]
                for source in sources
            ]
            if columns[0] != columns[1]:
                return [
                    f"columns: {column} in DuckDB, {other} in Spark"
                    for column, other in zip(*columns, strict=False)
                    if column != other
                ] or [f"{len(columns[0])} columns in DuckDB, {len(columns[1])} in Spark"]
            counts = [con.execute(f"select count(*) from {source}").fetchone() for source in sources]
            if counts[0] != counts[1]:
                return [f"rows: {counts[0]} in DuckDB, {counts[1]} in Spark"]
            names = ", ".join(f'"{column}"' for column, _ in columns[0])
            hashes = [
                con.execute(f"select sum(cast(hash({names}) as hugeint)) from {source}").fetchone()
                for source in sources
            ]
            if hashes[0] == hashes[1]:
                return []
            one, other = sources
            apart = [
                con.execute(f"select * from {a} except all select * from {b}").df()
                for a, b in ((one, other), (other, one))
            ]
        return _apart(apart[0], apart[1], dict(columns[0]))


def _apart(duck: pd.DataFrame, spark: pd.DataFrame, types: Mapping[str, str]) -> list[str]:
    """Rows that have no exact partner must have one whose words are the same and whose doubles are close."""
    doubles = [column for column, kind in types.items() if kind == "DOUBLE"]
    words = [column for column in types if column not in doubles]
    duck, spark = (
        frame.sort_values([*words, *doubles]).reset_index(drop=True).astype(dict.fromkeys(words, "string"))
        for frame in (duck, spark)
    )
    if len(duck) != len(spark):
        return [f"{len(duck)} rows are DuckDB's alone, {len(spark)} Spark's alone"]
    found = []
    for column in types:
        if column in doubles:
            same = np.isclose(
                duck[column].to_numpy(float), spark[column].to_numpy(float), RELATIVE, 0, equal_nan=True
            )
        else:
            same = (duck[column].fillna("\0") == spark[column].fillna("\0")).to_numpy(bool)
        if not same.all():
            i = int(np.argmin(same))
            found.append(f"{column}: {duck[column][i]!r} in DuckDB, {spark[column][i]!r} in Spark")
    return found


def build_on_both(folder: Path, analysis_id: str) -> TwoEngines:
    """Build every seed and model of ``folder/icb.duckdb``, whose raw tables are there, on both engines at once; on
    Spark in a run of the graph that leaves Delta tables and goes on to an analysis."""
    built = TwoEngines(folder)
    built.settings.build.mkdir(parents=True)
    shutil.copyfile(built.file, built.settings.build_file)
    on_spark = [sys.executable, str(Path(__file__).parent / "run_on_spark.py"), analysis_id]
    settings = clean_environment(
        built.settings.data, ICB_DEMO="1", ICB_ENGINE="spark", ICB_SPARK_FORMAT="delta", **SMALL
    )
    started = {
        "duckdb": dbt_in(folder / "target_duckdb", {"ICB_BUILD_FILE": str(built.file)}),
        "spark": _started(on_spark, settings, folder),
    }
    said = {engine: process.communicate()[0] for engine, process in started.items()}
    for engine, process in started.items():
        assert process.returncode == 0, f"{engine}:\n{said[engine][-6000:]}"
    return built


def dbt_in(target: Path, environment: Mapping[str, str], *selected: str) -> subprocess.Popen[str]:
    """A build of the project, or of what is selected of it, with a target folder of its own."""
    return _started(
        [str(DBT), "--quiet", "build", "--full-refresh", *selected, "--exclude-resource-type", "unit_test",
         "--exclude-resource-type", "test", "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT),
         "--target-path", str(target), "--log-path", str(target)],
        os.environ | {"DO_NOT_TRACK": "1", **environment},
        target.parent,
    )  # fmt: skip


def _started(command: list[str], environment: Mapping[str, str], folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command, env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
