"""One asset a scan of every gene, and the tables that hold them."""

import os
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import dagster as dg
import duckdb
import pandas as pd

from analytics.questions.source import PEOPLE_MARTS
from analytics.results.records import FigureRecord
from analytics.results.schema import table_of
from analytics.scan.spec import MUTATIONAL_PROCESS, ScanSpec
from analytics.scan.tables import TABLES as SCAN_TABLES
from ingestion.fetching.store import sha256_of
from orchestration.assets.build_steps import steps_of
from orchestration.assets.result_files import gathered
from orchestration.assets.statistics import OWNERS, table_spec
from orchestration.resources import BUILD_POOL, Warehouse
from orchestration.reuse.ahead import Ahead, Task
from orchestration.reuse.computed import SHOWN_BY, Computed, Results, computed_or_kept
from orchestration.reuse.declared_rows import Declared
from orchestration.reuse.import_closure import code_version
from warehouse.build.steps import complete, gather_results, in_one_step
from warehouse.questions.scans.registered import cohorts_of_scan, results_table, run_scan
from warehouse.settings import PROJECT, Settings

#: What says which process made a sample's mutations.
_PROCESS_MART, _PROCESS_STATS = "published_exposures", "signature_exposures"
_NAMES = tuple(table.name for table in SCAN_TABLES)


def scan_folder(scan_id: str) -> str:
    """Name of the folder of a scan's results."""
    return f"scan_{scan_id}"


def scan_task(path: Path, spec: ScanSpec) -> Task:
    """One scan, computed here or in another process."""
    asset = computed_scan(path, spec)
    return Task(
        dg.AssetKey(["scans", spec.scan_id]), asset, partial(_results, spec, asset.name, asset.spec_sha256)
    )


def reads_marts_alone(task: Task) -> bool:
    """Whether it can be computed as soon as the marts are there: a scan by processes waits for the analyses that say
    them."""
    return _PROCESS_STATS not in task.asset.declared.stats


def _results(
    spec: ScanSpec, name: str, spec_sha256: str, con: duckdb.DuckDBPyConnection, run_id: str, _: Settings
) -> Results:
    output = run_scan(con, spec, spec_sha256=spec_sha256, run_id=run_id)
    titles = [
        FigureRecord(analysis_id=name, figure=stem, title=picture.title, alt=picture.alt)
        for stem, picture in output.figures.items()
    ]
    return {**output.tables, FigureRecord.TABLE: table_of(FigureRecord, titles)}, output.figures


def scan_asset(path: Path, spec: ScanSpec, task: Task, ahead: Ahead) -> dg.AssetsDefinition:
    """The asset of one scan: its tables as Parquet and its figures under ``build/results``."""
    asset = task.asset

    @dg.asset(
        key=task.key,
        deps=[
            *(dg.AssetKey(["marts", mart]) for mart in asset.declared.marts),
            *(dg.AssetKey(["stats", t]) for t in asset.declared.stats if t == _PROCESS_STATS),
        ],
        group_name="scans",
        description=f"{spec.title}. {spec.question}",
        owners=OWNERS,
        kinds={"python", "numba"},
        code_version=asset.code_version,
        metadata={"spec": dg.MetadataValue.path(os.path.relpath(path, PROJECT))},
        pool=BUILD_POOL,
    )
    def scan(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult[None]:
        together = ahead.compute if reads_marts_alone(task) else None
        entry, shown = computed_or_kept(context, warehouse, asset, task.compute, together)
        genes = pd.read_parquet(entry.tables / f"{results_table(spec)}.parquet")
        verdicts = genes["burden_verdict"].value_counts()
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": len(genes),
                **{str(verdict): int(n) for verdict, n in verdicts.items()},
                **shown,
            }
        )

    return scan


def computed_scan(path: Path, spec: ScanSpec) -> Computed:
    """What a scan is made of."""
    by_process = MUTATIONAL_PROCESS in spec.null_strata
    marts = (*PEOPLE_MARTS, "gene_lengths", *(["gene_sets"] if spec.gene_set else []))
    declared = Declared(
        (*marts, *([_PROCESS_MART] if by_process else [])),
        cohorts_of_scan(spec),
        ("left_out_cohorts", *([_PROCESS_STATS] if by_process else [])),
    )
    roots = ("warehouse.questions.scans.registered", "warehouse.results.folders", SHOWN_BY)
    return Computed(scan_folder(spec.scan_id), sha256_of(path), roots, declared, reads_genome=False)


def scan_tables_asset(specs: list[ScanSpec], invalid: Iterable[dg.AssetKey] = ()) -> dg.AssetsDefinition:
    """``stats.scan_specs`` (the registry of hypotheses), ``stats.scan_flow`` and the genes' results.

    Parameters
    ----------
    invalid : scans whose files do not load: the tables are not made without them.
    """
    upstream = [*(dg.AssetKey(["scans", spec.scan_id]) for spec in specs), *invalid]

    @dg.multi_asset(
        name="scan_tables",
        specs=[table_spec(table, upstream, code_version("warehouse.results.writing")) for table in _NAMES],
        pool=BUILD_POOL,
    )
    def scan_tables(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.MaterializeResult[None]]:
        folders = [warehouse.settings.results / "tables" / scan_folder(spec.scan_id) for spec in specs]
        with warehouse.build() as con, in_one_step(con):
            con.execute("create schema if not exists stats")
            done = [gathered(con, table, folders) for table in _NAMES]
            gather_results(con, warehouse.settings.results)
            complete(con, steps_of(context.assets_def), context.run_id)
        yield from done

    return scan_tables
