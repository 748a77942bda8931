"""The published file: what users open."""

import dagster as dg

from orchestration.assets.dbt_metadata import table_columns
from orchestration.assets.leftovers import remove_unknown
from orchestration.assets.provenance import code_version
from orchestration.inputs import forget_fingerprint
from orchestration.publish import PublishError, publish
from orchestration.resources import BUILD_POOL, Warehouse
from orchestration.schedules import WEEKLY
from warehouse.lineage import HYPOTHESES_VIEW


def published_asset(upstream: list[dg.AssetKey], results: list[str]) -> dg.AssetsDefinition:
    """Copy, check, swap. Runs only when everything upstream succeeded.

    Parameters
    ----------
    results : folders of results that analyses and scans of the catalogue make.
    """

    promised = {(key.path[0], key.path[1]) for key in upstream}

    @dg.asset(
        key=dg.AssetKey(["published", "icb"]),
        deps=upstream,
        group_name="published",
        description="The published DuckDB file: marts and stats, swapped in by one rename. Open it read-only.",
        owners=["team:warehouse"],
        kinds={"duckdb"},
        code_version=code_version("orchestration/publish.py"),
        freshness_policy=WEEKLY,
        pool=BUILD_POOL,
    )
    def published(warehouse: Warehouse) -> dg.MaterializeResult[None]:
        settings = warehouse.settings
        with warehouse.build() as con:
            missing = sorted(promised - table_columns(con).keys())
            if not missing:
                con.execute(HYPOTHESES_VIEW)  # over scans and analyses, which know nothing of each other
        if missing:
            raise PublishError(
                f"the build has no {', '.join('.'.join(table) for table in missing[:5])}",
                where=str(settings.build_file),
                remedy="materialise them first; the last published file is unchanged",
            )
        for kind in ("tables", "figures"):
            remove_unknown(settings.results / kind, results)
        forget_fingerprint(settings)  # only a run of the whole graph knows what the new file is made from
        done = publish(settings.build_file, settings.published_file, settings.results / "figures")
        return dg.MaterializeResult(
            metadata={
                "file": dg.MetadataValue.path(str(done.path)),
                "megabytes": round(done.bytes / 1e6, 1),
                "rows": dg.MetadataValue.json(done.rows),
            }
        )

    return published
