"""One asset an analysis, one a result table, the claims, and the views that walk a number back."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import dagster as dg
import duckdb
import pandas as pd

from analytics.claims.check import check_all
from analytics.questions.source import PEOPLE_MARTS
from analytics.questions.specs import AnalysisSpec, Question
from analytics.results.records import ClaimRecord
from analytics.results.schema import table_of
from analytics.results.tables import CLAIMED_TABLES, RESULT_TABLES
from analytics.survival.kind import with_verdicts
from ingestion.fetching.store import sha256_of
from orchestration.assets.analysis_metadata import estimates_shown, trends
from orchestration.assets.build_steps import steps_of
from orchestration.assets.leftovers import drop_unknown
from orchestration.assets.provenance import record_run
from orchestration.assets.result_files import column_schema, gathered, gathered_rows, materialised, written
from orchestration.checks.claims import keep_verdicts, keep_verdicts_check, published_verdicts
from orchestration.checks.estimates import (
    checked_estimates,
    checked_verdicts,
    estimate_checks,
    verdicts_check,
)
from orchestration.resources import BUILD_POOL, Warehouse
from orchestration.reuse.ahead import Ahead, Task
from orchestration.reuse.computed import SHOWN_BY, Computed, Results, computed_or_kept
from orchestration.reuse.declared_rows import Declared
from orchestration.reuse.import_closure import code_version
from orchestration.reuse.shelf import Shelf
from warehouse.build.steps import begin, complete, gather_results, in_one_step
from warehouse.catalog.analyses import kind_of, run_analysis
from warehouse.catalog.without_cohorts import cohorts_of
from warehouse.frames.available_sources import available_sources
from warehouse.frames.biomarker_inputs import BIOMARKER_MARTS
from warehouse.left_out import left_out_cohorts, said_of
from warehouse.results.lineage import every_statistic
from warehouse.results.lineage_views import (
    LINEAGE_MACRO,
    member_rows_query,
    statistic_rows_query,
    view_statements,
)
from warehouse.results.writing import write_result_query
from warehouse.settings import PROJECT, Settings

OWNERS = ["team:statistics"]
#: Result tables that analyses fill; the others are made of these or of what is read, scans have theirs.
ANALYSIS_TABLES = tuple(
    table
    for table in RESULT_TABLES
    if table not in ("claim_checks", "left_out_cohorts", "member_rows", "statistic_rows", "runs")
    and not table.startswith("scan_")
)
#: The table whose rows have a verdict, by the rows of other analyses.
_JUDGED = "interaction_stats"
#: Modules that gather results, and make the views over them.
_GATHERING = ("analytics.survival.kind", "warehouse.results.lineage_views", "warehouse.results.writing")


def analysis_key(analysis_id: str) -> dg.AssetKey:
    return dg.AssetKey(["analyses", analysis_id])


def marts_of(spec: Question) -> tuple[str, ...]:
    """Marts that an analysis reads: those of people, of its kind and of its biomarker."""
    beyond_a_gene = BIOMARKER_MARTS if spec.biomarker is not None and spec.gene is None else ()
    return tuple(dict.fromkeys((*PEOPLE_MARTS, *kind_of(spec).marts, *beyond_a_gene)))


def analysis_task(path: Path, spec: Question) -> Task:
    """One spec, computed here or in another process."""
    asset = computed_analysis(path, spec)
    return Task(analysis_key(spec.analysis_id), asset, partial(_results, spec, asset.spec_sha256))


def _results(
    spec: Question, spec_sha256: str, con: duckdb.DuckDBPyConnection, run_id: str, settings: Settings
) -> Results:
    genome = settings.reference_genome
    result = run_analysis(con, spec, spec_sha256=spec_sha256, run_id=run_id, reference_genome=genome)
    return result.tables, result.figures


def analysis_asset(path: Path, spec: Question, task: Task, ahead: Ahead) -> dg.AssetsDefinition:
    """The asset of one spec: result tables as Parquet and figures as SVG and PNG under ``build/results``."""
    asset = task.asset

    @dg.asset(
        key=task.key,
        deps=[dg.AssetKey(["marts", mart]) for mart in marts_of(spec)],
        group_name="analyses",
        description=f"{spec.title}. {spec.question}",
        owners=OWNERS,
        kinds={"python", "matplotlib"},
        code_version=asset.code_version,
        metadata={"spec": dg.MetadataValue.path(os.path.relpath(path, PROJECT))},
        check_specs=estimate_checks(task.key),
        pool=BUILD_POOL,
    )
    def analysis(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.MaterializeResult[None]]:
        entry, shown = computed_or_kept(context, warehouse, asset, task.compute, ahead.compute)
        tables = {path.stem: pd.read_parquet(path) for path in sorted(entry.tables.glob("*.parquet"))}
        estimates = {name: table for name, table in tables.items() if name in CLAIMED_TABLES}
        metadata: dict[str, dg.MetadataValue | int | float | str] = {
            **estimates_shown(estimates),
            **trends(tables),
            **shown,
        }
        checks = checked_estimates(spec.analysis_id, estimates, warehouse.settings.published_file)
        yield dg.MaterializeResult(metadata=metadata, check_results=checks)

    return analysis


def computed_analysis(path: Path, spec: Question) -> Computed:
    """What an analysis is made of. A biomarker beyond a gene may ask of any cohort (hotspots), and of signatures that
    another analysis has fitted."""
    beyond = spec.biomarker is not None and spec.gene is None
    declared = Declared(
        marts_of(spec),
        cohorts=None if beyond else cohorts_of(spec),
        stats=(
            "left_out_cohorts",
            *(("signature_exposures",) if "signature" in (spec.biomarker or "") else ()),
        ),
    )
    kind = kind_of(spec)
    roots = (kind.run.__module__, "warehouse.catalog.analyses", "warehouse.results.folders", SHOWN_BY)
    return Computed(spec.analysis_id, sha256_of(path), roots, declared, reads_genome=kind.reads_genome)


def table_spec(table: str, deps: Iterable[dg.AssetKey], its_code_version: str) -> dg.AssetSpec:
    """One result table as an asset."""
    return dg.AssetSpec(
        dg.AssetKey(["stats", table]),
        deps=deps,
        group_name="stats",
        description=f"One row is: {RESULT_TABLES[table].meaning}",
        owners=OWNERS,
        kinds={"python", "duckdb"},
        code_version=its_code_version,
        metadata={"dagster/table_name": f"stats.{table}", "dagster/column_schema": column_schema(table)},
    )


def result_tables_asset(
    specs: list[Question],
    scans: dict[str, dg.AssetKey] | None = None,
    marts: Iterable[dg.AssetKey] = (),
    invalid: Iterable[dg.AssetKey] = (),
) -> dg.AssetsDefinition:
    """The tables of the ``stats`` schema, gathered from every analysis, and the lineage views.

    Parameters
    ----------
    scans : folder of results -> asset of each scan, whose figures stand in ``stats.figures`` too.
    marts : what the views are over, and whose checks say who is left out: they are there before, though the catalogue
        may have no analysis that reads them.
    invalid : analyses whose files do not load: the tables are not made without them.
    """
    upstream = [*(analysis_key(spec.analysis_id) for spec in specs), *invalid]
    of_scans = scans or {}
    also = {"figures": [*of_scans.values()]}
    also |= {table: [*marts] for table in ("left_out_cohorts", "member_rows", "statistic_rows")}

    @dg.multi_asset(
        name="stats_tables",
        specs=[
            table_spec(table, [*upstream, *also.get(table, [])], code_version(*_GATHERING))
            for table in (*ANALYSIS_TABLES, "left_out_cohorts", "member_rows", "statistic_rows", "runs")
        ],
        check_specs=[verdicts_check(dg.AssetKey(["stats", _JUDGED]))],
        pool=BUILD_POOL,
    )
    def stats_tables(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        tables = warehouse.settings.results / "tables"
        folders = [tables / spec.analysis_id for spec in specs]
        Shelf(warehouse.settings.shelf).sweep([*(spec.analysis_id for spec in specs), *of_scans])
        of_each = {"figures": [*folders, *(tables / name for name in of_scans)]}
        steps = steps_of(context.assets_def)
        with warehouse.build() as con:
            with in_one_step(con):
                begin(con, steps, context.run_id)
                con.execute("create schema if not exists stats")
                drop_unknown(con, {"stats": RESULT_TABLES})  # and every view: they are made anew
                done = [
                    gathered(con, table, of_each.get(table, folders))
                    for table in ANALYSIS_TABLES
                    if table != _JUDGED
                ]
                judged = _judged(specs, folders)
                done.append(written(con, _JUDGED, judged))
            # DuckDB counts the different values of a column when they are committed: joins of the millions of rows
            # that were written just now, planned without, took minutes and 14 GB of disk
            with in_one_step(con):
                counts = _with_lineage(con, context.run_id, warehouse.settings)
                gather_results(con, warehouse.settings.results)
                complete(con, steps, context.run_id)
        done += [materialised(table, n_rows) for table, n_rows in counts.items()]
        yield from done
        yield checked_verdicts(_JUDGED, judged, warehouse.settings.published_file)

    return stats_tables


def _judged(specs: Iterable[Question], folders: list[Path]) -> pd.DataFrame:
    """The rows that have a verdict, each with it."""
    survival = [spec for spec in specs if isinstance(spec, AnalysisSpec)]
    return with_verdicts(survival, gathered_rows(folders, "survival_stats"), gathered_rows(folders, _JUDGED))


def _with_lineage(con: duckdb.DuckDBPyConnection, run_id: str, settings: Settings) -> dict[str, int]:
    """Write what is made of the gathered tables: the run, who was left out (which is decided before the analyses), the
    rows behind every number and the views over them; gives the rows of each table."""
    every_stat, *views = view_statements()
    con.execute(every_stat)  # says what statistic_rows are of
    counts = {
        "runs": record_run(con, run_id, settings),
        "left_out_cohorts": len(left_out_cohorts(con)),
        "member_rows": write_result_query(con, "member_rows", member_rows_query()),
        "statistic_rows": write_result_query(con, "statistic_rows", statistic_rows_query()),
    }
    for statement in (*views, LINEAGE_MACRO):
        con.execute(statement)
    return counts


def made_without(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Analysis -> sentence, for those that name a cohort which this version is without."""
    left = left_out_cohorts(con)
    named = con.execute("select distinct analysis_id, cohorts from stats.analysis_specs").fetchall()
    concerned = {
        str(analysis): [cohort for cohort in left if cohort.cohort_id in cohorts]
        for analysis, cohorts in named
    }
    return {analysis: said_of(cohorts) for analysis, cohorts in concerned.items() if cohorts}


