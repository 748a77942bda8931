"""Nomogram of a fitted Cox model: points per covariate, total points, survival at fixed horizons.

The mapping is that of R's rms: the covariate whose axis spans the widest range of effects gets 0 to 100
points, all others the same points per unit of linear predictor (Harrell 2015, section 20.6; Iasonos 2008).
Points are additive and monotone in risk, so a total can be cut, frozen and carried to another cohort.
What does NOT belong here: fitting (`model`), drawing (`nomogram_figure`), cut-offs (`cutpoint`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.ticker import MaxNLocator

from analytics.errors import ConstantCovariateError, InvalidSettingError
from analytics.prediction.model import (
    Covariate,
    PredictionModel,
    design_matrix,
)

FloatArray = npt.NDArray[np.float64]

MAX_POINTS: Final = 100.0
DEFAULT_HORIZONS: Final = (12.0, 24.0)
SURVIVAL_TICKS: Final = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


@dataclass(frozen=True)
class NomogramAxis:
    """One covariate's axis: `values` as printed on it and the `points` they are worth."""

    covariate: str
    label: str
    values: tuple[str, ...]
    points: tuple[float, ...]
    is_numeric: bool


@dataclass(frozen=True)
class SurvivalAxis:
    """Survival probabilities at a horizon and the total points at which they are predicted."""

    horizon_months: float
    survival: tuple[float, ...]
    total_points: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Nomogram:
    """Frozen mapping from covariates to points and from total points to survival.

    `points_per_unit` turns linear predictor into points; `intercept` is the linear predictor (centred, as
    the model's) at 0 points; `offsets` holds, per covariate, the effect at 0 points.
    """

    model: PredictionModel
    axes: tuple[NomogramAxis, ...]
    survival_axes: tuple[SurvivalAxis, ...]
    points_per_unit: float
    intercept: float
    offsets: dict[str, float]
    max_total_points: float
    warnings: tuple[str, ...]

    def points(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Points of each row: one column per covariate and `total_points`; NaN where one is missing.

        Values beyond an axis are extrapolated (points below 0 or above the axis are then possible).
        """
        columns = {
            term.name: (_effect(self.model, term, frame) - self.offsets[term.name]) * self.points_per_unit
            for term in self.model.covariates
        }
        table = pd.DataFrame(columns, index=frame.index)
        table["total_points"] = table.sum(axis=1, skipna=False)
        return table

    def survival_at(self, total_points: npt.ArrayLike, horizon_months: float) -> FloatArray:
        """Predicted survival at the horizon for given total points."""
        eta = self.intercept + np.asarray(total_points, dtype=np.float64) / self.points_per_unit
        result: FloatArray = np.exp(-self.model.hazard_at(horizon_months) * np.exp(eta))
        return result

    def points_for_survival(self, survival: npt.ArrayLike, horizon_months: float) -> FloatArray:
        """Total points at which the given survival (between 0 and 1) is predicted: the inverse."""
        wanted = np.asarray(survival, dtype=np.float64)
        if ((wanted <= 0) | (wanted >= 1)).any():
            raise InvalidSettingError(
                "Survival must lie between 0 and 1, both excluded: use fractions, not %."
            )
        eta = np.log(-np.log(wanted) / self.model.hazard_at(horizon_months))
        result: FloatArray = (eta - self.intercept) * self.points_per_unit
        return result

    def to_frame(self) -> pd.DataFrame:
        """Rows of axis, label, value, points: every tick of the picture, for a results table or CSV."""
        rows = [
            {"axis": axis.covariate, "label": axis.label, "value": value, "points": points}
            for axis in self.axes
            for value, points in zip(axis.values, axis.points, strict=True)
        ]
        rows += [
            {
                "axis": f"survival_{axis.horizon_months:g}_months",
                "label": f"{axis.horizon_months:g}-month survival",
                "value": f"{survival:g}",
                "points": points,
            }
            for axis in self.survival_axes
            for survival, points in zip(axis.survival, axis.total_points, strict=True)
        ]
        return pd.DataFrame(rows)


def make_nomogram(
    model: PredictionModel,
    *,
    horizons_months: Sequence[float] = DEFAULT_HORIZONS,
    axis_values: Mapping[str, Sequence[float]] | None = None,
) -> Nomogram:
    """Build the nomogram of a model.

    Numeric axes carry round values that cover the range the model was fitted on, or `axis_values`; the
    points depend on them, so pass the published ones to rebuild a published nomogram.

    Raises InvalidSettingError (a horizon outside the follow-up, axis values for an unknown or categorical
    covariate or fewer than two), ConstantCovariateError when no covariate has any effect.
    """
    chosen = _check_axis_values(model, axis_values or {})
    effects: dict[str, tuple[tuple[str, ...], FloatArray]] = {}
    for term in model.covariates:
        effects[term.name] = _axis_effects(model, term, chosen.get(term.name))
    span = max(float(np.ptp(effect)) for _, effect in effects.values())
    if span == 0.0:
        raise ConstantCovariateError(
            "No covariate has an effect, so no points can be given: refit the model."
        )
    scale = MAX_POINTS / span
    offsets = {name: float(effect.min()) for name, (_, effect) in effects.items()}
    axes = tuple(
        NomogramAxis(
            covariate=term.name,
            label=term.label,
            values=effects[term.name][0],
            points=tuple(float(v) for v in (effects[term.name][1] - offsets[term.name]) * scale),
            is_numeric=not term.levels,
        )
        for term in model.covariates
    )
    most = sum(max(axis.points) for axis in axes)
    nomogram = Nomogram(
        model=model,
        axes=axes,
        survival_axes=(),
        points_per_unit=scale,
        intercept=sum(offsets.values()) - float(model.center @ model.coefficients),
        offsets=offsets,
        max_total_points=float(most),
        warnings=model.warnings,
    )
    survival_axes = tuple(_survival_axis(nomogram, horizon) for horizon in horizons_months)
    return Nomogram(**{**vars(nomogram), "survival_axes": survival_axes})


def _check_axis_values(
    model: PredictionModel, axis_values: Mapping[str, Sequence[float]]
) -> Mapping[str, Sequence[float]]:
    numeric = {term.name for term in model.covariates if not term.levels}
    for name, values in axis_values.items():
        if name not in numeric:
            raise InvalidSettingError(
                f"'{name}' is not a numeric covariate of the model ({', '.join(sorted(numeric)) or 'none'}): "
                "axis values are for numbers only."
            )
        if len(values) < 2:
            raise InvalidSettingError(f"The axis of '{name}' needs at least two values: give its ends.")
    return axis_values


def _effect(model: PredictionModel, term: Covariate, frame: pd.DataFrame) -> FloatArray:
    """Contribution of one covariate to the linear predictor, not centred, shape [n]."""
    place = [model.columns.index(column) for column in term.columns]
    result: FloatArray = design_matrix(frame, [term]) @ model.coefficients[place]
    return result


def _axis_effects(
    model: PredictionModel, term: Covariate, values: Sequence[float] | None
) -> tuple[tuple[str, ...], FloatArray]:
    if term.levels:
        frame = pd.DataFrame({term.name: list(term.levels)})
        return term.levels, _effect(model, term, frame)
    ticks = np.asarray(values, dtype=np.float64) if values is not None else _round_values(model, term)
    frame = pd.DataFrame({term.name: ticks})
    return tuple(f"{tick:g}" for tick in ticks), _effect(model, term, frame)


def _round_values(model: PredictionModel, term: Covariate) -> FloatArray:
    """Round ticks that cover the fitted range; burdens on the log scale get doublings."""
    low, high = model.ranges[term.name]
    if term.transform == "identity":
        return np.asarray(MaxNLocator(nbins=10, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high))
    powers = 2.0 ** np.arange(0, 64)
    doublings = np.concatenate([[0.0], powers[powers < high]])
    # One more, so that the highest burden has a place on the axis.
    return np.append(doublings, powers[len(doublings) - 1])


def _survival_axis(nomogram: Nomogram, horizon_months: float) -> SurvivalAxis:
    ticks = np.asarray(SURVIVAL_TICKS)
    points = nomogram.points_for_survival(ticks, horizon_months)
    inside = (points >= 0) & (points <= nomogram.max_total_points)
    return SurvivalAxis(
        horizon_months=float(horizon_months),
        survival=tuple(float(v) for v in ticks[inside]),
        total_points=tuple(float(v) for v in points[inside]),
    )
