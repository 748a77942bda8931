"""The published version: what users open."""

import dagster as dg

from orchestration.assets.draft import DRAFT
from orchestration.assets.provenance import code_version
from orchestration.inputs import INPUTS_TAG
from orchestration.resources import BUILD_POOL, Warehouse
from orchestration.schedules import WEEKLY
from warehouse.versions.draft import open_draft
from warehouse.versions.manifest import About
from warehouse.versions.publication import prune_versions, publish_draft

PUBLISHED = dg.AssetKey(["published", "icb"])


def published_asset(reports: list[dg.AssetKey]) -> dg.AssetsDefinition:
    """Put the draft on the disk and switch to it. Runs only when the draft and every report of it are made."""

    @dg.asset(
        key=PUBLISHED,
        deps=[DRAFT, *reports],
        group_name="published",
        description="The published version: file, figures and reports of one run, switched to in one step. "
        "Open the file read-only.",
        owners=["team:warehouse"],
        kinds={"duckdb"},
        code_version=code_version("warehouse/versions"),
        freshness_policy=WEEKLY,
        pool=BUILD_POOL,
    )
    def published(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult[None]:
        settings = warehouse.settings
        draft = open_draft(settings.published)
        about = About(
            run_id=context.run_id,
            catalogue=settings.catalogue_name,
            inputs=context.run.tags.get(INPUTS_TAG),
        )
        version, manifest = publish_draft(settings.published, draft, about)
        for gone in prune_versions(settings.published, settings.keep_versions):
            context.log.info(f"Removed version {gone.name}: {settings.keep_versions} are kept.")
        return dg.MaterializeResult(
            metadata={
                "version": version.name,
                "file": dg.MetadataValue.path(str(settings.published_file)),
                "megabytes": round(version.file.stat().st_size / 1e6, 1),
                "rows": dg.MetadataValue.json(dict(manifest.rows)),
            }
        )

    return published
