"""The partial likelihood's derivatives are derivatives, and its risk sets are what (entry, time] says."""

import numpy as np
import pytest

from analytics.engine.cox.likelihood import PartialLikelihood
from analytics.engine.cox.risk_sets import risk_sets

BETA = np.array([0.3, -0.2, 0.5])
STEP = 1e-5


def data(has_entry):
    rng = np.random.default_rng(1)
    n = 70
    time = rng.integers(3 if has_entry else 0, 12, n).astype(float)
    entry = rng.integers(0, 3, n).astype(float) if has_entry else np.full(n, -np.inf)
    strata = np.r_[3, rng.integers(0, 3, n - 1)]
    x = np.column_stack([rng.random(n) < 0.3, rng.normal(size=(n, 2))]).astype(float)
    return time, rng.random(n) < 0.6, entry, strata, x


@pytest.fixture(params=[(False, "efron"), (False, "breslow"), (True, "efron"), (True, "breslow")])
def likelihood(request):
    has_entry, ties = request.param
    time, event, entry, strata, x = data(has_entry)
    return PartialLikelihood(x, risk_sets(time, event, entry, strata), strata, ties)


def slope(function, beta):
    columns = [
        (function(beta + STEP * unit) - function(beta - STEP * unit)) / (2 * STEP) for unit in np.eye(3)
    ]
    return np.stack(columns, axis=-1)


@pytest.mark.parametrize("has_entry", [False, True])
def test_risk_sums_are_sums_over_those_at_risk(has_entry):
    time, event, entry, strata, x = data(has_entry)
    sets = risk_sets(time, event, entry, strata)
    sums, deaths = sets.risk_sums(x), sets.death_sums(x)
    for k in range(sets.n_times):
        here = strata == sets.stratum_of_time[k]
        at_risk = here & (time >= sets.times[k]) & (entry < sets.times[k])
        dying = here & event & (time == sets.times[k])
        assert sums[k] == pytest.approx(x[at_risk].sum(axis=0), abs=1e-12)
        assert deaths[k] == pytest.approx(x[dying].sum(axis=0), abs=1e-12)
        assert sets.n_deaths[k] == dying.sum()


@pytest.mark.parametrize("has_entry", [False, True])
def test_summing_over_time_at_risk_is_the_transpose_of_summing_over_the_risk_set(has_entry):
    time, event, entry, strata, x = data(has_entry)
    sets = risk_sets(time, event, entry, strata)
    per_time = np.random.default_rng(0).normal(size=sets.n_times)
    assert per_time @ sets.risk_sums(x) == pytest.approx(sets.over_time_at_risk(per_time) @ x)


def test_the_score_is_the_slope_of_the_log_likelihood(likelihood):
    assert likelihood.score(BETA) == pytest.approx(slope(likelihood.log_likelihood, BETA), abs=1e-7)


def test_the_information_is_minus_the_slope_of_the_score(likelihood):
    assert likelihood.information(BETA) == pytest.approx(-slope(likelihood.score, BETA), abs=1e-7)


def test_the_gradient_of_the_log_determinant_is_its_slope(likelihood):
    def log_determinant(beta):
        return np.linalg.slogdet(likelihood.information(beta))[1]

    variance = np.linalg.inv(likelihood.information(BETA))
    assert likelihood.log_determinant_gradient(BETA, variance) == pytest.approx(
        slope(log_determinant, BETA), abs=1e-7
    )


def test_score_and_schoenfeld_residuals_add_to_the_score(likelihood):
    score = likelihood.score(BETA)
    assert likelihood.score_residuals(BETA).sum(axis=0) == pytest.approx(score, abs=1e-10)
    assert likelihood.schoenfeld_residuals(BETA).sum(axis=0) == pytest.approx(score, abs=1e-10)


def test_shifting_a_covariate_changes_nothing():
    time, event, entry, strata, x = data(False)
    sets = risk_sets(time, event, entry, strata)
    plain, far = (PartialLikelihood(one, sets, strata) for one in (x, x + 1e6))
    assert far.score(BETA) == pytest.approx(plain.score(BETA), abs=1e-7)
    assert far.information(BETA) == pytest.approx(plain.information(BETA), rel=1e-7, abs=1e-7)


def test_sums_over_those_at_risk_keep_their_digits_beside_much_heavier_late_entries():
    time = np.array([1.0, 2.0, 3.0, 9.0])
    entry = np.array([0.0, 0.0, 0.0, 5.0])
    weight = np.array([3.0, 2.0, 1.0, 1e18])
    sets = risk_sets(time, np.ones(4, dtype=bool), entry, np.zeros(4, dtype=np.int64))
    sums = sets.weighted_risk_sums(np.column_stack([weight, weight * time]))
    assert sums[:, 0] == pytest.approx([6.0, 3.0, 1.0, 1e18], rel=1e-12)
    assert sums[:, 1] == pytest.approx([10.0, 7.0, 3.0, 9e18], rel=1e-12)
