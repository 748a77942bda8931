"""Maximally selected log-rank statistics: R's maxstat, exact enumeration, level under the null, freezing."""

import json
from dataclasses import FrozenInstanceError
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from analytics.errors import (
    ConstantCovariateError,
    InvalidColumnError,
    InvalidSettingError,
    MissingColumnError,
    TooFewError,
)
from analytics.prediction.cut_off.cutpoint import (
    integer_scores,
    log_rank_scores,
    permutation_maxima,
    select_cutpoint,
)
from analytics.prediction.cut_off.maxstat_p import exact_gauss, hothorn_lausen_bound, lausen_1994
from analytics.prediction.fitting.model import checked_rows, sort_people

FOLDER = Path(__file__).parents[3] / "reference" / "prediction"
REFERENCE = json.loads((FOLDER / "maxstat.json").read_text())


def cohort_of(name):
    return pd.DataFrame(REFERENCE[name]["data"])


def select(frame, **settings):
    return select_cutpoint(
        frame, "marker", **{"estimated_on": "discovery", "n_permutations": 2000, **settings}
    )


@pytest.mark.parametrize("name", REFERENCE)
def test_statistic_cut_and_analytic_p_equal_maxstat(name):
    expected = REFERENCE[name]
    cutpoint = select(cohort_of(name), scores="hothorn_lausen").cutpoint
    assert cutpoint.statistic == pytest.approx(expected["statistic"], rel=1e-10)
    assert cutpoint.threshold == expected["cut"]
    assert cutpoint.n_candidates == expected["n_cuts"]
    assert cutpoint.p_lausen_schumacher_1992 == pytest.approx(expected["lau92"], rel=1e-10)
    assert cutpoint.p_lausen_1994 == pytest.approx(min(1.0, expected["lau94"]), rel=1e-10)
    # maxstat integrates by quasi-Monte Carlo to about 1e-4; the chain here is deterministic.
    assert cutpoint.p_exact_gauss == pytest.approx(expected["gauss"], abs=3e-4)


@pytest.mark.parametrize("name", ["small", "null"])
def test_the_exact_bound_is_at_most_maxstats_and_within_one_percent(name):
    frame = cohort_of(name)
    score, sizes = scores_and_sizes(frame)
    expected = REFERENCE[name]["hl"]
    # maxstat counts strictly beyond, and takes out a little less than the bound allows.
    ours = hothorn_lausen_bound(integer_scores(score), sizes, expected["statistic"] * (1 + 1e-10))
    assert ours <= expected["p"]
    assert ours == pytest.approx(expected["p"], rel=0.01)


def scores_and_sizes(frame, rule="nelson_aalen"):
    data, row = checked_rows(frame, ("marker",), "time_months", "event")
    people = sort_people(data.frame[["marker"]].to_numpy(float), data, row)
    order = np.argsort(people.x[:, 0], kind="stable")
    n = people.n
    sizes = np.arange(max(1, int(0.1 * n)), int(0.9 * n) + 1)
    return log_rank_scores(people, rule)[order], sizes


@pytest.mark.parametrize("name", REFERENCE)
def test_nelson_aalen_scores_are_rs_martingale_residuals_also_with_ties(name):
    frame = cohort_of(name)
    data, row = checked_rows(frame, (), "time_months", "event")
    people = sort_people(np.zeros((len(frame), 1)), data, row)
    ours = np.empty(len(frame))
    ours[people.row] = log_rank_scores(people)
    np.testing.assert_allclose(ours, REFERENCE[name]["martingale"], atol=1e-10)
    assert select(frame).cutpoint.statistic == pytest.approx(
        REFERENCE[name]["statistic_nelson_aalen"], rel=1e-10
    )


