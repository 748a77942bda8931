"""Firth's penalised Cox regression, checked by routes that share nothing with its modified score.

R's coxph at fixed coefficients supplies log-likelihood and information, and general-purpose optimisers
maximise and profile their penalised sum (make_reference.R); with one covariate scipy does the same here
from a likelihood that is written out death by death.
"""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import optimize

from analytics.errors import InvalidSettingError
from analytics.survival.regression.cox import cox_regression
from analytics.survival.regression.firth import firth_cox_regression

REFERENCE = Path(__file__).parents[4] / "reference" / "survival"
CASES = json.loads((REFERENCE / "firth.json").read_text())


@pytest.fixture(
    params=CASES, ids=lambda c: f"{c['data']} {c['covariates']} {c['strata']} {c['ties']}", scope="module"
)
def case_and_fit(request):
    case = request.param
    frame = pd.read_csv(REFERENCE / f"firth_{case['data']}.csv")
    result = firth_cox_regression(
        frame, case["covariates"], strata=case["strata"], ties=case["ties"], time="time", entry="entry"
    )
    return case, result


def test_the_penalised_maximum_equals_the_optimisers(case_and_fit):
    case, result = case_and_fit
    # Reached: 3.2e-7; the optimiser stops where its objective is flat to 1e-13.
    assert [term.coef for term in result.terms] == pytest.approx(case["coef"], abs=1e-6)
    assert result.penalised_log_likelihood == pytest.approx(case["penalised_loglik"], abs=1e-9)
    assert result.penalised_log_likelihood_null == pytest.approx(case["null"], abs=1e-9)
    assert result.penalised_log_likelihood >= case["penalised_loglik"] - 1e-10


def test_the_profile_interval_and_ratio_test_equal_the_optimisers(case_and_fit):
    case, result = case_and_fit
    line = result.terms[0]
    assert math.log(line.ci_low) == pytest.approx(case["low"], abs=1e-6)
    assert math.log(line.ci_high) == pytest.approx(case["high"], abs=1e-6)
    assert line.z**2 == pytest.approx(case["ratio"], abs=1e-7)


def penalised_by_hand(frame, beta):
    """Log-likelihood (Efron) plus half log information of one covariate, summed death by death."""
    value, information = 0.0, 0.0
    for t in sorted(frame.time_months[frame.event].unique()):
        at_risk = frame[(frame.time_months >= t) & (frame.entry_months < t)]
        dead = at_risk[(at_risk.time_months == t) & at_risk.event]
        value += beta * dead.x.sum()
        for rank in range(len(dead)):
            share = rank / len(dead)
            w = np.exp(beta * at_risk.x) * np.where(at_risk.index.isin(dead.index), 1 - share, 1.0)
            mean = (w * at_risk.x).sum() / w.sum()
            value -= math.log(w.sum())
            information += (w * (at_risk.x - mean) ** 2).sum() / w.sum()
    return value + 0.5 * math.log(information)


@pytest.fixture
def quiet_carriers():
    rng = np.random.default_rng(12)
    n = 40
    x = (np.arange(n) < 7).astype(float)
    frame = pd.DataFrame(
        {
            "time_months": np.ceil(rng.exponential(12, n)),
            "event": rng.random(n) < 0.5,
            "entry_months": 0.0,
            "x": x,
        }
    )
    frame["event"] &= x == 0
    return frame


def test_a_group_without_events_gets_the_finite_estimate_of_the_written_out_likelihood(quiet_carriers):
    def loss(beta):
        return -penalised_by_hand(quiet_carriers, beta)

    best = optimize.minimize_scalar(loss, bounds=(-8, 4), method="bounded", options={"xatol": 1e-9})
    top, cut = -best.fun, 3.841458820694124 / 2
    low = optimize.brentq(lambda b: -loss(b) - top + cut, -20, best.x)
    high = optimize.brentq(lambda b: -loss(b) - top + cut, best.x, 10)
    line = firth_cox_regression(quiet_carriers, ["x"]).terms[0]
    assert line.coef == pytest.approx(best.x, abs=1e-6)
    assert line.ci_low == pytest.approx(math.exp(low), rel=1e-6)
    assert line.ci_high == pytest.approx(math.exp(high), rel=1e-6)
    assert 0 < line.hr < 1


