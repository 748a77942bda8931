"""Calibration and Brier score of given predictions: truth of generated cohorts, intervals, bad input."""

import numpy as np
import pandas as pd
import pytest

from analytics.errors import InvalidColumnError, InvalidSettingError, TooFewError
from analytics.prediction.calibration import calibrate, group_by_edges, score_brier


def generated(n, seed):
    """Exponential times with a known rate per person, independent censoring, and the true survival at 12."""
    rng = np.random.default_rng(seed)
    rate = 0.04 * np.exp(rng.normal(0, 0.7, n))
    death, censored = rng.exponential(1 / rate), rng.uniform(6, 50, n)
    frame = pd.DataFrame({"time_months": np.minimum(death, censored), "event": death <= censored})
    return frame, np.exp(-12 * rate)


def test_true_probabilities_are_calibrated_within_their_intervals():
    frame, truth = generated(2000, 3)
    result = calibrate(frame, truth, 12, n_groups=5, n_bootstrap=500)
    inside = (result.table["ci_low"] <= result.table["predicted"]) & (
        result.table["predicted"] <= result.table["ci_high"]
    )
    assert inside.sum() >= 4
    assert result.mean_absolute_error < 0.03


def test_shifted_probabilities_are_shown_to_be_wrong():
    frame, truth = generated(2000, 3)
    result = calibrate(frame, truth**2, 12, n_bootstrap=500)
    assert (result.table["ci_low"] > result.table["predicted"]).sum() >= 4
    assert result.mean_absolute_error > 0.1


def test_bootstrap_intervals_are_as_wide_as_greenwoods():
    frame, truth = generated(600, 8)
    table = calibrate(frame, truth, 12, n_groups=3, n_bootstrap=1000).table
    edges = np.quantile(truth, [0, 1 / 3, 2 / 3, 1])
    group = group_by_edges(truth, edges)
    for k, row in table.iterrows():
        rows = frame[group == k].sort_values("time_months")
        variance, at_risk = 0.0, len(rows)
        for time, event in rows.to_numpy():
            if time <= 12 and event:
                variance += 1 / (at_risk * (at_risk - 1))
            at_risk -= 1
        greenwood = 1.96 * row["observed"] * np.sqrt(variance)
        # 1000 resamples know a percentile to about 4 % of the width.
        assert (row["ci_high"] - row["ci_low"]) / 2 == pytest.approx(greenwood, rel=0.12)


def test_the_brier_score_is_best_for_the_truth_and_its_accuracy_index_zero_for_the_average():
    frame, truth = generated(1500, 5)
    best = score_brier(frame, truth, 12, n_bootstrap=500)
    assert best.ci_low < best.score < best.ci_high < best.reference
    assert 0 < best.ipa_ci_low < best.ipa < best.ipa_ci_high
    overall = calibrate(frame, truth, 12, n_bootstrap=500).observed_overall
    flat = score_brier(frame, np.full(len(frame), overall), 12, n_bootstrap=500)
    assert flat.ipa == pytest.approx(0.0, abs=1e-12)
    assert score_brier(frame, 1 - truth, 12, n_bootstrap=500).ipa < 0


def test_groups_are_half_open_and_the_last_is_closed():
    edges = np.array([0.0, 0.5, 0.8, 1.0])
    assert group_by_edges(np.array([0.0, 0.49, 0.5, 0.8, 1.0]), edges).tolist() == [0, 0, 1, 2, 2]


def test_few_people_get_fewer_groups_and_too_few_get_an_error():
    frame, truth = generated(35, 1)
    assert len(calibrate(frame, truth, 12, n_bootstrap=500).table) == 3
    with pytest.raises(TooFewError, match="calibration groups of 10"):
        calibrate(frame[:15], truth[:15], 12, n_bootstrap=500)


def test_a_group_that_ends_before_the_horizon_has_a_reason_and_no_interval():
    frame, truth = generated(300, 2)
    poor = truth < np.quantile(truth, 0.2)
    frame.loc[poor, "time_months"] = frame.loc[poor, "time_months"].clip(upper=9)
    frame.loc[poor & (frame["time_months"] == 9), "event"] = False
    result = calibrate(frame, truth, 12, n_bootstrap=500)
    row = result.table.iloc[0]
    assert "nobody is followed to the horizon" in row["reason"]
    assert np.isnan(row["observed"])
    assert result.warnings == (row["reason"],)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda f, p: (f, p[:-1], 12, {}), InvalidColumnError, "do not pair up"),
        (lambda f, p: (f, p * 100, 12, {}), InvalidColumnError, "outside 0 to 1"),
        (lambda f, p: (f, p, 400, {}), InvalidSettingError, "outside the follow-up"),
        (lambda f, p: (f, p, 12, {"n_bootstrap": 100}), InvalidSettingError, "use 500"),
    ],
)
def test_bad_input_gets_one_sentence(change, error, words):
    frame, survival, horizon, settings = change(*generated(100, 1))
    with pytest.raises(error, match=words):
        calibrate(frame, survival, horizon, **settings)
