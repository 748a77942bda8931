"""The same Cox model fitted in every bootstrap sample, on one sorted cohort with multiplicities.

What does NOT belong here: what is measured on the fits (`validation`, `calibration_optimism`).
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numba
import numpy as np
import numpy.typing as npt

from analytics.errors import NotConvergedError
from analytics.prediction.kernels import cox_newton
from analytics.prediction.model import SortedCohort
from analytics.prediction.resampling import FloatArray, IntArray

BoolArray = npt.NDArray[np.bool_]

# More failed fits than this and the average says more about the failures than about the model.
MAX_FAILED_SHARE: Final = 0.05
BLOCK: Final = 50


def fit_resamples(
    cohort: SortedCohort, counts: FloatArray, beta: FloatArray, efron: bool, threads: int | None
) -> tuple[FloatArray, BoolArray]:
    """Coefficients [B, p] and converged [B] for `counts` [B, n], each fit started from `beta` [p].

    Starting at the estimate of everybody takes 4 Newton steps instead of 6. The answer does not depend on
    `threads`.
    """

    def run(block: FloatArray) -> tuple[FloatArray, BoolArray]:
        return _fit_block(cohort.x, cohort.event, cohort.start, block, beta, efron)

    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        parts = list(pool.map(run, np.array_split(counts, max(1, len(counts) // BLOCK))))
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def check_failures(converged: BoolArray) -> list[str]:
    """A warning when fits failed; raises NotConvergedError when over 5 % did."""
    failed = int((~converged).sum())
    if failed > MAX_FAILED_SHARE * len(converged):
        raise NotConvergedError(
            f"{failed} of {len(converged)} bootstrap fits did not converge: too many covariates "
            "or rare levels for its events; merge levels."
        )
    if failed:
        return [f"{failed} of {len(converged)} bootstrap fits did not converge and were left out."]
    return []


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _fit_block(
    x: FloatArray, event: BoolArray, start: IntArray, counts: FloatArray, beta: FloatArray, efron: bool
) -> tuple[FloatArray, BoolArray]:
    p = x.shape[1]
    betas = np.zeros((counts.shape[0], p))
    converged = np.zeros(counts.shape[0], dtype=np.bool_)
    hessian = np.zeros((p, p))
    for b in range(counts.shape[0]):
        betas[b] = beta
        for a in range(p):
            # A level that this resample lacks carries no information: its coefficient is 0, not the start.
            low, high = np.inf, -np.inf
            for i in range(x.shape[0]):
                if counts[b, i] > 0.0:
                    low, high = min(low, x[i, a]), max(high, x[i, a])
            if low == high:
                betas[b, a] = 0.0
        converged[b] = cox_newton(x, event, start, counts[b], efron, betas[b], hessian, False)[1]
    return betas, converged
