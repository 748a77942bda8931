"""Many genes: false discovery rate within the registered family, and effects shrunken towards zero.

What does not belong here: the tests themselves, the registry of hypotheses.
"""

from dataclasses import dataclass

import numpy as np
from scipy import optimize

from analytics.engine.arrays import FloatArray
from analytics.errors import InvalidSettingError


def benjamini_hochberg(p: FloatArray, family_size: int | None = None) -> FloatArray:
    """Adjusted p-values (Benjamini & Hochberg 1995), NaN where p is NaN.

    family_size: how many hypotheses the family has when more were registered than are in `p` (default: the finite
    ones in `p`); the absent ones count as p = 1. Raises InvalidSettingError when it is smaller than the number in `p`.
    """
    finite = np.flatnonzero(np.isfinite(p))
    size = len(finite) if family_size is None else family_size
    if size < len(finite):
        raise InvalidSettingError(
            f"The registered family has {size} hypotheses, but {len(finite)} were tested; register them first."
        )
    adjusted = np.full(len(p), np.nan)
    order = finite[np.argsort(p[finite], kind="stable")]
    raw = p[order] * size / np.arange(1, len(order) + 1)
    adjusted[order] = np.minimum(np.minimum.accumulate(raw[::-1])[::-1], 1.0)
    return adjusted


@dataclass(frozen=True)
class Shrinkage:
    """Posterior mean and SD per gene (NaN where there is no estimate) and the estimated SD of the true effects."""

    mean: FloatArray
    sd: FloatArray
    prior_sd: float


def shrink_normal(coef: FloatArray, se: FloatArray) -> Shrinkage:
    """Empirical Bayes under true effects ~ N(0, tau**2), estimates ~ N(effect, se**2).

    tau maximises the marginal likelihood; the posterior is normal with mean coef * tau**2 / (tau**2 + se**2)
    (Efron & Morris 1973, J Am Stat Assoc 68:117-130; Efron 2010, Large-Scale Inference, chapter 1). Genes are
    treated as independent, and a few large effects among many null genes are pulled in too far: it is a guard
    against the winner's curse, not an estimate to be quoted for a single registered gene.
    """
    known = np.isfinite(coef) & np.isfinite(se) & (se > 0)
    mean, sd = np.full(len(coef), np.nan), np.full(len(coef), np.nan)
    if not known.any():
        return Shrinkage(mean, sd, float("nan"))
    b, v = coef[known], se[known] ** 2

    def minus_twice_log_likelihood(log_tau2: float) -> float:
        total = np.exp(log_tau2) + v
        return float(np.sum(np.log(total) + b**2 / total))

    bound = np.log(max(float(np.max(b**2)), float(v.max())) * 10.0)
    floor = np.log(float(v.min())) - 20.0
    best = optimize.minimize_scalar(minus_twice_log_likelihood, bounds=(floor, bound), method="bounded")
    at_zero = float(np.sum(np.log(v) + b**2 / v))
    tau2 = float(np.exp(best.x)) if best.fun < at_zero else 0.0
    keep = tau2 / (tau2 + v)
    mean[known], sd[known] = keep * b, np.sqrt(keep * v)
    return Shrinkage(mean, sd, float(np.sqrt(tau2)))
