"""From estimates to tests: chi-square and normal tails, quadratic forms, inverses of information matrices."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analytics.engine.distributions import chi_square_sf, normal_ppf, normal_sf
from analytics.errors import InvalidSettingError


@dataclass(frozen=True)
class ChiSquareTest:
    """A chi-square statistic with its degrees of freedom and upper-tail p."""

    statistic: float
    df: int
    p: float


def chi_square_test(statistic: float, df: int) -> ChiSquareTest:
    """The upper-tail p of `statistic` on `df` degrees of freedom; NaN in, NaN out."""
    p = float(chi_square_sf(statistic, df)) if math.isfinite(statistic) and df > 0 else math.nan
    return ChiSquareTest(float(statistic), int(df), p)


def normal_quantile(conf_level: float) -> float:
    """z of a two-sided interval. Raises InvalidSettingError unless 0 < conf_level < 1."""
    if not 0.0 < conf_level < 1.0:
        raise InvalidSettingError(
            f"Confidence level {conf_level:g} is not between 0 and 1: write 95 % as 0.95."
        )
    return float(normal_ppf(0.5 + conf_level / 2.0))


def exp_or_infinity(value: float) -> float:
    """exp(value), infinite where it exceeds the range of numbers; NaN stays NaN."""
    return math.inf if value > 709.0 else math.exp(value)


def two_sided_p(z: float) -> float:
    """Two-sided normal p of a z statistic."""
    return float(2.0 * normal_sf(abs(z)))


def is_singular(matrix: np.ndarray) -> bool:
    """Whether a covariance-like matrix is not positive definite to 13 digits, judged with unit diagonal."""
    diagonal = np.diag(matrix)
    if not (np.isfinite(matrix).all() and diagonal.min() > 0):
        return True
    scale = 1.0 / np.sqrt(diagonal)
    return bool(np.linalg.eigvalsh(matrix * scale[:, None] * scale).min() < 1e-13)


def quadratic_form(vector: np.ndarray, matrix: np.ndarray) -> float:
    """v' M^-1 v, scaled to unit diagonal because covariates differ in size; NaN if singular."""
    if is_singular(matrix):
        return math.nan
    scale = 1.0 / np.sqrt(np.diag(matrix))
    scaled = vector * scale
    return float(scaled @ np.linalg.solve(matrix * np.outer(scale, scale), scaled))


def scaled_inverse(matrix: np.ndarray) -> np.ndarray:
    """Inverse of a symmetric positive definite matrix, scaled to unit diagonal before inverting."""
    scale = 1.0 / np.sqrt(np.diag(matrix))
    return np.asarray(np.linalg.inv(matrix * np.outer(scale, scale)) * np.outer(scale, scale), dtype=float)