@pytest.mark.parametrize("name", REFERENCE)
def test_the_permutation_p_agrees_with_maxstats_conditional_monte_carlo(name):
    p = select(cohort_of(name), scores="hothorn_lausen", n_permutations=20_000).cutpoint.p_corrected
    expected = REFERENCE[name]["condmc"]  # 50,000 draws
    error = np.sqrt(expected * (1 - expected) * (1 / 20_000 + 1 / 50_000))
    assert abs(p - expected) < 4 * error + 1e-4


@pytest.fixture(scope="module")
def tiny():
    """Seven scores: all 5,040 orders can be listed."""
    score = np.array([0.9, -0.4, 0.7, -1.1, 0.2, -0.6, 0.3])
    sizes = np.array([2, 3, 4, 5])
    n = len(score)
    mean = sizes * score.mean()
    sd = np.sqrt(sizes * (n - sizes) / n * score.var(ddof=1))
    everything = np.array([np.abs((np.cumsum(p)[sizes - 1] - mean) / sd).max() for p in permutations(score)])
    return score, sizes, everything


def test_random_permutations_have_the_distribution_of_all_permutations(tiny):
    score, sizes, everything = tiny
    drawn = permutation_maxima(score, sizes, n_permutations=20_000, seed=3)
    grid = np.quantile(everything, [0.1, 0.3, 0.5, 0.7, 0.9, 0.97])
    for m in grid:
        exact, ours = (everything >= m - 1e-9).mean(), (drawn >= m - 1e-9).mean()
        assert abs(ours - exact) < 4.5 * np.sqrt(exact * (1 - exact) / 20_000)


def test_the_exact_bound_lies_between_the_exact_p_and_bonferroni(tiny):
    score, sizes, _ = tiny
    whole = integer_scores(score)
    n = len(whole)
    mean = sizes * whole.mean()
    sd = np.sqrt(sizes * (n - sizes) / n * whole.var(ddof=1))
    z = np.array([np.abs((np.cumsum(p)[sizes - 1] - mean) / sd) for p in permutations(whole)])
    for m in (1.2, 1.6, 1.9, 2.1):
        exact, bonferroni = (z.max(axis=1) > m).mean(), (z > m).mean(axis=0).sum()
        bound = hothorn_lausen_bound(whole, sizes, m)
        assert exact - 1e-12 <= bound <= min(1.0, bonferroni) + 1e-12


def test_the_gaussian_chain_equals_the_multivariate_normal_probability():
    n, sizes = 80, np.array([10, 25, 40, 70])
    low, high = np.minimum.outer(sizes, sizes), np.maximum.outer(sizes, sizes)
    correlation = np.sqrt(low * (n - high) / (high * (n - low)))
    for m in (1.0, 2.0, 3.0):
        normal = stats.multivariate_normal(cov=correlation, abseps=1e-7, releps=1e-7, maxpts=400_000, seed=1)
        inside = normal.cdf(np.full(4, m), lower_limit=np.full(4, -m))
        assert exact_gauss(m, sizes, n) == pytest.approx(1 - inside, abs=2e-6)


@pytest.mark.parametrize("m", [2.0, 4.0, 6.0, 9.0])
def test_a_tiny_gaussian_p_keeps_its_digits(m):
    # Two cuts: the union is a sum of two tails less a bivariate one, done here by one-dimensional quadrature.
    n, sizes = 100, np.array([30, 60])
    rho = np.sqrt(30 * 40 / (70 * 60))
    sd = np.sqrt(1 - rho**2)

    def exit_later(z):
        return stats.norm.pdf(z) * (stats.norm.sf((m - rho * z) / sd) + stats.norm.sf((m + rho * z) / sd))

    middle = integrate.quad(exit_later, 0, m, epsabs=0, epsrel=1e-12, limit=500, points=[0.9 * m])[0]
    assert exact_gauss(m, sizes, n) == pytest.approx(2 * stats.norm.sf(m) + 2 * middle, rel=1e-6)


def test_the_gaussian_p_lies_below_its_bonferroni_bound_and_above_one_cut():
    sizes = np.arange(30, 271)
    for m in (3.0, 5.0, 9.0):
        assert 2 * stats.norm.sf(m) < exact_gauss(m, sizes, 300) <= lausen_1994(m, sizes, 300)


