"""Rank statistics within strata: each has a second route (inversion of the test, enumeration, a planted truth)."""

import json
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analytics.comparison.burden import van_elteren
from analytics.comparison.stratified import adjusted_ranks, beyond_chance, stratified_delta, stratified_shift
from analytics.immune.rank_statistics import cliffs_delta, hodges_lehmann

ROOT = Path(__file__).parents[4]
R = json.loads((ROOT / "tests/reference/comparison/stratified.json").read_text(encoding="utf-8"))


def test_van_elterens_test_and_the_rank_analysis_of_covariance_are_those_of_r():
    y, x = (np.array(R[name], dtype=float) for name in ("y", "x"))
    status, strata = np.array(R["mutated"]) == 1, np.array(R["stratum"])
    z, p, _, _ = van_elteren(y, status, pd.Series(strata))
    assert (abs(z), p) == pytest.approx((R["van_elteren_z"], R["van_elteren_p"]), rel=1e-9)
    adjusted = adjusted_ranks(y, x, status, strata)
    assert (abs(adjusted.z), adjusted.p) == pytest.approx((R["adjusted_z"], R["adjusted_p"]), rel=1e-9)


def people(seed, sizes=((9, 40), (4, 60), (15, 25)), shift=0.0, decimals=None):
    rng = np.random.default_rng(seed)
    values, status, strata = [], [], []
    for code, (m, n) in enumerate(sizes):
        values.append(rng.normal(10.0 * code, 1.0 + code, m + n) + shift * (np.arange(m + n) < m))
        status.append(np.arange(m + n) < m)
        strata.append(np.full(m + n, code))
    found = np.concatenate(values)
    if decimals is not None:
        found = np.round(found, decimals)
    return found, np.concatenate(status), np.concatenate(strata)


def z_of(values, status, strata):
    return van_elteren(values, status, pd.Series(strata))[0]


def test_taking_the_shift_away_leaves_van_elterens_test_nothing():
    values, status, strata = people(1, shift=1.5)
    shift = stratified_shift(values, status, strata)
    z_left = z_of(values - shift.estimate * status, status, strata)
    assert abs(z_left) < 0.05
    assert abs(z_of(values, status, strata)) > 3


def test_the_ends_of_the_interval_are_the_shifts_that_the_test_just_rejects():
    values, status, strata = people(2, shift=0.7)
    shift = stratified_shift(values, status, strata)
    for end, sign in ((shift.ci_low, 1), (shift.ci_high, -1)):
        just_inside = z_of(values - (end + sign * 1e-6) * status, status, strata)
        just_outside = z_of(values - (end - sign * 1e-6) * status, status, strata)
        assert abs(just_inside) <= 1.96 + 1e-3
        assert abs(just_outside) >= 1.96 - 0.02  # one pair further


@pytest.mark.parametrize("decimals", [None, 0])
def test_with_one_stratum_the_shift_is_the_hodges_lehmann_estimate(decimals):
    values, status, strata = people(3, sizes=((60, 80),), shift=0.5, decimals=decimals)
    ours, theirs = stratified_shift(values, status, strata), hodges_lehmann(values[status], values[~status])
    assert ours.estimate == pytest.approx(theirs.estimate, abs=1e-12)
    assert ours.ci_low == pytest.approx(theirs.ci_low, abs=0.02)
    assert ours.ci_high == pytest.approx(theirs.ci_high, abs=0.02)


def test_a_stratum_with_one_group_only_changes_nothing():
    values, status, strata = people(4)
    more = np.concatenate([values, [100.0, 200.0, 300.0]])
    all_status = np.concatenate([status, [True, True, True]])
    all_strata = np.concatenate([strata, [9, 9, 9]])
    assert stratified_shift(more, all_status, all_strata) == stratified_shift(values, status, strata)
    assert stratified_delta(more, all_status, all_strata) == stratified_delta(values, status, strata)


def test_the_stratified_effect_size_is_that_of_van_elteren_and_in_one_stratum_cliffs():
    values, status, strata = people(5, shift=0.8)
    assert stratified_delta(values, status, strata).estimate == pytest.approx(
        van_elteren(values, status, pd.Series(strata))[2]
    )
    values, status, strata = people(6, sizes=((80, 90),), shift=0.4)
    ours, cliff = stratified_delta(values, status, strata), cliffs_delta(values[status], values[~status])
    assert ours.estimate == pytest.approx(cliff.estimate)
    assert (ours.ci_low, ours.ci_high) == pytest.approx((cliff.ci_low, cliff.ci_high), abs=0.005)


