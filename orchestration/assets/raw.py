"""One asset a cohort and file of the catalogue (fetch, verify, parse), and one a raw table (all cohorts together)."""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pyarrow.parquet as pq

from ingestion.catalog import Catalog, Cohort, Reference, SourceFile
from ingestion.errors import AddressNotFoundError, IngestionError, SourceUnavailableError
from ingestion.fetch import FetchedFile
from ingestion.own_files import fetch_all
from ingestion.raw_schema import RAW_TABLES
from ingestion.raw_tables import DATA_TABLES, PARSER_VERSION, catalog_tables, write_raw
from orchestration.assets.leftovers import drop_unknown
from orchestration.assets.provenance import code_version
from orchestration.resources import BUILD_POOL, Warehouse

OWNERS = ["team:ingestion"]


def source_key(owner_id: str, file_id: str) -> dg.AssetKey:
    return dg.AssetKey(["sources", owner_id, file_id])


def source_asset(owner: Cohort | Reference, file: SourceFile, catalog: Catalog) -> dg.AssetsDefinition:
    """Fetch and parse one file of the catalogue. An unchanged source is not parsed again."""

    @dg.asset(
        key=source_key(owner.owner_id, file.id),
        group_name="sources",
        description=f"{owner.title}: {file.id}, parsed to raw tables.",
        owners=OWNERS,
        kinds={"python", "parquet"},
        code_version=PARSER_VERSION,
        metadata={
            "address": dg.MetadataValue.text(file.address)
            if file.is_own
            else dg.MetadataValue.url(file.address),
            "licence": owner.licence,
        },
        pool=BUILD_POOL,
    )
    def source(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult[None]:
        try:
            with warehouse.fetcher() as fetcher:
                fetched = fetch_all(fetcher, owner, file, warehouse.settings.own_sources)
        except (AddressNotFoundError, SourceUnavailableError) as exc:
            if file.awaited is None:
                raise
            if isinstance(exc, AddressNotFoundError):  # what cannot be reached now may still be there
                forget_parsed(warehouse.settings.parsed / owner.owner_id / file.id)
            context.log.info(f"Not there, and the run goes on without it ({file.awaited}): {exc}")
            return dg.MaterializeResult(
                data_version=dg.DataVersion("absent"), metadata={"absent": file.awaited, "because": str(exc)}
            )
        folder = write_raw(owner, file, fetched, catalog, warehouse.settings.parsed)
        for change in (f.change for f in fetched if f.change is not None):
            context.log.warning(f"A source has changed since it was last read: {change}")
        rows = {table: pq.read_metadata(folder / f"{table}.parquet").num_rows for table in DATA_TABLES}
        return dg.MaterializeResult(
            data_version=dg.DataVersion(content_version(fetched)),
            metadata={
                "rows": dg.MetadataValue.json({table: n for table, n in rows.items() if n}),
                "rejected rows": rows["rejected_rows"],
                "sha256": ", ".join(f.sha256 for f in fetched[:3]) + (" ..." if len(fetched) > 3 else ""),
                "bytes": sum(f.bytes for f in fetched),
                "read from": fetched[0].read_from,
            },
        )

    return source


def forget_parsed(folder: Path) -> None:
    """A file that is no longer there has no parsed tables either."""
    if folder.exists():
        shutil.rmtree(folder)


def content_version(fetched: list[FetchedFile]) -> str:
    """The checksum of one file, or of the checksums of several."""
    if len(fetched) == 1:
        return fetched[0].sha256
    return hashlib.sha256("".join(f.sha256 for f in fetched).encode()).hexdigest()


def parsed_folders(catalog: Catalog, parsed: Path) -> list[Path]:
    """Where the parsed tables of every file of the catalogue lie; an awaited file that is not there has none.

    Raises
    ------
    IngestionError
        A file has not been read yet: names the asset to materialise.
    """
    folders = []
    for owner in catalog.owners():
        for file in owner.files:
            parent = parsed / owner.owner_id / file.id
            found = [p for p in parent.iterdir() if not p.name.startswith(".")] if parent.exists() else []
            if not found and file.awaited is not None:
                continue
            if len(found) != 1:
                key = source_key(owner.owner_id, file.id).to_user_string()
                raise IngestionError(
                    "the file has not been read yet",
                    where=str(parent),
                    remedy=f"materialise the asset {key} first",
                )
            folders.append(found[0])
    return folders


def raw_tables_asset(catalog: Catalog) -> dg.AssetsDefinition:
    """The tables of the ``raw`` schema: the parsed files of every cohort, and the catalogue itself."""
    upstream = [source_key(owner.owner_id, file.id) for owner in catalog.owners() for file in owner.files]

    @dg.multi_asset(
        name="raw_tables",
        specs=[
            dg.AssetSpec(
                dg.AssetKey(["raw", table]),
                deps=upstream if table in DATA_TABLES else [],
                group_name="raw",
                description=f"raw.{table}: columns in ingestion/raw_schema.py.",
                owners=OWNERS,
                kinds={"duckdb"},
                code_version=code_version("ingestion"),
                metadata={
                    "dagster/table_name": f"raw.{table}",
                    "dagster/column_schema": dg.TableSchema(
                        [dg.TableColumn(c, "bigint" if c == "source_row" else "string") for c in columns]
                    ),
                },
            )
            for table, columns in RAW_TABLES.items()
        ],
        pool=BUILD_POOL,
    )
    def raw_tables(warehouse: Warehouse) -> Iterator[dg.MaterializeResult[None]]:
        folders = parsed_folders(catalog, warehouse.settings.parsed)
        of_catalog = catalog_tables(catalog)
        with warehouse.build() as con:
            con.execute("create schema if not exists raw")
            drop_unknown(con, {"raw": RAW_TABLES})
            con.execute(
                "set preserve_insertion_order = false"
            )  # source_row keeps the order; a third less time
            for table in RAW_TABLES:
                if table in of_catalog:
                    rows = of_catalog[table]  # noqa: F841  read by DuckDB under its name
                    con.execute(f"create or replace table raw.{table} as select * from rows")
                else:
                    files = [str(folder / f"{table}.parquet").replace("'", "''") for folder in folders]
                    listed = ", ".join(f"'{file}'" for file in files)
                    con.execute(
                        f"create or replace table raw.{table} as select * from read_parquet([{listed}])"
                    )
                counted = con.execute(f"select count(*) from raw.{table}").fetchone()
                yield dg.MaterializeResult(
                    asset_key=dg.AssetKey(["raw", table]),
                    metadata={"dagster/row_count": int(counted[0]) if counted else 0},
                )

    return raw_tables


def raw_assets(catalog: Catalog) -> list[dg.AssetsDefinition]:
    """Every asset up to the raw tables."""
    return [
        *[source_asset(owner, file, catalog) for owner in catalog.owners() for file in owner.files],
        raw_tables_asset(catalog),
    ]
