"""Statistics of pairs under regular names: where they are made, and of whom."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from analytics.resistance.shares import Share
from analytics.resistance.tables import PairStatistic
from analytics.results.estimator import Estimator
from analytics.results.row_sets import RowSets
from analytics.results.statistic import Counts, Scope
from analytics.survival.estimators import COUNT


@dataclass(frozen=True)
class PairRows:
    """Makes the statistics of one way of doing an analysis and endpoint over its members."""

    scope: Scope
    sets: RowSets
    members: pd.DataFrame

    def row_set(self, name: str, kept: pd.Index) -> str:
        """Remember a row set among the members; returns its name."""
        return self.sets.named(name, kept, self.members.index)

    def row(
        self,
        key: str,
        estimator: Estimator,
        counts: Counts,
        *,
        row_set: str | None = None,
        unit: str | None = None,
        feature: str | None = None,
        cohort_id: str | None = None,
    ) -> PairStatistic:
        """A statistic without its numbers."""
        return PairStatistic(
            name=self.scope.of_cohort(cohort_id).name(key),
            estimator=estimator.key,
            scale=estimator.scale,
            feature=feature,
            row_set=row_set,
            counts=counts,
            unit=unit,
        )

    def flow(self, key: str, unit: str) -> PairStatistic:
        """`flow.<key>`: how many members there are; null with a warning when there is nobody."""
        n = len(self.members)
        row = self.row(f"flow.{key}", COUNT, Counts(group_label="all", n=n), row_set="members", unit=unit)
        return replace(row, estimate=float(n) if n else None).warned("" if n else "There is nobody to count.")


def with_share(row: PairStatistic, of: Share) -> PairStatistic:
    """The row with a share, its interval and its counts."""
    return replace(
        row,
        estimate=of.estimate,
        ci_low=of.ci_low,
        ci_high=of.ci_high,
        numerator=of.numerator,
        denominator=of.denominator,
    ).warned(*of.warnings)


def without_counts(row: PairStatistic) -> PairStatistic:
    """The same where nobody was counted, which is not a count of nobody."""
    labels = Counts(group_label=row.counts.group_label, reference_label=row.counts.reference_label)
    return replace(row, counts=labels, numerator=None, denominator=None)
