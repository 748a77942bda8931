"""Newton-Raphson maximisation of the partial likelihood, with separation told apart from slow convergence.

Belongs here: the iteration and what it says about itself.
Does not belong here: standard errors, tests and tables (`cox`), penalised likelihoods (`firth`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.survival.data import BoolArray, FloatArray
from analytics.survival.partial_likelihood import PartialLikelihood

MAX_ITERATIONS = 100
# Steps are judged in standard deviations of the covariate. Convergence is quadratic: a step of 1e-7 is
# followed by one near 1e-14, so coefficients are exact to rounding when the last step was below it.
STEP_TOLERANCE = 1e-7
# A monotone likelihood approaches its bound like exp(-coefficient) while each step stays near 1: once the
# likelihood has stood still to 1e-10 a step still above 1e-2 belongs to a coefficient on its way to
# infinity.
FLAT_TOLERANCE = 1e-10
DIVERGING_STEP = 1e-2


@dataclass(frozen=True, eq=False)
class NewtonFit:
    """Where the iteration ended. `diverging` (p,) marks coefficients that tend to +-infinity."""

    beta: FloatArray
    log_likelihood: float
    score: FloatArray
    information: FloatArray
    diverging: BoolArray
    converged: bool
    iterations: int


def maximise(likelihood: PartialLikelihood) -> NewtonFit:
    """Maximise from 0 with step halving; never raises on separation, which it reports in `diverging`."""
    beta = np.zeros(likelihood.n_terms)
    spread = np.maximum(likelihood.x[likelihood.sets.informative].std(axis=0), np.finfo(float).tiny)
    value, score, information = likelihood.evaluate(beta)
    diverging = np.zeros(likelihood.n_terms, dtype=bool)
    for iteration in range(1, MAX_ITERATIONS + 1):
        step = newton_step(information, score)
        size = np.abs(step) * spread
        beta_new, value_new = _halve_until_better(likelihood, beta, step, value)
        gain = abs(value_new - value)
        beta, value = beta_new, value_new
        _, score, information = likelihood.evaluate(beta)
        if size.max() < STEP_TOLERANCE:
            return NewtonFit(beta, value, score, information, diverging, True, iteration)
        if gain <= FLAT_TOLERANCE * (abs(value) + 1.0) and size.max() > DIVERGING_STEP:
            diverging = size > DIVERGING_STEP
            return NewtonFit(beta, value, score, information, diverging, False, iteration)
    return NewtonFit(beta, value, score, information, diverging, False, MAX_ITERATIONS)


def newton_step(information: FloatArray, score: FloatArray) -> FloatArray:
    """Solve information @ step = score after scaling to unit diagonal; least squares when it is singular."""
    scale = 1.0 / np.sqrt(np.maximum(np.diag(information), np.finfo(float).tiny))
    matrix = information * np.outer(scale, scale)
    try:
        step = np.linalg.solve(matrix, score * scale)
    except np.linalg.LinAlgError:
        step = np.linalg.lstsq(matrix, score * scale, rcond=None)[0]
    return np.asarray(step * scale, dtype=float)


def _halve_until_better(
    likelihood: PartialLikelihood, beta: FloatArray, step: FloatArray, value: float
) -> tuple[FloatArray, float]:
    # Rounding noise in a sum of n log terms is about 1e-12 of its size; a smaller loss is not a worse point.
    slack = 1e-12 * (abs(value) + 1.0)
    for halving in range(30):
        candidate = beta + step / 2.0**halving
        new_value = likelihood.log_likelihood(candidate)
        if np.isfinite(new_value) and new_value >= value - slack:
            return candidate, new_value
    return beta, value
