"""One asset an analysis, one a result table, the claims, and the views that walk a number back."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pandas as pd

from analytics.claims.check import check_all
from analytics.questions.specs import AnalysisSpec, Question
from analytics.results.meanings import RESULT_MEANINGS
from analytics.results.tables import CLAIMED_TABLES, RESULT_TABLES, as_result_table
from orchestration.analyses import kind_of, run_analysis
from orchestration.assets.leftovers import drop_unknown
from orchestration.assets.provenance import code_version, record_run
from orchestration.assets.result_files import (
    column_schema,
    gathered_rows,
    save_figures,
    written,
)
from orchestration.kinds import FRAME_MARTS
from orchestration.kinds.survival import verdict_rows
from orchestration.resources import BUILD_POOL, Warehouse
from warehouse.available_sources import available_sources
from warehouse.left_out import left_out_cohorts, said_of
from warehouse.lineage import view_statements
from warehouse.settings import PROJECT
from warehouse.spec_files import spec_checksum

OWNERS = ["team:statistics"]
#: Result tables that analyses fill; the others are made of these or of what is read, scans have theirs.
ANALYSIS_TABLES = tuple(
    table
    for table in RESULT_TABLES
    if table not in ("claim_checks", "left_out_cohorts", "runs") and not table.startswith("scan_")
)
#: Code that results come from, beside the spec.
STATISTICS_CODE = ("analytics", "orchestration/kinds", "warehouse/frames")


#: Columns of a statistic that the UI shows, and how many rows of a table.
_SHOWN = (
    "variant", "endpoint", "estimate_key", "n", "n_mutated", "events", "estimate", "ci_low", "ci_high", "p", "q",
)  # fmt: skip
_MOST_SHOWN = 60


def analysis_key(analysis_id: str) -> dg.AssetKey:
    return dg.AssetKey(["analyses", analysis_id])


def analysis_asset(path: Path, spec: Question) -> dg.AssetsDefinition:
    """The asset of one spec: result tables as Parquet and figures as SVG and PNG under ``build/results``."""

    @dg.asset(
        key=analysis_key(spec.analysis_id),
        deps=[dg.AssetKey(["marts", mart]) for mart in (*FRAME_MARTS, *kind_of(spec).marts)],
        group_name="analyses",
        description=f"{spec.title}. {spec.question}",
        owners=OWNERS,
        kinds={"python", "matplotlib"},
        code_version=f"{spec_checksum(path)[:12]}-{code_version(*STATISTICS_CODE)}",
        metadata={"spec": dg.MetadataValue.path(os.path.relpath(path, PROJECT))},
        pool=BUILD_POOL,
    )
    def analysis(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult[None]:
        with warehouse.build(read_only=True) as con:
            result = run_analysis(
                con,
                spec,
                spec_sha256=spec_checksum(path),
                run_id=context.run_id,
                reference_genome=warehouse.settings.reference_genome,
            )
        with warehouse.build() as con:
            record_run(con, context.run_id, warehouse.settings)
        tables = warehouse.settings.results / "tables" / spec.analysis_id
        tables.mkdir(parents=True, exist_ok=True)
        for old in tables.iterdir():
            old.unlink()  # one that is skipped now leaves no number of an earlier run behind
        for name, table in result.tables.items():
            table.to_parquet(tables / f"{name}.parquet", index=False)
        pictures = save_figures(result.figures, warehouse.settings.results / "figures" / spec.analysis_id)
        return dg.MaterializeResult(metadata=_metadata(result.tables) | pictures)

    return analysis


def _metadata(tables: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """The leading numbers of an analysis for the UI: those over all members, without the counts of who is in."""
    stats = {name: table for name, table in tables.items() if name in CLAIMED_TABLES}
    shown: dict[str, Any] = {}
    for name, table in stats.items():
        leading = table[table["cohort_id"].isna() & ~table["estimate_key"].str.startswith("flow.")]
        if len(leading):
            columns = [column for column in _SHOWN if column in leading.columns]
            shown[name.replace("_", " ")] = dg.MetadataValue.md(_markdown(leading[columns].head(_MOST_SHOWN)))
    return shown | {"dagster/row_count": sum(len(table) for table in stats.values())}


def _markdown(table: pd.DataFrame) -> str:
    def cell(value: Any) -> str:
        if pd.isna(value):
            return ""
        return f"{value:.4g}" if isinstance(value, float) else str(value)

    lines = ["| " + " | ".join(table.columns) + " |", "|" + "---|" * len(table.columns)]
    lines += ["| " + " | ".join(cell(v) for v in row) + " |" for row in table.itertuples(index=False)]
    return "\n".join(lines)


def result_tables_asset(
    specs: list[Question],
    scans: dict[str, dg.AssetKey] | None = None,
    marts: Iterable[dg.AssetKey] = (),
) -> dg.AssetsDefinition:
    """The tables of the ``stats`` schema, gathered from every analysis, and the lineage views.

    Parameters
    ----------
    scans : folder of results -> asset of each scan, whose figures stand in ``stats.figures`` too.
    marts : what the views are over, and whose checks say who is left out: they are there before, though the catalogue
        may have no analysis that reads them.
    """
    upstream = [analysis_key(spec.analysis_id) for spec in specs]
    of_scans = scans or {}
    also = {"figures": [*of_scans.values()], "left_out_cohorts": [*marts]}

    @dg.multi_asset(
        name="stats_tables",
        specs=[
            dg.AssetSpec(
                dg.AssetKey(["stats", table]),
                deps=[*upstream, *also.get(table, [])],
                group_name="stats",
                description=f"One row is: {RESULT_MEANINGS[table]}",
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
            for table in (*ANALYSIS_TABLES, "left_out_cohorts", "runs")
        ],
        pool=BUILD_POOL,
    )
    def stats_tables(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.MaterializeResult[None]]:
        tables = warehouse.settings.results / "tables"
        folders = [tables / spec.analysis_id for spec in specs]
        with warehouse.build() as con:
            con.execute("create schema if not exists stats")
            drop_unknown(con, {"stats": RESULT_TABLES})  # and every view: they are made anew
            gathered = {table: gathered_rows(folders, table) for table in ANALYSIS_TABLES}
            gathered["figures"] = gathered_rows([*folders, *(tables / name for name in of_scans)], "figures")
            survival = [spec for spec in specs if isinstance(spec, AnalysisSpec)]
            verdicts = verdict_rows(survival, gathered["survival_stats"], gathered["interaction_stats"])
            gathered["interaction_stats"] = pd.concat(
                [gathered["interaction_stats"], as_result_table("interaction_stats", verdicts)],
                ignore_index=True,
            )
            for table, rows in gathered.items():
                yield written(con, table, rows)
            yield dg.MaterializeResult(
                asset_key=dg.AssetKey(["stats", "runs"]),
                metadata={"dagster/row_count": record_run(con, context.run_id, warehouse.settings)},
            )
            # who was left out is written down where it is decided, before the analyses
            yield dg.MaterializeResult(
                asset_key=dg.AssetKey(["stats", "left_out_cohorts"]),
                metadata={"dagster/row_count": len(left_out_cohorts(con))},
            )
            for statement in view_statements():
                con.execute(statement)

    return stats_tables


def made_without(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Analysis -> sentence, for those that name a cohort which this version is without."""
    left = left_out_cohorts(con)
    named = con.execute("select distinct analysis_id, cohorts from stats.analysis_specs").fetchall()
    concerned = {
        str(analysis): [cohort for cohort in left if cohort.cohort_id in str(cohorts).split(", ")]
        for analysis, cohorts in named
    }
    return {analysis: said_of(cohorts) for analysis, cohorts in concerned.items() if cohorts}


