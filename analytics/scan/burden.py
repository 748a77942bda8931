"""Mutation burden as a covariate: a natural spline of log2(burden + 1), each gene's own mutations taken out.

Only a carrier's own value changes from gene to gene, so the spline is worked out once for everyone and again for
carriers. What does not belong here: the permutation null (`burden_null.py`).
"""

from dataclasses import dataclass

import numpy as np

from analytics.scan.frame import FloatArray, ScanInputError

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
