"""The same Cox model fitted in every bootstrap sample, on one sorted cohort with multiplicities.

What does NOT belong here: what is measured on the fits (`validation`, `calibration_optimism`).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np

from analytics.engine.arrays import BoolArray, FloatArray
from analytics.engine.cox.kernels import maximise_resamples
from analytics.engine.threads import usable_threads
from analytics.errors import NotConvergedError
from analytics.prediction.fitting.model import SortedCohort

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
        found: tuple[FloatArray, BoolArray] = maximise_resamples(cohort.risk, cohort.x, block, beta, efron)
        return found

    with ThreadPoolExecutor(usable_threads(threads)) as pool:
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
