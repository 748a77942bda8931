"""Bootstrap optimism, corrected calibration and external validation: R on stored resamples, invariants."""

import numpy as np
import pandas as pd
import pytest
from lifelines.utils import concordance_index

from analytics.errors import InvalidColumnError, InvalidSettingError, NotConvergedError
from analytics.prediction.fitting.bootstrap_fits import check_failures
from analytics.prediction.fitting.model import fit_prediction_model
from analytics.prediction.performance.calibration_optimism import calibrate_model
from analytics.prediction.performance.validation import (
    bootstrap_optimism,
    validate_external,
)


@pytest.fixture(scope="module")
def resamples(reference):
    return np.array(reference["optimism"]["resamples"])


@pytest.fixture(scope="module")
def optimism(discovery, covariates, resamples):
    return bootstrap_optimism(discovery, covariates, resamples=resamples)


def test_every_index_equals_an_r_loop_of_coxph_and_concordance_on_the_same_resamples(optimism, reference):
    loop = np.array(reference["optimism"]["loop"])
    apparent = reference["optimism"]["apparent"]
    table = optimism.table.set_index("index")
    for name, column in {"c_index": 0, "brier_12_months": 3, "brier_24_months": 5}.items():
        assert table.loc[name, "apparent"] == pytest.approx(apparent[column], rel=1e-10)
        assert table.loc[name, "training"] == pytest.approx(loop[:, column].mean(), rel=1e-10)
        assert table.loc[name, "test"] == pytest.approx(loop[:, column + 1].mean(), rel=1e-10)
    assert table.loc["calibration_slope", "test"] == pytest.approx(loop[:, 2].mean(), rel=1e-9)


def test_dxy_and_slope_equal_rms_validate_on_the_same_resamples(optimism, reference):
    validate = reference["optimism"]["validate"]
    theirs = pd.DataFrame(validate["values"], index=validate["rows"], columns=validate["columns"])
    ours = optimism.table.set_index("index")
    for name, row in {"dxy": "Dxy", "calibration_slope": "Slope"}.items():
        # rms stops its fits at a tolerance of 1e-4.
        expected = theirs.loc[row, ["index.orig", "training", "test", "optimism", "index.corrected"]]
        np.testing.assert_allclose(
            ours.loc[name, ["apparent", "training", "test", "optimism", "corrected"]].astype(float),
            expected,
            atol=3e-4,
        )


def test_corrected_calibration_equals_rms_calibrate_and_an_r_loop(
    discovery, covariates, reference, resamples
):
    expected = reference["calibrate"]
    ours = calibrate_model(discovery, covariates, 12, edges=expected["cuts"], resamples=resamples).table
    loop = np.array(expected["loop"], dtype=float)
    by_hand = np.nanmean(loop[:, :4], axis=0) - np.nanmean(loop[:, 4:], axis=0)
    theirs = pd.DataFrame(expected["values"], columns=expected["columns"])
    np.testing.assert_allclose(ours["predicted"], theirs["mean.predicted"], rtol=1e-6)
    np.testing.assert_allclose(ours["observed"], theirs["KM"], rtol=1e-12)
    # rms leaves a resample out of both means when its training group is empty; the loop averages each.
    np.testing.assert_allclose(ours["optimism"][:3], by_hand[:3], rtol=1e-9)
    np.testing.assert_allclose(ours["optimism"], theirs["mean.optimism"], atol=2e-6)
    np.testing.assert_allclose(ours["corrected"], theirs["KM.corrected"], atol=2e-6)


def test_external_discrimination_calibration_and_brier_equal_r(model, external, reference):
    expected = reference["external"]
    result = validate_external(model, external, n_groups=4, n_bootstrap=500)
    assert result.c_index == pytest.approx(expected["c_index"], rel=1e-12)
    assert result.calibration_slope == pytest.approx(expected["slope"], rel=1e-9)
    np.testing.assert_allclose([b.score for b in result.brier], expected["brier_model"], rtol=1e-10)
    np.testing.assert_allclose([b.reference for b in result.brier], expected["brier_null"], rtol=1e-10)
    np.testing.assert_allclose([b.ipa for b in result.brier], expected["ipa"], rtol=1e-9)
    table = result.calibration[0].table
    np.testing.assert_allclose(table["observed"], expected["km_groups"], rtol=1e-12)
    np.testing.assert_allclose(table["predicted"], expected["predicted_groups"], rtol=1e-10)


def test_the_answer_does_not_depend_on_threads_or_on_the_order_of_rows(discovery, covariates):
    one = bootstrap_optimism(discovery, covariates, n_bootstrap=500, seed=4, threads=1)
    two = bootstrap_optimism(discovery, covariates, n_bootstrap=500, seed=4, threads=2)
    pd.testing.assert_frame_equal(one.table, two.table)


