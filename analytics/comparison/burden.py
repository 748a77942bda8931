"""Mutation and neoantigen burden by gene status, never across unlike assays or cancer types.

Within each assay x cancer type the Wilcoxon test; over all of them van Elteren's stratified test, which
compares people with people of their own stratum only. What does NOT belong here: the burden itself (the
warehouse's `burdens`, with assay, numerator and denominator) and what a burden does to survival.

Sources: van Elteren 1960; Lehmann 1975, section 3.3 (stratified rank-sum test and its tie correction).
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from analytics.engine.arrays import FloatArray
from analytics.immune.rank_statistics import cliffs_delta

MIN_STRATUM: Final = 2


def van_elteren(
    values: FloatArray, status: npt.NDArray[np.bool_], strata: pd.Series
) -> tuple[float, float, float, int]:
    """Stratified Wilcoxon test: (z, two-sided p, weighted Cliff's delta, informative strata).

    Rank sums are weighted by 1 / (N_s + 1), which is best when the shift is the same everywhere; the
    variance is corrected for ties, the normal approximation has no continuity correction. NaN without an
    informative stratum.
    """
    above = variance = weighted_delta = weight_sum = 0.0
    informative = 0
    for code in np.unique(pd.factorize(strata)[0]):
        inside = pd.factorize(strata)[0] == code
        x, y = values[inside & status], values[inside & ~status]
        m, n = len(x), len(y)
        total = m + n
        if min(m, n) == 0 or total < MIN_STRATUM or np.ptp(np.concatenate([x, y])) == 0.0:
            continue
        informative += 1
        rank = stats.rankdata(np.concatenate([x, y]))
        weight = 1.0 / (total + 1.0)
        above += weight * (rank[:m].sum() - m * (total + 1) / 2.0)
        variance += weight**2 * m * n * rank.var(ddof=1) / total
        share = weight * m * n
        weighted_delta += share * cliffs_delta(x, y).estimate
        weight_sum += share
    if informative == 0:
        return float("nan"), float("nan"), float("nan"), 0
    z = float(above / np.sqrt(variance))
    return z, float(2 * stats.norm.sf(abs(z))), float(weighted_delta / weight_sum), informative
