"""Burden by status within assay x cancer type: van Elteren's test and confounding by the assay."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analytics.comparison.burden import van_elteren


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
        p_within.append(van_elteren(burden.to_numpy(), mutated.to_numpy(), strata)[1])
    assert np.median(p_crude) < 1e-4
    assert stats.kstest(p_within, "uniform").pvalue > 0.01


def test_a_shift_within_strata_is_found_with_its_direction():
    burden, mutated, strata = cohort(1, shift=0.8)
    z, p, delta, informative = van_elteren(burden.to_numpy(), mutated.to_numpy(), strata)
    assert p < 0.01
    assert z > 0
    assert delta > 0.2
    assert informative == 2


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


def test_strata_of_one_status_say_nothing_and_without_another_there_is_no_p():
    burden, mutated, strata = cohort(3)
    strata = strata.where(~mutated, "only mutated")
    z, p, delta, informative = van_elteren(burden.to_numpy(), mutated.to_numpy(), strata)
    assert informative == 0
    assert np.isnan([z, p, delta]).all()
