"""The compiled loops: a multiplicity is the same as repeated rows, and slow definitions agree."""

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter, KaplanMeierFitter

from analytics.engine.cox.kernels import (
    LEVEL_GONE,
    NOT_CONVERGED,
    RESAMPLED,
    baseline_hazard,
    cholesky_solve,
    maximise_cox,
)
from analytics.engine.curves import (
    brier_score,
    censoring_survival,
    concordance_counts,
    grouped_kaplan_meier,
)
from analytics.prediction.fitting.model import checked_rows, sort_people


@pytest.fixture
def cohort():
    rng = np.random.default_rng(17)
    n = 60
    frame = pd.DataFrame({"a": rng.normal(size=n), "b": rng.integers(0, 2, n)})
    frame["time_months"] = np.ceil(rng.exponential(10, n))
    frame["event"] = rng.random(n) < 0.6
    data, row = checked_rows(frame, (), "time_months", "event")
    return sort_people(frame[["a", "b"]].to_numpy(float), data, row)


@pytest.fixture
def counts():
    return np.random.default_rng(2).multinomial(60, np.full(60, 1 / 60)).astype(float)


def repeated(cohort, counts):
    """The resampled table itself: rows repeated, as a frame and sorted anew."""
    rows = np.repeat(np.arange(cohort.n), counts.astype(int))
    frame = pd.DataFrame({"time_months": cohort.time[rows], "event": cohort.event[rows]})
    data, row = checked_rows(frame, (), "time_months", "event")
    again = sort_people(cohort.x[rows], data, row)
    return frame.assign(a=cohort.x[rows, 0], b=cohort.x[rows, 1]), again


def fit(cohort, counts, efron=True):
    beta, hessian = np.zeros(2), np.zeros((2, 2))
    value, status = maximise_cox(
        cohort.risk, cohort.x, counts, efron, beta, hessian, RESAMPLED, LEVEL_GONE, True
    )
    assert status != NOT_CONVERGED
    return beta, value, hessian


def test_cox_with_multiplicities_equals_lifelines_on_the_repeated_rows(cohort, counts):
    frame, _ = repeated(cohort, counts)
    theirs = CoxPHFitter().fit(frame, "time_months", "event", fit_options={"precision": 1e-12})
    beta, value, information = fit(cohort, counts)
    # lifelines stops about 2e-8 short of the maximum; R agrees to 1e-10 (test_prediction_model).
    np.testing.assert_allclose(beta, theirs.params_, atol=1e-7)
    errors = np.sqrt(np.diag(np.linalg.inv(information)))
    np.testing.assert_allclose(errors, theirs.standard_errors_, rtol=1e-7)
    assert value == pytest.approx(theirs.log_likelihood_, rel=1e-10)


@pytest.mark.parametrize("efron", [True, False])
def test_every_kernel_gives_the_same_for_counts_as_for_repeated_rows(cohort, counts, efron):
    _, again = repeated(cohort, counts)
    one = np.ones(again.n)
    np.testing.assert_allclose(fit(cohort, counts, efron)[0], fit(again, one, efron)[0], rtol=1e-10)
    eta, eta_again = cohort.x @ [0.5, -0.3], again.x @ [0.5, -0.3]
    ours = baseline_hazard(eta, cohort.event, cohort.start, counts, efron)
    theirs = baseline_hazard(eta_again, again.event, again.start, one, efron)
    np.testing.assert_allclose(ours.sum(), theirs.sum(), rtol=1e-12)
    survival, survival_again = 1 / (1 + np.exp(eta)), 1 / (1 + np.exp(eta_again))
    horizon = 8.0
    assert brier_score(
        survival, cohort.event, cohort.start, counts, cohort.times_until(horizon)
    ) == pytest.approx(brier_score(survival_again, again.event, again.start, one, again.times_until(horizon)))
    assert concordance_counts(eta, np.argsort(eta), cohort.event, cohort.start, counts) == concordance_counts(
        eta_again, np.argsort(eta_again), again.event, again.start, one
    )


def test_concordance_equals_the_count_over_all_pairs_with_ties_in_risk_and_time(cohort, counts):
    eta = np.round(cohort.x[:, 0], 1)
    favourable = comparable = 0.0
    for i in np.flatnonzero(cohort.event):
        for j in range(cohort.n):
            later = cohort.time[j] > cohort.time[i]
            tied_but_censored = cohort.time[j] == cohort.time[i] and not cohort.event[j]
            if later or tied_but_censored:
                weight = counts[i] * counts[j]
                comparable += weight
                favourable += weight * (float(eta[i] > eta[j]) + 0.5 * float(eta[i] == eta[j]))
    order = np.argsort(eta, kind="stable")
    assert concordance_counts(eta, order, cohort.event, cohort.start, counts) == (favourable, comparable)


def test_kaplan_meier_per_group_equals_lifelines(cohort):
    group = (cohort.x[:, 0] > 0).astype(np.int64)
    ours = grouped_kaplan_meier(
        group,
        2,
        cohort.event,
        cohort.start,
        np.ones(cohort.n),
        cohort.times_before(7.5),
        cohort.times_until(7.5),
    )
    for k in (0, 1):
        curve = KaplanMeierFitter().fit(cohort.time[group == k], cohort.event[group == k])
        assert ours[k] == pytest.approx(curve.predict(7.5), rel=1e-12)


def test_a_group_that_nobody_follows_to_the_horizon_has_no_survival_unless_all_died():
    event = np.array([True, False, True, True])
    start = np.array([0, 1, 2, 3, 4])
    group = np.array([0, 0, 1, 1])
    ours = grouped_kaplan_meier(group, 3, event, start, np.ones(4), 4, 4)
    assert np.isnan(ours[0])  # one censored early
    assert ours[1] == 0.0  # everybody died
    assert np.isnan(ours[2])  # nobody in it


def test_a_person_censored_exactly_at_the_horizon_reaches_it():
    event, start = np.array([True, False]), np.array([0, 1, 2])
    at_the_end = grouped_kaplan_meier(np.zeros(2, dtype=np.int64), 1, event, start, np.ones(2), 1, 2)
    assert at_the_end[0] == 0.5


def test_deaths_leave_before_people_censored_at_the_same_time():
    # Times 1, 2, 2, 3: death, death, censored, censored. At time 2 one of the two at risk is censored.
    event = np.array([True, True, False, False])
    np.testing.assert_allclose(
        censoring_survival(event, np.array([0, 1, 3, 4]), np.ones(4)), [1.0, 1 - 1 / 2, 0.0]
    )


def test_brier_score_without_censoring_is_the_mean_squared_error(cohort):
    survival = 1 / (1 + np.exp(cohort.x[:, 0]))
    last = cohort.times_until(6.0)
    everybody_dies = np.ones(cohort.n, dtype=bool)
    expected = np.mean(((cohort.time > 6.0) - survival) ** 2)
    assert brier_score(survival, everybody_dies, cohort.start, np.ones(cohort.n), last) == pytest.approx(
        expected
    )


def test_a_column_without_information_gets_step_zero():
    hessian = np.array([[4.0, 0.0, 0.0], [2.0, 1.0, 0.0], [0.0, 0.0, 2.0]])  # second = half of the first
    step = np.zeros(3)
    dropped = cholesky_solve(hessian, np.array([8.0, 4.0, 6.0]), 3, np.zeros((3, 3)), step, LEVEL_GONE)
    assert dropped == 1
    np.testing.assert_allclose(step, [2.0, 0.0, 3.0])
