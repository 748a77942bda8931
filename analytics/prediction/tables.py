"""Result tables of nomograms: points and probabilities, calibration groups, and how well the score does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from analytics.results.schema import ResultTable, column
from analytics.results.statistic import Statistic, SurvivalStatistic

_POPULATION = "discovery (the nomogram was made in them) or validation (it was not)"
_SIDES = ("discovery", "validation")
_HORIZON = "Months from the origin at which survival is looked at, if any"


@dataclass(frozen=True, kw_only=True)
class NomogramStatistic(Statistic):
    """A tick of an axis, a predicted probability, or a coefficient behind them."""

    TABLE: ClassVar[str] = "nomograms"
    MEANING: ClassVar[str] = "A point of an axis of a nomogram."

    axis: str | None = column("Covariate, total_points, baseline_hazard or coefficient")
    label: str | None = column("The axis as printed")
    value: str | None = column("Tick of the axis: a level or a number")
    points: float | None = column("Points at the tick, or total points at which the estimate is predicted")
    horizon_months: float | None = column("Months at which survival is predicted, if any")
    coefficient: float | None = column("Cox coefficient (log hazard ratio) of a coefficient's row")
    standard_error: float | None = column("Its standard error")
    center: float | None = column(
        "Mean of the column in the model's people, taken off before the coefficient"
    )
    reference: str | None = column("Reference level of the covariate, if it has levels")


@dataclass(frozen=True, kw_only=True)
class CalibrationStatistic(Statistic):
    """Observed survival in a group of predicted survival."""

    TABLE: ClassVar[str] = "calibrations"
    MEANING: ClassVar[str] = "A group of predicted probabilities against what was observed."

    population: str | None = column(_POPULATION, words=_SIDES)
    horizon_months: float | None = column(_HORIZON)
    group_number: int | None = column("Group of predicted survival, lowest first")
    predicted_low: float | None = column("Lowest predicted survival of the group")
    predicted_high: float | None = column("Highest predicted survival of the group")
    predicted: float | None = column(
        "Mean predicted survival; the estimate is the observed one (Kaplan-Meier)"
    )
    optimism: float | None = column(
        "Of observed less predicted, by refitting in bootstrap samples; discovery only"
    )
    corrected: float | None = column("Observed less optimism; discovery only")
    n_bootstrap: int | None = column("Bootstrap samples behind the interval")
    n_usable: int | None = column("of these with a value")
    seed: int | None = column("Seed of the bootstrap")


@dataclass(frozen=True, kw_only=True)
class PredictionStatistic(SurvivalStatistic):
    """An index of a score, its cut-off, or people with low points against people with high points."""

    TABLE: ClassVar[str] = "prediction_stats"
    MEANING: ClassVar[str] = "How well a model predicts: discrimination, error, cut-off."

    population: str | None = column(_POPULATION, words=_SIDES)
    horizon_months: float | None = column(_HORIZON)
    cut_off_points: float | None = column("Total points at or below which the risk is called low")
    p_search_only: float | None = column(
        "p of the cut-off if the score were given and not fitted in these people"
    )
    p_lausen_1994: float | None = column("The same by the improved Bonferroni bound")
    p_exact_gauss: float | None = column("The same by the limiting normal distribution")
    p_naive: float | None = column("p that ignores the search, as cut-off finders print it")
    apparent: float | None = column("Index in the people that the model was fitted in")
    optimism: float | None = column("of which optimism, by refitting in bootstrap samples")
    reference: float | None = column("Brier score of knowing nobody's covariates")
    n_draws: int | None = column("Bootstrap samples or permutations")
    n_failed: int | None = column("of these without a finite fit")
    seed: int | None = column("Seed of the draws")


TABLES = tuple(
    ResultTable.of(row_type) for row_type in (NomogramStatistic, CalibrationStatistic, PredictionStatistic)
)