def test_models_of_noise_look_good_and_the_correction_takes_most_of_it_away():
    rng = np.random.default_rng(0)
    apparent, corrected, slopes = [], [], []
    for _ in range(25):
        noise = pd.DataFrame(rng.normal(size=(100, 6)), columns=list("abcdef"))
        noise["time_months"] = rng.exponential(20, 100)
        noise["event"] = rng.random(100) < 0.7
        result = bootstrap_optimism(noise, list("abcdef"), n_bootstrap=500, horizons_months=(12,))
        apparent.append(result.table.set_index("index").loc["c_index", "apparent"])
        corrected.append(result.corrected_c_index)
        slopes.append(result.corrected_slope)
    assert np.mean(apparent) > 0.58
    # Harrell's correction is known to leave a part with few events per coefficient (Iba et al. 2021).
    assert abs(np.mean(corrected) - 0.5) < 0.35 * (np.mean(apparent) - 0.5)
    assert np.mean(slopes) < 0.6


def test_a_strong_model_of_many_people_has_little_optimism():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"x": rng.normal(size=1500)})
    frame["time_months"] = rng.exponential(20 * np.exp(-frame["x"]))
    frame["event"] = True
    result = bootstrap_optimism(frame, ["x"], n_bootstrap=500, horizons_months=(12,))
    assert result.corrected_slope == pytest.approx(1.0, abs=0.01)
    table = result.table.set_index("index")
    assert abs(table.loc["c_index", "optimism"]) < 0.001


def test_a_level_missing_from_a_resample_does_not_stop_the_bootstrap(discovery):
    rare = discovery.assign(cancer=np.where(np.arange(len(discovery)) < 3, "rare", discovery["cancer"]))
    result = bootstrap_optimism(rare, ["age", "cancer"], n_bootstrap=500)
    assert result.table["n_resamples"].min() > 450


def test_validation_in_the_discovery_cohort_has_slope_one_and_its_apparent_c(discovery, covariates, model):
    result = validate_external(model, discovery, n_bootstrap=500)
    assert result.calibration_slope == pytest.approx(1.0, rel=1e-8)
    apparent = bootstrap_optimism(discovery, covariates, n_bootstrap=500).table.set_index("index")
    assert result.c_index == pytest.approx(apparent.loc["c_index", "apparent"])
    # lifelines counts pairs by survival, so a higher risk is a lower score.
    by_lifelines = concordance_index(
        discovery["time_months"], -model.linear_predictor(discovery), discovery["event"]
    )
    assert result.c_index == pytest.approx(by_lifelines, rel=1e-12)


def test_a_model_too_extreme_for_the_new_cohort_has_a_slope_below_one():
    rng = np.random.default_rng(5)

    def cohort(effect):
        frame = pd.DataFrame({"x": rng.normal(size=800)})
        frame["time_months"] = rng.exponential(20 * np.exp(-effect * frame["x"]))
        return frame.assign(event=True)

    result = validate_external(fit_prediction_model(cohort(1.0), ["x"]), cohort(0.5), n_bootstrap=500)
    assert result.calibration_slope == pytest.approx(0.5, abs=0.1)
    low, high = result.calibration_slope_ci
    assert low < result.calibration_slope < high < 1


def test_a_horizon_beyond_the_new_cohort_is_left_out_with_a_warning(model, external):
    short = external.assign(time_months=external["time_months"].clip(upper=20))
    result = validate_external(model, short, n_bootstrap=500)
    assert [curve.horizon_months for curve in result.calibration] == [12.0]
    assert any("24 months lies beyond" in warning for warning in result.warnings)


def test_people_outside_the_fitted_range_are_counted(model, external):
    young = external.assign(age=np.where(external.index <= 4, 20, 60))
    warnings = validate_external(model, young, n_bootstrap=500).warnings
    assert "5 people have age outside the 38 to 86 the model was fitted on." in warnings


def test_fewer_than_500_resamples_and_impossible_stored_ones_are_refused(discovery, covariates):
    with pytest.raises(InvalidSettingError, match="use 500"):
        bootstrap_optimism(discovery, covariates, n_bootstrap=200)
    with pytest.raises(InvalidColumnError, match="not analysed"):
        bootstrap_optimism(discovery, covariates, resamples=np.full((2, len(discovery)), 10_000))
    with pytest.raises(InvalidColumnError, match="from 0"):
        bootstrap_optimism(discovery, covariates, resamples=np.full((2, len(discovery)), -1))


def test_many_failed_fits_stop_the_validation_and_few_are_told():
    with pytest.raises(NotConvergedError, match="merge levels"):
        check_failures(np.array([True] * 90 + [False] * 10))
    assert check_failures(np.array([True] * 99 + [False])) == [
        "1 of 100 bootstrap fits did not converge and were left out."
    ]
    assert check_failures(np.array([True] * 5)) == []


def test_calibration_edges_that_do_not_span_0_to_1_are_refused(discovery, covariates):
    with pytest.raises(InvalidSettingError, match="rise from 0 to 1"):
        calibrate_model(discovery, covariates, 12, edges=[0.2, 0.5, 0.9])
