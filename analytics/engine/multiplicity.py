"""Many hypotheses: false discovery rate within the registered family, and effects shrunken towards zero."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analytics.engine.arrays import FloatArray
from analytics.errors import InvalidColumnError, InvalidSettingError


def benjamini_hochberg(p: ArrayLike, family_size: int | None = None) -> FloatArray:
    """Adjusted p-values of one family (Benjamini & Hochberg 1995), NaN where p is NaN.

    family_size: how many hypotheses the family has when more were registered than are in `p` (default: the known ones
    in `p`); the absent ones count as p = 1. Raises InvalidColumnError when a p lies outside 0 to 1, InvalidSettingError
    when the family is smaller than the number in `p`.
    """
    values = np.asarray(p, dtype=np.float64)
    known = np.flatnonzero(np.isfinite(values))
    if ((values[known] < 0) | (values[known] > 1)).any():
        raise InvalidColumnError(
            "A p-value lies outside 0 to 1: pass p-values, not statistics or percentages."
        )
    size = len(known) if family_size is None else family_size
    if size < len(known):
        raise InvalidSettingError(
            f"The registered family has {size} hypotheses, but {len(known)} were tested; register them first."
        )
    adjusted = np.full(values.shape, np.nan)
    order = known[np.argsort(values[known], kind="stable")]
    raw = values[order] * (size / np.arange(1, len(order) + 1))
    adjusted[order] = np.minimum(np.minimum.accumulate(raw[::-1])[::-1], 1.0)
    return adjusted


@dataclass(frozen=True)
class Shrinkage:
    """Posterior mean and SD per effect (NaN where there is no estimate) and the estimated SD of the true effects."""

    mean: FloatArray
    sd: FloatArray
    prior_sd: float


def shrink_normal(coef: FloatArray, se: FloatArray) -> Shrinkage:
    """Empirical Bayes under true effects ~ N(0, tau**2), estimates ~ N(effect, se**2).

    tau maximises the marginal likelihood; the posterior is normal with mean coef * tau**2 / (tau**2 + se**2)
    (Efron & Morris 1973, J Am Stat Assoc 68:117-130; Efron 2010, Large-Scale Inference, chapter 1). Effects are
    treated as independent, and a few large ones among many null ones are pulled in too far: it is a guard against the
    winner's curse, not an estimate to be quoted for a single registered hypothesis.
    """
    known = np.isfinite(coef) & np.isfinite(se) & (se > 0)
    mean, sd = np.full(len(coef), np.nan), np.full(len(coef), np.nan)
    if not known.any():
        return Shrinkage(mean, sd, float("nan"))
    b, v = coef[known], se[known] ** 2
    tau2 = _variance_of_effects(b, v) if len(b) > 1 else max(float(b[0] ** 2 - v[0]), 0.0)
    keep = tau2 / (tau2 + v)
    mean[known], sd[known] = keep * b, np.sqrt(keep * v)
    return Shrinkage(mean, sd, float(np.sqrt(tau2)))


def _variance_of_effects(b: FloatArray, v: FloatArray) -> float:
    """tau**2 of the greatest marginal likelihood."""
    from scipy import optimize  # 0.2 s to load, which a question of one biomarker need not wait for

    def minus_twice_log_likelihood(log_tau2: float) -> float:
        total = np.exp(log_tau2) + v
        return float(np.sum(np.log(total) + b**2 / total))

    bound = np.log(max(float(np.max(b**2)), float(v.max())) * 10.0)
    floor = np.log(float(v.min())) - 20.0
    best = optimize.minimize_scalar(minus_twice_log_likelihood, bounds=(floor, bound), method="bounded")
    at_zero = float(np.sum(np.log(v) + b**2 / v))
    return float(np.exp(best.x)) if best.fun < at_zero else 0.0
