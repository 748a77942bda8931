"""Between-study variance (tau2) of many meta-analyses at once, on [gene, study] arrays.

Every function takes `effect` and `variance` of shape [G, K] (log scale, variances are squared standard
errors) in which a study that a gene lacks is NaN in both, and gives arrays of shape [G].
What does NOT belong here: pooled estimates and intervals (`random_effects`), effect models of patients.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from analytics.engine.arrays import FloatArray
from analytics.engine.distributions import chi_square_isf, chi_square_ppf

MAX_ITERATIONS: Final = 500
RELATIVE_TOLERANCE: Final = 1e-12
# REML can have two maxima when few studies disagree: the climb starts from the best point of this
# coarse grid, in units of the typical within-study variance.
START_GRID: Final = (
    0.0,
    1e-4,
    1e-3,
    3e-3,
    0.01,
    0.03,
    0.1,
    0.2,
    0.5,
    1.0,
    2.0,
    5.0,
    10.0,
    30.0,
    100.0,
    1e3,
    1e4,
)


@dataclass(frozen=True)
class Moments:
    """Weighted sums at one tau2 per gene: pooled mean, Q, y'PPy, y'PPPy, tr(P), tr(PP), each of shape [G]."""

    weight_sum: FloatArray
    mean: FloatArray
    q: FloatArray
    ppy: FloatArray
    pppy: FloatArray
    trace_p: FloatArray
    trace_pp: FloatArray


def present(effect: FloatArray, variance: FloatArray) -> npt.NDArray[np.bool_]:
    """Which studies count, shape [G, K]: both numbers finite and the variance above zero."""
    return np.isfinite(effect) & np.isfinite(variance) & (variance > 0)


def weighted_moments(effect: FloatArray, variance: FloatArray, tau2: FloatArray) -> Moments:
    """Sums of the marginal model y_i ~ N(mu, v_i + tau2) with P = W - W 1 (1'W1)^-1 1'W."""
    keep = present(effect, variance)
    y = np.where(keep, effect, 0.0)
    w = np.where(keep, 1.0 / (np.where(keep, variance, 1.0) + tau2[:, None]), 0.0)
    w_sum = w.sum(axis=1)
    w2_sum = (w * w).sum(axis=1)
    w3_sum = (w * w * w).sum(axis=1)
    mean = (w * y).sum(axis=1) / w_sum
    residual = w * (y - mean[:, None])
    q = (residual * (y - mean[:, None])).sum(axis=1)
    ratio = w2_sum / w_sum
    return Moments(
        weight_sum=w_sum,
        mean=mean,
        q=q,
        ppy=(residual * residual).sum(axis=1),
        pppy=(w * residual * residual).sum(axis=1) - (w * residual).sum(axis=1) ** 2 / w_sum,
        trace_p=w_sum - ratio,
        trace_pp=w2_sum - 2.0 * w3_sum / w_sum + ratio * ratio,
    )


def restricted_log_likelihood(effect: FloatArray, variance: FloatArray, tau2: FloatArray) -> FloatArray:
    """Restricted log-likelihood up to a constant, shape [G] (Viechtbauer 2005, eq. 6)."""
    keep = present(effect, variance)
    moments = weighted_moments(effect, variance, tau2)
    total = np.where(keep, variance + tau2[:, None], 1.0)
    result: FloatArray = -0.5 * (np.log(total).sum(axis=1) + np.log(moments.weight_sum) + moments.q)
    return result


def typical_variance(effect: FloatArray, variance: FloatArray) -> FloatArray:
    """Typical within-study variance (k - 1) / tr(P) at tau2 = 0 (Higgins & Thompson 2002, eq. 9)."""
    k = present(effect, variance).sum(axis=1)
    trace_p = weighted_moments(effect, variance, np.zeros(len(effect))).trace_p
    result: FloatArray = (k - 1) / trace_p
    return result


def dersimonian_laird(effect: FloatArray, variance: FloatArray) -> FloatArray:
    """Moment estimator max(0, (Q - df) / tr(P)) (DerSimonian & Laird 1986), shape [G]."""
    k = present(effect, variance).sum(axis=1)
    moments = weighted_moments(effect, variance, np.zeros(len(effect)))
    result: FloatArray = np.maximum(0.0, (moments.q - (k - 1)) / moments.trace_p)
    return result


def _best_start(effect: FloatArray, variance: FloatArray, scale: FloatArray) -> tuple[FloatArray, FloatArray]:
    best = np.zeros(len(effect))
    best_value = np.full(len(effect), -np.inf)
    for factor in START_GRID:
        candidate = factor * scale
        value = restricted_log_likelihood(effect, variance, candidate)
        better = value > best_value
        best = np.where(better, candidate, best)
        best_value = np.where(better, value, best_value)
    return best, best_value


def restricted_maximum_likelihood(
    effect: FloatArray, variance: FloatArray
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """REML tau2 by damped Newton steps, so that every gene converges; returns tau2 [G] and converged [G].

    Where the likelihood is not concave the step is Fisher's (Viechtbauer 2005, eq. 14). A step that lowers
    the restricted likelihood is halved. Fisher's step alone needs over 500 rounds for about one gene in
    5,000, where one study is far more precise than the rest and expected and observed information differ.
    """
    scale = typical_variance(effect, variance)
    tau2, value = _best_start(effect, variance, scale)
    converged = np.zeros(len(effect), dtype=bool)
    active = np.arange(len(effect))
    for _ in range(MAX_ITERATIONS):
        if active.size == 0:
            break
        y, v, here = effect[active], variance[active], tau2[active]
        moments = weighted_moments(y, v, here)
        gradient = moments.ppy - moments.trace_p
        curvature = 2.0 * moments.pppy - moments.trace_pp
        step = gradient / np.where(curvature > 0, curvature, moments.trace_pp)
        new, new_value, moved = _uphill_step(y, v, here, value[active], step)
        tau2[active], value[active] = new, new_value
        small = np.abs(new - here) <= RELATIVE_TOLERANCE * (new + scale[active])
        done = small | ~moved
        converged[active[done]] = True
        active = active[~done]
    return tau2, converged


def _uphill_step(
    effect: FloatArray, variance: FloatArray, tau2: FloatArray, value: FloatArray, step: FloatArray
) -> tuple[FloatArray, FloatArray, npt.NDArray[np.bool_]]:
    """Halve the step of each gene until its likelihood does not fall; a gene that cannot move stays."""
    new, new_value = tau2.copy(), value.copy()
    moved = np.zeros(len(tau2), dtype=bool)
    pending = np.arange(len(tau2))
    for _ in range(40):
        if pending.size == 0:
            break
        candidate = np.maximum(0.0, tau2[pending] + step[pending])
        trial = restricted_log_likelihood(effect[pending], variance[pending], candidate)
        # Rounding of the likelihood itself is about 1e-15 of its size: without this slack the last,
        # tiny steps are refused and tau2 is left at 1e-8 instead of 1e-12.
        good = trial >= value[pending] - 4e-15 * (1.0 + np.abs(value[pending]))
        hit = pending[good]
        new[hit], new_value[hit], moved[hit] = candidate[good], trial[good], True
        pending = pending[~good]
        step[pending] *= 0.5
    return new, new_value, moved


def tau2_standard_error(
    effect: FloatArray, variance: FloatArray, tau2: FloatArray, method: str
) -> FloatArray:
    """Large-sample standard error of tau2 [G]: expected information for REML; the moment form for DL."""
    if method == "REML":
        result: FloatArray = np.sqrt(2.0 / weighted_moments(effect, variance, tau2).trace_pp)
        return result
    k = present(effect, variance).sum(axis=1)
    fixed = weighted_moments(effect, variance, np.zeros(len(effect)))
    spread = 2.0 * (k - 1) + 4.0 * tau2 * fixed.trace_p + 2.0 * tau2**2 * fixed.trace_pp
    moment: FloatArray = np.sqrt(spread) / fixed.trace_p
    return moment


def _solve_q(effect: FloatArray, variance: FloatArray, target: FloatArray) -> FloatArray:
    """tau2 >= 0 at which the generalised Q equals `target`; 0 where Q(0) is already below it.

    Newton on 1/Q, which is concave and increasing in tau2 (linear when all variances are equal), so that
    the steps from the left never pass the root and need no safeguard.
    """
    tau2 = np.zeros(len(effect))
    scale = typical_variance(effect, variance)
    active = np.flatnonzero(weighted_moments(effect, variance, tau2).q > target)
    for _ in range(MAX_ITERATIONS):
        if active.size == 0:
            break
        moments = weighted_moments(effect[active], variance[active], tau2[active])
        step = moments.q * (moments.q / target[active] - 1.0) / moments.ppy
        tau2[active] = np.maximum(0.0, tau2[active] + step)
        active = active[np.abs(step) > RELATIVE_TOLERANCE * (tau2[active] + scale[active])]
    return tau2


def q_profile_interval(
    effect: FloatArray, variance: FloatArray, confidence: float
) -> tuple[FloatArray, FloatArray]:
    """Q-profile interval of tau2, exact under normality (Viechtbauer 2007), each bound of shape [G].

    Where even Q(0) lies below the lower chi-square quantile the interval is empty: both bounds are 0.
    """
    df = present(effect, variance).sum(axis=1) - 1.0
    tail = (1.0 - confidence) / 2.0
    low = _solve_q(effect, variance, chi_square_isf(tail, df))
    high = _solve_q(effect, variance, chi_square_ppf(tail, df))
    return low, high
