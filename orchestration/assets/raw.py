"""One asset a cohort and file of the catalogue (fetch, verify, parse), and one a raw table (all cohorts together)."""

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import dagster as dg
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.catalog.cohorts import Catalog, Cohort, LeftOutCohort, Reference
from ingestion.catalog.loading import files_of
from ingestion.catalog.privacy import is_not_asked_for, private_addresses
from ingestion.catalog.source_files import SourceFile
from ingestion.errors import AddressNotFoundError, IngestionError, SourceUnavailableError, StorageError
from ingestion.fetching.own_files import fetch_all
from ingestion.parsing.panels import unknown_panels
from ingestion.raw_schema import RAW_TABLES
from ingestion.raw_tables import (
    DATA_TABLES,
    PARSER_VERSION,
    catalog_tables,
    entry_version,
    tables_filled_by,
    write_raw,
)
from orchestration.assets.build_steps import steps_of
from orchestration.assets.invalid_files import invalid_file_asset
from orchestration.assets.leftovers import drop_unknown
from orchestration.checks.sources import ROWS, keeps_rows, keeps_rows_check, usable, usable_check
from orchestration.inputs import (
    INPUTS_TAG,
    forget_tables,
    input_fingerprint,
    note_tables,
    tables_fingerprint,
)
from orchestration.resources import BUILD_POOL, Warehouse
from orchestration.reuse.import_closure import code_version
from warehouse.build.steps import complete, in_one_step
from warehouse.left_out import forget_left_out, note_left_out, notes_left_out, write_left_out

OWNERS = ["team:ingestion"]
#: Tables that are of the files and not of people.
_NOT_COUNTED = ("source_files", "rejected_rows")


def source_key(owner_id: str, file_id: str) -> dg.AssetKey:
    return dg.AssetKey(["sources", owner_id, file_id])


def source_asset(
    owner: Cohort | Reference, file: SourceFile, catalog: Catalog, freshness: dg.FreshnessPolicy | None = None
) -> dg.AssetsDefinition:
    """Fetch and parse one file of the catalogue. An unchanged source is not parsed again.

    A file of a cohort that cannot be fetched or parsed leaves the cohort out of the version: the asset says so with a
    check that does not pass, and the run goes on. With ``strict``, or where cohorts share the file, it fails.
    """
    key = source_key(owner.owner_id, file.id)

    @dg.asset(
        key=key,
        group_name="sources",
        description=f"{owner.title}: {file.id}, parsed to raw tables.",
        owners=OWNERS,
        kinds={"python", "parquet"},
        code_version=entry_version(owner, file),
        freshness_policy=freshness,
        metadata={
            "address": dg.MetadataValue.text(file.address)
            if file.is_own or file.is_local
            else dg.MetadataValue.url(file.address),
            "licence": owner.licence,
        },
        check_specs=[keeps_rows_check(key), *([usable_check(key)] if isinstance(owner, Cohort) else [])],
        pool=BUILD_POOL,
    )
    def source(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.MaterializeResult[None]]:
        settings = warehouse.settings
        note = settings.parsed / owner.owner_id / file.id
        try:
            found = _read(context, warehouse, owner, file, catalog)
        except StorageError:
            raise  # of this machine, not of the cohort
        except IngestionError as exc:
            if settings.strict or isinstance(owner, Reference):
                raise
            note_left_out(note, str(exc))
            context.log.warning(f"Cohort {owner.cohort_id} is left out of this version: {exc}")
            yield dg.MaterializeResult(
                data_version=dg.DataVersion("left out"),
                metadata={"left out": str(exc)},
                check_results=[keeps_rows(context.instance, key, 0), usable(False, str(exc))],
            )
            return
        forget_left_out(note)
        counted = (found.metadata or {}).get(ROWS)
        rows = counted if isinstance(counted, int) else 0
        checks = [keeps_rows(context.instance, key, rows)]
        yield found._replace(check_results=[*checks, usable(True)] if isinstance(owner, Cohort) else checks)

    return source


