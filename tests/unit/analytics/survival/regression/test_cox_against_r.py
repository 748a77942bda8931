"""Cox regression reaches R's survival::coxph (make_reference.R) and printed examples."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.survival.regression.cox import cox_regression

REFERENCE = Path(__file__).parents[4] / "reference" / "survival"
CASES = json.loads((REFERENCE / "cox.json").read_text())


def name_of(case):
    parts = [case["data"], "+".join(case["covariates"]), case["ties"]]
    parts += [f"strata {'+'.join(case['strata'])}"] if case["strata"] else []
    parts += [f"cluster {case['cluster']}"] if case.get("cluster") else []
    return ", ".join(parts)


def fit(case):
    frame = pd.read_csv(REFERENCE / f"{case['data']}.csv")
    return cox_regression(
        frame,
        case["covariates"],
        strata=case["strata"],
        cluster=case.get("cluster"),
        ties=case["ties"],
        time="time",
        entry="entry",
    )


@pytest.fixture(params=CASES, ids=name_of, scope="module")
def case_and_fit(request):
    return request.param, fit(request.param)


def close(value):
    # Asked for: 1e-6. Reached: 5e-12; a tighter guard finds a wrong digit earlier.
    return pytest.approx(value, rel=1e-9, abs=1e-9)


def test_coefficients_and_standard_errors_equal_r(case_and_fit):
    case, result = case_and_fit
    assert [term.coef for term in result.terms] == close(case["coef"])
    assert [term.se for term in result.terms] == close(case["se"])
    assert [term.model_se for term in result.terms] == close(case["model_se"])


def test_the_covariance_matrix_equals_r(case_and_fit):
    case, result = case_and_fit
    assert np.ravel(result.covariance) == close(np.ravel(case["covariance"]))


def test_log_likelihoods_equal_r(case_and_fit):
    case, result = case_and_fit
    assert result.log_likelihood_null == close(case["loglik_null"])
    assert result.log_likelihood == close(case["loglik"])


def test_likelihood_ratio_wald_and_score_tests_equal_r(case_and_fit):
    case, result = case_and_fit
    assert result.likelihood_ratio.statistic == close(case["lr"])
    assert result.wald.statistic == close(case["wald"])
    assert result.score.statistic == close(case["score"])
    assert result.score.df == len(case["coef"])


def test_the_robust_score_test_equals_r(case_and_fit):
    case, result = case_and_fit
    if case.get("robust_score") is None:
        assert result.robust_score is None
    else:
        assert result.robust_score.statistic == close(case["robust_score"])


def test_concordance_and_counts_equal_r(case_and_fit):
    case, result = case_and_fit
    assert result.concordance == close(case["concordance"])
    assert (result.n, result.n_events) == (case["n"], case["n_events"])


def test_freireich_leukaemia_gives_the_printed_coefficients():
    # Breslow 1.509 (0.410) and Efron 1.572 (0.412): Cox (1972) data as printed in textbooks and SAS/R
    # manuals.
    frame = pd.read_csv(REFERENCE / "leukaemia.csv").assign(placebo=lambda d: 1 - d.is_6mp)
    efron = cox_regression(frame, ["placebo"], time="time", entry="entry").terms[0]
    breslow = cox_regression(frame, ["placebo"], ties="breslow", time="time", entry="entry").terms[0]
    assert (round(efron.coef, 3), round(efron.se, 3)) == (1.572, 0.412)
    assert (round(breslow.coef, 3), round(breslow.se, 3)) == (1.509, 0.410)


def test_lung_by_sex_gives_the_printed_tests():
    # Printed by R's documentation: coef -0.5310 (0.1672), LR 10.63, Wald 10.09, score 10.33.
    result = cox_regression(pd.read_csv(REFERENCE / "lung.csv"), ["sex"], time="time", entry="entry")
    assert (round(result.terms[0].coef, 4), round(result.terms[0].se, 4)) == (-0.5310, 0.1672)
    tests = (result.likelihood_ratio.statistic, result.wald.statistic, result.score.statistic)
    assert [round(value, 2) for value in tests] == [10.63, 10.09, 10.33]
