"""Random-effects meta-analysis against R's metafor 3.8-1 (tests/reference/meta), and by its invariants."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.errors import InvalidColumnError, InvalidSettingError, TooFewError
from analytics.meta.random_effects import fit_random_effects, fit_random_effects_many
from analytics.meta.tau2 import restricted_log_likelihood

REFERENCE = json.loads((Path(__file__).parents[3] / "reference" / "meta" / "reference.json").read_text())
CASES = [(name, fit) for name, data in REFERENCE["fits"].items() for fit in data["fits"]]
ICB = REFERENCE["fits"]["icb"]


def fit_like_metafor(name, expected):
    data = REFERENCE["fits"][name]
    return fit_random_effects(
        data["y"],
        data["study_se"],
        tau2_method=expected["method"],
        hartung_knapp=expected["test"] != "z",
        guard=expected["test"] == "adhoc",
        prediction_df="normal" if expected["test"] == "z" else "k-1",
    )


@pytest.mark.parametrize(
    ("name", "expected"), CASES, ids=[f"{n}-{f['method']}-{f['test']}" for n, f in CASES]
)
def test_pooled_estimate_heterogeneity_and_intervals_equal_metafor(name, expected):
    result = fit_like_metafor(name, expected)
    ours = [
        result.estimate, result.se, result.p, result.ci_low, result.ci_high, result.tau2, result.tau2_se,
        result.i2_percent, result.h2, result.q, result.q_p, result.tau2_ci_low, result.tau2_ci_high,
        result.i2_ci_low_percent, result.i2_ci_high_percent, result.prediction_low, result.prediction_high,
        *result.weights_percent,
    ]  # fmt: skip
    theirs = [
        expected[key]
        for key in ("estimate", "se", "p", "ci_low", "ci_high", "tau2", "tau2_se", "i2", "h2", "q", "q_p")
    ]
    theirs += [*expected["tau2_ci"], *expected["i2_ci"], *expected["pi_default"], *expected["weights"]]
    np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-8)


def test_prediction_interval_with_k_minus_2_degrees_of_freedom_equals_metafors_riley_type():
    expected = next(f for f in ICB["fits"] if f["method"] == "REML" and f["test"] == "knha")
    result = fit_random_effects(ICB["y"], ICB["study_se"], prediction_df="k-2")
    np.testing.assert_allclose(
        [result.prediction_low, result.prediction_high], expected["pi_riley"], rtol=1e-8
    )


def test_many_genes_with_missing_cohorts_equal_metafor_one_by_one():
    many = REFERENCE["many"]
    effect, se = (pd.DataFrame(many[key], dtype=float) for key in ("y", "se"))
    table = fit_random_effects_many(effect, se)
    np.testing.assert_allclose(
        table[many["columns"]], np.array(many["expected"], dtype=float), rtol=1e-8, atol=1e-8
    )


def test_one_gene_and_the_same_gene_among_many_give_the_same_numbers():
    alone = fit_random_effects(ICB["y"], ICB["study_se"])
    table = fit_random_effects_many([ICB["y"], ICB["y"][::-1]], [ICB["study_se"], ICB["study_se"][::-1]])
    np.testing.assert_allclose(table["estimate"], alone.estimate, rtol=1e-12)
    np.testing.assert_allclose(table["tau2"], alone.tau2, rtol=1e-9)


def test_reml_converges_for_every_one_of_five_thousand_awkward_genes_at_a_maximum_of_its_likelihood():
    rng = np.random.default_rng(5)
    effect = rng.standard_t(2, size=(5000, 6))
    se = np.exp(rng.uniform(np.log(0.01), np.log(5), size=(5000, 6)))
    effect[rng.random((5000, 6)) < 0.3] = np.nan
    table = fit_random_effects_many(effect, se)
    usable = table["k"] >= 2
    assert usable.sum() > 4900
    assert table.loc[usable, "is_converged"].all()
    y, v, tau2 = effect[usable], se[usable] ** 2, table.loc[usable, "tau2"].to_numpy()
    best = restricted_log_likelihood(y, v, tau2)
    for factor in (0.5, 0.97, 1.03, 2.0):
        other = np.where(tau2 > 0, tau2 * factor, 0.01 * factor)
        assert (restricted_log_likelihood(y, v, other) <= best + 1e-9).all()


def test_scaling_the_log_effects_scales_tau_and_leaves_i2_and_p_alone():
    once = fit_random_effects(ICB["y"], ICB["study_se"])
    thrice = fit_random_effects(3 * np.array(ICB["y"]), 3 * np.array(ICB["study_se"]))
    assert thrice.tau2 == pytest.approx(9 * once.tau2, rel=1e-9)
    assert thrice.i2_percent == pytest.approx(once.i2_percent, rel=1e-9)
    assert thrice.p == pytest.approx(once.p, rel=1e-9)


def test_identical_studies_have_no_heterogeneity_and_pool_like_fixed_effects():
    result = fit_random_effects([0.3, 0.3, 0.3], [0.2, 0.2, 0.2], hartung_knapp=False)
    assert (result.tau2, result.i2_percent, result.tau2_ci_low) == (0.0, 0.0, 0.0)
    assert result.se == pytest.approx(0.2 / np.sqrt(3))
    assert result.estimate == pytest.approx(result.fixed_estimate)


def test_the_prediction_interval_covers_new_cohorts_as_often_as_it_says():
    rng = np.random.default_rng(12)
    cohorts, tau = 60, 0.3
    effect = rng.normal(-0.4, tau, size=(2000, cohorts))
    se = np.exp(rng.uniform(np.log(0.1), np.log(0.4), size=(2000, cohorts)))
    table = fit_random_effects_many(effect + se * rng.normal(size=effect.shape), se)
    new = rng.normal(-0.4, tau, size=2000)
    covered = ((table["prediction_low"] <= new) & (new <= table["prediction_high"])).mean()
    # Many cohorts, so that tau2 is known well; 3 Monte Carlo standard errors of 0.0049 either way.
    assert covered == pytest.approx(0.95, abs=0.015)


def test_ratio_gives_hazard_ratios_of_the_log_scale_numbers():
    result = fit_random_effects(np.log([0.5, 0.8, 0.7]), [0.2, 0.1, 0.3])
    ratio = result.ratio()
    assert ratio.ratio == pytest.approx(np.exp(result.estimate))
    assert ratio.prediction_low < ratio.ci_low < ratio.ratio < ratio.ci_high < ratio.prediction_high


def test_agreement_beyond_chance_is_said_and_the_guard_widens_the_interval():
    homogeneous = REFERENCE["fits"]["homogeneous"]
    plain = fit_random_effects(homogeneous["y"], homogeneous["study_se"])
    guarded = fit_random_effects(homogeneous["y"], homogeneous["study_se"], guard=True)
    assert any("agree more than chance" in warning for warning in plain.warnings)
    assert guarded.ci_high - guarded.ci_low > plain.ci_high - plain.ci_low


def test_a_gene_with_one_cohort_is_a_row_with_a_reason_and_no_numbers():
    table = fit_random_effects_many([[0.1, np.nan], [0.1, 0.4]], [[0.2, 0.1], [0.2, 0.1]])
    assert table.loc[0, "k"] == 1
    assert np.isnan(table.loc[0, "estimate"])
    assert "two are needed" in table.loc[0, "reason"]
    assert table.loc[1, "reason"] is None


def test_a_single_study_is_refused():
    with pytest.raises(TooFewError, match="at least two"):
        fit_random_effects([0.2], [0.1])


def test_a_study_without_standard_error_is_named():
    with pytest.raises(InvalidColumnError, match="Hugo"):
        fit_random_effects([0.2, 0.3], [0.1, 0.0], labels=["Liu", "Hugo"])


@pytest.mark.parametrize("setting", [{"tau2_method": "PM"}, {"prediction_df": "k"}, {"confidence": 95.0}])
def test_unknown_settings_are_refused_in_one_sentence(setting):
    with pytest.raises(InvalidSettingError, match=r": use"):
        fit_random_effects([0.2, 0.3], [0.1, 0.2], **setting)


def test_tables_of_different_shape_are_refused():
    with pytest.raises(InvalidColumnError, match="do not pair up"):
        fit_random_effects_many(np.zeros((2, 3)), np.ones((2, 4)))
