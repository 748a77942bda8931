"""Two-stage random-effects meta-analysis: pooled estimate, heterogeneity, prediction, leave-one-out.

One table of cohorts goes through `fit_random_effects`, a [gene, cohort] pair of tables through
`fit_random_effects_many`; both use the same arithmetic. Estimates are on the log scale (log hazard or
odds ratio); `RandomEffectsResult.ratio()` turns them back.
What does NOT belong here: the cohort estimates themselves (`analytics.survival`) and forest plots.

Sources: DerSimonian & Laird 1986; Viechtbauer 2005 (REML); Hartung & Knapp 2001 with the guard of
Roever, Knapp & Friede 2015; Higgins & Thompson 2002 (I2, H2); Viechtbauer 2007 (Q-profile interval);
Higgins, Thompson & Spiegelhalter 2009 and IntHout et al. 2016 (prediction interval).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.engine.arrays import FloatArray
from analytics.engine.distributions import chi_square_sf, t_isf, t_sf
from analytics.errors import InvalidColumnError, InvalidSettingError, TooFewError
from analytics.meta.tau2 import (
    dersimonian_laird,
    present,
    q_profile_interval,
    restricted_maximum_likelihood,
    tau2_standard_error,
    typical_variance,
    weighted_moments,
)

Tau2Method = Literal["REML", "DL"]
PredictionDf = Literal["k-1", "k-2", "normal"]

FEW_STUDIES = 5


@dataclass(frozen=True)
class Ratio:
    """Pooled ratio (hazard or odds ratio) with its confidence and prediction interval."""

    ratio: float
    ci_low: float
    ci_high: float
    prediction_low: float
    prediction_high: float


@dataclass(frozen=True)
class RandomEffectsResult:
    """Pooled effect of k studies on the log scale.

    `hartung_knapp_q` is the weighted residual variance that scales the variance of the mean (1 under the
    model). `i2_percent` and its interval follow tau2 and its Q-profile interval. `weights_percent` are
    in the order of `labels`. `warnings` are sentences for the reader.
    """

    labels: tuple[str, ...]
    k: int
    tau2_method: str
    test: str
    estimate: float
    se: float
    df: float
    statistic: float
    p: float
    ci_low: float
    ci_high: float
    confidence: float
    hartung_knapp_q: float
    tau2: float
    tau2_se: float
    tau2_ci_low: float
    tau2_ci_high: float
    i2_percent: float
    i2_ci_low_percent: float
    i2_ci_high_percent: float
    h2: float
    q: float
    q_df: int
    q_p: float
    prediction_low: float
    prediction_high: float
    prediction_df: str
    weights_percent: tuple[float, ...]
    fixed_estimate: float
    fixed_se: float
    warnings: tuple[str, ...]

    def ratio(self) -> Ratio:
        """The same numbers as ratios: exp() of estimate, interval and prediction interval."""
        logs = (self.estimate, self.ci_low, self.ci_high, self.prediction_low, self.prediction_high)
        return Ratio(*(float(np.exp(value)) for value in logs))


def fit_random_effects(
    estimate: npt.ArrayLike,
    se: npt.ArrayLike,
    *,
    labels: Sequence[str] | None = None,
    tau2_method: Tau2Method = "REML",
    hartung_knapp: bool = True,
    guard: bool = False,
    prediction_df: PredictionDf = "k-1",
    confidence: float = 0.95,
) -> RandomEffectsResult:
    """Pool k log estimates with standard errors, both of shape [k].

    `hartung_knapp` scales the variance of the mean by the weighted residual variance q and uses t with
    k - 1 degrees of freedom; `guard` uses max(1, q) so that the interval is never shorter than the plain
    one. The prediction interval uses t with `prediction_df`, or the normal quantile; because tau2 is taken
    as known it covers less than it says with few studies (0.91 for 0.95 with ten generated cohorts).

    Raises InvalidColumnError for unequal lengths, missing numbers or a standard error that is not above 0,
    TooFewError for fewer than two studies, InvalidSettingError for an unknown method or interval level.
    """
    y, s, names = _checked_studies(estimate, se, labels)
    table = fit_random_effects_many(
        y[None, :],
        s[None, :],
        tau2_method=tau2_method,
        hartung_knapp=hartung_knapp,
        guard=guard,
        prediction_df=prediction_df,
        confidence=confidence,
    )
    row = {str(key): value for key, value in table.iloc[0].items()}
    weight = 1.0 / (s * s + row["tau2"])
    return RandomEffectsResult(
        labels=names,
        weights_percent=tuple(float(w) for w in 100.0 * weight / weight.sum()),
        warnings=_warnings(row, hartung_knapp, guard),
        **{key: value for key, value in row.items() if key not in {"reason", "is_converged"}},
    )


def fit_random_effects_many(
    estimate: npt.ArrayLike | pd.DataFrame,
    se: npt.ArrayLike | pd.DataFrame,
    *,
    tau2_method: Tau2Method = "REML",
    hartung_knapp: bool = True,
    guard: bool = False,
    prediction_df: PredictionDf = "k-1",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Pool every row of two [gene, study] tables; NaN in either marks a study that the gene lacks.

    Gives one row per gene with k, estimate, se, df, statistic, p, ci_low, ci_high, tau2 and its interval,
    I2 and its interval, Q and its p, prediction interval, `is_converged`, and `reason`: a sentence where
    fewer than two studies remain (all numbers are then NaN), else None.

    Raises InvalidColumnError when the shapes differ, InvalidSettingError for an unknown setting.
    """
    _check_settings(tau2_method, prediction_df, confidence)
    index = estimate.index if isinstance(estimate, pd.DataFrame) else None
    y = np.asarray(estimate, dtype=np.float64)
    s = np.asarray(se, dtype=np.float64)
    if y.shape != s.shape or y.ndim != 2:
        raise InvalidColumnError(
            f"Estimates of shape {y.shape} and standard errors of shape {s.shape} do not pair up: "
            "give two [gene, study] tables of one shape."
        )
    k = present(y, s * s).sum(axis=1)
    enough = np.flatnonzero(k >= 2)
    columns = _pool(y[enough], s[enough] ** 2, tau2_method, hartung_knapp, guard, prediction_df, confidence)
    table = pd.DataFrame(columns, index=enough).reindex(np.arange(len(y)))
    table.insert(0, "k", k)
    table["q_df"] = np.maximum(k - 1, 0)
    table["tau2_method"] = tau2_method
    table["test"] = ("HK (guarded)" if guard else "HK") if hartung_knapp else "z"
    table["confidence"] = confidence
    table["prediction_df"] = prediction_df
    table["is_converged"] = table["is_converged"].fillna(0.0).astype(bool)
    table["reason"] = [
        None if n >= 2 else f"only {n} of {y.shape[1]} studies has an estimate; two are needed" for n in k
    ]
    table.index = index if index is not None else table.index
    return table


