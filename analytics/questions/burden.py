"""Mutation burden as a covariate: what a model of a gene is adjusted for."""

from __future__ import annotations

import numpy as np
import pandas as pd

#: Columns that :func:`add_burden` needs.
BURDEN_COLUMNS = frozenset(
    {"n_nonsynonymous", "n_mutations", "denominator_mb", "assay_kind", "cohort_id", "panel_id", "cancer_type"}
)


def add_burden(frame: pd.DataFrame) -> pd.DataFrame:
    """Add ``burden``: mutation burden with the gene's own mutations taken out, measured among the rows given.

    One assay with a known size: log2(mutations per Mb + 1). Otherwise the percentile within cohort x
    panel x cancer type, because rates of unlike assays cannot be compared (field notes, TMB).

    Parameters
    ----------
    frame : with ``n_nonsynonymous`` (all counted non-synonymous calls of the sample), ``n_mutations``
        (the gene's own), ``denominator_mb``, ``assay_kind``, ``cohort_id``, ``panel_id``, ``cancer_type``.
    """
    rows = frame.copy()
    others = (rows["n_nonsynonymous"] - rows["n_mutations"].fillna(0)).astype(float)
    measured = rows[others.notna()]
    one_assay = measured["assay_kind"].nunique() <= 1 and measured["denominator_mb"].notna().all()
    if one_assay:
        rows["burden"] = np.log2(others / rows["denominator_mb"].astype(float) + 1.0)
        rows["burden_definition"] = "log2(non-synonymous mutations per Mb without the gene's own + 1)"
    else:
        groups = [rows["cohort_id"], rows["panel_id"].fillna(""), rows["cancer_type"].fillna("")]
        rows["burden"] = others.groupby(groups).rank(pct=True)
        rows["burden_definition"] = (
            "percentile within cohort x panel x cancer type, without the gene's own mutations"
        )
    return rows
