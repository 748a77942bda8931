"""A build whose tables dbt makes on Spark: raw tables leave the build file as Parquet, what dbt made comes back.

Everything before (fetching, parsing) and everything after (analyses, scans, publication, questions) is the same as on
one machine: it reads the build file. Spark runs in dbt's own process (dbt-spark, method ``session``), or that process
is the client of a server (Spark Connect or Thrift, ``ICB_SPARK_REMOTE``); see docs/when-one-machine-is-too-small.md.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb

from ingestion.errors import IngestionError
from warehouse.build.dbt_results import DBT
from warehouse.build.lake_tables import asked_format
from warehouse.settings import Settings

#: Tag of models that are views on DuckDB and tables on Spark, where each reader would compute them again.
VIEW = "view"
#: Address of a server -> the output of dbt's profile that is its client.
_SERVERS = {r"sc://.+": "spark_connect", r"thrift://[^:/@]+:[0-9]+": "spark_thrift"}
#: What Spark 4 runs on; 8 and 11 are too old for it.
JAVA = "Java 17 or newer"


class SparkError(IngestionError):
    """Spark cannot run here, or what it left cannot be read."""


def require_spark() -> None:
    """Spark can be started.

    Raises
    ------
    SparkError
        Java or the Python packages are not there: says how to get them. Or ``ICB_SPARK_REMOTE`` is no address.
    SettingsError
        ``ICB_SPARK_FORMAT`` names no format.
    """
    if find_spec("pyspark") is None or find_spec("dbt.adapters.spark") is None:
        raise SparkError(
            "the packages of the engine spark are not installed",
            where="ICB_ENGINE",
            remedy="run 'make setup-spark'",
        )
    asked_format()  # a word that is none is told before the work, not after it
    if _dbt_target() != "spark":
        return  # Java is the server's
    home = os.environ.get("JAVA_HOME")
    if shutil.which("java", path=f"{home}/bin" if home else None) is None:
        raise SparkError(
            f"the engine spark needs {JAVA}, and there is no java",
            where="JAVA_HOME" if home else "PATH",
            remedy="install it (Debian: openjdk-17-jre-headless)",
        )


def spark_environment(folder: Path) -> dict[str, str]:
    """What dbt's profile and its macros read of a Spark build; sizes of Spark itself (``ICB_SPARK_*``) are the user's.

    Parameters
    ----------
    folder : where raw tables lie (``raw``) and Spark's tables are made (``tables``); executors must see it, too.
    """
    return {
        "ICB_DBT_TARGET": _dbt_target(),
        "ICB_SPARK_RAW": str(folder / "raw"),
        "ICB_SPARK_TABLES": str(folder / "tables"),
        "PYSPARK_PYTHON": sys.executable,
    }


def _dbt_target() -> str:
    """The output of dbt's profile: Spark in its own process, or the client of the server in ``ICB_SPARK_REMOTE``."""
    remote = os.environ.get("ICB_SPARK_REMOTE")
    if not remote:
        return "spark"
    found = [target for address, target in _SERVERS.items() if re.fullmatch(address, remote)]
    if not found:
        raise SparkError(
            f"'{remote}' is no address of a Spark server",
            where="ICB_SPARK_REMOTE",
            remedy="write sc://host:15002 (Spark Connect) or thrift://host:10000 (Thrift)",
        )
    return found[0]


def write_raw(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """The raw tables of an open build file as Parquet under ``folder/raw``, a folder a table; Spark's tables of an
    earlier build are removed."""
    shutil.rmtree(folder, ignore_errors=True)
    tables = con.execute(
        "select table_name from duckdb_tables() where database_name = current_database() and schema_name = 'raw'"
    ).fetchall()
    for (table,) in tables:
        place = folder / "raw" / table
        place.mkdir(parents=True)
        con.execute(f'copy raw."{table}" to {_text(place / "rows.parquet")} (format parquet)')


def parquet_of(folder: Path, schema: str, table: str) -> str:
    """SQL that reads a table that Spark made."""
    return f"read_parquet({_text(folder / 'tables' / f'{schema}.db' / table / '*.parquet')})"


def make_views(settings: Settings) -> None:
    """What is a view in the build file (staging, and marts that would only be copies), and the macros that people ask:
    dbt's own run on DuckDB, over the tables that Spark made.

    Raises
    ------
    SparkError
        It failed: dbt's own words.
    """
    target, project = settings.spark / "views", str(settings.dbt_project)
    done = subprocess.run(
        [str(DBT), "--quiet", "run", "--select", f"tag:{VIEW}", "--project-dir", project, "--profiles-dir", project,
         "--target-path", str(target), "--log-path", str(target)],
        env=os.environ
        | {"ICB_BUILD_FILE": str(settings.build_file), "ICB_DBT_TARGET": "duckdb", "DO_NOT_TRACK": "1"},
        capture_output=True,
        text=True,
    )  # fmt: skip
    if done.returncode != 0:
        raise SparkError(
            f"the views over Spark's tables cannot be made: {' '.join(done.stdout.split())}",
            where=str(target / "dbt.log"),
            remedy="run again; if it stays, build with ICB_ENGINE=duckdb",
        )


def made_tables(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Seeds and models of a dbt manifest that are tables of the build file."""
    for node in manifest["nodes"].values():
        if node["resource_type"] in ("seed", "model") and VIEW not in node["tags"]:
            yield node


def read_tables(con: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any], folder: Path) -> list[str]:
    """Take what Spark made into an open build file, with the descriptions that dbt would have given it.

    Returns
    -------
    Names of the tables that are not there, because their model failed or stands below one that did; they are not in the
    build file either.

    Raises
    ------
    SparkError
        A table cannot be read.
    """
    missing = []
    for node in made_tables(manifest):
        schema, table = node["schema"], node["alias"]
        name = f'"{schema}"."{table}"'
        con.execute(f'create schema if not exists "{schema}"')
        if not list((folder / "tables" / f"{schema}.db" / table).glob("*.parquet")):
            con.execute(f"drop table if exists {name}")
            missing.append(f"{schema}.{table}")
            continue
        try:
            con.execute(
                f"create or replace table {name} as select * from {parquet_of(folder, schema, table)}"
            )
        except duckdb.Error as exc:
            raise SparkError(
                f"the table {schema}.{table} that Spark made cannot be read ({str(exc).splitlines()[0]})",
                where=str(folder),
                remedy="run again; if it stays, build with ICB_ENGINE=duckdb",
            ) from exc
        if node["description"]:
            con.execute(f"comment on table {name} is {_text(node['description'])}")
        for column, said in node["columns"].items():
            if said.get("description"):
                con.execute(f'comment on column {name}."{column}" is {_text(said["description"])}')
    return missing


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"
