"""Reports: the files of ``catalog/reports``, each one document made from the published file and its figures."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import duckdb

from analytics.report.blocks import Report
from analytics.report.document import build_report
from analytics.report.render import render
from analytics.report.spec import ReportSpec
from ingestion.catalog.loading import files_of
from ingestion.errors import CatalogError, IngestionError
from ingestion.yaml_files import read_yaml
from warehouse.catalog.spec_files import validated
from warehouse.left_out import SKIPPED, left_out_cohorts, said_of
from warehouse.reports.material import gather_material, published_figures
from warehouse.reports.tables_out import write_tables
from warehouse.settings import Settings
from warehouse.versions.durable import write_document
from warehouse.versions.layout import version_of


def load_report(path: Path) -> ReportSpec:
    """Read and validate one spec.

    Raises
    ------
    CatalogError
        One sentence with file, key and remedy.
    """
    return validated(path, read_yaml(path), ReportSpec, "report_id")


def load_reports(folders: Sequence[Path]) -> dict[Path, ReportSpec]:
    """Every spec under ``reports`` of these folders, by path, in order of folder and name; none when there is none."""
    return {path: load_report(path) for path in files_of(folders, "reports")}


def check_reports(specs: dict[Path, ReportSpec], analyses: Collection[str], scans: Collection[str]) -> None:
    """Every analysis and scan that a report names is in the catalogue.

    Raises
    ------
    CatalogError
        One sentence with the name that is not, and those there are.
    """
    for path, spec in specs.items():
        for what, named, known in (("analysis", spec.analyses(), analyses), ("scan", spec.scans(), scans)):
            missing = [name for name in named if name not in known]
            if missing:
                raise CatalogError(
                    f"key 'sections': there is no {what} '{missing[0]}' in the catalogue",
                    where=str(path),
                    remedy=f"name one of {', '.join(sorted(known)) or 'none'}",
                )


class UnknownReportError(IngestionError):
    """No report of the catalogue has the name."""


class NothingToReportError(IngestionError):
    """Everything that would lead the report was skipped, because its cohorts were left out."""


def report_html(con: duckdb.DuckDBPyConnection, spec: ReportSpec, figures: Path) -> str:
    """The document of a report as HTML; as :func:`report_of`."""
    return render(report_of(con, spec, figures))


def report_of(con: duckdb.DuckDBPyConnection, spec: ReportSpec, figures: Path) -> Report:
    """What a report says, from an open published file and its folder of figures.

    Raises
    ------
    NothingToReportError
        Every analysis that leads it was skipped: which cohorts were left out.
    """
    possible = as_possible(con, spec)
    material = gather_material(con, possible, published_figures(con, possible, figures))
    return build_report(possible, material)


def as_possible(con: duckdb.DuckDBPyConnection, spec: ReportSpec) -> ReportSpec:
    """The report without analyses and scans that were skipped, and an introduction that says what is missing.

    Raises
    ------
    NothingToReportError
        As :func:`report_of`.
    """
    left = left_out_cohorts(con)
    if not left:
        return spec
    analyses, scans = skipped(con)
    named = cohorts_behind(con, spec)
    a_scan_is_gone = bool(scans & set(spec.scans()))
    concerned = [cohort for cohort in left if cohort.cohort_id in named or a_scan_is_gone]
    lead = tuple(one for one in spec.lead if one.analysis not in analyses)
    if not lead:
        raise NothingToReportError(
            f"every analysis that leads it was skipped: {said_of(concerned)}",
            where=f"report {spec.report_id}",
            remedy="mend the cohort and run again",
        )
    sections = tuple(
        section.model_copy(
            update={
                "analyses": tuple(name for name in section.analyses if name not in analyses),
                "scans": tuple(name for name in section.scans if name not in scans),
            }
        )
        for section in spec.sections
    )
    gone = [name for name in (*spec.analyses(), *spec.scans()) if name in analyses | scans]
    said = [spec.intro, *([said_of(concerned)] if concerned else [])]
    said += [f"Skipped for want of a cohort: {', '.join(gone)}."] if gone else []
    return spec.model_copy(
        update={
            "lead": lead,
            "sections": tuple(section for section in sections if section.analyses or section.scans),
            "intro": " ".join(part for part in said if part),
        }
    )


def skipped(con: duckdb.DuckDBPyConnection) -> tuple[set[str], set[str]]:
    """Analyses and scans that have no cohort left."""
    found = [
        {
            str(row[0])
            for row in con.execute(
                f"select distinct {name} from stats.{table} where step = ?", [SKIPPED]
            ).fetchall()
        }
        for name, table in (("analysis_id", "analysis_flow"), ("scan_id", "scan_flow"))
    ]
    return found[0], found[1]


def cohorts_behind(con: duckdb.DuckDBPyConnection, spec: ReportSpec) -> set[str]:
    """The cohorts that a report's analyses and scans name."""
    rows = con.execute(
        "select cohorts, null from stats.analysis_specs where list_contains(?, analysis_id) "
        "union all select cohorts, control from stats.scan_specs where list_contains(?, scan_id)",
        [spec.analyses(), spec.scans()],
    ).fetchall()
    return {name for cells in rows for cell in cells for name in cohorts_in(cell)}


def cohorts_in(cell: str | list[str] | None) -> list[str]:
    """The cohorts that a spec names, as a list or comma-separated, without what is said of them in brackets."""
    names = cell.split(", ") if isinstance(cell, str) else cell or []
    return [name.split(" (")[0] for name in names]


def report_rows(settings: Settings) -> list[dict[str, str]]:
    """The reports of the catalogue, and where the document of each lies in the published version, if it has one."""
    rows = []
    for spec in load_reports(settings.catalogs).values():
        path = settings.reports / f"{spec.report_id}.html"
        rows.append(
            {"report_id": spec.report_id, "title": spec.title, "file": str(path) if path.exists() else ""}
        )
    return rows


def make_report(
    con: duckdb.DuckDBPyConnection, settings: Settings, report_id: str, output: Path | None
) -> Path:
    """Make one report of the catalogue anew from the published file that is open.

    Parameters
    ----------
    output : where to; without it in the folder of documents, for a published version is never written to.

    Raises
    ------
    UnknownReportError
        There is no such report.
    """
    html = report_html(con, _spec_of(settings, report_id), version_of(con).figures)
    return write_document(html, output or settings.documents / f"{report_id}.html")


def make_tables(
    con: duckdb.DuckDBPyConnection, settings: Settings, report_id: str, folder: Path
) -> list[Path]:
    """Write the tables of one report of the catalogue into a new folder; gives the files.

    Raises
    ------
    UnknownReportError
        There is no such report.
    TablesError
        The folder is there already.
    """
    spec = _spec_of(settings, report_id)
    return write_tables(report_of(con, spec, version_of(con).figures), folder)


def _spec_of(settings: Settings, report_id: str) -> ReportSpec:
    specs = {spec.report_id: spec for spec in load_reports(settings.catalogs).values()}
    if report_id not in specs:
        raise UnknownReportError(
            f"no report is named '{report_id}'",
            where=str(settings.catalogs[-1] / "reports"),
            remedy=f"there are {', '.join(specs) or 'none'}",
        )
    return specs[report_id]
