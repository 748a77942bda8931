"""What a report is made from: frames as the published file has them, and figures as bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from analytics.results.records import RunRecord, SpecRecord
from analytics.results.statistic import AnyStatistic, InteractionStatistic

#: Columns of a file's rows behind a statistic.
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
    specs, flow : what the report's analyses ask, and rows of ``stats.analysis_flow``.
    tables : result table -> its rows of these analyses; tables of named statistics have ``stat_id``.
    statistics : all their named statistics, with the keys of ``behind``; interactions : those with a verdict or a
        ratio of hazard ratios.
    comments : table -> column -> what it means, as the published file says.
    claims : rows of ``stats.claim_checks`` with ``description`` of the printed number.
    scans, scan_flow, scan_rows : the scans, who is in them, and the gene's row in each.
    people : (analysis, variant, endpoint) -> members with their characteristics.
    behind : from names of statistics to their rows by role and file: ``stat_id``, then :data:`FILE_COLUMNS`.
    files : address, member, sha256, licence, cohort_id of every source file behind.
    cohorts : rows of ``marts.cohorts`` of the analyses.
    """

    specs: Sequence[SpecRecord]
    flow: pd.DataFrame
    tables: Mapping[str, pd.DataFrame]
    statistics: Sequence[AnyStatistic]
    interactions: Sequence[InteractionStatistic]
    comments: Mapping[str, Mapping[str, str]]
    claims: pd.DataFrame
    scans: pd.DataFrame
    scan_flow: pd.DataFrame
    scan_rows: pd.DataFrame
    behind: Callable[[Sequence[str]], pd.DataFrame]
    files: pd.DataFrame
    cohorts: pd.DataFrame
    run: RunRecord | None
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

    def variants(self, analysis_id: str) -> list[SpecRecord]:
        """Ways of doing one analysis: the default first, for it is the answer."""
        own = [spec for spec in self.specs if spec.analysis_id == analysis_id]
        return sorted(own, key=lambda spec: spec.variant != "default")

    def spec(self, analysis_id: str) -> SpecRecord:
        """The leading way of doing an analysis."""
        return self.variants(analysis_id)[0]
