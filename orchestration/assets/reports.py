"""One asset a report: a document made from the version in the making, and part of it."""

import os
from pathlib import Path

import dagster as dg
import duckdb

from analytics.engine.smallest_count import counts_from
from analytics.report.blocks import Report
from analytics.report.render import render
from analytics.report.spec import ReportSpec
from ingestion.fetching.store import sha256_of
from orchestration.assets.draft import DRAFT
from orchestration.assets.statistics import OWNERS
from orchestration.resources import BUILD_POOL, Warehouse
from orchestration.reuse.import_closure import code_version
from warehouse.reports.documents import NothingToReportError, report_of
from warehouse.settings import PROJECT
from warehouse.versions.draft import open_draft
from warehouse.versions.durable import write_document
from warehouse.versions.manifest import cell_of


def report_asset(path: Path, spec: ReportSpec, explorer: str | None = None) -> dg.AssetsDefinition:
    """The asset of one report. It reads the file and the figures of the draft and lies beside them, so that it cannot
    tell of another version.

    Parameters
    ----------
    explorer : where `icb explore` serves the published version, to which the page of the asset then links.
    """
    served = (
        {}
        if explorer is None
        else {"read it": dg.MetadataValue.url(f"{explorer}/report/{spec.report_id}.html")}
    )

    @dg.asset(
        key=dg.AssetKey(["reports", spec.report_id]),
        deps=[DRAFT],
        group_name="reports",
        description=f"{spec.title}. {spec.question}",
        owners=OWNERS,
        kinds={"html"},
        code_version=f"{sha256_of(path)[:12]}-{code_version('warehouse.reports.documents')}",
        metadata={"spec": dg.MetadataValue.path(os.path.relpath(path, PROJECT))},
        pool=BUILD_POOL,
    )
    def report(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult[None]:
        draft = open_draft(warehouse.settings.published)
        document = draft.reports / f"{spec.report_id}.html"
        settings = warehouse.settings
        least = cell_of(settings, settings.private_cohorts)
        with duckdb.connect(str(draft.file), read_only=True) as con, counts_from(least):
            try:
                said = report_of(con, spec, draft.figures)
            except NothingToReportError as exc:
                document.unlink(missing_ok=True)  # made before, of the same draft, by an earlier spec
                context.log.warning(str(exc))
                return dg.MaterializeResult(metadata={"skipped": str(exc)})
        write_document(render(said), document)
        return dg.MaterializeResult(
            metadata={
                # a browser opens no file:// from a page of the UI: the answer is here, the document on the disk
                "answer": dg.MetadataValue.md(answer_as_markdown(said)),
                **served,
                "open": dg.MetadataValue.path(str(warehouse.settings.reports / document.name)),
                "megabytes": round(document.stat().st_size / 1e6, 2),
            }
        )

    return report


def answer_as_markdown(report: Report) -> str:
    """The answer of a report, which stands first in it."""
    lines = [f"**{report.question}**"]
    for lead in report.leads:
        verdicts = f" *{'; '.join(lead.verdicts)}*" if lead.verdicts else ""
        lines.append(f"**{lead.title}**{verdicts}  \n{' '.join(str(one.text) for one in lead.sentences)}")
    return "\n\n".join(lines)
