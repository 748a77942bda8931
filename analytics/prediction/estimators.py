"""The estimators of nomograms."""

from __future__ import annotations

from analytics.results.estimator import Estimator, Scale

_PREDICTION = (
    "Points from a Cox model; discrimination by the C-index and calibration at fixed times, corrected for optimism by "
    "bootstrap, and validated on people who were not in the model."
)
_CUT_OFF = (
    "Maximally selected log-rank statistic with a p that pays for the search; frozen before validation."
)
_HARRELL = "Harrell 2015, Regression Modeling Strategies, chapters 5 and 20"


def _of_prediction(key: str, label: str, scale: Scale, source: str, applies: str) -> Estimator:
    return Estimator(
        key=key,
        label=label,
        scale=scale,
        heading="Prediction",
        methods=_PREDICTION,
        source=source,
        applies=applies,
    )


POINTS = _of_prediction("points", "Points of a nomogram", Scale.VALUE, _HARRELL, "every tick of every axis")
PREDICTED_SURVIVAL = _of_prediction(
    "predicted_survival", "Predicted survival", Scale.SHARE, _HARRELL, "total points at a horizon"
)
BASELINE_HAZARD = _of_prediction(
    "baseline_hazard",
    "Cumulative baseline hazard",
    Scale.VALUE,
    "Breslow 1972, JRSS B 34:216",
    "every horizon",
)
OBSERVED_SURVIVAL = _of_prediction(
    "observed_survival",
    "Observed survival, Kaplan-Meier",
    Scale.SHARE,
    _HARRELL,
    "groups of predicted survival",
)
CALIBRATION_ERROR = _of_prediction(
    "calibration_error", "Mean absolute error of the corrected calibration", Scale.VALUE, _HARRELL,
    "weighted by group size, every horizon",
)  # fmt: skip
C_INDEX = _of_prediction(
    "c_index", "Harrell's C", Scale.INDEX, "Harrell, Lee and Mark 1996, Stat Med 15:361",
    "apparent and in validation, with a percentile interval",
)  # fmt: skip
CALIBRATION_SLOPE = _of_prediction(
    "calibration_slope", "Calibration slope", Scale.COEFFICIENT, "van Houwelingen 2000, Stat Med 19:3401",
    "in validation: Cox coefficient of the linear predictor, percentile interval",
)  # fmt: skip
BRIER = _of_prediction(
    "brier",
    "Brier score",
    Scale.INDEX,
    "Graf et al. 1999, Stat Med 18:2529",
    "every horizon, weighted for censoring",
)
PREDICTION_ACCURACY = _of_prediction(
    "prediction_accuracy", "Index of prediction accuracy", Scale.INDEX, "Kattan and Gerds 2018, Diagn Progn Res 2:7",
    "1 less the Brier score over that of knowing nobody",
)  # fmt: skip
OBSERVED_EXPECTED = _of_prediction(
    "observed_expected",
    "Observed over predicted deaths",
    Scale.RATIO,
    "Steyerberg 2019, section 15.3",
    "every horizon",
)
OPTIMISM_CORRECTED = _of_prediction(
    "optimism_corrected", "Apparent less bootstrap optimism", Scale.INDEX,
    "Harrell, Lee and Mark 1996, Stat Med 15:361; Noma et al. 2021, Stat Med 40:5691",
    "indices in the people that the model was made in; the interval of C is the apparent one moved by the optimism",
)  # fmt: skip
CUT_OFF = Estimator(
    key="maximal_log_rank",
    label="Cut-off by the maximal log-rank statistic",
    scale=Scale.VALUE,
    heading="Cut-off",
    methods=_CUT_OFF,
    source="Lausen and Schumacher 1992, Biometrics 48:73",
    applies="total points, in the people that the model was made in",
)
ESTIMATORS = (
    POINTS, PREDICTED_SURVIVAL, BASELINE_HAZARD, OBSERVED_SURVIVAL, CALIBRATION_ERROR, C_INDEX, CALIBRATION_SLOPE,
    BRIER, PREDICTION_ACCURACY, OBSERVED_EXPECTED, OPTIMISM_CORRECTED, CUT_OFF,
)  # fmt: skip