def test_bias_reduction_vanishes_with_many_events():
    rng = np.random.default_rng(3)
    n = 3000
    x = rng.random(n) < 0.5
    frame = pd.DataFrame(
        {"time_months": rng.exponential(10 * np.exp(-0.5 * x)), "event": True, "entry_months": 0.0, "x": x}
    )
    plain, penalised = cox_regression(frame, ["x"]).terms[0], firth_cox_regression(frame, ["x"]).terms[0]
    assert penalised.coef == pytest.approx(plain.coef, abs=1e-3)
    assert (penalised.ci_low, penalised.ci_high) == pytest.approx((plain.ci_low, plain.ci_high), rel=2e-3)


def test_the_scale_of_a_covariate_does_not_matter():
    frame = pd.read_csv(REFERENCE / "firth_late.csv").assign(age_days=lambda d: d.age * 365.25)
    settings = {"strata": ["stratum"], "time": "time", "entry": "entry"}
    years = firth_cox_regression(frame, ["x", "age"], **settings)
    days = firth_cox_regression(frame, ["x", "age_days"], **settings)
    assert days.terms[0].coef == pytest.approx(years.terms[0].coef, abs=1e-9)
    assert days.terms[1].coef * 365.25 == pytest.approx(years.terms[1].coef, abs=1e-9)


def test_levels_without_events_stay_in_the_model(quiet_carriers):
    frame = quiet_carriers.assign(
        site=np.where(np.arange(40) < 5, "north", np.where(np.arange(40) < 20, "east", "south"))
    )
    result = firth_cox_regression(frame, ["site"])
    assert {term.level for term in result.terms} == {"north", "east"} or {
        term.level for term in result.terms
    } == {
        "north",
        "south",
    }
    assert result.term("site=north").hr > 0
    assert result.dropped == ()


def test_intervals_can_be_limited_to_the_terms_that_are_wanted(quiet_carriers):
    frame = quiet_carriers.assign(age=np.linspace(40, 80, 40))
    result = firth_cox_regression(frame, ["x", "age"], profile_terms=["x"])
    assert not math.isnan(result.term("x").p)
    assert math.isnan(result.term("age").p)
    assert not math.isnan(result.term("age").coef)


def test_a_wider_level_gives_a_wider_interval(quiet_carriers):
    narrow = firth_cox_regression(quiet_carriers, ["x"], conf_level=0.8).terms[0]
    wide = firth_cox_regression(quiet_carriers, ["x"], conf_level=0.99).terms[0]
    assert wide.ci_low < narrow.ci_low < narrow.hr < narrow.ci_high < wide.ci_high
    with pytest.raises(InvalidSettingError):
        firth_cox_regression(quiet_carriers, ["x"], conf_level=99)


def test_a_single_event_converges_to_its_closed_form():
    # One death among n, m of them carriers, a non-carrier dies: with q = share of carriers' weight the
    # penalised log-likelihood is log(1 - q) + 0.5 log(q (1 - q)), so q = 1/4 and HR = (n - m) / (3 m).
    frame = pd.DataFrame(
        {
            "time_months": [1.0] + [5.0] * 11,
            "event": [True] + [False] * 11,
            "entry_months": 0.0,
            "x": [0] * 7 + [1] * 5,
        }
    )
    line = firth_cox_regression(frame, ["x"]).terms[0]
    assert line.hr == pytest.approx(7 / (3 * 5), rel=1e-9)
    assert 0 < line.ci_low < line.hr < line.ci_high < math.inf


def test_more_terms_than_the_events_carry_is_said_and_not_crashed():
    frame = pd.DataFrame(
        {
            "time_months": [3.0, 5, 6, 6, 7, 9, 10, 12, 12, 15],
            "event": [False, True, False, False, True, False, False, False, False, False],
            "entry_months": [0.0, 0, 2, 0, 4, 6, 0, 8, 1, 2],
            "x": [0, 1, 0, 1, 1, 0, 0, 1, 0, 0],
            "age": [50.0, 61, 47, 70, 66, 58, 52, 49, 63, 71],
            "site": list("abcaabcbac"),
        }
    )
    result = firth_cox_regression(frame, ["x", "age", "site"])
    limits = [limit for line in result.terms for limit in (line.ci_low, line.ci_high)]
    told = [text for text in result.warnings if "could not be found" in text]
    assert bool(told) == any(math.isnan(limit) for limit in limits)
