"""Mutation burden as a covariate: a natural spline of log2(burden + 1), each gene's own mutations taken out.

Only a carrier's own value changes from gene to gene, so the spline is worked out once for everyone and again for
carriers. What does not belong here: the permutation null (`burden_null.py`).
"""

from dataclasses import dataclass

import numpy as np

from analytics.engine.arrays import FloatArray, IntArray
from analytics.scan.frame import ScanInputError

# Harrell (2001), Regression Modeling Strategies, table 2.3: quantiles of the knots
KNOT_QUANTILES = {
    3: (0.10, 0.50, 0.90),
    4: (0.05, 0.35, 0.65, 0.95),
    5: (0.05, 0.275, 0.50, 0.725, 0.95),
}


@dataclass(frozen=True)
class BurdenSpline:
    """Knots of a natural cubic spline on the scale of log2(burden + 1); fewer distinct knots give fewer columns."""

    knots: FloatArray

    @property
    def n_columns(self) -> int:
        return max(len(self.knots) - 1, 1)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"burden_spline_{k + 1}" for k in range(self.n_columns))

    def basis(self, burden: FloatArray) -> FloatArray:
        """(n,) burdens -> (n, knots - 1): the value itself and the restricted cubic terms.

        Linear beyond the outer knots (Harrell 2001, section 2.4.5); the columns span the same space as R's
        splines::ns with these knots, without its intercept.
        """
        x = np.log2(np.asarray(burden, dtype=np.float64) + 1.0)
        columns = [x]
        if len(self.knots) > 2:
            first, before, last = self.knots[0], self.knots[-2], self.knots[-1]
            scale = (last - first) ** 2
            for knot in self.knots[:-2]:
                left = (last - knot) / (last - before) * _cube(x - before)
                right = (before - knot) / (last - before) * _cube(x - last)
                columns.append((_cube(x - knot) - left + right) / scale)
        return np.column_stack(columns)


def _cube(x: FloatArray) -> FloatArray:
    return np.maximum(x, 0.0) ** 3


def fit_burden_spline(burden: FloatArray, n_knots: int = 4) -> BurdenSpline:
    """Knots at Harrell's quantiles of log2(burden + 1) of the patients given (n,; finite, not negative).

    Heavily tied burdens can put two knots in one place: they count once, and with fewer than three the burden enters
    linearly. Raises ScanInputError when n_knots is not 3, 4 or 5.
    """
    if n_knots not in KNOT_QUANTILES:
        raise ScanInputError(f"The burden spline takes 3, 4 or 5 knots, not {n_knots}.")
    knots = np.unique(np.quantile(np.log2(burden + 1.0), KNOT_QUANTILES[n_knots]))
    return BurdenSpline(knots if len(knots) >= 3 else knots[:1])


def burden_without_gene(burden: FloatArray, own: FloatArray) -> FloatArray:
    """Carriers' burdens with the gene's own mutations removed, never below zero."""
    return np.maximum(burden - own, 0.0)


def percentile_in_group(values: FloatArray, group: IntArray) -> FloatArray:
    """(n,) mean rank of each value among its group's known values, in per cent (0 < x <= 100); NaN where unknown.

    Rates of unlike assays have no common scale; ranks within cohort x cancer type x panel have one.
    """
    out = np.full(len(values), np.nan)
    for code in np.unique(group):
        inside = np.flatnonzero((group == code) & np.isfinite(values))
        out[inside] = _percentile(np.sort(values[inside]), values[inside])
    return out


def percentile_without_own(
    values: FloatArray, group: IntArray, patient: IntArray, own: FloatArray
) -> FloatArray:
    """(nnz,) percentile of carrier `patient` in its group if it had `own` mutations fewer and the others as many."""
    out = np.full(len(patient), np.nan)
    group_of = group[patient]
    for code in np.unique(group_of):
        inside = np.flatnonzero((group_of == code) & np.isfinite(values[patient]))
        full = values[patient[inside]]
        reduced = np.maximum(full - own[inside], 0.0)
        of_group = np.sort(values[(group == code) & np.isfinite(values)])
        # The carrier's own value leaves the ranking and its reduced one enters it.
        below = np.searchsorted(of_group, reduced, side="left")
        equal = np.searchsorted(of_group, reduced, side="right") - below + (reduced < full)
        out[inside] = 100.0 * (below + (equal + 1) / 2.0) / len(of_group)
    return out


def _percentile(ordered: FloatArray, values: FloatArray) -> FloatArray:
    below = np.searchsorted(ordered, values, side="left")
    equal = np.searchsorted(ordered, values, side="right") - below
    return np.asarray(100.0 * (below + (equal + 1) / 2.0) / len(ordered))
