"""The dbt project as assets: key = [schema, model], tests as checks, column lineage and row counts as metadata."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import (
    DagsterDbtTranslator,
    DagsterDbtTranslatorSettings,
    DbtCliResource,
    DbtProject,
    dbt_assets,
)

from orchestration.resources import BUILD_POOL, Warehouse
from orchestration.settings import Settings

OWNERS = ["team:warehouse"]
#: dbt of this environment, whatever PATH says.
DBT = Path(sys.executable).parent / "dbt"
#: Marts are refreshed every Monday at 04:00 UTC; by 08:00 they must be.
MART_FRESHNESS = dg.FreshnessPolicy.cron(
    deadline_cron="0 8 * * 1", lower_bound_delta=timedelta(hours=4), timezone="UTC"
)


class Translator(DagsterDbtTranslator):
    """Keys [schema, name]; marts carry a freshness policy."""

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
        if spec.key.path[0] == "marts":
            spec = spec.replace_attributes(freshness_policy=MART_FRESHNESS)
        return spec


def prepared_project(settings: Settings) -> DbtProject:
    """The dbt project with its manifest, which is made when it is missing or older than the project's files."""
    project = DbtProject(project_dir=settings.dbt_project, profiles_dir=settings.dbt_project)
    manifest = Path(project.manifest_path)
    sources = [p for p in settings.dbt_project.rglob("*") if p.suffix in {".sql", ".yml", ".csv"}]
    newest = max(
        p.stat().st_mtime for p in sources if "target" not in p.relative_to(settings.dbt_project).parts
    )
    if not manifest.exists() or manifest.stat().st_mtime < newest:
        command = [
            str(DBT),
            "--quiet",
            "parse",
            "--profiles-dir",
            str(settings.dbt_project),
        ]
        done = subprocess.run(
            command,
            cwd=settings.dbt_project,
            env=os.environ | Warehouse.of(settings).dbt_environment(),
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise dg.Failure(
                f"The dbt project does not parse; mend it and run again. dbt says: {done.stdout.strip()}"
            )
    return project


def dbt_definitions(settings: Settings) -> tuple[dg.AssetsDefinition, DbtCliResource]:
    """The dbt assets and the resource that runs them."""
    project = prepared_project(settings)

    @dbt_assets(
        manifest=project.manifest_path,
        project=project,
        dagster_dbt_translator=Translator(),
        name="dbt_build",
        pool=BUILD_POOL,
    )
    def dbt_build(
        context: dg.AssetExecutionContext, dbt: DbtCliResource, warehouse: Warehouse
    ) -> Iterator[Any]:
        os.environ |= warehouse.dbt_environment()  # dbt is a child process; its profile reads these
        target = warehouse.settings.data / "build" / "dbt_target"
        shutil.rmtree(target, ignore_errors=True)  # dbt leaves a folder a run
        invocation = dbt.cli(["build"], context=context, target_path=target)
        yield from invocation.stream().fetch_row_counts().fetch_column_metadata()

    return dbt_build, DbtCliResource(project_dir=project, dbt_executable=str(DBT))
