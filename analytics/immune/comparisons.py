"""Immune features (or burdens, or expression) between two groups: one row per feature, one family of tests.

Each row has sizes, medians and their difference, the Wilcoxon test, the Hodges-Lehmann shift, Cliff's delta
with intervals, and a q-value over the family. A feature that cannot be tested is a row with a reason.
What does NOT belong here: who is in which group (the caller's gene status) and survival.

Sources: Mann & Whitney 1947; Hodges & Lehmann 1963; Cliff 1993, Feng & Cliff 2004; Benjamini & Hochberg 1995.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.engine.arrays import FloatArray
from analytics.engine.multiplicity import benjamini_hochberg
from analytics.engine.numbers import count
from analytics.errors import EmptyGroupError, InvalidColumnError, InvalidSettingError, NoRowsError
from analytics.immune.rank_statistics import cliffs_delta, hodges_lehmann, mann_whitney

NUMBERS: Final = (
    "median_case", "median_reference", "median_difference", "u_statistic", "p", "q_bh", "hodges_lehmann",
    "hodges_lehmann_ci_low", "hodges_lehmann_ci_high", "cliffs_delta", "cliffs_delta_ci_low",
    "cliffs_delta_ci_high",
)  # fmt: skip


def compare_two_groups(
    features: pd.DataFrame,
    is_case: pd.Series,
    *,
    case_label: str = "mutated",
    reference_label: str = "wild-type",
    family: str = "immune features",
    strata: pd.Series | None = None,
    min_per_group: int = 3,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compare every column of `features` (one row per sample, numbers) between cases and the reference.

    `is_case` is boolean on the same index; samples where it is missing (not profiled) are in neither group.
    With `strata` (same index) every feature is compared within every stratum. q-values (`q_bh`,
    Benjamini-Hochberg) run over all rows of the answer that have a p: that is the family.

    Gives columns family, stratum, feature, case_label, reference_label, n_case, n_reference, n_missing,
    method, the numbers of NUMBERS, and `reason` (None, or why there is no test).

    Raises InvalidColumnError (a feature is not numeric, the index repeats, `is_case` is not boolean),
    EmptyGroupError (no sample in a group), NoRowsError (no feature), InvalidSettingError (level, size).
    """
    _check_settings(confidence, min_per_group)
    values, case = _aligned(features, is_case)
    blocks = _strata_blocks(strata, values.index)
    records = []
    for stratum, inside in blocks:
        for name in values.columns:
            column = values[name].to_numpy(dtype=np.float64)[inside]
            known = np.isfinite(column)
            here = case[inside]
            record = _compare_one(column[known & here], column[known & ~here], min_per_group, confidence)
            records.append(
                {"stratum": stratum, "feature": str(name), "n_missing": int((~known).sum()), **record}
            )
    table = pd.DataFrame.from_records(records)
    table["family"] = family
    table["case_label"] = case_label
    table["reference_label"] = reference_label
    table["q_bh"] = benjamini_hochberg(table["p"].to_numpy(dtype=np.float64))
    front = ["family", "stratum", "feature", "case_label", "reference_label", "n_case", "n_reference"]
    return table[[*front, "n_missing", "method", *NUMBERS, "reason"]]


def _check_settings(confidence: float, min_per_group: int) -> None:
    if not 0.0 < confidence < 1.0:
        raise InvalidSettingError(f"Interval level {confidence} is not between 0 and 1: use 0.95 for 95 %.")
    if min_per_group < 2:
        raise InvalidSettingError(
            f"min_per_group is {min_per_group}: a comparison needs at least 2 per group."
        )


def _aligned(features: pd.DataFrame, is_case: pd.Series) -> tuple[pd.DataFrame, npt.NDArray[np.bool_]]:
    if features.shape[1] == 0:
        raise NoRowsError("The feature table has no column: give one column per feature.")
    if features.index.has_duplicates or is_case.index.has_duplicates:
        raise InvalidColumnError("A sample appears twice in the index: keep one row per sample.")
    text = [str(name) for name in features if not pd.api.types.is_numeric_dtype(features[name])]
    if text:
        raise InvalidColumnError(f"Feature '{text[0]}' is not numeric: convert it or leave it out.")
    known = is_case.reindex(features.index).dropna()
    if not bool(known.isin([True, False]).all()):
        raise InvalidColumnError("The group is not true/false: turn the status into a boolean first.")
    case = known.astype(bool).to_numpy()
    if case.all() or not case.any():
        group = "reference" if len(case) and case.all() else "case"
        raise EmptyGroupError(
            f"No sample with features is in the {group} group: check the sample identifiers."
        )
    return features.loc[known.index], case


def _strata_blocks(strata: pd.Series | None, index: pd.Index) -> list[tuple[str, npt.NDArray[np.bool_]]]:
    if strata is None:
        return [("all", np.ones(len(index), dtype=bool))]
    labels = strata.reindex(index)
    levels = sorted(map(str, labels.dropna().unique()))
    return [(level, (labels.astype(str) == level).to_numpy()) for level in levels]


def _compare_one(
    case: FloatArray, reference: FloatArray, min_per_group: int, confidence: float
) -> dict[str, object]:
    record: dict[str, object] = dict.fromkeys(NUMBERS, float("nan"))
    record.update(n_case=len(case), n_reference=len(reference), method=None, reason=None)
    if len(case):
        record["median_case"] = float(np.median(case))
    if len(reference):
        record["median_reference"] = float(np.median(reference))
    if min(len(case), len(reference)) < min_per_group:
        record["reason"] = (
            f"too few samples: {count(len(case))} case(s) and {count(len(reference))} reference(s), "
            f"{min_per_group} of each are needed"
        )
        return record
    record["median_difference"] = float(np.median(case)) - float(np.median(reference))
    if np.ptp(np.concatenate([case, reference])) == 0.0:
        record["reason"] = f"the feature is constant ({case[0]:g} in every sample)"
        return record
    test = mann_whitney(case, reference)
    shift = hodges_lehmann(case, reference, confidence)
    delta = cliffs_delta(case, reference, confidence)
    record.update(
        method=test.method,
        u_statistic=test.u,
        p=test.p,
        hodges_lehmann=shift.estimate,
        hodges_lehmann_ci_low=shift.ci_low,
        hodges_lehmann_ci_high=shift.ci_high,
        cliffs_delta=delta.estimate,
        cliffs_delta_ci_low=delta.ci_low,
        cliffs_delta_ci_high=delta.ci_high,
    )
    return record