@dg.asset(
    key=dg.AssetKey(["stats", "claim_checks"]),
    deps=[
        *(dg.AssetKey(["stats", table]) for table in CLAIMED_TABLES),
        dg.AssetKey(["marts", "published_claims"]),
        dg.AssetKey(["marts", "published_claim_relations"]),
        dg.AssetKey(["marts", "published_claim_requirements"]),
        dg.AssetKey(["marts", "available_data"]),
    ],
    group_name="stats",
    description="Every printed number of the papers against the warehouse's own, with a verdict that this run earned.",
    owners=OWNERS,
    kinds={"python", "duckdb"},
    code_version=code_version(
        "analytics.claims.check", "warehouse.frames.available_sources", "warehouse.results.lineage"
    ),
    check_specs=[keep_verdicts_check(dg.AssetKey(["stats", "claim_checks"]))],
    metadata={
        "dagster/table_name": "stats.claim_checks",
        "dagster/column_schema": column_schema("claim_checks"),
    },
    pool=BUILD_POOL,
)
def claim_checks(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[None]]:
    with warehouse.build() as con, in_one_step(con):
        checked = check_all(
            con.execute("select * from marts.published_claims").df(),
            [row for row in every_statistic(con) if row.table_name in CLAIMED_TABLES],
            con.execute("select * from marts.published_claim_requirements").df(),
            available_sources(con),
            con.execute("select * from marts.published_claim_relations").df(),
            made_without(con),
        )
        done = written(con, "claim_checks", table_of(ClaimRecord, checked))
        complete(con, steps_of(context.assets_def), context.run_id)
    counts = Counter(row.verdict for row in checked)
    yield dg.MaterializeResult(
        metadata={**(done.metadata or {}), **{f"verdict: {k}": int(v) for k, v in counts.items()}},
        check_results=[
            keep_verdicts(
                {row.claim_id: row.verdict for row in checked},
                published_verdicts(warehouse.settings.published_file),
            )
        ],
    )
