"""The answer to ``icb scan``: the leading genes of a scan, with what speaks against believing them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from analytics.figures.picture import Picture
from analytics.scan.settings import ScanSettings
from analytics.scan.survival_scan import ScanResult
from ingestion.errors import IngestionError
from ingestion.fetching.store import storage_errors
from warehouse.export.csv_files import csv_of
from warehouse.tables import frame_of

_SHARED = {
    "p": "primary_p",
    "q": "primary_q",
    "p_burden_null": "null_p_two_sided",
    "burden_verdict": "burden_verdict",
    "control_verdict": "control_verdict",
    "warnings": "warnings",
}
#: Column of the answer -> column of the results; those of `_RATIOS` are turned from logarithms into ratios.
_SURVIVAL = {
    "gene": "gene",
    "n_profiled": "n_profiled",
    "n_carriers": "n_carriers",
    "events_carriers": "events_carriers",
    "hr": "uni_coef",
    "hr_adjusted": "adj_coef",
    "hr_burden_adjusted": "burden_coef",
    "hr_without_icb": "control_coef",
    **_SHARED,
}
_RESPONSE = {
    "gene": "gene",
    "n_profiled": "n_profiled",
    "n_carriers": "n_carriers",
    "responders_carriers": "responders_carriers",
    "rate_carriers": "rate_carriers",
    "rate_wild_type": "rate_wild_type",
    "or": "uni_coef",
    "or_adjusted": "adj_coef",
    "or_burden_adjusted": "burden_coef",
    **{name: column for name, column in _SHARED.items() if name != "control_verdict"},
}
_RATIOS = ("uni_coef", "adj_coef", "burden_coef", "control_coef")
_COUNTS = ("n_profiled", "n_carriers", "events_carriers", "responders_carriers")
#: Left out of a terminal's table where nothing was asked for that would fill them.
_OPTIONAL = ("hr_adjusted", "or_adjusted", "hr_without_icb", "control_verdict", "p_burden_null")

_SHORT = {
    "n_profiled": "n",
    "n_carriers": "carriers",
    "events_carriers": "events",
    "responders_carriers": "responders",
    "rate_carriers": "rate",
    "rate_wild_type": "rate others",
    "hr_adjusted": "hr adj",
    "or_adjusted": "or adj",
    "hr_burden_adjusted": "hr burden",
    "or_burden_adjusted": "or burden",
    "hr_without_icb": "hr no ICB",
    "p_burden_null": "p null",
    "burden_verdict": "burden",
    "control_verdict": "control",
}


class UnknownScanError(IngestionError):
    """There is no such scan, or the gene is not in it."""


@dataclass(frozen=True)
class PublishedScan:
    """A scan as it was published: title and notes of its spec, its result, and how the people were selected."""

    title: str
    notes: tuple[str, ...]
    result: ScanResult
    flow: pd.DataFrame


def published_scan(con: duckdb.DuckDBPyConnection, scan_id: str | None) -> PublishedScan:
    """Read a scan from the published file.

    Raises
    ------
    UnknownScanError
        One sentence with the scans there are.
    """
    specs = frame_of(con.execute("select * from stats.scan_specs order by scan_id"))
    found = specs[specs["scan_id"] == scan_id]
    if found.empty:
        raise UnknownScanError(
            f"no scan is named '{scan_id}'" if scan_id else "name a scan, or ask of cohorts with --cohort",
            where="stats.scan_specs",
            remedy=f"there are {', '.join(specs['scan_id']) or 'none: run icb run'}",
        )
    spec = found.iloc[0]
    table = frame_of(
        con.execute(
            f"select * exclude (scan_id) from stats.{spec['results_table']} where scan_id = ?", [scan_id]
        )
    )
    flow = frame_of(
        con.execute(
            "select step, n, reason from stats.scan_flow where scan_id = ? order by step_number", [scan_id]
        )
    )
    registered, said = spec["prespecified"], spec["notes"]
    notes = (said,) if isinstance(said, str) else tuple(map(str, said))  # one text in versions of before
    settings = ScanSettings(
        family=str(scan_id),
        family_size=int(spec["family_size"]) or None,
        prespecified=None if pd.isna(registered) else pd.Timestamp(registered).date(),
        null_draws=int(spec["null_draws"]),
        seed=int(spec["seed"]),
    )
    result = ScanResult(
        table=table,
        settings=settings,
        primary_test=str(spec["primary_test"]),
        family_size=int(spec["family_size"]),
        dropped_covariates={},
        prior_sd=float("nan"),
        exclusions={},
        notes=notes,
    )
    return PublishedScan(str(spec["title"]), notes, result, flow)


def in_short(rows: list[dict[str, Any]], columns: list[str]) -> tuple[list[dict[str, Any]], list[str]]:
    """Rows and columns under headings and verdicts that fit a terminal."""
    short = [{_SHORT.get(name, name): value for name, value in row.items()} for row in rows]
    return short, [_SHORT.get(name, name) for name in columns]


def leading_rows(
    result: ScanResult, *, top: int, gene: str | None, where: str, after: int = 0
) -> list[dict[str, Any]]:
    """The genes with the smallest primary p (or one gene), under the columns of :func:`shown_columns`; ``top`` of them
    ``after`` the first so many.

    Raises
    ------
    UnknownScanError
        The gene is not in the scan.
    """
    table = result.table
    if gene is not None:
        table = table[table["gene"].str.upper() == gene.upper()]
        if table.empty:
            raise UnknownScanError(
                f"gene '{gene}' has no carrier in the scan",
                where=where,
                remedy="check the symbol, or ask icb gene",
            )
    table = table.sort_values(["primary_p", "gene"], kind="stable", na_position="last")[after : after + top]
    read = {
        name: np.exp(table[c]) if c in _RATIOS else table[c].astype(int) if c in _COUNTS else table[c]
        for name, c in _columns(result).items()
    }
    read["warnings"] = table["warnings"].map(list)
    rows = pd.DataFrame(read).to_dict("records")
    return [{str(name): None if value != value else value for name, value in row.items()} for row in rows]


def _columns(result: ScanResult) -> dict[str, str]:
    return _SURVIVAL if "events" in result.table else _RESPONSE


def shown_columns(result: ScanResult, *, for_people: bool) -> list[str]:
    """Columns of the answer; for people without those that this scan leaves empty, and without warnings."""
    columns = _columns(result)
    if not for_people:
        return list(columns)
    empty = [name for name in _OPTIONAL if name in columns and result.table[columns[name]].isna().all()]
    return [name for name in columns if name not in (*empty, "warnings")]


def warning_lines(rows: list[dict[str, Any]]) -> list[str]:
    """Each warning once, before the genes that it is about."""
    phrases = dict.fromkeys(phrase for row in rows for phrase in row["warnings"])
    return [
        f"! {phrase}: {', '.join(row['gene'] for row in rows if phrase in row['warnings'])}"
        for phrase in phrases
    ]


def write_pictures(pictures: dict[str, Picture], folder: Path, stem: str, smallest_cell: int) -> list[Path]:
    """Each picture as SVG, PNG and the CSV of its numbers; other files of the folder stay."""
    written: list[Path] = []
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, picture in pictures.items():
            path = folder / f"{stem}_{name}"
            picture.figure.savefig(path.with_suffix(".svg"))
            picture.figure.savefig(path.with_suffix(".png"), dpi=200)
            path.with_suffix(".csv").write_text(csv_of(picture.data, smallest_cell), encoding="utf-8")
            written.append(path.with_suffix(".png"))
    return written
