"""The dbt project as assets: key = [schema, model], tests as checks, column lineage and row counts as metadata."""

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import (
    DagsterDbtTranslator,
    DagsterDbtTranslatorSettings,
    DbtCliInvocation,
    DbtCliResource,
    DbtProject,
    dbt_assets,
)
from packaging.version import Version, parse

from orchestration.assets.build_steps import Steps, steps_of
from orchestration.assets.dbt_metadata import LineageError, column_lineage, table_columns, table_metadata
from orchestration.assets.failed_checks import leave_out_failing
from orchestration.assets.leftovers import drop_unknown
from orchestration.inputs import forget_tables, note_tables, tables_fingerprint
from orchestration.resources import BUILD_POOL, Warehouse
from orchestration.reuse.declared_rows import forget_checksums, write_checksums
from warehouse.build.dbt_results import failed_nodes
from warehouse.build.lake_tables import asked_format, register_tables
from warehouse.build.parsed_project import DbtError, dbt_command, parsed_project
from warehouse.build.spark import make_views, read_tables, require_spark, write_raw
from warehouse.build.steps import begin, complete, fail, in_one_step
from warehouse.left_out import said_of
from warehouse.reports.cohort_receipt import receipts_as_markdown
from warehouse.settings import Settings

OWNERS = ["team:warehouse"]
#: Unit tests hold the models' rules to made-up rows: whether they pass depends on the code, not on the sources, and
#: they are 4 parts in 10 of the time of a build. `make test` runs them, as dbt advises.
#: dbt's log holds what dbt tells: its 5,000 lines for the search of faults in dbt itself are a tenth of its time.
BUILD = ("build", "--full-refresh", "--exclude-resource-type", "unit_test", "--log-level-file", "info")


class Dbt(DbtCliResource):
    """dbt in a process of its own, without what dagster-dbt does before each start: it asks another process for the
    version (3 s of a core), and loads dbt into this one (4 s) for a handle that only its own row counts and columns
    need; `dbt_metadata` has ours."""

    @property
    def _cli_version(self) -> Version:
        return parse(version("dbt-core"))  # of this environment, as the executable is

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> None:  # type: ignore[override]
        return None


class Translator(DagsterDbtTranslator):
    """Keys [schema, name]; a version that covers the macros."""

    def __init__(self) -> None:
        super().__init__(
            settings=DagsterDbtTranslatorSettings(
                enable_asset_checks=True, enable_source_tests_as_checks=True
            )
        )

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        return str(dbt_resource_props["schema"])

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        spec = spec.replace_attributes(owners=OWNERS, kinds={"dbt", "duckdb"})
        return spec.replace_attributes(code_version=node_version(manifest, unique_id))


