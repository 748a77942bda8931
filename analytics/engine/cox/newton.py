"""Newton-Raphson maximisation of the partial likelihood, with separation told apart from slow convergence.

Belongs here: the iteration and what it says about itself.
Does not belong here: standard errors, tests and tables (`cox`), penalised likelihoods (`firth`).

When a term separates (a group without events, say) the likelihood has no maximum: the coefficient b grows
by about 1 in every step while likelihood and information approach their bounds like exp(-|b|). The
information tells this from a large but finite effect: it collapses by a factor that no finite effect
reaches.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.engine.arrays import BoolArray, FloatArray
from analytics.engine.cox.likelihood import PartialLikelihood

MAX_ITERATIONS = 100
# Steps are judged in standard deviations of the covariate. Convergence is quadratic: a step of 1e-7 is
# followed by one near 1e-14, so coefficients are exact to rounding when the last step was below it.
STEP_TOLERANCE = 1e-7
# A variance 1e8 times that at 0 is |b| near 18, where the other coefficients are within 1e-8 of their
# limit; beyond it, sums over risk sets with delayed entry lose their digits. A term is on its way to
# infinity from 1e4 on.
COLLAPSE, DIVERGING = 1e8, 1e4


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
    variance_at_zero = variance_diagonal(information)
    growth = np.ones(likelihood.n_terms)
    for iteration in range(1, MAX_ITERATIONS + 1):
        step = newton_step(information, score)
        found = _better_point(likelihood, beta, step, value)
        if found is None:
            break
        beta, value = found
        _, score, information = likelihood.evaluate(beta)
        growth = variance_diagonal(information) / variance_at_zero
        if (np.abs(step) * spread).max() < STEP_TOLERANCE and growth.max() < DIVERGING:
            none = np.zeros(likelihood.n_terms, dtype=bool)
            return NewtonFit(beta, value, score, information, none, True, iteration)
        if growth.max() > COLLAPSE:
            break
    return NewtonFit(beta, value, score, information, growth > DIVERGING, False, iteration)


def newton_step(information: FloatArray, score: FloatArray) -> FloatArray:
    """Solve information @ step = score after scaling to unit diagonal; least squares when it is singular."""
    scale = _unit_scale(information)
    matrix = information * scale[:, None] * scale
    try:
        step = np.linalg.solve(matrix, score * scale)
    except np.linalg.LinAlgError:
        step = np.linalg.lstsq(matrix, score * scale, rcond=None)[0]
    return np.asarray(step * scale, dtype=float)


def variance_diagonal(information: FloatArray) -> FloatArray:
    """Diagonal of the inverse information; infinite for terms on which no information is left."""
    variance = np.full(information.shape[0], np.inf)
    known = np.flatnonzero(np.diag(information) > 0)
    if known.size:
        part = information[np.ix_(known, known)]
        scale = _unit_scale(part)
        values, vectors = np.linalg.eigh(part * scale[:, None] * scale)
        # An eigenvalue at rounding level is a direction without information.
        inverse = np.divide(1.0, values, out=np.full_like(values, np.inf), where=values > 1e-14)
        share = np.where(vectors**2 > 1e-14, vectors**2, 0.0)
        with np.errstate(invalid="ignore"):
            terms = np.where(share > 0, share * inverse, 0.0)
        variance[known] = terms.sum(axis=1) * scale**2
    return variance


def _unit_scale(information: FloatArray) -> FloatArray:
    diagonal = np.diag(information)
    return np.asarray(1.0 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0)), dtype=float)


def _better_point(
    likelihood: PartialLikelihood, beta: FloatArray, step: FloatArray, value: float
) -> tuple[FloatArray, float] | None:
    """The first of step, step/2, step/4, ... that does not lower the likelihood; None when there is none."""
    # Rounding noise in a sum of n log terms is about 1e-12 of its size; a smaller loss is not a worse point.
    slack = 1e-12 * (abs(value) + 1.0)
    for halving in range(30):
        candidate = beta + step / 2.0**halving
        new_value = likelihood.log_likelihood(candidate)
        if np.isfinite(new_value) and new_value >= value - slack:
            return candidate, new_value
    return None