def test_the_interval_of_the_effect_size_covers_the_planted_one_in_95_of_100():
    # x - y is normal with mean shift and variance 2 sd^2 in each stratum: P(x > y) is known in each
    sizes = ((9, 40), (4, 60), (1, 30), (15, 25))
    weights = np.array([m * n / (m + n + 1) for m, n in sizes])
    deltas = [2 * stats.norm.cdf(0.9 / np.sqrt(2) / (1 + code)) - 1 for code in range(4)]
    truth = float(weights @ deltas / weights.sum())
    covered = 0
    for seed in range(400):
        interval = stratified_delta(*people(seed, sizes=sizes, shift=0.9))
        covered += interval.ci_low <= truth <= interval.ci_high
    assert 0.92 <= covered / 400 <= 0.985


def test_complete_separation_has_an_interval_that_ends_at_one():
    values = np.concatenate([np.arange(10.0, 14.0), np.arange(6.0)])
    delta = stratified_delta(values, values >= 10, np.zeros(10, int))
    assert (delta.estimate, delta.ci_high) == (1.0, 1.0)
    assert delta.ci_low < 1.0
    assert delta.ci_low == pytest.approx(cliffs_delta(values[:4], values[4:]).ci_low)


def test_with_a_constant_covariate_adjusted_ranks_are_van_elterens_test():
    values, status, strata = people(7, shift=0.5, decimals=1)
    z, p, delta, _ = van_elteren(values, status, pd.Series(strata))
    found = adjusted_ranks(values, np.ones(len(values)), status, strata)
    assert (found.z, found.p, found.delta) == pytest.approx((z, p, delta))


def test_adjusted_ranks_agree_with_shuffling_who_is_mutated_within_strata():
    rng = np.random.default_rng(8)
    values, status, strata = people(8, shift=0.4)
    covariate = values + rng.normal(0, 1.5, len(values))
    found = adjusted_ranks(values, covariate, status, strata)
    z = []
    for _ in range(2000):
        shuffled = status.copy()
        for code in np.unique(strata):
            shuffled[strata == code] = rng.permutation(status[strata == code])
        z.append(adjusted_ranks(values, covariate, shuffled, strata).z)
    assert np.std(z) == pytest.approx(1.0, abs=0.05)
    assert np.mean(np.abs(z) >= abs(found.z)) == pytest.approx(found.p, abs=0.03)


def test_what_is_only_burden_goes_when_burden_is_adjusted_for():
    crude, adjusted = [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        strata = rng.integers(0, 3, 300)
        burden = rng.lognormal(3, 1, 300)
        status = rng.random(300) < np.minimum(burden / 200, 0.9)
        repair = rng.poisson(burden / 20).astype(float)
        crude.append(van_elteren(repair, status, pd.Series(strata))[1])
        adjusted.append(adjusted_ranks(repair, burden, status, strata).p)
    assert np.median(crude) < 1e-4
    assert np.median(adjusted) > 0.2
    assert np.mean(np.array(adjusted) < 0.05) <= 0.15


def test_draws_in_proportion_to_burden_agree_with_enumeration():
    burden = np.array([1.0, 2.0, 3.0, 5.0, 9.0])
    status = np.array([False, True, False, False, True])
    found = beyond_chance(burden, burden, status, np.zeros(5, int), draws=40_000)
    rank, expected = stats.rankdata(burden), 0.0
    for first, second in permutations(range(5), 2):
        chance = burden[first] / burden.sum() * burden[second] / (burden.sum() - burden[first])
        expected += chance * (2 * (rank[first] + rank[second] - 6) / 6)
    assert found.expected == pytest.approx(expected, abs=0.01)
    assert found.observed == pytest.approx(cliffs_delta(burden[status], burden[~status]).estimate)


def test_carriers_hit_in_proportion_to_burden_are_not_beyond_chance_and_others_are():
    p_null, p_planted = [], []
    for seed in range(80):
        rng = np.random.default_rng(seed)
        strata = rng.integers(0, 3, 400)
        burden = rng.lognormal(3 + strata, 1.0)
        keys = rng.gumbel(size=400) + np.log(burden)
        hit, cubed = np.zeros(400, bool), np.zeros(400, bool)
        keys_cubed = rng.gumbel(size=400) + 3 * np.log(burden)
        for code in range(3):
            inside = np.flatnonzero(strata == code)
            hit[inside[np.argsort(-keys[inside])[:10]]] = True
            cubed[inside[np.argsort(-keys_cubed[inside])[:10]]] = True
        p_null.append(beyond_chance(burden, burden, hit, strata, 400, seed).p)
        p_planted.append(beyond_chance(burden, burden, cubed, strata, 400, seed).p)
    assert stats.kstest(p_null, "uniform").pvalue > 0.01
    assert np.mean(np.array(p_planted) < 0.05) > 0.8