def node_version(manifest: Mapping[str, Any], unique_id: str) -> str:
    """12 hex digits over the text of a model or the rows of a seed, and every macro of the project behind it."""
    node = manifest["nodes"].get(unique_id) or manifest["sources"][unique_id]
    parts = [str(node.get("checksum", {}).get("checksum", ""))]
    waiting, seen = list(node.get("depends_on", {}).get("macros", [])), set[str]()
    while waiting:
        name = waiting.pop()
        macro = manifest["macros"].get(name)
        if name in seen or macro is None or macro["package_name"] != node["package_name"]:
            continue
        seen.add(name)
        waiting += macro["depends_on"]["macros"]
    parts += [manifest["macros"][name]["macro_sql"] for name in sorted(seen)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def prepared_project(settings: Settings) -> tuple[DbtProject, Path]:
    """The dbt project with its manifest, and the folder of the manifest (`parsed_project`).

    Raises
    ------
    DbtError
        The project does not parse: dbt's own words.
    SparkError
        The engine is Spark, and Java or its packages are not there.
    """
    if settings.engine == "spark":
        require_spark()
    folder = settings.dbt_project
    parsed = parsed_project(folder, settings.dbt_parsed, Warehouse.of(settings).dbt_environment())
    return DbtProject(project_dir=folder, profiles_dir=folder, target_path=parsed), parsed


def dbt_definitions(settings: Settings) -> tuple[dg.AssetsDefinition, Dbt]:
    """The dbt assets and the resource that runs them."""
    project, parsed = prepared_project(settings)

    @dbt_assets(
        manifest=project.manifest_path,
        project=project,
        dagster_dbt_translator=Translator(),
        name="dbt_build",
        pool=BUILD_POOL,
    )
    def dbt_build(context: dg.AssetExecutionContext, dbt: Dbt, warehouse: Warehouse) -> Iterator[Any]:
        os.environ |= warehouse.dbt_environment()  # dbt is a child process; its profile reads these
        steps = steps_of(context.assets_def, context.selected_asset_keys)
        if warehouse.engine == "spark" and steps != steps_of(dbt_build):
            raise DbtError(  # Spark's catalogue ends with dbt: what this run does not build is not there
                "on Spark the tables are built together",
                remedy="run the job 'build_from_sources', or build some of them with ICB_ENGINE=duckdb",
            )
        fingerprint = tables_fingerprint(warehouse.settings)  # of what dbt is about to read
        invocation, events, failures = _built(context, dbt, warehouse, steps)
        manifest = invocation.get_artifact("manifest.json")
        with warehouse.build() as con:
            for relation in drop_unknown(con, relations_of(manifest)):
                context.log.info(f"Dropped {relation}: no model makes it any more.")
            told, made = _told(context, con, manifest, events, warehouse.engine)
            with in_one_step(con):
                if not failures:
                    write_checksums(con)
                # some of the models stand beside others that were made of something else
                if not failures and steps == steps_of(dbt_build):
                    note_tables(con, fingerprint, "marts")
                fail(con, steps.keys() - made, context.run_id)
                complete(con, {step: reads for step, reads in steps.items() if step in made}, context.run_id)
        yield from told
        if failures:
            raise DbtError("; ".join(failures), where=str(warehouse.settings.dbt_target / "dbt.log"))

    folder = str(project.project_dir)
    program, *its_arguments = dbt_command(parsed)
    return dbt_build, Dbt(
        project_dir=folder, profiles_dir=folder, dbt_executable=program, global_config_flags=its_arguments
    )


def _built(
    context: dg.AssetExecutionContext, dbt: Dbt, warehouse: Warehouse, steps: Steps
) -> tuple[DbtCliInvocation, list[Any], list[str]]:
    """Run dbt, and again without the cohorts that fail a check of their own: its events, and what failed, a clause
    each.

    Raises
    ------
    DbtError
        dbt itself failed.
    """
    while True:
        with warehouse.build() as con, in_one_step(con):
            # a file that somebody else has open is one sentence here, and an error a model in dbt
            begin(con, steps, context.run_id)
            forget_checksums(con)
            forget_tables(con, "marts")
        target = fresh_target(warehouse.settings)
        if warehouse.engine == "spark":
            with warehouse.build() as con:
                write_raw(con, warehouse.settings.spark)
        invocation = dbt.cli(BUILD, context=context, target_path=target, raise_on_error=False)
        # dbt has the build file open while it runs, so that what is read from the file comes afterwards
        events = list(invocation.stream())
        failures = failed_nodes(target)
        if warehouse.engine == "spark" and (target / "run_results.json").exists():
            with warehouse.build() as con:
                manifest = invocation.get_artifact("manifest.json")
                missing = read_tables(con, manifest, warehouse.settings.spark)
            if not missing:
                make_views(warehouse.settings)
                # on Spark also what is a view in the build file is a table
                tables = [
                    (schema, name) for schema, names in relations_of(manifest).items() for name in names
                ]
                register_tables(warehouse.settings.spark, tables, asked_format())
        if not failures or warehouse.strict:
            break
        with warehouse.build() as con, in_one_step(con):
            blamed = leave_out_failing(con, target, context.run_id)
        if not blamed:
            break
        # what stands below a failed test was not built: again, without them
        context.log.warning(said_of(blamed))
    if not failures and not invocation.is_successful():
        raise DbtError(str(invocation.get_error()), where=str(target / "dbt.log"))
    return invocation, events, failures


def _told(
    context: dg.AssetExecutionContext,
    con: duckdb.DuckDBPyConnection,
    manifest: Mapping[str, Any],
    events: Sequence[Any],
    engine: str,
) -> tuple[list[Any], set[str]]:
    """dbt's events as Dagster is told them, each table with rows, columns and lineage; and the steps that were made."""
    key_of, columns = Translator().get_asset_key, table_columns(con)
    refuted = {
        event.asset_key
        for event in events
        if isinstance(event, dg.AssetCheckResult)
        and not event.passed
        and event.severity is dg.AssetCheckSeverity.ERROR
    }
    told: list[Any] = []
    made: set[str] = set()
    for event in events:
        if isinstance(event, dg.Output):
            node, origins = manifest["nodes"][event.metadata["unique_id"].value], None
            key = key_of(node)
            if key in refuted:
                continue  # a table that fails a check is not there for what hangs on it
            made.add(key.to_user_string())
            try:
                if node["resource_type"] == "model":
                    origins = column_lineage(node, manifest, columns, key_of, engine)
            except LineageError as exc:
                context.log.warning(str(exc))
            metadata = {**event.metadata, **table_metadata(con, node, columns, origins)}
            if node["alias"] == "cohort_receipts":
                tables = receipts_as_markdown(con)
                metadata |= {name: dg.MetadataValue.md(table) for name, table in tables.items()}
            event = event.with_metadata(metadata)
        told.append(event)
    return told, made


def fresh_target(settings: Settings) -> Path:
    """An empty folder for dbt's run (dbt leaves a folder a run)."""
    shutil.rmtree(settings.dbt_target, ignore_errors=True)
    settings.dbt_target.mkdir(parents=True)
    return settings.dbt_target


def relations_of(manifest: Mapping[str, Any]) -> dict[str, set[str]]:
    """Names of what models and seeds make, by schema."""
    found: dict[str, set[str]] = {}
    for node in manifest["nodes"].values():
        if node["resource_type"] in ("model", "seed"):
            found.setdefault(node["schema"], set()).add(node["alias"])
    return found