def _pool(
    y: FloatArray,
    v: FloatArray,
    tau2_method: str,
    hartung_knapp: bool,
    guard: bool,
    prediction_df: str,
    confidence: float,
) -> dict[str, FloatArray]:
    k = present(y, v).sum(axis=1).astype(np.float64)
    if tau2_method == "REML":
        tau2, converged = restricted_maximum_likelihood(y, v)
    else:
        tau2, converged = dersimonian_laird(y, v), np.ones(len(y), dtype=bool)
    zero = np.zeros(len(y))
    moments, fixed = weighted_moments(y, v, tau2), weighted_moments(y, v, zero)
    q_hk = moments.q / (k - 1)
    scale = (np.maximum(1.0, q_hk) if guard else q_hk) if hartung_knapp else np.ones(len(y))
    se = np.sqrt(scale / moments.weight_sum)
    df = k - 1 if hartung_knapp else np.full(len(y), np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = moments.mean / se
    half = _quantile(confidence, df) * se
    spread = _quantile(confidence, _prediction_df(k, prediction_df)) * np.sqrt(se * se + tau2)
    low, high = q_profile_interval(y, v, confidence)
    typical = typical_variance(y, v)
    return {
        "estimate": moments.mean,
        "se": se,
        "df": df,
        "statistic": statistic,
        "p": 2.0 * t_sf(np.abs(statistic), df),
        "ci_low": moments.mean - half,
        "ci_high": moments.mean + half,
        "hartung_knapp_q": q_hk,
        "tau2": tau2,
        "tau2_se": tau2_standard_error(y, v, tau2, tau2_method),
        "tau2_ci_low": low,
        "tau2_ci_high": high,
        "i2_percent": 100.0 * tau2 / (tau2 + typical),
        "i2_ci_low_percent": 100.0 * low / (low + typical),
        "i2_ci_high_percent": 100.0 * high / (high + typical),
        "h2": (tau2 + typical) / typical,
        "q": fixed.q,
        "q_p": chi_square_sf(fixed.q, k - 1),
        "prediction_low": moments.mean - spread,
        "prediction_high": moments.mean + spread,
        "fixed_estimate": fixed.mean,
        "fixed_se": np.sqrt(1.0 / fixed.weight_sum),
        "is_converged": converged.astype(np.float64),
    }


def _quantile(confidence: float, df: FloatArray) -> FloatArray:
    # t has no distribution at 0 degrees of freedom (k - 2 with two studies): the bound is then NaN.
    result: FloatArray = t_isf((1.0 - confidence) / 2.0, np.where(df > 0, df, np.nan))
    return result


def _prediction_df(k: FloatArray, rule: str) -> FloatArray:
    if rule == "normal":
        return np.full(len(k), np.inf)
    return k - 1 if rule == "k-1" else k - 2


def _check_settings(tau2_method: str, prediction_df: str, confidence: float) -> None:
    if tau2_method not in ("REML", "DL"):
        raise InvalidSettingError(f"Unknown tau2 method '{tau2_method}': use 'REML' or 'DL'.")
    if prediction_df not in ("k-1", "k-2", "normal"):
        raise InvalidSettingError(
            f"Unknown degrees of freedom '{prediction_df}' of the prediction interval: "
            "use 'k-1', 'k-2' or 'normal'."
        )
    if not 0.0 < confidence < 1.0:
        raise InvalidSettingError(f"Interval level {confidence} is not between 0 and 1: use 0.95 for 95 %.")


def _checked_studies(
    estimate: npt.ArrayLike, se: npt.ArrayLike, labels: Sequence[str] | None
) -> tuple[FloatArray, FloatArray, tuple[str, ...]]:
    y = np.asarray(estimate, dtype=np.float64).ravel()
    s = np.asarray(se, dtype=np.float64).ravel()
    names = tuple(labels) if labels is not None else tuple(f"study {i + 1}" for i in range(len(y)))
    if not len(y) == len(s) == len(names):
        raise InvalidColumnError(
            f"{len(y)} estimates, {len(s)} standard errors and {len(names)} labels do not pair up: "
            "give one of each per study."
        )
    bad = [names[i] for i in range(len(y)) if not (np.isfinite(y[i]) and np.isfinite(s[i]) and s[i] > 0)]
    if bad:
        raise InvalidColumnError(
            f"No usable estimate and standard error for {', '.join(bad)}: leave these studies out, "
            "or estimate them with Firth's penalty first."
        )
    if len(y) < 2:
        raise TooFewError(f"Only {len(y)} study has an estimate: random effects need at least two.")
    return y, s, names


def _warnings(row: dict[str, object], hartung_knapp: bool, guard: bool) -> tuple[str, ...]:
    found = []
    k = int(float(str(row["k"])))
    if k < FEW_STUDIES:
        found.append(f"Only {k} studies: tau2 and I2 are poorly known, read their intervals.")
    q = float(str(row["hartung_knapp_q"]))
    if hartung_knapp and not guard and q < 1.0:
        found.append(
            f"The studies agree more than chance would have them (q = {q:.2f} < 1), so the Hartung-Knapp "
            "interval is shorter than the plain one; the guard max(1, q) would widen it."
        )
    if not bool(row["is_converged"]):
        found.append("tau2 did not converge; use the DerSimonian-Laird estimate.")
    return tuple(found)
