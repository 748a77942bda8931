"""The computed statistic that a claim is checked with, chosen by analysis, estimate key and variant.

Belongs here: the shape of a result row and the look-up. Does not belong here: computing and comparing.

Estimate keys are `<endpoint>.<estimator>[.<group>]`, e.g. os.cox_univariable, os.log_rank, os.median.mutated,
orr.rate.wild_type, flow.n_mutated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from analytics.claims.model import ClaimDataError, PublishedClaim

AS_PUBLISHED = "as_published"
DEFAULT = "default"
RESULT_COLUMNS = (
    "analysis_id", "variant", "stat_id", "estimator", "estimate_key", "n", "n_mutated", "events",
    "estimate", "ci_low", "ci_high", "p",
)  # fmt: skip
# Where medians come as columns beside a test and not as rows of their own.
_MEDIAN_CARRIERS = ("log_rank", "cox_univariable")


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
    n_mutated: int | None = None
    events: int | None = None
    p_stat_id: str = ""
    p_estimator: str = ""


def _real(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)


def _whole(value: Any) -> int | None:
    return None if value is None or pd.isna(value) else int(value)


def _statistic(row: dict[str, Any]) -> ComputedStatistic:
    return ComputedStatistic(
        stat_id=str(row["stat_id"]),
        estimator="" if pd.isna(row["estimator"]) else str(row["estimator"]),
        estimate=_real(row["estimate"]),
        ci_low=_real(row["ci_low"]),
        ci_high=_real(row["ci_high"]),
        p=_real(row["p"]),
        n=_whole(row["n"]),
        n_mutated=_whole(row["n_mutated"]),
        events=_whole(row["events"]),
        p_stat_id=str(row["stat_id"]) if _real(row["p"]) is not None else "",
    )


class StatisticIndex:
    """Result rows by (analysis_id, variant, estimate_key); ClaimDataError on a missing column or a repeat."""

    def __init__(self, results: pd.DataFrame) -> None:
        self._rows: dict[tuple[str, str, str], dict[str, Any]] = {}
        if results.empty:
            return
        missing = [column for column in RESULT_COLUMNS if column not in results.columns]
        if missing:
            raise ClaimDataError(
                f"The results lack the column(s) {', '.join(missing)}; give every statistic the columns of "
                f"RESULT_COLUMNS (a hazard ratio goes under estimate)."
            )
        for row in results.to_dict("records"):
            key = (str(row["analysis_id"]), str(row["variant"]), str(row["estimate_key"]))
            if key in self._rows:
                raise ClaimDataError(
                    f"Two results carry the name {' / '.join(key)} (stat_id {self._rows[key]['stat_id']} and "
                    f"{row['stat_id']}); a claim cannot choose, so give them different estimate keys."
                )
            self._rows[key] = {str(name): value for name, value in row.items()}

    def find(self, claim: PublishedClaim, variant: str) -> ComputedStatistic | None:
        """The statistic that the claim names, its P from `p_estimate_key` where the claim declares one."""
        row = self._rows.get((claim.analysis_id, variant, claim.estimate_key))
        found = self._median(claim, variant) if row is None else _statistic(row)
        if found is None or not claim.p_is_of_another_test:
            return found
        p_row = self._rows.get((claim.analysis_id, variant, claim.p_estimate_key))
        if p_row is None:
            return replace(found, p=None, p_stat_id="")
        p_found = _statistic(p_row)
        return replace(found, p=p_found.p, p_stat_id=p_found.stat_id, p_estimator=p_found.estimator)

    def _median(self, claim: PublishedClaim, variant: str) -> ComputedStatistic | None:
        """A median from the columns median_<group> of the log-rank or Cox row of the same endpoint.

        Both medians absent means that the row carries none; one absent means not reached.
        """
        endpoint, _, rest = claim.estimate_key.partition(".")
        estimator, _, group = rest.partition(".")
        if estimator != "median":
            return None
        for carrier in _MEDIAN_CARRIERS:
            row = self._rows.get((claim.analysis_id, variant, f"{endpoint}.{carrier}"), {})
            medians = {name: _real(value) for name, value in row.items() if name.startswith("median_")}
            if f"median_{group}" in medians and any(v is not None for v in medians.values()):
                value = medians[f"median_{group}"]
                return replace(
                    _statistic(row),
                    estimator="Kaplan-Meier", estimate=math.inf if value is None else value,
                    ci_low=None, ci_high=None, p=None, p_stat_id="",
                )  # fmt: skip
        return None
