"""Reports: the files of ``catalog/reports``, each one document made from the published file and its figures."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

import duckdb

from analytics.report.document import build_report
from analytics.report.render import render
from analytics.report.spec import ReportSpec
from ingestion.errors import CatalogError
from orchestration.failures import CommandError
from orchestration.report_material import gather_material, published_figures
from orchestration.settings import Settings
from orchestration.spec_files import read_yaml, validated


def load_report(path: Path) -> ReportSpec:
    """Read and validate one spec.

    Raises
    ------
    CatalogError
        One sentence with file, key and remedy.
    """
    return validated(path, read_yaml(path), ReportSpec, "report_id")


def load_reports(folder: Path) -> dict[Path, ReportSpec]:
    """Every spec under ``folder``, by path, in order of name; none when there is no such folder."""
    return {path: load_report(path) for path in sorted(folder.glob("*.yaml"))}


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


def report_html(con: duckdb.DuckDBPyConnection, spec: ReportSpec, figures: Path) -> str:
    """The document of a report from an open published file and its folder of figures."""
    material = gather_material(con, spec, published_figures(con, spec, figures))
    return render(build_report(spec, material))


def write_html(html: str, path: Path) -> Path:
    """Write a document so that a reader of an older one is never left with half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        fresh.write_text(html, encoding="utf-8")
        os.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
    return path


def reports_folder(settings: Settings) -> Path:
    """Where reports lie: beside the published file."""
    return settings.published_file.parent / "reports"


def report_rows(settings: Settings) -> list[dict[str, str]]:
    """The reports of the catalogue, and where the document of each lies if it has been made."""
    rows = []
    for spec in load_reports(settings.catalog / "reports").values():
        path = reports_folder(settings) / f"{spec.report_id}.html"
        rows.append(
            {"report_id": spec.report_id, "title": spec.title, "file": str(path) if path.exists() else ""}
        )
    return rows


def make_report(
    con: duckdb.DuckDBPyConnection, settings: Settings, report_id: str, output: Path | None
) -> Path:
    """Make one report of the catalogue anew from the published file.

    Raises
    ------
    CommandError
        There is no such report.
    """
    specs = {spec.report_id: spec for spec in load_reports(settings.catalog / "reports").values()}
    if report_id not in specs:
        raise CommandError(
            f"no report is named '{report_id}'",
            where=str(settings.catalog / "reports"),
            remedy=f"there are {', '.join(specs) or 'none'}",
        )
    html = report_html(con, specs[report_id], settings.figures)
    return write_html(html, output or reports_folder(settings) / f"{report_id}.html")
