"""Result rows of expression over time: every feature in every group of patients, cohort by cohort.

Belongs here: keys and families of tests. The test itself is in `time_points`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from analytics.immune.comparisons import benjamini_hochberg
from analytics.resistance.time_points import paired_change
from analytics.results.rows import ResultRows

_KEYS = ["cohort_id", "patient_id"]


def change_rows(
    rows: ResultRows,
    values: pd.DataFrame,
    members: pd.DataFrame,
    groups: Mapping[str, pd.Series],
    later: str,
) -> list[dict[str, Any]]:
    """Paired change of every feature in every group of patients.

    Parameters
    ----------
    values : one row a feature and patient (cohort_id, patient_id, feature, unit, first, second).
    groups : label -> boolean over `members`.
    later : role of the later sample, part of the key.

    Cohorts are never put together: units and platforms differ. q is over the features of one cohort and group.
    """
    found: list[dict[str, Any]] = []
    for cohort_id, of_cohort in values.groupby("cohort_id", sort=True):
        in_cohort = members["cohort_id"] == cohort_id
        for label, is_in in groups.items():
            batch = [
                _change(rows, str(cohort_id), label, str(feature), pairs, members[is_in & in_cohort], later)
                for feature, pairs in of_cohort.groupby("feature", sort=True)
            ]
            p = np.array([np.nan if row["p"] is None else row["p"] for row in batch], dtype=np.float64)
            for row, q in zip(batch, benjamini_hochberg(p), strict=True):
                row["q"] = None if np.isnan(q) else float(q)
            found += batch
    return found


def _change(
    rows: ResultRows, cohort_id: str, label: str, feature: str, pairs: pd.DataFrame, members: pd.DataFrame,
    later: str,
) -> dict[str, Any]:  # fmt: skip
    known = pairs.dropna(subset=["first", "second"])
    keys = pd.MultiIndex.from_frame(members[_KEYS])
    kept = known[pd.MultiIndex.from_frame(known[_KEYS]).isin(keys)]
    measured = members.index[keys.isin(pd.MultiIndex.from_frame(kept[_KEYS]))]
    name = rows.row_set(f"{label}, measured for {feature}", measured, members.index)
    change = paired_change(kept["first"].to_numpy(float), kept["second"].to_numpy(float))
    batch: list[dict[str, Any]] = []
    rows.add(
        batch, f"change.{later}.{feature}.{label}", cohort_id,
        {"estimator": "Hodges-Lehmann, paired", "feature": feature, "row_set": name, "n": change.n,
         "group_label": label, "unit": str(pairs["unit"].iloc[0]), "estimate": change.change, "ci_low": change.ci_low,
         "ci_high": change.ci_high, "p": change.p, "p_method": change.method, "median_first": change.median_first,
         "median_second": change.median_second, "warnings": change.reason and f"No test: {change.reason}."},
    )  # fmt: skip
    return batch[0]
