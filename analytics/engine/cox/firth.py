"""Firth's penalised Cox likelihood: its maximum, its profile, and where the profile has fallen by a given amount.

The log partial likelihood is increased by half the log determinant of the information (Jeffreys' prior), which removes
the first-order bias and gives a finite estimate under separation. In a profile the other coefficients are maximised
with the tested one held fixed, with the determinant of the full information in the penalty, as in the authors' coxphf.
`lanes.firth` is the compiled form for many sparse columns.

Sources: Firth (1993), Biometrika 80:27; Heinze & Schemper (2001), Biometrics 57:114, sections 2 and 3.
"""

from __future__ import annotations

import math

import numpy as np

from analytics.engine.arrays import FloatArray, IntArray
from analytics.engine.cox.likelihood import PartialLikelihood
from analytics.engine.cox.newton import newton_step
from analytics.engine.inference import is_singular, scaled_inverse
from analytics.errors import NotConvergedError

MAX_ITERATIONS = 100
# In standard deviations of the covariate; the step after one of 1e-7 is near 1e-12.
STEP_TOLERANCE = 1e-7
# Width of the difference that gives the penalty's curvature, in standard deviations.
DIFFERENCE = 1e-5
LARGEST_STEP = 2.0
# Far out in a profile the information keeps fewer digits than STEP_TOLERANCE asks for: steps stop shrinking.
STUCK_STEP = 1e-5
NO_MAXIMUM = "Firth's penalised likelihood did not reach its maximum: use fewer covariates or coarser levels."
# A limit of a profile is found when a step is shorter than this, in standard deviations of the covariate: the next one
# would be of its square.
LIMIT_TOLERANCE = 1e-8
# A limit further than this from the estimate, in standard deviations of the covariate, is infinite.
FURTHEST_LIMIT = 60.0


class PenalisedLikelihood:
    """log L(beta) + 0.5 log|I(beta)| and its maximisation over all or some of the coefficients."""

    def __init__(self, likelihood: PartialLikelihood) -> None:
        self.likelihood = likelihood
        rows = likelihood.x[likelihood.sets.informative]
        self.spread = np.maximum(rows.std(axis=0), np.finfo(float).tiny)

    def value(self, beta: FloatArray) -> float:
        """The penalised log-likelihood; -inf where the information is no longer positive definite."""
        value, _, information = self.likelihood.evaluate(beta)
        if not (np.isfinite(value) and np.isfinite(information).all()):
            return -math.inf
        sign, log_determinant = np.linalg.slogdet(information)
        return value + 0.5 * float(log_determinant) if sign > 0 else -math.inf

    def gradient(self, beta: FloatArray) -> FloatArray:
        """Firth's modified score (p,). Raises NotConvergedError where no information is left."""
        _, score, information = self.likelihood.evaluate(beta)
        if is_singular(information):
            raise NotConvergedError(NO_MAXIMUM)
        return score + 0.5 * self.likelihood.log_determinant_gradient(beta, scaled_inverse(information))

    def maximise(self, start: FloatArray, free: IntArray) -> FloatArray:
        """Maximise over the coefficients `free`, the others staying at `start`. Raises NotConvergedError."""
        beta, value = start.copy(), self.value(start)
        if free.size == 0:
            return beta
        previous, curvature = math.inf, None
        for _ in range(MAX_ITERATIONS):
            score = self.gradient(beta)
            is_fresh = curvature is None
            if curvature is None:
                curvature = self._curvature(beta, score, free)
            step = newton_step(curvature, score[free])
            size = float((np.abs(step) * self.spread[free]).max())
            if size < STEP_TOLERANCE:
                beta[free] += step
                return beta
            step *= min(1.0, LARGEST_STEP / size)
            found = self._better_point(beta, step, value, free)
            is_stuck = found is None or size > 0.5 * previous
            if is_stuck and size < STUCK_STEP:
                return beta
            if found is None and is_fresh:
                break
            # A curvature costs as much as p gradients, so it is kept while steps shrink tenfold.
            if found is None or size >= 0.1 * previous:
                curvature = None
            if found is not None:
                (beta, value), previous = found, size
        raise NotConvergedError(NO_MAXIMUM)

    def _curvature(self, beta: FloatArray, score: FloatArray, free: IntArray) -> FloatArray:
        """Minus the second derivative over `free`, penalty included; without it where that is not positive.

        With the information alone each step is off by the penalty's own curvature: with one event that is a
        factor of two, and the iteration swings around the maximum for ever.
        """
        width = DIFFERENCE / self.spread[free]
        columns = []
        for k, j in enumerate(free):
            ahead = beta.copy()
            ahead[j] += width[k]
            columns.append((score[free] - self.gradient(ahead)[free]) / width[k])
        curvature = np.column_stack(columns)
        curvature = 0.5 * (curvature + curvature.T)
        scale = self.spread[free]
        if np.linalg.eigvalsh(curvature / np.outer(scale, scale)).min() > 0:
            return np.asarray(curvature, dtype=float)
        return self.likelihood.information(beta)[np.ix_(free, free)]

    def _better_point(
        self, beta: FloatArray, step: FloatArray, value: float, free: IntArray
    ) -> tuple[FloatArray, float] | None:
        slack = 1e-12 * (abs(value) + 1.0)
        for halving in range(30):
            candidate = beta.copy()
            candidate[free] += step / 2.0**halving
            new_value = self.value(candidate)
            if new_value >= value - slack:
                return candidate, new_value
        return None

    def profile(self, j: int, at: float, start: FloatArray) -> tuple[float, FloatArray]:
        """Penalised log-likelihood with coefficient j held at `at`, the others maximised, and where."""
        fixed = start.copy()
        fixed[j] = at
        free = np.delete(np.arange(fixed.size), j)
        beta = self.maximise(fixed, free)
        return self.value(beta), beta

    def profile_limit(self, j: int, beta: FloatArray, direction: int, drop: float, first: float) -> float:
        """Where the profile of coefficient j has fallen by `drop` below the maximum.

        +-inf when it never does, NaN when a profile on the way has no maximum (too many terms for the
        events). `first` (> 0) is the first distance tried, the Wald half-width; it doubles until the fall
        is passed.
        """
        target = self.value(beta) - drop
        nearest, start = float(beta[j]), beta
        distance = first
        try:
            while distance * self.spread[j] <= FURTHEST_LIMIT:
                at = float(beta[j]) + direction * distance
                value, here = self.profile(j, at, start)
                if value < target:
                    return self._crossing(j, target, (nearest, at), here)
                nearest, start = at, here
                distance *= 2.0
        except NotConvergedError:
            return math.nan
        return direction * math.inf

    def _crossing(self, j: int, target: float, bracket: tuple[float, float], start: FloatArray) -> float:
        """Where the profile of coefficient j crosses `target`: above it at the first end of the bracket, below at the
        second, where the others are at `start`.

        Newton's method from below. The slope of the profile is the modified score of j, because the others are at
        their maximum. A step out of the bracket is replaced by its middle. Raises NotConvergedError.
        """
        (above, below), at = bracket, bracket[1]
        for _ in range(MAX_ITERATIONS):
            value, start = self.profile(j, at, start)
            above, below = (at, below) if value > target else (above, at)
            slope = float(self.gradient(start)[j])
            new = at - (value - target) / slope if slope != 0.0 else math.inf
            if not min(above, below) <= new <= max(above, below):
                new = 0.5 * (above + below)
            if abs(new - at) * self.spread[j] < LIMIT_TOLERANCE:
                return new
            at = new
        raise NotConvergedError(NO_MAXIMUM)
