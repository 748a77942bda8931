"""A few invented files through the parsers and dbt to the marts, without the graph: half a minute, no network."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import yaml

from ingestion.catalog.cohorts import Catalog
from ingestion.catalog.loading import load_catalog
from ingestion.raw_rows import arrow_schema
from ingestion.raw_schema import RAW_TABLES
from ingestion.raw_tables import SourceBytes, catalog_tables, parse_cohort_file
from warehouse.build.dbt_process import THEN
from warehouse.build.parsed_project import dbt_command, parsed_project
from warehouse.settings import Settings

ROOT = Path(__file__).parents[2]
ADDRESS = "https://files.example/{}/{}.tsv"


def cohort(cohort_id: str, *files: dict[str, Any], **entries: Any) -> dict[str, Any]:
    """A cohort file's content; every file gets an address of its own."""
    listed = [{"address": ADDRESS.format(cohort_id, f["id"]), "kind": "clinical"} | f for f in files]
    return {
        "cohort_id": cohort_id,
        "title": "SYNTHETIC",
        "citation": "SYNTHETIC",
        "licence": "CC0-1.0",
        "is_icb": True,
        "precedence": 1,
        "assay": {"name": "none", "kind": "none"},
        "endpoints": {"OS": {"origin": "icb_start", "evidence": "invented"}},
        "files": listed,
    } | entries


def marts(
    folder: Path,
    cohorts: list[dict[str, Any]],
    content: Mapping[tuple[str, str], bytes],
    *models: str,
    checks: tuple[str, ...] = (),
) -> Path:
    """Build the named models and what they need from files given as (cohort, file id) -> bytes.

    Returns the DuckDB file. Raises AssertionError with dbt's words when a model or one of the data tests ``checks``
    fails.
    """
    (folder / "cohorts").mkdir(parents=True)
    for entry in cohorts:
        path = folder / "cohorts" / f"{entry['cohort_id']}.yaml"
        path.write_text(yaml.safe_dump(entry, sort_keys=False), encoding="utf-8")
    catalog = load_catalog(folder, ROOT / "catalog" / "attributes.yaml")
    database = folder / "icb.duckdb"
    _write_raw(catalog, folder, content, database)
    base = [
        "--project-dir", str(ROOT / "dbt_project"), "--profiles-dir", str(ROOT / "dbt_project"),
        "--target-path", str(folder / "target"), "--log-path", str(folder / "logs"),
        "--no-write-json",  # nobody reads it, and to write it takes an eighth of the time
    ]  # fmt: skip
    environment = {**os.environ, "ICB_BUILD_FILE": str(database), "DO_NOT_TRACK": "1"}
    dbt = dbt_command(
        parsed_project(ROOT / "dbt_project", Settings.from_environment().dbt_parsed, environment)
    )
    commands = [["seed"], ["run", "--select", *(f"+{model}" for model in models)]]
    if checks:
        commands.append(["test", "--select", *checks])
    words = [word for command in commands for word in (THEN, *command, *base)][1:]
    done = subprocess.run([*dbt, *words], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    return database


def _write_raw(
    catalog: Catalog, folder: Path, content: Mapping[tuple[str, str], bytes], database: Path
) -> None:
    parts: dict[str, list[pa.Table]] = {table: [arrow_schema(table).empty_table()] for table in RAW_TABLES}
    for entry in catalog.cohorts:
        for file in entry.files:
            path = folder / f"{entry.cohort_id}.{file.id}"
            path.write_bytes(content[entry.cohort_id, file.id])
            source = SourceBytes(file.address, "0" * 64, path)
            for table, found in parse_cohort_file(entry, file, [source], catalog).items():
                parts[table].append(found)
    for table, found in catalog_tables(catalog).items():
        parts[table].append(found)
    with duckdb.connect(str(database)) as con:
        con.execute("create schema raw")
        for table, tables in parts.items():
            rows = pa.concat_tables(tables)  # noqa: F841  read by DuckDB under its name
            con.execute(f"create table raw.{table} as select * from rows")
