"""Bootstrap samples as whole-number multiplicities, and percentile intervals of what they give.

What does NOT belong here: statistics of any kind.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from analytics.errors import InvalidColumnError, InvalidSettingError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

# Percentile bounds at 2.5 % rest on about 12 resamples each at 500; fewer is not an interval.
MIN_BOOTSTRAP: Final = 500


def check_bootstrap(n_bootstrap: int, resamples: IntArray | None, confidence: float) -> None:
    """Raise InvalidSettingError for fewer than 500 resamples (stored ones may be fewer) or a bad level."""
    if not 0.0 < confidence < 1.0:
        raise InvalidSettingError(f"Interval level {confidence} is not between 0 and 1: use 0.95 for 95 %.")
    if resamples is None and n_bootstrap < MIN_BOOTSTRAP:
        raise InvalidSettingError(
            f"{n_bootstrap} bootstrap samples are too few for an interval: use {MIN_BOOTSTRAP} or more."
        )


def bootstrap_counts(
    row: IntArray, n_bootstrap: int, seed: int, resamples: IntArray | None = None
) -> FloatArray:
    """Multiplicity of each person in each resample, shape [n_bootstrap, n], people in the order of `row`.

    `row` [n] are places in the caller's frame. `resamples` [n_bootstrap, n] are stored places in that frame;
    without it people are drawn from `seed`. Raises InvalidColumnError when a stored place is no person.
    """
    n = len(row)
    if resamples is None:
        drawn = np.random.default_rng(seed).integers(0, n, size=(n_bootstrap, n))
        # Drawn in the caller's order, so that sorting by time does not change which people are drawn.
        place = np.argsort(np.argsort(row, kind="stable"), kind="stable")
        return _count(drawn, n)[:, place]
    stored = np.asarray(resamples, dtype=np.int64)
    if stored.ndim != 2 or stored.min() < 0:
        raise InvalidColumnError("Stored resamples must be a [resample, person] table of row places from 0.")
    top = int(max(row.max(), stored.max())) + 1
    counts = _count(stored, top)
    if counts[:, row].sum() != stored.size:
        raise InvalidColumnError(
            "The stored resamples hold rows that are not analysed (missing values or out of range): "
            "draw them among the analysed rows."
        )
    return counts[:, row]


def percentile_interval(values: FloatArray, confidence: float) -> tuple[float, float]:
    """Percentile bootstrap interval of finite `values`; NaN bounds without any."""
    finite = values[np.isfinite(values)]
    if len(finite) == 0:
        return float("nan"), float("nan")
    tail = (1.0 - confidence) / 2.0
    low, high = np.quantile(finite, [tail, 1.0 - tail])
    return float(low), float(high)


def _count(drawn: IntArray, n: int) -> FloatArray:
    flat = drawn + np.arange(len(drawn))[:, None] * n
    counts = np.bincount(flat.ravel(), minlength=len(drawn) * n)
    return counts.reshape(len(drawn), n).astype(np.float64)
