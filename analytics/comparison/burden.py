"""Mutation and neoantigen burden by gene status, never across unlike assays or cancer types.

Within each assay x cancer type the Wilcoxon test; over all of them van Elteren's stratified test, which
compares people with people of their own stratum only. What does NOT belong here: the burden itself (the
warehouse's `burdens`, with assay, numerator and denominator) and what a burden does to survival.

Sources: van Elteren 1960; Lehmann 1975, section 3.3 (stratified rank-sum test and its tie correction).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from analytics.engine.arrays import FloatArray
from analytics.errors import InvalidColumnError, NoRowsError
from analytics.immune.comparisons import compare_two_groups
from analytics.immune.rank_statistics import cliffs_delta

MIN_STRATUM: Final = 2


@dataclass(frozen=True)
class BurdenComparison:
    """`within` has one Wilcoxon row per stratum; the rest is the stratified answer over all of them.

    `delta` is Cliff's delta averaged over informative strata with van Elteren's weights, from -1 to 1. NaN
    with a `reason` when no stratum has both groups.
    """

    within: pd.DataFrame
    z: float
    p: float
    delta: float
    n_mutated: int
    n_other: int
    n_strata: int
    n_informative_strata: int
    reason: str | None
    warnings: tuple[str, ...]


def compare_burden(
    burden: pd.Series,
    in_group: pd.Series,
    strata: pd.Series,
    *,
    name: str = "TMB (mut/Mb)",
    min_per_group: int = 3,
) -> BurdenComparison:
    """Compare a burden between mutated and other samples within `strata` (assay x cancer type).

    All three share an index of samples; a sample that lacks one of them is left out and counted. For a gene
    of interest take its own mutations out of the burden first, or it is compared with itself.

    Raises NoRowsError when nobody is left, and the errors of `compare_two_groups`.
    """
    frame = pd.DataFrame({"burden": burden, "status": in_group, "stratum": strata}, index=burden.index)
    complete = frame.dropna()
    if complete.empty:
        raise NoRowsError("No sample has burden, status and stratum: check the sample identifiers.")
    if not bool(complete["status"].isin([True, False]).all()):
        raise InvalidColumnError("The status is not true, false or missing: turn it into a boolean first.")
    status = complete["status"].astype(bool)
    within = compare_two_groups(
        complete[["burden"]].astype(float).rename(columns={"burden": name}),
        status,
        family=f"{name} by stratum",
        strata=complete["stratum"],
        min_per_group=min_per_group,
    )
    z, p, delta, informative = van_elteren(
        complete["burden"].to_numpy(float), status.to_numpy(), complete["stratum"]
    )
    n_left_out = len(frame) - len(complete)
    return BurdenComparison(
        within=within,
        z=z,
        p=p,
        delta=delta,
        n_mutated=int(status.sum()),
        n_other=int((~status).sum()),
        n_strata=int(complete["stratum"].nunique()),
        n_informative_strata=informative,
        reason=None if informative else "no stratum has both mutated and other samples with unequal burdens",
        warnings=(f"{n_left_out} samples without burden, status or stratum left out.",) if n_left_out else (),
    )


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


def percentile_within(values: pd.Series, strata: pd.Series) -> pd.Series:
    """Mid-rank percentile (0-100) of each value within its stratum: the only scale on which burdens of unlike
    assays may share a column. Missing where value or stratum is; a stratum of one is at 50.
    """
    known = values.notna() & strata.reindex(values.index).notna()
    groups = values[known].astype(float).groupby(strata.reindex(values.index)[known], observed=True)
    percentile = 100.0 * (groups.rank(method="average") - 0.5) / groups.transform("size")
    return percentile.reindex(values.index).rename("burden_percentile")
