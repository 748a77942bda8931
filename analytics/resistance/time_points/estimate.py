"""Statistics of expression over time: every feature in every group of patients, cohort by cohort.

Belongs here: keys and families of tests. The test itself is in `paired_change`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from analytics.engine.multiplicity import benjamini_hochberg
from analytics.resistance.estimators import HODGES_LEHMANN_PAIRED
from analytics.resistance.rows import PairRows
from analytics.resistance.tables import PairStatistic
from analytics.resistance.time_points.paired_change import paired_change
from analytics.results.statistic import Counts

_KEYS = ["cohort_id", "patient_id"]


def change_statistics(
    rows: PairRows, values: pd.DataFrame, groups: Mapping[str, pd.Series], later: str
) -> list[PairStatistic]:
    """Paired change of every feature in every group of patients.

    Parameters
    ----------
    values : one row a feature and patient (cohort_id, patient_id, feature, unit, first, second).
    groups : label -> boolean over the members.
    later : role of the later sample, part of the key.

    Cohorts are never put together: units and platforms differ. q is over the features of one cohort and group.
    """
    found: list[PairStatistic] = []
    for cohort_id, of_cohort in values.groupby("cohort_id", sort=True):
        in_cohort = rows.members["cohort_id"] == cohort_id
        for label, is_in in groups.items():
            within = replace(rows, members=rows.members[is_in & in_cohort])
            batch = [
                _change(within, str(cohort_id), label, str(feature), pairs, later)
                for feature, pairs in of_cohort.groupby("feature", sort=True)
            ]
            p = np.array([np.nan if row.p is None else row.p for row in batch], dtype=np.float64)
            found += [replace(row, q=float(q)) for row, q in zip(batch, benjamini_hochberg(p), strict=True)]
    return found


def not_measured(
    rows: PairRows, later: str, feature: str | None, cohort_id: str | None, why: str
) -> PairStatistic:
    """The row of a feature, or of the whole question, that could not be looked at."""
    key = f"change.{later}" if feature is None else f"change.{later}.{feature}.all"
    row = rows.row(key, HODGES_LEHMANN_PAIRED, Counts(n=0), feature=feature, cohort_id=cohort_id)
    return row.warned(why)


def _change(
    rows: PairRows, cohort_id: str, label: str, feature: str, pairs: pd.DataFrame, later: str
) -> PairStatistic:
    known = pairs.dropna(subset=["first", "second"])
    keys = pd.MultiIndex.from_frame(rows.members[_KEYS])
    kept = known[pd.MultiIndex.from_frame(known[_KEYS]).isin(keys)]
    measured = rows.members.index[keys.isin(pd.MultiIndex.from_frame(kept[_KEYS]))]
    name = rows.row_set(f"{label}, measured for {feature}", measured)
    change = paired_change(kept["first"].to_numpy(float), kept["second"].to_numpy(float))
    row = rows.row(
        f"change.{later}.{feature}.{label}", HODGES_LEHMANN_PAIRED, Counts(group_label=label, n=change.n),
        row_set=name, unit=str(pairs["unit"].iloc[0]), feature=feature, cohort_id=cohort_id,
    )  # fmt: skip
    return replace(
        row,
        estimate=change.change,
        ci_low=change.ci_low,
        ci_high=change.ci_high,
        p=change.p,
        p_method=change.method or None,
        median_first=change.median_first,
        median_second=change.median_second,
    ).warned(f"No test: {change.reason}." if change.reason else "")