def test_one_cut_needs_no_correction():
    sizes = np.array([30])
    for p in (exact_gauss(2.2, sizes, 70), lausen_1994(2.2, sizes, 70)):
        assert p == pytest.approx(2 * stats.norm.sf(2.2), rel=1e-9)


def test_the_answer_does_not_depend_on_threads_and_the_seed_decides():
    frame = cohort_of("tied")
    one, two = (select(frame, threads=k).cutpoint for k in (1, 2))
    assert one == two
    assert select(frame, seed=2).cutpoint.p_corrected != one.p_corrected


def test_under_the_null_the_corrected_p_keeps_its_level_and_the_naive_one_does_not():
    rng = np.random.default_rng(10)
    corrected, naive = [], []
    for _ in range(200):
        frame = pd.DataFrame({"marker": rng.normal(size=60), "time_months": rng.exponential(10, 60)})
        frame["event"] = rng.random(60) < 0.7
        cutpoint = select(frame, n_permutations=1000).cutpoint
        corrected.append(cutpoint.p_corrected)
        naive.append(cutpoint.p_naive)
    # 200 cohorts: three standard errors of 5 % are 4.6 points.
    assert np.mean(np.array(corrected) <= 0.05) == pytest.approx(0.05, abs=0.046)
    assert stats.kstest(corrected, "uniform").pvalue > 0.001
    assert np.mean(np.array(naive) <= 0.05) > 0.25


def test_a_planted_threshold_is_found_and_its_direction_named():
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"marker": rng.uniform(0, 100, 400)})
    frame["time_months"] = rng.exponential(np.where(frame["marker"] > 60, 8, 30))
    frame["event"] = True
    selection = select(frame)
    assert selection.cutpoint.threshold == pytest.approx(60, abs=4)
    assert selection.cutpoint.higher_marker_is == "worse"
    assert selection.cutpoint.p_corrected == pytest.approx(1 / 2001)
    best = selection.profile.loc[selection.profile["statistic"].abs().idxmax()]
    assert best["threshold"] == selection.cutpoint.threshold
    assert (best["n_low"], best["n_high"]) == (selection.cutpoint.n_low, selection.cutpoint.n_high)
    flipped = select(frame.assign(marker=-frame["marker"])).cutpoint
    assert flipped.higher_marker_is == "better"


def test_a_chosen_cut_cannot_be_moved():
    cutpoint = select(cohort_of("large")).cutpoint
    with pytest.raises(FrozenInstanceError):
        cutpoint.threshold = 100.0


def test_the_exact_bound_is_left_out_above_150_people():
    assert select(cohort_of("large")).cutpoint.p_hothorn_lausen is None
    assert select(cohort_of("tied")).cutpoint.p_hothorn_lausen is not None


@pytest.mark.parametrize(
    ("change", "settings", "error", "words"),
    [
        (lambda f: f.drop(columns="marker"), {}, MissingColumnError, "compute the marker"),
        (lambda f: f.assign(marker="high"), {}, InvalidColumnError, "not numeric"),
        (lambda f: f.assign(marker=1.0), {}, ConstantCovariateError, "1 distinct value"),
        (lambda f: f.assign(marker=(f.index < 3) * 1.0), {}, ConstantCovariateError, "widen the shares"),
        (lambda f: f.head(15), {}, TooFewError, "15 people"),
        (lambda f: f.assign(event=(f.index < 4) * 1), {}, TooFewError, "4 events"),
        (lambda f: f, {"min_share": 0.9, "max_share": 0.1}, InvalidSettingError, "0 < min_share"),
        (lambda f: f, {"n_permutations": 50}, InvalidSettingError, "use 1000"),
    ],
)
def test_bad_input_gets_a_typed_error_with_the_remedy(change, settings, error, words):
    with pytest.raises(error, match=words):
        select(change(cohort_of("small")), **settings)
