"""One asset a cohort and file of the catalogue (fetch, verify, parse), and one a raw table (all cohorts together)."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from ingestion.catalog import Catalog, Cohort, Reference, SourceFile
from ingestion.raw_schema import RAW_TABLES
from ingestion.raw_tables import PARSER_VERSION, catalog_tables, write_raw
from orchestration.resources import BUILD_POOL, Warehouse

OWNERS = ["team:ingestion"]


def source_key(owner_id: str, file_id: str) -> dg.AssetKey:
    return dg.AssetKey(["sources", owner_id, file_id])


def source_asset(owner: Cohort | Reference, file: SourceFile, catalog: Catalog) -> dg.AssetsDefinition:
    """Fetch and parse one file of the catalogue. An unchanged source is not parsed again."""
    owner_id = owner.cohort_id if isinstance(owner, Cohort) else owner.reference_id

    @dg.asset(
        key=source_key(owner_id, file.id),
        group_name="sources",
        description=f"{owner.title}: {file.id}, parsed to raw tables.",
        owners=OWNERS,
        kinds={"python", "parquet"},
        code_version=PARSER_VERSION,
        metadata={"address": dg.MetadataValue.url(file.address), "licence": owner.licence},
    )
    def source(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult[None]:
        with warehouse.fetcher() as fetcher:
            fetched = [fetcher.fetch(address, licence=owner.licence) for address in file.addresses()]
        written = write_raw(owner, file, fetched, catalog, warehouse.settings.parsed)
        for change in (f.change for f in fetched if f.change is not None):
            context.log.warning(f"{change}")
        return dg.MaterializeResult(
            data_version=dg.DataVersion(written.key),
            metadata={
                "rows": dg.MetadataValue.json(written.rows),
                "rejected": written.rows.get("rejected_rows", 0),
                "sha256": ", ".join(f.sha256[:12] for f in fetched[:5]),
                "bytes": sum(f.bytes for f in fetched),
                "read_from": fetched[0].read_from if fetched else "",
            },
        )

    return source
