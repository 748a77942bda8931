"""Burden by status within assay x cancer type: van Elteren's test, percentiles, confounding, bad input."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analytics.comparison.burden import compare_burden, percentile_within, van_elteren
from analytics.errors import InvalidColumnError, NoRowsError


def cohort(seed, shift=0.0, n=240):
    """Exomes with burdens ten times those of the panel; mutated people are mostly on the exome."""
    rng = np.random.default_rng(seed)
    exome = rng.random(n) < 0.5
    mutated = rng.random(n) < np.where(exome, 0.6, 0.1)
    burden = rng.lognormal(np.where(exome, 3.0, 0.7) + shift * mutated, 0.8)
    index = [f"P{i}" for i in range(n)]
    return (
        pd.Series(burden, index=index),
        pd.Series(mutated, index=index),
        pd.Series(np.where(exome, "exome x lung", "panel x lung"), index=index),
    )


def test_a_difference_between_assays_is_not_taken_for_one_between_groups():
    p_crude, p_within = [], []
    for seed in range(60):
        burden, mutated, strata = cohort(seed)
        p_crude.append(stats.mannwhitneyu(burden[mutated], burden[~mutated]).pvalue)
        p_within.append(compare_burden(burden, mutated, strata).p)
    assert np.median(p_crude) < 1e-4
    assert stats.kstest(p_within, "uniform").pvalue > 0.01


def test_a_shift_within_strata_is_found_with_its_direction():
    result = compare_burden(*cohort(1, shift=0.8))
    assert result.p < 0.01
    assert result.delta > 0.2
    assert (result.within["cliffs_delta"] > 0).all()
    assert result.within["stratum"].tolist() == ["exome x lung", "panel x lung"]


def test_with_one_stratum_it_is_wilcoxons_test_without_continuity_correction():
    rng = np.random.default_rng(2)
    values, status = np.round(rng.normal(size=80), 1), rng.random(80) < 0.4
    z, p, delta, informative = van_elteren(values, status, pd.Series(["a"] * 80))
    plain = stats.mannwhitneyu(values[status], values[~status], method="asymptotic", use_continuity=False)
    assert p == pytest.approx(plain.pvalue)
    u, pairs = plain.statistic, status.sum() * (~status).sum()
    assert delta == pytest.approx(2 * u / pairs - 1)
    assert (np.sign(z), informative) == (np.sign(delta), 1)


def test_the_normal_p_agrees_with_permutations_within_strata():
    burden, mutated, strata = cohort(7, shift=0.35, n=120)
    values, status = burden.to_numpy(), mutated.to_numpy()
    z, p, _, _ = van_elteren(values, status, strata)
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(1500):
        shuffled = status.copy()
        for name in strata.unique():
            inside = (strata == name).to_numpy()
            shuffled[inside] = rng.permutation(shuffled[inside])
        drawn.append(abs(van_elteren(values, shuffled, strata)[0]))
    permuted = (np.array(drawn) >= abs(z)).mean()
    assert abs(permuted - p) < 4 * np.sqrt(p * (1 - p) / 1500) + 0.005


def test_strata_that_say_nothing_are_counted_and_a_reason_given_when_none_does():
    burden, mutated, strata = cohort(3)
    strata = strata.where(~mutated, "only mutated")
    result = compare_burden(burden, mutated, strata)
    assert result.n_informative_strata == 0
    assert np.isnan(result.p)
    assert result.reason.startswith("no stratum has both")


def test_people_without_burden_status_or_stratum_are_left_out_and_counted():
    burden, mutated, strata = cohort(4)
    burden.iloc[0] = np.nan
    mutated = mutated.astype(object)
    mutated.iloc[1] = None
    result = compare_burden(burden, mutated, strata)
    assert result.n_mutated + result.n_other == 238
    assert result.warnings == ("2 samples without burden, status or stratum left out.",)


def test_percentiles_are_within_the_stratum_and_ignore_the_assays_scale():
    values = pd.Series([1.0, 2.0, 3.0, 4.0, 100.0, 400.0, 400.0, np.nan])
    strata = pd.Series(["panel"] * 4 + ["exome"] * 4)
    assert percentile_within(values, strata).tolist()[:7] == pytest.approx(
        [12.5, 37.5, 62.5, 87.5, 100 / 6, 200 / 3, 200 / 3]
    )
    assert np.isnan(percentile_within(values, strata).iloc[7])
    rescaled = values.where(strata == "panel", values * 7)
    pd.testing.assert_series_equal(percentile_within(rescaled, strata), percentile_within(values, strata))


def test_nobody_left_and_words_as_status_are_refused():
    burden, mutated, strata = cohort(5)
    with pytest.raises(NoRowsError, match="check the sample identifiers"):
        compare_burden(burden, mutated.rename(lambda name: f"x{name}"), strata)
    with pytest.raises(InvalidColumnError, match="turn it into a boolean"):
        compare_burden(burden, mutated.map({True: "mutated", False: "wild-type"}), strata)
