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
from warehouse.build.dbt_results import cohorts_to_blame, failed_nodes, warned_nodes
from warehouse.build.parsed_project import dbt_command, parsed_project
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
                con.register("rows_of_table", rows)
                con.execute(f"create table raw.{table} as select * from rows_of_table")
                con.unregister("rows_of_table")
        project = settings.dbt_project
        dbt = dbt_command(parsed_project(project, settings.dbt_parsed, {"ICB_DBT_TARGET": "duckdb"}))
        # models first and tests afterwards: what stands below a failed test would be left out, and the receipt with it
        _dbt(dbt, folder, project, "build", "--exclude-resource-type", "test", "unit_test")
        if failures := failed_nodes(folder / "target"):
            raise TrialError(
                f"the tables of cohort '{cohort_id}' cannot be built: {'; '.join(failures)}",
                where=str(project),
                remedy="mend the model; a run would fail as well",
            )
        _dbt(dbt, folder, project, "test", "--exclude-resource-type", "unit_test")
        with duckdb.connect(str(database), read_only=True) as con:
            yield TrialBuild(con, _faults(con, cohort_id, folder / "target"), _warnings(folder / "target"))


def _faults(con: duckdb.DuckDBPyConnection, cohort_id: str, target: Path) -> tuple[str, ...]:
    """As a run says it when it leaves a cohort out; a check that names no cohort in its own words."""
    blamed = cohorts_to_blame(con, target)
    return (
        (f"cohort '{cohort_id}': {blamed[cohort_id]}",)
        if cohort_id in blamed
        else tuple(failed_nodes(target))
    )


def _warnings(target: Path) -> tuple[str, ...]:
    return tuple(warned_nodes(target))


def _dbt(dbt: tuple[str, ...], folder: Path, project: Path, *command: str) -> None:
    """One command of dbt; a failed model or test is read from its results afterwards.

    Raises
    ------
    TrialError
        It did not get as far as results.
    """
    target = folder / "target"
    (target / "run_results.json").unlink(missing_ok=True)
    at = ["--project-dir", project, "--profiles-dir", project, "--target-path", target, "--log-path", folder]
    done = subprocess.run(
        [*dbt, "--quiet", "--log-level-file", "info", *command, *map(str, at)],
        env=os.environ
        | {"ICB_BUILD_FILE": str(folder / "icb.duckdb"), "ICB_DBT_TARGET": "duckdb", "DO_NOT_TRACK": "1"},
        capture_output=True,
        text=True,
    )
    if not (target / "run_results.json").exists():
        said = " ".join((done.stdout.strip() or done.stderr.strip()).split())
        raise TrialError(
            f"dbt ended without a result: {said}", where=str(project), remedy="mend it and try again"
        )