def _read(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    owner: Cohort | Reference,
    file: SourceFile,
    catalog: Catalog,
) -> dg.MaterializeResult[None]:
    parsed = warehouse.settings.parsed
    try:
        with warehouse.fetcher(private_addresses(catalog)) as fetcher:
            fetched = fetch_all(
                fetcher, owner, file, warehouse.settings.own_sources, warehouse.settings.files
            )
    except (AddressNotFoundError, SourceUnavailableError) as exc:
        if file.awaited is None:
            raise
        if isinstance(exc, AddressNotFoundError):  # what cannot be reached now may still be there
            forget_parsed(parsed / owner.owner_id / file.id)
        context.log.info(f"Not there, and the run goes on without it ({file.awaited}): {exc}")
        return dg.MaterializeResult(
            data_version=dg.DataVersion("absent"), metadata={"absent": file.awaited, "because": str(exc)}
        )
    chain = _chain(warehouse.settings.chain_file)
    folder = write_raw(owner, file, fetched, catalog, parsed, chain)
    for change in (f.change for f in fetched if f.change is not None):
        context.log.warning(f"A source has changed since it was last read: {change}")
    rows = {table: pq.read_metadata(folder / f"{table}.parquet").num_rows for table in DATA_TABLES}
    return dg.MaterializeResult(
        # of the tables, not of the bytes alone: the entry of the catalogue and the parser are in it
        data_version=dg.DataVersion(folder.name),
        metadata={
            "rows": dg.MetadataValue.json({table: n for table, n in rows.items() if n}),
            "rejected rows": rows["rejected_rows"],
            ROWS: sum(n for table, n in rows.items() if table not in _NOT_COUNTED),
            "sha256": ", ".join(f.sha256 for f in fetched[:3]) + (" ..." if len(fetched) > 3 else ""),
            "bytes": sum(f.bytes for f in fetched),
            "read from": fetched[0].read_from,
        },
    )


def _chain(path: Path | None) -> Path | None:
    if path is not None and not path.is_file():
        raise StorageError(
            "there is no such chain file",
            where=str(path),
            remedy="correct ICB_CHAIN_FILE, or unset it: calls on GRCh38 are then compared with none on GRCh37",
        )
    return path


def invalid_cohort_asset(left_out: LeftOutCohort, path: Path) -> dg.AssetsDefinition:
    """Stands for a cohort whose file is not valid, so that the UI shows it and says why."""
    key = source_key(left_out.cohort_id, "cohort_file")

    @dg.asset(
        key=key,
        group_name="sources",
        description=f"The cohort file {path.name} is not valid, and the cohort is left out: {left_out.sentence}",
        owners=OWNERS,
        kinds={"yaml"},
        code_version=PARSER_VERSION,
        check_specs=[usable_check(key)],
    )
    def cohort_file() -> Iterator[dg.MaterializeResult[None]]:
        yield dg.MaterializeResult(
            metadata={"left out": left_out.sentence}, check_results=[usable(False, left_out.sentence)]
        )

    return cohort_file


def invalid_reference_key(path: Path) -> dg.AssetKey:
    return source_key(path.stem, "reference_file")


def forget_parsed(folder: Path) -> None:
    """A file that is no longer there has no parsed tables either."""
    if folder.exists():
        shutil.rmtree(folder)


def _rows_version(rows: pa.Table) -> str:
    """12 hex digits over the rows that the catalogue gives a raw table."""
    return hashlib.sha256(json.dumps(rows.to_pydict(), sort_keys=True).encode()).hexdigest()[:12]


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


def _has_come(cohort: Cohort, parsed: Path) -> bool:
    """Whether a cohort that is awaited as a whole has a file by now; any other has."""
    return not cohort.is_awaited or any(
        not entry.name.startswith(".")
        for file in cohort.files
        if (parsed / cohort.cohort_id / file.id).is_dir()
        for entry in (parsed / cohort.cohort_id / file.id).iterdir()
    )


def in_this_version(catalog: Catalog, parsed: Path, *, strict: bool = False) -> Catalog:
    """The catalogue without the cohorts of which a file could not be used, or that were sequenced on a panel which
    nobody describes; they are named under ``left_out``. A cohort that is awaited and has not come is in no table and is
    no fault: nobody is named for it.

    Raises
    ------
    IngestionError
        No cohort is left; with ``strict`` a panel is not known.
    """
    kept = catalog.without(notes_left_out(catalog, parsed))
    come = tuple(cohort for cohort in kept.cohorts if _has_come(cohort, parsed))
    if kept.cohorts and not come and not kept.left_out:
        raise IngestionError(
            "every cohort of the catalogue is awaited, and no file of any has come",
            remedy="put a file of one into the mirror, or run where its address can be reached",
        )
    kept = kept.model_copy(update={"cohorts": come})
    folders = parsed_folders(kept, parsed)
    whole = {
        name: pa.concat_tables([pq.read_table(folder / f"{name}.parquet") for folder in folders])
        for name in ("profiled_samples", "gene_panels", "source_files")
        if folders
    }
    unknown = unknown_panels(whole, kept) if whole else {}
    if strict and unknown:
        raise next(iter(unknown.values()))
    kept = kept.without(
        tuple(LeftOutCohort(cohort_id=name, sentence=str(error)) for name, error in sorted(unknown.items()))
    )
    if kept.left_out and not kept.cohorts:
        raise IngestionError(
            f"no cohort is left to publish: {' '.join(f'{c.cohort_id}: {c.sentence}' for c in kept.left_out)}"
        )
    return kept


