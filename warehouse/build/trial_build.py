"""A cohort's tables built alone: the project's dbt models and tests on its raw tables, in a file of their own.

Neither the published file nor the build file of a run is opened. What other cohorts know is not there: people who are
in several of them, places of genes that only other cohorts call.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa

from ingestion.errors import IngestionError
from ingestion.fetching.store import storage_errors
from warehouse.build.dbt_process import THEN
from warehouse.build.dbt_results import cohorts_to_blame, failed_nodes, warned_nodes
from warehouse.build.parsed_project import dbt_command, parsed_project
from warehouse.frames.compact import registered
from warehouse.settings import Settings


class TrialError(IngestionError):
    """dbt cannot build the tables at all: what is wrong is a model or this machine, and no check of the cohort."""


@dataclass(frozen=True)
class TrialBuild:
    """The tables of one cohort.

    Attributes
    ----------
    con : its DuckDB file, read-only.
    faults : a sentence for the checks for which a run would leave the cohort out; empty when there are none.
    warnings : checks that only warn, a clause each.
    """

    con: duckdb.DuckDBPyConnection
    faults: tuple[str, ...]
    warnings: tuple[str, ...]


@contextmanager
def trial_build(cohort_id: str, raw: Mapping[str, pa.Table], settings: Settings) -> Iterator[TrialBuild]:
    """Build and test every model from the raw tables of one cohort; the file is gone when the context ends.

    Parameters
    ----------
    raw : raw table -> rows, for every table of ``RAW_TABLES``: the cohort's files, its part of the catalogue, and the
        references that genes are told by.
    settings : say where the dbt project is, and what dbt has read of it.

    Raises
    ------
    TrialError
        A model failed, in dbt's words. DbtError : the project does not parse. StorageError : the temporary folder
        cannot be written.
    """
    with TemporaryDirectory(prefix="icb-check-") as name:
        folder = Path(name)
        database = folder / "icb.duckdb"
        with storage_errors(folder), duckdb.connect(str(database)) as con:
            con.execute("create schema raw")
            for table, rows in raw.items():
                with registered(con, rows_of_table=rows):
                    con.execute(f"create table raw.{table} as select * from rows_of_table")
        built, tested = folder / "models", folder / "tests"
        # models first and tests afterwards: what stands below a failed test would be left out, and the receipt with it
        said = _dbt(
            settings,
            database,
            ("build", "--exclude-resource-type", "test", "unit_test", *_at(settings, built)),
            ("test", "--exclude-resource-type", "unit_test", *_at(settings, tested)),
        )
        if failures := failed_nodes(built):
            raise TrialError(
                f"the tables of cohort '{cohort_id}' cannot be built: {'; '.join(failures)}",
                where=str(settings.dbt_project),
                remedy="mend the model; a run would fail as well",
            )
        if not (tested / "run_results.json").exists():
            raise TrialError(
                f"dbt ended without a result: {said}",
                where=str(settings.dbt_project),
                remedy="mend it and try again",
            )
        with duckdb.connect(str(database), read_only=True) as con:
            yield TrialBuild(con, _faults(con, cohort_id, tested), tuple(warned_nodes(tested)))


def _faults(con: duckdb.DuckDBPyConnection, cohort_id: str, target: Path) -> tuple[str, ...]:
    """As a run says it when it leaves a cohort out; a check that names no cohort in its own words."""
    blamed = cohorts_to_blame(con, target)
    return (
        (f"cohort '{cohort_id}': {blamed[cohort_id]}",)
        if cohort_id in blamed
        else tuple(failed_nodes(target))
    )


def _at(settings: Settings, target: Path) -> tuple[str, ...]:
    """Where dbt finds the project and puts its results."""
    project = str(settings.dbt_project)
    at = ("--project-dir", project, "--profiles-dir", project)
    return (
        "--quiet",
        "--log-level-file",
        "info",
        *at,
        "--target-path",
        str(target),
        "--log-path",
        str(target),
    )


def _dbt(settings: Settings, database: Path, first: tuple[str, ...], second: tuple[str, ...]) -> str:
    """Two commands of dbt in one process, the second when the first has succeeded; gives what dbt said on one line."""
    environment = {"ICB_BUILD_FILE": str(database), "ICB_DBT_TARGET": "duckdb", "DO_NOT_TRACK": "1"}
    environment |= settings.dbt_limits
    parsed = parsed_project(settings.dbt_project, settings.dbt_parsed, environment)
    done = subprocess.run(
        [*dbt_command(parsed), *first, THEN, *second],
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )
    return " ".join((done.stdout.strip() or done.stderr.strip()).split())
