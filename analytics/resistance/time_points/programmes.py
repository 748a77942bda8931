"""Expression of the two samples of a pair as features: single genes, and programmes as the mean z-score of their genes.

Belongs here: scale and score. The test of change is in `time_points`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

#: A programme is scored when this share of its genes is measured in the cohort.
MIN_COVERAGE: Final = 0.8


def expression_features(
    pairs: pd.DataFrame, genes: Sequence[str], programmes: Mapping[str, Sequence[str]]
) -> tuple[pd.DataFrame, dict[tuple[str, str], str]]:
    """One row a feature and patient: cohort_id, patient_id, feature, unit, first, second; and what is left out, why.

    Parameters
    ----------
    pairs : one row a gene and patient: cohort_id, patient_id, hugo_symbol, unit, first, second. Values whose unit does
        not begin with log2 are taken as log2(value + 1).
    programmes : name -> genes. The score is the mean over the measured genes of (value - mean) / standard deviation,
        both over all samples of the pairs of the cohort, so that it is never compared between cohorts.

    Returns
    -------
    The features, and (cohort, feature) -> reason for programmes with less than 80 % of their genes.
    """
    rows = pairs.copy()
    is_log = rows["unit"].fillna("").astype(str).str.lower().str.startswith("log2")
    for which in ("first", "second"):
        values = rows[which].astype(float)
        logged = pd.Series(np.log2(values.to_numpy().clip(min=0.0) + 1.0), index=rows.index)
        rows[which] = values.where(is_log, logged)
    rows["unit"] = (
        rows["unit"].fillna("").astype(str).where(is_log, "log2(" + rows["unit"].fillna("value") + " + 1)")
    )
    keys = ["cohort_id", "patient_id"]
    parts = [
        rows[rows["hugo_symbol"].isin(list(genes))].rename(columns={"hugo_symbol": "feature"})[
            [*keys, "feature", "unit", "first", "second"]
        ]
    ]
    left_out: dict[tuple[str, str], str] = {}
    for name, wanted in programmes.items():
        for cohort_id, cohort in rows[rows["hugo_symbol"].isin(list(wanted))].groupby("cohort_id"):
            n_found = cohort["hugo_symbol"].nunique()
            if n_found < MIN_COVERAGE * len(set(wanted)):
                left_out[(str(cohort_id), name)] = (
                    f"{n_found} of {len(set(wanted))} genes of {name} are measured: under {100 * MIN_COVERAGE:.0f} %."
                )
                continue
            parts.append(_scored(cohort, name)[[*keys, "feature", "unit", "first", "second"]])
    return pd.concat(parts, ignore_index=True), left_out


def _scored(cohort: pd.DataFrame, name: str) -> pd.DataFrame:
    long = pd.concat(
        [cohort[["hugo_symbol", which]].set_axis(["gene", "value"], axis=1) for which in ("first", "second")]
    )
    moments = long.groupby("gene")["value"].agg(["mean", "std"])
    moments = moments[moments["std"] > 0]
    kept = cohort[cohort["hugo_symbol"].isin(moments.index)].copy()
    at = kept["hugo_symbol"]
    for which in ("first", "second"):
        kept[which] = (kept[which] - at.map(moments["mean"])) / at.map(moments["std"])
    means = kept.groupby(["cohort_id", "patient_id"], as_index=False)[["first", "second"]].mean()
    return means.assign(feature=name, unit="mean z-score of log2 expression")