#: What a claim may name. Change over time is never put together over cohorts, so that its keys name the cohort.
_CLAIMED = """
select * replace (
    case when cohort_id is null then estimate_key else estimate_key || '@' || cohort_id end as estimate_key
)
from stats.every_stat
where (cohort_id is null or estimate_key like 'change.%') and list_contains(?, table_name)
"""


@dg.asset(
    key=dg.AssetKey(["stats", "claim_checks"]),
    deps=[
        *(dg.AssetKey(["stats", table]) for table in CLAIMED_TABLES),
        dg.AssetKey(["marts", "published_claims"]),
        dg.AssetKey(["marts", "published_claim_relations"]),
        dg.AssetKey(["marts", "published_claim_requirements"]),
        dg.AssetKey(["marts", "expression"]),
        dg.AssetKey(["marts", "immune_features"]),
    ],
    group_name="stats",
    description="Every printed number of the papers against the warehouse's own, with a verdict that this run earned.",
    owners=OWNERS,
    kinds={"python", "duckdb"},
    code_version=code_version("analytics/claims"),
    metadata={
        "dagster/table_name": "stats.claim_checks",
        "dagster/column_schema": column_schema("claim_checks"),
    },
    pool=BUILD_POOL,
)
def claim_checks(warehouse: Warehouse) -> dg.MaterializeResult[None]:
    with warehouse.build() as con:
        checked = check_all(
            con.execute("select * from marts.published_claims").df(),
            con.execute(_CLAIMED, [list(CLAIMED_TABLES)]).df(),
            con.execute("select * from marts.published_claim_requirements").df(),
            available_sources(con),
            con.execute("select * from marts.published_claim_relations").df(),
            made_without(con),
        )
        done = written(con, "claim_checks", checked)
    counts = checked["verdict"].value_counts()
    return dg.MaterializeResult(
        metadata={**(done.metadata or {}), **{f"verdict: {k}": int(v) for k, v in counts.items()}}
    )
