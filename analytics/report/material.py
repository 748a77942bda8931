"""What a report is made from: frames as the published file has them, and figures as bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

#: Columns of ``Material.every_stat`` that say on which people and rows a statistic rests; then those of a file's rows.
SET_COLUMNS = ("analysis_id", "variant", "endpoint", "cohort_id", "cohorts", "row_set", "feature")
FILE_COLUMNS = ("role", "mart", "address", "member", "sha256", "n_rows", "first_row", "last_row")


@dataclass(frozen=True)
class FigureSource:
    """One figure on disk. ``svg``, ``png``, ``csv`` : its files' bytes; None where one is missing."""

    analysis_id: str
    stem: str
    title: str
    alt: str
    svg: bytes | None = None
    png: bytes | None = None
    csv: bytes | None = None


@dataclass(frozen=True)
class Guarded:
    """What a guard found about one analysis; see ``analytics.guards.Finding``."""

    analysis_id: str
    guard: str
    verdict: str
    sentence: str
    is_warning: bool


@dataclass(frozen=True)
class Material:
    """Everything behind one report.

    Attributes
    ----------
    specs, flow : rows of ``stats.analysis_specs`` and ``stats.analysis_flow`` of the report's analyses.
    tables : result table -> its rows of these analyses; tables of named statistics have ``stat_id``.
    every_stat : their rows of ``stats.every_stat``, with the keys of ``behind``.
    comments : table -> column -> what it means, as the published file says.
    claims : rows of ``stats.claim_checks`` with ``description`` of the printed number.
    scans, scan_flow, scan_rows : the scans, who is in them, and the gene's row in each.
    people : (analysis, variant, endpoint) -> members with their characteristics.
    behind : from names of statistics to their rows by role and file: ``stat_id``, then :data:`FILE_COLUMNS`.
    files : address, member, sha256, licence, cohort_id of every source file behind.
    cohorts : rows of ``marts.cohorts`` of the analyses.
    """

    specs: pd.DataFrame
    flow: pd.DataFrame
    tables: Mapping[str, pd.DataFrame]
    every_stat: pd.DataFrame
    comments: Mapping[str, Mapping[str, str]]
    claims: pd.DataFrame
    scans: pd.DataFrame
    scan_flow: pd.DataFrame
    scan_rows: pd.DataFrame
    behind: Callable[[Sequence[str]], pd.DataFrame]
    files: pd.DataFrame
    cohorts: pd.DataFrame
    run: Mapping[str, object]
    is_synthetic: bool
    people: Mapping[tuple[str, str, str], pd.DataFrame] = field(default_factory=dict)
    figures: Sequence[FigureSource] = ()
    findings: Sequence[Guarded] = ()

    def of(self, table: str, analysis_id: str) -> pd.DataFrame:
        """Rows of a result table that belong to one analysis."""
        rows = self.tables.get(table)
        if rows is None:
            return pd.DataFrame()
        return rows[rows["analysis_id"] == analysis_id]

    def variants(self, analysis_id: str) -> pd.DataFrame:
        """Ways of doing one analysis: the default first, for it is the answer."""
        rows = self.specs[self.specs["analysis_id"] == analysis_id]
        return rows.iloc[(rows["variant"] != "default").argsort(kind="stable")]

    def spec(self, analysis_id: str) -> pd.Series:
        """The leading way of doing an analysis."""
        return self.variants(analysis_id).iloc[0]
