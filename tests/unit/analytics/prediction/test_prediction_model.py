"""The frozen Cox model against R's coxph and rms, new cohorts, and bad input."""

import numpy as np
import pandas as pd
import pytest

from analytics.errors import (
    ConstantCovariateError,
    InvalidColumnError,
    InvalidSettingError,
    MissingColumnError,
    NoEventsError,
    NotConvergedError,
    TooFewError,
)
from analytics.prediction.model import Covariate, fit_prediction_model


def test_coefficients_errors_and_likelihood_equal_r_coxph(model, reference):
    expected = reference["model"]
    np.testing.assert_allclose(model.coefficients, expected["coefficients"], rtol=1e-10)
    np.testing.assert_allclose(np.sqrt(np.diag(model.covariance)), expected["se"], rtol=1e-10)
    np.testing.assert_allclose(
        [model.log_likelihood_null, model.log_likelihood], expected["loglik"], rtol=1e-12
    )


def test_predicted_survival_equals_rms_at_12_and_24_months(model, reference):
    for case in reference["nomogram"]["survival"]:
        survival = np.exp(-model.hazard_at(case["horizon"]) * np.exp(case["lp"]))
        np.testing.assert_allclose(survival, case["survival"], rtol=1e-10)


def test_linear_predictor_and_survival_of_another_cohort_equal_r_predict(model, external, reference):
    expected = reference["external"]
    difference = model.linear_predictor(external) - expected["lp"]
    # R 3.5 does not centre 0/1 columns, so its predictor differs by one constant.
    np.testing.assert_allclose(difference, difference[0], atol=1e-10)
    for column, horizon in enumerate((12, 24)):
        theirs = np.array(expected["survival"])[:, column]
        np.testing.assert_allclose(model.survival(external, horizon), theirs, rtol=1e-10)


def test_levels_are_frozen_and_the_reference_comes_first(model):
    by_name = {covariate.name: covariate for covariate in model.covariates}
    assert by_name["cancer"].levels == ("lung", "melanoma", "renal")
    assert model.columns == ("age", "tmb", "cancer=melanoma", "cancer=renal", "sex=M")
    table = model.to_frame()
    assert table.loc[table["covariate"] == "cancer", "reference"].tolist() == ["lung", "lung"]


def test_category_order_decides_the_reference(discovery):
    ordered = discovery.assign(cancer=pd.Categorical(discovery["cancer"], ["renal", "lung", "melanoma"]))
    model = fit_prediction_model(ordered, ["cancer"])
    assert model.columns == ("cancer=lung", "cancer=melanoma")


def test_a_missing_covariate_gives_a_missing_prediction_and_is_left_out_of_the_fit(discovery, covariates):
    holes = discovery.astype({"age": float})
    holes.loc[[3, 8], "age"] = np.nan
    model = fit_prediction_model(holes, covariates)
    assert model.n == len(discovery) - 2
    assert "2 rows without age left out." in model.warnings
    assert np.isnan(model.linear_predictor(holes)[[3, 8]]).all()
    again = fit_prediction_model(holes.drop(index=[3, 8]), covariates)
    np.testing.assert_allclose(model.coefficients, again.coefficients)


def test_few_events_per_coefficient_are_warned_about(discovery, covariates):
    model = fit_prediction_model(discovery.head(70), covariates)
    assert any("fewer than 10 each" in warning for warning in model.warnings)


def test_delayed_entry_is_said_not_to_be_used(discovery):
    late = discovery.assign(entry_months=[2.0] * 5 + [0.0] * (len(discovery) - 5))
    assert any("5 people entered after time zero" in w for w in fit_prediction_model(late, ["age"]).warnings)


@pytest.mark.parametrize(
    ("change", "covariates", "error", "words"),
    [
        (lambda d: d, ["stage"], MissingColumnError, "stage"),
        (lambda d: d, [], InvalidSettingError, "at least one"),
        (lambda d: d, ["age", "age"], InvalidSettingError, "name each once"),
        (lambda d: d.assign(sex="F"), ["age", "sex"], ConstantCovariateError, "'F' for everybody"),
        (lambda d: d.assign(age=60), ["age"], ConstantCovariateError, "does not vary"),
        (
            lambda d: d.assign(older=d["age"] + 1),
            ["age", "older"],
            ConstantCovariateError,
            "repeat each other",
        ),
        (lambda d: d.assign(event=0), ["age"], NoEventsError, "had the event"),
        (
            lambda d: d.assign(rare=np.where(d["event"] == 1, "common", "never")),
            ["rare"],
            NotConvergedError,
            "level without events",
        ),
        (
            lambda d: d.assign(event=[1] * 2 + [0] * (len(d) - 2)),
            ["age", "tmb", "sex"],
            TooFewError,
            "2 events",
        ),
        (
            lambda d: d.assign(tmb=-1.0),
            [Covariate("tmb", "TMB", "log2_plus_1")],
            InvalidColumnError,
            "below 0",
        ),
    ],
)
def test_bad_input_gets_a_typed_error_with_the_remedy(discovery, change, covariates, error, words):
    with pytest.raises(error, match=words):
        fit_prediction_model(change(discovery), covariates)


def test_a_level_the_model_never_saw_is_refused_by_name(model, external):
    with pytest.raises(InvalidColumnError, match="level 'sarcoma', which the model was not fitted on"):
        model.linear_predictor(external.assign(cancer="sarcoma"))


@pytest.mark.parametrize("horizon", [0.0, 500.0])
def test_a_horizon_outside_the_follow_up_is_refused(model, external, horizon):
    with pytest.raises(InvalidSettingError, match="outside the model's follow-up"):
        model.survival(external, horizon)
