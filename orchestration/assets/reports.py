"""One asset a report: a document made from the published file, beside it."""

import os
from pathlib import Path

import dagster as dg
import duckdb

from analytics.report.spec import ReportSpec
from orchestration.assets.provenance import code_version
from orchestration.assets.statistics import OWNERS
from orchestration.resources import BUILD_POOL, Warehouse
from warehouse.reports.documents import NothingToReportError, report_html, reports_folder, write_html
from warehouse.settings import PROJECT
from warehouse.spec_files import spec_checksum

#: Code and templates that a document comes from, beside its spec.
_CODE = (
    "analytics/report",
    *(f"analytics/report/templates/{name}" for name in ("report.html.j2", "parts.html.j2", "report.css")),
    "warehouse/reports/documents.py",
    "warehouse/reports/material.py",
)


def report_asset(path: Path, spec: ReportSpec) -> dg.AssetsDefinition:
    """The asset of one report. It reads the published file and its figures only; the pool keeps a publication from
    swapping them meanwhile."""

    @dg.asset(
        key=dg.AssetKey(["reports", spec.report_id]),
        deps=[dg.AssetKey(["published", "icb"])],
        group_name="reports",
        description=f"{spec.title}. {spec.question}",
        owners=OWNERS,
        kinds={"html"},
        code_version=f"{spec_checksum(path)[:12]}-{code_version(*_CODE)}",
        metadata={"spec": dg.MetadataValue.path(os.path.relpath(path, PROJECT))},
        pool=BUILD_POOL,
    )
    def report(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult[None]:
        settings = warehouse.settings
        document = reports_folder(settings) / f"{spec.report_id}.html"
        with duckdb.connect(str(settings.published_file), read_only=True) as con:
            try:
                html = report_html(con, spec, settings.figures)
            except NothingToReportError as exc:
                document.unlink(missing_ok=True)  # that of an earlier version would be taken for this one's
                context.log.warning(str(exc))
                return dg.MaterializeResult(metadata={"skipped": str(exc)})
        write_html(html, document)
        return dg.MaterializeResult(
            metadata={
                "file": dg.MetadataValue.path(str(document)),
                "open": dg.MetadataValue.url(document.as_uri()),
                "megabytes": round(document.stat().st_size / 1e6, 2),
            }
        )

    return report
