"""The computed statistic that a claim is checked with, chosen by analysis, estimate key and variant.

Computing and comparing do not belong here. Estimate keys are `<endpoint>.<estimator>[.<group>]`, e.g.
os.cox_univariable, os.log_rank, os.median.mutated, orr.rate.wild_type, flow.n_mutated.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from analytics.claims.model import ClaimDataError, PublishedClaim
from analytics.results.statistic import AnyStatistic

AS_PUBLISHED = "as_published"
DEFAULT = "default"
# Where medians come as columns beside a test and not as rows of their own.
_MEDIAN_CARRIERS = ("log_rank", "cox_univariable")
#: Change over time is never put together over cohorts, so that its keys name the cohort.
_BY_COHORT = "change."


@dataclass(frozen=True)
class ComputedStatistic:
    """One statistic of the warehouse; None where it has no such part."""

    stat_id: str
    estimator: str = ""
    estimate: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    p: float | None = None
    n: int | None = None
    n_in_group: int | None = None
    group_label: str | None = None
    events: int | None = None
    p_stat_id: str = ""
    p_estimator: str = ""


def _computed(row: AnyStatistic) -> ComputedStatistic:
    return ComputedStatistic(
        stat_id=row.name.stat_id,
        estimator=row.estimator or "",
        estimate=row.estimate,
        ci_low=row.ci_low,
        ci_high=row.ci_high,
        p=row.p,
        n=row.counts.n,
        n_in_group=row.counts.n_in_group,
        group_label=row.counts.group_label,
        events=row.counts.events,
        p_stat_id=row.name.stat_id if row.p is not None else "",
    )


class StatisticIndex:
    """Statistics over all members by (analysis_id, variant, estimate_key); ClaimDataError on a repeat."""

    def __init__(self, results: Iterable[AnyStatistic]) -> None:
        self._rows: dict[tuple[str, str, str], AnyStatistic] = {}
        for row in results:
            name = row.name
            if name.cohort_id is not None and not row.key.startswith(_BY_COHORT):
                continue
            of_cohort = f"@{name.cohort_id}" if name.cohort_id else ""
            key = (name.analysis_id, name.variant, f"{row.key}{of_cohort}")
            if key in self._rows:
                raise ClaimDataError(
                    f"Two results carry the name {' / '.join(key)} (stat_id {self._rows[key].name.stat_id} and "
                    f"{name.stat_id}); a claim cannot choose, so give them different estimate keys."
                )
            self._rows[key] = row

    def names(self) -> Iterable[tuple[str, str, str]]:
        """(analysis_id, variant, estimate_key) of every statistic that a claim may name."""
        return self._rows.keys()

    def find(self, claim: PublishedClaim, variant: str) -> ComputedStatistic | None:
        """The statistic that the claim names, its P from `p_estimate_key` where the claim declares one."""
        row = self._rows.get((claim.analysis_id, variant, claim.estimate_key))
        found = self._median(claim, variant) if row is None else _computed(row)
        if found is None or not claim.p_is_of_another_test:
            return found
        p_row = self._rows.get((claim.analysis_id, variant, claim.p_estimate_key))
        if p_row is None:
            return replace(found, p=None, p_stat_id="")
        p_found = _computed(p_row)
        return replace(found, p=p_found.p, p_stat_id=p_found.stat_id, p_estimator=p_found.estimator)

    def _median(self, claim: PublishedClaim, variant: str) -> ComputedStatistic | None:
        """A median from the columns of the log-rank or Cox row of the same endpoint.

        Both medians absent means that the row carries none; one absent means not reached.
        """
        endpoint, _, rest = claim.estimate_key.partition(".")
        estimator, _, group = rest.partition(".")
        if estimator != "median":
            return None
        for carrier in _MEDIAN_CARRIERS:
            row = self._rows.get((claim.analysis_id, variant, f"{endpoint}.{carrier}"))
            if row is None or row.median_in_group is row.median_in_reference is None:
                continue
            value = {"mutated": row.median_in_group, "wild_type": row.median_in_reference}.get(group)
            if group in ("mutated", "wild_type"):
                return replace(
                    _computed(row),
                    estimator="Kaplan-Meier", estimate=math.inf if value is None else value,
                    ci_low=None, ci_high=None, p=None, p_stat_id="",
                )  # fmt: skip
        return None
