"""How often a gene is mutated in each cancer type, of those in whom it was looked at."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analytics.estimates import cancer_type_key
from analytics.response.rates import exact_rate
from analytics.result_rows import ResultRows

#: Fewer people than this make no row of their own.
MIN_PROFILED = 10


def frequencies_by_cancer_type(rows: ResultRows, members: pd.DataFrame, gene: str) -> list[dict[str, Any]]:
    """Rows of ``stats.frequency_stats``: share mutated with the exact (Clopper-Pearson) interval, commonest first.

    Parameters
    ----------
    rows : remembers which members each share was counted on.
    members : profiled people with ``cancer_type`` and ``is_mutated``.
    """
    found: list[dict[str, Any]] = []
    for cancer_type, of_type in members.groupby("cancer_type"):
        if len(of_type) < MIN_PROFILED:
            continue
        share = exact_rate(int(of_type["is_mutated"].sum()), len(of_type))
        rows.add(
            found,
            f"mutated.share.{cancer_type_key(str(cancer_type))}",
            None,
            {
                "estimator": "clopper_pearson",
                "feature": gene,
                "group_label": str(cancer_type),
                "row_set": rows.row_set(f"cancer type {cancer_type}", of_type.index, members.index),
                "n": share.n,
                "n_mutated": share.n_yes,
                "numerator": share.n_yes,
                "denominator": share.n,
                "unit": "patients",
                "estimate": share.rate,
                "ci_low": share.ci_low,
                "ci_high": share.ci_high,
            },
        )
    return sorted(found, key=lambda row: -row["estimate"])
