"""What the REMARK items are answered from: the leading survival analysis, who is in it, and all statistics."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analytics.engine.numbers import count
from analytics.errors import AnalysisError
from analytics.report.material import Material
from analytics.report.spec import ReportSpec
from analytics.results.statistic import AnyStatistic
from analytics.survival.curves.kaplan_meier import kaplan_meier


@dataclass(frozen=True)
class Evidence:
    """What the items are answered from: the leading survival analysis, its members, and all statistics."""

    spec: ReportSpec
    material: Material
    analysis_id: str
    variant: str
    members: pd.DataFrame
    stats: Sequence[AnyStatistic]

    def rows(self, *keys: str) -> list[AnyStatistic]:
        """Statistics over all members whose key ends in one of ``keys``, default way only."""
        return [
            row
            for row in self.stats
            if row.cohort_id is None and row.name.variant == "default" and row.key.rsplit(".", 1)[-1] in keys
        ]

    def known(self, column: str) -> int:
        return int(self.members[column].notna().sum()) if column in self.members else 0

    def commonest(self, column: str, most: int = 4) -> str:
        """``PD-1/PD-L1 300, CTLA-4 81``."""
        counts = self.members[column].dropna().value_counts()
        named = [f"{name} {count(n)}" for name, n in counts.head(most).items()]
        rest = int(counts.iloc[most:].sum())
        return ", ".join([*named, f"others {count(rest)}"] if rest else named)


def gather(spec: ReportSpec, material: Material) -> Evidence:
    """Evidence about the first analysis of the lead that has survival times, else about the first of all."""
    leads = [lead.analysis for lead in spec.lead]
    of_survival = [name for name in leads if len(material.of("survival_stats", name))]
    analysis_id = (of_survival or leads or spec.analyses())[0]
    own = material.spec(analysis_id)
    endpoint, variant = own.first_endpoint, own.variant
    members = next(
        (
            frame
            for (name, way, of), frame in material.people.items()
            if name == analysis_id and way == variant and (of == endpoint or not endpoint)
        ),
        pd.DataFrame({"status": pd.Series(dtype="string")}),
    )
    return Evidence(spec, material, analysis_id, variant, members, material.statistics)


def median_follow_up(members: pd.DataFrame) -> str | None:
    """Median follow-up with events and censoring exchanged (Schemper and Smith 1996)."""
    if "time_months" not in members or members["time_months"].notna().sum() == 0:
        return None
    rows = members.dropna(subset=["time_months", "event"])
    rows = rows.assign(event=~rows["event"].astype(bool))
    try:
        median = kaplan_meier(rows[["time_months", "event"]]).curves[0].median.months
    except AnalysisError:
        return None
    return f"{median:.1f} months" if math.isfinite(median) else "not reached"
