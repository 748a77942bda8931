"""One asset a scan of every gene, and the tables that hold them."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import dagster as dg

from analytics.questions.source import PEOPLE_MARTS
from analytics.results.records import FigureRecord
from analytics.results.schema import table_of
from analytics.results.tables import RESULT_TABLES
from analytics.scan.spec import MUTATIONAL_PROCESS, ScanSpec
from analytics.scan.tables import TABLES as SCAN_TABLES
from orchestration.assets.build_steps import steps_of
from orchestration.assets.provenance import code_version, record_run
from orchestration.assets.result_files import (
    column_schema,
    gathered_rows,
    save_figures,
    save_tables,
    written,
)
from orchestration.assets.statistics import OWNERS, STATISTICS_CODE
from orchestration.resources import BUILD_POOL, Warehouse
from warehouse.build.steps import (
    begin_result,
    complete,
    complete_result,
    gather_results,
    in_one_step,
    stamps_of,
)
from warehouse.questions.scans import results_table, run_scan
from warehouse.settings import PROJECT
from warehouse.spec_files import spec_checksum

SCAN_CODE = ("warehouse/questions/scans.py",)
#: What says which process made a sample's mutations.
_PROCESS_TABLES = [
    dg.AssetKey(["marts", "published_exposures"]),
    dg.AssetKey(["stats", "signature_exposures"]),
]
_NAMES = tuple(table.name for table in SCAN_TABLES)


def scan_folder(scan_id: str) -> str:
    """Name of the folder of a scan's results."""
    return f"scan_{scan_id}"


def scan_asset(path: Path, spec: ScanSpec) -> dg.AssetsDefinition:
    """The asset of one scan: its tables as Parquet and its figures under ``build/results``."""

    @dg.asset(
        key=dg.AssetKey(["scans", spec.scan_id]),
        deps=[
            dg.AssetKey(["marts", mart])
            for mart in (*PEOPLE_MARTS, "gene_lengths", *(["gene_sets"] if spec.gene_set else []))
        ]
        + (_PROCESS_TABLES if MUTATIONAL_PROCESS in spec.null_strata else []),
        group_name="scans",
        description=f"{spec.title}. {spec.question}",
        owners=OWNERS,
        kinds={"python", "numba"},
        code_version=f"{spec_checksum(path)[:12]}-{code_version(*STATISTICS_CODE, *SCAN_CODE)}",
        metadata={"spec": dg.MetadataValue.path(os.path.relpath(path, PROJECT))},
        pool=BUILD_POOL,
    )
    def scan(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult[None]:
        ((step, reads),) = steps_of(context.assets_def).items()
        begin_result(warehouse.settings.results, step)
        with warehouse.build(read_only=True) as con:
            made_from = stamps_of(con, reads)
            output = run_scan(con, spec, spec_sha256=spec_checksum(path), run_id=context.run_id)
        with warehouse.build() as con:
            record_run(con, context.run_id, warehouse.settings)
        folder = warehouse.settings.results / "tables" / scan_folder(spec.scan_id)
        folder.mkdir(parents=True, exist_ok=True)
        titles = table_of(
            FigureRecord,
            [
                FigureRecord(
                    analysis_id=scan_folder(spec.scan_id), figure=stem, title=picture.title, alt=picture.alt
                )
                for stem, picture in output.figures.items()
            ],
        )
        save_tables({**output.tables, FigureRecord.TABLE: titles}, folder)
        pictures = save_figures(
            output.figures, warehouse.settings.results / "figures" / scan_folder(spec.scan_id)
        )
        complete_result(warehouse.settings.results, step, made_from, context.run_id)
        genes = output.tables[results_table(spec)]
        verdicts = genes["burden_verdict"].value_counts()
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": len(genes),
                **{str(verdict): int(n) for verdict, n in verdicts.items()},
                **pictures,
            }
        )

    return scan


def scan_tables_asset(specs: list[ScanSpec], invalid: Iterable[dg.AssetKey] = ()) -> dg.AssetsDefinition:
    """``stats.scan_specs`` (the registry of hypotheses), ``stats.scan_flow`` and the genes' results.

    Parameters
    ----------
    invalid : scans whose files do not load: the tables are not made without them.
    """
    upstream = [*(dg.AssetKey(["scans", spec.scan_id]) for spec in specs), *invalid]

    @dg.multi_asset(
        name="scan_tables",
        specs=[
            dg.AssetSpec(
                dg.AssetKey(["stats", table]),
                deps=upstream,
                group_name="stats",
                description=f"One row is: {RESULT_TABLES[table].meaning}",
                owners=OWNERS,
                kinds={"python", "duckdb"},
                code_version=code_version(
                    "analytics/results", "orchestration/assets", "warehouse/result_writing.py"
                ),
                metadata={
                    "dagster/table_name": f"stats.{table}",
                    "dagster/column_schema": column_schema(table),
                },
            )
            for table in _NAMES
        ],
        pool=BUILD_POOL,
    )
    def scan_tables(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.MaterializeResult[None]]:
        folders = [warehouse.settings.results / "tables" / scan_folder(spec.scan_id) for spec in specs]
        with warehouse.build() as con, in_one_step(con):
            con.execute("create schema if not exists stats")
            done = [written(con, table, gathered_rows(folders, table)) for table in _NAMES]
            gather_results(con, warehouse.settings.results)
            complete(con, steps_of(context.assets_def), context.run_id)
        yield from done

    return scan_tables
