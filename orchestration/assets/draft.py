"""The version in the making: tables and figures, copied from the private build to a folder that nobody opens."""

import hashlib
from collections.abc import Collection

import dagster as dg
import duckdb

from orchestration.assets.build_steps import Steps
from orchestration.assets.dbt_metadata import table_columns
from orchestration.assets.leftovers import remove_unknown
from orchestration.assets.provenance import record_run
from orchestration.resources import BUILD_POOL, Warehouse
from orchestration.reuse.import_closure import code_version
from warehouse.build.steps import complete, in_one_step
from warehouse.build.whole import require_whole
from warehouse.results.hypotheses_view import HYPOTHESES_VIEW
from warehouse.versions.draft import make_draft
from warehouse.versions.layout import PublishError
from warehouse.versions.runs import note_published, published_runs

DRAFT = dg.AssetKey(["draft", "icb"])


def draft_asset(
    upstream: list[dg.AssetKey],
    results: list[str],
    steps: Steps,
    not_asked_for: Collection[str] = (),
    reports: Collection[str] = (),
) -> dg.AssetsDefinition:
    """Copies the build if it is whole: every step of it is done, and was made of what stands beside it now.

    Parameters
    ----------
    results : folders of results that analyses and scans of the catalogue make.
    steps : every step before this one, and what it reads.
    not_asked_for : private cohorts that this version must not hold.
    reports : their versions. They are written into the draft, which is gone when it has been published: when the words
        of one change, the next version needs a draft of its own.
    """

    promised = {(key.path[0], key.path[1]) for key in upstream}

    @dg.asset(
        key=DRAFT,
        deps=upstream,
        group_name="draft",
        description="The version in the making: marts, stats and figures, to which the reports are added. "
        "Nobody opens it before it is published.",
        owners=["team:warehouse"],
        kinds={"duckdb"},
        code_version=hashlib.sha256(
            " ".join([code_version("warehouse.versions.draft"), *reports]).encode()
        ).hexdigest()[:12],
        pool=BUILD_POOL,
    )
    def draft(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult[None]:
        settings = warehouse.settings
        with warehouse.build(read_only=True) as con:
            require_whole(con, settings.results, steps)
            _require_as_promised(con, promised, not_asked_for, str(settings.build_file))
        for kind in ("tables", "figures"):
            remove_unknown(settings.results / kind, results)
        with warehouse.build() as con:
            record_run(con, context.run_id, settings)
            note_published(con, published_runs(settings.published))
            con.execute(HYPOTHESES_VIEW)  # over scans and analyses, which know nothing of each other
        figures = settings.results / "figures"
        private = bool(settings.private_cohorts)
        made = make_draft(
            settings.build_file,
            settings.published,
            figures,
            run_id=context.run_id,
            is_private=private,
        )
        with warehouse.build() as con, in_one_step(con):
            complete(con, {DRAFT.to_user_string(): tuple(steps)}, context.run_id, stamp=made.name)
        return dg.MaterializeResult(
            metadata={"version": made.name, "folder": dg.MetadataValue.path(str(made.folder))}
        )

    return draft


def _require_as_promised(
    con: duckdb.DuckDBPyConnection, tables: set[tuple[str, str]], not_asked_for: Collection[str], where: str
) -> None:
    """The build has every table that a version has, and no private cohort that was not asked for.

    Raises
    ------
    PublishError
        Names the tables, or the cohorts, and the remedy.
    """
    missing = sorted(tables - table_columns(con).keys())
    if missing:
        raise PublishError(
            f"the build has no {', '.join('.'.join(table) for table in missing[:5])}",
            where=where,
            remedy="materialise them first; the last published file is unchanged",
        )
    held = private_cohorts_in(con, not_asked_for)
    if held:
        raise PublishError(
            f"the build holds {', '.join(held)}, which is private and was not asked for",
            where=where,
            remedy="run `build_from_sources`, or ask for it with --private; the last published file is unchanged",
        )


def private_cohorts_in(con: duckdb.DuckDBPyConnection, cohorts: Collection[str]) -> list[str]:
    """Those of the cohorts that the open build holds, in order of name."""
    found = con.execute(
        "select cohort_id from marts.cohorts where list_contains(?, cohort_id) order by cohort_id",
        [list(cohorts)],
    ).fetchall()
    return [str(cohort) for (cohort,) in found]
