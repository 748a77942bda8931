"""Variances of a fitted partial likelihood: from the information, and the sandwich grouped by person.

Belongs here: covariance matrices and the robust score test.
Does not belong here: fitting, tables.

Source: Lin & Wei (1989), JASA 84:1074; Therneau & Grambsch (2000), section 8.2 for the grouped form.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.engine.arrays import FloatArray, IntArray
from analytics.engine.cox.likelihood import PartialLikelihood
from analytics.engine.cox.newton import NewtonFit
from analytics.engine.inference import ChiSquareTest, chi_square_test, quadratic_form, scaled_inverse


def cluster_codes(labels: pd.Series) -> IntArray:
    """Codes 0..k-1 of the cluster labels."""
    return np.asarray(pd.factorize(labels)[0], dtype=np.int64)


def model_variance(fit: NewtonFit) -> FloatArray:
    """Inverse information (p, p) of the estimable terms; NaN for those on their way to infinity."""
    keep = np.flatnonzero(~fit.diverging)
    variance = np.full_like(fit.information, np.nan)
    if keep.size:
        variance[np.ix_(keep, keep)] = scaled_inverse(fit.information[np.ix_(keep, keep)])
    return variance


def sandwich_variance(likelihood: PartialLikelihood, fit: NewtonFit, clusters: IntArray) -> FloatArray:
    """Cross-product (p, p) of the clusters' summed dfbeta residuals; NaN for terms on their way to
    infinity.
    """
    keep = np.flatnonzero(~fit.diverging)
    block = np.ix_(keep, keep)
    inverse = model_variance(fit)
    dfbeta = _per_cluster(likelihood.score_residuals(fit.beta), clusters)[:, keep] @ inverse[block]
    variance = np.full_like(inverse, np.nan)
    variance[block] = dfbeta.T @ dfbeta
    with np.errstate(invalid="ignore"):
        without_spread = np.diag(variance) < 1e-12 * np.diag(inverse)
    variance[without_spread, :] = variance[:, without_spread] = np.nan
    return variance


def robust_score_test(likelihood: PartialLikelihood, clusters: IntArray) -> ChiSquareTest:
    """Score test at 0 with the cross-product of the clusters' score residuals as variance; NaN if singular."""
    residuals = _per_cluster(likelihood.score_residuals(np.zeros(likelihood.n_terms)), clusters)
    cross = residuals.T @ residuals
    return chi_square_test(quadratic_form(residuals.sum(axis=0), cross), likelihood.n_terms)


def _per_cluster(rows: FloatArray, clusters: IntArray) -> FloatArray:
    totals = np.zeros((int(clusters.max()) + 1, rows.shape[1]))
    np.add.at(totals, clusters, rows)
    return totals
