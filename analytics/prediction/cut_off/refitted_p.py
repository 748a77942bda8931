"""The p of a cut-off of a score that was fitted in the same people: search and fit are both paid for.

A maximally selected statistic knows that the cut was searched; it takes the score as given. A score that a Cox model
was fitted to give is no longer independent of survival even where nothing is prognostic, so its conditional p is too
small. Here follow-up is permuted over
people, the model is fitted again, its linear predictor searched again: the distribution of the largest statistic
when no covariate matters. What does NOT belong here: the p of a marker that is given (`cutpoint`).

Source: permutation of the whole model-building, Hothorn & Lausen 2003 (conditional inference) with the fit put
inside, as Harrell 2015, section 5.3, asks of every data-driven step.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from analytics.engine.arrays import FloatArray, IntArray
from analytics.engine.cox.kernels import LEVEL_GONE, NOT_CONVERGED, RESAMPLED, maximise_cox
from analytics.engine.threads import usable_threads
from analytics.errors import ConstantCovariateError, InvalidSettingError
from analytics.prediction.cut_off.cutpoint import candidate_cuts, log_rank_scores, permutation_moments
from analytics.prediction.fitting.bootstrap_fits import check_failures
from analytics.prediction.fitting.model import Covariate, SortedCohort, read_cohort

MIN_REFITS: Final = 500
# Linear predictors of equal people may differ in the last bits; they are one candidate cut.
_DECIMALS: Final = 10


@dataclass(frozen=True)
class RefittedP:
    """p = (1 + maxima at or above the observed one) / (1 + refits). `maxima` [n_refits - n_failed]."""

    p: float
    statistic: float
    n_refits: int
    n_failed: int
    seed: int
    maxima: FloatArray
    warnings: tuple[str, ...]


def refitted_cutpoint_p(
    frame: pd.DataFrame,
    covariates: Sequence[str | Covariate],
    *,
    min_share: float = 0.1,
    max_share: float = 0.9,
    n_refits: int = 1000,
    seed: int = 1,
    time: str = "time_months",
    event: str = "event",
    threads: int | None = None,
) -> RefittedP:
    """Permutation p of the best cut of the Cox score of `covariates` in `frame` (one row a person).

    The observed statistic is that of `select_cutpoint` on the score of `fit_prediction_model`. The answer does not
    depend on `threads`. Raises as `fit_prediction_model`, InvalidSettingError for fewer than 500 refits,
    NotConvergedError when over 5 % of the refits fail.
    """
    if n_refits < MIN_REFITS:
        raise InvalidSettingError(f"{n_refits} refits are too few for a p: use {MIN_REFITS} or more.")
    cohort, _, _, warnings = read_cohort(frame, covariates, time=time, event=event)
    score = log_rank_scores(cohort)
    shares = (min_share, max_share)
    observed = _maximum(cohort, np.arange(cohort.n), score, shares)
    orders = np.random.default_rng(seed).permuted(np.tile(np.arange(cohort.n), (n_refits, 1)), axis=1)
    with ThreadPoolExecutor(usable_threads(threads)) as pool:
        drawn = np.array(list(pool.map(lambda order: _maximum(cohort, order, score, shares), orders)))
    converged = np.isfinite(drawn)
    warnings += [
        sentence.replace("bootstrap fits", "refits on permuted follow-up")
        for sentence in check_failures(converged)
    ]
    maxima = drawn[converged]
    beyond = int((maxima >= observed * (1 - 1e-10)).sum())
    return RefittedP(
        p=(1 + beyond) / (1 + len(maxima)),
        statistic=observed,
        n_refits=n_refits,
        n_failed=int((~converged).sum()),
        seed=seed,
        maxima=maxima,
        warnings=tuple(warnings),
    )


def _maximum(cohort: SortedCohort, order: IntArray, score: FloatArray, shares: tuple[float, float]) -> float:
    """Largest statistic over the cuts of the score fitted to covariates in `order`; NaN where no fit is found."""
    x = np.ascontiguousarray(cohort.x[order])
    p = x.shape[1]
    beta, one = np.zeros(p), np.ones(cohort.n)
    information = np.zeros((p, p))
    fit = maximise_cox(cohort.risk, x, one, True, beta, information, RESAMPLED, LEVEL_GONE, True)
    if fit[1] == NOT_CONVERGED:
        return float("nan")
    eta = np.round(x @ beta, _DECIMALS)
    by_eta = np.argsort(eta, kind="stable")
    try:
        _, sizes = candidate_cuts(eta[by_eta], "score", *shares)
    except ConstantCovariateError:
        return 0.0  # no cut leaves enough people on either side: nothing would have been found
    mean, sd = permutation_moments(score, sizes)
    return float(np.abs((np.cumsum(score[by_eta])[sizes - 1] - mean) / sd).max())