def _raw_specs(catalog: Catalog) -> list[dg.AssetSpec]:
    """An asset a table of ``raw``, with the files that feed it."""
    feeding: dict[str, list[dg.AssetKey]] = {table: [] for table in RAW_TABLES}
    for owner in catalog.owners():
        for file in owner.files:
            for table in tables_filled_by(file):
                feeding[table].append(source_key(owner.owner_id, file.id))
    code = code_version("ingestion")
    versions = dict.fromkeys(RAW_TABLES, code) | {
        table: f"{code}-{_rows_version(rows)}" for table, rows in catalog_tables(catalog).items()
    }
    of_catalogue = [table for table in RAW_TABLES if table not in DATA_TABLES]
    # the tables of the catalogue name the cohorts that are not left out: that is known when all files are read
    read = dg.AssetKey(["raw", "source_files"])
    invalid = [cohort for cohort in catalog.left_out if not is_not_asked_for(cohort)]
    for table in (*of_catalogue, "source_files"):
        feeding[table] += [source_key(cohort.cohort_id, "cohort_file") for cohort in invalid]
        feeding[table] += [invalid_reference_key(path) for path in catalog.invalid_references]
    return [
        dg.AssetSpec(
            dg.AssetKey(["raw", table]),
            deps=[*feeding[table], *([read] if table in of_catalogue else [])],
            group_name="raw",
            description=f"raw.{table}: columns in ingestion/raw_schema.py.",
            owners=OWNERS,
            kinds={"duckdb"},
            code_version=versions[table],
            metadata={
                "dagster/table_name": f"raw.{table}",
                "dagster/column_schema": dg.TableSchema(
                    [dg.TableColumn(c, "bigint" if c == "source_row" else "string") for c in columns]
                ),
            },
        )
        for table, columns in RAW_TABLES.items()
    ]


def raw_tables_asset(catalog: Catalog) -> dg.AssetsDefinition:
    """The tables of the ``raw`` schema: the parsed files of every cohort, and the catalogue itself."""

    @dg.multi_asset(name="raw_tables", specs=_raw_specs(catalog), pool=BUILD_POOL)
    def raw_tables(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.MaterializeResult[None]]:
        fingerprint = tables_fingerprint(warehouse.settings)  # of what is about to be read
        parsed = warehouse.settings.parsed
        kept = in_this_version(catalog, parsed, strict=warehouse.strict)
        with warehouse.build() as con, in_one_step(con):
            con.execute("create schema if not exists raw")
            forget_tables(con)
            write_left_out(con, kept.left_out, context.run_id)
            drop_unknown(con, {"raw": RAW_TABLES})
            counts = _write_raw_tables(con, catalog_tables(kept), parsed_folders(kept, parsed))
            note_tables(con, fingerprint, "raw")
            if INPUTS_TAG not in context.run.tags:
                noted = {INPUTS_TAG: input_fingerprint(warehouse.settings)}
                context.instance.add_run_tags(context.run_id, noted)
            build_id = complete(con, steps_of(context.assets_def), context.run_id)
        for table, n_rows in counts.items():
            yield dg.MaterializeResult(
                asset_key=dg.AssetKey(["raw", table]),
                metadata={"dagster/row_count": n_rows, "build": build_id},
            )

    return raw_tables


def _write_raw_tables(
    con: duckdb.DuckDBPyConnection, of_catalog: Mapping[str, pa.Table], folders: Sequence[Path]
) -> dict[str, int]:
    """Write every table of ``raw`` anew, of the catalogue or of parsed files; how many rows each has."""
    con.execute("set preserve_insertion_order = false")  # source_row keeps the order; a third less time
    counts: dict[str, int] = {}
    for table in RAW_TABLES:
        if table in of_catalog:
            rows = of_catalog[table]  # noqa: F841  read by DuckDB under its name
            con.execute(f"create or replace table raw.{table} as select * from rows")
        else:
            files = [str(folder / f"{table}.parquet").replace("'", "''") for folder in folders]
            listed = ", ".join(f"'{file}'" for file in files)
            con.execute(f"create or replace table raw.{table} as select * from read_parquet([{listed}])")
        counted = con.execute(f"select count(*) from raw.{table}").fetchone()
        counts[table] = int(counted[0]) if counted else 0
    return counts


def raw_assets(
    catalog: Catalog, folders: Sequence[Path], freshness: dg.FreshnessPolicy | None = None
) -> list[dg.AssetsDefinition]:
    """Every asset up to the raw tables.

    Parameters
    ----------
    folders : those of the catalogue.
    freshness : how lately a source must have been read.
    """
    paths = {path.stem: path for path in files_of(folders, "cohorts")}
    return [
        *[
            source_asset(owner, file, catalog, freshness)
            for owner in catalog.owners()
            for file in owner.files
        ],
        *[
            invalid_cohort_asset(cohort, paths[cohort.cohort_id])
            for cohort in catalog.left_out
            if not is_not_asked_for(cohort)
        ],
        *[
            invalid_file_asset(invalid_reference_key(path), path, sentence)
            for path, sentence in catalog.invalid_references.items()
        ],
        raw_tables_asset(catalog),
    ]
